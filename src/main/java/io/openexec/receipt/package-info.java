/** Canonical forms and the hashes over them. */
@NullMarked
package io.openexec.receipt;

import org.jspecify.annotations.NullMarked;

/** What is refused and why: requests, approvals, the allow-list. */
@NullMarked
package io.openexec.boundary;

import org.jspecify.annotations.NullMarked;

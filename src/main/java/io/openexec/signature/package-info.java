/** Ed25519 (RFC 8032): keys that were screened, and what signs and verifies with them. */
@NullMarked
package io.openexec.signature;

import org.jspecify.annotations.NullMarked;

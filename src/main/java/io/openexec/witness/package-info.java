/**
 * The witness: a separate process, with a key of its own, that remembers what a log has signed.
 *
 * <p>A log can show one reader a tree and another reader a different one, and each will find it
 * flawless. What it cannot do is get both cosigned: the witness pulls the log's checkpoint, makes
 * sure from the log's tiles that its tree begins with all of the last one that it cosigned, keeps
 * it durably, and only then hands out its cosignature (c2sp.org/tlog-cosignature). A reader who
 * demands it sees the tree that everybody sees.
 *
 * <p>The log is the one to be guarded against, and so is everybody between it and here. Nothing of
 * it is believed but what leads to both roots, the old and the new one; and what it contradicts
 * itself with is kept, signed by it.
 */
@NullMarked
package io.openexec.witness;

import org.jspecify.annotations.NullMarked;

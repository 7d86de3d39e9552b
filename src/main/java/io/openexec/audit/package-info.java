/**
 * The auditor: recomputes what the evidence says from what is on record, and names the first thing
 * that does not fit.
 *
 * <p>It is separate from what writes the record. It has the hash functions and the canonical forms
 * from there, and what reads tokens, receipts and notes; its SQL, its tree and its idea of what
 * belongs together are its own, so that a mistake of the writer is not made again here.
 */
@NullMarked
package io.openexec.audit;

import org.jspecify.annotations.NullMarked;

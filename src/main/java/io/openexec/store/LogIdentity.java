package io.openexec.store;

import io.openexec.signature.VerificationKey;

/**
 * Whose log a database holds: set when it is made, and never changed.
 *
 * @param origin the log's name, as its checkpoints and receipts have it
 * @param key verifies its checkpoints
 */
public record LogIdentity(String origin, VerificationKey key) {}

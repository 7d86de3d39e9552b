package io.openexec.store;

import io.openexec.receipt.ReceiptIssuer;

/**
 * Who signs for a database.
 *
 * @param receipts issues its receipts
 * @param log whose log it is to be, or has to be
 */
public record Signatory(ReceiptIssuer receipts, LogIdentity log) {}

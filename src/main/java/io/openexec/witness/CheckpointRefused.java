package io.openexec.witness;

/** A checkpoint that the witness does not cosign; the message says why, in one line. */
public final class CheckpointRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String proof;

  /** What is wrong with it. */
  public enum Kind {
    /** It is no checkpoint of the log's, by its form, its signature or its origin. */
    UNSIGNED,
    /** It has fewer leaves than the last one cosigned. */
    SMALLER,
    /** It has as many leaves as the last one cosigned, and another root. */
    FORKED,
    /** Its tree does not begin with that of the last one cosigned. */
    INCONSISTENT,
    /** The tiles of its tree are missing, cut, or give another root. */
    DAMAGED
  }

  CheckpointRefused(Kind kind, String message) {
    this(kind, message, "");
  }

  CheckpointRefused(Kind kind, String message, String proof) {
    super(message, null, false, false);
    this.kind = kind;
    this.proof = proof;
  }

  /** Returns what is wrong with it. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns, if it is {@link Kind#INCONSISTENT}, the hashes that show it, in base64 and a line
   * each: as a consistency proof (RFC 9162, section 2.1.4) they lead to the new root, and to
   * another old one than the log had signed.
   */
  String proof() {
    return proof;
  }
}

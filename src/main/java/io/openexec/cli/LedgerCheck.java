package io.openexec.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.ledger.Cosignature;
import io.openexec.ledger.Hashing;
import io.openexec.ledger.InclusionProof;
import io.openexec.ledger.NodeHash;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.ProofRefused;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.CanonicalJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks that receipts are in a log.
 *
 * @param log its key
 * @param witnesses all of whom have to have cosigned
 */
record LedgerCheck(VerifierKey log, List<VerifierKey> witnesses) {
  private static final int MAX_HASHES = 63;
  private static final int MAX_NAMED = 4;

  /**
   * A place in the log that was verified.
   *
   * @param size of the tree whose checkpoint says so
   */
  record Place(long index, long size) {}

  /** The proof, or what it says, does not hold. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Verifies that a receipt is a leaf of the tree whose checkpoint comes with the proof.
   *
   * @param issuer the receipt's, who has to be the log's origin
   * @throws Refused saying what does not hold
   */
  Place verify(String evidence, String issuer, JsonNode inclusion) throws Refused {
    if (!issuer.equals(log.name())) {
      throw new Refused("its issuer is not " + log.name());
    }
    try {
      VerifiedCheckpoint checkpoint =
          VerifiedCheckpoint.open(
              text(inclusion, "checkpoint").getBytes(StandardCharsets.UTF_8), log, witnesses);
      InclusionProof proof = proof(inclusion);
      if (proof.size() != checkpoint.head().size()) {
        throw new Refused("the proof is for a tree of another size than the checkpoint's");
      }
      proof.verify(
          Hashing.leaf(evidence.getBytes(StandardCharsets.US_ASCII)), checkpoint.head().root());
      requireWitnesses(checkpoint);
      return new Place(proof.index(), proof.size());
    } catch (NoteRefused | ProofRefused e) {
      throw new Refused(String.valueOf(e.getMessage()));
    }
  }

  private void requireWitnesses(VerifiedCheckpoint checkpoint) throws Refused {
    Set<VerifierKey> cosigned =
        checkpoint.cosignatures().stream().map(Cosignature::witness).collect(Collectors.toSet());
    for (VerifierKey witness : witnesses) {
      if (!cosigned.contains(witness)) {
        // A witness that goes by another name has another key.
        throw new Refused(
            "the checkpoint is not cosigned by " + witness.name() + "; it " + signers(checkpoint));
      }
    }
  }

  private static String signers(VerifiedCheckpoint checkpoint) {
    return checkpoint.note().signatures().stream()
        .map(signature -> CanonicalJson.quoted(signature.name()))
        .distinct()
        .limit(MAX_NAMED)
        .collect(Collectors.joining(", ", "has signatures in the names of ", ""));
  }

  private static InclusionProof proof(JsonNode inclusion) throws Refused {
    JsonNode array = inclusion.path("hashes");
    if (!array.isArray() || array.size() > MAX_HASHES) {
      throw new Refused("its hashes are not an array of at most " + MAX_HASHES);
    }
    List<NodeHash> hashes = new ArrayList<>();
    for (JsonNode hash : array) {
      try {
        hashes.add(NodeHash.parseBase64(hash.asText()));
      } catch (IllegalArgumentException e) {
        throw new Refused("one of its hashes is not 32 bytes in base64");
      }
    }
    return new InclusionProof(number(inclusion, "index"), number(inclusion, "tree_size"), hashes);
  }

  private static long number(JsonNode inclusion, String name) throws Refused {
    JsonNode number = inclusion.path(name);
    if (!number.isIntegralNumber() || !number.canConvertToLong()) {
      throw new Refused("its " + name + " is not a number of leaves");
    }
    return number.longValue();
  }

  private static String text(JsonNode inclusion, String name) throws Refused {
    String text = inclusion.path(name).textValue();
    if (text == null) {
      throw new Refused("it has no " + name);
    }
    return text;
  }
}

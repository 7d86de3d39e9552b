package io.openexec;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.boundary.Refusal;
import io.openexec.camel.Content;
import io.openexec.execution.Answer;
import io.openexec.execution.StoreUnavailable;
import io.openexec.ledger.BundleId;
import io.openexec.ledger.EntryBundle;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TilePath;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JwkSet;
import io.openexec.store.LedgerReader;
import io.openexec.store.LedgerReader.Inclusion;
import io.openexec.store.LedgerReader.Proven;
import io.openexec.store.LogIdentity;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What anyone may read of the evidence: receipts without what opens them, the keys, the log. */
final class EvidencePages {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String BYTES = "application/octet-stream";
  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private final LedgerReader reader;

  EvidencePages(LedgerReader reader) {
    this.reader = reader;
  }

  /**
   * Answers {@code GET /receipts/ID}, for the id of an execution, of a denial, or of a receipt.
   *
   * @throws Refusal 404 if there is none, 503 if the store is unavailable
   */
  Answer receipt(String id) {
    if (!ID.matcher(id).matches()) {
      throw Refusal.receiptNotFound();
    }
    try {
      return reader
          .receipt(UUID.fromString(id))
          .map(proven -> receipt(id, proven))
          .orElseThrow(Refusal::receiptNotFound);
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private static Answer receipt(String id, Proven proven) {
    ObjectNode body = JSON.objectNode().put("id", id).put("evidence", proven.receipt().evidence());
    proven
        .inclusion()
        .ifPresentOrElse(
            inclusion -> body.set("inclusion", json(inclusion)), () -> body.putNull("inclusion"));
    ArrayNode history = body.putArray("history");
    proven.history().forEach(earlier -> history.add(earlier.evidence()));
    if (!proven.conflicts().isEmpty()) {
      ArrayNode conflicts = body.putArray("conflicts");
      proven.conflicts().forEach(conflict -> conflicts.add(conflict.evidence()));
    }
    return Answer.of(200, body);
  }

  private static ObjectNode json(Inclusion inclusion) {
    ObjectNode json =
        JSON.objectNode()
            .put("index", inclusion.proof().index())
            .put("tree_size", inclusion.proof().size());
    ArrayNode hashes = json.putArray("hashes");
    inclusion.proof().hashes().forEach(hash -> hashes.add(hash.base64()));
    return json.put("checkpoint", inclusion.checkpoint());
  }

  /**
   * Answers {@code GET /.well-known/jwks.json} (RFC 7517): all keys that receipts were ever signed
   * with.
   *
   * @throws Refusal 503 if the store is unavailable
   */
  Answer keys() {
    try {
      return Answer.of(200, JwkSet.of(reader.receiptKeys()).json());
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  /**
   * Answers {@code GET /ledger/…}: {@code key}, {@code checkpoint}, and the paths of C2SP
   * tlog-tiles.
   *
   * @throws Refusal 404 if there is no such thing (yet), 503 if the store is unavailable
   */
  Content ledger(String path) {
    try {
      return switch (path) {
        case "key" -> new Content(TEXT, utf8(verifierKey(reader.identity()) + "\n"), false);
        case "checkpoint" ->
            new Content(
                TEXT, utf8(reader.checkpoint().orElseThrow(Refusal::ledgerNotFound)), false);
        default ->
            new Content(
                BYTES,
                TilePath.parse(path).flatMap(this::bytes).orElseThrow(Refusal::ledgerNotFound),
                // A partial tile never changes either: it is the beginning of a later one.
                true);
      };
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private Optional<byte[]> bytes(TilePath path) {
    try {
      return path instanceof TileId tile
          ? reader.tile(tile)
          : reader.entries((BundleId) path).map(EntryBundle::encode);
    } catch (StoreUnavailable e) {
      throw Refusal.storeUnavailable();
    }
  }

  private static String verifierKey(LogIdentity log) {
    return new VerifierKey(log.origin(), SignatureType.ED25519, log.key()).text();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

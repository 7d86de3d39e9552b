package io.openexec.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.openexec.execution.Execution;
import io.openexec.execution.RecordedRequest;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JsonValue;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.JwsRefused;
import io.openexec.receipt.OpenedReceipt;
import io.openexec.receipt.Receipt;
import io.openexec.signature.VerificationKey;
import io.openexec.store.LedgerReader.Inclusion;
import io.openexec.store.LogIdentity;
import io.openexec.store.RecordReader.Proven;
import io.openexec.store.RecordReader.Recorded;
import io.openexec.store.RecordedExecution;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The one file that an auditor gets. What is JSON on record stays as it is there. */
final class Export {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ObjectNode file = JSON.objectNode();

  private Export(UUID id) {
    file.put(Presented.EXPORT, Presented.VERSION);
    file.put("id", id.toString());
  }

  /**
   * Returns the file of what has a receipt.
   *
   * @throws Unusable if the receipt on record cannot be read
   */
  static ObjectNode of(
      UUID id, Recorded recorded, Proven latest, List<VerificationKey> keys, LogIdentity log) {
    Export export = new Export(id);
    recorded
        .execution()
        .ifPresentOrElse(export::putExecution, () -> export.putOpened(latest.receipt()));
    putProven(export.file, latest);
    ArrayNode history = export.file.putArray("history");
    recorded.history().forEach(earlier -> putProven(history.addObject(), earlier));
    if (!recorded.conflicts().isEmpty()) {
      ArrayNode conflicts = export.file.putArray("conflicts");
      recorded.conflicts().forEach(conflict -> putProven(conflicts.addObject(), conflict));
    }
    export.file.set("keys", JwkSet.of(keys).json());
    export.file.put(
        "ledger_key", new VerifierKey(log.origin(), SignatureType.ED25519, log.key()).text());
    return export.file;
  }

  private void putExecution(RecordedExecution recorded) {
    RecordedRequest request = recorded.request();
    Execution execution = recorded.execution();
    ObjectNode object = file.putObject("request");
    object.put("action", request.action());
    putRaw(object, "payload", request.payload());
    putRaw(object, "nonce", request.nonce());
    object.put("tenant_id", request.tenant());
    putRaw(file, "approvals", request.approvals() == null ? "[]" : request.approvals());
    file.put("state", execution.state().code());
    file.put("reason", execution.reason());
    putRaw(file, "result", execution.result());
    file.put("receipt", execution.receipt() == null ? null : execution.receipt().hex());
  }

  /** A denial, or a receipt that is not its execution's latest: it says itself what it is of. */
  private void putOpened(Receipt receipt) {
    OpenedReceipt opened;
    try {
      opened = OpenedReceipt.unverified(receipt.evidence(), receipt.disclosures());
    } catch (JwsRefused e) {
      throw new Unusable("the receipt on record is damaged: " + e.getMessage());
    }
    ObjectNode request = file.putObject("request");
    for (String name : new String[] {"action", "payload", "nonce", "tenant_id"}) {
      putRaw(request, name, json(opened, name));
    }
    putRaw(file, "approvals", Optional.ofNullable(json(opened, "approvals")).orElse("[]"));
    file.put("state", opened.status());
    file.put("reason", opened.reason().orElse(null));
    putRaw(file, "result", json(opened, "result"));
    file.put("receipt", Agreement.hash(opened));
  }

  private static @Nullable String json(OpenedReceipt receipt, String name) {
    JsonValue value = receipt.opened().get(name);
    return value == null ? null : value.spaced();
  }

  private static void putRaw(ObjectNode object, String name, @Nullable String json) {
    object.putRawValue(name, new RawValue(json == null ? "null" : json));
  }

  private static void putProven(ObjectNode object, Proven proven) {
    object.put("evidence", proven.receipt().evidence());
    ArrayNode disclosures = object.putArray("disclosures");
    proven.receipt().disclosures().forEach(disclosures::add);
    proven
        .inclusion()
        .ifPresentOrElse(
            inclusion -> object.set("inclusion", inclusion(inclusion)),
            () -> object.putNull("inclusion"));
  }

  private static ObjectNode inclusion(Inclusion inclusion) {
    ObjectNode object =
        JSON.objectNode()
            .put("index", inclusion.proof().index())
            .put("tree_size", inclusion.proof().size());
    ArrayNode hashes = object.putArray("hashes");
    inclusion.proof().hashes().forEach(hash -> hashes.add(hash.base64()));
    return object.put("checkpoint", inclusion.checkpoint());
  }
}

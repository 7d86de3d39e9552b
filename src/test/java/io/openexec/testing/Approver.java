package io.openexec.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.receipt.ActionHash;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JsonValue;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.UUID;

/** ClawShield for the tests: signs with the JDK's Ed25519, which is not what verifies. */
public final class Approver {
  public static final String TENANT = "tenant-001";

  private final KeyPair keys;

  public Approver() {
    try {
      keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public String pem() {
    return pem(keys.getPublic().getEncoded());
  }

  public static String pem(byte[] spki) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(spki)
        + "\n-----END PUBLIC KEY-----\n";
  }

  /** An artifact for action and payload that is valid now. */
  public ObjectNode approve(String action, String payload) {
    return approve(action, payload, Instant.now(), 300);
  }

  public ObjectNode approve(String action, String payload, Instant issued, long seconds) {
    Instant at = issued.truncatedTo(ChronoUnit.SECONDS);
    return sign(
        UUID.randomUUID().toString(),
        TENANT,
        hash(action, payload),
        at.toString(),
        at.plusSeconds(seconds).toString());
  }

  public static String hash(String action, String payload) {
    try {
      return ActionHash.of(action, JsonValue.parse(payload)).hex();
    } catch (JsonRefused e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Signs whatever it is given. */
  public ObjectNode sign(String id, String tenant, String hash, String issued, String expires) {
    return artifact(
        id, tenant, hash, issued, expires, signature(id + tenant + hash + issued + expires));
  }

  public static ObjectNode artifact(
      String id, String tenant, String hash, String issued, String expires, String signature) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("approval_id", id)
        .put("tenant_id", tenant)
        .put("action_hash", hash)
        .put("issued_at", issued)
        .put("expires_at", expires)
        .put("signature", signature);
  }

  public String signature(String text) {
    try {
      Signature ed25519 = Signature.getInstance("Ed25519");
      ed25519.initSign(keys.getPrivate());
      ed25519.update(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(ed25519.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}

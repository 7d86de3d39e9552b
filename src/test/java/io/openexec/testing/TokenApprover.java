package io.openexec.testing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * An approver of the modern form for the tests: signs tokens with the JDK's Ed25519, and hashes the
 * payload as it is spelled; none of our own code is in it.
 */
public final class TokenApprover {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final String kid;
  private final String issuer;
  private final String tenant;
  private final KeyPair keys;

  public TokenApprover(String kid, String issuer, String tenant) {
    this(kid, issuer, tenant, newKeys());
  }

  private TokenApprover(String kid, String issuer, String tenant, KeyPair keys) {
    this.kid = kid;
    this.issuer = issuer;
    this.tenant = tenant;
    this.keys = keys;
  }

  private static KeyPair newKeys() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The holder of this very key, who says to be somebody else. */
  public TokenApprover as(String otherKid, String otherIssuer, String otherTenant) {
    return new TokenApprover(otherKid, otherIssuer, otherTenant, keys);
  }

  public byte[] rawPublicKey() {
    byte[] spki = keys.getPublic().getEncoded();
    return Arrays.copyOfRange(spki, spki.length - 32, spki.length);
  }

  /** The public key as the trust file has it. */
  public ObjectNode jwk() {
    return JSON.objectNode()
        .put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", base64Url(rawPublicKey()))
        .put("kid", kid)
        .put("tenant_id", tenant)
        .put("iss", issuer);
  }

  public static ObjectNode jwks(TokenApprover... approvers) {
    return jwks(Arrays.stream(approvers).map(TokenApprover::jwk).toArray(ObjectNode[]::new));
  }

  public static ObjectNode jwks(ObjectNode... jwks) {
    ObjectNode root = JSON.objectNode();
    ArrayNode array = root.putArray("keys");
    array.addAll(Arrays.asList(jwks));
    return root;
  }

  /** The claims of a token for action and payload that is valid now. */
  public ObjectNode claims(String action, String payload) {
    return claims(action, payload, Instant.now());
  }

  public ObjectNode claims(String action, String payload, Instant issued) {
    return JSON.objectNode()
        .put("iss", issuer)
        .put("jti", UUID.randomUUID().toString())
        .put("iat", issued.getEpochSecond())
        .put("exp", issued.getEpochSecond() + 300)
        .put("tenant_id", tenant)
        .put("action", action)
        .put("action_hash", hash(tenant, action, payload));
  }

  public static String hash(String tenant, String action, String payload) {
    try {
      String json =
          "{\"tenant_id\":"
              + JSON.textNode(tenant)
              + ",\"action\":"
              + JSON.textNode(action)
              + ",\"payload\":"
              + payload
              + "}";
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(new JsonCanonicalizer(json).getEncodedUTF8()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public ObjectNode header() {
    return JSON.objectNode()
        .put("alg", "EdDSA")
        .put("typ", "openexec-approval+jwt")
        .put("kid", kid);
  }

  /** A token for action and payload that is valid now. */
  public String approve(String action, String payload) {
    return sign(claims(action, payload));
  }

  public String sign(ObjectNode claims) {
    return sign(header(), claims.toString());
  }

  /** Signs whatever it is given. */
  public String sign(ObjectNode header, String payload) {
    String input = signingInput(header, payload);
    try {
      Signature ed25519 = Signature.getInstance("Ed25519");
      ed25519.initSign(keys.getPrivate());
      ed25519.update(input.getBytes(StandardCharsets.US_ASCII));
      return input + "." + base64Url(ed25519.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String signingInput(ObjectNode header, String payload) {
    return base64Url(header.toString().getBytes(StandardCharsets.UTF_8))
        + "."
        + base64Url(payload.getBytes(StandardCharsets.UTF_8));
  }

  public static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The member {@code approval_token} of several. */
  public static ArrayNode all(String... tokens) {
    ArrayNode array = JSON.arrayNode();
    for (String token : tokens) {
      array.add(token);
    }
    return array;
  }
}

package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import io.openexec.signature.VerificationKey;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What was taken back: {@code {"revoked": ["…", …]}}, each a token's {@code jti}, an artifact's
 * {@code approval_id}, or a key: its {@code kid}, or the SHA-256 thumbprint of its JWK (RFC 7638),
 * by which keys that are given in PEM can be named as well.
 *
 * <p>A revoked approval becomes no new execution. A revoked key verifies nothing.
 */
public final class Revocations {
  /** Nothing was taken back. */
  public static final Revocations NONE = new Revocations(Set.of());

  private static final Pattern UUID_IN_ANY_CASE =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final Set<String> revoked;

  private Revocations(Set<String> revoked) {
    this.revoked = Set.copyOf(revoked);
  }

  /**
   * Parses a file.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static Revocations parse(byte[] utf8) {
    JsonNode root;
    try {
      root =
          StrictJson.parseStored(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("it is not UTF-8", e);
    } catch (JsonRefused e) {
      throw new IllegalArgumentException("it is not strict JSON: " + e.getMessage(), e);
    }
    if (!root.isObject() || root.size() != 1 || !root.path("revoked").isArray()) {
      throw new IllegalArgumentException("it is not {\"revoked\": [...]} and nothing else");
    }
    Set<String> revoked = new HashSet<>();
    for (JsonNode id : root.path("revoked")) {
      if (!id.isTextual() || id.textValue().isBlank()) {
        throw new IllegalArgumentException("an entry of revoked is not an identifier, a string");
      }
      revoked.add(normal(id.textValue()));
    }
    return new Revocations(revoked);
  }

  /** Approvals have their UUIDs in lower case only; a list may have them from elsewhere. */
  private static String normal(String id) {
    return UUID_IN_ANY_CASE.matcher(id).matches() ? id.toLowerCase(Locale.ROOT) : id;
  }

  /**
   * Checks that an approval may become a new execution.
   *
   * @throws Refusal 403 if it was revoked
   */
  public void check(Approval approval) {
    if (revoked.contains(approval.id())) {
      throw Refusal.approvalRevoked();
    }
  }

  boolean isRevoked(TrustedKey key) {
    return revoked.contains(normal(key.id())) || isRevoked(key.key());
  }

  boolean isRevoked(VerificationKey key) {
    return revoked.contains(key.thumbprint());
  }
}

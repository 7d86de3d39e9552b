package io.openexec.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.authlete.sd.SDJWT;
import com.authlete.sd.SDObjectDecoder;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwx.HeaderParameterNames;

/**
 * A receipt as a stranger opens it: signature, digests and proof are checked by libraries that did
 * not make them.
 *
 * @param clear what it says without disclosures
 * @param opened what it says with all of them
 */
public record Opened(JsonNode clear, JsonNode opened) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Opens what an answer of {@code /execute} brought. */
  public static Opened of(Reply reply, String jwks) {
    List<String> disclosures = new ArrayList<>();
    reply.json().path("disclosures").forEach(one -> disclosures.add(one.asText()));
    return of(reply.json().path("evidence").asText(), disclosures, jwks);
  }

  public static Opened of(String evidence, List<String> disclosures, String jwks) {
    try {
      JsonWebSignature jws = new JsonWebSignature();
      jws.setCompactSerialization(evidence);
      jws.setKey(
          new JsonWebKeySet(jwks)
              .getJsonWebKeys().stream()
                  .filter(key -> key.getKeyId().equals(jws.getKeyIdHeaderValue()))
                  .findAny()
                  .orElseThrow()
                  .getKey());
      assertThat(jws.verifySignature()).as("signature").isTrue();
      assertThat(jws.getHeader(HeaderParameterNames.TYPE)).isEqualTo("openexec-receipt+jwt");
      JsonNode clear = JSON.readTree(jws.getPayload());
      String sdJwt =
          evidence + "~" + String.join("", disclosures.stream().map(d -> d + "~").toList());
      Map<String, Object> payload =
          JSON.convertValue(clear, new TypeReference<Map<String, Object>>() {});
      JsonNode opened =
          JSON.valueToTree(
              new SDObjectDecoder().decode(payload, SDJWT.parse(sdJwt).getDisclosures()));
      assertThat(clear.path("_sd")).as("a digest for each disclosure").hasSize(disclosures.size());
      assertThat(opened.size())
          .as("each opens one")
          .isEqualTo(clear.size() - 2 + disclosures.size());
      return new Opened(clear, opened);
    } catch (Exception e) {
      throw new AssertionError("a receipt that cannot be opened: " + evidence, e);
    }
  }

  public String status() {
    return clear.path("status").asText();
  }

  public String jti() {
    return clear.path("jti").asText();
  }

  public String claim(String name) {
    return opened.path(name).asText();
  }
}

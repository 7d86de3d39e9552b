package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Verified requests with any number of approvals, each of which the verifier of demo mode made. */
public final class Approvals {
  private Approvals() {}

  /** A request, with an approval for each of these artifacts. */
  public static VerifiedRequest of(
      String action, String payload, String nonce, List<? extends JsonNode> artifacts) {
    List<Approval> approvals = new ArrayList<>();
    VerifiedRequest verified = verified(action, payload, nonce, null);
    for (JsonNode artifact : artifacts) {
      approvals.addAll(verified(action, payload, nonce, artifact).approvals());
    }
    return new VerifiedRequest(verified.request(), verified.tenant(), approvals);
  }

  private static VerifiedRequest verified(
      String action, String payload, String nonce, JsonNode artifact) {
    return ApprovalVerifier.demo()
        .verify(
            RequestParser.parse(
                Requests.body(action, payload, nonce, artifact).getBytes(StandardCharsets.UTF_8)));
  }
}

package io.openexec.bench.jmh;

import io.openexec.boundary.ApprovalKeys;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.testing.Approver;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Gate 2 on a signed request that holds; and gates 1 and 2 together, from the bytes on. */
@State(Scope.Benchmark)
public class VerificationBenchmark {
  private static final String PAYLOAD = "{\"msg\":\"hello\"}";

  private final Approver approver = new Approver();
  private final ApprovalVerifier verifier =
      ApprovalVerifier.clawshield(ApprovalKeys.parse(approver.pem()), Optional.of(Approver.TENANT));
  private final byte[] body =
      Requests.body("echo", PAYLOAD, "nonce-1", approver.approve("echo", PAYLOAD))
          .getBytes(StandardCharsets.UTF_8);
  private final ExecutionRequest request = RequestParser.parse(body);

  /** The approval alone. */
  @Benchmark
  public VerifiedRequest verify() {
    return verifier.verify(request);
  }

  /** What a request costs before anything is known about it. */
  @Benchmark
  public VerifiedRequest parseAndVerify() {
    return verifier.verify(RequestParser.parse(body));
  }
}

package io.openexec.boundary;

import io.openexec.signature.Ed25519Provider;
import io.openexec.testing.Approver;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Gate 2 on a signed request that holds; and gates 1 and 2 together, from the bytes on. In this
 * package, because who verifies is nobody else's to choose.
 */
@State(Scope.Benchmark)
public class VerificationBenchmark {
  private static final String PAYLOAD = "{\"msg\":\"hello\"}";

  /** Who verifies. One that this platform does not have is left out of the table. */
  @Param({"Corretto", "BouncyCastle"})
  public String provider = "BouncyCastle";

  private ApprovalVerifier verifier = ApprovalVerifier.demo();
  private byte[] body = {};
  private ExecutionRequest request;

  /** Makes the request. */
  @Setup
  public void prepare() {
    Ed25519Provider chosen =
        provider.equals("BouncyCastle")
            ? Ed25519Provider.pureJava("chosen")
            : Ed25519Provider.fastest();
    if (!chosen.toString().contains(provider)) {
      throw new IllegalStateException("not here: " + provider);
    }
    Approver approver = new Approver();
    verifier =
        ApprovalVerifier.clawshield(
            ApprovalKeys.parse(approver.pem()).verifiedBy(chosen), Optional.of(Approver.TENANT));
    body =
        Requests.body("echo", PAYLOAD, "nonce-1", approver.approve("echo", PAYLOAD))
            .getBytes(StandardCharsets.UTF_8);
    request = RequestParser.parse(body);
  }

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

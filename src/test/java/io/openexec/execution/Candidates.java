package io.openexec.execution;

import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.openexec.boundary.AllowList;
import io.openexec.boundary.AllowLists;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.TrustSource;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.testing.Approver;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What gate 3 lets through. */
final class Candidates {
  private Candidates() {}

  /** A request, with an approval, for an effectful action. */
  static Candidate effectful(Action.Body body) {
    return of("{}", Effect.EFFECTFUL, OptionalInt.empty(), body);
  }

  /** Another request under the same nonce, with an approval of its own. */
  static Candidate another(Action.Body body) {
    return of("{\"other\":1}", Effect.EFFECTFUL, OptionalInt.empty(), body);
  }

  /** The same for a pure one. */
  static Candidate pure(Action.Body body) {
    return of("{}", Effect.PURE, OptionalInt.empty(), body);
  }

  /** The same for a pure one that may run once at a time. */
  static Candidate bounded(Action.Body body) {
    return of("{}", Effect.PURE, OptionalInt.of(1), body);
  }

  private static Candidate of(
      String payload, Effect effect, OptionalInt concurrency, Action.Body body) {
    VerifiedRequest verified =
        ApprovalVerifier.demo()
            .verify(
                RequestParser.parse(
                    Requests.body("pay", payload, "n", new Approver().approve("pay", payload))
                        .getBytes(StandardCharsets.UTF_8)));
    Action pay =
        new Action(
            "pay",
            "pays",
            effect,
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema("{}"),
            Optional.empty(),
            Duration.ofSeconds(1),
            concurrency,
            Map.of(),
            body,
            1);
    return new Admission(
            AllowLists.of(AllowList.open()),
            new ActionRegistry(List.of(pay)),
            TrustSource.NONE,
            Clock.systemUTC())
        .judge(verified);
  }
}

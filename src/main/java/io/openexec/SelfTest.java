package io.openexec;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.openexec.boundary.AllowList;
import io.openexec.boundary.AllowLists;
import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.TrustSource;
import io.openexec.camel.Flow;
import io.openexec.execution.Action;
import io.openexec.execution.ActionRegistry;
import io.openexec.execution.Admission;
import io.openexec.execution.Denials;
import io.openexec.execution.Dispatcher;
import io.openexec.execution.Effect;
import io.openexec.execution.Errors;
import io.openexec.execution.ExactlyOnce;
import io.openexec.execution.ExecutionStore;
import io.openexec.execution.Patience;
import io.openexec.execution.ReceiptCheck;
import io.openexec.execution.Unfinished;
import io.openexec.metrics.Traffic;
import io.openexec.receipt.Hash;
import io.openexec.receipt.ReceiptIssuer;
import io.openexec.receipt.ReceiptIssuer.Issuer;
import io.openexec.signature.SigningKey;
import io.openexec.store.DatabaseUrl;
import io.openexec.store.Databases;
import io.openexec.store.LogIdentity;
import io.openexec.store.Signatories;
import io.openexec.store.Signatory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries the whole route before anyone else can: the same routes and the same server, on a port of
 * their own, over a kernel of their own, whose approver's key is made for it and whose record is a
 * file that is thrown away. What has to run runs once, what has to be refused is refused; else the
 * service does not start. And the first real request finds everything loaded that it needs.
 *
 * <p>Nothing of it touches the service's record, its keys or its actions, but a pure {@code echo}.
 */
final class SelfTest {
  private static final Logger LOG = LoggerFactory.getLogger(SelfTest.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int CONCURRENT = 8;
  private static final String SELF_TEST = "self-test";

  private SelfTest() {}

  /**
   * Runs it over routes that have started and serve nobody yet.
   *
   * @throws StartRefused saying what came out wrong
   */
  static void run(Flow flow, ActionRegistry registry, Executor workers, Clock clock) {
    Path directory;
    try {
      directory = Files.createTempDirectory("openexec-self-test");
    } catch (IOException e) {
      LOG.warn("no self-test, for lack of a temporary folder: {}", Errors.rootCause(e));
      return;
    }
    try {
      run(directory, flow, registry, workers, clock);
    } finally {
      delete(directory);
    }
  }

  private static void run(
      Path directory, Flow flow, ActionRegistry registry, Executor workers, Clock clock) {
    // One for everything: to make another takes as long as what it is for.
    SigningKey key = SigningKey.generate();
    SelfTestClient client = new SelfTestClient(key, clock);
    try (ExecutionStore store =
            Databases.open(
                new DatabaseUrl.Sqlite(directory.resolve("record.db")),
                Optional.empty(),
                PATIENCE,
                keys(key),
                workers,
                clock);
        Unfinished unfinished = new Unfinished(store);
        Dispatcher dispatcher = new Dispatcher(store.lease(), unfinished, CONCURRENT);
        Patience patience = new Patience(store, CONCURRENT);
        Denials denials = new Denials(store)) {
      flow.serve(
          new Flow.Kernel(
              ApprovalVerifier.clawshield(client.keys(), Optional.of(SelfTestClient.TENANT)),
              new Admission(
                  AllowLists.of(AllowList.open()), actions(registry), TrustSource.NONE, clock),
              new ExactlyOnce(store, unfinished, workers, dispatcher::isFull),
              dispatcher,
              patience,
              denials,
              new ReceiptCheck(store),
              new Traffic(registry.names())));
      try {
        client.run(flow.listen("127.0.0.1", true, 0));
      } finally {
        flow.stopListening(PATIENCE);
      }
    } catch (IOException | IllegalStateException e) {
      throw new StartRefused("the self-test failed: " + Errors.rootCause(e), e);
    }
  }

  /** A key that nobody keeps. */
  private static Signatories keys(SigningKey key) {
    return onRecord ->
        new Signatory(
            new ReceiptIssuer(key, new Issuer(SELF_TEST, Status.VERSION, Hash.ofUtf8(SELF_TEST))),
            new LogIdentity(SELF_TEST, key.verificationKey()));
  }

  /** Two actions: a pure one through the route of {@code echo}, if that is here and pure. */
  private static ActionRegistry actions(ActionRegistry registry) {
    Action.Body echo = payload -> payload;
    if (registry.names().contains("echo") && registry.get("echo").effect() == Effect.PURE) {
      echo = registry.get("echo").body();
    }
    return new ActionRegistry(
        List.of(
            action(SelfTestClient.PURE, Effect.PURE, echo),
            action(SelfTestClient.EFFECTFUL, Effect.EFFECTFUL, payload -> payload)));
  }

  private static Action action(String name, Effect effect, Action.Body body) {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema("{\"type\":\"object\"}");
    return new Action(
        name,
        "of the self-test",
        effect,
        schema,
        Optional.empty(),
        PATIENCE,
        OptionalInt.empty(),
        Map.of(),
        body,
        1);
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("{} is left of the self-test: {}", directory, Errors.rootCause(e));
    }
  }
}

package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Approver;
import io.openexec.testing.TestDatabase;
import io.openexec.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start tries the whole route, and leaves no trace of that. */
class SelfTestTest {
  @TempDir Path directory;

  private TestService.Setup setup() {
    return new TestService.Setup(directory).with("OPENEXEC_SELF_TEST", "true");
  }

  /** What there was before is of services that were killed in the middle of theirs. */
  private final List<Path> before = there();

  private List<Path> left() {
    List<Path> left = new ArrayList<>(there());
    left.removeAll(before);
    return left;
  }

  private static List<Path> there() {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(file -> file.getFileName().toString().contains("self-test")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nothingOfItIsOnRecordOrLeftOnTheDiskAndItsKeyApprovesNothingAfterwards() throws Exception {
    Approver approver = new Approver();
    TestDatabase database = TestDatabase.sqlite(directory);
    TestService.Setup setup = setup().clawshield(approver).tracing("trace", "");
    try (TestService service = setup.start()) {
      assertThat(database.rows("SELECT COUNT(*) FROM executions")).containsExactly("0");
      assertThat(setup.traced()).as("no action of the service's own ran").isEmpty();
      assertThat(left()).isEmpty();
      assertThat(service.requests().execute("self-test-pure", "{}", "n").status()).isEqualTo(403);
      assertThat(
              service
                  .requests()
                  .execute("self-test-pure", "{}", "n", approver.approve("self-test-pure", "{}"))
                  .status())
          .as("it is no action of the service")
          .isEqualTo(400);
      assertThat(
              service
                  .requests()
                  .execute("echo", "{}", "n", approver.approve("echo", "{}"))
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void aFlowThatDoesNotRefuseWhatItHasToDoesNotStart() throws Exception {
    TestService.Setup setup = setup();
    Path flow = setup.ownRoutes().resolve("execute.camel.yaml");
    String withoutVerify =
        Files.readString(flow).replaceFirst("\\n *- process: \\{ref: verify}[^\\n]*", "");
    Files.delete(flow);
    Files.writeString(flow, withoutVerify);
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageStartingWith("the self-test failed: ")
        .hasMessageContaining("has to be answered 200");
    assertThat(left()).isEmpty();
  }
}

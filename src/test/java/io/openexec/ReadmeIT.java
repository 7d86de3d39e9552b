package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.openexec.testing.Packaged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells people to type does what it says. */
class ReadmeIT {
  @TempDir Path directory;

  private static String block(String marker) throws IOException {
    Matcher block =
        Pattern.compile("<!-- run by ReadmeIT: " + marker + " -->\n```sh\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("README.md")));
    assertThat(block.find()).as(marker).isTrue();
    return block.group(1);
  }

  private static List<String> curls() throws IOException {
    return Pattern.compile("```sh\n(curl -X POST localhost:5000.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(Path.of("README.md")))
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  private String run(String script, String address) throws Exception {
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(false)
            .redirectError(directory.resolve("errors.txt").toFile())
            .redirectOutput(output.toFile());
    builder.environment().put("OPENEXEC", address);
    builder.environment().put("OPENEXEC_JAR", Packaged.JAR.toString());
    // For the commands in it: each is a process that ends at once.
    builder.environment().put("JDK_JAVA_OPTIONS", Packaged.SOON);
    Process process = builder.start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("errors.txt"))).isZero();
    return Files.readString(output);
  }

  private static String address(Packaged service) {
    return service.readyLine().replaceAll(".*(http://[^,]*),.*", "$1");
  }

  private static boolean has(String... tools) {
    for (String tool : tools) {
      if (Files.notExists(Path.of("/usr/bin", tool)) && Files.notExists(Path.of("/bin", tool))) {
        return false;
      }
    }
    return true;
  }

  @Test
  void theTwoCallsAnswerWhatTheReadmeShows() throws Exception {
    assumeTrue(has("bash", "curl"));
    try (Packaged service =
        Packaged.start(directory, Map.of("OPENEXEC_PORT", "0"), false, Packaged.SOON)) {
      List<String> curls = curls();
      assertThat(curls).hasSize(2);
      String host = address(service).replace("http://", "");
      String executed = run(curls.get(0).replace("localhost:5000", host), "");
      assertThat(Files.readString(Path.of("README.md")))
          .contains(executed.substring(0, executed.indexOf("\"evidence\":\"eyJ") + 15));
      assertThat(run(curls.get(1).replace("localhost:5000", host), ""))
          .isEqualTo("{\"valid\":true,\"recorded\":true}");
      String id = "5ca09451-db84-8915-bc5d-3bc6df465eff";
      while (service.requests().get("/receipts/" + id).json().path("inclusion").isNull()) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      assertThat(run(block("stranger"), address(service)))
          .contains("signed by the trusted key", "of the signed tree", "\"succeeded\"")
          .doesNotContain("DOES NOT HOLD");
    }
  }

  @Test
  void theWorkedApprovalIsAccepted() throws Exception {
    assumeTrue(has("bash", "curl", "openssl", "base64"));
    run(block("keys"), "");
    Map<String, String> environment =
        Map.of(
            "OPENEXEC_PORT", "0",
            "OPENEXEC_MODE", "clawshield",
            "CLAWSHIELD_TENANT_ID", "tenant-001",
            "CLAWSHIELD_PUBLIC_KEY", Files.readString(directory.resolve("approver.pub.pem")));
    try (Packaged service = Packaged.start(directory, environment, false, Packaged.SOON)) {
      String answer = run(block("approve"), address(service));
      assertThat(answer).contains("\"approved\":true").contains("{\"echo\": {\"msg\": \"hello\"}}");
      assertThat(run(block("approve"), address(service)))
          .as("another approval, the same nonce: a replay")
          .isEqualTo(answer);
    }
  }

  @Test
  void theCommandsDoWhatTheyAreShownToDo() throws Exception {
    assumeTrue(has("bash", "curl", "openssl", "sed"));
    run(block("keys"), "");
    Map<String, String> environment =
        Map.of(
            "OPENEXEC_PORT", "0",
            "OPENEXEC_MODE", "clawshield",
            "CLAWSHIELD_TENANT_ID", "tenant-001",
            "CLAWSHIELD_PUBLIC_KEY", Files.readString(directory.resolve("approver.pub.pem")));
    try (Packaged service = Packaged.start(directory, environment, false, Packaged.SOON)) {
      String verified = run(block("commands"), address(service));
      assertThat(verified)
          .contains("signed by the trusted key", "of the signed tree", "\"succeeded\"")
          .doesNotContain("DOES NOT HOLD");
    }
  }

  @Test
  void theActionOfTheReadmeStarts() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    List<String> yaml =
        Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
            .matcher(readme)
            .results()
            .map(result -> result.group(1))
            .toList();
    assertThat(yaml).hasSizeGreaterThanOrEqualTo(2);
    Path warehouse = directory.resolve("warehouse");
    var setup =
        new io.openexec.testing.TestService.Setup(directory).with("STOCK_KEY", "of the warehouse");
    Path actions = setup.ownRoutes().resolve("actions");
    Files.writeString(actions.resolve("stock.action.yaml"), yaml.get(0));
    Files.writeString(
        actions.resolve("stock.camel.yaml"),
        yaml.get(1).replace("/srv/warehouse/in", warehouse.toString()));
    try (Packaged service = Packaged.start(directory, setup.environment(), false, Packaged.SOON)) {
      for (int i = 1; i <= 2; i++) {
        var reply =
            service.requests().execute("stock", "{\"sku\":\"A-1\",\"delta\":" + i + "}", "n" + i);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.json().path("result")).hasToString("{\"corrected\":\"A-1\"}");
      }
      assertThat(service.requests().execute("stock", "{\"sku\":\"a\",\"delta\":1}", "n3").status())
          .isEqualTo(400);
      assertThat(Files.readAllLines(warehouse.resolve("corrections.jsonl")))
          .hasSize(2)
          .allMatch(line -> line.startsWith("{"));
    }
  }
}

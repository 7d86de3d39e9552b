package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.testing.Approver;
import io.openexec.testing.Reply;
import io.openexec.testing.TestService;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Receipts of the real service, verified by npm's jose and @sd-jwt/core, and by OpenSSL. */
class ReceiptInteropTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path NPM = Path.of("src/test/interop/npm").toAbsolutePath();
  // RFC 8410, section 4.
  private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

  @TempDir Path directory;
  private final Approver approver = new Approver();
  private ObjectNode answer;
  private JsonNode jwks;

  private record Ended(int code, String out) {}

  private static boolean has(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(path -> Files.isExecutable(Path.of(path, tool)));
  }

  private Ended run(String... command) throws Exception {
    Path out = directory.resolve("out.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(out));
  }

  @BeforeEach
  void aServiceExecutes() {
    try (TestService service = new TestService.Setup(directory).clawshield(approver).start()) {
      String payload = "{\"caf\u00e9\":[1.5,true,null,\"\\ud83d\\ude00\"]}";
      Reply reply =
          service.requests().execute("echo", payload, "n-1", approver.approve("echo", payload));
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      answer = (ObjectNode) reply.json();
      jwks = service.requests().get("/.well-known/jwks.json").json();
    }
  }

  private Ended verify(JsonNode receipt, JsonNode keys) throws Exception {
    Path file = Files.writeString(directory.resolve("answer.json"), receipt.toString());
    Path keyFile = Files.writeString(directory.resolve("jwks.json"), keys.toString());
    return run("node", NPM.resolve("verify.mjs").toString(), file.toString(), keyFile.toString());
  }

  private static String flipped(String text, int at) {
    char other = text.charAt(at) == 'A' ? 'B' : 'A';
    return text.substring(0, at) + other + text.substring(at + 1);
  }

  @Test
  void npmsJoseAndSdJwtVerifyAndOpenIt() throws Exception {
    assumeTrue(has("node") && Files.isDirectory(NPM.resolve("node_modules")), "npm ci in " + NPM);
    Ended ended = verify(answer, jwks);
    assertThat(ended.code).as(ended.out).isZero();
    JsonNode says = JSON.readTree(ended.out);
    assertThat(says.at("/header/alg").asText()).isEqualTo("EdDSA");
    assertThat(says.at("/clear/status").asText()).isEqualTo("succeeded");
    assertThat(says.path("clear").has("payload")).isFalse();
    JsonNode opened = says.path("opened");
    assertThat(opened.path("exec_id")).isEqualTo(answer.path("id"));
    assertThat(opened.path("action").asText()).isEqualTo("echo");
    assertThat(opened.path("nonce").asText()).isEqualTo("n-1");
    assertThat(opened.path("tenant_id").asText()).isEqualTo(Approver.TENANT);
    assertThat(opened.path("result")).isEqualTo(answer.path("result"));
    assertThat(opened.path("payload")).isEqualTo(answer.at("/result/echo"));
    assertThat(opened.path("approvals")).hasSize(1);

    String evidence = answer.path("evidence").asText();
    int dot = evidence.indexOf('.');
    for (int at : new int[] {dot + 20, evidence.length() - 40}) {
      refused(answer.deepCopy().put("evidence", flipped(evidence, at)), jwks);
    }
    String disclosure = answer.at("/disclosures/3").asText();
    ObjectNode other = answer.deepCopy();
    other.withArray("disclosures").set(3, JSON.valueToTree(flipped(disclosure, 8)));
    Ended unopened = verify(other, jwks);
    assertThat(unopened.code == 1 || !JSON.readTree(unopened.out).path("opened").has("payload"))
        .as("a changed disclosure opens nothing: " + unopened.out)
        .isTrue();

    try (TestService stranger =
        new TestService.Setup(Files.createDirectory(directory.resolve("stranger"))).start()) {
      refused(answer, stranger.requests().get("/.well-known/jwks.json").json());
    }
  }

  private void refused(JsonNode receipt, JsonNode keys) throws Exception {
    Ended ended = verify(receipt, keys);
    assertThat(ended.code).as(ended.out).isEqualTo(1);
    assertThat(ended.out).contains("refused: ");
  }

  @Test
  void openSslVerifiesItsSignature() throws Exception {
    assumeTrue(has("openssl"));
    String[] parts = answer.path("evidence").asText().split("\\.", -1);
    byte[] raw = Base64.getUrlDecoder().decode(jwks.at("/keys/0/x").asText());
    byte[] spki = new byte[SPKI.length + raw.length];
    System.arraycopy(SPKI, 0, spki, 0, SPKI.length);
    System.arraycopy(raw, 0, spki, SPKI.length, raw.length);
    Files.writeString(directory.resolve("key.pem"), Approver.pem(spki));
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
    assertThat(openSsl(signed, signature).code).isZero();
    for (int i = 0; i < signed.length; i += 101) {
      byte[] changed = signed.clone();
      changed[i] ^= 1;
      assertThat(openSsl(changed, signature).code).as("byte " + i).isEqualTo(1);
    }
    for (int i = 0; i < signature.length; i += 13) {
      byte[] changed = signature.clone();
      changed[i] ^= 1;
      assertThat(openSsl(signed, changed).code).as("signature's byte " + i).isEqualTo(1);
    }
  }

  private Ended openSsl(byte[] signed, byte[] signature) throws Exception {
    Path message = Files.write(directory.resolve("signed"), signed);
    Path bytes = Files.write(directory.resolve("signature"), signature);
    return run(
        "openssl",
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        directory.resolve("key.pem").toString(),
        "-in",
        message.toString(),
        "-sigfile",
        bytes.toString());
  }
}

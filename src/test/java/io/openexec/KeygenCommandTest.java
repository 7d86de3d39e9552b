package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openexec.boundary.ApprovalKeys;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.signature.KeyFile;
import io.openexec.signature.VerificationKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.HashUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys are made once, for their owner alone, and shown by their public halves. */
class KeygenCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void makesAKeyThatTheOthersCanUse() throws Exception {
    Terminal terminal = new Terminal(directory);
    String file = file("approver.pem");
    assertThat(terminal.run("keygen", file, "--json", "--name", "example.com/log"))
        .as(terminal.err())
        .isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(file))))
        .isEqualTo("rw-------");
    VerificationKey key = KeyFile.read(Path.of(file)).verificationKey();
    JsonNode shown = JSON.readTree(terminal.out());

    assertThat(ApprovalKeys.parse(shown.path("pem").asText()).isEmpty()).isFalse();
    assertThat(shown.path("pem").asText()).contains("BEGIN PUBLIC KEY");
    PublicJsonWebKey jwk = PublicJsonWebKey.Factory.newPublicJwk(shown.path("jwk").toString());
    assertThat(jwk.getPublicKey().getEncoded()).isEqualTo(key.spki());
    assertThat(jwk.calculateBase64urlEncodedThumbprint(HashUtil.SHA_256)).isEqualTo(jwk.getKeyId());
    assertThat(VerifierKey.parse(shown.path("verifier_key").asText()))
        .isEqualTo(new VerifierKey("example.com/log", SignatureType.ED25519, key));
    assertThat(VerifierKey.parse(shown.path("cosigner_key").asText()))
        .isEqualTo(new VerifierKey("example.com/log", SignatureType.COSIGNATURE_V1, key));
    assertThat(terminal.out()).doesNotContain("PRIVATE");

    assertThat(terminal.run("keygen", "--public", file)).isZero();
    assertThat(terminal.out()).contains(shown.path("pem").asText(), shown.path("jwk").toString());
    assertThat(terminal.out()).doesNotContain("PRIVATE", "verifier key");
  }

  @Test
  void theEntryForTheTrustFileIsAllThereIsOnOutput() throws Exception {
    Terminal terminal = new Terminal(directory);
    assertThat(
            terminal.run(
                "keygen", file("k"), "--trust", "--tenant", "tenant-001", "--iss", "alic\u00e9"))
        .isZero();
    assertThat(terminal.out()).isASCII();
    JsonNode entry = JSON.readTree(terminal.out());
    VerificationKey key = KeyFile.read(Path.of(file("k"))).verificationKey();
    assertThat(entry.fieldNames())
        .toIterable()
        .containsExactly("kty", "crv", "x", "kid", "use", "alg", "tenant_id", "iss");
    assertThat(entry.path("kid").asText()).isEqualTo(key.thumbprint());
    assertThat(entry.path("tenant_id").asText()).isEqualTo("tenant-001");
    assertThat(entry.path("iss").asText()).isEqualTo("alic\u00e9");
  }

  @Test
  void nothingIsEverWrittenOver() throws Exception {
    Terminal terminal = new Terminal(directory);
    Path file = Files.writeString(directory.resolve("precious"), "precious");
    assertThat(terminal.run("keygen", file.toString())).isEqualTo(2);
    assertThat(terminal.err()).contains("precious exists").hasLineCount(1);
    assertThat(file).hasContent("precious");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("gone"));
    assertThat(terminal.run("keygen", link.toString())).isEqualTo(2);
    assertThat(directory.resolve("gone")).doesNotExist();
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void usageAndUnreadableAre2AndMakeNothing() throws Exception {
    Terminal terminal = new Terminal(directory);
    assertThat(terminal.run("keygen")).isEqualTo(2);
    assertThat(terminal.run("keygen", file("a"), "--name", "with space")).isEqualTo(2);
    assertThat(terminal.run("keygen", file("a"), "--trust", "--iss", "i")).isEqualTo(2);
    assertThat(terminal.run("keygen", file("a"), "--trust", "--iss", "", "--tenant", "t"))
        .isEqualTo(2);
    assertThat(terminal.run("keygen", file("no/such/directory"))).isEqualTo(2);
    assertThat(terminal.err()).contains("its directory does not exist").hasLineCount(1);
    assertThat(terminal.run("keygen", "--public", file("a"))).isEqualTo(2);
    assertThat(terminal.err()).contains("is not a file").hasLineCount(1);
    assertThat(directory).isEmptyDirectory();

    assertThat(terminal.run("keygen", file("k"))).isZero();
    Files.setPosixFilePermissions(Path.of(file("k")), PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(terminal.run("keygen", "--public", file("k"))).isEqualTo(2);
    assertThat(terminal.err()).contains("chmod 600").hasLineCount(1);

    Files.setPosixFilePermissions(Path.of(file("k")), PosixFilePermissions.fromString("rw-------"));
    assertThat(terminal.run("keygen", "--public", file("k"), "--json")).isZero();
    Path shared =
        Files.writeString(
            directory.resolve("k.pub.pem"),
            "\n" + JSON.readTree(terminal.out()).path("pem").asText());
    for (String mode : List.of("rw-r--r--", "rw-------")) {
      Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString(mode));
      assertThat(terminal.run("keygen", "--public", shared.toString())).isEqualTo(2);
      assertThat(terminal.err())
          .contains("is a public key; give the file of the private one")
          .doesNotContain("chmod")
          .hasLineCount(1);
    }
  }

  @Test
  void askedForJsonErrorsAreJsonToo() throws Exception {
    Terminal terminal = new Terminal(directory);
    assertThat(terminal.run("keygen", "--public", file("a"), "--json")).isEqualTo(2);
    assertThat(JSON.readTree(terminal.out()).path("error").asText()).contains("is not a file");
    assertThat(terminal.err()).isEmpty();
    assertThat(terminal.run("keygen", file("a"), "--json", "--nonsense")).isEqualTo(2);
    assertThat(JSON.readTree(terminal.out()).path("error").asText()).contains("--nonsense");
    assertThat(terminal.err()).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }
}

package io.openexec.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Approver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest {

  @Test
  void aKeyIsTheSameAfterItsFile(@TempDir Path directory) throws Exception {
    SigningKey key = SigningKey.generate();
    Path file = Files.writeString(directory.resolve("key.pem"), key.pem());
    SigningKey read = SigningKey.read(file);
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    assertThat(read.verificationKey()).isEqualTo(key.verificationKey());
    assertThat(read.sign(message)).isEqualTo(key.sign(message));
    assertThat(key.verificationKey().verifies(message, read.sign(message))).isTrue();
    assertThat(SigningKey.generate().verificationKey().verifies(message, key.sign(message)))
        .isFalse();
    assertThat(key).asString().isEqualTo(key.verificationKey().thumbprint()).hasSize(43);
  }

  @Test
  void theThumbprintIsTheOneOfRfc8037() {
    byte[] raw =
        HexFormat.of().parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    assertThat(VerificationKey.ofRaw(raw).thumbprint())
        .isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assertThat(VerificationKey.ofSpki(VerificationKey.ofRaw(raw).spki()).raw()).isEqualTo(raw);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
        // X25519, whose keys agree and do not sign.
        "-----BEGIN PRIVATE KEY-----\n"
            + "MC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
            + "-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n"
            + "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
            + "-----END PRIVATE KEY-----\nx"
      })
  void whatIsNoEd25519PrivateKeyIsRefusedAndNotRepeated(String pem) {
    assertThatThrownBy(() -> SigningKey.parse(pem))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .message()
        .doesNotContain("MC4C");
  }

  @Test
  void aPublicKeyIsNoPrivateKey() {
    assertThatThrownBy(() -> SigningKey.parse(new Approver().pem()))
        .hasMessageContaining("BEGIN PRIVATE KEY");
    byte[] spki = SigningKey.generate().verificationKey().spki();
    String wrapped =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getEncoder().encodeToString(spki)
            + "\n-----END PRIVATE KEY-----";
    assertThatThrownBy(() -> SigningKey.parse(wrapped))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package io.openexec.boundary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.signature.Ed25519Provider;
import io.openexec.signature.Implementation;
import io.openexec.testing.Approver;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Implementation.class)
class ApprovalKeysTest {
  private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  private final Ed25519Provider provider;

  ApprovalKeysTest(Implementation implementation) {
    provider = implementation.provider();
  }

  private ApprovalKeys parse(String pem) {
    return ApprovalKeys.parse(pem).verifiedBy(provider);
  }

  /** The eight points of order 1, 2, 4 and 8, in their canonical encodings. */
  static List<String> smallOrder() {
    return List.of(
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
  }

  /** All encodings with y from p to 2^255 - 1, either sign: 38 of them. */
  static List<String> nonCanonical() {
    List<String> encodings = new ArrayList<>();
    for (BigInteger y = P; y.bitLength() <= 255; y = y.add(BigInteger.ONE)) {
      encodings.add(littleEndian(y));
      encodings.add(littleEndian(y.setBit(255)));
    }
    assertThat(encodings).hasSize(38);
    return encodings;
  }

  /** x = 0 with the sign bit set: RFC 8032, section 5.1.3, step 4. */
  static List<String> zeroWithSign() {
    return List.of(
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  }

  private static String littleEndian(BigInteger value) {
    byte[] encoding = new byte[32];
    for (int i = 0; i < 32; i++) {
      encoding[i] = value.shiftRight(8 * i).byteValue();
    }
    return HexFormat.of().formatHex(encoding);
  }

  @ParameterizedTest
  @MethodSource({"smallOrder", "nonCanonical", "zeroWithSign"})
  void keysUnderWhichForgeriesVerifyAreRefused(String hex) {
    assertThatThrownBy(() -> parse(pem(HexFormat.of().parseHex(hex))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key 1");
  }

  @Test
  void aKeyOfMixedOrderIsRefused() {
    // A proper key plus a point of order 8 verifies some forged messages by luck. Among random
    // encodings of curve points seven in eight are of mixed order.
    int refused = 0;
    int onCurve = 0;
    for (int i = 2; i < 400; i++) {
      byte[] encoding = new byte[32];
      encoding[0] = (byte) i;
      encoding[1] = (byte) (i >> 8);
      if (!Ed25519.validatePublicKeyPartial(encoding, 0)) {
        continue;
      }
      onCurve++;
      try {
        parse(pem(encoding));
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertThat(onCurve).isGreaterThan(100);
    assertThat((double) refused / onCurve).isBetween(0.75, 0.97);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rubbish",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAyVorjZNNYshVKexXGPf2oau9gRASnjm59Zm/6SDVHM8=\n-----END PUBLIC KEY-----"
      })
  void whatIsNoEd25519PublicKeyIsRefused(String pem) {
    assertThatThrownBy(() -> parse(pem)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void trailingRubbishAndASecondBadKeyAreRefused() {
    String good = new Approver().pem();
    assertThat(parse(good + "\n" + new Approver().pem()).isEmpty()).isFalse();
    assertThat(parse(good.replace("\n", "\\n")).isEmpty()).isFalse();
    assertThatThrownBy(() -> parse(good + "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> parse(good + pem(HexFormat.of().parseHex(smallOrder().get(0)))))
        .hasMessageContaining("key 2");
  }

  @Test
  void everyKeyOfARotationVerifiesAndNoOther() {
    Approver old = new Approver();
    Approver next = new Approver();
    ApprovalKeys both = parse(old.pem() + next.pem());
    assertThat(both.provider()).isSameAs(provider);
    byte[] message = "approved".getBytes(UTF_8);
    both.verify(message, old.signature("approved"), Revocations.NONE);
    both.verify(message, next.signature("approved"), Revocations.NONE);
    assertThatThrownBy(
            () -> both.verify(message, new Approver().signature("approved"), Revocations.NONE))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(() -> both.verify(message, old.signature("approved?"), Revocations.NONE))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(
            () -> parse(next.pem()).verify(message, old.signature("approved"), Revocations.NONE))
        .isInstanceOf(Refusal.class);
  }

  @Test
  void manyThreadsVerifyAtOnce() throws Exception {
    Approver approver = new Approver();
    ApprovalKeys keys = parse(new Approver().pem() + approver.pem());
    int threads = 8;
    CyclicBarrier start = new CyclicBarrier(threads);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> ended = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        String name = "thread " + thread + ", message ";
        ended.add(
            pool.submit(
                () -> {
                  start.await();
                  for (int i = 0; i < 100; i++) {
                    byte[] message = (name + i).getBytes(UTF_8);
                    keys.verify(message, approver.signature(name + i), Revocations.NONE);
                    String other = approver.signature(name + (i + 1));
                    assertThatThrownBy(() -> keys.verify(message, other, Revocations.NONE))
                        .isInstanceOf(Refusal.class);
                  }
                  return null;
                }));
      }
      for (Future<?> end : ended) {
        end.get(60, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static String pem(byte[] raw) {
    byte[] spki =
        HexFormat.of().parseHex("302a300506032b6570032100" + HexFormat.of().formatHex(raw));
    return Approver.pem(spki);
  }
}

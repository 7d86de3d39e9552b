package io.openexec.boundary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.openexec.signature.Ed25519Provider;
import io.openexec.signature.Implementation;
import io.openexec.testing.Approver;
import io.openexec.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApprovalVerifierTest {
  private static final Approver APPROVER = new Approver();
  private static final String HASH = Approver.hash("echo", "{}");

  private static ApprovalVerifier verifier(Ed25519Provider provider, String tenant) {
    return ApprovalVerifier.clawshield(
        ApprovalKeys.parse(APPROVER.pem()).verifiedBy(provider), Optional.of(tenant));
  }

  private static VerifiedRequest verify(Ed25519Provider provider, ObjectNode artifact) {
    return verifier(provider, Approver.TENANT).verify(request(artifact));
  }

  private static ExecutionRequest request(ObjectNode artifact) {
    return RequestParser.parse(
        Requests.body("echo", "{}", "n", artifact).getBytes(StandardCharsets.UTF_8));
  }

  private static Reason refusal(ObjectNode artifact) {
    return refusal(Ed25519Provider.fastest(), artifact);
  }

  private static Reason refusal(Ed25519Provider provider, ObjectNode artifact) {
    Refusal refusal = catchThrowableOfType(Refusal.class, () -> verify(provider, artifact));
    assertThat(refusal).as(artifact.toString()).isNotNull();
    return refusal.reason();
  }

  @ParameterizedTest
  @EnumSource(Implementation.class)
  void everySingleBitFlipOfAValidSignatureIsRefused(Implementation implementation) {
    Ed25519Provider provider = implementation.provider();
    ObjectNode artifact = APPROVER.approve("echo", "{}");
    assertThat(verify(provider, artifact).approvals()).hasSize(1);
    byte[] signature = Base64.getDecoder().decode(artifact.path("signature").asText());
    for (int bit = 0; bit < signature.length * 8; bit++) {
      byte[] flipped = signature.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      ObjectNode forged =
          artifact.deepCopy().put("signature", Base64.getEncoder().encodeToString(flipped));
      assertThat(refusal(provider, forged)).as("bit " + bit).isEqualTo(Reason.SIGNATURE_INVALID);
    }
  }

  @ParameterizedTest
  @EnumSource(Implementation.class)
  void aSignatureOfAnotherLengthIsRefused(Implementation implementation) {
    Ed25519Provider provider = implementation.provider();
    ObjectNode artifact = APPROVER.approve("echo", "{}");
    byte[] signature = Base64.getDecoder().decode(artifact.path("signature").asText());
    for (int length : new int[] {0, 1, 63, 65, 66, 128}) {
      String other = Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(signature, length));
      assertThat(refusal(provider, artifact.deepCopy().put("signature", other)))
          .isEqualTo(Reason.SIGNATURE_INVALID);
    }
  }

  @ParameterizedTest
  @EnumSource(Implementation.class)
  void aSignatureWithSPlusLIsRefused(Implementation implementation) {
    Ed25519Provider provider = implementation.provider();
    // RFC 8032, section 5.1.7: S is below L, or one signature would have several forms.
    ObjectNode artifact = APPROVER.approve("echo", "{}");
    byte[] signature = Base64.getDecoder().decode(artifact.path("signature").asText());
    java.math.BigInteger order =
        java.math.BigInteger.TWO
            .pow(252)
            .add(new java.math.BigInteger("27742317777372353535851937790883648493"));
    byte[] s = new byte[32];
    for (int i = 0; i < 32; i++) {
      s[i] = signature[63 - i];
    }
    byte[] sum = new java.math.BigInteger(1, s).add(order).toByteArray();
    for (int i = 0; i < 32; i++) {
      signature[32 + i] = i < sum.length ? sum[sum.length - 1 - i] : 0;
    }
    assertThat(
            refusal(
                provider, artifact.put("signature", Base64.getEncoder().encodeToString(signature))))
        .isEqualTo(Reason.SIGNATURE_INVALID);
  }

  /**
   * The signed text has no separators: whoever holds one signature may try to cut it into members
   * elsewhere. The signature stays valid for each such cut; the shapes refuse them all.
   */
  @ParameterizedTest
  @EnumSource(Implementation.class)
  void charactersMovedAcrossAnyBoundaryAreRefused(Implementation implementation) {
    Ed25519Provider provider = implementation.provider();
    List<String[]> originals =
        List.of(
            members("2026-03-01T12:00:00", "2026-03-01T12:05:00"),
            members("2026-03-01T12:00:00Z", "2026-03-01T12:05:00Z"),
            members("2026-03-01T12:00:00+02:00", "2026-03-01T12:05:00+02:00"),
            members("2026-03-01T12:00:00.123456", "2026-03-01T12:05:00.123456"),
            members("2026-03-01T12:00:00.1", "2026-03-01T12:05:00.123456789Z"));
    for (String[] original : originals) {
      assertThat(verify(provider, signed(original, original)).tenant()).isEqualTo(Approver.TENANT);
      for (int boundary = 0; boundary < 4; boundary++) {
        for (int places = 1; places <= 12; places++) {
          for (String[] moved : moved(original, boundary, places)) {
            assertThat(String.join("", moved)).isEqualTo(String.join("", original));
            // Even where the moved tenant is the one that is served.
            ApprovalVerifier verifier = verifier(provider, moved[1]);
            assertThatThrownBy(() -> verifier.verify(request(signed(moved, original))))
                .as(String.join(" | ", moved))
                .isInstanceOf(Refusal.class);
          }
        }
      }
    }
  }

  private static String[] members(String issued, String expires) {
    return new String[] {UUID.randomUUID().toString(), Approver.TENANT, HASH, issued, expires};
  }

  private static ObjectNode signed(String[] members, String[] text) {
    return Approver.artifact(
        members[0],
        members[1],
        members[2],
        members[3],
        members[4],
        APPROVER.signature(String.join("", text)));
  }

  private static List<String[]> moved(String[] members, int boundary, int places) {
    List<String[]> moved = new ArrayList<>();
    String left = members[boundary];
    String right = members[boundary + 1];
    if (places <= right.length()) {
      moved.add(
          with(members, boundary, left + right.substring(0, places), right.substring(places)));
    }
    if (places <= left.length()) {
      int cut = left.length() - places;
      moved.add(with(members, boundary, left.substring(0, cut), left.substring(cut) + right));
    }
    return moved;
  }

  private static String[] with(String[] members, int boundary, String left, String right) {
    String[] copy = members.clone();
    copy[boundary] = left;
    copy[boundary + 1] = right;
    return copy;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-03-01T12:05:00+12",
        "+12026-03-01T12:05:00",
        "012026-03-01T12:05:00",
        "2026-03-01T12:05:00+1200",
        "2026-03-01T12:05",
        "2026-03-01",
        "2026-03-01 12:05:00",
        "2026-03-01t12:05:00z",
        "2026-03-01T12:05:00.",
        "2026-03-01T12:05:00.1234567890",
        "2026-03-01T12:05:00,5",
        "2026-3-1T12:05:00",
        "2026-02-30T12:05:00",
        "2026-13-01T12:05:00",
        "2026-03-01T24:00:00",
        "2026-03-01T12:60:00",
        "2026-03-01T12:05:60",
        "2026-03-01T12:05:00+25:00",
        "2026-03-01T12:05:00+02:60",
        "2026-03-01T12:05:00 ",
        " 2026-03-01T12:05:00",
        "1772366700",
        "٢٠٢٦-03-01T12:05:00",
        "2026-03-01T12:05:00[UTC]",
        "2026-W09-7T12:05:00",
        "20260301T120500",
        "2026-03-01T12:05:00ZZ",
        "-2026-03-01T12:05:00",
        "2026-03-01T12:05:00+00:00:00",
        "soon"
      })
  void looserTimestampsAreRefusedThoughTheyAreSigned(String timestamp) {
    String[] expires = members("2026-03-01T12:00:00", timestamp);
    assertThat(refusal(signed(expires, expires))).isEqualTo(Reason.EXPIRY_INVALID);
    String[] issued = members(timestamp, "2026-03-01T12:05:00");
    assertThat(refusal(signed(issued, issued))).isEqualTo(Reason.APPROVAL_ILL_FORMED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "4AB48811-3EF1-46BE-9F3B-B33A7F838D17",
        "4ab488113ef146be9f3bb33a7f838d17",
        "{4ab48811-3ef1-46be-9f3b-b33a7f838d17}",
        "4ab48811-3ef1-46be-9f3b-b33a7f838d1g",
        "4ab48811-3ef1-46be-9f3b-b33a7f838d17 ",
        "1-1-1-1-1"
      })
  void otherSpellingsOfAnApprovalIdAreRefused(String id) {
    String[] members = members("2026-03-01T12:00:00", "2026-03-01T12:05:00");
    members[0] = id;
    assertThat(refusal(signed(members, members))).isEqualTo(Reason.APPROVAL_ILL_FORMED);
  }

  @Test
  void tenantsHaveOneTo255Characters() {
    String longest = "😀".repeat(255);
    ApprovalVerifier verifier = verifier(Ed25519Provider.fastest(), longest);
    String[] members = members("2026-03-01T12:00:00", "2026-03-01T12:05:00");
    members[1] = longest;
    byte[] fits =
        Requests.body("echo", "{}", "n", signed(members, members)).getBytes(StandardCharsets.UTF_8);
    assertThat(verifier.verify(RequestParser.parse(fits)).tenant()).isEqualTo(longest);
    members[1] = longest + "x";
    assertThat(refusal(signed(members, members))).isEqualTo(Reason.APPROVAL_ILL_FORMED);
    members[1] = "";
    assertThat(refusal(signed(members, members))).isEqualTo(Reason.APPROVAL_ILL_FORMED);
  }

  @Property
  void onlyWhatWasSignedVerifies(
      @ForAll("provider") Ed25519Provider provider,
      @ForAll("member") int member,
      @ForAll("position") int position,
      @ForAll("other") char other) {
    Instant now = Instant.parse("2026-03-01T12:00:00Z");
    ObjectNode artifact = APPROVER.approve("echo", "{}", now, 300);
    String name =
        List.of("approval_id", "tenant_id", "action_hash", "issued_at", "expires_at", "signature")
            .get(member);
    String value = artifact.path(name).asText();
    int at = position % value.length();
    if (value.charAt(at) == other) {
      return;
    }
    artifact.put(name, value.substring(0, at) + other + value.substring(at + 1));
    assertThatThrownBy(() -> verify(provider, artifact)).isInstanceOf(Refusal.class);
  }

  @Property
  void noCutOfTheSignedTextButTheSignedOneVerifies(
      @ForAll("provider") Ed25519Provider provider,
      @ForAll("cut") int a,
      @ForAll("cut") int b,
      @ForAll("cut") int c,
      @ForAll("cut") int d) {
    String[] original = members("2026-03-01T12:00:00.5", "2026-03-01T12:05:00Z");
    String text = String.join("", original);
    int[] cuts = {a % text.length(), b % text.length(), c % text.length(), d % text.length()};
    java.util.Arrays.sort(cuts);
    String[] cut = {
      text.substring(0, cuts[0]),
      text.substring(cuts[0], cuts[1]),
      text.substring(cuts[1], cuts[2]),
      text.substring(cuts[2], cuts[3]),
      text.substring(cuts[3])
    };
    if (java.util.Arrays.equals(cut, original)) {
      return;
    }
    assertThatThrownBy(() -> verify(provider, signed(cut, original))).isInstanceOf(Refusal.class);
  }

  @Provide
  Arbitrary<Ed25519Provider> provider() {
    return Arbitraries.of(Implementation.present());
  }

  @Provide
  Arbitrary<Integer> member() {
    return Arbitraries.integers().between(0, 5);
  }

  @Provide
  Arbitrary<Integer> position() {
    return Arbitraries.integers().between(0, 200);
  }

  @Provide
  Arbitrary<Integer> cut() {
    return Arbitraries.integers().between(0, 10_000);
  }

  @Provide
  Arbitrary<Character> other() {
    return Arbitraries.of(
        "0123456789abcdefABCDEFxyzXYZ+/=-:.TZ é\u0661".chars().mapToObj(c -> (char) c).toList());
  }
}

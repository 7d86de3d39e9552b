package io.openexec.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which implementation verifies, and that it is never one that has not shown it can. */
class Ed25519ProviderTest {
  private static final ClassLoader LOADER = Ed25519ProviderTest.class.getClassLoader();

  @ParameterizedTest
  @EnumSource(Implementation.class)
  void eachVerifiesTheVectorOfTheRfcAndNothingCloseToIt(Implementation implementation)
      throws Exception {
    implementation.provider().selfCheck();
  }

  @Test
  void correttoVerifiesWhereItsNativeLibraryLoads() {
    Ed25519Provider corretto = Implementation.CORRETTO.provider();
    assertThat(Ed25519Provider.fastest()).isInstanceOf(CorrettoEd25519.class);
    assertThat(corretto).asString().matches("AmazonCorrettoCryptoProvider [0-9.]+");
    assertThat(VerificationKey.ofRaw(SigningKey.generate().verificationKey().raw()).provider())
        .isSameAs(Ed25519Provider.fastest());
  }

  @Test
  void theSignatureIsCorrettosAndTheJvmIsLeftAsItWas() throws Exception {
    CorrettoEd25519 corretto = (CorrettoEd25519) Implementation.CORRETTO.provider();
    assertThat(corretto.signature().getProvider().getClass().getName())
        .isEqualTo(Ed25519Provider.CORRETTO);
    assertThat(Security.getProviders())
        .extracting(Provider::getName)
        .isNotEmpty()
        .doesNotContain("AmazonCorrettoCryptoProvider");
  }

  @Test
  void withoutItsClassesBouncyCastleVerifiesAndSaysSo() {
    Ed25519Provider chosen =
        Ed25519Provider.choose(Ed25519Provider.CORRETTO, ClassLoader.getPlatformClassLoader());
    assertBouncyCastle(
        chosen, "BouncyCastle (AmazonCorrettoCryptoProvider is not on the class path)");
  }

  @Test
  void withoutItsNativeLibraryBouncyCastleVerifiesAndSaysSo() throws IOException {
    URL classes = LOADER.getResource(Ed25519Provider.CORRETTO.replace('.', '/') + ".class");
    assumeThat(classes).as("Corretto is not on the class path of this platform").isNotNull();
    String jar = classes.getPath().substring(0, classes.getPath().indexOf('!'));
    try (URLClassLoader withoutLibrary = new WithoutNativeLibrary(URI.create(jar).toURL())) {
      assertBouncyCastle(
          Ed25519Provider.choose(Ed25519Provider.CORRETTO, withoutLibrary),
          "BouncyCastle (the native library of AmazonCorrettoCryptoProvider does not load)");
    }
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        AcceptsAll.class,
        RefusesAll.class,
        AcceptsAnyMessage.class,
        AcceptsAnyR.class,
        AcceptsAnyS.class,
        Throws.class,
        KnowsNoEd25519.class,
        CannotSayHowItIs.class,
        CannotBeMade.class,
        String.class
      })
  void whatDoesNotPassTheSelfCheckIsNotUsed(Class<?> provider) {
    Ed25519Provider chosen = Ed25519Provider.choose(provider.getName(), LOADER);
    assertBouncyCastle(chosen, chosen.toString());
    assertThat(chosen).asString().contains(provider.getSimpleName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sun.security.ec.SunEC", "sun.security.provider.Sun"})
  void theJdksAreNotUsedEvenIfNamed(String provider) {
    assertThat(Ed25519Provider.choose(provider, LOADER)).isInstanceOf(BouncyCastleEd25519.class);
  }

  @Test
  void anExceptionIsARefusalToo() {
    for (Exception refusal :
        List.of(
            new SignatureException(),
            new InvalidKeyException(),
            new IllegalArgumentException(),
            new ArrayIndexOutOfBoundsException())) {
      Ed25519Provider.Key key =
          (message, signature) -> {
            if (refusal instanceof RuntimeException unchecked) {
              throw unchecked;
            }
            throw (GeneralSecurityException) refusal;
          };
      assertThat(key.verifies(new byte[0], new byte[64])).isFalse();
    }
  }

  private static void assertBouncyCastle(Ed25519Provider chosen, String name) {
    assertThat(chosen).isInstanceOf(BouncyCastleEd25519.class);
    assertThat(chosen).hasToString(name);
    byte[] text = "text".getBytes(StandardCharsets.UTF_8);
    SigningKey key = SigningKey.generate();
    assertThat(key.verificationKey().verifiedBy(chosen).verifies(text, key.sign(text))).isTrue();
  }

  /** Corretto as it is on a machine for which its jar has no library. */
  private static final class WithoutNativeLibrary extends URLClassLoader {
    WithoutNativeLibrary(URL jar) {
      super(new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    }

    @Override
    public URL getResource(String name) {
      return name.contains("libamazonCorretto") ? null : super.getResource(name);
    }
  }

  /** How a JCA provider judges a signature. */
  private interface Judge {
    boolean accepts(byte[] message, byte[] signature) throws SignatureException;
  }

  /** JCA providers, each unfit in its own way. */
  public abstract static class Unfit extends Provider {
    private static final long serialVersionUID = 1L;

    Unfit(String name, String algorithm, Judge judge) {
      super(name, "1", "for a test");
      putService(
          new Service(this, "Signature", algorithm, name, null, null) {
            @Override
            public Object newInstance(Object parameter) {
              return new Spi(judge);
            }
          });
    }

    public Throwable getLoadingError() {
      return null;
    }
  }

  public static final class AcceptsAll extends Unfit {
    private static final long serialVersionUID = 1L;

    public AcceptsAll() {
      super("AcceptsAll", "Ed25519", (message, signature) -> true);
    }
  }

  public static final class RefusesAll extends Unfit {
    private static final long serialVersionUID = 1L;

    public RefusesAll() {
      super("RefusesAll", "Ed25519", (message, signature) -> false);
    }
  }

  public static final class AcceptsAnyMessage extends Unfit {
    private static final long serialVersionUID = 1L;

    public AcceptsAnyMessage() {
      super(
          "AcceptsAnyMessage",
          "Ed25519",
          (message, signature) -> signature[0] == 0x62 && signature[32] == 0x18);
    }
  }

  public static final class AcceptsAnyR extends Unfit {
    private static final long serialVersionUID = 1L;

    public AcceptsAnyR() {
      super(
          "AcceptsAnyR",
          "Ed25519",
          (message, signature) -> message[0] == (byte) 0xaf && signature[32] == 0x18);
    }
  }

  public static final class AcceptsAnyS extends Unfit {
    private static final long serialVersionUID = 1L;

    public AcceptsAnyS() {
      super(
          "AcceptsAnyS",
          "Ed25519",
          (message, signature) -> message[0] == (byte) 0xaf && signature[0] == 0x62);
    }
  }

  public static final class Throws extends Unfit {
    private static final long serialVersionUID = 1L;

    public Throws() {
      super(
          "Throws",
          "Ed25519",
          (message, signature) -> {
            throw new SignatureException();
          });
    }
  }

  public static final class KnowsNoEd25519 extends Unfit {
    private static final long serialVersionUID = 1L;

    public KnowsNoEd25519() {
      super("KnowsNoEd25519", "Ed448", (message, signature) -> true);
    }
  }

  /** Has no {@code getLoadingError()}, which Corretto has. */
  public static final class CannotSayHowItIs extends Provider {
    private static final long serialVersionUID = 1L;

    public CannotSayHowItIs() {
      super("CannotSayHowItIs", "1", "for a test");
    }
  }

  public static final class CannotBeMade extends Unfit {
    private static final long serialVersionUID = 1L;

    public CannotBeMade() {
      super("CannotBeMade", "Ed25519", (message, signature) -> true);
      throw new UnsatisfiedLinkError("no such library");
    }
  }

  private static final class Spi extends SignatureSpi {
    private final Judge judge;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    Spi(Judge judge) {
      this.judge = judge;
    }

    @Override
    protected void engineInitVerify(PublicKey key) {
      message.reset();
    }

    @Override
    protected void engineUpdate(byte b) {
      message.write(b);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int offset, int length) {
      message.write(bytes, offset, length);
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
      return judge.accepts(message.toByteArray(), signature);
    }

    @Override
    protected void engineInitSign(PrivateKey key) {
      throw new UnsupportedOperationException();
    }

    @Override
    protected byte[] engineSign() {
      throw new UnsupportedOperationException();
    }

    @Deprecated
    @Override
    protected void engineSetParameter(String name, Object value) {
      throw new UnsupportedOperationException();
    }

    @Deprecated
    @Override
    protected Object engineGetParameter(String name) {
      throw new UnsupportedOperationException();
    }
  }
}

package io.openexec.signature;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;

/**
 * Corretto: AWS-LC behind the JCA, a native library. It is named as a text only, since platforms
 * without that library are built and run without its classes.
 *
 * <p>It is never registered with {@link java.security.Security}. Each call hands over the provider
 * itself, so that the JCA cannot choose another one, such as the JDK's.
 */
final class CorrettoEd25519 extends Ed25519Provider {
  private final Provider provider;
  private final SecureRandom random;

  private CorrettoEd25519(Provider provider) throws GeneralSecurityException {
    this.provider = provider;
    this.random = SecureRandom.getInstance("LibCryptoRng", provider);
  }

  /**
   * Makes the provider of that class.
   *
   * @throws Unusable if it is not there, or is there without its native library
   */
  static CorrettoEd25519 load(String className, ClassLoader loader) throws Unusable {
    String name = className.substring(className.lastIndexOf('.') + 1);
    try {
      Provider provider =
          Class.forName(className, true, loader)
              .asSubclass(Provider.class)
              .getConstructor()
              .newInstance();
      // What cannot be loaded is not thrown: such a provider is there, and knows no algorithm.
      if (provider.getClass().getMethod("getLoadingError").invoke(provider)
          instanceof Throwable error) {
        throw new Unusable("the native library of " + name + " does not load", error);
      }
      return new CorrettoEd25519(provider);
    } catch (ClassNotFoundException e) {
      throw new Unusable(name + " is not on the class path", e);
    } catch (ReflectiveOperationException
        | GeneralSecurityException
        | RuntimeException
        | LinkageError e) {
      throw new Unusable(name + " does not load", e);
    }
  }

  @Override
  Key key(Ed25519PublicKeyParameters screened) {
    PublicKey key = new Spki(screened);
    Engines verifiers = new Engines(verifier -> verifier.initVerify(key));
    return (message, signature) ->
        verifiers.use(
            verifier -> {
              verifier.update(message);
              return verifier.verify(signature);
            });
  }

  @Override
  Signer signer(Ed25519PrivateKeyParameters key) {
    PrivateKey pkcs8 = new Pkcs8(key);
    Engines signers = new Engines(signer -> signer.initSign(pkcs8));
    return message ->
        signers.use(
            signer -> {
              signer.update(message);
              return signer.sign();
            });
  }

  /**
   * Engines for one key that nobody uses just now; each serves one message at a time. To make one
   * ready costs a third of a signature. One that has thrown is not used again.
   */
  private final class Engines {
    private final Queue<Signature> idle = new ConcurrentLinkedQueue<>();
    private final Preparation preparation;

    Engines(Preparation preparation) {
      this.preparation = preparation;
    }

    <T> T use(Use<T> use) throws GeneralSecurityException {
      Signature engine = idle.poll();
      if (engine == null) {
        engine = signature();
        preparation.prepare(engine);
      }
      T result = use.of(engine);
      idle.add(engine);
      return result;
    }
  }

  @FunctionalInterface
  private interface Preparation {
    void prepare(Signature engine) throws GeneralSecurityException;
  }

  @FunctionalInterface
  private interface Use<T> {
    T of(Signature engine) throws GeneralSecurityException;
  }

  /** Returns a new engine. */
  Signature signature() throws GeneralSecurityException {
    return Signature.getInstance("Ed25519", provider);
  }

  @Override
  public SecureRandom random() {
    return random;
  }

  @Override
  public String toString() {
    return provider.getName() + " " + provider.getVersionStr();
  }

  /**
   * The screened key in the form that the JCA exchanges keys in (RFC 8410, section 4). No key
   * factory makes it, so that it is byte for byte what was screened.
   */
  private static final class Spki implements PublicKey {
    private static final long serialVersionUID = 1L;

    private final byte[] encoded;

    Spki(Ed25519PublicKeyParameters screened) {
      encoded = VerificationKey.spki(screened);
    }

    @Override
    public String getAlgorithm() {
      return "EdDSA";
    }

    @Override
    public String getFormat() {
      return "X.509";
    }

    @Override
    public byte[] getEncoded() {
      return encoded.clone();
    }
  }

  /** A private key in the form that the JCA exchanges keys in (RFC 8410, section 7). */
  private static final class Pkcs8 implements PrivateKey {
    private static final long serialVersionUID = 1L;

    // It is never written by serialization: no text or stream gets it from here.
    private final transient byte[] encoded;

    Pkcs8(Ed25519PrivateKeyParameters key) {
      encoded = SigningKey.pkcs8(key);
    }

    @Override
    public String getAlgorithm() {
      return "EdDSA";
    }

    @Override
    public String getFormat() {
      return "PKCS#8";
    }

    @Override
    public byte[] getEncoded() {
      return encoded.clone();
    }
  }
}

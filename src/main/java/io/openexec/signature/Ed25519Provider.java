package io.openexec.signature;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What makes and verifies Ed25519 signatures (RFC 8032): Corretto where its native library loads,
 * BouncyCastle elsewhere, and never the JDK.
 *
 * <p>None of them screens keys as it has to be done, so that a key gets here from {@link
 * VerificationKey} only, which does.
 *
 * <p>They agree on every signature that is made as RFC 8032 says. The holder of a private key, and
 * nobody else, can make others, with a point of small order added to R; those BouncyCastle accepts
 * and Corretto refuses. Section 5.1.7 allows both.
 */
public abstract sealed class Ed25519Provider permits BouncyCastleEd25519, CorrettoEd25519 {
  static final String CORRETTO = "com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider";

  private static final Logger LOG = LoggerFactory.getLogger(Ed25519Provider.class);

  /** Chosen at its first use, once. */
  private static final class Fastest {
    static final Ed25519Provider PRESENT = choose(CORRETTO, Ed25519Provider.class.getClassLoader());
  }

  Ed25519Provider() {}

  /** Returns the fastest one that is present and has signed and verified a vector of RFC 8032. */
  public static Ed25519Provider fastest() {
    return Fastest.PRESENT;
  }

  /**
   * Returns the one that is present everywhere.
   *
   * @param why what it stands in for, in words
   */
  public static Ed25519Provider pureJava(String why) {
    return new BouncyCastleEd25519(why);
  }

  /** Returns the JCA provider of that class if it can be used, BouncyCastle if not. */
  static Ed25519Provider choose(String className, ClassLoader loader) {
    try {
      CorrettoEd25519 corretto = CorrettoEd25519.load(className, loader);
      corretto.selfCheck();
      return corretto;
    } catch (Unusable e) {
      LOG.debug("{} is not used", className, e);
      return new BouncyCastleEd25519(String.valueOf(e.getMessage()));
    }
  }

  /** Returns this provider's form of a key that was screened. */
  abstract Key key(Ed25519PublicKeyParameters screened);

  /**
   * Returns what signs with a private key (RFC 8032, section 5.1.6).
   *
   * @throws GeneralSecurityException if the provider does not take it
   */
  abstract Signer signer(Ed25519PrivateKeyParameters key) throws GeneralSecurityException;

  /**
   * Returns a source of random bytes that nobody can predict, as salts have to be (RFC 9901,
   * section 9.3). Any number of threads may ask it at once, and none waits for another where
   * Corretto is.
   */
  public abstract SecureRandom random();

  /** Returns its name for the start line; and if it stands in for a faster one, why. */
  @Override
  public abstract String toString();

  /**
   * Signs and verifies the third test vector of RFC 8032, section 7.1, and refuses it with a bit
   * flipped in R, in S and in the message.
   */
  final void selfCheck() throws Unusable {
    HexFormat hex = HexFormat.of();
    byte[] raw = hex.parseHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    byte[] message = hex.parseHex("af82");
    byte[] signature =
        hex.parseHex(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
    Key key = key(new Ed25519PublicKeyParameters(raw));
    if (!Arrays.equals(signed(message), signature)
        || !key.verifies(message, signature)
        || key.verifies(message, flipped(signature, 0))
        || key.verifies(message, flipped(signature, 32))
        || key.verifies(flipped(message, 0), signature)) {
      throw new Unusable(this + " fails its self-check", null);
    }
  }

  /** Signs with the third vector's private key. */
  private byte[] signed(byte[] message) throws Unusable {
    byte[] seed =
        HexFormat.of().parseHex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    try {
      return signer(new Ed25519PrivateKeyParameters(seed)).sign(message);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new Unusable(this + " does not sign", e);
    }
  }

  private static byte[] flipped(byte[] bytes, int index) {
    byte[] flipped = bytes.clone();
    flipped[index] ^= 1;
    return flipped;
  }

  /** A private key. Any number of threads may sign with it at once. */
  @FunctionalInterface
  interface Signer {
    byte[] sign(byte[] message) throws GeneralSecurityException;
  }

  /** A screened public key. Any number of threads may verify with it at once. */
  @FunctionalInterface
  interface Key {
    /** Asks the implementation, which may refuse by an exception. */
    boolean check(byte[] message, byte[] signature) throws GeneralSecurityException;

    /** Returns whether these 64 bytes are this key's signature of the message. */
    default boolean verifies(byte[] message, byte[] signature) {
      try {
        return check(message, signature);
      } catch (GeneralSecurityException | RuntimeException e) {
        // Whichever way it says no: SignatureException, InvalidKeyException,
        // IllegalArgumentException have all been seen.
        return false;
      }
    }
  }

  /** Why a provider is not used, in words for the start line. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String why, @Nullable Throwable cause) {
      super(why, cause);
    }
  }
}

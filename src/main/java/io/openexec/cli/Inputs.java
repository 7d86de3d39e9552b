package io.openexec.cli;

import io.openexec.execution.Errors;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.VerifierKey;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.JwkSet;
import io.openexec.receipt.StrictJson;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** What commands read, each with its bound. */
final class Inputs {
  private static final int MAX_KEY_FILE = 4_096;

  private Inputs() {}

  /**
   * Reads a file in UTF-8.
   *
   * @throws Unusable if it cannot be read, or has more bytes
   */
  static String text(Path file, int maxBytes) {
    if (!Files.isRegularFile(file)) {
      throw new Unusable(file + " is not a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes(in, file.toString(), maxBytes)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new Unusable(file + " is not UTF-8");
    } catch (IOException e) {
      throw new Unusable(file + " cannot be read: " + Errors.rootCause(e));
    }
  }

  /**
   * Reads all there is.
   *
   * @param name what it is called if it has more bytes
   * @throws Unusable if it has
   */
  static byte[] bytes(InputStream in, String name, int maxBytes) throws IOException {
    byte[] bytes = in.readNBytes(maxBytes + 1);
    if (bytes.length > maxBytes) {
      throw new Unusable(name + " has more than " + maxBytes + " bytes");
    }
    return bytes;
  }

  /**
   * Reads a private key.
   *
   * @throws Unusable if it cannot be used
   */
  static SigningKey key(Path file) {
    try {
      return KeyFile.read(file);
    } catch (IOException e) {
      throw new Unusable(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Reads a set of keys to trust.
   *
   * @throws Unusable if it is none
   */
  static JwkSet keys(String option, Path file) {
    try {
      return JwkSet.parse(text(file, StrictJson.MAX_LENGTH));
    } catch (JsonRefused e) {
      throw new Unusable(option + ": " + file + " is not acceptable: " + e.getMessage());
    }
  }

  /**
   * Takes a verifier key, or the file that holds it.
   *
   * @throws Unusable if it is neither, or a key of another type
   */
  static VerifierKey verifierKey(String option, String textOrFile, SignatureType type) {
    try {
      VerifierKey key =
          VerifierKey.parse(
              isFile(textOrFile) ? text(Path.of(textOrFile), MAX_KEY_FILE).strip() : textOrFile);
      if (key.type() == type) {
        return key;
      }
      throw new Unusable(
          option + ": the key is one of a " + (type == SignatureType.ED25519 ? "witness" : "log"));
    } catch (NoteRefused e) {
      throw new Unusable(option + ": neither a file nor a key: " + e.getMessage());
    }
  }

  private static boolean isFile(String text) {
    try {
      return Files.isRegularFile(Path.of(text));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}

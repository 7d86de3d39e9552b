package io.openexec.cli;

import io.openexec.execution.Errors;
import io.openexec.signature.KeyFile;
import io.openexec.signature.SigningKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What commands read, each with its bound. */
final class Inputs {
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
}

package io.openexec.camel;

import io.openexec.receipt.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Says which routes and actions are in force. */
public final class RegistryDigest {
  private static final String SUFFIX = ".yaml";

  private RegistryDigest() {}

  /**
   * Returns SHA-256 over the YAML files of the folder and of its {@code actions/}, in the order of
   * their names (as UTF-8): for each the length of its path (four bytes, big-endian), its path with
   * slashes, the length of its content (four bytes), and its content.
   *
   * @throws IOException if they cannot be read
   */
  public static Hash of(Path folder) throws IOException {
    return of(read(folder, 2));
  }

  /** Returns it over files that are given by their paths. */
  static Hash of(SortedMap<String, byte[]> files) {
    MessageDigest sha256 = sha256();
    files.forEach(
        (name, content) -> {
          update(sha256, name.getBytes(StandardCharsets.UTF_8));
          update(sha256, content);
        });
    return new Hash(HexFormat.of().formatHex(sha256.digest()));
  }

  /** Reads the YAML files of a folder, so many levels deep. */
  static SortedMap<String, byte[]> read(Path folder, int depth) throws IOException {
    SortedMap<String, byte[]> read = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder, depth)) {
      for (Path file :
          files.filter(f -> f.toString().endsWith(SUFFIX) && Files.isRegularFile(f)).toList()) {
        read.put(folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    return read;
  }

  private static void update(MessageDigest sha256, byte[] part) {
    sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).flip());
    sha256.update(part);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}

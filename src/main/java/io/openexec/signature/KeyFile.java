package io.openexec.signature;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** A private key's file, which only its owner may read (0600). */
public final class KeyFile {
  private static final Set<PosixFilePermission> OWNER =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private static final int MAX_LABEL = 256;

  private KeyFile() {}

  /**
   * Reads a private key.
   *
   * @throws IOException if it cannot be read, others may read it, or it holds something else; the
   *     message says so in one line
   */
  public static SigningKey read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is not a file");
    }
    if (isPublic(file)) {
      throw new IOException(file + " is a public key; give the file of the private one");
    }
    if (Files.getFileStore(file).supportsFileAttributeView("posix")
        && !OWNER.containsAll(Files.getPosixFilePermissions(file))) {
      throw new IOException(
          file + " is a private key that others than its owner may use; chmod 600 it");
    }
    try {
      return SigningKey.read(file);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " " + e.getMessage(), e);
    }
  }

  /** A public key is for everybody to read, which would be the wrong thing to complain of. */
  private static boolean isPublic(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_LABEL), StandardCharsets.ISO_8859_1)
          .stripLeading()
          .startsWith("-----BEGIN PUBLIC KEY-----");
    }
  }

  /**
   * Writes a new private key, durably, and never over another one.
   *
   * @throws FileAlreadyExistsException if there is such a file
   */
  public static SigningKey make(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    SigningKey key = SigningKey.generate();
    // Made for its owner only, and under its name when it is whole.
    Path unfinished = Files.createTempFile(directory, ".openexec-key", null);
    try {
      try (FileChannel out = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
        ByteBuffer pem = ByteBuffer.wrap(key.pem().getBytes(StandardCharsets.US_ASCII));
        while (pem.hasRemaining()) {
          out.write(pem);
        }
        out.force(true);
      }
      // A link, unlike a rename, fails where there is one already.
      Files.createLink(file, unfinished);
    } finally {
      Files.delete(unfinished);
    }
    return key;
  }
}

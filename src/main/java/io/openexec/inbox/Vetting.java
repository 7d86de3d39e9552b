package io.openexec.inbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Judges what lies in the inbox, without opening it. What is not taken stays where it is, and is
 * logged once, as far as that can be remembered; folders are not.
 */
final class Vetting {
  /** Room for what is added to a name, within the 255 bytes that file systems allow. */
  private static final int MAX_NAME = 200;

  private static final int REMEMBERED = 10_000;

  /** In the place of bytes that stand for no character. */
  private static final char UNREADABLE = '\ufffd';

  /** What the JVM reads names as. */
  private static final String ENCODING = "sun.jnu.encoding";

  private final Quiet quiet;
  private final Warnings warnings;
  private final Map<Path, String> reported =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, String> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** Takes a file when it has not changed for that long. */
  Vetting(Duration quiet, Warnings warnings) {
    this.quiet = new Quiet(quiet, System::nanoTime);
    this.warnings = warnings;
  }

  /** Returns whether a file is to be answered now. */
  synchronized boolean takes(Path file) {
    String name = String.valueOf(file.getFileName());
    if (isUnfinished(name)) {
      return false;
    }
    try {
      Optional<String> objection = objection(file, name);
      if (objection.isPresent()) {
        if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          report(file, objection.get());
        }
        return false;
      }
      return quiet.is(file, attributes(file));
    } catch (IOException e) {
      // Gone again, or it cannot be looked at now.
      return false;
    }
  }

  private static boolean isUnfinished(String name) {
    return name.startsWith(".") || name.endsWith(".tmp") || name.endsWith(".part");
  }

  /**
   * Returns what is wrong with a file that was taken, whose name was looked at before (but perhaps
   * in another locale); nothing if it may be opened.
   *
   * @throws IOException if it cannot be looked at now
   */
  static Optional<String> objectionToTaken(Path file) throws IOException {
    return String.valueOf(file.getFileName()).indexOf(UNREADABLE) >= 0
        ? Optional.of(unreadable())
        : objectionToKind(file);
  }

  /**
   * Returns what is wrong with a file; nothing if it may be taken.
   *
   * @throws IOException if it cannot be looked at now
   */
  static Optional<String> objection(Path file) throws IOException {
    return objection(file, String.valueOf(file.getFileName()));
  }

  private static Optional<String> objection(Path file, String name) throws IOException {
    if (!name.endsWith(".json") && !name.endsWith(".jsonl")) {
      return Optional.of("its name ends neither in .json nor in .jsonl");
    }
    if (name.indexOf(UNREADABLE) >= 0) {
      return Optional.of(unreadable());
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
      return Optional.of("its name is longer than " + MAX_NAME + " bytes");
    }
    if (name.codePoints().anyMatch(Vetting::isUnprintable)) {
      return Optional.of("its name has control or format characters");
    }
    if (name.endsWith(".receipts.jsonl") || name.endsWith(".reasons.jsonl")) {
      return Optional.of("its name is one of those that answers have");
    }
    return objectionToKind(file);
  }

  private static String unreadable() {
    return unreadableNames()
        .map(which -> "its name cannot be read: " + which)
        .orElse("its name is not UTF-8");
  }

  /**
   * Returns which names cannot be read here, and what to do about it; nothing if all that are UTF-8
   * can be: a JVM reads them as its locale says, and without one as ASCII.
   */
  static Optional<String> unreadableNames() {
    String encoding = System.getProperty(ENCODING, StandardCharsets.UTF_8.name());
    return encoding.equals(StandardCharsets.UTF_8.name())
        ? Optional.empty()
        : Optional.of(
            "names are read as "
                + encoding
                + " ("
                + ENCODING
                + "), so those of other characters are not; start the service with LANG=C.UTF-8");
  }

  private static boolean isUnprintable(int c) {
    return Character.isISOControl(c)
        || c == UNREADABLE
        || c == '\u2028'
        || c == '\u2029'
        || Character.getType(c) == Character.SURROGATE
        // Such as those that turn what follows around.
        || Character.getType(c) == Character.FORMAT;
  }

  private static Optional<String> objectionToKind(Path file) throws IOException {
    BasicFileAttributes attributes = attributes(file);
    if (attributes.isSymbolicLink()) {
      return Optional.of("it is a symbolic link");
    }
    if (!attributes.isRegularFile()) {
      return Optional.of("it is not a plain file");
    }
    // Who has another name of it could change it while it is read, and after.
    if (Files.getFileStore(file).supportsFileAttributeView("unix")
        && ((Number) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS)).intValue()
            > 1) {
      return Optional.of("it has other names (hard links)");
    }
    return Files.isReadable(file) ? Optional.empty() : Optional.of("it may not be read");
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Is told that a file was taken. */
  synchronized void taken(Path file) {
    reported.remove(file);
  }

  /** Is told that a file could not be moved: it has to wait, so that others need not. */
  synchronized void putOff(Path file, String why, Duration pause) {
    report(file, "it cannot be moved (" + why + "); tried every " + pause.toSeconds() + " s");
    quiet.putOff(file, pause);
  }

  /** Is told that every file was looked at. */
  synchronized void endRound() {
    quiet.endRound();
  }

  private void report(Path file, String objection) {
    if (!objection.equals(reported.put(file, objection))) {
      warnings.warn(shown(file) + " is left where it is: " + objection);
    }
  }

  /** Returns a file's name as it can stand in a log. */
  static String shown(Path file) {
    StringBuilder shown = new StringBuilder();
    String name = String.valueOf(file.getFileName());
    name.codePoints()
        .limit(MAX_NAME)
        .forEach(c -> shown.appendCodePoint(isUnprintable(c) ? '\ufffd' : c));
    return shown.toString();
  }
}

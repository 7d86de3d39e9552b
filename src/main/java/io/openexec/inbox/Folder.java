package io.openexec.inbox;

import io.openexec.execution.Errors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inbox on disk, held by one service. Its own folders lie in it, so that a move is a rename.
 */
final class Folder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Folder.class);
  private static final long LEAST_SPACE = 64 << 20;
  private static final LinkOption AS_IT_IS = LinkOption.NOFOLLOW_LINKS;

  private final Path root;
  private final FileChannel lock;

  private Folder(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Takes hold of an inbox, and makes its folders.
   *
   * @throws IOException if it cannot be written, or another service holds it
   */
  static Folder open(Path root) throws IOException {
    Path file = root.resolve(".lock");
    if (!Files.notExists(file, AS_IT_IS) && !Files.isRegularFile(file, AS_IT_IS)) {
      // To open a pipe waits for whoever reads it.
      throw new IOException(file + " is no plain file; move it away");
    }
    FileChannel lock =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, AS_IT_IS);
    try {
      if (lock.tryLock() != null) {
        Folder folder = new Folder(root, lock);
        folder.makeFolders();
        return folder;
      }
    } catch (OverlappingFileLockException e) {
      // This very process holds it: the same refusal as for another one.
    } catch (IOException e) {
      lock.close();
      throw e;
    }
    lock.close();
    throw new IOException(
        "another service has the inbox " + root + "; give each one of its own (OPENEXEC_INBOX)");
  }

  private void makeFolders() throws IOException {
    for (Path own : own()) {
      if (Files.notExists(own, AS_IT_IS)) {
        Modes.createFolder(own);
      } else if (!Files.isDirectory(own, AS_IT_IS)) {
        throw new IOException(own + " is not a folder; move it away");
      }
      tryToMoveInto(own);
    }
    sync(root);
  }

  /** Another file system may be mounted there, into which nothing can be renamed. */
  private void tryToMoveInto(Path own) throws IOException {
    // A name that nobody can have put something under.
    Path probe = Files.createTempFile(root, ".probe-", "");
    Path moved = own.resolve(name(probe));
    try {
      Files.move(probe, moved, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IOException(
          "no file can be moved from "
              + root
              + " into "
              + own
              + " ("
              + Errors.rootCause(e)
              + "): they have to be on one file system",
          e);
    } finally {
      Files.deleteIfExists(probe);
      Files.deleteIfExists(moved);
    }
  }

  private List<Path> own() {
    return List.of(work(), out(), done(), refused());
  }

  /** Returns what is wrong with its folders, if nothing may be moved into one now. */
  Optional<String> problem() {
    // Who may write into the inbox may rename them, and put links to elsewhere in their place.
    for (Path own : own()) {
      if (!Files.isDirectory(own, AS_IT_IS)) {
        return Optional.of(
            name(own) + " in it is missing, or is no folder (a link, say): put it back");
      }
      if (!Files.isWritable(own)) {
        return Optional.of(name(own) + " in it cannot be written");
      }
    }
    return Files.isWritable(root)
        ? Optional.empty()
        : Optional.of("it cannot be written, so that nothing can be moved out of it");
  }

  /**
   * Looks whether its folders are still there.
   *
   * @throws IOException if nothing may be moved into one now
   */
  void check() throws IOException {
    Optional<String> problem = problem();
    if (problem.isPresent()) {
      throw new IOException(problem.get());
    }
  }

  private Path work() {
    return root.resolve(".work");
  }

  private Path out() {
    return root.resolve("out");
  }

  private Path done() {
    return root.resolve("done");
  }

  private Path refused() {
    return root.resolve("refused");
  }

  /**
   * Returns the names of the files that were being answered when the service ended, and discards
   * what was kept for those that are not there any more.
   */
  Sweep claimed() throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(work(), Folder::isHidden)) {
      for (Path kept : all) {
        String of = name(kept).substring(1).replaceFirst("\\.(answers|index)$", "");
        if (Files.notExists(work().resolve(of), AS_IT_IS)) {
          Files.deleteIfExists(kept);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return new Sweep(work());
  }

  /** Returns whether what is kept takes room that others need. */
  boolean isFull() throws IOException {
    return Files.getFileStore(work()).getUsableSpace() < LEAST_SPACE;
  }

  /** Returns the names that are in the inbox. */
  Sweep sweep() {
    return new Sweep(root);
  }

  /**
   * Makes a file the service's own, under a name that nothing has in any of the folders. From now
   * on until it is {@link #finish finished} that name is its own in all of them.
   *
   * @return where it is now
   */
  synchronized Path claim(Path file) throws IOException {
    check();
    String free = freeName(name(file));
    // Of another file that had this name, and is gone.
    discardKept(work().resolve(free));
    Path claimed = Files.move(file, work().resolve(free), StandardCopyOption.ATOMIC_MOVE);
    try {
      sync(work());
      sync(root);
    } catch (IOException e) {
      // It is here; after a crash it may be where it was, to be taken again, which replays.
      LOG.warn("inbox: a file was taken, and that was not synced: {}", Errors.rootCause(e));
    }
    return claimed;
  }

  /** In steps that double, and back: of one name there may be very many. */
  private String freeName(String name) {
    if (!isTaken(name)) {
      return name;
    }
    long taken = 1;
    long free = 2;
    while (isTaken(numbered(name, free))) {
      taken = free;
      free *= 2;
    }
    while (free - taken > 1) {
      long middle = (taken + free) / 2;
      if (isTaken(numbered(name, middle))) {
        taken = middle;
      } else {
        free = middle;
      }
    }
    return numbered(name, free);
  }

  private static String numbered(String name, long number) {
    int dot = name.lastIndexOf('.');
    return name.substring(0, dot) + "-" + number + name.substring(dot);
  }

  private boolean isTaken(String name) {
    return Stream.of(
            work().resolve(name),
            receipts(name),
            done().resolve(name),
            refused().resolve(name),
            reasons(name))
        .anyMatch(file -> Files.exists(file, AS_IT_IS));
  }

  private Path receipts(String name) {
    return out().resolve(name + ".receipts.jsonl");
  }

  private Path reasons(String name) {
    return refused().resolve(name + ".reasons.jsonl");
  }

  /** Returns whether a name is of what is kept for a file. */
  static boolean isHidden(Path file) {
    return name(file).startsWith(".");
  }

  /** Returns what is kept of the answers to a claimed file, until they are published. */
  Answers answersOf(Path claimed) throws IOException {
    return new Answers(kept(claimed, ".answers"), kept(claimed, ".index"));
  }

  private Path kept(Path claimed, String what) {
    return work().resolve("." + name(claimed) + what);
  }

  private void discardKept(Path claimed) throws IOException {
    Files.deleteIfExists(kept(claimed, ".answers"));
    Files.deleteIfExists(kept(claimed, ".index"));
  }

  /** Begins the answers to a claimed file. */
  Draft receiptsOf(Path claimed) throws IOException {
    return Draft.of(receipts(name(claimed)));
  }

  /** Begins the reasons why lines of a claimed file were refused. */
  Draft reasonsOf(Path claimed) throws IOException {
    return Draft.of(reasons(name(claimed)));
  }

  /** Moves a claimed file, whose answers are complete, to where it stays; returns where that is. */
  Path finish(Path claimed, boolean anyRefused) throws IOException {
    if (!anyRefused) {
      // An attempt that was cut short may have left some: meanwhile an outcome was settled.
      Draft.remove(reasons(name(claimed)));
    }
    Path end = anyRefused ? refused() : done();
    Path moved = Files.move(claimed, end.resolve(name(claimed)), StandardCopyOption.ATOMIC_MOVE);
    sync(end);
    sync(work());
    return moved;
  }

  /** Moves a file that was done to those that were not executed as a whole. */
  Path refuse(Path moved) throws IOException {
    Path to = refused().resolve(name(moved));
    if (!moved.equals(to)) {
      Files.move(moved, to, StandardCopyOption.ATOMIC_MOVE);
      sync(refused());
      sync(done());
    }
    return to;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  /** Makes the names in a folder durable; only POSIX systems have a way to. */
  static void sync(Path folder) throws IOException {
    if (Modes.isPosix(folder)) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Returns the folder that a file lies in. */
  static Path of(Path file) {
    return Objects.requireNonNull(file.getParent());
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}

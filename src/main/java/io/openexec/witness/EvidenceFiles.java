package io.openexec.witness;

import io.openexec.ledger.SignedNote;
import io.openexec.ledger.VerifiedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a log has signed and the witness refused, beside the state: {@code
 * STATE.KIND-SIZE-ROOT.refused}, the log's note, and {@code .cosigned}, what the witness held
 * against it, with {@link CheckpointRefused#proof} as {@code .proof}. Whoever has the log's key can
 * check that it signed both.
 */
final class EvidenceFiles {
  /** Of each kind, so that harmless ones (an old checkpoint, say) leave room for the others. */
  static final int MOST_OF_A_KIND = 8;

  private static final String REFUSED = ".refused";
  private static final int ROOT_DIGITS = 16;

  private final Path state;

  EvidenceFiles(Path state) {
    this.state = state;
  }

  /** Keeps them, durably, unless they are kept already or there are enough of that kind. */
  void keep(CheckpointRefused why, VerifiedCheckpoint refused, Optional<SignedNote> cosigned)
      throws IOException {
    String prefix = "." + why.kind().name().toLowerCase(Locale.ROOT) + "-";
    String root = refused.head().root().hex().substring(0, ROOT_DIGITS);
    String name = prefix + refused.head().size() + "-" + root;
    Path file = DurableFile.sibling(state, name + REFUSED);
    if (Files.exists(file) || count(prefix) >= MOST_OF_A_KIND) {
      return;
    }
    if (cosigned.isPresent()) {
      DurableFile.write(DurableFile.sibling(state, name + ".cosigned"), cosigned.get().encode());
    }
    if (!why.proof().isEmpty()) {
      byte[] hashes = why.proof().getBytes(StandardCharsets.US_ASCII);
      DurableFile.write(DurableFile.sibling(state, name + ".proof"), hashes);
    }
    // Last, for it is the one that is looked for.
    DurableFile.write(file, refused.note().encode());
  }

  /** Returns how many refused checkpoints are kept. */
  long count() throws IOException {
    return count(".");
  }

  private long count(String prefix) throws IOException {
    String beginning = state.getFileName() + prefix;
    try (Stream<Path> files = Files.list(Objects.requireNonNull(state.getParent()))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith(beginning) && name.endsWith(REFUSED))
          .count();
    }
  }
}

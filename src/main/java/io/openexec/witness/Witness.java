package io.openexec.witness;

import io.openexec.ledger.Cosigner;
import io.openexec.ledger.NoteRefused;
import io.openexec.ledger.NoteSignature;
import io.openexec.ledger.SignatureType;
import io.openexec.ledger.SignedNote;
import io.openexec.ledger.TreeHead;
import io.openexec.ledger.VerifiedCheckpoint;
import io.openexec.ledger.VerifierKey;
import io.openexec.witness.CheckpointRefused.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cosigns what a log publishes, as long as it only ever grows.
 *
 * <p>A cosignature is on disk before anybody can get it, together with what it cosigns. So after a
 * crash at any point the witness goes on from a checkpoint that is the last it handed out, or a
 * later one that is consistent with that.
 */
public final class Witness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Witness.class);

  /** The points between which a witness may end. */
  enum Step {
    /** It has the log's checkpoint. */
    PULLED,
    /** It has verified it. */
    VERIFIED,
    /** It has cosigned it. */
    COSIGNED,
    /** The cosigned checkpoint is durable. */
    KEPT,
    /** The cosigned checkpoint is what is handed out. */
    SERVED
  }

  private final RemoteLog log;
  private final VerifierKey logKey;
  private final Cosigner cosigner;
  private final StateFile state;
  private final EvidenceFiles evidence;
  private final Clock clock;
  private final Consumer<Step> observer;
  private volatile Status status;

  /**
   * What a witness says of itself.
   *
   * @param cosigned the last checkpoint that it cosigned, with its cosignature and the log's
   *     signature; empty before the first
   * @param refused the last checkpoint that it refused since it was started
   * @param evidence how many refused checkpoints are kept beside the state, with what contradicts
   *     them
   */
  public record Status(
      Optional<VerifiedCheckpoint> cosigned, Optional<Refused> refused, long evidence) {}

  /**
   * A refusal.
   *
   * @param time when
   * @param why what was wrong
   */
  public record Refused(Instant time, CheckpointRefused why) {}

  private Witness(
      RemoteLog log,
      VerifierKey logKey,
      Cosigner cosigner,
      StateFile state,
      Clock clock,
      Consumer<Step> observer)
      throws IOException {
    this.log = log;
    this.logKey = logKey;
    this.cosigner = cosigner;
    this.state = state;
    this.evidence = new EvidenceFiles(state.file());
    this.clock = clock;
    this.observer = observer;
    this.status = new Status(kept(), Optional.empty(), evidence.count());
  }

  /**
   * Goes on from where the witness was, or, if there is no state, from the tree without leaves,
   * with which every log is consistent.
   *
   * @param log where the log is read
   * @param logKey the log's; of type {@link io.openexec.ledger.SignatureType#ED25519}
   * @param cosigner the witness's key and name, both others than the log's
   * @param state the file to keep the last cosigned checkpoint in
   * @throws IOException if the state cannot be read, is not this witness's of this log, or is held
   *     by another process; the message says so in one line
   * @throws IllegalArgumentException if witness and log have the same key or the same name, or the
   *     log's is a witness's
   */
  public static Witness open(
      RemoteLog log, VerifierKey logKey, Cosigner cosigner, Path state, Clock clock)
      throws IOException {
    return open(log, logKey, cosigner, state, clock, step -> {});
  }

  static Witness open(
      RemoteLog log,
      VerifierKey logKey,
      Cosigner cosigner,
      Path state,
      Clock clock,
      Consumer<Step> observer)
      throws IOException {
    demandLogKey(logKey);
    VerifierKey own = cosigner.verifierKey();
    if (own.key().equals(logKey.key()) || own.name().equals(logKey.name())) {
      throw new IllegalArgumentException(
          "a witness has a key and a name of its own, not those of the log");
    }
    StateFile held = StateFile.hold(state);
    try {
      return new Witness(log, logKey, cosigner, held, clock, observer);
    } catch (IOException | RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private static void demandLogKey(VerifierKey key) {
    if (key.type() != SignatureType.ED25519) {
      throw new IllegalArgumentException("the log's key is a witness's, not a log's");
    }
  }

  private Optional<VerifiedCheckpoint> kept() throws IOException {
    Optional<byte[]> note = state.read();
    if (note.isEmpty()) {
      return Optional.empty();
    }
    try {
      VerifiedCheckpoint kept = verify(note.get(), List.of(cosigner.verifierKey()));
      if (!kept.cosignatures().isEmpty()) {
        return Optional.of(kept);
      }
    } catch (NoteRefused e) {
      // The same as one that somebody else cosigned.
    }
    throw new IOException(
        state.file()
            + " does not hold a checkpoint of "
            + logKey.name()
            + " that this witness cosigned; bring the right one back. A witness that starts"
            + " without it has forgotten what it cosigned");
  }

  private VerifiedCheckpoint verify(byte[] note, List<VerifierKey> witnesses) throws NoteRefused {
    return VerifiedCheckpoint.open(note, logKey, witnesses);
  }

  /** Returns what verifies the cosignatures. */
  public VerifierKey verifierKey() {
    return cosigner.verifierKey();
  }

  /** Returns the state of things. It never waits for {@link #pull}. */
  public Status status() {
    return status;
  }

  /**
   * Takes one turn: pulls the log's checkpoint, verifies it, cosigns it and keeps it. One that is
   * cosigned already is cosigned again, so that the cosignature's time says when the log was last
   * seen.
   *
   * @return the checkpoint with the log's signature and the cosignature, and no others
   * @throws CheckpointRefused if the witness must not cosign it; what it handed out before stands
   * @throws LogAway if the log does not answer
   * @throws IOException if the state cannot be written; then nothing new is handed out
   */
  public synchronized VerifiedCheckpoint pull() throws CheckpointRefused, IOException {
    byte[] note = log.checkpoint();
    observer.accept(Step.PULLED);
    try {
      VerifiedCheckpoint pulled = signed(note);
      demandGrowth(pulled);
      observer.accept(Step.VERIFIED);
      VerifiedCheckpoint cosigned = cosign(pulled);
      observer.accept(Step.COSIGNED);
      state.keep(cosigned.note());
      observer.accept(Step.KEPT);
      status = new Status(Optional.of(cosigned), status.refused(), status.evidence());
      observer.accept(Step.SERVED);
      return cosigned;
    } catch (CheckpointRefused e) {
      Refused refused = new Refused(clock.instant(), e);
      status = new Status(status.cosigned(), Optional.of(refused), status.evidence());
      throw e;
    }
  }

  private VerifiedCheckpoint signed(byte[] note) throws CheckpointRefused {
    try {
      return verify(note, List.of());
    } catch (NoteRefused e) {
      throw new CheckpointRefused(Kind.UNSIGNED, String.valueOf(e.getMessage()));
    }
  }

  /** What is refused here, the log has signed. */
  private void demandGrowth(VerifiedCheckpoint pulled) throws CheckpointRefused {
    TreeHead last = status.cosigned().map(VerifiedCheckpoint::head).orElse(TreeHead.EMPTY);
    try {
      Growth.demand(log, last, pulled.head());
    } catch (CheckpointRefused e) {
      keepEvidence(e, pulled);
      throw e;
    }
  }

  private void keepEvidence(CheckpointRefused why, VerifiedCheckpoint pulled) {
    try {
      evidence.keep(why, pulled, status.cosigned().map(VerifiedCheckpoint::note));
      status = new Status(status.cosigned(), status.refused(), evidence.count());
    } catch (IOException e) {
      LOG.error("the evidence cannot be kept: {}", e.toString());
    }
  }

  private VerifiedCheckpoint cosign(VerifiedCheckpoint pulled) {
    NoteSignature cosignature = cosigner.cosign(pulled, Math.max(now(), lastTime()));
    // Other signatures are not verified here, and so not passed on.
    SignedNote note =
        new SignedNote(pulled.note().text(), List.of(logSignature(pulled), cosignature));
    try {
      return verify(note.encode(), List.of(cosigner.verifierKey()));
    } catch (NoteRefused e) {
      throw new IllegalStateException("the witness's own cosignature does not verify", e);
    }
  }

  private NoteSignature logSignature(VerifiedCheckpoint pulled) {
    return pulled.note().signatures().stream()
        .filter(line -> line.name().equals(logKey.name()) && line.keyId() == logKey.id())
        .findFirst()
        .orElseThrow();
  }

  private long now() {
    return clock.instant().getEpochSecond();
  }

  /** A clock that was set back does not take the cosignatures back with it. */
  private long lastTime() {
    return status.cosigned().map(last -> last.cosignatures().get(0).time()).orElse(0L);
  }

  /** Lets go of the state. */
  @Override
  public void close() throws IOException {
    state.close();
  }
}

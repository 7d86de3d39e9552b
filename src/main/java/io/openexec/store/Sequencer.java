package io.openexec.store;

import io.openexec.execution.Errors;
import io.openexec.execution.StoreUnavailable;
import io.openexec.ledger.Appender;
import io.openexec.ledger.Appender.Appended;
import io.openexec.ledger.Checkpoint;
import io.openexec.ledger.NoteSigner;
import io.openexec.ledger.TileHashes;
import io.openexec.ledger.TileId;
import io.openexec.ledger.TileSource;
import io.openexec.ledger.TreeHead;
import io.openexec.signature.SigningKey;
import io.openexec.store.LedgerTable.Published;
import io.openexec.store.LedgerTable.Waiting;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes leaves of receipts, and publishes checkpoints of the tree that they make.
 *
 * <p>It keeps nothing in memory between two turns but {@link SignedBefore}, which only ever makes
 * it refuse, so it may end, or pause, at any point. Leaves, tiles and the tree's new state go into
 * the database in one transaction, in which the state is compared with the one that they were
 * computed from: of several sequencers that had the same idea one goes on. Only then a checkpoint
 * is signed, of the state that the database has; it is the same whoever signs it; and only those
 * that the database has are ever served.
 */
public final class Sequencer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sequencer.class);
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final int MOST = 4_096;

  /** The points between which a sequencer may end, or pause. */
  enum Step {
    /** It has read the latest checkpoint, and not the state yet. */
    LATEST_READ,
    /** It has read the state and the queue. */
    READ,
    /** It has computed the new state. */
    COMPUTED,
    /** The new state is in a transaction that is still open. */
    SET,
    /** The new state is durable. */
    COMMITTED,
    /** It has signed a checkpoint. */
    SIGNED,
    /** The checkpoint is durable. */
    PUBLISHED
  }

  private final JdbcExecutionStore store;
  private final String origin;
  private final NoteSigner signer;
  private final Consumer<Step> observer;
  private final ScheduledExecutorService turns =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "openexec-sequencer"));
  private final SignedBefore before;
  private volatile boolean failing;

  Sequencer(JdbcExecutionStore store, String origin, SigningKey key, Consumer<Step> observer) {
    this.store = store;
    this.origin = origin;
    this.signer = new NoteSigner(origin, key);
    this.observer = observer;
    this.before = new SignedBefore(signer.verifierKey());
  }

  /**
   * Sequences what is in a store, from now on until it is closed.
   *
   * @param origin the log's name
   * @param key signs its checkpoints
   */
  public static Sequencer start(JdbcExecutionStore store, String origin, SigningKey key) {
    Sequencer sequencer = new Sequencer(store, origin, key, step -> {});
    var unused =
        sequencer.turns.scheduleWithFixedDelay(
            sequencer::turn, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    return sequencer;
  }

  private void turn() {
    try {
      boolean more = true;
      while (more) {
        more = step();
      }
      failing = false;
    } catch (StoreUnavailable | RuntimeException | Error e) {
      if (!failing) {
        LOG.error("receipts wait for the ledger: {}", Errors.rootCause(e));
      }
      failing = true;
    }
  }

  /**
   * Takes one turn: sequences what waits, and publishes the state.
   *
   * @return whether more may wait
   */
  boolean step() throws StoreUnavailable {
    Turn turn = store.read(table -> Turn.read(table, observer));
    observer.accept(Step.READ);
    TreeHead head = turn.head;
    before.checkNotBefore(head);
    SignedBefore.checkCovers(head, turn.published);
    boolean more = false;
    if (!turn.waiting.isEmpty()) {
      Appended appended =
          Appender.append(turn, turn.head, turn.waiting.stream().map(Waiting::leaf).toList());
      observer.accept(Step.COMPUTED);
      if (!store.write(table -> set(table, turn, appended))) {
        // Somebody else's turn.
        return false;
      }
      observer.accept(Step.COMMITTED);
      head = appended.head();
      more = turn.waiting.size() == MOST;
    }
    if (turn.published < head.size()) {
      publish(head);
    }
    return more;
  }

  private boolean set(ExecutionTable table, Turn turn, Appended appended) throws SQLException {
    LedgerTable ledger = table.ledger();
    if (!ledger.advance(turn.head, appended.head())) {
      return false;
    }
    ledger.sequence(turn.head.size(), turn.waiting);
    ledger.put(appended.tiles());
    observer.accept(Step.SET);
    return true;
  }

  private void publish(TreeHead head) throws StoreUnavailable {
    store.read(
        table -> {
          before.checkExtends(head, table.ledger());
          return head;
        });
    String note =
        new String(
            signer.sign(new Checkpoint(origin, head).text()).encode(), StandardCharsets.UTF_8);
    observer.accept(Step.SIGNED);
    store.write(
        table -> {
          table.ledger().add(new Published(head.size(), note), table.millis());
          return note;
        });
    before.remember(head);
    observer.accept(Step.PUBLISHED);
  }

  /** Returns whether receipts wait for the ledger, because its latest turn failed. */
  public boolean isStuck() {
    return failing;
  }

  /** What a turn begins with. */
  private record Turn(
      TreeHead head, long published, List<Waiting> waiting, Map<TileId, TileHashes> tiles)
      implements TileSource {
    static Turn read(ExecutionTable table, Consumer<Step> observer) throws SQLException {
      LedgerTable ledger = table.ledger();
      // First: between the two reads another sequencer may grow the tree, and publish it.
      long published = ledger.latest().map(Published::size).orElse(-1L);
      observer.accept(Step.LATEST_READ);
      TreeHead head = ledger.head();
      List<Waiting> waiting = ledger.queue(MOST);
      Map<TileId, TileHashes> tiles = new HashMap<>();
      if (!waiting.isEmpty()) {
        for (TileId id : TileId.partial(head.size())) {
          Optional<TileHashes> tile = ledger.tile(id.level(), id.index());
          tile.ifPresent(hashes -> tiles.put(id, hashes));
        }
      }
      return new Turn(head, published, waiting, tiles);
    }

    @Override
    public Optional<TileHashes> tile(TileId id) {
      return Optional.ofNullable(tiles.get(id));
    }
  }

  /** Publishes what is there, and ends. */
  @Override
  public void close() {
    turns.shutdown();
    try {
      if (turns.awaitTermination(PAUSE.toMillis() * 20, TimeUnit.MILLISECONDS)) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

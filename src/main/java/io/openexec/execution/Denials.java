package io.openexec.execution;

import io.openexec.boundary.ApprovalVerifier;
import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.receipt.Receipt;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receipts for what was refused, for as long as there are not too many: whoever sends refusals by
 * the thousand fills no disk and slows nobody down. One token bucket is for all whose approval was
 * not verified, and one for each tenant whose was: 1,000 at once, then 10 a second. What has none
 * is counted, and the count has a receipt.
 */
public final class Denials implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Denials.class);
  private static final Set<Integer> DECISIONS = Set.of(400, 403, 422);
  private static final int BURST = 1_000;
  private static final int PER_SECOND = 10;
  private static final Duration COUNT_EVERY = Duration.ofSeconds(10);
  private static final Duration LAST_COUNT = Duration.ofSeconds(5);
  // More is handed out, and not kept: a thousand denials of a megabyte each would be a flood.
  private static final int KEPT = 8_192;

  private final ExecutionStore store;
  private final LongSupplier nanoTime;
  private final TokenBucket unverified;
  private final Map<String, TokenBucket> tenants = new ConcurrentHashMap<>();
  private final AtomicLong dropped = new AtomicLong();
  private final LongAdder allDropped = new LongAdder();
  private final ScheduledThreadPoolExecutor counts =
      new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "openexec-denials"));

  /** Keeps the receipts in a store. */
  public Denials(ExecutionStore store) {
    this(store, System::nanoTime);
  }

  /** As above, by that clock of nanoseconds. */
  Denials(ExecutionStore store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
    this.unverified = bucket("");
    this.counts.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.counts.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    var unused =
        counts.scheduleWithFixedDelay(
            this::count, COUNT_EVERY.toMillis(), COUNT_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private TokenBucket bucket(String tenant) {
    return new TokenBucket(BURST, PER_SECOND, nanoTime.getAsLong());
  }

  /**
   * Makes and keeps the receipt of a refusal, if it is a decision on a request that could be read.
   *
   * @param request what was refused, as far as it came: bytes, or what a gate made of them
   * @return the refusal, with its receipt when that is durable; without one if there were too many,
   *     or if it cannot be written
   */
  public CompletableFuture<Denial> deny(Refusal refusal, Object request) {
    if (!DECISIONS.contains(refusal.reason().status())) {
      return CompletableFuture.completedFuture(Denial.undecided(refusal));
    }
    Optional<VerifiedRequest> verified = verified(request);
    return verified
        .map(VerifiedRequest::request)
        .or(() -> Optional.ofNullable(request instanceof ExecutionRequest read ? read : null))
        .map(read -> deny(refusal, read, verified))
        .orElseGet(() -> CompletableFuture.completedFuture(Denial.undecided(refusal)));
  }

  private static Optional<VerifiedRequest> verified(Object request) {
    if (request instanceof VerifiedRequest verified) {
      return Optional.of(verified);
    }
    if (request instanceof Candidate candidate) {
      return Optional.of(candidate.verified());
    }
    if (request instanceof Unclaimed unclaimed) {
      return Optional.of(unclaimed.candidate().verified());
    }
    return request instanceof Executed executed
        ? Optional.of(executed.admitted().candidate().verified())
        : Optional.empty();
  }

  private CompletableFuture<Denial> deny(
      Refusal refusal, ExecutionRequest request, Optional<VerifiedRequest> verified) {
    // In demo mode nothing is verified, and whose a request is nobody knows.
    Optional<VerifiedRequest> proven =
        verified.filter(v -> !v.tenant().equals(ApprovalVerifier.DEMO_TENANT));
    TokenBucket bucket =
        proven.map(v -> tenants.computeIfAbsent(v.tenant(), this::bucket)).orElse(unverified);
    if (!bucket.take(nanoTime.getAsLong())) {
      drop();
      return CompletableFuture.completedFuture(new Denial(refusal, true, null));
    }
    Receipt receipt = store.evidence().ofDenial(request, proven, refusal.reason().code());
    boolean kept = receipt.disclosures().stream().mapToInt(String::length).sum() <= KEPT;
    return store
        .keep(receipt, kept)
        .handle(
            (written, failure) -> {
              if (failure != null) {
                drop();
                return new Denial(refusal, true, null);
              }
              return new Denial(refusal, true, receipt);
            });
  }

  private void drop() {
    dropped.incrementAndGet();
    allDropped.increment();
  }

  /** Returns how many denials had no receipt of their own since the start. */
  public long dropped() {
    return allDropped.sum();
  }

  /** Leaves a receipt that tells how many have none. */
  private void count() {
    long denials = dropped.getAndSet(0);
    if (denials == 0) {
      return;
    }
    try {
      store
          .keep(store.evidence().ofDropped(denials), true)
          .get(LAST_COUNT.toMillis(), TimeUnit.MILLISECONDS);
      LOG.warn("{} denials have no receipt of their own", denials);
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      // It may have been written all the same: rather twice than not at all.
      dropped.addAndGet(denials);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Counts one last time. */
  @Override
  public void close() {
    counts.shutdown();
    count();
  }
}

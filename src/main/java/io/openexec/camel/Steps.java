package io.openexec.camel;

import io.openexec.boundary.ExecutionRequest;
import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.RequestParser;
import io.openexec.boundary.VerifiedRequest;
import io.openexec.camel.Flow.Kernel;
import io.openexec.camel.Flow.Pages;
import io.openexec.execution.Answer;
import io.openexec.execution.Candidate;
import io.openexec.execution.Claim;
import io.openexec.execution.Claim.Admitted;
import io.openexec.execution.Claim.OnRecord;
import io.openexec.execution.Claim.Unclaimed;
import io.openexec.execution.Denial;
import io.openexec.execution.Executed;
import io.openexec.metrics.Traffic.Door;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.apache.camel.support.ExpressionAdapter;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kernel's methods as the steps that the routes name. */
final class Steps {
  /** The property of an exchange whose request was counted. */
  static final String COUNTED = "openexec.counted";

  /** The property of an exchange that does not wait at the gates for somebody else's outcome. */
  static final String IN_A_HURRY = "openexec.inAHurry";

  /** The property of an exchange whose door asks again by itself if it is sent away. */
  static final String COMES_AGAIN = "openexec.comesAgain";

  private static final String PLACE = "openexec.place";

  /** How many effectful actions of such may run, fewer than may at all: the rest is for others. */
  private static final int PATIENT = 56;

  private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

  private final Supplier<Kernel> kernel;
  private final Semaphore patient = new Semaphore(PATIENT);

  /**
   * Makes the steps.
   *
   * @param kernel the one of the moment: while the service tests itself, another one serves
   */
  Steps(Supplier<Kernel> kernel) {
    this.kernel = kernel;
  }

  /** Binds the gates, and the pages, by the names that the routes call them by. */
  void bindTo(Main main, Pages pages) {
    bindGates(main);
    bindPages(main, pages);
  }

  private void bindGates(Main main) {
    main.bind("parse", (Processor) this::parse);
    main.bind(
        "verify",
        Step.of(
            "verify", ExecutionRequest.class, request -> kernel.get().verifier().verify(request)));
    main.bind(
        "admit",
        Step.of(
            "admit", VerifiedRequest.class, verified -> kernel.get().admission().judge(verified)));
    main.bind("executionId", executionId());
    main.bind(
        "nonces", new NonceRepository(candidate -> kernel.get().exactlyOnce().find(candidate)));
    main.bind("reserve", AsyncStep.ofExchange(this::reserve));
    main.bind(
        "admitted", (Predicate) exchange -> exchange.getMessage().getBody() instanceof Admitted);
    main.bind("dispatch", AsyncStep.ofExchange(this::dispatch));
    main.bind(
        "record",
        AsyncStep.of(
            "record", Executed.class, executed -> kernel.get().exactlyOnce().record(executed)));
    main.bind("await", AsyncStep.ofExchange(this::await));
    main.bind("answer", Step.of("answer", OnRecord.class, this::answer));
    main.bind("deny", AsyncStep.ofExchange(this::deny));
    main.bind("keep", (Processor) Utf8::keep);
    main.bind("requireFinal", Step.of("requireFinal", Answer.class, NotFinal::refuse));
    main.bind("requireNoFault", (Processor) NotFinal::refuseFault);
    main.bind("reject", Step.of("reject", Denial.class, Answer::refusing));
  }

  private void bindPages(Main main, Pages pages) {
    main.bind(
        "checkReceipt",
        (Processor)
            exchange ->
                exchange.getMessage().setBody(kernel.get().receiptCheck().check(bytes(exchange))));
    main.bind("index", page(pages.index()));
    main.bind("health", page(pages.health()));
    main.bind("ready", page(pages.ready()));
    main.bind("version", page(pages.version()));
    main.bind("actions", page(pages.actions()));
    main.bind("keys", page(pages.keys()));
    main.bind("receipt", below(pages.receipt()));
    main.bind("ledger", below(pages.ledger()));
    main.addInitialProperty("openexec.metrics", Boolean.toString(pages.metrics().isPresent()));
    pages
        .metrics()
        .ifPresent(
            page ->
                main.bind(
                    "metrics", (Processor) exchange -> exchange.getMessage().setBody(page.get())));
  }

  private void parse(Exchange exchange) throws IOException {
    // Once, however often a door sends it again.
    if (exchange.getProperty(COUNTED) == null) {
      exchange.setProperty(COUNTED, true);
      kernel.get().traffic().came(door(exchange));
    }
    exchange.getMessage().setBody(RequestParser.parse(bytes(exchange)));
  }

  private static Door door(Exchange exchange) {
    String route = exchange.getFromRouteId();
    if (route == null) {
      return Door.OTHER;
    }
    return switch (route) {
      case "http-execute" -> Door.HTTP;
      case "queue" -> Door.QUEUE;
      default -> Door.OTHER;
    };
  }

  private CompletableFuture<Claim> reserve(Exchange exchange) {
    Unclaimed unclaimed = Step.body("reserve", exchange, Unclaimed.class);
    if (unclaimed.isEffectful() && exchange.getProperty(COMES_AGAIN) != null) {
      Place place = exchange.getProperty(PLACE, Place.class);
      if (place == null || place.isGivenBack()) {
        exchange.setProperty(PLACE, takePlace(exchange));
      }
    }
    return kernel.get().exactlyOnce().reserve(unclaimed);
  }

  private Place takePlace(Exchange exchange) {
    if (!patient.tryAcquire()) {
      throw Refusal.overloaded();
    }
    Place place = new Place(patient);
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onDone(Exchange done) {
                place.giveBackUnlessRunning();
              }
            });
    return place;
  }

  private CompletableFuture<Executed> dispatch(Exchange exchange) {
    Admitted admitted = Step.body("dispatch", exchange, Admitted.class);
    Place place = exchange.getProperty(PLACE, Place.class);
    if (place == null) {
      return kernel.get().dispatcher().dispatch(admitted);
    }
    place.runs();
    return kernel.get().dispatcher().dispatch(admitted, place::giveBack);
  }

  /** A place to run in, until the action has ended, or the request without one. */
  private static final class Place {
    private final Semaphore places;
    private boolean running;
    private boolean givenBack;

    Place(Semaphore places) {
      this.places = places;
    }

    synchronized void runs() {
      running = true;
    }

    synchronized void giveBack() {
      if (!givenBack) {
        givenBack = true;
        places.release();
      }
    }

    synchronized void giveBackUnlessRunning() {
      if (!running) {
        giveBack();
      }
    }

    synchronized boolean isGivenBack() {
      return givenBack;
    }
  }

  /** Waits for somebody else's outcome, unless the door knows a better place to wait in. */
  private CompletableFuture<OnRecord> await(Exchange exchange) {
    OnRecord found = Step.body("await", exchange, OnRecord.class);
    return exchange.getProperty(IN_A_HURRY) == null
        ? kernel.get().patience().await(found)
        : CompletableFuture.completedFuture(found);
  }

  private Answer answer(OnRecord record) {
    kernel.get().traffic().answered(record);
    return Answer.of(record);
  }

  /** The key of the Idempotent Consumer: the id that tenant and nonce make. */
  private static Expression executionId() {
    return new ExpressionAdapter() {
      @Override
      public Object evaluate(Exchange exchange) {
        return exchange.getMessage().getBody(Candidate.class).executionId();
      }
    };
  }

  private static byte[] bytes(Exchange exchange) throws IOException {
    return Utf8.of(exchange.getMessage());
  }

  /** Makes a denial of what a gate threw, and of how far the request had come by then. */
  private CompletableFuture<Denial> deny(Exchange exchange) {
    Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Reason reason = thrown instanceof Refusal refusal ? refusal.reason() : Reason.INTERNAL_ERROR;
    kernel.get().traffic().denied(reason);
    if (thrown instanceof Refusal refusal) {
      return kernel.get().denials().deny(refusal, exchange.getMessage().getBody());
    }
    LOG.error("a fault of the service itself", thrown);
    return CompletableFuture.completedFuture(Denial.undecided(Refusal.internalError()));
  }

  private static Processor page(Supplier<Answer> page) {
    return exchange -> exchange.getMessage().setBody(page.get());
  }

  /** A page for each path below its own, which is the body. */
  private static Processor below(Function<String, ?> page) {
    return exchange ->
        exchange
            .getMessage()
            .setBody(page.apply(new String(bytes(exchange), StandardCharsets.UTF_8)));
  }
}

package io.openexec.camel;

import io.openexec.execution.Answer;
import org.apache.camel.Exchange;

/**
 * An answer that is not final, or a fault that may pass. Where this is thrown, the request is sent
 * again; it is never handed out.
 */
final class NotFinal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String FAULTS = "openexec.faults";
  private static final int MOST_TRIES = 5;

  private NotFinal(int status) {
    super("not final: " + status, null, false, false);
  }

  /**
   * Returns a final answer.
   *
   * @throws NotFinal if it is another
   */
  static Answer refuse(Answer answer) {
    if (!answer.isFinal()) {
      throw new NotFinal(answer.status());
    }
    return answer;
  }

  /**
   * Leaves an answer as it is, a fault only if it is the fifth in a row.
   *
   * @throws NotFinal if the request is to be tried again
   */
  static void refuseFault(Exchange exchange) {
    Answer answer = Step.body("requireNoFault", exchange, Answer.class);
    int faults = answer.isFault() ? exchange.getProperty(FAULTS, 0, Integer.class) + 1 : 0;
    exchange.setProperty(FAULTS, faults);
    if (faults > 0 && faults < MOST_TRIES) {
      throw new NotFinal(answer.status());
    }
  }
}

package io.openexec.camel;

import io.openexec.execution.Answer;

/**
 * An answer that is not final. Where this is thrown, the request is sent again; it is never handed
 * out.
 */
final class NotFinal extends RuntimeException {
  private static final long serialVersionUID = 1L;

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
}

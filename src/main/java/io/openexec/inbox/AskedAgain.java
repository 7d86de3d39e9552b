package io.openexec.inbox;

import io.openexec.boundary.Reason;
import io.openexec.boundary.Refusal;
import io.openexec.boundary.RequestParser;
import io.openexec.execution.Answer;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a line is answered with that was asked for before, and whose answer got lost. Mostly that is
 * a replay. But an approval whose key is trusted no more has none (nobody is told of an execution
 * by it), though it may have been executed: then "not approved" would be untrue of the line, and to
 * have it approved again would execute it twice.
 */
final class AskedAgain {
  private static final int FORBIDDEN = 403;

  /** Said when the record was asked: it has no execution by that nonce. */
  private static final Set<String> NOT_ON_RECORD =
      codes(
          Reason.ACTION_NOT_ALLOWED,
          Reason.APPROVALS_INSUFFICIENT,
          Reason.APPROVAL_EXPIRED,
          Reason.APPROVAL_NOT_YET_VALID,
          Reason.APPROVAL_REVOKED,
          Reason.APPROVAL_USED);

  private AskedAgain() {}

  private static Set<String> codes(Reason... reasons) {
    return Arrays.stream(reasons).map(Reason::code).collect(Collectors.toUnmodifiableSet());
  }

  /** Returns a final answer, or one that says that it is not known whether it was executed. */
  static Answer honest(byte[] request, Answer answer) {
    if (answer.status() != FORBIDDEN || NOT_ON_RECORD.contains(answer.code().orElse(""))) {
      return answer;
    }
    return Answer.refusing(
        Refusal.interrupted(RequestParser.parse(request), answer.code().orElse("")));
  }
}

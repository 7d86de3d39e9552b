package io.openexec.bench;

/** Sends the bare route what demo mode is sent. */
final class BareRequests implements Workload {
  private final Executions requests = Executions.ofEcho(java.util.Optional.empty());

  @Override
  public void prepare(int count) {
    requests.prepare(count);
  }

  @Override
  public long next() {
    return requests.next();
  }

  @Override
  public byte[] body(long ticket) {
    return requests.body(ticket);
  }

  @Override
  public boolean right(long ticket, byte[] bytes, int from, int length) {
    return length == BareRoute.ANSWER.length && Bytes.at(bytes, from, BareRoute.ANSWER);
  }
}

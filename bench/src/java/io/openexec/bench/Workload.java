package io.openexec.bench;

/**
 * What is sent and what has to come back. A request is known by its ticket, a number that is given
 * out once.
 */
interface Workload {

  /** Makes sure that so many requests can be sent without work on them while the clock runs. */
  void prepare(int count);

  /** Returns the ticket of the next request, or -1 when what was prepared is used up. */
  long next();

  /** Returns the body of a request. All bodies of a workload have the same length. */
  byte[] body(long ticket);

  /** Returns whether the bytes are the body of the right answer to a request, were it a 200. */
  boolean right(long ticket, byte[] bytes, int from, int length);
}

package io.openexec.ledger;

/**
 * The way from a node up to the root, in the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2:
 * {@code fn} is the node's number in its level, {@code sn} that of the level's last one.
 */
final class Climb {
  private long fn;
  private long sn;

  Climb(long fn, long sn) {
    this.fn = fn;
    this.sn = sn;
  }

  /**
   * Returns how many steps end with {@code sn} being 0, at the root: a level each until the ways
   * from both nodes meet, and from there on one for each left neighbour.
   */
  int length() {
    int meeting = Long.SIZE - Long.numberOfLeadingZeros(fn ^ sn);
    return meeting + Long.bitCount(fn >> meeting);
  }

  /** Whether the next hash stands on the left of the node. */
  boolean isOnTheRight() {
    return (fn & 1) == 1 || fn == sn;
  }

  /** Goes up, past the levels where the node is the last and has no neighbour. */
  void step() {
    if (fn == sn) {
      while ((fn & 1) == 0 && fn != 0) {
        up();
      }
    }
    up();
  }

  private void up() {
    fn >>= 1;
    sn >>= 1;
  }
}

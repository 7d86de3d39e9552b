package io.openexec.ledger;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Entry bundles (c2sp.org/tlog-tiles, "Log entries"): each entry's length as 16 bits, big-endian,
 * and its bytes.
 */
public final class EntryBundle {
  /** The most bytes of an entry. */
  public static final int MAX_ENTRY = 0xffff;

  private EntryBundle() {}

  /**
   * Returns the bundle of 1 to 256 entries.
   *
   * @throws IllegalArgumentException if they are more or fewer, or one has more than 65,535 bytes
   */
  public static byte[] encode(List<byte[]> entries) {
    if (entries.isEmpty() || entries.size() > TilePath.FULL) {
      throw new IllegalArgumentException("a bundle has 1 to 256 entries, not " + entries.size());
    }
    int length = 0;
    for (byte[] entry : entries) {
      if (entry.length > MAX_ENTRY) {
        throw new IllegalArgumentException(
            "an entry has at most 65,535 bytes, not " + entry.length);
      }
      length += Short.BYTES + entry.length;
    }
    ByteBuffer bundle = ByteBuffer.allocate(length);
    entries.forEach(entry -> bundle.putShort((short) entry.length).put(entry));
    return bundle.array();
  }

  /**
   * Returns the entries of a bundle.
   *
   * @param width how many there must be
   * @throws TileRefused if there are more or fewer, or the last one is cut
   */
  public static List<byte[]> decode(byte[] bundle, int width) throws TileRefused {
    ByteBuffer rest = ByteBuffer.wrap(bundle);
    List<byte[]> entries = new ArrayList<>();
    while (rest.hasRemaining() && entries.size() < width) {
      entries.add(entry(rest, entries.size()));
    }
    if (entries.size() < width) {
      throw new TileRefused("the bundle has " + entries.size() + " entries instead of " + width);
    }
    if (rest.hasRemaining()) {
      throw new TileRefused("after " + width + " entries the bundle does not end");
    }
    return List.copyOf(entries);
  }

  private static byte[] entry(ByteBuffer rest, int number) throws TileRefused {
    if (rest.remaining() < Short.BYTES) {
      throw new TileRefused("the length of entry " + number + " of the bundle is cut");
    }
    byte[] entry = new byte[Short.toUnsignedInt(rest.getShort())];
    if (rest.remaining() < entry.length) {
      throw new TileRefused("entry " + number + " of the bundle is cut");
    }
    rest.get(entry);
    return entry;
  }
}

package io.openexec.bench;

import io.openexec.receipt.ExecutionId;
import io.openexec.receipt.ReceiptHash;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Executions of one action, each with a nonce of its own and, if signed, an approval of its own.
 */
final class Executions implements Workload {
  private static final int FULL_CHECK_EVERY = 64;
  private static final int HASH_LENGTH = 64;
  private static final byte[] BEFORE_ID = utf8("{\"id\":\"");
  private static final int ID_LENGTH = 36;

  private final String action;
  private final boolean echo;
  private final Optional<Signer> signer;
  private final String run = HexFormat.of().toHexDigits((int) System.nanoTime());
  private final AtomicLong tickets = new AtomicLong();
  private byte[][] signed = {};
  private long firstSigned;

  private Executions(String action, boolean echo, Optional<Signer> signer) {
    this.action = action;
    this.echo = echo;
    this.signer = signer;
  }

  /** Executions of the action {@code echo}, which answers with the payload. */
  static Executions ofEcho(Optional<Signer> signer) {
    return new Executions("echo", true, signer);
  }

  /** Executions of an action that answers {@link EffectfulAction#RESULT}. */
  static Executions ofNote(Optional<Signer> signer) {
    return new Executions(EffectfulAction.NAME, false, signer);
  }

  @Override
  public void prepare(int count) {
    if (signer.isEmpty()) {
      return;
    }
    int left = (int) (firstSigned + signed.length - tickets.get());
    if (left >= count) {
      return;
    }
    byte[][] all = new byte[count][];
    System.arraycopy(signed, signed.length - left, all, 0, left);
    firstSigned = tickets.get();
    signed = all;
    IntStream.range(left, count).parallel().forEach(i -> all[i] = make(firstSigned + i));
  }

  @Override
  public long next() {
    long ticket = tickets.get();
    if (signer.isPresent() && ticket >= firstSigned + signed.length) {
      return -1;
    }
    return tickets.getAndIncrement();
  }

  @Override
  public byte[] body(long ticket) {
    return signer.isPresent() ? signed[(int) (ticket - firstSigned)] : make(ticket);
  }

  private byte[] make(long ticket) {
    String nonce = nonce(ticket);
    String payload = "{\"msg\":\"" + nonce + "\"}";
    String approval =
        signer
            .map(s -> ",\"approval_artifact\":" + s.approve(mix(~ticket), action, payload))
            .orElse("");
    return utf8(
        "{\"action\":\""
            + action
            + "\",\"payload\":"
            + payload
            + ",\"nonce\":\""
            + nonce
            + "\""
            + approval
            + "}");
  }

  /** Returns a nonce that has no order, as clients' have none, and that nothing else has. */
  private String nonce(long ticket) {
    return run + HexFormat.of().toHexDigits(mix(ticket));
  }

  /** Stafford's 13th variant of MurmurHash3's finalizer: no two numbers have the same image. */
  private static long mix(long number) {
    long z = number * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  @Override
  public boolean right(long ticket, byte[] bytes, int from, int length) {
    String nonce = nonce(ticket);
    String result = echo ? "{\"echo\": {\"msg\": \"" + nonce + "\"}}" : EffectfulAction.RESULT;
    byte[] middle =
        utf8(
            "\",\"action\":\""
                + action
                + "\",\"result\":"
                + result
                + ",\"approved\":true,\"receipt\":\"");
    int id = from + BEFORE_ID.length;
    int receipt = id + ID_LENGTH + middle.length;
    return length > receipt + HASH_LENGTH - from
        && Bytes.at(bytes, from, BEFORE_ID)
        && Bytes.at(bytes, id + ID_LENGTH, middle)
        && Bytes.lowerHex(bytes, receipt, HASH_LENGTH)
        && bytes[receipt + HASH_LENGTH] == '"'
        && (ticket % FULL_CHECK_EVERY != 0
            || fullyRight(
                nonce,
                result,
                Bytes.text(bytes, id, ID_LENGTH),
                Bytes.text(bytes, receipt, HASH_LENGTH)));
  }

  private boolean fullyRight(String nonce, String result, String id, String receipt) {
    String tenant = signer.isPresent() ? Signer.TENANT : "";
    return id.equals(ExecutionId.of(tenant, nonce).toString())
        && receipt.equals(ReceiptHash.ofText(id, result).hex());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

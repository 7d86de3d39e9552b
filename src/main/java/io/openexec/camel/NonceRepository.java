package io.openexec.camel;

import io.openexec.execution.Candidate;
import io.openexec.execution.Claim;
import java.util.Objects;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Gate 4 as Camel's Idempotent Consumer asks for it: the nonces in the database.
 *
 * <p>{@link #add(Exchange, String)} finds the record that answers the request, or that there is
 * none; either becomes the body. It is a read, and so it decides only who is a duplicate: the
 * database's own uniqueness decides among those that are not, when they reserve or record. Keys are
 * never removed, and there is nothing to confirm.
 */
final class NonceRepository extends ServiceSupport implements IdempotentRepository {
  private final Function<Candidate, Claim> gate;

  NonceRepository(Function<Candidate, Claim> gate) {
    this.gate = gate;
  }

  @Override
  public boolean add(Exchange exchange, String key) {
    try {
      Candidate candidate = (Candidate) Objects.requireNonNull(exchange.getMessage().getBody());
      if (!candidate.executionId().equals(key)) {
        throw new IllegalStateException("the key is not the candidate's");
      }
      Claim claim = gate.apply(candidate);
      exchange.getMessage().setBody(claim);
      return claim instanceof Claim.Unclaimed;
    } catch (Error e) {
      // Camel would leave the exchange in flight for ever.
      throw new IllegalStateException("the nonce could not be looked up", e);
    }
  }

  @Override
  public boolean add(String key) {
    throw new UnsupportedOperationException("a nonce is of a request, not of a key alone");
  }

  @Override
  public boolean contains(String key) {
    throw new UnsupportedOperationException("a read does not decide; the insert does");
  }

  @Override
  public boolean remove(String key) {
    return false;
  }

  @Override
  public boolean confirm(String key) {
    return true;
  }

  @Override
  public void clear() {
    throw new UnsupportedOperationException("used nonces stay used");
  }
}

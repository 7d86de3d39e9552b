package io.openexec.boundary;

import java.util.Optional;

/** What is trusted at the moment, which may change while the service runs. */
public interface TrustSource {
  /** Trusts no key, and nothing was revoked: where neither is configured. */
  TrustSource NONE =
      new TrustSource() {
        @Override
        public Optional<Trust> trust() {
          return Optional.empty();
        }

        @Override
        public Revocations revocations() {
          return Revocations.NONE;
        }
      };

  /**
   * Returns the keys of approval tokens; empty if none are configured.
   *
   * @throws Refusal 503 if they are, and cannot be told at the moment
   */
  Optional<Trust> trust();

  /**
   * Returns what was revoked.
   *
   * @throws Refusal 503 if it cannot be told at the moment
   */
  Revocations revocations();
}

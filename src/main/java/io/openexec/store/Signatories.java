package io.openexec.store;

import java.io.IOException;
import java.util.Optional;

/** Brings the keys, when the database is open and says whether there have to be some. */
@FunctionalInterface
public interface Signatories {
  /**
   * Returns who signs.
   *
   * @param onRecord whose log the database holds; empty if it is new, so that keys may be made
   * @throws IOException saying in one line why it cannot, and what to do
   */
  Signatory signatory(Optional<LogIdentity> onRecord) throws IOException;
}

package io.openexec.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;

/** Keeps a process whose lease has run out from making reservations. */
@FunctionalInterface
interface Fence {
  /** Of a database that one process at a time has to itself. */
  Fence NONE = (connection, owner) -> true;

  /** Returns whether the owner's lease lasts, which it then does until the transaction ends. */
  boolean holds(Connection connection, UUID owner) throws SQLException;
}

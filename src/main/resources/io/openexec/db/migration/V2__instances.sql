-- Who may have reservations: the processes that share the database, each with a lease that it
-- renews. Instants are milliseconds since 1970 by the database's clock. SQLite, which one process
-- has to itself, has no use for it.

CREATE TABLE instances (
  owner       VARCHAR(36) NOT NULL PRIMARY KEY,
  started_at  BIGINT      NOT NULL,
  lease_until BIGINT      NOT NULL
);

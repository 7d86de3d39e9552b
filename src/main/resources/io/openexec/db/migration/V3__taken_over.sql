-- What OpenExec 0.1.10 executed. Written once, when a SQLite database of its is taken over, and never
-- changed; empty everywhere else. Portable between SQLite and PostgreSQL, conventions as in V1.
--
-- Every row of execution_log is here, whatever stands in it, so that its nonce stays used:
--   succeeded  as 0.1.10 answered it. Its result is the text that stood there, over which its receipt
--              was made.
--   unknown    with the reason not_taken_over: it was not approved, its id is no UUID, or its result
--              is missing or is not one strict JSON object (NaN, say). Its request answers 409.
-- A payload that cannot be read gives a hash that no request has: all of them answer 422.

CREATE TABLE taken_over_executions (
  nonce       TEXT         NOT NULL PRIMARY KEY,
  -- As it was. Where it was no UUID: the one that tenant and nonce stand for.
  id          VARCHAR(36)  NOT NULL,
  -- Who was served when it was taken over; the empty string in demo mode.
  tenant      VARCHAR(255) NOT NULL,
  action      TEXT         NOT NULL,
  action_hash CHAR(64)     NOT NULL,
  -- As it was, and when it was executed likewise.
  payload     TEXT,
  state       VARCHAR(9)   NOT NULL CHECK (state IN ('succeeded', 'unknown')),
  reason      VARCHAR(64),
  result      TEXT,
  receipt     CHAR(64)     NOT NULL,
  executed_at TEXT,
  CHECK ((state = 'succeeded') = (result IS NOT NULL))
);
CREATE INDEX taken_over_executions_id ON taken_over_executions (id);
CREATE INDEX taken_over_executions_hash ON taken_over_executions (action_hash);

-- One row, if this database was one of 0.1.10.
CREATE TABLE takeover (
  id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  happened_at BIGINT  NOT NULL
);

-- Portable between SQLite and PostgreSQL. Nonces are JSON strings (ASCII), since a nonce may hold
-- U+0000, which PostgreSQL's text cannot. Instants are milliseconds since 1970 in UTC.

CREATE TABLE executions (
  id          VARCHAR(36)  NOT NULL PRIMARY KEY,
  tenant      VARCHAR(255) NOT NULL,
  nonce       TEXT         NOT NULL,
  action      TEXT         NOT NULL,
  action_hash CHAR(64)     NOT NULL,
  payload     TEXT         NOT NULL,
  state       VARCHAR(9)   NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'unknown')),
  reason      VARCHAR(64),
  result      TEXT,
  receipt     CHAR(64),
  -- The jti of its latest receipt (V4).
  receipt_id  VARCHAR(36),
  -- The approvals, verbatim, where there are any: a JSON array, of an artifact's object or of tokens,
  -- which are strings.
  approvals   TEXT,
  owner       VARCHAR(36)  NOT NULL,
  attempt     BIGINT       NOT NULL,
  created_at  BIGINT       NOT NULL,
  changed_at  BIGINT       NOT NULL,
  CHECK ((state = 'running') = (receipt IS NULL)),
  CHECK ((state = 'running') = (receipt_id IS NULL)),
  CHECK ((state = 'succeeded') = (result IS NOT NULL))
);

-- What the start has to look at, and what an operator asks for.
CREATE INDEX executions_open ON executions (state) WHERE state IN ('running', 'unknown');

-- One execution for an approval, which may need several. Its rows come and go in the transactions of their executions; a
-- foreign key, with the index that it needs, would be one more random page for each execution. For
-- the same reason it is one tree with SQLite (WITHOUT ROWID).
CREATE TABLE approvals (
  tenant       VARCHAR(255) NOT NULL,
  approval_id  VARCHAR(36)  NOT NULL,
  execution_id VARCHAR(36)  NOT NULL,
  PRIMARY KEY (tenant, approval_id)
) ${one_tree};

-- What an execution's outcome was before it was settled, and outcomes that came too late to count.
CREATE TABLE outcome_history (
  execution_id VARCHAR(36) NOT NULL REFERENCES executions (id),
  seq          INTEGER     NOT NULL,
  state        VARCHAR(9)  NOT NULL,
  reason       VARCHAR(64),
  result       TEXT,
  receipt      CHAR(64)    NOT NULL,
  -- superseded: it was on record until changed_at; conflict: it never was.
  kind         VARCHAR(10) NOT NULL CHECK (kind IN ('superseded', 'conflict')),
  changed_at   BIGINT      NOT NULL,
  PRIMARY KEY (execution_id, seq)
);

-- One row, written to find out whether writing works.
CREATE TABLE probe (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  written_at BIGINT  NOT NULL
);

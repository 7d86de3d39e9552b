-- Receipts, and the Merkle log (ClawLedger) whose leaves they are. Conventions as in V1. Rows here
-- are added, and but for the heads (ledger, the tiles at the right edge) never changed.

-- The public halves of the keys that receipts were ever signed with (base64url, as a JWK's x).
CREATE TABLE receipt_keys (
  kid           VARCHAR(43) NOT NULL PRIMARY KEY,
  public_key    VARCHAR(43) NOT NULL,
  first_used_at BIGINT      NOT NULL
);

-- Written in the transaction of the outcome that they tell of.
CREATE TABLE receipts (
  jti          VARCHAR(36) NOT NULL PRIMARY KEY,
  -- Null where it is of no execution: a denial, a count of denials.
  execution_id VARCHAR(36),
  -- The receipt that this one supersedes.
  prev         VARCHAR(36),
  evidence     TEXT        NOT NULL,
  -- A JSON array; null where it was not kept.
  disclosures  TEXT
);

-- Receipts that are not in the log yet, with their leaf hashes (RFC 6962, section 2.1). A queue: in
-- the transaction of the receipt its row comes, in the one that makes it a leaf it goes.
CREATE TABLE unsequenced (
  jti       VARCHAR(36) NOT NULL PRIMARY KEY,
  leaf_hash BYTEA       NOT NULL
) ${one_tree};

CREATE TABLE leaves (
  leaf_index BIGINT      NOT NULL PRIMARY KEY,
  jti        VARCHAR(36) NOT NULL UNIQUE
) ${one_tree};

-- The tree's hashes in tiles (C2SP tlog-tiles), each row up to 256 hashes of 32 bytes.
CREATE TABLE tiles (
  level      INTEGER NOT NULL,
  tile_index BIGINT  NOT NULL,
  hashes     BYTEA   NOT NULL,
  PRIMARY KEY (level, tile_index)
);

-- One row: whose log it is, and its state, which is compared and set.
CREATE TABLE ledger (
  id         INTEGER      NOT NULL PRIMARY KEY CHECK (id = 1),
  origin     VARCHAR(255) NOT NULL,
  public_key VARCHAR(44)  NOT NULL,
  tree_size  BIGINT       NOT NULL,
  root       VARCHAR(44)  NOT NULL
);

-- The checkpoints that were signed, every one that was ever published among them.
CREATE TABLE checkpoints (
  tree_size BIGINT NOT NULL PRIMARY KEY,
  note      TEXT   NOT NULL,
  signed_at BIGINT NOT NULL
);

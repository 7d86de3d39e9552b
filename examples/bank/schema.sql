-- Accounts and what was paid between them. Amounts are exact; the constraints are the last fuse,
-- and no statement of the action is meant to blow it.
CREATE TABLE account (
  iban text PRIMARY KEY,
  owner text NOT NULL,
  balance numeric(20, 2) NOT NULL CHECK (balance >= 0)
);

CREATE TABLE payment (
  reference text PRIMARY KEY,
  debtor text NOT NULL REFERENCES account,
  creditor text NOT NULL REFERENCES account,
  amount numeric(20, 2) NOT NULL CHECK (amount > 0),
  booked_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO account (iban, owner, balance) VALUES
  ('DE02120300000000202051', 'Ada Ltd', 1000.00),
  ('FR7630006000011234567890189', 'Babbage SARL', 50.10);

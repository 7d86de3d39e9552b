-- Trades of a period, and which reports were filed. Amounts are whole cents: SQLite has no
-- decimals, and a double is not what money is counted in. An instrument is an ISIN: nothing that a
-- spreadsheet would take for a formula, or a reader for the line of totals.
CREATE TABLE trade (
  id INTEGER PRIMARY KEY,
  period TEXT NOT NULL,
  instrument TEXT NOT NULL CHECK (length(instrument) = 12 AND instrument NOT GLOB '*[^A-Z0-9]*'),
  quantity INTEGER NOT NULL,
  cents INTEGER NOT NULL
);

CREATE TABLE filing (
  period TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL
);

INSERT INTO trade (period, instrument, quantity, cents) VALUES
  ('2026-Q1', 'DE0001102580', 10, 98050),
  ('2026-Q1', 'DE0001102580', 5, 49100),
  ('2026-Q1', 'US9128285M81', 3, 30000),
  ('2026-Q2', 'US9128285M81', 1, 9990);

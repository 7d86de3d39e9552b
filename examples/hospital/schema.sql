-- A medication order per patient, and every version that it had. Who changes it names the version
-- that he has seen.
CREATE TABLE medication (
  patient text PRIMARY KEY,
  version integer NOT NULL,
  drug text NOT NULL,
  dose_mg numeric(8, 2) NOT NULL CHECK (dose_mg > 0),
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE medication_history (
  patient text NOT NULL,
  version integer NOT NULL,
  drug text NOT NULL,
  dose_mg numeric(8, 2) NOT NULL,
  PRIMARY KEY (patient, version)
);

INSERT INTO medication (patient, version, drug, dose_mg) VALUES
  ('P-1001', 1, 'Amoxicillin', 500.00),
  ('P-1002', 7, 'Metformin', 850.00);

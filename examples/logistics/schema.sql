-- What is on hand, and what was promised to be shipped. A shipment is written by the statement that
-- takes the stock; it is what the order on the queue says, and what one would be sent again from.
CREATE TABLE stock (
  sku text PRIMARY KEY,
  on_hand integer NOT NULL CHECK (on_hand >= 0)
);

CREATE TABLE shipment (
  order_no text PRIMARY KEY,
  sku text NOT NULL REFERENCES stock,
  quantity integer NOT NULL CHECK (quantity > 0),
  ship_to text NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO stock (sku, on_hand) VALUES
  ('BOLT-M8', 1000),
  ('PUMP-2', 3);

-- Operators run the installation: they alone see what the model provider says. The oldest account is one; others are
-- named in OPERATORS.
CREATE TABLE operators (
  account_id TEXT PRIMARY KEY NOT NULL REFERENCES accounts (id)
) STRICT;
INSERT INTO operators (account_id) SELECT id FROM accounts ORDER BY created_at, id LIMIT 1;

-- How requests to one server and model differ from the usual form, because the server refused a field.
CREATE TABLE upstream_adjustments (
  address    TEXT NOT NULL,    -- the base address, without credentials
  model      TEXT NOT NULL,
  field      TEXT NOT NULL,    -- what was refused, such as max_tokens
  change     TEXT NOT NULL,    -- what is done instead, such as omit
  said       TEXT NOT NULL,    -- the server's words
  learned_at INTEGER NOT NULL,
  PRIMARY KEY (address, model, field)
) STRICT;

-- Wrong passwords that strange browsers tried, since the account's owner last dismissed the notice.
CREATE TABLE failed_sign_ins (
  account_id TEXT PRIMARY KEY NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  count      INTEGER NOT NULL,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL
) STRICT;

-- What a prompt tells of a conversation's earlier messages where it does not hold them whole. A row covers one branch
-- from its beginning to upto_id, so every branch through that message can use it. Rows never change: replies name the one
-- they were given, and their prompts can be rendered again.
CREATE TABLE summaries (
  tenant_id       TEXT NOT NULL REFERENCES tenants (id),
  id              TEXT NOT NULL, -- a model's summary: its id in the ledger; an extract: a digest of what it says
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  upto_id         TEXT NOT NULL, -- the last message it covers: the end of an exchange
  kind            TEXT NOT NULL CHECK (kind IN ('summary', 'extract')), -- written by a model, or cut out by the program
  content         TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX summaries_of_message ON summaries (upto_id, tenant_id);
CREATE INDEX summaries_of_conversation ON summaries (conversation_id);

-- What a reply was told of earlier messages; NULL for replies from before this migration and for questions.
ALTER TABLE messages ADD COLUMN memory TEXT CHECK (memory IN ('whole', 'summary', 'extract', 'left-out'));
ALTER TABLE messages ADD COLUMN memory_upto TEXT; -- the last message its prompt does not hold whole; NULL where it holds all
ALTER TABLE messages ADD COLUMN memory_id TEXT;   -- the row of summaries that stood in for them

-- What an entry pays for. A summary is charged like a reply but is none.
ALTER TABLE ledger_entries ADD COLUMN purpose TEXT NOT NULL DEFAULT 'reply' CHECK (purpose IN ('reply', 'summary'));

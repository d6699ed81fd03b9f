-- What each answer was asked with, so that its prompt can be written again byte for byte. Its template's
-- version and the model stand in prompt_version and asked_model.
ALTER TABLE messages ADD COLUMN prompt_persona TEXT; -- digest of the adviser as it was, in prompt_parts
ALTER TABLE messages ADD COLUMN prompt_facts TEXT;   -- digest of the facts it was given, in prompt_parts
ALTER TABLE messages ADD COLUMN prompt_cut TEXT;     -- JSON: which exchanges and facts it holds, which were left out
ALTER TABLE messages ADD COLUMN prompt_digest TEXT;  -- SHA-256 of the prompt
ALTER TABLE messages ADD COLUMN temperature REAL;
ALTER TABLE messages ADD COLUMN max_tokens INTEGER;

-- Parts that many prompts share, each once: it outlasts what it was made from, and goes with the last
-- conversation that has a prompt of it.
CREATE TABLE prompt_parts (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  digest     TEXT NOT NULL, -- SHA-256 of content
  content    TEXT NOT NULL, -- JSON
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, digest)
) STRICT;
CREATE INDEX messages_of_persona ON messages (prompt_persona, tenant_id) WHERE prompt_persona IS NOT NULL;
CREATE INDEX messages_of_facts ON messages (prompt_facts, tenant_id) WHERE prompt_facts IS NOT NULL;

-- The reasoning of a model, apart from its answer: shown where an adviser is set to, and in no prompt.
CREATE TABLE reasonings (
  message_id TEXT PRIMARY KEY NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  tenant_id  TEXT NOT NULL,
  content    TEXT NOT NULL -- its beginning, bounded
) STRICT, WITHOUT ROWID;

-- How many of a reply's events were withdrawn because they were reasoning, the event that says so included.
ALTER TABLE messages ADD COLUMN withdrawn_events INTEGER NOT NULL DEFAULT 0;

-- Some providers report absurd numbers of tokens, and they were charged as they came: the sums of a month left their
-- column, and the business could never ask again. Such entries are replaced by what the reply can have taken: bytes
-- over four as tokens, at most what was reserved as the cost. This is the one exception to append-only.
DROP TRIGGER ledger_entries_stay;

CREATE TABLE absurd_entries AS
SELECT entry.message_id, entry.tenant_id,
  min(entry.cost_micros, COALESCE(reserve.held_micros, 0)) AS cost_micros,
  CASE WHEN entry.prompt_tokens > entry.prompt_bytes + 1000000 OR entry.prompt_tokens < 0
    THEN (entry.prompt_bytes + 3) / 4 ELSE entry.prompt_tokens END AS prompt_tokens,
  CASE WHEN entry.completion_tokens > max(131072, COALESCE(length(CAST(message.content AS BLOB)), 0))
      OR entry.completion_tokens < 0
    THEN min((COALESCE(length(CAST(message.content AS BLOB)), 0) + 3) / 4, COALESCE(message.max_tokens, 131072))
    ELSE entry.completion_tokens END AS completion_tokens
FROM ledger_entries entry
LEFT JOIN ledger_entries reserve ON reserve.message_id = entry.message_id AND reserve.kind = 'reserve'
LEFT JOIN messages message ON message.id = entry.message_id
WHERE entry.kind = 'settle'
  AND (entry.prompt_tokens > entry.prompt_bytes + 1000000 OR entry.prompt_tokens < 0
    OR entry.completion_tokens > max(131072, COALESCE(length(CAST(message.content AS BLOB)), 0))
    OR entry.completion_tokens < 0
    OR entry.cost_micros > 1000000000000);

UPDATE ledger_entries
SET cost_micros = absurd.cost_micros, prompt_tokens = absurd.prompt_tokens, cached_tokens = 0,
    completion_tokens = absurd.completion_tokens, estimated = 1
FROM absurd_entries absurd
WHERE ledger_entries.message_id = absurd.message_id AND ledger_entries.kind = 'settle';

-- A message tells what its entry tells.
UPDATE messages
SET cost_micros = absurd.cost_micros, prompt_tokens = absurd.prompt_tokens, cached_tokens = 0,
    completion_tokens = absurd.completion_tokens, estimated = 1
FROM absurd_entries absurd
WHERE messages.id = absurd.message_id;

DROP TABLE absurd_entries;

-- The sums, from the entries.
DELETE FROM spending;
INSERT INTO spending (tenant_id, account_id, period, held_micros, cost_micros, running)
SELECT tenant_id, '', day, SUM(held_micros), SUM(cost_micros),
  SUM(CASE kind WHEN 'reserve' THEN 1 ELSE -1 END)
FROM ledger_entries GROUP BY tenant_id, day;
INSERT INTO spending (tenant_id, account_id, period, held_micros, cost_micros, running)
SELECT tenant_id, '', substr(day, 1, 7), SUM(held_micros), SUM(cost_micros),
  SUM(CASE kind WHEN 'reserve' THEN 1 ELSE -1 END)
FROM ledger_entries GROUP BY tenant_id, substr(day, 1, 7);
INSERT INTO spending (tenant_id, account_id, period, held_micros, cost_micros, running)
SELECT tenant_id, account_id, substr(day, 1, 7), SUM(held_micros), SUM(cost_micros),
  SUM(CASE kind WHEN 'reserve' THEN 1 ELSE -1 END)
FROM ledger_entries GROUP BY tenant_id, account_id, substr(day, 1, 7);

CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- No sum can leave its column: a dollar amount or a count beyond any reply is no entry. What charges bounds it
-- before (src/usage/service.rs).
CREATE TRIGGER ledger_entries_are_bounded BEFORE INSERT ON ledger_entries
WHEN NEW.cost_micros > 1000000000000 OR abs(NEW.held_micros) > 10000000000000
  OR NEW.prompt_tokens NOT BETWEEN 0 AND 1000000000 OR NEW.cached_tokens NOT BETWEEN 0 AND 1000000000
  OR NEW.completion_tokens NOT BETWEEN 0 AND 1000000000
BEGIN
  SELECT RAISE(ABORT, 'a ledger entry is out of bounds');
END;

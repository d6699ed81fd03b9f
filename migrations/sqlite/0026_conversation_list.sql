-- Who chose a conversation's title. Only a title derived from the question may be replaced by a model's. Existing titles
-- count as their members'.
ALTER TABLE conversations ADD COLUMN title_by TEXT NOT NULL DEFAULT 'member' CHECK (title_by IN ('question', 'model', 'member'));
-- When its member deleted it. It is gone for everybody from then on; for ten minutes the member can restore it, after which
-- it is deleted with its messages.
ALTER TABLE conversations ADD COLUMN deleted_at INTEGER;
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

-- The pinned ones, which are few among many, and the others.
CREATE INDEX conversations_listed ON conversations (tenant_id, account_id, archived, pinned, updated_at);

-- By conversation first: otherwise SQLite reads an index of all messages to find those that go with a conversation.
DROP INDEX messages_of_conversation;
CREATE INDEX messages_of_conversation ON messages (conversation_id, tenant_id, id);

-- A deleted conversation makes room in the quota at once; its messages count until they are deleted.
DROP TRIGGER storage_of_gone_conversation;
CREATE TRIGGER storage_of_gone_conversation AFTER DELETE ON conversations WHEN OLD.deleted_at IS NULL
BEGIN
  UPDATE tenant_storage SET conversations = conversations - 1 WHERE tenant_id = OLD.tenant_id;
END;
CREATE TRIGGER storage_of_deleted_conversation AFTER UPDATE OF deleted_at ON conversations
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
BEGIN
  UPDATE tenant_storage SET conversations = conversations - 1 WHERE tenant_id = NEW.tenant_id;
END;
CREATE TRIGGER storage_of_restored_conversation AFTER UPDATE OF deleted_at ON conversations
WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL
BEGIN
  UPDATE tenant_storage SET conversations = conversations + 1 WHERE tenant_id = NEW.tenant_id;
END;

-- The texts that can be searched: each title, and each message that has ended. The id is the row in search_index; an
-- explicit key, because VACUUM may change implicit ones.
CREATE TABLE search_entries (
  id              INTEGER PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  message_id      TEXT -- NULL: the conversation's title
) STRICT;
CREATE INDEX search_entries_of_conversation ON search_entries (conversation_id, message_id);

-- Holds words only, no second copy of the texts. `scope` is one word for tenant and member: each query names it, so that
-- it reads the postings of one member. Beginnings of three to six characters are indexed too: without it,
-- a search for one reads the postings of all members.
CREATE VIRTUAL TABLE search_index USING fts5 (
  scope, title, body,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '3 4 5 6'
);

INSERT INTO search_entries (conversation_id) SELECT id FROM conversations ORDER BY id;
INSERT INTO search_entries (conversation_id, message_id)
SELECT conversation_id, id FROM messages WHERE status <> 'streaming' AND content <> '' ORDER BY id;
INSERT INTO search_index (rowid, scope, title, body)
SELECT e.id, replace(c.tenant_id || c.account_id, '-', ''), CASE WHEN e.message_id IS NULL THEN c.title ELSE '' END,
       COALESCE(m.content, '')
FROM search_entries e JOIN conversations c ON c.id = e.conversation_id LEFT JOIN messages m ON m.id = e.message_id
ORDER BY e.id;

CREATE TRIGGER search_of_new_conversation AFTER INSERT ON conversations
BEGIN
  INSERT INTO search_entries (conversation_id) VALUES (NEW.id);
  INSERT INTO search_index (rowid, scope, title, body)
  SELECT e.id, replace(NEW.tenant_id || NEW.account_id, '-', ''), NEW.title, ''
  FROM search_entries e WHERE e.conversation_id = NEW.id AND e.message_id IS NULL;
END;
CREATE TRIGGER search_of_renamed_conversation AFTER UPDATE OF title ON conversations WHEN OLD.title <> NEW.title
BEGIN
  UPDATE search_index SET scope = replace(NEW.tenant_id || NEW.account_id, '-', ''), title = NEW.title, body = ''
  WHERE rowid = (SELECT e.id FROM search_entries e WHERE e.conversation_id = NEW.id AND e.message_id IS NULL);
END;
-- A reply is indexed at its end: while it grows it is written several times a second.
CREATE TRIGGER search_of_new_message AFTER INSERT ON messages WHEN NEW.status <> 'streaming' AND NEW.content <> ''
BEGIN
  INSERT INTO search_entries (conversation_id, message_id) VALUES (NEW.conversation_id, NEW.id);
  INSERT INTO search_index (rowid, scope, title, body)
  SELECT e.id, replace(c.tenant_id || c.account_id, '-', ''), '', NEW.content
  FROM search_entries e JOIN conversations c ON c.id = e.conversation_id
  WHERE e.conversation_id = NEW.conversation_id AND e.message_id = NEW.id;
END;
CREATE TRIGGER search_of_ended_reply AFTER UPDATE OF status ON messages
WHEN OLD.status = 'streaming' AND NEW.status <> 'streaming' AND NEW.content <> ''
BEGIN
  INSERT INTO search_entries (conversation_id, message_id) VALUES (NEW.conversation_id, NEW.id);
  INSERT INTO search_index (rowid, scope, title, body)
  SELECT e.id, replace(c.tenant_id || c.account_id, '-', ''), '', NEW.content
  FROM search_entries e JOIN conversations c ON c.id = e.conversation_id
  WHERE e.conversation_id = NEW.conversation_id AND e.message_id = NEW.id;
END;
-- Also when entries are deleted with their conversation.
CREATE TRIGGER search_of_gone_entry AFTER DELETE ON search_entries
BEGIN
  DELETE FROM search_index WHERE rowid = OLD.id;
END;

-- Checks of replies in deleted conversations are not counted.
DROP VIEW reply_grounding;
CREATE VIEW reply_grounding AS
SELECT tenant_id, id AS message_id, numbers_confirmed AS confirmed, numbers_found AS found, numbers_conflict AS conflict,
       numbers_worked_out AS worked_out, numbers_from_question AS from_question, numbers_from_earlier AS from_earlier,
       numbers_in_profile AS in_profile, numbers_not_from_data AS not_from_data
FROM messages m
WHERE numbers_unmatched IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = m.conversation_id AND c.deleted_at IS NOT NULL);

-- Messages form a tree. A question follows an answer, or none at the beginning; an answer follows its question, or
-- the answer that it continues. Messages of one author with the same parent are versions of each other.

-- Not ON DELETE CASCADE: a conversation's messages go together, and a cascade from each to the next would be
-- as deep as the conversation is long.
ALTER TABLE messages ADD COLUMN parent_id TEXT REFERENCES messages (id);
-- The end of the branch that is shown; none while nothing was asked.
ALTER TABLE conversations ADD COLUMN leaf_id TEXT;

UPDATE messages SET parent_id = CASE
  WHEN role = 'assistant' THEN question_id
  ELSE (SELECT max(a.id) FROM messages a
        WHERE a.tenant_id = messages.tenant_id AND a.conversation_id = messages.conversation_id
          AND a.role = 'assistant' AND a.id < messages.id)
END;
UPDATE conversations SET leaf_id = (
  SELECT max(m.id) FROM messages m
  WHERE m.tenant_id = conversations.tenant_id AND m.conversation_id = conversations.id
    AND m.role = 'assistant' AND NOT EXISTS (SELECT 1 FROM messages c WHERE c.parent_id = m.id));

-- Versions of a message, and the check that a deleted message is nobody's parent.
CREATE INDEX messages_of_parent ON messages (parent_id, tenant_id, conversation_id);
-- Without it a deleted message is looked for in the whole table.
CREATE INDEX messages_of_question ON messages (question_id);

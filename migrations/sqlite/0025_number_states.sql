-- The states of a reply's numbers. `checked` is JSON: the counts of all states, and the numbers with their verdicts; NULL
-- for replies that were checked before there were states.
ALTER TABLE messages ADD COLUMN checked TEXT;
ALTER TABLE messages ADD COLUMN numbers_confirmed INTEGER;
ALTER TABLE messages ADD COLUMN numbers_found INTEGER;
ALTER TABLE messages ADD COLUMN numbers_conflict INTEGER;
ALTER TABLE messages ADD COLUMN numbers_worked_out INTEGER;
ALTER TABLE messages ADD COLUMN numbers_from_earlier INTEGER;
ALTER TABLE messages ADD COLUMN numbers_in_profile INTEGER;
ALTER TABLE messages ADD COLUMN numbers_not_from_data INTEGER;

-- Earlier checks compared values only: what they matched was found, and its statement was not checked.
UPDATE messages
SET numbers_confirmed = 0, numbers_found = numbers_matched, numbers_conflict = 0, numbers_worked_out = 0,
    numbers_from_earlier = 0, numbers_in_profile = 0, numbers_not_from_data = numbers_unmatched
WHERE numbers_unmatched IS NOT NULL;

DROP VIEW reply_grounding;
CREATE VIEW reply_grounding AS
SELECT tenant_id, id AS message_id, numbers_confirmed AS confirmed, numbers_found AS found, numbers_conflict AS conflict,
       numbers_worked_out AS worked_out, numbers_from_question AS from_question, numbers_from_earlier AS from_earlier,
       numbers_in_profile AS in_profile, numbers_not_from_data AS not_from_data
FROM messages WHERE numbers_unmatched IS NOT NULL;

-- What one module of the program reads of another's tables, as views that belong to the table's owner. A column can
-- then be renamed in one place. `tests/behaviour/rooms.rs` checks that no other query crosses modules.

-- accounts: the names of authors.
CREATE VIEW account_names AS SELECT id, name FROM accounts;

-- business, analytics and insights: the versions of what facts are built from.
CREATE VIEW profile_versions AS SELECT tenant_id, version FROM profiles;
CREATE VIEW number_versions AS SELECT tenant_id, version FROM analytics_changes;
CREATE VIEW insight_versions AS SELECT tenant_id, version FROM insight_states;
CREATE VIEW time_zones AS SELECT tenant_id, time_zone FROM analytics_settings;

-- chat: the checked numbers of replies, and the adviser versions that messages refer to.
CREATE VIEW reply_grounding AS
SELECT tenant_id, id AS message_id, numbers_matched AS cited, numbers_from_question AS from_question,
       numbers_unmatched AS unmatched
FROM messages WHERE numbers_unmatched IS NOT NULL;
CREATE VIEW message_personas AS SELECT tenant_id, persona, persona_version FROM messages;

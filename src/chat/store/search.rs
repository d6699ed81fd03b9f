//! SQL that searches a member's titles and messages. The index is SQLite's FTS5 (`docs/adr/0032`); another engine needs
//! statements of its own here, and nowhere else.

use super::Owner;
use crate::chat::search::Query;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

/// Maximum number of matching titles and messages that are looked at, newest first.
const MOST_TITLES: i64 = 100;
const MOST_MESSAGES: i64 = 300;
/// How many of the newest messages are read for words that the index cannot find.
const MOST_READ: i64 = 2_000;

/// A match.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    pub conversation_id: String,
    /// `None`: the title.
    pub message_id: Option<String>,
}

/// A message that matches, with what is shown of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FoundMessage {
    pub id: String,
    pub role: String,
    pub persona: String,
    pub content: String,
    pub created_at: Micros,
    /// Whether it is on the shown branch.
    shown: i64,
}

impl FoundMessage {
    pub fn is_shown(&self) -> bool {
        self.shown != 0
    }

    pub fn author(&self) -> crate::chat::model::Author {
        super::messages::author(&self.role)
    }
}

/// Finds this member's matching titles, then the matching messages, each newest first.
pub async fn search(db: &Db, owner: &Owner, query: &Query) -> Result<Vec<Hit>, DbError> {
    let mut hits = indexed(db, owner, query, Column::Title).await?;
    hits.extend(match query.has_words() {
        true => indexed(db, owner, query, Column::Body).await?,
        false => read(db, owner, query).await?,
    });
    Ok(hits)
}

#[derive(Clone, Copy)]
enum Column {
    Title,
    Body,
}

/// Searches the index. `CROSS JOIN` makes SQLite begin with it. The conversation's owner is checked as well, so that what a
/// member sees never depends on the index alone.
async fn indexed(
    db: &Db,
    owner: &Owner,
    query: &Query,
    column: Column,
) -> Result<Vec<Hit>, DbError> {
    let (name, sql, most) = match column {
        Column::Title => (
            "title",
            "SELECT e.conversation_id, e.message_id
             FROM search_index s CROSS JOIN search_entries e ON e.id = s.rowid
               CROSS JOIN conversations c ON c.id = e.conversation_id
             WHERE search_index MATCH $3 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL
               AND c.title LIKE $4 ESCAPE '!' AND c.title LIKE $5 ESCAPE '!' AND c.title LIKE $6 ESCAPE '!'
             ORDER BY s.rowid DESC LIMIT CAST($7 AS BIGINT)",
            MOST_TITLES,
        ),
        Column::Body => (
            "body",
            "SELECT e.conversation_id, e.message_id
             FROM search_index s CROSS JOIN search_entries e ON e.id = s.rowid
               CROSS JOIN conversations c ON c.id = e.conversation_id CROSS JOIN messages m ON m.id = e.message_id
             WHERE search_index MATCH $3 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL
               AND m.content LIKE $4 ESCAPE '!' AND m.content LIKE $5 ESCAPE '!' AND m.content LIKE $6 ESCAPE '!'
             ORDER BY s.rowid DESC LIMIT CAST($7 AS BIGINT)",
            MOST_MESSAGES,
        ),
    };
    if !query.has_words() {
        return titles(db, owner, query).await;
    }
    let scope = format!("{}{}", owner.tenant_id, owner.account_id).replace('-', "");
    let [one, two, three] = query.patterns();
    Ok(sqlx::query_as(sql)
        .bind(&owner.tenant_id)
        .bind(&owner.account_id)
        .bind(query.expression(&scope, name))
        .bind(one)
        .bind(two)
        .bind(three)
        .bind(most)
        .fetch_all(db.read())
        .await?)
}

/// Reads titles for words that the index cannot find.
async fn titles(db: &Db, owner: &Owner, query: &Query) -> Result<Vec<Hit>, DbError> {
    let [one, two, three] = query.patterns();
    Ok(sqlx::query_as(
        "SELECT id AS conversation_id, NULL AS message_id FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL
           AND title LIKE $3 ESCAPE '!' AND title LIKE $4 ESCAPE '!' AND title LIKE $5 ESCAPE '!'
         ORDER BY id DESC LIMIT CAST($6 AS BIGINT)",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(one)
    .bind(two)
    .bind(three)
    .bind(MOST_TITLES)
    .fetch_all(db.read())
    .await?)
}

/// Reads the newest messages for words that the index cannot find: those of scripts without spaces between words.
async fn read(db: &Db, owner: &Owner, query: &Query) -> Result<Vec<Hit>, DbError> {
    let [one, two, three] = query.patterns();
    Ok(sqlx::query_as(
        "SELECT conversation_id, id AS message_id FROM (
           SELECT m.id, m.conversation_id, m.content
           FROM conversations c CROSS JOIN messages m ON m.conversation_id = c.id AND m.tenant_id = c.tenant_id
           WHERE c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND m.status <> 'streaming'
           ORDER BY m.id DESC LIMIT CAST($6 AS BIGINT)) AS newest
         WHERE content LIKE $3 ESCAPE '!' AND content LIKE $4 ESCAPE '!' AND content LIKE $5 ESCAPE '!'
         ORDER BY id DESC LIMIT CAST($7 AS BIGINT)",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(one)
    .bind(two)
    .bind(three)
    .bind(MOST_READ)
    .bind(MOST_MESSAGES)
    .fetch_all(db.read())
    .await?)
}

/// Finds a matching message of a member's conversation.
pub async fn find_found(
    db: &Db,
    owner: &Owner,
    conversation_id: &str,
    message_id: &str,
) -> Result<Option<FoundMessage>, DbError> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE branch (id, parent_id) AS (
           SELECT m.id, m.parent_id FROM conversations c JOIN messages m ON m.id = c.leaf_id
           WHERE c.tenant_id = $1 AND c.id = $3 AND m.tenant_id = $1
           UNION ALL
           SELECT m.id, m.parent_id FROM branch JOIN messages m ON m.id = branch.parent_id
         )
         SELECT m.id, m.role, m.persona, m.content, m.created_at,
                EXISTS (SELECT 1 FROM branch WHERE branch.id = m.id) AS shown
         FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.tenant_id = $1 AND c.tenant_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL
           AND c.id = $3 AND m.id = $4",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(conversation_id)
    .bind(message_id)
    .fetch_optional(db.read())
    .await?)
}

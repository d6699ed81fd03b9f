//! SQL for conversations. Each belongs to the member who created it.

use super::{Owner, prompts};
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Args, Db, DbError, Tx};
use crate::platform::quotas::{Quotas, Stored};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ConversationRow {
    pub id: String,
    pub persona: String,
    pub title: String,
    pub pinned: i64,
    pub archived: i64,
    /// The last message of the shown branch, `None` while it is empty.
    pub leaf_id: Option<String>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

/// A filter of conversations, newest first.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// The adviser's slug.
    pub persona: Option<String>,
    pub archived: bool,
    /// Only those after this cursor.
    pub before: Option<(Micros, String)>,
    pub limit: i64,
}

pub async fn list_conversations(
    db: &Db,
    owner: &Owner,
    filter: &ListFilter,
) -> Result<Vec<ConversationRow>, DbError> {
    let (before_at, before_id) =
        filter.before.clone().unwrap_or_else(|| (Micros::MAX, String::new()));
    Ok(sqlx::query_as(
        "SELECT id, persona, title, pinned, archived, leaf_id, created_at, updated_at FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND archived = $3
           AND ($4 = '' OR persona = $4)
           AND (updated_at < $5 OR (updated_at = $5 AND id < $6))
         ORDER BY updated_at DESC, id DESC LIMIT CAST($7 AS BIGINT)",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(i64::from(filter.archived))
    .bind(filter.persona.as_deref().unwrap_or_default())
    .bind(before_at)
    .bind(before_id)
    .bind(filter.limit)
    .fetch_all(db.read())
    .await?)
}

pub async fn find_conversation(
    db: &Db,
    owner: &Owner,
    id: &str,
) -> Result<Option<ConversationRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT id, persona, title, pinned, archived, leaf_id, created_at, updated_at FROM conversations
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// A new conversation.
pub(super) struct Beginning<'a> {
    pub title: &'a str,
    /// The end of its first branch, `None` while it is empty.
    pub leaf_id: Option<&'a str>,
    pub now: Micros,
}

pub(super) async fn insert_conversation_in(
    tx: &mut Tx,
    owner: &Owner,
    id: &str,
    persona: &str,
    beginning: Beginning<'_>,
) -> Result<(), DbError> {
    let args = conversation_args(Args::default(), owner, id, persona, beginning).values()?;
    sqlx::query_with(INSERT_CONVERSATION, args).execute(tx).await?;
    Ok(())
}

pub(super) const INSERT_CONVERSATION: &str =
    "INSERT INTO conversations (id, tenant_id, account_id, persona, title, leaf_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";

/// Adds the arguments of [`INSERT_CONVERSATION`].
pub(super) fn conversation_args(
    args: Args,
    owner: &Owner,
    id: &str,
    persona: &str,
    beginning: Beginning<'_>,
) -> Args {
    args.bind(id)
        .bind(&owner.tenant_id)
        .bind(&owner.account_id)
        .bind(persona)
        .bind(beginning.title)
        .bind(beginning.leaf_id)
        .bind(beginning.now)
}

/// Stores an empty conversation. Errors: refused over a quota.
pub async fn insert_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    persona: String,
    title: String,
    quotas: Quotas,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let stored = Stored::find(&mut *tx, &owner.tenant_id).await?;
            quotas.check_conversations(stored)?;
            let beginning = Beginning { title: &title, leaf_id: None, now: clock::now() };
            insert_conversation_in(tx, &owner, &id, &persona, beginning).await
        })
    })
    .await
}

/// Changes of a conversation. `None` keeps a field.
#[derive(Clone, Debug, Default)]
pub struct ConversationChange {
    pub title: Option<String>,
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
}

/// Changes a conversation. Returns false if it is not this member's.
pub async fn update_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    change: ConversationChange,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE conversations
                 SET title = COALESCE($4, title), pinned = COALESCE($5, pinned), archived = COALESCE($6, archived)
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(change.title)
            .bind(change.pinned.map(i64::from))
            .bind(change.archived.map(i64::from))
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// Deletes a conversation with its messages and the prompt parts that only they use. Returns false if it is not this
/// member's.
pub async fn delete_conversation(db: &Db, owner: Owner, id: String) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "DELETE FROM conversations WHERE tenant_id = $1 AND account_id = $2 AND id = $3",
            )
            .bind(&owner.tenant_id)
            .bind(&owner.account_id)
            .bind(id)
            .execute(&mut *tx)
            .await?;
            let done = done.rows_affected() > 0;
            if done {
                prompts::delete_unused_parts_in(tx, &owner.tenant_id).await?;
            }
            Ok(done)
        })
    })
    .await
}

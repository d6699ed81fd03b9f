//! SQL for conversations. Each belongs to the member who created it. A deleted one is found by `deletions` only.

use super::{NewSend, Owner};
use crate::error::{AppError, Code};
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
    /// Only pinned ones, or only the others. `None`: both.
    pub pinned: Option<bool>,
    /// Only those after this cursor.
    pub before: Option<(Micros, String)>,
    pub limit: i64,
}

pub async fn list_conversations(
    db: &Db,
    owner: &Owner,
    filter: &ListFilter,
) -> Result<Vec<ConversationRow>, DbError> {
    /// The statement, with a further condition. Each finds its rows by an index.
    macro_rules! list {
        ($pinned:literal) => {
            concat!(
                "SELECT id, persona, title, pinned, archived, leaf_id, created_at, updated_at FROM conversations
                 WHERE tenant_id = $1 AND account_id = $2 AND archived = $3 AND deleted_at IS NULL
                   AND ($4 = '' OR persona = $4)",
                $pinned,
                "  AND (updated_at < $5 OR (updated_at = $5 AND id < $6))
                 ORDER BY updated_at DESC, id DESC LIMIT CAST($7 AS BIGINT)"
            )
        };
    }
    let sql = match filter.pinned {
        None => list!(" "),
        Some(true) => list!(" AND pinned = 1 "),
        Some(false) => list!(" AND pinned = 0 "),
    };
    let (before_at, before_id) =
        filter.before.clone().unwrap_or_else(|| (Micros::MAX, String::new()));
    Ok(sqlx::query_as(sql)
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
         WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND deleted_at IS NULL",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_optional(db.read())
    .await?)
}

/// Who chose a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitleBy {
    /// Derived from the first question.
    Question,
    /// Written by the model after the first reply.
    Model,
    /// A member or a program. Never replaced by the others.
    Member,
}

impl TitleBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Model => "model",
            Self::Member => "member",
        }
    }
}

/// A new conversation.
pub(super) struct Beginning<'a> {
    pub title: &'a str,
    pub title_by: TitleBy,
    /// The end of its first branch, `None` while it is empty.
    pub leaf_id: Option<&'a str>,
    pub now: Micros,
}

impl<'a> Beginning<'a> {
    /// Returns the conversation that a send begins, with the title of its question.
    pub fn of(send: &'a NewSend, title: &'a str) -> Self {
        Self { title, title_by: TitleBy::Question, leaf_id: Some(&send.message_id), now: send.now }
    }
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
    "INSERT INTO conversations (id, tenant_id, account_id, persona, title, leaf_id, created_at, updated_at, title_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)";

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
        .bind(beginning.title_by.as_str())
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
            let beginning = Beginning {
                title: &title,
                title_by: TitleBy::Member,
                leaf_id: None,
                now: clock::now(),
            };
            insert_conversation_in(tx, &owner, &id, &persona, beginning).await
        })
    })
    .await
}

/// Maximum number of conversations that a member can pin. All of them are on the first page of the list.
pub const MOST_PINNED: i64 = 200;

/// Changes of a conversation. `None` keeps a field.
#[derive(Clone, Debug, Default)]
pub struct ConversationChange {
    pub title: Option<String>,
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
}

/// Changes a conversation. Returns false if it is not this member's. Errors: more than [`MOST_PINNED`] pinned ones.
pub async fn update_conversation(
    db: &Db,
    owner: Owner,
    id: String,
    change: ConversationChange,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            if change.pinned == Some(true) {
                check_pinned(tx, &owner, &id).await?;
            }
            let done = sqlx::query(
                "UPDATE conversations
                 SET title = COALESCE($4, title), pinned = COALESCE($5, pinned), archived = COALESCE($6, archived),
                     title_by = CASE WHEN $4 IS NULL THEN title_by ELSE $7 END
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND deleted_at IS NULL",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(change.title)
            .bind(change.pinned.map(i64::from))
            .bind(change.archived.map(i64::from))
            .bind(TitleBy::Member.as_str())
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

/// Checks that the member may pin another conversation. Archived and deleted ones count too, because they keep their place
/// when they return.
async fn check_pinned(tx: &mut Tx, owner: &Owner, id: &str) -> Result<(), DbError> {
    let (pinned,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM conversations WHERE tenant_id = $1 AND account_id = $2 AND pinned = 1 AND id <> $3",
    )
    .bind(&owner.tenant_id)
    .bind(&owner.account_id)
    .bind(id)
    .fetch_one(tx)
    .await?;
    if pinned < MOST_PINNED {
        return Ok(());
    }
    let text = format!(
        "You have pinned {MOST_PINNED} conversations, which is the maximum. Unpin one, then pin this one."
    );
    Err(AppError::new(Code::QuotaExceeded, text).into())
}

/// Replaces a title that was derived from the question by the model's. Returns false if the member has chosen another
/// meanwhile, or deleted the conversation.
pub async fn set_model_title(
    db: &Db,
    owner: Owner,
    id: String,
    title: String,
) -> Result<bool, DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE conversations SET title = $4, title_by = $5
                 WHERE tenant_id = $1 AND account_id = $2 AND id = $3 AND title_by = $6 AND deleted_at IS NULL",
            )
            .bind(owner.tenant_id)
            .bind(owner.account_id)
            .bind(id)
            .bind(title)
            .bind(TitleBy::Model.as_str())
            .bind(TitleBy::Question.as_str())
            .execute(tx)
            .await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

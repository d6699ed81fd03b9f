//! SQL that stores a question together with its pending reply.

use std::sync::{Arc, Mutex, PoisonError};

use super::conversations::{Beginning, insert_conversation_in};
use super::messages::count_messages;
use super::prompts::{self, PromptRecord};
use super::summaries::insert_memory_in;
use super::{Owner, quick_sends};
use crate::chat::prompt::MemoryKind;
use crate::error::AppError;
use crate::personas::model::Persona;
use crate::platform::clock::Micros;
use crate::platform::db::{Args, Db, DbError, Tx};
use crate::platform::money::MicroDollars;
use crate::platform::quotas::{Quotas, Stored};
use crate::usage::Quote;
use crate::usage::ledger::{self, Purpose, Reservation};

/// An earlier send with the same id.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EarlierSend {
    pub message_id: String,
    pub request_digest: String,
}

const EARLIER_SEND: &str = "SELECT id AS message_id, request_digest FROM messages
     WHERE tenant_id = $1 AND client_request_id = $2";

pub async fn find_earlier_send(
    db: &Db,
    tenant_id: &str,
    client_request_id: &str,
) -> Result<Option<EarlierSend>, DbError> {
    Ok(sqlx::query_as(EARLIER_SEND)
        .bind(tenant_id)
        .bind(client_request_id)
        .fetch_optional(db.read())
        .await?)
}

/// A question and its reply as they are inserted.
#[derive(Clone, Debug)]
pub struct NewSend {
    pub owner: Owner,
    pub conversation_id: String,
    /// The title of a new conversation.
    pub new_title: Option<String>,
    /// The current version of the adviser.
    pub persona: Persona,
    pub persona_rule: PersonaRule,
    /// The parent of the first new message, `None` at the start of the conversation.
    pub parent_id: Option<String>,
    /// Whether `parent_id` must still be the end of the branch that is shown.
    pub at_end: bool,
    pub question_id: String,
    /// `None` if an earlier question is asked again.
    pub question: Option<String>,
    pub message_id: String,
    pub client_request_id: String,
    pub request_digest: String,
    pub asked_model: String,
    pub prompt_version: String,
    pub now: Micros,
    /// The business's date (ISO) for which the cost counts. Empty until it is known.
    pub day: String,
}

/// How a send's adviser relates to the conversation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonaRule {
    /// They must be the same.
    Same,
    /// The conversation becomes this adviser's.
    Switch,
    /// An earlier exchange is asked again with its own adviser. The conversation keeps its adviser.
    Keep,
}

/// The outcome of a send.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    Stored {
        /// The reserved amount: the whole quote, or what a cap left of it.
        held_micros: MicroDollars,
    },
    /// No useful reply fits under the tenant's caps. Nothing was stored.
    OverBudget,
    /// A storage quota is reached. Nothing was stored.
    OverQuota(AppError),
    /// The same id was sent before.
    Earlier(EarlierSend),
    ConversationGone,
    /// Another reply is running in the conversation.
    Busy,
    /// The shown branch no longer ends at the send's parent.
    Moved,
    /// The conversation has another adviser, with this slug.
    OtherPersona(String),
}

/// Stores a question with its pending reply and its prompt, and reserves the cost by `quote`, in
/// one transaction.
#[cfg(test)]
pub async fn insert_send(
    db: &Db,
    send: NewSend,
    record: PromptRecord,
    quote: Quote,
    quotas: Quotas,
) -> Result<SendOutcome, DbError> {
    insert_send_and(db, send, record, quote, quotas, |_| ()).await
}

/// Like `insert_send`, and calls `stored` with the reserved amount when everything is written and only the commit is
/// left, which may still fail.
pub async fn insert_send_and(
    db: &Db,
    send: NewSend,
    record: PromptRecord,
    quote: Quote,
    quotas: Quotas,
    stored: impl FnOnce(MicroDollars) + Send + 'static,
) -> Result<SendOutcome, DbError> {
    let (tenant_id, request_id) = (send.owner.tenant_id.clone(), send.client_request_id.clone());
    let send = Arc::new((send, record));
    let stored = Arc::new(Mutex::new(Some(stored)));
    let call = move |held| {
        let stored = stored.lock().unwrap_or_else(PoisonError::into_inner).take();
        stored.into_iter().for_each(|stored| stored(held));
    };
    let quick = {
        let (send, call) = (send.clone(), call.clone());
        db.write_scripts(move |mut writing| {
            Box::pin(async move {
                let (send, record) = &*send;
                let held_micros =
                    quick_sends::insert_in(&mut writing, send, record, quote, &quotas).await?;
                call(held_micros);
                Ok(SendOutcome::Stored { held_micros })
            })
        })
        .await
    };
    let outcome = match quick {
        // Also if a statement failed: step by step, the reason is found.
        Err(DbError::Undone | DbError::Sql(_)) => {
            db.write(move |tx| {
                Box::pin(async move {
                    let (send, record) = &*send;
                    let outcome = insert_send_in(tx, send, record, quote, quotas).await?;
                    if let SendOutcome::Stored { held_micros } = outcome {
                        call(held_micros);
                    }
                    Ok(outcome)
                })
            })
            .await
        }
        quick => quick,
    };
    match outcome {
        // Another send stored the same id meanwhile. This transaction was rolled back.
        Err(error) if error.is_unique_violation() => {
            let earlier = find_earlier_send(db, &tenant_id, &request_id).await?;
            earlier.map(SendOutcome::Earlier).ok_or(error)
        }
        outcome => outcome,
    }
}

/// Reserves the cost by `quote` for a reply outside any conversation, and returns the reserved
/// amount. `None` if no useful reply fits under the tenant's caps.
pub async fn hold(db: &Db, send: NewSend, quote: Quote) -> Result<Option<MicroDollars>, DbError> {
    hold_for(db, send, quote, Purpose::Reply).await
}

/// Like [`hold`], for any purpose.
pub async fn hold_for(
    db: &Db,
    send: NewSend,
    quote: Quote,
    purpose: Purpose,
) -> Result<Option<MicroDollars>, DbError> {
    let hold = db.write(move |tx| {
        Box::pin(async move {
            let reservation = Reservation { purpose, ..reservation(&send, quote) };
            ledger::reserve_in(tx, &reservation).await
        })
    });
    hold.await
}

async fn insert_send_in(
    tx: &mut Tx,
    send: &NewSend,
    record: &PromptRecord,
    quote: Quote,
    quotas: Quotas,
) -> Result<SendOutcome, DbError> {
    if send.new_title.is_none()
        && let Some(refusal) = refusal_in(tx, send).await?
    {
        return unless_repeated(tx, send, refusal).await;
    }
    if let Some(refusal) = over_quota_in(tx, send, &quotas).await? {
        return unless_repeated(tx, send, SendOutcome::OverQuota(refusal)).await;
    }
    // The last check and the first write, so that a refused send leaves nothing behind.
    let Some(held_micros) = ledger::reserve_in(tx, &reservation(send, quote)).await? else {
        return unless_repeated(tx, send, SendOutcome::OverBudget).await;
    };
    match &send.new_title {
        Some(title) => {
            let beginning = Beginning::of(send, title);
            let (owner, id) = (&send.owner, &send.conversation_id);
            insert_conversation_in(tx, owner, id, &send.persona.slug, beginning).await?;
        }
        None => move_on_in(tx, send).await?,
    }
    prompts::insert_parts_in(tx, &send.owner.tenant_id, record, send.now).await?;
    if let Some(memory) = record.memory.as_ref().filter(|it| it.kind == MemoryKind::Extract) {
        let (tenant, conversation) = (&send.owner.tenant_id, &send.conversation_id);
        insert_memory_in(tx, tenant, conversation, memory, send.now).await?;
    }
    insert_messages_in(tx, send, record, quote.tokens_within(held_micros)).await?;
    Ok(SendOutcome::Stored { held_micros })
}

/// The state of a conversation. Takes the tenant, the conversation and the account.
pub(super) const STATE: &str =
    "SELECT EXISTS (SELECT 1 FROM messages WHERE tenant_id = $1 AND conversation_id = $2 AND status = 'streaming') AS busy,
            leaf_id, persona
     FROM conversations WHERE tenant_id = $1 AND id = $2 AND account_id = $3 AND deleted_at IS NULL";

#[derive(sqlx::FromRow)]
pub(super) struct State {
    busy: i64,
    leaf_id: Option<String>,
    persona: String,
}

impl State {
    /// Returns why the conversation does not accept the send now.
    pub fn refusal(&self, send: &NewSend) -> Option<SendOutcome> {
        if send.persona_rule == PersonaRule::Same && self.persona != send.persona.slug {
            return Some(SendOutcome::OtherPersona(self.persona.clone()));
        }
        if self.busy != 0 {
            return Some(SendOutcome::Busy);
        }
        let moved = send.at_end && self.leaf_id != send.parent_id;
        moved.then_some(SendOutcome::Moved)
    }
}

async fn refusal_in(tx: &mut Tx, send: &NewSend) -> Result<Option<SendOutcome>, DbError> {
    let found: Option<State> = sqlx::query_as(STATE)
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(&send.owner.account_id)
        .fetch_optional(tx)
        .await?;
    Ok(found.map_or(Some(SendOutcome::ConversationGone), |state| state.refusal(send)))
}

/// Returns which quota the send would exceed.
async fn over_quota_in(
    tx: &mut Tx,
    send: &NewSend,
    quotas: &Quotas,
) -> Result<Option<AppError>, DbError> {
    let stored = Stored::find(&mut *tx, &send.owner.tenant_id).await?;
    let own = match send.new_title {
        Some(_) => quotas.check_conversations(stored),
        None => {
            let messages = count_messages(tx, &send.owner.tenant_id, &send.conversation_id).await?;
            quotas.check_messages(messages)
        }
    };
    let bytes = send.question.as_ref().map_or(0, |question| question.len() as i64);
    Ok(own.and_then(|()| quotas.check_bytes(stored, bytes)).err())
}

/// Replaces a refusal if the send is a repeat, which returns the earlier send.
async fn unless_repeated(
    tx: &mut Tx,
    send: &NewSend,
    refusal: SendOutcome,
) -> Result<SendOutcome, DbError> {
    let earlier: Option<EarlierSend> = sqlx::query_as(EARLIER_SEND)
        .bind(&send.owner.tenant_id)
        .bind(&send.client_request_id)
        .fetch_optional(tx)
        .await?;
    Ok(earlier.map_or(refusal, SendOutcome::Earlier))
}

/// Makes the pending reply the end of the shown branch. May switch the adviser.
pub(super) const MOVE_ON: &str =
    "UPDATE conversations SET updated_at = $3, leaf_id = $4, persona = COALESCE($5, persona)
     WHERE tenant_id = $1 AND id = $2";

/// Adds the arguments of [`MOVE_ON`].
pub(super) fn move_on_args(args: Args, send: &NewSend) -> Args {
    let switched_to = (send.persona_rule == PersonaRule::Switch).then_some(&send.persona.slug);
    args.bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(send.now)
        .bind(&send.message_id)
        .bind(switched_to)
}

async fn move_on_in(tx: &mut Tx, send: &NewSend) -> Result<(), DbError> {
    let args = move_on_args(Args::default(), send).values()?;
    sqlx::query_with(MOVE_ON, args).execute(tx).await?;
    Ok(())
}

/// Inserts the question, if there is a new one, and the pending reply. Uses one statement, because
/// each one is a trip to the database. `max_tokens`: the limit of the reply.
async fn insert_messages_in(
    tx: &mut Tx,
    send: &NewSend,
    record: &PromptRecord,
    max_tokens: u32,
) -> Result<(), DbError> {
    let sql = if send.question.is_some() { QUESTION_AND_ANSWER } else { ANSWER };
    let args = messages_args(Args::default(), send, record, max_tokens).values()?;
    sqlx::query_with(sql, args).execute(tx).await?;
    Ok(())
}

/// Adds the arguments of [`QUESTION_AND_ANSWER`], or of [`ANSWER`] without a new question.
pub(super) fn messages_args(
    args: Args,
    send: &NewSend,
    record: &PromptRecord,
    max_tokens: u32,
) -> Args {
    let parent = match send.question {
        Some(_) => Some(&send.question_id),
        // An earlier question is asked again, or its reply is continued.
        None => send.parent_id.as_ref(),
    };
    let args = args
        .bind(&send.message_id)
        .bind(&send.owner.tenant_id)
        .bind(&send.conversation_id)
        .bind(&send.persona.slug)
        .bind(send.now)
        .bind(&send.question_id)
        .bind(&send.client_request_id)
        .bind(&send.request_digest)
        .bind(&send.asked_model)
        .bind(&send.prompt_version)
        .bind(parent)
        .bind(&record.persona_digest)
        .bind(record.facts.digest())
        .bind(&record.cut)
        .bind(&record.digest)
        .bind(f64::from(record.temperature))
        .bind(i64::from(max_tokens))
        .bind(send.persona.version)
        .bind(record.memory_kind())
        .bind(&record.memory_upto)
        .bind(record.memory.as_ref().map(|memory| &memory.id));
    match &send.question {
        Some(question) => args.bind(question).bind(&send.parent_id),
        None => args,
    }
}

/// The common part of both statements.
macro_rules! insert_messages {
    ($rows:literal) => {
        concat!(
            "INSERT INTO messages (id, tenant_id, conversation_id, role, content, status, persona, created_at,
                                   question_id, client_request_id, request_digest, asked_model, prompt_version,
                                   parent_id, prompt_persona, prompt_facts, prompt_cut, prompt_digest, temperature,
                                   max_tokens, persona_version, memory, memory_upto, memory_id)
             VALUES ",
            $rows,
            "($1, $2, $3, 'assistant', '', 'streaming', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
        )
    };
}

pub(super) const ANSWER: &str = insert_messages!("");

pub(super) const QUESTION_AND_ANSWER: &str = insert_messages!(
    "($6, $2, $3, 'user', $22, 'complete', $4, $5, NULL, NULL, NULL, NULL, NULL, $23, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
);

pub(super) fn reservation(send: &NewSend, quote: Quote) -> Reservation<'_> {
    Reservation {
        tenant_id: &send.owner.tenant_id,
        account_id: &send.owner.account_id,
        conversation_id: &send.conversation_id,
        message_id: &send.message_id,
        persona: &send.persona.slug,
        model: &send.asked_model,
        quote,
        purpose: Purpose::Reply,
        now: send.now,
        day: &send.day,
    }
}

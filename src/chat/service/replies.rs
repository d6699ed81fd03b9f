//! Answers, live and ended: reading them again, ending them.

use std::sync::Arc;
use std::time::Duration;

use super::{Chat, message_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::model::{Author, Status};
use crate::chat::reply::engine::ReplyMeta;
use crate::chat::reply::log::{End, Log};
use crate::chat::reply::{self, Reply};
use crate::chat::store::{self, DeadReply, MessageRow};
use crate::error::AppError;
use crate::facts::model::Fact;
use crate::platform::clock::Micros;
use crate::platform::{clock, ids};
use crate::usage::service::OpenReservation;

/// How long after its question an answer that nobody is writing is given up: its end may still be on
/// its way into the database.
const DEAD_AFTER: Duration = Duration::from_secs(120);

impl Chat {
    /// The answer of that id, live or ended, where it is this member's.
    pub async fn open(&self, member: &Member, message_id: &str) -> Result<Arc<Reply>, AppError> {
        let id = ids::parse(message_id).ok_or_else(message_not_found)?;
        if let Some(reply) = self.engine.find(&id) {
            return if reply.belongs_to(&member.tenant_id, &member.account_id) {
                Ok(reply)
            } else {
                Err(message_not_found())
            };
        }
        let row = self.message(member, &id).await?;
        ended_reply(member, row).map(Arc::new).ok_or_else(message_not_found)
    }

    /// All that was written of an answer before this part of it; nothing where it is the first.
    pub async fn written_before(&self, part: &ReplyMeta) -> Result<String, AppError> {
        let Some(last) = &part.continues else { return Ok(String::new()) };
        let ReplyMeta { tenant_id, conversation_id, .. } = part;
        let turns = store::list_turns(&self.db, tenant_id, conversation_id, last, 1).await?;
        let parts = turns.into_iter().filter(|turn| turn.author() == Author::Assistant);
        Ok(parts.map(|turn| turn.content).collect())
    }

    /// The facts that an answer was given; none where it is older than facts are.
    pub async fn facts_given(&self, reply: &Reply) -> Result<Vec<Fact>, AppError> {
        match &reply.facts {
            Some(facts) => Ok(facts.facts().to_vec()),
            None => {
                let ReplyMeta { tenant_id, message_id, .. } = &reply.meta;
                Ok(store::find_facts(&self.db, tenant_id, message_id).await?)
            }
        }
    }

    /// Ends an answer; nothing happens where it has ended already.
    pub async fn stop(&self, member: &Member, message_id: &str) -> Result<(), AppError> {
        let reply = self.open(member, message_id).await?;
        self.engine.stop(&reply.meta.message_id);
        Ok(())
    }

    /// Marks what an earlier process left unfinished; called once at start.
    pub async fn interrupt_orphans(&self) -> Result<u64, AppError> {
        self.interrupt_dead(clock::now()).await
    }

    /// As [`interrupt_orphans`](Self::interrupt_orphans) for answers of this process whose end could
    /// not be stored; called now and then.
    pub async fn sweep(&self) -> Result<u64, AppError> {
        self.interrupt_dead(clock::now() - DEAD_AFTER.as_micros() as Micros).await
    }

    /// Interrupts and settles every answer asked for before a moment that nobody is writing.
    async fn interrupt_dead(&self, before: Micros) -> Result<u64, AppError> {
        let open = self.ledger.open_reservations(before).await?;
        let dead = open.into_iter().filter(|open| self.engine.find(&open.message_id).is_none());
        // At once, so that they share commits.
        let ends = futures_util::future::join_all(dead.map(|dead| self.interrupt(dead))).await;
        ends.into_iter().try_fold(0, |count, ended| Ok(count + u64::from(ended?)))
    }

    async fn interrupt(&self, open: OpenReservation) -> Result<bool, AppError> {
        let ledger = self.ledger.clone();
        let OpenReservation { tenant_id, message_id, model, asked_at, prompt_bytes } = open;
        let dead = DeadReply { tenant_id, message_id, model: model.clone() };
        let usage = move |chunks| ledger.estimated(&model, asked_at, prompt_bytes, chunks);
        let failures = (interruption(true)?, interruption(false)?);
        Ok(store::interrupt_reply(&self.db, dead, usage, failures, clock::now()).await?)
    }

    /// One message of this member's.
    pub async fn message(&self, member: &Member, id: &str) -> Result<MessageRow, AppError> {
        let id = ids::parse(id).ok_or_else(message_not_found)?;
        store::find_message(&self.db, &owner(member), &id).await?.ok_or_else(message_not_found)
    }
}

/// As it is stored.
fn interruption(partial: bool) -> Result<String, AppError> {
    serde_json::to_string(&reply::interruption(partial)).map_err(AppError::internal)
}

/// A stored answer as a reply whose events can be read again; none for a question.
fn ended_reply(member: &Member, row: MessageRow) -> Option<Reply> {
    let meta = ReplyMeta {
        tenant_id: member.tenant_id.clone(),
        account_id: member.account_id.clone(),
        conversation_id: row.conversation_id.clone(),
        message_id: row.id.clone(),
        question_id: row.question_id.clone()?,
        continues: row.parent_id.clone().filter(|_| row.continues()),
        persona: row.persona(),
        model: row.asked_model.clone().unwrap_or_default(),
    };
    let status = match row.status() {
        // Nobody is writing it any more: it was cut off.
        Status::Streaming => Status::Interrupted,
        status => status,
    };
    let failure = row.failure().or_else(|| {
        (status == Status::Interrupted).then(|| reply::interruption(!row.content.is_empty()))
    });
    let usage = row.usage().unwrap_or_default();
    let end = End { status, finish_reason: row.finish_reason, usage, failure };
    let lengths: Vec<usize> = row.chunk_lens.split(',').filter_map(|n| n.parse().ok()).collect();
    Some(Reply::new(meta, Log::ended(row.content, lengths.into_iter(), end)))
}

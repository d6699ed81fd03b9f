//! Answers, live and ended: reading them again, ending them.

use std::sync::Arc;

use super::{Chat, message_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::model::Status;
use crate::chat::reply::engine::ReplyMeta;
use crate::chat::reply::log::{End, Log};
use crate::chat::reply::{self, Reply};
use crate::chat::store::{self, MessageRow};
use crate::error::AppError;
use crate::platform::{clock, ids};

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

    /// Ends an answer; nothing happens where it has ended already.
    pub async fn stop(&self, member: &Member, message_id: &str) -> Result<(), AppError> {
        let reply = self.open(member, message_id).await?;
        self.engine.stop(&reply.meta.message_id);
        Ok(())
    }

    /// Marks what an earlier process left unfinished; called once at start.
    pub async fn interrupt_orphans(&self) -> Result<u64, AppError> {
        let failure =
            serde_json::to_string(&reply::interruption(true)).map_err(AppError::internal)?;
        Ok(store::interrupt_orphans(&self.db, failure, clock::now()).await?)
    }

    /// One message of this member's.
    pub async fn message(&self, member: &Member, id: &str) -> Result<MessageRow, AppError> {
        let id = ids::parse(id).ok_or_else(message_not_found)?;
        store::find_message(&self.db, &owner(member), &id).await?.ok_or_else(message_not_found)
    }
}

/// A stored answer as a reply whose events can be read again; none for a question.
fn ended_reply(member: &Member, row: MessageRow) -> Option<Reply> {
    let meta = ReplyMeta {
        tenant_id: member.tenant_id.clone(),
        account_id: member.account_id.clone(),
        conversation_id: row.conversation_id.clone(),
        message_id: row.id.clone(),
        question_id: row.question_id.clone()?,
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

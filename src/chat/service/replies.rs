//! Reads, stops and interrupts replies.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::replay::replay;
use super::{Chat, message_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::markdown::{self, Seam};
use crate::chat::model::{Status, Usage};
use crate::chat::reply::engine::ReplyMeta;
use crate::chat::reply::log::{End, Log};
use crate::chat::reply::notices::Subscription;
use crate::chat::reply::{self, Reply};
use crate::chat::store::{self, DeadReply, MessageRow};
use crate::error::AppError;
use crate::grounding::{Grounded, Known};
use crate::platform::clock::Micros;
use crate::platform::{clock, ids, tokens};
use crate::usage::plausible::Evidence;
use crate::usage::service::{OpenReservation, Tokens};

/// Age at which an orphaned reply is interrupted. Earlier, its end may still be on its way to the database.
const DEAD_AFTER: Duration = Duration::from_secs(120);

impl Chat {
    /// Finds a running or ended reply of this member.
    #[tracing::instrument(level = "debug", skip_all)]
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
        let reasoning = self.reasonings(member, &row.conversation_id).await?.remove(&row.id);
        ended_reply(member, row, reasoning.as_deref()).map(Arc::new).ok_or_else(message_not_found)
    }

    /// Returns the reasoning of the replies of a conversation by reply id, where the adviser that wrote the reply shows
    /// it now.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn reasonings(
        &self,
        member: &Member,
        conversation_id: &str,
    ) -> Result<HashMap<String, String>, AppError> {
        let (tenant, id) = (&member.tenant_id, conversation_id);
        let reasonings = store::list_reasonings(&self.db, tenant, id).await?;
        if reasonings.is_empty() {
            return Ok(HashMap::new());
        }
        // Nobody reads another member's.
        self.conversation(member, id).await?;
        let advisers = self.personas.list(tenant).await?;
        let shows = |slug: &str| {
            advisers.iter().any(|it| it.persona.slug == slug && it.persona.show_reasoning)
        };
        let shown = reasonings.into_iter().filter(|row| shows(&row.persona));
        Ok(shown.map(|row| (row.message_id, row.content)).collect())
    }

    /// Subscribes to the notices of this member's conversations.
    pub fn subscribe(&self, member: &Member) -> Subscription {
        self.engine.notices().subscribe(&member.tenant_id, &member.account_id)
    }

    /// Lists the running replies of this member.
    pub fn running(&self, member: &Member) -> Vec<Arc<Reply>> {
        self.engine.running_of(&member.tenant_id, &member.account_id)
    }

    /// Returns the text of the earlier parts of a reply, empty for the first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn written_before(&self, part: &ReplyMeta) -> Result<String, AppError> {
        let Some(last) = &part.continues else { return Ok(String::new()) };
        let ReplyMeta { tenant_id, conversation_id, .. } = part;
        Ok(store::find_written(&self.db, tenant_id, conversation_id, last).await?)
    }

    /// Stops a reply. Has no effect if it has ended.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn stop(&self, member: &Member, message_id: &str) -> Result<(), AppError> {
        let reply = self.open(member, message_id).await?;
        self.engine.stop(&reply.meta.message_id);
        Ok(())
    }

    /// Like [`stop`](Self::stop), and waits up to a second until the end is stored.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn stop_and_wait(&self, member: &Member, message_id: &str) -> Result<(), AppError> {
        let reply = self.open(member, message_id).await?;
        self.engine.stop(&reply.meta.message_id);
        let _ = tokio::time::timeout(Duration::from_secs(1), reply.log.wait_for_end()).await;
        Ok(())
    }

    /// Stops all running replies of a member, and waits up to `limit` until their ends are stored.
    pub async fn stop_member(&self, tenant_id: &str, account_id: &str, limit: Duration) {
        let running = self.engine.running_of(tenant_id, account_id);
        for reply in &running {
            self.engine.stop(&reply.meta.message_id);
        }
        let ends = running.iter().map(|reply| reply.log.wait_for_end());
        let _ = tokio::time::timeout(limit, futures_util::future::join_all(ends)).await;
    }

    /// Interrupts the replies of an earlier process. Call once at start.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn interrupt_orphans(&self) -> Result<u64, AppError> {
        self.interrupt_dead(clock::now()).await
    }

    /// Like [`interrupt_orphans`](Self::interrupt_orphans), for replies of this process whose end could not be stored. Call
    /// periodically.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sweep(&self) -> Result<u64, AppError> {
        self.interrupt_dead(clock::now() - DEAD_AFTER.as_micros() as Micros).await
    }

    /// Interrupts and settles orphaned replies created before `before`.
    async fn interrupt_dead(&self, before: Micros) -> Result<u64, AppError> {
        let open = self.ledger.open_reservations(before).await?;
        let dead = open.into_iter().filter(|open| self.engine.find(&open.message_id).is_none());
        // Concurrently, so that they share commits.
        let ends = futures_util::future::join_all(dead.map(|dead| self.interrupt(dead))).await;
        ends.into_iter().try_fold(0, |count, ended| Ok(count + u64::from(ended?)))
    }

    async fn interrupt(&self, open: OpenReservation) -> Result<bool, AppError> {
        let OpenReservation { tenant_id, message_id, model, asked_at, prompt_bytes, held_micros } =
            open;
        let answer = store::find_answer(&self.db, &tenant_id, &message_id).await?;
        let content = answer.as_ref().map_or("", |answer| answer.content.as_str());
        let usage = match content {
            // If the conversation is gone, there is no text to charge.
            "" => Usage::default(),
            content => {
                let prompt = self.prompt_tokens(&message_id, prompt_bytes).await;
                // The reservation does not keep its token limit; its amount limits the cost.
                let evidence = Evidence {
                    messages: 0,
                    prompt_bytes,
                    max_tokens: u32::MAX,
                    received_bytes: content.len() as u64,
                };
                let usage = self.ledger.charge(&model, asked_at, None, &evidence, || Tokens {
                    prompt,
                    cached: 0,
                    completion: tokens::count(content).into(),
                });
                Usage { cost_micros: usage.cost_micros.min(held_micros), ..usage }
            }
        };
        let failure = serde_json::to_string(&reply::interruption(!content.is_empty()))
            .map_err(AppError::internal)?;
        let grounded = match &answer {
            Some(answer) => self.ground(&tenant_id, answer).await?,
            None => None,
        };
        let dead = DeadReply { tenant_id, message_id, model };
        Ok(store::interrupt_reply(&self.db, dead, usage, failure, grounded, clock::now()).await?)
    }

    /// Returns the prompt tokens of a stored reply, approximated if the prompt cannot be rebuilt.
    async fn prompt_tokens(&self, message_id: &str, prompt_bytes: u64) -> u64 {
        match replay(&self.db, message_id).await {
            Ok(replayed) => {
                let texts = replayed.prompt.messages.iter().map(|message| &message.content);
                texts.map(|text| u64::from(tokens::count_once(text))).sum()
            }
            Err(_) => prompt_bytes.div_ceil(4),
        }
    }

    /// Returns the grounding of the saved text of a reply.
    async fn ground(
        &self,
        tenant_id: &str,
        answer: &MessageRow,
    ) -> Result<Option<Grounded>, AppError> {
        let facts = store::find_facts(&self.db, tenant_id, &answer.id).await?;
        let known = Arc::new(Known::new(Arc::new(facts), answer.asked()));
        let before = match answer.parent_id.as_deref().filter(|_| answer.continues()) {
            Some(last) => {
                store::find_written(&self.db, tenant_id, &answer.conversation_id, last).await?
            }
            None => String::new(),
        };
        Ok(markdown::ground(&Seam::after(&before, known), &answer.content, true))
    }

    /// Finds a message of this member.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn message(&self, member: &Member, id: &str) -> Result<MessageRow, AppError> {
        let id = ids::parse(id).ok_or_else(message_not_found)?;
        store::find_message(&self.db, &owner(member), &id).await?.ok_or_else(message_not_found)
    }
}

/// Converts a stored message to a reply whose events can be read. Returns `None` for a question.
fn ended_reply(member: &Member, row: MessageRow, reasoning: Option<&str>) -> Option<Reply> {
    let meta = ReplyMeta {
        tenant_id: member.tenant_id.clone(),
        account_id: member.account_id.clone(),
        conversation_id: row.conversation_id.clone(),
        message_id: row.id.clone(),
        question_id: row.question_id.clone()?,
        continues: row.parent_id.clone().filter(|_| row.continues()),
        persona: row.persona.clone(),
        model: row.asked_model.clone().unwrap_or_default(),
        shows_reasoning: reasoning.is_some(),
    };
    let status = match row.status() {
        // The reply is orphaned.
        Status::Streaming => Status::Interrupted,
        status => status,
    };
    let failure = row.failure().or_else(|| {
        (status == Status::Interrupted).then(|| reply::interruption(!row.content.is_empty()))
    });
    let (known, grounded) = (Arc::new(row.known()), row.grounded());
    let usage = row.usage().unwrap_or_default();
    let lengths: Vec<usize> = row.chunk_lens.split(',').filter_map(|n| n.parse().ok()).collect();
    let withdrawn = row.withdrawn_events();
    let end = End { status, finish_reason: row.finish_reason, usage, failure };
    let log = Log::ended(row.content, lengths.into_iter(), withdrawn, end);
    let log = log.with_reasoning(reasoning.unwrap_or_default());
    Some(Reply::new(meta, log, known).ended_on(grounded))
}

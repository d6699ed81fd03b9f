//! Summarises long conversations for later prompts. The model writes a summary after a reply has ended.
//!
//! A summary runs like a reply outside any conversation: the same code reserves, settles and stops it. Questions never
//! wait for one.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::background::Background;
use super::sending::Request;
use super::{Chat, history, owner};
use crate::accounts::model::Member;
use crate::chat::prompt::{Memory, MemoryKind, summary};
use crate::chat::reply::Reply;
use crate::chat::store::{self, NewSend};
use crate::error::AppError;
use crate::personas::model::Persona;
use crate::platform::clock;
use crate::platform::money::MicroDollars;

/// Timeout of a summary.
const LONGEST: Duration = Duration::from_secs(100);
/// Delay before the next summary of a conversation after a failure.
const WAIT_AFTER_FAILURE: Duration = Duration::from_secs(600);
/// Maximum number of conversations whose failures are remembered.
const FAILURES: NonZeroUsize = match NonZeroUsize::new(1_024) {
    Some(most) => most,
    None => NonZeroUsize::MIN,
};
/// Maximum bytes of a conversation for one summary, independent of the model's context.
const MOST_BYTES: usize = 120_000;

/// A summary that is due.
pub(super) struct Due {
    /// The last message to cover.
    pub upto: String,
    /// The adviser whose model writes it.
    pub adviser: Persona,
    /// What the budget must also allow: the next question.
    pub spare_micros: MicroDollars,
}

/// The conversations that are being summarised, and those whose summary failed recently.
#[derive(Clone)]
pub(super) struct Summaries(Arc<Mutex<State>>);

struct State {
    running: HashSet<String>,
    failed: LruCache<String, Instant>,
}

impl Default for Summaries {
    fn default() -> Self {
        let state = State { running: HashSet::new(), failed: LruCache::new(FAILURES) };
        Self(Arc::new(Mutex::new(state)))
    }
}

impl Summaries {
    /// Returns `None` if the conversation is being summarised or its summary failed recently.
    fn begin(&self, conversation_id: &str) -> Option<Running> {
        let mut state = self.lock();
        let failed = state.failed.get(conversation_id);
        let waits = failed.is_some_and(|at| at.elapsed() < WAIT_AFTER_FAILURE);
        let begins = !waits && state.running.insert(conversation_id.to_owned());
        begins.then(|| Running {
            summaries: self.clone(),
            conversation_id: conversation_id.to_owned(),
            failed: true,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks a conversation as being summarised until dropped.
struct Running {
    summaries: Summaries,
    conversation_id: String,
    failed: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.summaries.lock();
        state.running.remove(&self.conversation_id);
        match self.failed {
            true => state.failed.put(self.conversation_id.clone(), Instant::now()),
            false => state.failed.pop(&self.conversation_id),
        };
    }
}

impl Chat {
    /// Summarises a conversation's earlier messages once `reply` has ended.
    pub(super) fn summarise_after(&self, reply: Arc<Reply>, member: Member, due: Due) {
        let chat = self.clone();
        self.engine.in_background(async move {
            reply.log.wait_for_end().await;
            let conversation_id = reply.meta.conversation_id.clone();
            drop(reply);
            let Some(mut running) = chat.summaries.begin(&conversation_id) else { return };
            match chat.summarise(&member, &conversation_id, due).await {
                Ok(done) => running.failed = !done,
                Err(error) => {
                    tracing::warn!(conversation.id = %conversation_id, error = %error, "conversation not summarised");
                }
            }
        });
    }

    /// Returns false if the model or the budget gave no summary.
    async fn summarise(
        &self,
        member: &Member,
        conversation_id: &str,
        due: Due,
    ) -> Result<bool, AppError> {
        let Due { upto, adviser, spare_micros } = due;
        if store::find_conversation(&self.db, &owner(member), conversation_id).await?.is_none() {
            return Ok(true);
        }
        let place = (member.tenant_id.as_str(), conversation_id);
        let branch = history::to_summarise(&self.db, place, &upto).await?;
        let places = branch.exchanges.len();
        // Nothing to do if the conversation was summarised meanwhile.
        if places == 0 || branch.memories.iter().any(|(at, _)| *at == places) {
            return Ok(true);
        }
        let mut terms = self.terms(&adviser);
        terms.max_tokens = summary::MOST_TOKENS;
        let before = branch.memories.first().map(|(_, memory)| memory);
        let most = MOST_BYTES.min(terms.budget.tokens() * 2);
        let messages = summary::request(before, &branch.exchanges, most);
        let request = Request::new(None, &[])?;
        let send = self.answer_to_come(member, conversation_id.to_owned(), adviser, request);
        let send = NewSend {
            asked_model: terms.model.clone(),
            day: clock::iso_date(self.zone(member).await?.date(send.now)),
            ..send
        };
        let (id, now) = (send.message_id.clone(), send.now);
        let ask = Background { terms, messages, temperature: summary::TEMPERATURE, spare_micros };
        let written = self.written(member, send, ask, LONGEST).await?;
        let Some(text) = written.and_then(|it| summary::kept(&it.text, it.is_cut)) else {
            tracing::info!(conversation.id = %conversation_id, message.id = %id, "conversation not summarised");
            return Ok(false);
        };
        tracing::info!(conversation.id = %conversation_id, message.id = %id, exchanges = places, bytes = text.len(), "conversation summarised");
        let memory = Memory { id, kind: MemoryKind::Summary, upto, text };
        store::insert_memory(&self.db, owner(member), conversation_id.to_owned(), memory, now)
            .await?;
        Ok(true)
    }
}

//! Asks the model in the background, outside any conversation: for summaries and titles.
//!
//! Such a request runs like a reply: the same code reserves, settles and stops it. It is reserved in full or not at all,
//! and only if the budgets then leave enough for the next question.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::sending::{Start, meta, opaque_user};
use super::{Chat, Terms};
use crate::accounts::model::Member;
use crate::chat::model::Status;
use crate::chat::reply::log::{Log, Snapshot};
use crate::chat::reply::{Job, Reply};
use crate::chat::store::{self, NewSend};
use crate::error::AppError;
use crate::fireworks::{ChatRequest, Message};
use crate::platform::money::MicroDollars;
use crate::usage::ledger::Purpose;

/// A request of the program's own.
pub(super) struct Background {
    pub terms: Terms,
    pub messages: Vec<Message>,
    pub temperature: f32,
    /// What the budget must also allow: the next question.
    pub spare_micros: MicroDollars,
}

/// What the model wrote.
pub(super) struct Written {
    pub text: String,
    /// Whether the length limit ended it.
    pub is_cut: bool,
}

/// Stops a reply on drop.
struct StopOnDrop<'a> {
    chat: &'a Chat,
    id: String,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        // Has no effect if it has ended.
        self.chat.engine.stop(&self.id);
    }
}

impl Chat {
    /// Asks the model. Returns `None` if the budget forbids it, or if it failed or took longer than `longest`.
    pub(super) async fn written(
        &self,
        member: &Member,
        send: NewSend,
        ask: Background,
        longest: Duration,
    ) -> Result<Option<Written>, AppError> {
        let Background { terms, messages, temperature, spare_micros } = ask;
        let (asked_at, id) = (send.now, send.message_id.clone());
        let quote = self.quote(&messages, &terms, asked_at);
        let reply = Arc::new(Reply::new(meta(member, &send), Log::default(), Arc::default()));
        let announced = self.engine.announce(reply.clone());
        let purpose = Purpose::Summary { spare_micros };
        let Some(held_micros) = store::hold_for(&self.db, send, quote, purpose).await? else {
            return Ok(None);
        };
        let request = ChatRequest {
            model: Some(terms.model),
            messages,
            history: 0,
            max_tokens: quote.tokens_within(held_micros),
            temperature,
            user: opaque_user(&member.account_id),
            // Its prompt shares no prefix with those of the conversation.
            conversation: id.clone(),
        };
        let sent_at = Instant::now();
        let Start { stored, early } = Start::now();
        let job = Job {
            reply: reply.clone(),
            request,
            sent_at,
            asked_at,
            short_of_budget: false,
            may_grow: false,
            stored,
            early,
        };
        self.engine.start(announced, job);
        let stop = StopOnDrop { chat: self, id };
        let in_time = tokio::time::timeout(longest, reply.log.wait_for_end()).await.is_ok();
        drop(stop);
        let Snapshot { text, end, .. } = reply.log.snapshot();
        let end = end.filter(|end| in_time && end.status == Status::Complete);
        Ok(end.map(|end| Written { text, is_cut: end.is_cut() }))
    }
}

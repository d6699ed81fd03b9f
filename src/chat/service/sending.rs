//! Validates a question, stores it with its pending reply, and starts the reply.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::summaries::Due;
use super::titles::Untitled;
use super::{
    Chat, Question, Taken, Terms, checked_message, checked_request_id, conversation_id,
    conversation_not_found, history, message_not_found, owner,
};
use crate::accounts::model::Member;
use crate::chat::markdown;
use crate::chat::prompt::{self, Asked, Built, Prompt};
use crate::chat::reply::engine::{Announced, ReplyMeta};
use crate::chat::reply::log::Log;
use crate::chat::reply::{Job, Reply};
use crate::chat::store::{self, EarlierSend, NewSend, PersonaRule, PromptRecord, SendOutcome};
use crate::error::{AppError, Code};
use crate::fireworks::{ChatRequest, Message};
use crate::grounding::Known;
use crate::personas::model::Persona;
use crate::platform::clock::Micros;
use crate::platform::limits::{Allowance, Tier};
use crate::platform::money::MicroDollars;
use crate::platform::{clock, ids, tokens};
use crate::usage::Quote;

/// A request id with a digest, which distinguishes a repeat from a reuse of the id.
pub(super) struct Request {
    id: String,
    digest: String,
}

impl Request {
    /// `asked`: everything that distinguishes requests. Without an id, a new one is used.
    pub fn new(id: Option<&str>, asked: &[&str]) -> Result<Self, AppError> {
        Ok(Self { id: checked_request_id(id)?, digest: digest(asked) })
    }
}

/// A reply that is ready to start.
pub(super) struct Ready {
    pub prompt: Prompt,
    pub terms: Terms,
    pub quote: Quote,
    pub asked_at: Micros,
    pub sent_at: Instant,
}

/// When a reply may start.
pub(super) struct Start {
    /// Resolves when its question is stored, with an error if it could not be.
    pub stored: oneshot::Receiver<()>,
    /// Whether the upstream may be asked before. Not while commits fail, because each such request costs the operator.
    pub early: bool,
}

impl Start {
    /// The reply's reservation is stored.
    pub fn now() -> Self {
        let (tell, stored) = oneshot::channel();
        let _ = tell.send(());
        Self { stored, early: true }
    }
}

impl Chat {
    /// Validates a question, stores it at the end of the shown branch with its pending reply, and starts the reply.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn send(&self, member: &Member, question: Question) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let message = checked_message(&question.message)?;
        let slug = question.persona.trim().to_ascii_lowercase();
        let conversation_id =
            question.conversation_id.as_deref().map(conversation_id).transpose()?;
        let mut asked = vec![slug.as_str(), conversation_id.as_deref().unwrap_or(""), &message];
        // Only included if set, because stored digests were made without it.
        asked.extend(question.switch.then_some("switch"));
        let request = Request::new(question.client_request_id.as_deref(), &asked)?;
        if question.client_request_id.is_some()
            && let Some(taken) = self.repeated(member, &request).await?
        {
            return Ok(taken);
        }
        let persona = self.personas.active(&member.tenant_id, &slug).await?;
        let (new_title, parent_id) = match &conversation_id {
            None => (Some(markdown::plain_title(&message)), None),
            Some(id) => {
                let conversation = self.conversation(member, id).await?;
                if conversation.persona != persona.slug && !question.switch {
                    return Err(self
                        .persona_mismatch(member, &conversation.persona, persona.called())
                        .await);
                }
                (None, conversation.leaf_id)
            }
        };
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let conversation_id = conversation_id.unwrap_or_else(ids::new_id);
        let send = NewSend {
            new_title,
            parent_id,
            at_end: true,
            question: Some(message),
            persona_rule: if question.switch { PersonaRule::Switch } else { PersonaRule::Same },
            ..self.answer_to_come(member, conversation_id, persona, request)
        };
        self.take(member, send, allowance, sent_at).await
    }

    /// Creates a send without a question. The caller adds what is asked and where, and the day.
    pub(super) fn answer_to_come(
        &self,
        member: &Member,
        conversation_id: String,
        persona: Persona,
        request: Request,
    ) -> NewSend {
        let now = clock::now();
        NewSend {
            owner: owner(member),
            conversation_id,
            new_title: None,
            asked_model: self.settings.model.clone(),
            persona,
            persona_rule: PersonaRule::Keep,
            parent_id: None,
            at_end: false,
            question_id: ids::new_id(),
            question: None,
            message_id: ids::new_id(),
            client_request_id: request.id,
            request_digest: request.digest,
            prompt_version: prompt::VERSION.to_owned(),
            now,
            day: String::new(),
        }
    }

    /// Stores a send and starts its reply. Runs to completion even if the caller is dropped, so that every stored question
    /// gets a reply.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(super) async fn take(
        &self,
        member: &Member,
        send: NewSend,
        allowance: Allowance,
        sent_at: Instant,
    ) -> Result<Taken, AppError> {
        let (chat, member) = (self.clone(), member.clone());
        let taking = async move { chat.take_whole(&member, send, allowance, sent_at).await };
        tokio::spawn(taking.in_current_span()).await.map_err(AppError::internal)?
    }

    async fn take_whole(
        &self,
        member: &Member,
        mut send: NewSend,
        allowance: Allowance,
        sent_at: Instant,
    ) -> Result<Taken, AppError> {
        self.check_open()?;
        let digest = send.request_digest.clone();
        // First, so that nothing is stored without a reply if this fails.
        let (facts, history) = tokio::join!(
            self.facts.of_zone(&send.owner.tenant_id),
            history::before(
                &self.db,
                (&send.owner.tenant_id, &send.conversation_id),
                send.parent_id.as_deref(),
                send.question.is_some(),
            ),
        );
        let ((facts, zone), mut history) = (facts?, history?);
        send.day = clock::iso_date(zone.date(send.now));
        if history.unfinished {
            // Stored meanwhile by a send with the same id, or by another one.
            let earlier =
                store::find_earlier_send(&self.db, &member.tenant_id, &send.client_request_id);
            return match earlier.await? {
                Some(earlier) => self.attach(member, earlier, &digest).await,
                None => Err(reply_in_progress()),
            };
        }
        let persona = &send.persona;
        let asked = history.take_asked(send.question.as_deref()).ok_or_else(message_not_found)?;
        let asked = Asked { question: &asked.question, partial: &asked.answer };
        let terms = self.terms(persona);
        let built = prompt::build(persona, &facts, &history.branch, asked, terms.budget);
        let record = PromptRecord::new(persona, facts.clone(), &built, terms.temperature)?;
        let Built { prompt, summary_due, .. } = built;
        let adviser = persona.clone();
        let first_question = send.new_title.as_ref().and(send.question.clone());
        let first_question = first_question.filter(|_| self.writes_titles());
        send.asked_model.clone_from(&terms.model);
        let exchanges = history.branch.exchanges.iter();
        let earlier = exchanges.flat_map(|it| [it.question.as_str(), it.answer.as_str()]);
        let known = Arc::new(Known::new(facts, asked.question).with_earlier(earlier));
        let reply = Arc::new(Reply::new(meta(member, &send), Log::default(), known));
        let asked_at = send.now;
        let called = send.persona.called().to_owned();
        let quote = self.quote(&prompt.messages, &terms, asked_at);
        let announced = self.engine.announce(reply.clone());
        let ready = Ready { prompt, terms, quote, asked_at, sent_at };
        let (tell, stored) = oneshot::channel();
        // Asks the upstream while the question is flushed to disk.
        let begin = {
            let (chat, reply, span) = (self.clone(), reply.clone(), tracing::Span::current());
            move |held_micros| {
                let _span = span.enter();
                let start = Start { stored, early: chat.db.commits_succeed() };
                chat.begin(announced, reply, ready, held_micros, start);
            }
        };
        let quotas = self.quotas_of(member);
        match store::insert_send_and(&self.db, send, record, quote, quotas, begin).await? {
            // The receiver is gone only if the runtime shuts down.
            SendOutcome::Stored { .. } => drop(tell.send(())),
            SendOutcome::OverBudget => {
                return Err(self.ledger.refusal(member, &quote, asked_at).await?);
            }
            SendOutcome::OverQuota(refusal) => return Err(refusal),
            SendOutcome::Earlier(earlier) => return self.attach(member, earlier, &digest).await,
            SendOutcome::ConversationGone => return Err(conversation_not_found()),
            SendOutcome::Busy => return Err(reply_in_progress()),
            SendOutcome::Moved => return Err(moved_on()),
            SendOutcome::OtherPersona(slug) => {
                return Err(self.persona_mismatch(member, &slug, &called).await);
            }
        };
        if let Some(question) = first_question {
            let spare_micros = quote.whole_micros();
            let untitled = Untitled { question, adviser: adviser.clone(), spare_micros };
            self.entitle_after(reply.clone(), member.clone(), untitled);
        }
        if let Some(upto) = summary_due {
            let due = Due { upto, adviser, spare_micros: quote.whole_micros() };
            self.summarise_after(reply.clone(), member.clone(), due);
        }
        Ok(Taken { reply, allowance: Some(allowance) })
    }

    /// The error of a send for an adviser other than the conversation's, `slug`.
    async fn persona_mismatch(&self, member: &Member, slug: &str, asked: &str) -> AppError {
        let found = self.personas.find(&member.tenant_id, slug).await;
        let own = found.map_or_else(|_| slug.to_owned(), |it| it.persona.called().to_owned());
        let message = format!(
            "This conversation is with the {own}, not the {asked}. Ask the {own}, begin a new conversation with the {asked}, or send `\"switch\": true` to hand this one over."
        );
        let details = [("personaType".to_owned(), slug.to_owned())].into();
        AppError { details, ..AppError::new(Code::PersonaMismatch, message) }
    }

    pub(super) fn check_open(&self) -> Result<(), AppError> {
        if self.engine.is_closing() {
            return Err(AppError::new(
                Code::ShuttingDown,
                "The server is restarting. Send your message again in a moment.",
            ));
        }
        Ok(())
    }

    /// Starts a reply with a reservation of `held_micros`.
    pub(super) fn begin(
        &self,
        announced: Announced,
        reply: Arc<Reply>,
        ready: Ready,
        held_micros: MicroDollars,
        start: Start,
    ) {
        let Start { stored, early } = start;
        let Ready { prompt, terms, quote, asked_at, sent_at } = ready;
        let max_tokens = quote.tokens_within(held_micros);
        let short_of_budget = max_tokens < terms.max_tokens;
        let may_grow = terms.larger(max_tokens).is_some();
        let request = ChatRequest {
            model: Some(terms.model),
            messages: prompt.messages,
            history: prompt.history,
            max_tokens,
            temperature: terms.temperature,
            user: opaque_user(&reply.meta.account_id),
            conversation: reply.meta.conversation_id.clone(),
        };
        let job =
            Job { reply, request, sent_at, asked_at, short_of_budget, may_grow, stored, early };
        self.engine.start(announced, job);
    }

    /// Returns the maximum cost of a reply to this prompt, with either model.
    pub(super) fn quote(&self, messages: &[Message], terms: &Terms, at: Micros) -> Quote {
        let models = [terms.model.as_str(), self.settings.stand_in()].into_iter();
        let bound = messages.iter().map(|message| tokens::bound(&message.content)).sum();
        self.ledger.quote(models, (messages.len(), bound), terms.max_tokens, at)
    }

    /// Finds the reply of an earlier request with the same id.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(super) async fn repeated(
        &self,
        member: &Member,
        request: &Request,
    ) -> Result<Option<Taken>, AppError> {
        match store::find_earlier_send(&self.db, &member.tenant_id, &request.id).await? {
            Some(earlier) => self.attach(member, earlier, &request.digest).await.map(Some),
            None => Ok(None),
        }
    }

    async fn attach(
        &self,
        member: &Member,
        earlier: EarlierSend,
        digest: &str,
    ) -> Result<Taken, AppError> {
        if earlier.request_digest != digest {
            return Err(AppError::new(
                Code::RequestIdReused,
                "This request id was already used for another message. Send it with a new one.",
            ));
        }
        let reply = self.open(member, &earlier.message_id).await?;
        Ok(Taken { reply, allowance: None })
    }
}

pub(super) fn meta(member: &Member, send: &NewSend) -> ReplyMeta {
    let follows = send.parent_id.clone().filter(|parent| *parent != send.question_id);
    ReplyMeta {
        tenant_id: member.tenant_id.clone(),
        account_id: member.account_id.clone(),
        conversation_id: send.conversation_id.clone(),
        message_id: send.message_id.clone(),
        question_id: send.question_id.clone(),
        // A new question continues no reply.
        continues: follows.filter(|_| send.question.is_none()),
        persona: send.persona.slug.clone(),
        model: send.asked_model.clone(),
        shows_reasoning: send.persona.show_reasoning,
    }
}

pub(super) fn reply_in_progress() -> AppError {
    AppError::new(
        Code::ReplyInProgress,
        "Your adviser is still answering. Wait for the end of the answer, or stop it.",
    )
}

/// The error if the shown branch does not end where the request expects.
pub(super) fn moved_on() -> AppError {
    AppError::new(
        Code::EditConflict,
        "The conversation has changed meanwhile, perhaps in another window. Reload the page to see it, then try again.",
    )
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Returns the opaque user id for the upstream.
pub(super) fn opaque_user(account_id: &str) -> String {
    digest(&["upstream user", account_id])[..32].to_owned()
}

#[cfg(test)]
#[path = "sending_tests.rs"]
mod tests;

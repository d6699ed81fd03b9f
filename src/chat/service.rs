//! The rules of conversations: sending, reading, stopping, retrying.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::markdown;
use super::model::{MESSAGE_MAX_CHARS, PersonaType, Status, TITLE_MAX_CHARS};
use super::prompt::{self, Exchange};
use super::rendered::Rendered;
use super::reply::engine::ReplyMeta;
use super::reply::log::{End, Log};
use super::reply::{Engine, Job, Reply};
use super::store::{
    self, ConversationChange, ConversationRow, EarlierSend, ListFilter, MessageRow, NewSend, Owner,
    SendOutcome,
};
use crate::accounts::model::Member;
use crate::business::Business;
use crate::error::{AppError, Code};
use crate::fireworks::ChatRequest;
use crate::platform::db::Db;
use crate::platform::limits::{Allowance, Limits, Tier};
use crate::platform::{clock, ids};

/// How many earlier exchanges a prompt may hold.
const HISTORY: i64 = 5;

/// What every answer is asked with.
#[derive(Clone, Debug)]
pub struct ReplySettings {
    pub model: String,
    pub max_tokens: u32,
    pub temperature: f32,
    /// Answers come from the built-in emulator.
    pub simulated: bool,
}

/// Conversations and their answers; clones share them.
#[derive(Clone)]
pub struct Chat {
    db: Db,
    business: Business,
    limits: Limits,
    engine: Engine,
    settings: Arc<ReplySettings>,
    rendered: Rendered,
}

/// A question as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// None begins a new conversation.
    pub conversation_id: Option<String>,
    /// The adviser, by name; in a running conversation it must be that conversation's.
    pub persona: String,
    pub message: String,
    /// The same id with the same question never starts a second answer.
    pub client_request_id: Option<String>,
}

/// A question that was taken, with its answer.
#[derive(Clone)]
pub struct Taken {
    pub reply: Arc<Reply>,
    /// None where an earlier send with the same id was found: it cost nothing.
    pub allowance: Option<Allowance>,
}

impl Chat {
    pub fn new(
        db: Db,
        business: Business,
        limits: Limits,
        engine: Engine,
        settings: ReplySettings,
    ) -> Self {
        Self {
            db,
            business,
            limits,
            engine,
            settings: Arc::new(settings),
            rendered: Rendered::default(),
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn business(&self) -> &Business {
        &self.business
    }

    /// Ended answers as the page shows them.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// Whether answers come from the built-in emulator.
    pub fn simulated(&self) -> bool {
        self.settings.simulated
    }

    /// Takes a question: checks it, stores it with the answer to come, begins the answer.
    pub async fn send(&self, member: &Member, question: Question) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let message = checked_message(&question.message)?;
        let persona = checked_persona(&question.persona)?;
        let conversation_id =
            question.conversation_id.as_deref().map(conversation_id).transpose()?;
        let request_id = checked_request_id(question.client_request_id.as_deref())?;
        let digest = digest(&[persona.slug(), conversation_id.as_deref().unwrap_or(""), &message]);
        if question.client_request_id.is_some()
            && let Some(earlier) =
                store::find_earlier_send(&self.db, &member.tenant_id, &request_id).await?
        {
            return self.attach(member, earlier, &digest).await;
        }
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let is_new = conversation_id.is_none();
        let send = NewSend {
            owner: owner(member),
            conversation_id: conversation_id.unwrap_or_else(ids::new_id),
            new_title: is_new.then(|| markdown::plain_title(&message)),
            persona,
            question_id: ids::new_id(),
            question: Some(message.clone()),
            message_id: ids::new_id(),
            client_request_id: request_id,
            request_digest: digest,
            asked_model: self.settings.model.clone(),
            prompt_version: prompt::VERSION.to_owned(),
            now: clock::now(),
        };
        self.take(member, send, message, allowance, sent_at).await
    }

    /// Asks the question of an ended answer again; the first answer stays.
    pub async fn retry(
        &self,
        member: &Member,
        message_id: &str,
        client_request_id: Option<&str>,
    ) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let answer = self.message(member, message_id).await?;
        let question_id = answer.question_id.clone().ok_or_else(message_not_found)?;
        if answer.status() == Status::Streaming {
            return Err(reply_in_progress());
        }
        let request_id = checked_request_id(client_request_id)?;
        let digest = digest(&["retry", &answer.id]);
        if let Some(earlier) =
            store::find_earlier_send(&self.db, &member.tenant_id, &request_id).await?
        {
            return self.attach(member, earlier, &digest).await;
        }
        let question = self.message(member, &question_id).await?;
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let send = NewSend {
            owner: owner(member),
            conversation_id: answer.conversation_id.clone(),
            new_title: None,
            persona: answer.persona(),
            question_id,
            question: None,
            message_id: ids::new_id(),
            client_request_id: request_id,
            request_digest: digest,
            asked_model: self.settings.model.clone(),
            prompt_version: prompt::VERSION.to_owned(),
            now: clock::now(),
        };
        self.take(member, send, question.content, allowance, sent_at).await
    }

    async fn take(
        &self,
        member: &Member,
        send: NewSend,
        question: String,
        allowance: Allowance,
        sent_at: Instant,
    ) -> Result<Taken, AppError> {
        let reply = Arc::new(Reply::new(meta(member, &send), Log::default()));
        let digest = send.request_digest.clone();
        let (persona, is_new) = (send.persona, send.new_title.is_some());
        // Gathered first: where it fails, nothing was stored that nobody would answer.
        let messages = self.prompt(&reply.meta, persona, &question, is_new).await?;
        let announced = self.engine.announce(reply.clone());
        match store::insert_send(&self.db, send).await? {
            SendOutcome::Stored => {}
            SendOutcome::Earlier(earlier) => return self.attach(member, earlier, &digest).await,
            SendOutcome::ConversationGone => return Err(conversation_not_found()),
            SendOutcome::Busy => return Err(reply_in_progress()),
        }
        let request = ChatRequest {
            model: None,
            messages,
            max_tokens: self.settings.max_tokens,
            temperature: self.settings.temperature,
            user: opaque_user(&member.account_id),
            conversation: reply.meta.conversation_id.clone(),
        };
        self.engine.start(announced, Job { reply: reply.clone(), request, sent_at });
        Ok(Taken { reply, allowance: Some(allowance) })
    }

    async fn prompt(
        &self,
        meta: &ReplyMeta,
        persona: PersonaType,
        question: &str,
        is_new: bool,
    ) -> Result<Vec<crate::fireworks::Message>, AppError> {
        let (context, history) = tokio::join!(self.business.context(&meta.tenant_id), async {
            if is_new { Ok(Vec::new()) } else { self.history(meta).await }
        });
        Ok(prompt::build(persona, &context?, &history?, question))
    }

    /// The last exchanges before this question, oldest first; of a question asked again only the
    /// newest answer.
    async fn history(&self, meta: &ReplyMeta) -> Result<Vec<Exchange>, AppError> {
        let rows = store::list_exchanges(
            &self.db,
            &meta.tenant_id,
            &meta.conversation_id,
            &meta.question_id,
            HISTORY * 2,
        )
        .await?;
        let mut by_question = BTreeMap::new();
        for row in rows {
            by_question
                .entry(row.question_id)
                .or_insert(Exchange { question: row.question, answer: row.answer });
        }
        let skip = by_question.len().saturating_sub(HISTORY as usize);
        Ok(by_question.into_values().skip(skip).collect())
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

    pub async fn conversations(
        &self,
        member: &Member,
        filter: &ListFilter,
    ) -> Result<Vec<ConversationRow>, AppError> {
        Ok(store::list_conversations(&self.db, &owner(member), filter).await?)
    }

    pub async fn conversation(
        &self,
        member: &Member,
        id: &str,
    ) -> Result<ConversationRow, AppError> {
        let id = conversation_id(id)?;
        store::find_conversation(&self.db, &owner(member), &id)
            .await?
            .ok_or_else(conversation_not_found)
    }

    /// A conversation's messages, oldest first.
    pub async fn messages(&self, member: &Member, id: &str) -> Result<Vec<MessageRow>, AppError> {
        let conversation = self.conversation(member, id).await?;
        Ok(store::list_messages(&self.db, &member.tenant_id, &conversation.id).await?)
    }

    /// Begins an empty conversation.
    pub async fn create_conversation(
        &self,
        member: &Member,
        persona: &str,
        title: Option<&str>,
    ) -> Result<ConversationRow, AppError> {
        let persona = checked_persona(persona)?;
        let title = match title {
            Some(title) => checked_title(title)?,
            None => format!("New conversation with the {}", persona.short()),
        };
        let (id, now) = (ids::new_id(), clock::now());
        store::insert_conversation(&self.db, owner(member), id.clone(), persona, title, now)
            .await?;
        self.conversation(member, &id).await
    }

    pub async fn update_conversation(
        &self,
        member: &Member,
        id: &str,
        mut change: ConversationChange,
    ) -> Result<ConversationRow, AppError> {
        let id = conversation_id(id)?;
        if let Some(title) = &change.title {
            change.title = Some(checked_title(title)?);
        }
        if store::update_conversation(&self.db, owner(member), id.clone(), change).await? {
            self.conversation(member, &id).await
        } else {
            Err(conversation_not_found())
        }
    }

    /// Removes a conversation; an answer that is being written in it ends.
    pub async fn delete_conversation(&self, member: &Member, id: &str) -> Result<(), AppError> {
        let messages = self.messages(member, id).await?;
        for message in messages.iter().filter(|m| m.status() == Status::Streaming) {
            self.engine.stop(&message.id);
        }
        let id = conversation_id(id)?;
        if store::delete_conversation(&self.db, owner(member), id).await? {
            Ok(())
        } else {
            Err(conversation_not_found())
        }
    }

    /// Marks what an earlier process left unfinished; called once at start.
    pub async fn interrupt_orphans(&self) -> Result<u64, AppError> {
        let failure =
            serde_json::to_string(&super::reply::interruption(true)).map_err(AppError::internal)?;
        Ok(store::interrupt_orphans(&self.db, failure, clock::now()).await?)
    }

    /// One message of this member's.
    pub async fn message(&self, member: &Member, id: &str) -> Result<MessageRow, AppError> {
        let id = ids::parse(id).ok_or_else(message_not_found)?;
        store::find_message(&self.db, &owner(member), &id).await?.ok_or_else(message_not_found)
    }
}

fn owner(member: &Member) -> Owner {
    Owner { tenant_id: member.tenant_id.clone(), account_id: member.account_id.clone() }
}

fn meta(member: &Member, send: &NewSend) -> ReplyMeta {
    ReplyMeta {
        tenant_id: member.tenant_id.clone(),
        account_id: member.account_id.clone(),
        conversation_id: send.conversation_id.clone(),
        message_id: send.message_id.clone(),
        question_id: send.question_id.clone(),
        persona: send.persona,
        model: send.asked_model.clone(),
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
        (status == Status::Interrupted).then(|| super::reply::interruption(!row.content.is_empty()))
    });
    let usage = row.usage().unwrap_or_default();
    let end = End { status, finish_reason: row.finish_reason, usage, failure };
    let lengths: Vec<usize> = row.chunk_lens.split(',').filter_map(|n| n.parse().ok()).collect();
    Some(Reply::new(meta, Log::ended(row.content, lengths.into_iter(), end)))
}

/// The message trimmed, or why it can't be sent.
fn checked_message(message: &str) -> Result<String, AppError> {
    let message = message.replace("\r\n", "\n").trim().to_owned();
    let reason = if message.is_empty() {
        "Write a message first.".to_owned()
    } else if message.chars().count() > MESSAGE_MAX_CHARS {
        format!(
            "A message can have up to {MESSAGE_MAX_CHARS} characters; this one has {}.",
            message.chars().count()
        )
    } else if message.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        "The message holds control characters that can't be sent. Paste it as plain text."
            .to_owned()
    } else {
        return Ok(message);
    };
    Err(AppError::invalid_field("message", reason))
}

fn checked_persona(name: &str) -> Result<PersonaType, AppError> {
    PersonaType::parse(name).ok_or_else(|| {
        AppError::new(
            Code::PersonaNotFound,
            "There is no such adviser. Choose ceo, cfo, cmo or cto.",
        )
    })
}

fn checked_request_id(id: Option<&str>) -> Result<String, AppError> {
    match id {
        None => Ok(ids::new_id()),
        Some(id) => ids::parse(id)
            .ok_or_else(|| AppError::invalid_field("clientRequestId", "This must be a UUID.")),
    }
}

fn checked_title(title: &str) -> Result<String, AppError> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(AppError::invalid_field("title", "Give the conversation a title."));
    }
    if title.chars().count() > TITLE_MAX_CHARS {
        let reason = format!("A title can have up to {TITLE_MAX_CHARS} characters.");
        return Err(AppError::invalid_field("title", reason));
    }
    if title.chars().any(char::is_control) {
        return Err(AppError::invalid_field("title", "A title can't hold control characters."));
    }
    Ok(title)
}

fn conversation_id(id: &str) -> Result<String, AppError> {
    ids::parse(id).ok_or_else(conversation_not_found)
}

fn conversation_not_found() -> AppError {
    AppError::new(Code::ConversationNotFound, "There is no such conversation.")
}

fn message_not_found() -> AppError {
    AppError::not_found("message")
}

fn reply_in_progress() -> AppError {
    AppError::new(
        Code::ReplyInProgress,
        "Your adviser is still answering. Wait for the end of the answer, or stop it.",
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

/// What the upstream learns of the member: nothing that names them.
fn opaque_user(account_id: &str) -> String {
    digest(&["upstream user", account_id])[..32].to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_message_may_be_anything_people_write() {
        for fine in
            ["x", "  spaced  ", "שלום עולם", "👩‍👩‍👧‍👦", "line\nline", "tab\there", &"w".repeat(4_000)]
        {
            assert!(checked_message(fine).is_ok(), "{fine:?}");
        }
        assert_eq!(checked_message("  a\r\nb ").unwrap(), "a\nb");
        assert!(checked_message(&"é".repeat(5_000)).is_ok());
    }

    #[test]
    fn a_message_that_cant_be_sent_says_why_at_its_field() {
        for wrong in ["", "   \n ", "a\0b", "a\u{7}b", &"x".repeat(5_001)] {
            let error = checked_message(wrong).unwrap_err();
            assert_eq!(error.code, Code::ValidationError);
            assert!(error.field("message").is_some());
        }
    }

    #[test]
    fn different_requests_never_share_a_digest() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}

//! Taking a question: checked, stored with the answer to come, and the answer begun.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::checks::{checked_message, checked_persona, checked_request_id, conversation_id};
use super::{Chat, Question, Taken, conversation_not_found, message_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::markdown;
use crate::chat::model::{PersonaType, Status};
use crate::chat::prompt::{self, Exchange};
use crate::chat::reply::engine::ReplyMeta;
use crate::chat::reply::log::Log;
use crate::chat::reply::{Job, Reply};
use crate::chat::store::{self, EarlierSend, NewSend, SendOutcome};
use crate::error::{AppError, Code};
use crate::fireworks::ChatRequest;
use crate::platform::limits::{Allowance, Tier};
use crate::platform::{clock, ids};

/// How many earlier exchanges a prompt may hold.
const HISTORY: i64 = 5;

impl Chat {
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
        if self.engine.is_closing() {
            return Err(AppError::new(
                Code::ShuttingDown,
                "The server is restarting. Send your message again in a moment.",
            ));
        }
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
    use super::digest;

    #[test]
    fn different_requests_never_share_a_digest() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}

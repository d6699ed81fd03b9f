//! Retry, edit and continue. Each adds a branch; earlier messages stay.

use std::time::Instant;

use super::sending::{Request, moved_on, reply_in_progress};
use super::{Chat, Taken, checked_message, message_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::model::{Author, Status};
use crate::chat::store::{self, MessageRow, NewSend, Selection};
use crate::error::AppError;
use crate::personas::model::Persona;
use crate::platform::ids;
use crate::platform::limits::Tier;

impl Chat {
    /// Regenerates an ended reply. Of a continuation, regenerates only that part. `by`: the slug of the adviser to ask, if
    /// it is not the reply's own. The conversation keeps its adviser.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn retry(
        &self,
        member: &Member,
        message_id: &str,
        by: Option<&str>,
        client_request_id: Option<&str>,
    ) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let (answer, question_id) = self.answer(member, message_id).await?;
        let by = by.map(|slug| slug.trim().to_ascii_lowercase());
        let mut asked = vec!["retry", answer.id.as_str()];
        // Only included if set, because stored digests were made without it.
        asked.extend(by.as_deref());
        let request = Request::new(client_request_id, &asked)?;
        if let Some(taken) = self.repeated(member, &request).await? {
            return Ok(taken);
        }
        if answer.status() == Status::Streaming {
            return Err(reply_in_progress());
        }
        let slug = by.as_deref().unwrap_or(&answer.persona);
        let persona = self.personas.active(&member.tenant_id, slug).await?;
        let persona = match answer.limit_of_thinking() {
            Some(limit) if persona.slug == answer.persona => {
                self.with_room_to_think(persona, limit)
            }
            _ => persona,
        };
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let send = NewSend {
            parent_id: answer.parent_id,
            question_id,
            ..self.answer_to_come(member, answer.conversation_id, persona, request)
        };
        self.take(member, send, allowance, sent_at).await
    }

    /// Returns the adviser with a larger limit than the one that reasoning used up. Budgets still apply.
    fn with_room_to_think(&self, persona: Persona, limit: u32) -> Persona {
        let terms = self.terms(&persona);
        let larger = terms.larger(limit).unwrap_or(limit).max(terms.max_tokens);
        Persona { max_tokens: Some(larger), ..persona }
    }

    /// Edits a question: adds another version with its own reply.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn edit(
        &self,
        member: &Member,
        message_id: &str,
        message: &str,
        client_request_id: Option<&str>,
    ) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let question = self.message(member, message_id).await?;
        if question.author() != Author::User {
            return Err(message_not_found());
        }
        let message = checked_message(message)?;
        let request = Request::new(client_request_id, &["edit", &question.id, &message])?;
        if let Some(taken) = self.repeated(member, &request).await? {
            return Ok(taken);
        }
        let persona = self.personas.active(&member.tenant_id, &question.persona).await?;
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let send = NewSend {
            parent_id: question.parent_id,
            question: Some(message),
            ..self.answer_to_come(member, question.conversation_id, persona, request)
        };
        self.take(member, send, allowance, sent_at).await
    }

    /// Continues a reply that was cut off with another message. Only the last reply of the shown branch can be continued.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn go_on(
        &self,
        member: &Member,
        message_id: &str,
        client_request_id: Option<&str>,
    ) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let (cut, question_id) = self.answer(member, message_id).await?;
        let request = Request::new(client_request_id, &["continue", &cut.id])?;
        if let Some(taken) = self.repeated(member, &request).await? {
            return Ok(taken);
        }
        check_has_rest(&cut)?;
        let conversation = self.conversation(member, &cut.conversation_id).await?;
        if conversation.leaf_id.as_deref() != Some(&cut.id) {
            // Perhaps by this request itself, sent twice at once.
            return self.repeated(member, &request).await?.ok_or_else(moved_on);
        }
        let persona = self.personas.active(&member.tenant_id, &cut.persona).await?;
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let send = NewSend {
            parent_id: Some(cut.id),
            at_end: true,
            question_id,
            ..self.answer_to_come(member, cut.conversation_id, persona, request)
        };
        self.take(member, send, allowance, sent_at).await
    }

    /// Shows the branch with this message and its newest descendants. Returns the conversation's id.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn select(&self, member: &Member, message_id: &str) -> Result<String, AppError> {
        let id = ids::parse(message_id).ok_or_else(message_not_found)?;
        match store::select_branch(&self.db, owner(member), id).await? {
            Selection::Shown(conversation_id) => Ok(conversation_id),
            Selection::Gone => Err(message_not_found()),
            Selection::Busy => Err(reply_in_progress()),
        }
    }

    /// Finds a reply of this member and the id of its question.
    pub(super) async fn answer(
        &self,
        member: &Member,
        message_id: &str,
    ) -> Result<(MessageRow, String), AppError> {
        let answer = self.message(member, message_id).await?;
        let question_id = answer.question_id.clone().ok_or_else(message_not_found)?;
        Ok((answer, question_id))
    }
}

fn check_has_rest(answer: &MessageRow) -> Result<(), AppError> {
    let no_rest = |reason: &str| Err(AppError::invalid_field("id", reason));
    match answer.status() {
        Status::Streaming => Err(reply_in_progress()),
        Status::Failed => no_rest("This answer failed and can't be continued. Retry it."),
        _ if answer.content.is_empty() => no_rest("This answer has no text to continue. Retry it."),
        Status::Complete if !answer.is_cut() => {
            no_rest("This answer is complete: there is nothing to continue.")
        }
        Status::Complete | Status::Stopped | Status::Interrupted => Ok(()),
    }
}

//! Asks the model for the title of a new conversation, once, after its first reply, and with it for what the question says
//! of the business.

use std::sync::Arc;
use std::time::Duration;

use super::background::Background;
use super::sending::Request;
use super::{Chat, owner};
use crate::accounts::model::Member;
use crate::business::model::Field;
use crate::business::proposals::{Candidate, candidates, open_fields};
use crate::chat::prompt::title;
use crate::chat::reply::Reply;
use crate::chat::reply::log::Snapshot;
use crate::chat::reply::notices::Notice;
use crate::chat::store::{self, NewSend, ProposalRow};
use crate::error::AppError;
use crate::personas::model::Persona;
use crate::platform::clock;
use crate::platform::money::MicroDollars;

/// Timeout of a title.
const LONGEST: Duration = Duration::from_secs(60);

/// A conversation whose title is derived from its question.
pub(super) struct Untitled {
    pub question: String,
    /// The adviser whose model is asked.
    pub adviser: Persona,
    /// What the budget must also allow: the next question.
    pub spare_micros: MicroDollars,
}

impl Chat {
    /// Returns whether the model writes the titles of new conversations.
    pub(super) fn writes_titles(&self) -> bool {
        self.settings.model_titles && !self.settings.simulated
    }

    /// Asks for the title once `reply` has ended with some text.
    pub(super) fn entitle_after(&self, reply: Arc<Reply>, member: Member, untitled: Untitled) {
        let chat = self.clone();
        self.engine.in_background(async move {
            reply.log.wait_for_end().await;
            let id = reply.meta.conversation_id.clone();
            let reply_id = reply.meta.message_id.clone();
            let Snapshot { text, .. } = reply.log.snapshot();
            drop(reply);
            if text.trim().is_empty() {
                return;
            }
            match chat.entitle(&member, (&id, &reply_id), untitled, &text).await {
                Ok(true) => tracing::info!(conversation.id = %id, "conversation titled"),
                Ok(false) => tracing::info!(conversation.id = %id, "conversation not titled"),
                Err(error) => {
                    tracing::warn!(conversation.id = %id, error = %error, "conversation not titled");
                }
            }
        });
    }

    /// Returns false if the model or the budget gave no title, or if the member has chosen one meanwhile.
    async fn entitle(
        &self,
        member: &Member,
        (id, reply_id): (&str, &str),
        untitled: Untitled,
        answer: &str,
    ) -> Result<bool, AppError> {
        let Untitled { question, adviser, spare_micros } = untitled;
        // Its member may have deleted it, or its trial may have ended.
        if store::find_conversation(&self.db, &owner(member), id).await?.is_none() {
            return Ok(false);
        }
        let mut terms = self.terms(&adviser);
        terms.max_tokens = title::MOST_TOKENS;
        let fields = self.fields_to_ask_of(member, &question).await;
        let messages = title::request(&question, answer, &fields);
        // Outside any conversation, so that no page shows it as a running reply of this one.
        let request = Request::new(None, &[])?;
        let send = self.answer_to_come(member, String::new(), adviser, request);
        let send = NewSend {
            asked_model: terms.model.clone(),
            day: clock::iso_date(self.zone(member).await?.date(send.now)),
            ..send
        };
        let ask = Background { terms, messages, temperature: title::TEMPERATURE, spare_micros };
        let written = self.written(member, send, ask, LONGEST).await?;
        let Some(written) = written.filter(|it| !it.is_cut) else { return Ok(false) };
        if let Some(stated) = title::stated(&written.text, &question, &fields) {
            self.propose(member, reply_id, stated).await?;
        }
        let Some(title) = title::kept(&written.text) else { return Ok(false) };
        let set = store::set_model_title(&self.db, owner(member), id.to_owned(), title.clone());
        let is_set = set.await?;
        if is_set {
            let notice = Notice::Renamed { conversation_id: id.to_owned(), title };
            self.engine.notices().publish(&member.tenant_id, &member.account_id, notice);
        }
        Ok(is_set)
    }

    /// Returns the profile's fields that the question may fill. None where its sentences say so plainly, or where the profile
    /// is unknown.
    async fn fields_to_ask_of(&self, member: &Member, question: &str) -> Vec<Field> {
        if !candidates(question).is_empty() {
            return Vec::new();
        }
        let profile = self.business.profile(&member.tenant_id).await;
        profile.map(|it| open_fields(&it.profile)).unwrap_or_default()
    }

    /// Stores what a model found in a reply's question, and shows it.
    async fn propose(
        &self,
        member: &Member,
        reply_id: &str,
        found: Candidate,
    ) -> Result<(), AppError> {
        let row = ProposalRow {
            message_id: reply_id.to_owned(),
            field: found.field.name().to_owned(),
            text: found.text,
            field_before: None,
            field_after: None,
        };
        if store::put_proposal(&self.db, owner(member), row).await? {
            let proposal = self.proposal(&member.tenant_id, &member.account_id, reply_id).await;
            self.tell_of_proposal(member, reply_id, proposal);
        }
        Ok(())
    }
}

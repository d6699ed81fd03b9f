//! Previews an adviser. The reply is stored in no conversation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::sending::{Ready, Request, Start, meta};
use super::{Chat, checked_message};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::chat::markdown::{self, Seam};
use crate::chat::prompt::{self, Asked, Branch};
use crate::chat::reply::Reply;
use crate::chat::reply::log::{End, Log, Snapshot};
use crate::chat::store::{self, NewSend};
use crate::error::AppError;
use crate::format::money::dollars;
use crate::format::number::count;
use crate::grounding::Known;
use crate::personas::NEW;
use crate::personas::form::{Preview, Typed};
use crate::personas::model::Persona;
use crate::platform::clock;
use crate::platform::limits::Tier;
use crate::usage::model::Usage;

/// Maximum tokens. A preview shows the style of an adviser and may be cut.
const MOST_TOKENS: u32 = 600;
/// How long the page waits before it shows the text so far.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a stopped reply may take to end.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

impl Chat {
    /// Asks an adviser as typed and waits for the reply, which is limited, reserved and charged like any other. `slug` is
    /// empty for a new adviser.
    ///
    /// Errors: [`Code::ValidationError`](crate::error::Code) by field, and the errors of a question.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn preview(
        &self,
        member: &Member,
        slug: &str,
        typed: &Typed,
        question: &str,
    ) -> Result<Preview, AppError> {
        let sent_at = Instant::now();
        guard::require(member, Role::Admin)?;
        let persona = self.personas.check(typed)?;
        let question = checked_message(question).map_err(at_question)?;
        let persona = self.in_place_of(member, slug, persona).await?;
        self.limits.check(Tier::Chat, &member.tenant_id)?;
        self.check_open()?;
        // As with any question, a reservation leads to a reply, even if the page has gone.
        let (chat, asker) = (self.clone(), member.clone());
        let asking = async move { chat.ask_unstored(&asker, persona, question, sent_at).await };
        let reply = tokio::spawn(asking.in_current_span()).await.map_err(AppError::internal)??;
        let ended = tokio::time::timeout(LONGEST, reply.log.wait_for_end()).await;
        if ended.is_err() {
            self.engine.stop(&reply.meta.message_id);
            let _ = tokio::time::timeout(STOPS_WITHIN, reply.log.wait_for_end()).await;
        }
        Ok(shown(&reply, ended.is_err()))
    }

    /// Returns the adviser with its known slug and version, limited to a short reply.
    async fn in_place_of(
        &self,
        member: &Member,
        slug: &str,
        persona: Persona,
    ) -> Result<Persona, AppError> {
        let (slug, version) = match slug {
            "" => (NEW.to_owned(), 0),
            slug => {
                let stored = self.personas.find(&member.tenant_id, slug).await?.persona;
                (stored.slug, stored.version)
            }
        };
        let most = self.terms(&persona).max_tokens.min(MOST_TOKENS);
        Ok(Persona { slug, version, max_tokens: Some(most), ..persona })
    }

    /// Like [`Chat::send`], but stores only the cost.
    async fn ask_unstored(
        &self,
        member: &Member,
        persona: Persona,
        question: String,
        sent_at: Instant,
    ) -> Result<Arc<Reply>, AppError> {
        let request = Request::new(None, &[])?;
        let terms = self.terms(&persona);
        let (facts, zone) = self.facts.of_zone(&member.tenant_id).await?;
        let asked = Asked { question: &question, partial: "" };
        let prompt =
            prompt::build(&persona, &facts, &Branch::default(), asked, terms.budget).prompt;
        let send = self.answer_to_come(member, String::new(), persona, request);
        let send = NewSend {
            asked_model: terms.model.clone(),
            day: clock::iso_date(zone.date(send.now)),
            ..send
        };
        let asked_at = send.now;
        let quote = self.quote(&prompt.messages, &terms, asked_at);
        let known = Arc::new(Known::new(facts, &question));
        let reply = Arc::new(Reply::new(meta(member, &send), Log::default(), known));
        let announced = self.engine.announce(reply.clone());
        let Some(held_micros) = store::hold(&self.db, send, quote).await? else {
            return Err(self.ledger.refusal(member, &quote, asked_at).await?);
        };
        let ready = Ready { prompt, terms, quote, asked_at, sent_at };
        self.begin(announced, reply.clone(), ready, held_micros, Start::now());
        Ok(reply)
    }
}

fn shown(reply: &Reply, timed_out: bool) -> Preview {
    let Snapshot { text, end, .. } = reply.log.snapshot();
    let cut = end.as_ref().is_some_and(|end| end.finish_reason.as_deref() == Some("length"));
    let note = match end.as_ref().and_then(|end| end.failure.as_ref()) {
        Some(_) if cut => {
            Some("The model used all of the preview, which is kept short, for thinking.".to_owned())
        }
        Some(failure) => Some(failure.message.clone()),
        None if timed_out => Some("It was ended here: the model took too long.".to_owned()),
        None if cut => Some("It ends here: a preview is kept short.".to_owned()),
        None => None,
    };
    let is_cut = end.as_ref().is_none_or(End::is_cut);
    let seam = Seam::after("", reply.known.clone());
    let blocks = markdown::render_blocks(&seam, &text, is_cut);
    let usage = end.map(|end| end.usage).unwrap_or_default();
    Preview { blocks, foot: foot(&usage), note }
}

/// Formats `812 tokens read, 341 written, $0.0012`.
fn foot(usage: &Usage) -> String {
    format!(
        "{} tokens read, {} written, {}",
        count(usage.prompt_tokens),
        count(usage.completion_tokens),
        dollars(usage.cost_micros),
    )
}

fn at_question(error: AppError) -> AppError {
    match error.field("message") {
        Some(_) => AppError::invalid_field("question", format!("Question: {}", error.message)),
        None => error,
    }
}

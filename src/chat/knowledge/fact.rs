//! Loads a fact with how it was made, and with the replies that cite it.

use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};
use time::Date;

use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::chat::Chat;
use crate::chat::store::CitingReply;
use crate::error::AppError;
use crate::facts::Explained;
use crate::facts::model::Fact;
use crate::facts::working::Working;
use crate::platform::clock;

/// Maximum number of listed replies.
const LISTED: usize = 5;
/// Maximum length of a fact's id.
const MOST_CHARS: usize = 160;

/// The data of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactView {
    /// The fact from the data as it is now. `None` if there is no such fact any more.
    pub shown: Option<Explanation>,
    /// The fact with the same id today, if it is of other days.
    pub newest: Option<Fact>,
    /// Newest first.
    pub cited: Vec<Cited>,
    pub may_write: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub fact: Fact,
    pub entered: String,
    pub working: Working,
    /// Of a sentence of an insight: the insight's numbers.
    pub numbers: Vec<Fact>,
}

/// A citation of the fact, as it was in the reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    pub conversation_id: String,
    /// The adviser's slug.
    pub persona: String,
    /// In the business's time zone.
    pub at: String,
    pub fact: Fact,
}

impl FactView {
    /// Returns the newest citation whose words or value differ from what the data says now.
    pub fn changed(&self) -> Option<&Cited> {
        let shown = self.shown.as_ref();
        let is_other =
            |cited: &&Cited| shown.is_some_and(|shown| shown.fact.text != cited.fact.text);
        self.cited.iter().find(is_other)
    }
}

/// Loads a fact. `to` is the last day that it covers (ISO); without it, the newest fact with this id.
///
/// Errors: not found if there is no such fact and no reply of this member cites it.
pub async fn load_fact(id: String, to: Option<String>) -> Result<FactView, AppError> {
    let member = guard::member().await?;
    let chat: Chat = use_context().ok_or_else(|| AppError::abandoned("conversations"))?;
    let view = view(&chat, &member, &id, to.as_deref().and_then(clock::parse_date)).await;
    if let Err(error) = &view {
        error.set_status();
    }
    view
}

async fn view(
    chat: &Chat,
    member: &Member,
    id: &str,
    to: Option<Date>,
) -> Result<FactView, AppError> {
    check_id(id)?;
    let shown = chat.facts().explain(&member.tenant_id, id, to).await?;
    let facts = chat.facts().of(&member.tenant_id).await?;
    let newest = facts.facts().iter().find(|fact| fact.id == id);
    let is_shown = |fact: &&Fact| shown.as_ref().is_some_and(|it| it.fact.span == fact.span);
    let newest = newest.filter(|fact| !is_shown(fact)).cloned();
    let zone = chat.facts().zone(&member.tenant_id).await?;
    let last = shown.as_ref().map(|it| it.fact.span.clone());
    let is_same = |reply: &CitingReply| match (&reply.fact.span, to, &last) {
        (Some((_, last)), Some(to), _) => *last == clock::iso_date(to),
        (span, None, Some(shown)) => span == shown,
        _ => true,
    };
    let cited: Vec<Cited> = chat
        .citing(member, id)
        .await?
        .into_iter()
        .filter(is_same)
        .take(LISTED)
        .map(|reply| Cited {
            at: zone.human(reply.created_at),
            conversation_id: reply.conversation_id,
            persona: reply.persona,
            fact: reply.fact,
        })
        .collect();
    if shown.is_none() && newest.is_none() && cited.is_empty() {
        return Err(no_such());
    }
    let explanation = |Explained { fact, entered, working, numbers }| Explanation {
        fact,
        entered,
        working,
        numbers,
    };
    Ok(FactView {
        shown: shown.map(explanation),
        newest,
        cited,
        may_write: member.role >= Role::Admin,
    })
}

fn no_such() -> AppError {
    AppError::not_found("fact")
}

/// Errors: not found if no fact can have this id.
pub(super) fn check_id(id: &str) -> Result<(), AppError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    match id.len() <= MOST_CHARS && id.chars().all(is_plain) {
        true => Ok(()),
        false => Err(no_such()),
    }
}

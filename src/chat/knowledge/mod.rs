//! Shows what each adviser knows of the business and what is missing, with the code that builds prompts; and
//! each fact by itself, with how it was made.

mod fact;
mod fact_page;
mod origin;
mod page;

pub use fact_page::FactPage;
pub use page::KnowledgePage;

use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};

use super::Chat;
use super::prompt::{self, Asked};
use crate::accounts::guard;
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::facts::FactSet;
use crate::facts::model::{Fact, Missing};
use crate::format::date;
use crate::personas::model::Persona;
use crate::platform::clock;

/// The data of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnowledgeView {
    pub advisers: Vec<Persona>,
    /// The adviser whose knowledge is shown.
    pub adviser: Persona,
    /// `25 Nov 2026`, in the business's time zone.
    pub today: String,
    /// In the order of the prompt.
    pub first: Vec<Fact>,
    pub rest: Vec<Fact>,
    /// Omitted because the model's context is too small.
    pub left_out: Vec<Fact>,
    pub missing: Vec<Missing>,
    /// The whole system message.
    pub system: String,
}

/// Loads the knowledge of the adviser with this slug, or of the first adviser. In a conversation,
/// the question and the earlier messages need room in addition, so that more facts may be omitted.
pub async fn load_knowledge(slug: Option<String>) -> Result<KnowledgeView, AppError> {
    let member = guard::member().await?;
    let chat: Chat = use_context().ok_or_else(|| AppError::abandoned("conversations"))?;
    view(&chat, &member, slug.as_deref()).await
}

async fn view(chat: &Chat, member: &Member, slug: Option<&str>) -> Result<KnowledgeView, AppError> {
    let all = chat.personas().list(&member.tenant_id).await?.into_iter();
    let advisers: Vec<Persona> = all.filter(|it| !it.archived).map(|it| it.persona).collect();
    let chosen = advisers.iter().find(|adviser| Some(adviser.slug.as_str()) == slug);
    let adviser = chosen.or(advisers.first()).cloned();
    let adviser = adviser.ok_or_else(|| AppError::not_found("adviser"))?;
    let facts = chat.facts().of(&member.tenant_id).await?;
    let budget = chat.terms(&adviser).budget;
    let asked = Asked { question: "", partial: "" };
    let mut prompt =
        prompt::build(&adviser, &facts, &prompt::Branch::default(), asked, budget).prompt;
    let system = std::mem::take(&mut prompt.messages).into_iter().next();
    let left_out = prompt.cut.facts_left_out;
    let is_left_out = |fact: &Fact| left_out.contains(&fact.id);
    let (first, rest) = in_order(&facts, &adviser);
    let told = |facts: &[Fact]| facts.iter().filter(|it| !is_left_out(it)).cloned().collect();
    Ok(KnowledgeView {
        today: clock::parse_date(facts.today()).map(date::day).unwrap_or_default(),
        first: told(&first),
        rest: told(&rest),
        left_out: first.iter().chain(&rest).filter(|it| is_left_out(it)).cloned().collect(),
        missing: facts.missing().to_vec(),
        system: system.map(|message| message.content).unwrap_or_default(),
        advisers,
        adviser,
    })
}

/// Splits the facts into those that matter most to the adviser and the others.
fn in_order(facts: &FactSet, adviser: &Persona) -> (Vec<Fact>, Vec<Fact>) {
    let mut halves = (Vec::new(), Vec::new());
    for place in facts.ordered(&adviser.facts_first) {
        let Some(fact) = facts.facts().get(place) else { continue };
        let is_first = facts.is_first(place, &adviser.facts_first);
        if is_first { &mut halves.0 } else { &mut halves.1 }.push(fact.clone());
    }
    halves
}

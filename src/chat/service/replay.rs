//! Rebuilds the prompt of a stored reply byte for byte.

use super::history;
use crate::chat::model::Status;
use crate::chat::prompt::{self, Asked, Cut, Memory, Prompt, Window};
use crate::chat::store::{self, StoredPrompt};
use crate::error::AppError;
use crate::facts::FactSet;
use crate::personas::model::Persona;
use crate::platform::db::Db;
use crate::platform::ids;

/// A reply with its prompt.
#[derive(Clone, Debug)]
pub struct Replayed {
    pub prompt: Prompt,
    /// What replaced earlier messages in it.
    pub memory: Option<Memory>,
    /// The requested model.
    pub model: String,
    pub temperature: f32,
    pub max_tokens: u32,
    /// The stored reply.
    pub answer: String,
    pub status: String,
}

/// Why a prompt cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum NoReplay {
    #[error(
        "{0:?} is not a message id; the API and the database show them, such as 0197c0de-0000-7000-8000-000000000000"
    )]
    NoId(String),
    #[error("no reply has this id: it never existed, or it was deleted with its conversation")]
    Gone,
    #[error("this reply is older than stored prompts: its prompt is unknown")]
    NotStored,
    #[error(
        "this reply's prompt was built with template {stored}, and this program builds template {}: check out the commit that built it",
        prompt::VERSION
    )]
    OtherTemplate { stored: String },
    #[error(
        "the rebuilt prompt is not the one that was sent (SHA-256 {now}, not {stored}): a message before it was changed in the database"
    )]
    Differs { stored: String, now: String },
    #[error("{0}")]
    Database(AppError),
}

impl From<AppError> for NoReplay {
    fn from(error: AppError) -> Self {
        Self::Database(error)
    }
}

/// Rebuilds the prompt of a reply of any tenant, for the operator. Changes nothing.
pub async fn replay(db: &Db, message_id: &str) -> Result<Replayed, NoReplay> {
    let id = ids::parse(message_id).ok_or_else(|| NoReplay::NoId(message_id.to_owned()))?;
    let found = store::find_prompt(db, &id).await.map_err(AppError::from)?;
    let mut stored = found.ok_or(NoReplay::Gone)?;
    let version = stored.version.take().ok_or(NoReplay::NotStored)?;
    let digest = stored.digest.take().ok_or(NoReplay::NotStored)?;
    if version != prompt::VERSION {
        return Err(NoReplay::OtherTemplate { stored: version });
    }
    let (prompt, memory) = again(db, &stored).await?;
    let now = prompt.digest();
    if now != digest {
        return Err(NoReplay::Differs { stored: digest, now });
    }
    Ok(Replayed {
        prompt,
        memory,
        model: stored.model.unwrap_or_default(),
        temperature: stored.temperature.unwrap_or_default() as f32,
        max_tokens: stored.max_tokens.and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
        answer: stored.content,
        status: Status::parse(&stored.status).unwrap_or(Status::Failed).as_str().to_owned(),
    })
}

/// Returns the prompt and what replaced earlier messages in it.
async fn again(db: &Db, stored: &StoredPrompt) -> Result<(Prompt, Option<Memory>), NoReplay> {
    let StoredPrompt { persona: Some(persona), facts: Some(facts), cut: Some(cut), .. } = stored
    else {
        return Err(NoReplay::NotStored);
    };
    let persona: Persona = serde_json::from_str(persona).map_err(AppError::internal)?;
    let cut: Cut = serde_json::from_str(cut).map_err(AppError::internal)?;
    let facts = FactSet::from_json(facts.clone())?;
    let place = (stored.tenant_id.as_str(), stored.conversation_id.as_str());
    let last = stored.parent_id.as_deref();
    let mut history = history::behind(db, place, last, cut.upto.as_deref()).await?;
    let asked = history.take_asked(None).ok_or(NoReplay::Gone)?;
    let asked = Asked { question: &asked.question, partial: &asked.answer };
    let memory = match &stored.memory_id {
        None => None,
        Some(id) => {
            let found = store::find_memory(db, &stored.tenant_id, id).await;
            Some(found.map_err(AppError::from)?.ok_or(NoReplay::Gone)?)
        }
    };
    let window = Window { memory: memory.as_ref(), exchanges: &history.branch.exchanges };
    let prompt = prompt::render(&persona, &facts, window, asked, cut);
    Ok((prompt, memory))
}

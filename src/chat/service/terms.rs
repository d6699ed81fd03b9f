//! With which model, and within which bounds, an adviser answers.

use super::{Chat, ReplySettings};
use crate::chat::prompt::Budget;
use crate::fireworks::context_tokens;
use crate::personas::model::Persona;

/// What an adviser is asked with: its own where it has them, else the installation's.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub model: String,
    pub temperature: f32,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// What that leaves for the prompt, whichever model answers.
    pub budget: Budget,
}

impl Chat {
    pub fn terms(&self, persona: &Persona) -> Terms {
        let ReplySettings { model, fallback_model, .. } = &*self.settings;
        let model = persona.model.as_ref().unwrap_or(model).clone();
        let max_tokens = persona.max_tokens.unwrap_or(self.settings.max_tokens);
        let context = |model: &str| self.settings.context_tokens.unwrap_or(context_tokens(model));
        let least = fallback_model.iter().fold(context(&model), |least, it| least.min(context(it)));
        Terms {
            temperature: persona.temperature.map_or(self.settings.temperature, |it| it as f32),
            budget: Budget::new(least, max_tokens),
            model,
            max_tokens,
        }
    }
}

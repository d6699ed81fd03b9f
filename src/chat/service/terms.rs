//! With which model, and within which bounds, an adviser answers.

use super::Chat;
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
    /// To this the longest answer may be raised for a model that needs more for its reasoning.
    most_tokens: u32,
}

/// How much larger a limit becomes that a model used up for thinking, and the largest that it becomes.
const LARGER: u32 = 4;
const LARGEST: u32 = 32_768;

impl Terms {
    /// The limit to ask with where `limit` was used up for thinking; none where it cannot be larger.
    pub fn larger(&self, limit: u32) -> Option<u32> {
        let larger = limit.saturating_mul(LARGER).min(self.most_tokens);
        (larger > limit).then_some(larger)
    }
}

impl Chat {
    pub fn terms(&self, persona: &Persona) -> Terms {
        let rules = self.personas.rules();
        // Advisers may have been saved before the operator bounded them.
        let own_model = persona.model.as_ref().filter(|model| rules.allows(model));
        let own_tokens = persona.max_tokens.map(|tokens| tokens.min(rules.most_tokens));
        let model = own_model.unwrap_or(&self.settings.model).clone();
        let max_tokens = own_tokens.unwrap_or(self.settings.max_tokens);
        let context = |model: &str| {
            let known = self.settings.context_tokens.unwrap_or(context_tokens(model));
            self.engine.learned_context(model).map_or(known, |learned| learned.min(known))
        };
        let least = context(&model).min(context(self.settings.stand_in()));
        Terms {
            temperature: persona.temperature.map_or(self.settings.temperature, |it| it as f32),
            budget: Budget::new(least, max_tokens),
            model,
            max_tokens,
            most_tokens: LARGEST.min(least / 2),
        }
    }
}

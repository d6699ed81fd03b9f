//! The model and limits of an adviser.

use super::Chat;
use crate::chat::prompt::Budget;
use crate::fireworks::context_tokens;
use crate::personas::model::Persona;

/// The settings of an adviser, with the installation's as defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub model: String,
    pub temperature: f32,
    /// Maximum reply tokens.
    pub max_tokens: u32,
    /// The remaining prompt budget, with either model.
    pub budget: Budget,
    /// Up to this, the limit may be raised for a model that needs more for reasoning.
    most_tokens: u32,
}

/// Factor by which a limit grows that reasoning used up, and its maximum.
const LARGER: u32 = 4;
const LARGEST: u32 = 32_768;

impl Terms {
    /// Returns the limit to use after reasoning used up `limit`. `None` if it cannot grow.
    pub fn larger(&self, limit: u32) -> Option<u32> {
        let larger = limit.saturating_mul(LARGER).min(self.most_tokens);
        (larger > limit).then_some(larger)
    }
}

impl Chat {
    pub fn terms(&self, persona: &Persona) -> Terms {
        let rules = self.personas.rules();
        // Advisers may have been saved before the operator's limit.
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

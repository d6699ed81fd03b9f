//! The operator's limits on advisers' models.

use std::sync::Arc;

/// Which models advisers may use, and how long their replies may be. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ModelRules {
    /// Full names, or the part after the last slash. `None` allows any model.
    allowed: Option<Arc<[String]>>,
    /// Maximum length of a reply in tokens.
    pub most_tokens: u32,
}

impl Default for ModelRules {
    /// Allows any model and the longest replies that the form accepts.
    fn default() -> Self {
        Self { allowed: None, most_tokens: super::validation::MOST_TOKENS }
    }
}

impl ModelRules {
    /// `allowed` holds full names, or the part after the last slash. `None` allows any model.
    pub fn new(allowed: Option<Vec<String>>, most_tokens: u32) -> Self {
        let most_tokens = most_tokens.min(super::validation::MOST_TOKENS);
        Self { allowed: allowed.map(Into::into), most_tokens }
    }

    pub fn allows(&self, model: &str) -> bool {
        let short = model.rsplit('/').next().unwrap_or(model);
        self.allowed
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|name| name == model || name == short))
    }

    /// Returns the allowed models for display; `None` if any is allowed.
    pub fn names(&self) -> Option<String> {
        self.allowed.as_ref().map(|allowed| allowed.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_allowed_by_its_whole_name_or_its_last_part() {
        let rules = ModelRules::new(Some(vec!["gpt-oss-120b".into(), "a/b/own".into()]), 9_999_999);
        for (model, allowed) in [
            ("gpt-oss-120b", true),
            ("accounts/fireworks/models/gpt-oss-120b", true),
            ("a/b/own", true),
            ("own", false),
            ("c/own", false),
            ("gpt-oss", false),
            ("", false),
        ] {
            assert_eq!(rules.allows(model), allowed, "{model}");
        }
        assert_eq!(rules.most_tokens, super::super::validation::MOST_TOKENS);
        assert!(ModelRules::default().allows("anything/at-all"));
    }
}

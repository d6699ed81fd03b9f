//! What the operator lets businesses choose for their advisers.

use std::sync::Arc;

/// Which models and how long answers advisers may have; clones share it.
#[derive(Clone, Debug)]
pub struct ModelRules {
    /// By whole name or by what stands behind the last slash; none: any model.
    allowed: Option<Arc<[String]>>,
    /// The longest answer, in tokens.
    pub most_tokens: u32,
}

impl Default for ModelRules {
    /// Any model, and the longest answers that anybody reads.
    fn default() -> Self {
        Self { allowed: None, most_tokens: super::validation::MOST_TOKENS }
    }
}

impl ModelRules {
    /// `allowed`: whole names, or what stands behind the last slash; none is any model.
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

    /// The models that are allowed, as a person reads them; none where any is.
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

//! Context sizes of known models.

/// By the last segment of the model's name. Source: the provider's model pages, 2026. Unlisted models are
/// assumed to be small.
const KNOWN: [(&str, u32); 5] = [
    ("qwen2p5-72b-instruct", 32_768),
    ("gpt-oss-120b", 131_072),
    ("gpt-oss-20b", 131_072),
    ("kimi-k2p6", 262_144),
    ("kimi-k2-instruct", 131_072),
];
const UNKNOWN: u32 = 32_768;

/// Returns a model's context size in tokens, prompt and reply together.
pub fn context_tokens(model: &str) -> u32 {
    let name = model.rsplit('/').next().unwrap_or(model);
    KNOWN.iter().find(|(known, _)| *known == name).map_or(UNKNOWN, |(_, tokens)| *tokens)
}

#[cfg(test)]
mod tests {
    use super::context_tokens;

    #[test]
    fn a_model_is_known_by_its_last_name_and_an_unknown_one_is_small() {
        assert_eq!(context_tokens("accounts/fireworks/models/gpt-oss-120b"), 131_072);
        assert_eq!(context_tokens("gpt-oss-120b"), 131_072);
        assert_eq!(context_tokens("somebodys/own"), 32_768);
    }
}

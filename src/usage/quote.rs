//! The maximum cost of a reply, computed before the request is sent.

use crate::platform::money::{MicroDollars, Price};

/// Minimum tokens of a useful reply. If a budget has no room for them, no request is sent.
const LEAST_TOKENS: u32 = 64;

/// Upper bound of the tokens that a chat template adds per message, for its role and end marker.
const TOKENS_A_MESSAGE: u64 = 16;
/// Upper bound of the tokens that a chat template adds before all messages and before the reply.
const TOKENS_A_PROMPT: u64 = 256;

/// Returns an upper bound of a prompt's tokens.
///
/// `bytes` is the sum of [`tokens::bound`](crate::platform::tokens::bound) of its texts. What a model's chat template
/// adds around each message is added here.
pub(super) fn most_prompt_tokens(messages: usize, bytes: u64) -> u64 {
    bytes + TOKENS_A_PROMPT + TOKENS_A_MESSAGE * messages as u64
}

/// The maximum cost of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Upper bound of the prices of all models that may reply.
    ceiling: Price,
    pub prompt_bytes: u64,
    prompt_tokens: u64,
    max_tokens: u32,
    /// The operator's caps.
    pub caps: OperatorCaps,
}

/// The operator's caps in micro-dollars; `None` is no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorCaps {
    /// Monthly cap of a tenant that has set no caps itself.
    pub default_monthly: Option<MicroDollars>,
    /// Monthly cap of all tenants together.
    pub monthly: Option<MicroDollars>,
    pub daily: Option<MicroDollars>,
}

impl Quote {
    /// Creates a quote for a prompt of `messages` messages with `prompt_bytes` bytes of text and a reply of
    /// up to `max_tokens` tokens. `ceiling` must cover the prices of all models that may reply.
    ///
    /// The bound of the prompt's tokens is about four times what prose takes; the difference is held back only
    /// while the reply runs.
    pub fn new(ceiling: Price, messages: usize, prompt_bytes: u64, max_tokens: u32) -> Self {
        let prompt_tokens = most_prompt_tokens(messages, prompt_bytes);
        let caps = OperatorCaps::default();
        Self { ceiling, prompt_bytes, prompt_tokens, max_tokens, caps }
    }

    /// Sets the operator's caps.
    pub fn under(self, caps: OperatorCaps) -> Self {
        Self { caps, ..self }
    }

    /// Returns the amount to reserve for the longest reply.
    pub fn whole_micros(&self) -> MicroDollars {
        self.with_answer_of(self.max_tokens)
    }

    /// Returns the amount to reserve for the shortest useful reply.
    pub fn least_micros(&self) -> MicroDollars {
        self.with_answer_of(self.max_tokens.min(LEAST_TOKENS))
    }

    fn with_answer_of(&self, tokens: u32) -> MicroDollars {
        self.ceiling.cost_micros(self.prompt_tokens, 0, tokens.into())
    }

    /// Returns the maximum number of reply tokens whose cost stays within `held_micros`.
    pub fn tokens_within(&self, held_micros: MicroDollars) -> u32 {
        if self.ceiling.output == 0 || held_micros >= self.whole_micros() {
            return self.max_tokens;
        }
        let prompt = i128::from(self.prompt_tokens) * i128::from(self.ceiling.input);
        let left = (i128::from(held_micros) * 1_000_000 - prompt).max(0);
        let tokens = left / i128::from(self.ceiling.output);
        u32::try_from(tokens).unwrap_or(u32::MAX).min(self.max_tokens)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reservation_covers_the_prompt_and_the_longest_reply() {
        let quote = Quote::new(Price::new(1_000_000, 1_000_000, 2_000_000), 2, 1_000, 100);
        assert_eq!(quote.whole_micros(), 1_000 + 256 + 2 * 16 + 2 * 100);
        assert_eq!(quote.least_micros(), 1_000 + 256 + 2 * 16 + 2 * 64);
        assert_eq!(quote.tokens_within(quote.whole_micros()), 100);
        assert_eq!(quote.tokens_within(quote.least_micros()), 64);
    }

    #[test]
    fn a_free_model_is_not_limited_by_the_budget() {
        let quote = Quote::new(Price::new(0, 0, 0), 2, 1_000, 100);
        assert_eq!((quote.whole_micros(), quote.tokens_within(0)), (0, 100));
    }

    proptest! {
        #[test]
        fn a_reservation_covers_the_tokens_it_allows(
            input in 0i64..9_000_000, output in 0i64..9_000_000,
            bytes in 0u64..100_000, max_tokens in 1u32..10_000, share in 0.0f64..=1.0,
        ) {
            let ceiling = Price::new(input, input, output);
            let quote = Quote::new(ceiling, 3, bytes, max_tokens);
            let (least, whole) = (quote.least_micros(), quote.whole_micros());
            prop_assert!(least <= whole);
            let held = least + ((whole - least) as f64 * share) as i64;
            let tokens = quote.tokens_within(held);
            prop_assert!(tokens >= max_tokens.min(LEAST_TOKENS) && tokens <= max_tokens);
            prop_assert!(ceiling.cost_micros(quote.prompt_tokens, 0, tokens.into()) <= held);
        }
    }
}

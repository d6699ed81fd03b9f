//! What an answer may cost at most, worked out before it is asked for.

use crate::platform::money::{MicroDollars, Price};

/// Fewer tokens than these are no useful answer: where a budget has not room for them, nothing is asked.
const LEAST_TOKENS: u32 = 64;

/// Tokens that a model's chat template may set around each message: who speaks, where it ends.
const TOKENS_A_MESSAGE: u64 = 16;
/// Tokens that a template may set before all messages and before the answer.
const TOKENS_A_PROMPT: u64 = 256;

/// The most tokens that a prompt can be.
///
/// `bytes` is the sum of [`tokens::bound`](crate::platform::tokens::bound) of its texts. What a model's chat template
/// adds around each message is added here.
pub(super) fn most_prompt_tokens(messages: usize, bytes: u64) -> u64 {
    bytes + TOKENS_A_PROMPT + TOKENS_A_MESSAGE * messages as u64
}

/// What an answer may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// No model that may answer costs more.
    ceiling: Price,
    pub prompt_bytes: u64,
    prompt_tokens: u64,
    max_tokens: u32,
    /// What the operator lets businesses spend.
    pub caps: OperatorCaps,
}

/// The operator's caps, in micro-dollars; none is no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorCaps {
    /// A month's, for a tenant that has set no caps itself.
    pub default_monthly: Option<MicroDollars>,
    /// Of all tenants together.
    pub monthly: Option<MicroDollars>,
    pub daily: Option<MicroDollars>,
}

impl Quote {
    /// A quote for a prompt of `messages` messages with `prompt_bytes` bytes of text in them, and an
    /// answer of up to `max_tokens` tokens, at prices that `ceiling` covers.
    ///
    /// The bound of the prompt's tokens is about four times what prose takes; the difference is held back only
    /// while the reply runs.
    pub fn new(ceiling: Price, messages: usize, prompt_bytes: u64, max_tokens: u32) -> Self {
        let prompt_tokens = most_prompt_tokens(messages, prompt_bytes);
        let caps = OperatorCaps::default();
        Self { ceiling, prompt_bytes, prompt_tokens, max_tokens, caps }
    }

    /// The same under the operator's caps.
    pub fn under(self, caps: OperatorCaps) -> Self {
        Self { caps, ..self }
    }

    /// To hold back for the longest answer.
    pub fn whole_micros(&self) -> MicroDollars {
        self.with_answer_of(self.max_tokens)
    }

    /// To hold back for the shortest answer that is worth asking for.
    pub fn least_micros(&self) -> MicroDollars {
        self.with_answer_of(self.max_tokens.min(LEAST_TOKENS))
    }

    fn with_answer_of(&self, tokens: u32) -> MicroDollars {
        self.ceiling.cost_micros(self.prompt_tokens, 0, tokens.into())
    }

    /// How many tokens an answer may have whose cost is to stay within `held_micros`.
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
    fn the_whole_covers_the_prompt_and_the_longest_answer() {
        let quote = Quote::new(Price::new(1_000_000, 1_000_000, 2_000_000), 2, 1_000, 100);
        assert_eq!(quote.whole_micros(), 1_000 + 256 + 2 * 16 + 2 * 100);
        assert_eq!(quote.least_micros(), 1_000 + 256 + 2 * 16 + 2 * 64);
        assert_eq!(quote.tokens_within(quote.whole_micros()), 100);
        assert_eq!(quote.tokens_within(quote.least_micros()), 64);
    }

    #[test]
    fn a_model_that_costs_nothing_is_not_cut_short() {
        let quote = Quote::new(Price::new(0, 0, 0), 2, 1_000, 100);
        assert_eq!((quote.whole_micros(), quote.tokens_within(0)), (0, 100));
    }

    proptest! {
        #[test]
        fn what_is_held_covers_the_tokens_that_it_allows(
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

//! Checks the plausibility of a provider's token counts. Providers report wrapped, negative and missing
//! counts, which would otherwise be charged.

use super::quote::most_prompt_tokens;
use super::service::Tokens;

/// What is known of a reply independently of its provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Number of the prompt's messages, and bytes of text in them.
    pub messages: usize,
    pub prompt_bytes: u64,
    /// The requested token limit, for which the budget was reserved.
    pub max_tokens: u32,
    /// Bytes of received text, including reasoning.
    pub received_bytes: u64,
}

/// Tokens beyond a limit, for start and end markers.
const SLACK: u64 = 16;
/// Maximum average bytes per token of a reply.
const MOST_BYTES_A_TOKEN: u64 = 64;

impl Evidence {
    /// The most tokens that the prompt can have had.
    pub fn most_prompt(&self) -> u64 {
        most_prompt_tokens(self.messages, self.prompt_bytes) + SLACK
    }

    /// The most tokens that the reply should have had, including reasoning that was not sent.
    pub fn most_completion(&self) -> u64 {
        u64::from(self.max_tokens) + SLACK
    }

    /// Limits counts to the reserved ones, so that no reply costs more than its reservation.
    pub fn within_reservation(&self, tokens: Tokens) -> Tokens {
        Tokens {
            prompt: tokens.prompt.min(most_prompt_tokens(self.messages, self.prompt_bytes)),
            completion: tokens.completion.min(self.max_tokens.into()),
            ..tokens
        }
    }

    /// Whether the prompt can have had so many tokens.
    pub fn admits_prompt(&self, tokens: u64) -> bool {
        tokens <= self.most_prompt() && (tokens > 0 || self.prompt_bytes == 0)
    }

    /// Whether the reply can have had so many tokens.
    pub fn admits_completion(&self, tokens: u64) -> bool {
        tokens <= self.most_completion()
            && tokens.saturating_mul(MOST_BYTES_A_TOKEN) >= self.received_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: Evidence =
        Evidence { messages: 2, prompt_bytes: 4_000, max_tokens: 2_048, received_bytes: 200 };

    #[test]
    fn a_completion_is_bounded_by_the_limit() {
        for (tokens, is_plausible) in [
            (54, true),
            (2_048, true),
            (2_064, true),
            (4, true),
            (2_065, false),
            (3, false),
            (0, false),
            (4_294_967_261, false),
            (u64::MAX - 34, false),
            (u64::MAX, false),
        ] {
            assert_eq!(REPLY.admits_completion(tokens), is_plausible, "{tokens}");
        }
    }

    #[test]
    fn without_text_zero_is_a_count_and_hidden_reasoning_is_one() {
        let silent = Evidence { received_bytes: 0, ..REPLY };
        assert!(silent.admits_completion(0) && silent.admits_completion(2_048));
        assert!(!silent.admits_completion(3_000));
    }

    #[test]
    fn a_count_beyond_the_limit_is_not_admitted_even_with_that_much_text() {
        let long = Evidence { received_bytes: 40_000, ..REPLY };
        assert!(long.admits_completion(2_048));
        assert!(!long.admits_completion(10_000));
    }

    #[test]
    fn no_count_passes_the_reservation() {
        let most = Tokens { prompt: 4_000 + 256 + 2 * 16, cached: 8, completion: 2_048 };
        assert_eq!(REPLY.within_reservation(most), most);
        let more = Tokens { prompt: most.prompt + 1, completion: most.completion + 1, ..most };
        assert_eq!(REPLY.within_reservation(more), most);
    }

    #[test]
    fn a_prompt_is_bounded_by_its_text() {
        for (tokens, is_plausible) in
            [(1_000, true), (4_000, true), (1, true), (0, false), (9_000, false)]
        {
            assert_eq!(REPLY.admits_prompt(tokens), is_plausible, "{tokens}");
        }
    }
}

//! What a model's tokens cost.
//!
//! Source: the provider's public price page, 2026, in US dollars a million tokens, which is the same
//! number in micro-dollars a token.

/// Micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub input: i64,
    pub cached_input: i64,
    pub output: i64,
}

const fn price(input: i64, cached_input: i64, output: i64) -> Price {
    Price { input, cached_input, output }
}

const PRICES: [(&str, Price); 7] = [
    ("gpt-oss-120b", price(150_000, 15_000, 600_000)),
    ("glm-5p3-flash", price(150_000, 30_000, 500_000)),
    ("minimax-m3", price(300_000, 60_000, 1_200_000)),
    ("deepseek-v4-pro-0813", price(1_320_000, 44_000, 3_960_000)),
    ("kimi-k2p6", price(950_000, 160_000, 4_000_000)),
    ("qwen3p8-max", price(2_000_000, 250_000, 6_000_000)),
    ("qwen2p5-72b-instruct", price(900_000, 900_000, 900_000)),
];

/// For a model that is not in the list: the dearest known one of its size class, so that an unknown
/// model is never taken for a cheap one.
const UNKNOWN: Price = price(900_000, 900_000, 900_000);

/// The price of a model, by its full name or the part behind the last slash.
pub fn of(model: &str) -> Price {
    let name = model.rsplit('/').next().unwrap_or(model);
    PRICES.iter().find(|(known, _)| *known == name).map_or(UNKNOWN, |(_, price)| *price)
}

impl Price {
    /// Micro-dollars for an answer, rounded up. `cached` tokens are part of `prompt`.
    pub fn cost_micros(self, prompt: u64, cached: u64, completion: u64) -> i64 {
        let cached = cached.min(prompt);
        let sum = i128::from(prompt - cached) * i128::from(self.input)
            + i128::from(cached) * i128::from(self.cached_input)
            + i128::from(completion) * i128::from(self.output);
        i64::try_from((sum + 999_999) / 1_000_000).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_costs_what_the_price_page_says() {
        let price = of("accounts/fireworks/models/gpt-oss-120b");
        assert_eq!(price.cost_micros(1_000_000, 0, 0), 150_000);
        assert_eq!(price.cost_micros(1_000_000, 1_000_000, 0), 15_000);
        assert_eq!(price.cost_micros(812, 0, 341), 327);
    }

    #[test]
    fn more_cached_tokens_than_prompt_tokens_never_pay_us() {
        assert!(of("anything").cost_micros(10, 50, 0) >= 0);
    }
}

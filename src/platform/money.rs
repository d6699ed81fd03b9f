//! Money in integer micro-dollars, so that sums are exact.

use std::str::FromStr;

/// A millionth of a dollar.
pub type MicroDollars = i64;

/// The largest amount in a form or a setting: a million dollars.
pub const MOST: MicroDollars = 1_000_000_000_000;

/// Parses dollars (`25`, `$25.50`, `0.015`) exactly. Returns `None` if the text is not an amount, is negative, has more
/// than six decimals or exceeds [`MOST`].
pub fn parse_dollars(text: &str) -> Option<MicroDollars> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text).trim_start();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 6 || whole.len() > 7 {
        return None;
    }
    let whole: MicroDollars = whole.parse().ok()?;
    let decimals: MicroDollars = format!("{decimals:0<6}").parse().ok()?;
    Some(whole * 1_000_000 + decimals).filter(|amount| *amount <= MOST)
}

/// Price of a million tokens in micro-dollars, which is the price of one token in millionths of a micro-dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub input: MicroDollars,
    /// For prompt tokens from the provider's cache.
    pub cached_input: MicroDollars,
    pub output: MicroDollars,
}

impl Price {
    pub const fn new(input: MicroDollars, cached: MicroDollars, output: MicroDollars) -> Self {
        Self { input, cached_input: cached, output }
    }

    /// Returns the cost of a reply in micro-dollars, rounded up. `prompt` includes `cached`.
    pub fn cost_micros(self, prompt: u64, cached: u64, completion: u64) -> MicroDollars {
        let cached = cached.min(prompt);
        let sum = i128::from(prompt - cached) * i128::from(self.input)
            + i128::from(cached) * i128::from(self.cached_input)
            + i128::from(completion) * i128::from(self.output);
        MicroDollars::try_from((sum + 999_999) / 1_000_000).unwrap_or(MicroDollars::MAX)
    }

    /// Returns a price that is at least both, also where the provider caches nothing.
    pub fn ceiling(self, other: Self) -> Self {
        let input = self.input.max(other.input).max(self.cached_input).max(other.cached_input);
        Self::new(input, input, self.output.max(other.output))
    }
}

/// Parses `0.15/0.015/0.60`: dollars for a million input, cached input and output tokens.
impl FromStr for Price {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not a price; write input/cached/output in dollars for a million tokens, such as 0.15/0.015/0.60"
            )
        };
        let parts: Option<Vec<_>> = text.split('/').map(parse_dollars).collect();
        match parts.as_deref() {
            Some([input, cached, output]) => Ok(Self::new(*input, *cached, *output)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dollar_amounts_are_parsed_exactly_or_refused() {
        for (text, micros) in [
            ("25", 25_000_000),
            (" $25.50 ", 25_500_000),
            ("0.015", 15_000),
            ("0.000001", 1),
            ("0", 0),
            ("1000000", MOST),
        ] {
            assert_eq!(parse_dollars(text), Some(micros), "{text:?}");
        }
        for text in ["", "-1", "1.", ".5", "1e3", "1,5", "0.0000001", "1000000.01", "99999999", "٣"]
        {
            assert_eq!(parse_dollars(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_price_has_three_amounts() {
        let price: Price = "0.15/0.015/0.60".parse().unwrap();
        assert_eq!(price, Price::new(150_000, 15_000, 600_000));
        for text in ["", "0.15", "0.15/0.60", "a/b/c", "1/2/3/4", "0.15/-1/2"] {
            assert!(text.parse::<Price>().unwrap_err().contains("0.15/0.015/0.60"), "{text:?}");
        }
    }

    #[test]
    fn costs_are_rounded_up_to_a_micro_dollar() {
        let price = Price::new(150_000, 15_000, 600_000);
        assert_eq!(price.cost_micros(0, 0, 0), 0);
        assert_eq!(price.cost_micros(1, 1, 0), 1);
        assert_eq!(price.cost_micros(812, 0, 341), 327);
        assert_eq!(price.cost_micros(812, 812, 341), 217);
    }

    #[test]
    fn excess_cached_tokens_never_make_a_cost_negative() {
        assert_eq!(Price::new(900_000, 0, 1).cost_micros(10, 50, 0), 0);
    }

    proptest! {
        #[test]
        fn costs_saturate_at_the_maximum(
            a in (0i64..10_000_000, 0i64..10_000_000, 0i64..10_000_000),
            b in (0i64..10_000_000, 0i64..10_000_000, 0i64..10_000_000),
            prompt in 0u64..200_000, cached in 0u64..200_000, completion in 0u64..200_000,
        ) {
            let (a, b) = (Price::new(a.0, a.1, a.2), Price::new(b.0, b.1, b.2));
            let ceiling = a.ceiling(b).cost_micros(prompt, 0, completion);
            prop_assert!(a.cost_micros(prompt, cached, completion) <= ceiling);
            prop_assert!(b.cost_micros(prompt, cached, completion) <= ceiling);
        }
    }
}

//! Token prices of models over time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use time::Date;
use time::macros::date;

use crate::platform::clock::{self, Micros};
use crate::platform::config::PriceConfig;
use crate::platform::money::Price;

/// A price that is valid from a day (UTC) until a later price of the same model.
struct Listed {
    model: &'static str,
    valid_from: Date,
    price: Price,
}

const fn listed(model: &'static str, input: i64, cached: i64, output: i64) -> Listed {
    Listed { model, valid_from: START, price: Price::new(input, cached, output) }
}

/// Earlier than any reply.
const START: Date = date!(2020 - 01 - 01);

/// Source: the provider's public price page, 2026. A price change is added as a further line with its date.
const LIST: [Listed; 7] = [
    listed("gpt-oss-120b", 150_000, 15_000, 600_000),
    listed("glm-5p3-flash", 150_000, 30_000, 500_000),
    listed("minimax-m3", 300_000, 60_000, 1_200_000),
    listed("deepseek-v4-pro-0813", 1_320_000, 44_000, 3_960_000),
    listed("kimi-k2p6", 950_000, 160_000, 4_000_000),
    listed("qwen3p8-max", 2_000_000, 250_000, 6_000_000),
    listed("qwen2p5-72b-instruct", 900_000, 900_000, 900_000),
];

/// Maximum number of unknown models that are logged. The bound is needed because members choose their
/// advisers' models.
const MOST_WARNED: usize = 1_000;

/// The prices of all models. Clones share the list of models that were logged as unknown.
#[derive(Clone)]
pub struct Prices(Arc<Inner>);

struct Inner {
    /// `None` if every model is free.
    settings: Option<PriceConfig>,
    /// Unknown models that were logged.
    warned: Mutex<HashSet<String>>,
}

impl Prices {
    pub fn new(settings: PriceConfig) -> Self {
        Self(Arc::new(Inner { settings: Some(settings), warned: Mutex::default() }))
    }

    /// Creates a list in which every model is free, for the emulator's replies.
    pub fn free() -> Self {
        Self(Arc::new(Inner { settings: None, warned: Mutex::default() }))
    }

    /// Returns the price of a model at a time, by its full name or last segment. The operator's price takes
    /// precedence over the list. An unknown model gets the operator's default price, and is logged.
    pub fn of(&self, model: &str, at: Micros) -> Price {
        let Some(settings) = &self.0.settings else { return Price::new(0, 0, 0) };
        let name = short(model);
        let own = settings.models.iter().find(|(known, _)| short(known) == name);
        own.map(|(_, price)| *price)
            .or_else(|| find(&LIST, name, clock::date(at)))
            .unwrap_or_else(|| self.unknown(name, settings.unknown))
    }

    /// Lists the models with a known price, by their last segment.
    pub fn known_models(&self) -> Vec<String> {
        let own = self.0.settings.iter().flat_map(|settings| &settings.models);
        let own = own.map(|(model, _)| short(model).to_owned());
        own.chain(LIST.iter().map(|line| line.model.to_owned())).collect()
    }

    fn unknown(&self, name: &str, price: Price) -> Price {
        let mut warned = self.0.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.len() < MOST_WARNED && warned.insert(name.to_owned()) {
            tracing::warn!(
                model = name,
                "model price unknown, DEFAULT_PRICE used; set it in MODEL_PRICES"
            );
        }
        price
    }
}

fn short(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// Returns the newest price that is valid on that day.
fn find(list: &[Listed], model: &str, day: Date) -> Option<Price> {
    list.iter()
        .filter(|line| line.model == model && line.valid_from <= day)
        .max_by_key(|line| line.valid_from)
        .map(|line| line.price)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Micros = 1_795_415_520_000_000;

    fn prices(own: &[(&str, Price)]) -> Prices {
        let models = own.iter().map(|(model, price)| ((*model).to_owned(), *price)).collect();
        Prices::new(PriceConfig { models, unknown: Price::new(7, 7, 7) })
    }

    #[test]
    fn a_model_is_known_by_its_whole_name_and_by_its_last_part() {
        let known = Price::new(150_000, 15_000, 600_000);
        for name in ["gpt-oss-120b", "accounts/fireworks/models/gpt-oss-120b"] {
            assert_eq!(prices(&[]).of(name, NOW), known, "{name}");
        }
    }

    #[test]
    fn every_model_of_the_emulator_is_free() {
        for name in ["gpt-oss-120b", "unknown"] {
            assert_eq!(Prices::free().of(name, NOW), Price::new(0, 0, 0), "{name}");
        }
        assert!(Prices::free().known_models().contains(&"gpt-oss-120b".to_owned()));
    }

    #[test]
    fn the_operators_own_price_wins_and_an_unknown_model_has_the_default() {
        let mine = Price::new(1, 2, 3);
        let prices = prices(&[("gpt-oss-120b", mine), ("accounts/us/models/ours", mine)]);
        assert_eq!(prices.of("accounts/fireworks/models/gpt-oss-120b", NOW), mine);
        assert_eq!(prices.of("ours", NOW), mine);
        assert_eq!(prices.of("accounts/x/models/other", NOW), Price::new(7, 7, 7));
        prices.of("another/other", NOW);
        assert_eq!(prices.0.warned.lock().unwrap().len(), 1, "warned of once");
        for number in 0..10_000 {
            prices.of(&number.to_string(), NOW);
        }
        assert_eq!(prices.0.warned.lock().unwrap().len(), MOST_WARNED);
    }

    #[test]
    fn a_new_price_counts_from_its_day_on_and_changes_nothing_before() {
        let (old, new) = (Price::new(2, 1, 4), Price::new(3, 1, 6));
        let list = [
            Listed { model: "m", valid_from: date!(2026 - 06 - 01), price: new },
            Listed { model: "m", valid_from: START, price: old },
        ];
        assert_eq!(find(&list, "m", date!(2026 - 05 - 31)), Some(old));
        assert_eq!(find(&list, "m", date!(2026 - 06 - 01)), Some(new));
        assert_eq!(find(&list, "m", date!(2019 - 12 - 31)), None);
        assert_eq!(find(&list, "n", date!(2026 - 06 - 01)), None);
    }
}

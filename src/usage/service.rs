//! The ledger's rules: what an answer may cost, what it cost, what was left unsettled.

use super::model::Usage;
use super::store::entries;
use super::{Prices, Quote};
use crate::accounts::Accounts;
use crate::error::AppError;
use crate::personas::Personas;
use crate::platform::clock::Micros;
use crate::platform::db::Db;
use crate::platform::money::Price;

/// What answers cost and may cost; clones share the database and the prices.
#[derive(Clone)]
pub struct Ledger {
    pub(super) db: Db,
    prices: Prices,
    pub(super) accounts: Accounts,
    pub(super) personas: Personas,
}

impl Ledger {
    pub fn new(db: Db, prices: Prices, accounts: Accounts, personas: Personas) -> Self {
        Self { db, prices, accounts, personas }
    }

    /// The most that an answer may cost whichever of `models` gives it. See [`Quote::new`].
    pub fn quote<'a>(
        &self,
        models: impl Iterator<Item = &'a str>,
        (messages, prompt_bytes): (usize, usize),
        max_tokens: u32,
        at: Micros,
    ) -> Quote {
        let free = Price::new(0, 0, 0);
        let ceiling =
            models.fold(free, |ceiling, model| ceiling.ceiling(self.prices.of(model, at)));
        Quote::new(ceiling, messages, prompt_bytes, max_tokens)
    }

    /// What an answer took by the provider's count, with its cost at the prices of `asked_at`.
    pub fn counted(&self, model: &str, asked_at: Micros, tokens: Tokens) -> Usage {
        let Tokens { prompt, cached, completion } = tokens;
        Usage {
            prompt_tokens: prompt,
            cached_tokens: cached,
            completion_tokens: completion,
            cost_micros: self.prices.of(model, asked_at).cost_micros(prompt, cached, completion),
            estimated: false,
        }
    }

    /// What an answer took where the provider's count never came: four bytes a token for the prompt,
    /// and for the answer one token for each piece that came. A piece holds at least one, so nobody
    /// is charged for more than was made. Where no piece came the answer costs nothing.
    pub fn estimated(
        &self,
        model: &str,
        asked_at: Micros,
        prompt_bytes: u64,
        pieces: u64,
    ) -> Usage {
        if pieces == 0 {
            return Usage::default();
        }
        let tokens = Tokens { prompt: prompt_bytes.div_ceil(4), cached: 0, completion: pieces };
        Usage { estimated: true, ..self.counted(model, asked_at, tokens) }
    }

    /// Every tenant's reservations from before a moment that were not settled yet.
    pub async fn open_reservations(
        &self,
        before: Micros,
    ) -> Result<Vec<OpenReservation>, AppError> {
        Ok(entries::list_open(&self.db, before).await?)
    }
}

/// A reservation that was not settled yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReservation {
    pub tenant_id: String,
    pub message_id: String,
    /// The model that was asked first.
    pub model: String,
    pub asked_at: Micros,
    pub prompt_bytes: u64,
}

/// A provider's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// All of the prompt, those from the cache included.
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
}

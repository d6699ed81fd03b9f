//! The rules of the ledger: quotes, charges and open reservations.

use super::model::Usage;
use super::plausible::Evidence;
use super::store::reports::DisputedRow;
use super::store::{entries, reports};
use super::{OperatorCaps, Prices, Quote};
use crate::accounts::Accounts;
use crate::analytics::Analytics;
use crate::error::AppError;
use crate::personas::Personas;
use crate::platform::clock::Micros;
use crate::platform::db::Db;
use crate::platform::money::{self, MicroDollars, Price};

/// The ledger. Clones share the database and the prices.
#[derive(Clone)]
pub struct Ledger {
    pub(super) db: Db,
    prices: Prices,
    pub(super) accounts: Accounts,
    pub(super) personas: Personas,
    pub(super) analytics: Analytics,
    pub(super) caps: OperatorCaps,
}

impl Ledger {
    pub fn new(
        db: Db,
        prices: Prices,
        accounts: Accounts,
        personas: Personas,
        analytics: Analytics,
    ) -> Self {
        Self { db, prices, accounts, personas, analytics, caps: OperatorCaps::default() }
    }

    /// Sets the operator's caps.
    pub fn with_caps(self, caps: OperatorCaps) -> Self {
        Self { caps, ..self }
    }

    /// Returns the maximum cost of a reply from any of `models`. See [`Quote::new`].
    pub fn quote<'a>(
        &self,
        models: impl Iterator<Item = &'a str>,
        (messages, prompt_bytes): (usize, u64),
        max_tokens: u32,
        at: Micros,
    ) -> Quote {
        let free = Price::new(0, 0, 0);
        let ceiling =
            models.fold(free, |ceiling, model| ceiling.ceiling(self.prices.of(model, at)));
        Quote::new(ceiling, messages, prompt_bytes, max_tokens).under(self.caps)
    }

    /// Returns the usage of a reply, with its cost at the prices of `asked_at`.
    ///
    /// The provider's counts are charged as far as `evidence` admits them. A missing or impossible count is
    /// replaced by the one of `count`, which is called only then, and the usage is marked as estimated. It is
    /// also marked as disputed if a count is too high. No more than the reserved tokens is charged. A reply
    /// without text and without a possible count costs nothing.
    pub fn charge(
        &self,
        model: &str,
        asked_at: Micros,
        told: Option<Tokens>,
        evidence: &Evidence,
        count: impl FnOnce() -> Tokens,
    ) -> Usage {
        let prompt = told.map(|told| told.prompt).filter(|n| evidence.admits_prompt(*n));
        let completion =
            told.map(|told| told.completion).filter(|n| evidence.admits_completion(*n));
        let disputed = told.is_some_and(|told| {
            told.prompt > evidence.most_prompt() || told.completion > evidence.most_completion()
        });
        if let Some(told) = told.filter(|_| disputed) {
            tracing::warn!(
                model,
                tokens.prompt = told.prompt,
                tokens.completion = told.completion,
                "provider usage disputed"
            );
        }
        if completion.is_none() && evidence.received_bytes == 0 {
            return Usage { estimated: disputed, disputed, ..Usage::default() };
        }
        let tokens = match (told, prompt, completion) {
            (Some(told), Some(_), Some(_)) => told,
            _ => {
                let counted = count();
                let cached = told.map_or(0, |told| told.cached);
                Tokens {
                    prompt: prompt.unwrap_or(counted.prompt),
                    cached: if prompt.is_some() { cached } else { 0 },
                    completion: completion.unwrap_or(counted.completion),
                }
            }
        };
        let charged = evidence.within_reservation(tokens);
        let estimated = told != Some(charged);
        Usage { estimated, disputed, ..self.counted(model, asked_at, charged) }
    }

    /// Computes the cost of token counts. Counts and cost are bounded so that sums over the ledger do not
    /// overflow their columns.
    fn counted(&self, model: &str, asked_at: Micros, tokens: Tokens) -> Usage {
        let bounded = |tokens: u64| tokens.min(MOST_TOKENS);
        let (prompt, completion) = (bounded(tokens.prompt), bounded(tokens.completion));
        let cached = tokens.cached.min(prompt);
        let cost = self.prices.of(model, asked_at).cost_micros(prompt, cached, completion);
        Usage {
            prompt_tokens: prompt,
            cached_tokens: cached,
            completion_tokens: completion,
            cost_micros: cost.min(MOST_COST),
            estimated: false,
            disputed: false,
        }
    }

    /// Returns the models whose providers reported impossible usage since a moment, latest first, of all
    /// tenants. For operators.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn disputed(&self, since: Micros) -> Result<Vec<DisputedRow>, AppError> {
        Ok(reports::list_disputed(&self.db, since, MOST_DISPUTED).await?)
    }

    /// Every tenant's reservations from before a moment that were not settled yet.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn open_reservations(
        &self,
        before: Micros,
    ) -> Result<Vec<OpenReservation>, AppError> {
        Ok(entries::list_open(&self.db, before).await?)
    }
}

/// An unsettled reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReservation {
    pub tenant_id: String,
    pub message_id: String,
    /// The model that was asked first.
    pub model: String,
    pub asked_at: Micros,
    pub prompt_bytes: u64,
    pub held_micros: MicroDollars,
}

/// How many models [`Ledger::disputed`] lists.
const MOST_DISPUTED: i64 = 20;

/// The most that one entry of the ledger may hold; the database refuses more (migration 0010).
const MOST_TOKENS: u64 = 1_000_000_000;
const MOST_COST: MicroDollars = money::MOST;

/// Token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// All prompt tokens, including cached ones.
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
}

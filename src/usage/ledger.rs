//! The two entries of an answer, written in the transactions that begin and end it.

use super::model::Usage;
use super::{Quote, store};
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};
use crate::platform::money::MicroDollars;

/// What a reservation pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Reply,
    /// A summary of a conversation's earlier messages. It is reserved whole or not at all, and only
    /// where the caps then still leave room for `spare_micros`: a question to come.
    Summary {
        spare_micros: MicroDollars,
    },
}

impl Purpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Summary { .. } => "summary",
        }
    }
}

/// An answer that is about to be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Reservation<'a> {
    pub tenant_id: &'a str,
    /// Who asks.
    pub account_id: &'a str,
    pub conversation_id: &'a str,
    pub message_id: &'a str,
    pub persona: &'a str,
    /// The model that is asked first.
    pub model: &'a str,
    pub quote: Quote,
    pub purpose: Purpose,
    pub now: Micros,
    /// The tenant's day, ISO: the entries count in it and in its month.
    pub day: &'a str,
}

/// Holds back what the answer may cost, or what is left of the tightest cap where that is less and
/// still enough; returns what was held. None, and no entry, where no useful answer fits.
///
/// Checking and holding are one statement on the one writer: sends at the same moment cannot both
/// take the last of a budget.
pub async fn reserve_in(
    tx: &mut Tx,
    reservation: &Reservation<'_>,
) -> Result<Option<MicroDollars>, DbError> {
    store::entries::insert_reserve(tx, reservation).await
}

/// An answer that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Settlement<'a> {
    pub tenant_id: &'a str,
    pub message_id: &'a str,
    /// The model that answered.
    pub model: &'a str,
    pub usage: Usage,
    /// The answer's status as it is stored.
    pub status: &'a str,
    pub now: Micros,
}

/// Charges what the answer cost and releases what was held for it; a cost of 0 only releases. False,
/// and no entry, where it was settled before.
pub async fn settle_in(tx: &mut Tx, settlement: &Settlement<'_>) -> Result<bool, DbError> {
    store::entries::insert_settle(tx, settlement).await
}

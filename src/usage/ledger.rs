//! The two ledger entries of a reply, written in the transactions that start and end it.

use super::model::Usage;
use super::{Quote, store};
use crate::platform::clock::Micros;
use crate::platform::db::{Args, DbError, Tx};
use crate::platform::money::MicroDollars;

/// The purpose of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Reply,
    /// A summary of a conversation's earlier messages, or its title. It is reserved in full or not at all, and only if the
    /// caps then leave `spare_micros` for the next question.
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

/// The parameters of a reservation, which precedes the request.
#[derive(Clone, Copy, Debug)]
pub struct Reservation<'a> {
    pub tenant_id: &'a str,
    /// The member who asks.
    pub account_id: &'a str,
    pub conversation_id: &'a str,
    pub message_id: &'a str,
    pub persona: &'a str,
    /// The model that is asked first.
    pub model: &'a str,
    pub quote: Quote,
    pub purpose: Purpose,
    pub now: Micros,
    /// The tenant's current day (ISO). The entries count towards this day and its month.
    pub day: &'a str,
}

/// Reserves the maximum cost of the reply. If less is left under the tightest cap, reserves that remainder,
/// provided it suffices for a useful reply. Returns the reserved amount. Returns `None`, and inserts nothing,
/// if no useful reply fits.
///
/// The check and the insertion are one statement on the single writer, so concurrent sends cannot both take
/// the rest of a budget.
pub async fn reserve_in(
    tx: &mut Tx,
    reservation: &Reservation<'_>,
) -> Result<Option<MicroDollars>, DbError> {
    store::entries::insert_reserve(tx, reservation).await
}

/// The statement of [`reserve_in`], for a script. Returns a row with the reserved amount if it inserts one.
pub const RESERVE: &str = store::entries::RESERVE;

/// Adds the arguments of [`RESERVE`].
pub fn reserve_args(args: Args, reservation: &Reservation<'_>) -> Args {
    store::entries::reserve_args(args, reservation)
}

/// The parameters of a settlement, which follows the end of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Settlement<'a> {
    pub tenant_id: &'a str,
    pub message_id: &'a str,
    /// The model that replied.
    pub model: &'a str,
    pub usage: Usage,
    /// The reply's stored status.
    pub status: &'a str,
    pub now: Micros,
}

/// Charges the cost of the reply and releases its reservation; a cost of 0 only releases it. Returns false,
/// and inserts nothing, if the reply was settled before.
pub async fn settle_in(tx: &mut Tx, settlement: &Settlement<'_>) -> Result<bool, DbError> {
    store::entries::insert_settle(tx, settlement).await
}

/// The statement of [`settle_in`], for a script.
pub const SETTLE: &str = store::entries::SETTLE;

/// Adds the arguments of [`SETTLE`].
pub fn settle_args(args: Args, settlement: &Settlement<'_>) -> Args {
    store::entries::settle_args(args, settlement)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;

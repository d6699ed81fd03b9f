//! Storage quotas of a tenant. Checked in the transaction that stores, against counts that triggers maintain
//! (`migrations/sqlite/0018_storage.sql`, `0036_storage_of_numbers.sql`).

use sqlx::{Any, Executor};

use super::db::DbError;
use crate::error::{AppError, Code};

/// The quotas of each tenant.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Of all members, archived ones included.
    pub conversations: i64,
    /// In one conversation, on all of its branches.
    pub messages: i64,
    /// Of one persona. Older ones are removed unless replies refer to them.
    pub adviser_versions: i64,
    /// Texts of conversations, prompts of replies, numbers, and uploads awaiting confirmation.
    pub stored_bytes: i64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            conversations: 10_000,
            messages: 2_000,
            adviser_versions: 100,
            stored_bytes: 2 * 1024 * 1024 * 1024,
        }
    }
}

/// The quotas of a trial, unless the operator's are lower. Enough for a day.
const TRIAL_CONVERSATIONS: i64 = 50;
const TRIAL_MESSAGES: i64 = 100;
const TRIAL_BYTES: i64 = 16 * 1024 * 1024;

/// The used percentage from which on a quota warns.
const WARNS_FROM: i64 = 80;

/// What a tenant has stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Stored {
    pub conversations: i64,
    pub bytes: i64,
}

impl Stored {
    /// The statement of [`Self::find`], for a script. Takes the tenant.
    pub const FIND: &str = "SELECT conversations, bytes FROM tenant_storage WHERE tenant_id = $1";

    /// Returns what the tenant has stored, including the changes of the current transaction.
    pub async fn find<'e>(
        db: impl Executor<'e, Database = Any>,
        tenant_id: &str,
    ) -> Result<Self, DbError> {
        let row = sqlx::query_as(Self::FIND).bind(tenant_id).fetch_optional(db).await?;
        Ok(row.unwrap_or_default())
    }
}

impl Quotas {
    /// Returns the quotas of a trial.
    pub fn of_trial(self) -> Self {
        Self {
            conversations: self.conversations.min(TRIAL_CONVERSATIONS),
            messages: self.messages.min(TRIAL_MESSAGES),
            stored_bytes: self.stored_bytes.min(TRIAL_BYTES),
            ..self
        }
    }

    /// Checks the room for one more conversation. Errors: [`Code::QuotaExceeded`].
    pub fn check_conversations(&self, stored: Stored) -> Result<(), AppError> {
        let most = self.conversations;
        if stored.conversations < most {
            return Ok(());
        }
        Err(exceeded(format!(
            "Your business has {most} conversations, which is the maximum. Delete some that are no longer needed, then ask again."
        )))
    }

    /// Checks that a conversation with `messages` messages may have more. Errors: [`Code::QuotaExceeded`].
    pub fn check_messages(&self, messages: i64) -> Result<(), AppError> {
        let most = self.messages;
        if messages < most {
            return Ok(());
        }
        Err(exceeded(format!(
            "This conversation has {most} messages, which is the maximum. Begin a new conversation; this one stays readable."
        )))
    }

    /// Returns a warning about a conversation with `messages` messages, from 80 % on.
    pub fn message_warning(&self, messages: i64) -> Option<String> {
        let most = self.messages;
        (share(messages, most) >= WARNS_FROM).then(|| {
            format!(
                "This conversation has {messages} of at most {most} messages. Begin a new one soon; this one stays readable."
            )
        })
    }

    /// Checks the room for `bytes` more. Errors: [`Code::QuotaExceeded`].
    pub fn check_bytes(&self, stored: Stored, bytes: i64) -> Result<(), AppError> {
        if stored.bytes.saturating_add(bytes) <= self.stored_bytes {
            return Ok(());
        }
        Err(exceeded(format!(
            "Your business may store {} MB, and this does not fit. Delete conversations that are no longer needed, or ask the operator for more room.",
            self.stored_bytes / 1024 / 1024
        )))
    }

    /// Returns a warning about the quota with the highest use, from 80 % on.
    pub fn warning(&self, stored: Stored) -> Option<String> {
        let shares = [
            ("conversations", stored.conversations, self.conversations),
            ("storage", stored.bytes, self.stored_bytes),
        ];
        let (what, used, most) =
            shares.into_iter().max_by_key(|(_, used, most)| share(*used, *most))?;
        let share = share(used, most);
        (share >= WARNS_FROM).then(|| {
            format!("Your business uses {share} % of its {what}. Delete conversations that are no longer needed.")
        })
    }
}

/// Returns percent, rounded down.
fn share(used: i64, most: i64) -> i64 {
    used.saturating_mul(100) / most.max(1)
}

fn exceeded(message: String) -> AppError {
    AppError::new(Code::QuotaExceeded, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_quota_warns_from_80_percent_on_and_refuses_at_100() {
        let quotas = Quotas { conversations: 10, stored_bytes: 1_000, ..Quotas::default() };
        let stored = |conversations, bytes| Stored { conversations, bytes };
        assert_eq!(quotas.warning(stored(7, 799)), None);
        assert!(quotas.warning(stored(8, 0)).unwrap().contains("80 % of its conversations"));
        assert!(quotas.warning(stored(8, 950)).unwrap().contains("95 % of its storage"));
        assert!(quotas.check_conversations(stored(9, 0)).is_ok());
        let refusal = quotas.check_conversations(stored(10, 0)).unwrap_err();
        assert_eq!(refusal.code, Code::QuotaExceeded);
        assert!(quotas.check_bytes(stored(0, 900), 100).is_ok());
        assert!(quotas.check_bytes(stored(0, 900), 101).is_err());
        assert_eq!(quotas.message_warning(1_599), None);
        assert!(quotas.message_warning(1_600).unwrap().contains("1600 of at most 2000 messages"));
        assert!(quotas.check_messages(1_999).is_ok() && quotas.check_messages(2_000).is_err());
    }
}

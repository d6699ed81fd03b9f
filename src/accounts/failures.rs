//! Notifies an account's owner of failed sign-ins by others.

use super::model::Member;
use super::service::Accounts;
use super::store::failures::{self as store, FailedSignIns};
use super::zone;
use crate::error::AppError;
use crate::format::date;
use crate::format::zone::Zone;
use crate::platform::clock;

/// Failed sign-ins from which the owner is notified. Fewer are probably the owner's own typos.
const WORTH_A_NOTICE: i64 = 5;

impl Accounts {
    /// Counts a wrong password for an account. Runs in the background, so that a wrong password takes as long as an
    /// unknown address. The sign-in limits bound how often this writes.
    pub(super) fn note_failed_sign_in(&self, account_id: String) {
        let db = self.db.clone();
        tokio::spawn(async move {
            if let Err(error) = store::add(&db, account_id, clock::now()).await {
                tracing::warn!(error.cause = %error, "failed sign-in not counted");
            }
        });
    }

    /// Describes the failed sign-ins of the member's account, `None` if there are fewer than `WORTH_A_NOTICE`.
    pub async fn failed_sign_ins(&self, member: &Member) -> Result<Option<String>, AppError> {
        let found = store::find(&self.db, &member.account_id).await?;
        let Some(failed) = found.filter(|failed| failed.count >= WORTH_A_NOTICE) else {
            return Ok(None);
        };
        Ok(Some(describe(failed, &zone::of(&self.db, &member.tenant_id).await?)))
    }

    /// Clears the failed sign-ins of the member's account, once the owner has dismissed the notice.
    pub async fn dismiss_failed_sign_ins(&self, member: &Member) -> Result<(), AppError> {
        Ok(store::clear(&self.db, member.account_id.clone()).await?)
    }
}

fn describe(failed: FailedSignIns, zone: &Zone) -> String {
    let [first, last] = [failed.first_at, failed.last_at].map(|at| date::day(zone.date(at)));
    let when =
        if first == last { format!("on {first}") } else { format!("between {first} and {last}") };
    format!(
        "{} failed sign-ins to your account {when}, from browsers that had never signed in to it.",
        failed.count
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_names_the_days_of_the_business() {
        let day = 86_400_000_000;
        let told = |last_at, zone| {
            describe(FailedSignIns { count: 7, first_at: 0, last_at }, &Zone::of(zone))
        };
        let text = told(day - 1, "UTC");
        assert!(text.starts_with("7 failed sign-ins to your account on 1 Jan 1970"), "{text}");
        let text = told(day, "UTC");
        assert!(text.contains("between 1 Jan 1970 and 2 Jan 1970"), "{text}");
        let text = told(day - 1, "America/Los_Angeles");
        assert!(text.contains("between 31 Dec 1969 and 1 Jan 1970"), "{text}");
    }
}

//! Trials: one click makes a business with sample data and a filled profile, and signs the visitor in to it.

use std::net::IpAddr;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::accounts::model::Member;
use crate::analytics::Analytics;
use crate::analytics::model::Settings;
use crate::business::Business;
use crate::business::model::ProfilePatch;
use crate::chat::Chat;
use crate::error::AppError;
use crate::format::zone;
use crate::platform::money::MicroDollars;
use crate::usage::Ledger;
use crate::usage::model::Budgets;

const BUSINESS: &str = "Sample Coffee Shop";

/// How long the replies of an ended trial may take to stop.
const STOPPING: Duration = Duration::from_secs(2);

/// Starts and deletes trials. Clones share their services.
#[derive(Clone)]
pub struct Trials {
    pub accounts: Accounts,
    pub analytics: Analytics,
    pub business: Business,
    pub chat: Chat,
    pub ledger: Ledger,
    /// The budget of one trial. Its members cannot change it.
    pub budget: MicroDollars,
}

impl Trials {
    /// Returns whether the operator allows trials.
    pub fn allowed(&self) -> bool {
        self.accounts.allows_trials()
    }

    /// Creates a trial business with its budget, sample data and profile. `time_zone`: the visitor's, UTC if it is unknown.
    ///
    /// Errors: as of [`Accounts::open_trial`]. After any other error nothing is left.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn start(&self, from: IpAddr, time_zone: &str) -> Result<Member, AppError> {
        let member = self.accounts.open_trial(BUSINESS, from).await?;
        match self.fill(&member, time_zone).await {
            Ok(()) => Ok(member),
            Err(error) => {
                self.accounts.delete_trial(&member.tenant_id).await?;
                Err(error)
            }
        }
    }

    async fn fill(&self, member: &Member, time_zone: &str) -> Result<(), AppError> {
        // First: without a budget of its own, a trial would have the default of all businesses.
        let budgets = Budgets { monthly_micros: Some(self.budget), ..Budgets::default() };
        self.ledger.set_trial_budget(member, budgets).await?;
        let time_zone = zone::find(time_zone).unwrap_or_else(|| "UTC".to_owned());
        let settings = Settings { currency: "EUR".to_owned(), time_zone, ..Settings::default() };
        self.analytics.save_settings(member, &settings).await?;
        self.analytics.load_sample(member).await?;
        self.business.update_profile(member, profile()).await?;
        Ok(())
    }

    /// Stops the replies of ended trials and deletes their businesses. Returns how many. Call periodically.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete_ended(&self) -> Result<u64, AppError> {
        let mut deleted = 0;
        for trial in self.accounts.ended_trials().await? {
            self.chat.stop_member(&trial.tenant_id, &trial.account_id, STOPPING).await;
            // One that cannot be deleted does not keep the others.
            match self.accounts.delete_trial(&trial.tenant_id).await {
                Ok(()) => deleted += 1,
                Err(error) => {
                    tracing::warn!(tenant.id = %trial.tenant_id, error = %error, "ended trial not deleted");
                }
            }
        }
        Ok(deleted)
    }
}

/// The profile of a shop that the sample data could be of.
fn profile() -> ProfilePatch {
    let text = |text: &str| Some(text.to_owned());
    ProfilePatch {
        industry: text("Coffee roaster with an online shop"),
        size: text("2–5"),
        stage: text("Growing"),
        revenue_range: text("100 to 500 thousand"),
        goals: Some(vec![
            "A repeat order from every second new customer".to_owned(),
            "Raise revenue by a fifth within a year without a second roaster".to_owned(),
        ]),
        sells: text(
            "Freshly roasted coffee in bags of 250 g and 1 kg, a monthly subscription, and filters and grinders. About 30 EUR an order.",
        ),
        customers: text(
            "People who brew at home and order every four to six weeks, and some small offices. Most find us by search and by word of mouth.",
        ),
        competitors: text(
            "Supermarket coffee at half the price, and larger roasters with faster delivery.",
        ),
        challenges: text(
            "Weekdays are quiet and Saturdays overrun the packing table. Green coffee became 20 % dearer this year.",
        ),
        tone: text("Plain and friendly"),
        ..ProfilePatch::default()
    }
}

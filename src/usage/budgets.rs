//! A tenant's caps: the spend against them, the warning near a cap and the refusal at it.

use std::collections::BTreeMap;

use time::{Date, Duration};

use super::model::{BudgetView, Budgets, CapView, Spent, TypedBudgets};
use super::{Ledger, OperatorCaps, Quote, store};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code, RAISE};
use crate::format::money::dollars;
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};
use crate::platform::money::{MOST, MicroDollars, parse_dollars};

/// Share of a cap, in percent, from which admins are warned.
const WARN_PERCENT: i128 = 80;
/// The page with the budgets' form.
const BUDGETS: &str = "/admin/usage#budgets";
/// Maximum number of members named as contacts.
const MOST_NAMES: usize = 3;

/// The caps and the spend against them, for one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub budgets: Budgets,
    /// The tenant's spend of this month and today.
    pub month: Spent,
    pub day: Spent,
    /// The member's spend of this month.
    pub member: Spent,
}

impl Ledger {
    /// Explains why a reservation with this quote did not fit: which cap, when it resets, and who can raise
    /// it.
    ///
    /// # Errors
    /// The database query fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn refusal(
        &self,
        asker: &Member,
        quote: &Quote,
        at: Micros,
    ) -> Result<AppError, AppError> {
        let zone = self.analytics.zone(&asker.tenant_id).await?;
        let today = zone.date(at);
        if let Some(refusal) = self.refusal_for_all(quote, (today, &zone)).await? {
            return Ok(refusal);
        }
        let standing = self.standing(asker, today).await?;
        let members = self.accounts.members(&asker.tenant_id).await?;
        let (who, details) = match asker.role {
            // Its visitor cannot raise it.
            _ if asker.is_trial() => (String::new(), BTreeMap::new()),
            Role::Member => (format!("Ask {} to raise it.", names(&members)), BTreeMap::new()),
            Role::Admin | Role::Owner => (
                "You can raise it on the usage page.".to_owned(),
                BTreeMap::from([(RAISE.to_owned(), BUDGETS.to_owned())]),
            ),
        };
        let remedy = if asker.is_trial() { Remedy::SignUp } else { Remedy::Raise(&who) };
        let text = refusal_text(&standing, quote.least_micros(), (today, &zone), remedy);
        Ok(AppError { details, ..AppError::new(Code::BudgetExceeded, text) })
    }

    /// Returns the refusal if a cap of the whole installation has too little left. Returns `None` if another
    /// cap caused it.
    async fn refusal_for_all(
        &self,
        quote: &Quote,
        (today, zone): (Date, &Zone),
    ) -> Result<Option<AppError>, AppError> {
        let OperatorCaps { monthly, daily, .. } = self.caps;
        if monthly.is_none() && daily.is_none() {
            return Ok(None);
        }
        let day = clock::iso_date(today);
        let [month_spent, day_spent] = store::budgets::find_spent_by_all(&self.db, &day).await?;
        let fits = |cap: Option<MicroDollars>, spent: Spent| {
            cap.is_none_or(|cap| {
                cap - spent.cost_micros - spent.held_micros >= quote.least_micros()
            })
        };
        let resets = if !fits(monthly, month_spent) {
            next_month(today)
        } else if !fits(daily, day_spent) {
            next_day(today)
        } else {
            return Ok(None);
        };
        tracing::warn!("installation budget spent");
        let message = format!(
            "The budget of this whole installation is used up until {}. Ask its operator.",
            zone.start_of(resets)
        );
        Ok(Some(AppError::new(Code::BudgetExceeded, message)))
    }

    /// Returns a warning for admins if a cap of the tenant is nearly spent. Returns `None` for other members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn warning(&self, member: &Member) -> Result<Option<String>, AppError> {
        if member.role < Role::Admin {
            return Ok(None);
        }
        let zone = self.analytics.zone(&member.tenant_id).await?;
        let today = zone.date(clock::now());
        Ok(warning_text(&self.standing(member, today).await?, (today, &zone)))
    }

    /// Returns the caps for the usage page.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn budget_view(&self, member: &Member) -> Result<BudgetView, AppError> {
        let zone = self.analytics.zone(&member.tenant_id).await?;
        let today = zone.date(clock::now());
        let Standing { budgets, month, day, .. } = self.standing(member, today).await?;
        let cap = |period: &str, cap_micros, spent, resets| CapView {
            period: period.to_owned(),
            cap_micros,
            spent,
            resets: zone.start_of(resets),
        };
        Ok(BudgetView {
            caps: vec![
                cap("This month", budgets.monthly_micros, month, next_month(today)),
                cap("Today", budgets.daily_micros, day, next_day(today)),
            ],
            typed: budgets.into(),
            error: None,
        })
    }

    /// Sets the tenant's caps as typed. Errors: a reason per invalid field; forbidden in a trial.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_budgets(&self, member: &Member, typed: &TypedBudgets) -> Result<(), AppError> {
        guard::require_account(member, "set budgets")?;
        self.save_budgets(member, check(typed)?).await?;
        tracing::info!(tenant.id = %member.tenant_id, account.id = %member.account_id, "budgets set");
        Ok(())
    }

    /// Sets the budget of a trial, which its members cannot change.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_trial_budget(
        &self,
        member: &Member,
        budgets: Budgets,
    ) -> Result<(), AppError> {
        self.save_budgets(member, budgets).await
    }

    async fn save_budgets(&self, member: &Member, budgets: Budgets) -> Result<(), AppError> {
        let (tenant, account) = (member.tenant_id.clone(), member.account_id.clone());
        Ok(store::budgets::save_budgets(&self.db, tenant, account, budgets, clock::now()).await?)
    }

    async fn standing(&self, member: &Member, day: Date) -> Result<Standing, AppError> {
        let (tenant, account) = (&member.tenant_id, &member.account_id);
        Ok(store::budgets::find_standing(
            &self.db,
            tenant,
            account,
            &clock::iso_date(day),
            self.caps.default_monthly,
        )
        .await?)
    }
}

fn check(typed: &TypedBudgets) -> Result<Budgets, AppError> {
    let mut wrong = BTreeMap::new();
    let mut amount = |field: &str, label: &str, text: &str| {
        let amount = parse_dollars(text);
        if !text.trim().is_empty() && amount.is_none() {
            let reason = format!(
                "{label}: write an amount in dollars up to {}, such as 25 or 12.50, or leave it empty.",
                dollars(MOST)
            );
            wrong.insert(field.to_owned(), reason);
        }
        amount
    };
    let budgets = Budgets {
        monthly_micros: amount("monthly", "Per month", &typed.monthly),
        daily_micros: amount("daily", "Per day", &typed.daily),
        member_monthly_micros: amount("member_monthly", "Per member", &typed.member_monthly),
    };
    if wrong.is_empty() { Ok(budgets) } else { Err(AppError::invalid(wrong)) }
}

/// A cap and the spend against it. Caps are reported in the order of [`caps`]: the ones that reset last come
/// first.
struct Cap {
    whose: &'static str,
    period: String,
    micros: MicroDollars,
    spent: Spent,
    /// `1 Dec 2026, 00:00 in Europe/Berlin`
    resets: String,
}

impl Cap {
    fn name(&self) -> String {
        format!("{} budget for {}", self.whose, self.period)
    }
}

/// Lists the caps that are set. `(today, zone)`: the tenant's.
fn caps(standing: &Standing, (today, zone): (Date, &Zone)) -> Vec<Cap> {
    let Standing { budgets, month, day, member } = *standing;
    let monthly = |whose, micros: Option<MicroDollars>, spent| {
        let (period, resets) = (today.month().to_string(), zone.start_of(next_month(today)));
        micros.map(|micros| Cap { whose, period, micros, spent, resets })
    };
    let daily = budgets.daily_micros.map(|micros| Cap {
        whose: "Your business's",
        period: "today".to_owned(),
        micros,
        spent: day,
        resets: zone.start_of(next_day(today)),
    });
    [
        monthly("Your business's", budgets.monthly_micros, month),
        monthly("Your own", budgets.member_monthly_micros, member),
        daily,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What helps against a spent budget.
#[derive(Clone, Copy)]
enum Remedy<'a> {
    /// The sentence about who can raise it.
    Raise(&'a str),
    /// A trial ends before its budget resets.
    SignUp,
}

impl Remedy<'_> {
    fn name(self, cap: &Cap) -> String {
        match self {
            Self::Raise(_) => cap.name(),
            Self::SignUp => "The budget of this trial".to_owned(),
        }
    }

    fn sentences(self, cap: &Cap) -> String {
        match self {
            Self::Raise(who) => format!("It resets on {}. {who}", cap.resets),
            Self::SignUp => "Create an account to ask more.".to_owned(),
        }
    }
}

/// `least`: the cost of the shortest useful reply.
fn refusal_text(
    standing: &Standing,
    least: MicroDollars,
    today: (Date, &Zone),
    remedy: Remedy,
) -> String {
    let caps = caps(standing, today);
    let left = |cap: &Cap| cap.micros - cap.spent.cost_micros;
    if let Some(cap) = caps.iter().find(|cap| left(cap) < least) {
        let name = remedy.name(cap);
        let state = match left(cap) {
            left if left > 0 => {
                format!("{name} has too little left for another answer ({}).", dollars(left))
            }
            _ => format!("{name} is used up."),
        };
        return format!("{state} {}", remedy.sentences(cap));
    }
    let held = caps.iter().find(|cap| left(cap) - cap.spent.held_micros < least);
    let name = held.map_or_else(|| "your business's budget".to_owned(), |cap| remedy.name(cap));
    let name = name.replacen("Your", "your", 1).replacen("The", "the", 1);
    format!(
        "The rest of {name} is reserved for answers that are being written. Send this again when they have ended."
    )
}

fn warning_text(standing: &Standing, today: (Date, &Zone)) -> Option<String> {
    // A member's own cap does not concern the admins.
    let standing = Standing {
        budgets: Budgets { member_monthly_micros: None, ..standing.budgets },
        ..*standing
    };
    let near = |cap: &Cap| {
        i128::from(cap.spent.cost_micros) * 100 >= i128::from(cap.micros) * WARN_PERCENT
    };
    let caps = caps(&standing, today);
    let cap = caps.iter().find(|cap| near(cap))?;
    let (spent, whole) = (dollars(cap.spent.cost_micros), dollars(cap.micros));
    let (name, resets) = (cap.name(), &cap.resets);
    Some(if cap.spent.cost_micros < cap.micros {
        format!("{name} is nearly spent: {spent} of {whole}. It resets on {resets}.")
    } else {
        format!("{name} is spent ({whole}): questions are refused until {resets}.")
    })
}

/// Lists owners and admins as contacts, owners first: `Ana, Ben or Cy`.
fn names(members: &[Member]) -> String {
    let mut raisers: Vec<&Member> =
        members.iter().filter(|member| member.role >= Role::Admin).collect();
    raisers.sort_by_key(|member| std::cmp::Reverse(member.role));
    let names: Vec<&str> =
        raisers.iter().take(MOST_NAMES).map(|member| member.name.as_str()).collect();
    match names.as_slice() {
        [] => "an owner or admin of your business".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn next_day(today: Date) -> Date {
    today.saturating_add(Duration::DAY)
}

fn next_month(today: Date) -> Date {
    // Day 28 exists in every month, and four days later is always in the next month.
    let late = today.replace_day(28).unwrap_or(today).saturating_add(Duration::days(4));
    late.replace_day(1).unwrap_or(late)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 12 - 31);

    fn spent(cost_micros: i64, held_micros: i64) -> Spent {
        Spent { cost_micros, held_micros }
    }

    fn monthly(micros: i64, month: Spent) -> Standing {
        let budgets = Budgets { monthly_micros: Some(micros), ..Budgets::default() };
        Standing { budgets, month, ..Standing::default() }
    }

    fn refused(standing: &Standing) -> String {
        let remedy = Remedy::Raise("Ask Robin to raise it.");
        refusal_text(standing, 100, (TODAY, &Zone::of("Europe/Berlin")), remedy)
    }

    fn warned(standing: &Standing) -> Option<String> {
        warning_text(standing, (TODAY, &Zone::of("Europe/Berlin")))
    }

    #[test]
    fn a_refusal_names_the_cap_its_reset_and_whom_to_ask() {
        assert_eq!(
            refused(&monthly(5_000, spent(5_000, 0))),
            "Your business's budget for December is used up. It resets on 1 Jan 2027, 00:00 in Europe/Berlin. Ask Robin to raise it."
        );
        let left = refused(&monthly(5_000_000, spent(4_999_950, 0)));
        assert!(left.contains("too little left for another answer ($0.00005)"), "{left}");
        let budgets = Budgets {
            daily_micros: Some(10),
            member_monthly_micros: Some(1_000),
            ..Budgets::default()
        };
        let own = Standing { budgets, member: spent(1_000, 0), ..Standing::default() };
        assert!(refused(&own).starts_with("Your own budget for December is used up."));
        let day = Standing { member: spent(0, 0), ..own };
        assert!(refused(&day).contains("for today") && refused(&day).contains("1 Jan 2027"));
    }

    #[test]
    fn a_refusal_in_a_trial_leads_to_an_account() {
        let refused =
            |standing| refusal_text(&standing, 100, (TODAY, &Zone::utc()), Remedy::SignUp);
        assert_eq!(
            refused(monthly(5_000, spent(5_000, 0))),
            "The budget of this trial is used up. Create an account to ask more."
        );
        let held = refused(monthly(5_000, spent(1_000, 4_000)));
        assert!(held.contains("The rest of the budget of this trial is reserved"), "{held}");
    }

    #[test]
    fn a_refusal_says_that_reserved_budget_returns() {
        let held = refused(&monthly(5_000, spent(1_000, 4_000)));
        assert!(held.contains("your business's budget for December is reserved"), "{held}");
        assert!(!held.contains("Robin"), "{held}");
    }

    #[test]
    fn admins_are_warned_from_80_percent_on() {
        assert_eq!(warned(&monthly(1_000_000, spent(799_999, 200_000))), None);
        let warning = warned(&monthly(1_000_000, spent(800_000, 0))).unwrap();
        assert!(warning.contains("$0.80 of $1.00"), "{warning}");
        let over = warned(&monthly(1_000_000, spent(1_000_001, 0))).unwrap();
        assert!(
            over.contains("is spent ($1.00)")
                && over.contains("1 Jan 2027, 00:00 in Europe/Berlin"),
            "{over}"
        );
        assert_eq!(warned(&Standing::default()), None);
    }

    #[test]
    fn caps_are_amounts_or_empty_and_each_invalid_one_is_named() {
        let typed = |monthly: &str, daily: &str| TypedBudgets {
            monthly: monthly.to_owned(),
            daily: daily.to_owned(),
            ..TypedBudgets::default()
        };
        let budgets = check(&typed(" $25.50 ", "")).unwrap();
        assert_eq!((budgets.monthly_micros, budgets.daily_micros), (Some(25_500_000), None));
        let error = check(&typed("lots", "-1")).unwrap_err();
        assert!(error.field("monthly").is_some() && error.field("daily").is_some());
        assert!(error.field("member_monthly").is_none());
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for (day, next) in [
            (date!(2026 - 01 - 31), date!(2026 - 02 - 01)),
            (date!(2028 - 02 - 29), date!(2028 - 03 - 01)),
            (TODAY, date!(2027 - 01 - 01)),
        ] {
            assert_eq!(next_month(day), next);
        }
    }

    #[test]
    fn members_who_can_raise_a_cap_are_named_owners_first() {
        let member = |name: &str, role| Member {
            account_id: String::new(),
            tenant_id: String::new(),
            role,
            name: name.to_owned(),
            email: String::new(),
            tenant_name: String::new(),
            operator: false,
            trial_ends_at: None,
        };
        let all =
            [member("Ana", Role::Admin), member("Max", Role::Member), member("Robin", Role::Owner)];
        assert_eq!(names(&all), "Robin or Ana");
        assert_eq!(names(&all[1..2]), "an owner or admin of your business");
    }
}

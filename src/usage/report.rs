//! Reports of a tenant's usage and cost, based on the ledger only.

use std::cmp::Reverse;
use std::collections::HashMap;

use time::Date;

use super::Ledger;
use super::model::{
    Bar, DrillDown, GroundingRow, GroupBy, ReplyRow, Totals, UsageQuery, UsageReport, UsageRow,
    UsageView, short_model,
};
use super::presets::presets;
use super::store::grounding::{self, Counted};
use super::store::reports::{self, EntryRow};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::format::date;
use crate::format::zone::Zone;
use crate::personas;
use crate::platform::clock::{self, Micros};

/// Maximum number of days in a range: a leap year.
const MOST_DAYS: i64 = 366;
/// Maximum number of replies in a drill-down.
const LISTED: usize = 200;

/// A range of days, both inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    first: Date,
    last: Date,
    /// Whether the days are UTC days rather than the tenant's, as stored in the ledger.
    is_utc: bool,
}

impl Days {
    /// Returns the range from the first day of this month to today.
    fn this_month(today: Date) -> Self {
        Self { first: today.replace_day(1).unwrap_or(today), last: today, is_utc: false }
    }

    /// Parses a requested range. The last day defaults to today, the first day to the start of the last day's
    /// month. Errors: `from` or `to`, by field.
    fn parse(from: Option<&str>, to: Option<&str>, today: Date) -> Result<Self, AppError> {
        let date = |field, text: Option<&str>| {
            let read = |text| {
                clock::parse_date(text).ok_or_else(|| {
                    AppError::invalid_field(
                        field,
                        "Write the date as 2026-11-23: year, month, day.",
                    )
                })
            };
            text.filter(|text| !text.is_empty()).map(read).transpose()
        };
        let last = date("to", to)?.unwrap_or(today);
        let first = date("from", from)?.unwrap_or(Self::this_month(last).first);
        if first > last {
            return Err(AppError::invalid_field("from", "The first day is after the last one."));
        }
        if (last - first).whole_days() >= MOST_DAYS {
            let reason = format!("A range can have up to {MOST_DAYS} days.");
            return Err(AppError::invalid_field("from", reason));
        }
        Ok(Self { first, last, is_utc: false })
    }

    pub fn from(&self) -> String {
        clock::iso_date(self.first)
    }

    pub fn to(&self) -> String {
        clock::iso_date(self.last)
    }

    pub fn is_utc(&self) -> bool {
        self.is_utc
    }

    /// Returns the first and last ledger day of the range's entries. UTC days need one more ledger day at
    /// each end.
    pub fn in_ledger(&self) -> (String, String) {
        let [first, last] = match self.is_utc {
            true => [self.first.previous_day(), self.last.next_day()],
            false => [None, None],
        };
        let iso = |day: Option<Date>, other| clock::iso_date(day.unwrap_or(other));
        (iso(first, self.first), iso(last, self.last))
    }

    /// Returns the time range in which the entries were requested; the end is exclusive. Unbounded for the
    /// tenant's days, which the ledger days already delimit.
    pub fn asked_between(&self) -> (Micros, Micros) {
        if !self.is_utc {
            return (Micros::MIN, Micros::MAX);
        }
        let start = |day: Date| day.midnight().assume_utc().unix_timestamp() * 1_000_000;
        (start(self.first), start(self.last.saturating_add(time::Duration::DAY)))
    }

    fn all(&self) -> impl Iterator<Item = Date> {
        let last = self.last;
        std::iter::successors(Some(self.first), |day| day.next_day())
            .take_while(move |day| *day <= last)
    }
}

/// Returns whether UTC days are requested, which is the API's default. Errors: `timeZone`.
fn is_utc(asked: Option<&str>, own: &Zone) -> Result<bool, AppError> {
    match asked.unwrap_or_default().trim() {
        "" => Ok(true),
        zone if zone.eq_ignore_ascii_case("UTC") => Ok(true),
        zone if zone.eq_ignore_ascii_case("business") => Ok(false),
        zone if zone.eq_ignore_ascii_case(own.name()) => Ok(false),
        _ => {
            let reason = format!("Ask for UTC, or for business: days in {}.", own.name());
            Err(AppError::invalid_field("timeZone", reason))
        }
    }
}

/// The display names of a tenant's members and advisers.
struct Names {
    /// By account id.
    members: HashMap<String, String>,
    /// By slug.
    advisers: HashMap<String, String>,
}

impl Names {
    fn member(&self, account_id: &str) -> String {
        self.members.get(account_id).map_or_else(|| "Former member".to_owned(), Clone::clone)
    }

    fn adviser(&self, slug: &str) -> String {
        match self.advisers.get(slug) {
            Some(name) => name.clone(),
            None if slug == personas::NEW => "Not yet added".to_owned(),
            None => slug.to_owned(),
        }
    }
}

impl Ledger {
    /// Returns a tenant's usage for the API. Errors: `from`, `to`, `group` or `timeZone`, by field.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn report(
        &self,
        tenant_id: &str,
        query: &UsageQuery,
    ) -> Result<UsageReport, AppError> {
        let own = self.analytics.zone(tenant_id).await?;
        let is_utc = is_utc(query.time_zone.as_deref(), &own)?;
        let zone = if is_utc { Zone::utc() } else { own };
        let today = zone.date(clock::now());
        let days = Days::parse(query.from.as_deref(), query.to.as_deref(), today)?;
        let days = Days { is_utc, ..days };
        let names = self.names(tenant_id).await?;
        self.report_of(tenant_id, &days, &zone, group(query)?, &names).await
    }

    /// Returns the data of the usage page. An invalid range is reported in it.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn view(&self, member: &Member, query: &UsageQuery) -> Result<UsageView, AppError> {
        let tenant = &member.tenant_id;
        let zone = self.analytics.zone(tenant).await?;
        let today = zone.date(clock::now());
        let asked = Days::parse(query.from.as_deref(), query.to.as_deref(), today)
            .and_then(|days| Ok((days, group(query)?)));
        let (days, group, range_error) = match asked {
            Ok((days, group)) => (days, group, None),
            Err(error) => (Days::this_month(today), GroupBy::Day, Some(error)),
        };
        let names = self.names(tenant).await?;
        let report = self.report_of(tenant, &days, &zone, group, &names).await?;
        let drill_down = match query.row.as_deref() {
            Some(key) => self.drill_down(member, (&days, &zone), key, &report, &names).await?,
            None => None,
        };
        let bars = bars(&report, &days);
        let budget = self.budget_view(member).await?;
        let grounding = self.grounding(tenant, &days, &names).await?;
        let presets = presets(today, (&report.from, &report.to));
        Ok(UsageView { report, presets, bars, drill_down, grounding, budget, range_error })
    }

    /// Returns the grounding of the numbers in each adviser's replies.
    async fn grounding(
        &self,
        tenant_id: &str,
        days: &Days,
        names: &Names,
    ) -> Result<Vec<GroundingRow>, AppError> {
        let natural = |n: i64| u64::try_from(n).unwrap_or(0);
        let row = |counted: Counted| GroundingRow {
            adviser: names.adviser(&counted.persona),
            answers: natural(counted.answers),
            confirmed: natural(counted.confirmed),
            found: natural(counted.found),
            worked_out: natural(counted.worked_out),
            conflict: natural(counted.conflict),
            from_question: natural(counted.from_question),
            from_earlier: natural(counted.from_earlier),
            in_profile: natural(counted.in_profile),
            not_from_data: natural(counted.not_from_data),
        };
        let counted = grounding::list(&self.db, tenant_id, days).await?;
        Ok(counted.into_iter().map(row).collect())
    }

    async fn report_of(
        &self,
        tenant_id: &str,
        days: &Days,
        zone: &Zone,
        group: GroupBy,
        names: &Names,
    ) -> Result<UsageReport, AppError> {
        let rows = reports::list_totals(&self.db, tenant_id, days, group).await?;
        let mut data: Vec<UsageRow> = rows
            .into_iter()
            .map(|(key, totals)| UsageRow { label: label(group, &key, names), key, totals })
            .collect();
        if group != GroupBy::Day {
            data.sort_by_key(|row| Reverse(row.totals.cost_micros));
        }
        let totals: Totals = data.iter().map(|row| row.totals).sum();
        let time_zone = zone.name().to_owned();
        Ok(UsageReport { from: days.from(), to: days.to(), time_zone, group, data, totals })
    }

    async fn drill_down(
        &self,
        viewer: &Member,
        (days, zone): (&Days, &Zone),
        key: &str,
        report: &UsageReport,
        names: &Names,
    ) -> Result<Option<DrillDown>, AppError> {
        let Some(row) = report.data.iter().find(|row| row.key == key) else { return Ok(None) };
        let by = (report.group, key);
        let mut entries =
            reports::list_entries(&self.db, &viewer.tenant_id, days, by, LISTED as i64 + 1).await?;
        let has_more = entries.len() > LISTED;
        entries.truncate(LISTED);
        let replies =
            entries.into_iter().map(|entry| reply_row(entry, viewer, names, zone)).collect();
        Ok(Some(DrillDown { label: row.label.clone(), replies, has_more }))
    }

    async fn names(&self, tenant_id: &str) -> Result<Names, AppError> {
        let (members, advisers) =
            tokio::try_join!(self.accounts.members(tenant_id), self.personas.list(tenant_id))?;
        let advisers = advisers.into_iter().map(|it| (it.persona.slug, it.persona.short));
        Ok(Names {
            members: members.into_iter().map(|it| (it.account_id, it.name)).collect(),
            advisers: advisers.collect(),
        })
    }
}

fn group(query: &UsageQuery) -> Result<GroupBy, AppError> {
    match query.group.as_deref().filter(|group| !group.is_empty()) {
        None => Ok(GroupBy::default()),
        Some(text) => GroupBy::parse(text).ok_or_else(|| {
            AppError::invalid_field("group", "Group by day, model, persona or member.")
        }),
    }
}

fn label(group: GroupBy, key: &str, names: &Names) -> String {
    match group {
        GroupBy::Day => clock::parse_date(key).map_or_else(|| key.to_owned(), date::day),
        GroupBy::Model => short_model(key).to_owned(),
        GroupBy::Persona => names.adviser(key),
        GroupBy::Member => names.member(key),
    }
}

/// Returns a bar per row. When grouped by day, returns a bar for each day of the range, including those
/// without usage.
fn bars(report: &UsageReport, days: &Days) -> Vec<Bar> {
    let bar =
        |row: &UsageRow| Bar { label: row.label.clone(), cost_micros: row.totals.cost_micros };
    if report.group != GroupBy::Day {
        return report.data.iter().map(bar).collect();
    }
    let costs: HashMap<&str, i64> =
        report.data.iter().map(|row| (row.key.as_str(), row.totals.cost_micros)).collect();
    days.all()
        .map(|day| Bar {
            label: date::day(day),
            cost_micros: costs.get(clock::iso_date(day).as_str()).copied().unwrap_or(0),
        })
        .collect()
}

fn reply_row(entry: EntryRow, viewer: &Member, names: &Names, zone: &Zone) -> ReplyRow {
    // Conversations are private to their member, also from admins.
    let is_linked = entry.account_id == viewer.account_id && !entry.was_preview();
    ReplyRow {
        asked_at: clock::rfc3339(entry.asked_at),
        asked_human: zone.human(entry.asked_at),
        member: names.member(&entry.account_id),
        usage: entry.usage(),
        persona: adviser_of(&entry, names),
        model: short_model(&entry.model).to_owned(),
        status: entry.status,
        conversation_id: is_linked.then_some(entry.conversation_id),
    }
}

/// Returns `CFO`, `CFO, preview`, or `CFO, summary or title` for what the program asked itself.
fn adviser_of(entry: &EntryRow, names: &Names) -> String {
    let name = names.adviser(&entry.persona);
    match (entry.was_summary(), entry.was_preview()) {
        (true, _) => format!("{name}, summary or title"),
        (_, true) => format!("{name}, preview"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 23);

    fn days(from: Option<&str>, to: Option<&str>) -> Result<(String, String), AppError> {
        Days::parse(from, to, TODAY).map(|days| (days.from(), days.to()))
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn an_open_range_is_this_month() {
        assert_eq!(days(None, None).unwrap(), pair("2026-11-01", "2026-11-23"));
        assert_eq!(days(Some(""), Some("")).unwrap(), pair("2026-11-01", "2026-11-23"));
        assert_eq!(days(None, Some("2026-02-10")).unwrap(), pair("2026-02-01", "2026-02-10"));
        assert_eq!(days(Some("2026-10-31"), None).unwrap(), pair("2026-10-31", "2026-11-23"));
    }

    #[test]
    fn an_invalid_range_is_refused_at_its_field() {
        for (from, to, field) in [
            ("yesterday", "2026-11-23", "from"),
            ("2026-11-01", "2026-11-31", "to"),
            ("2026-11-24", "2026-11-23", "from"),
            ("2025-11-22", "2026-11-23", "from"),
        ] {
            assert!(days(Some(from), Some(to)).unwrap_err().field(field).is_some(), "{from} {to}");
        }
        assert!(days(Some("2025-11-23"), Some("2026-11-23")).is_ok(), "366 days");
    }

    #[test]
    fn utc_days_are_grouped_by_timestamp_and_tenant_days_by_ledger() {
        let own = Days::parse(Some("2026-11-01"), Some("2026-11-02"), TODAY).unwrap();
        assert_eq!(own.in_ledger(), pair("2026-11-01", "2026-11-02"));
        assert_eq!(own.asked_between(), (Micros::MIN, Micros::MAX));
        let utc = Days { is_utc: true, ..own };
        assert_eq!(utc.in_ledger(), pair("2026-10-31", "2026-11-03"));
        let (first, end) = utc.asked_between();
        assert_eq!(clock::rfc3339(first), "2026-11-01T00:00:00Z");
        assert_eq!(clock::rfc3339(end), "2026-11-03T00:00:00Z");
        let berlin = Zone::of("Europe/Berlin");
        for (asked, utc) in [
            (None, true),
            (Some("utc"), true),
            (Some("business"), false),
            (Some("europe/berlin"), false),
        ] {
            assert_eq!(is_utc(asked, &berlin).unwrap(), utc, "{asked:?}");
        }
        assert!(is_utc(Some("Asia/Tokyo"), &berlin).unwrap_err().field("timeZone").is_some());
    }

    #[test]
    fn the_plot_has_exactly_one_bar_per_day() {
        let days =
            Days { first: date!(2026 - 10 - 31), last: date!(2026 - 11 - 02), is_utc: false };
        let row = UsageRow {
            key: "2026-11-01".to_owned(),
            label: "1 Nov 2026".to_owned(),
            totals: Totals { cost_micros: 7, ..Totals::default() },
        };
        let report = UsageReport {
            from: days.from(),
            to: days.to(),
            time_zone: "UTC".to_owned(),
            group: GroupBy::Day,
            totals: row.totals,
            data: vec![row],
        };
        let costs: Vec<i64> = bars(&report, &days).iter().map(|bar| bar.cost_micros).collect();
        assert_eq!(costs, [0, 7, 0]);
    }
}

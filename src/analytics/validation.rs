//! Validation of daily values, metrics and settings.

use time::Date;

use super::model::{
    Aggregation, BUILT_IN, DERIVED, FIRST_YEAR, Formula, FormulaFault, METRIC_NAME_MAX_CHARS, MOST,
    Measure, Metric, Settings, Snapshot, TypedDay, TypedMetric, UNIT_MAX_CHARS, field_name,
};
use super::numbers;
use crate::error::AppError;
use crate::format::{date, zone};
use crate::platform::clock;
use crate::platform::fields::{self, Reasons};

/// Parses a date (ISO) that is neither before [`FIRST_YEAR`] nor after `today`.
pub fn date(text: &str, today: Date) -> Result<Date, String> {
    let date = clock::parse_date(text).ok_or_else(|| {
        if text.is_empty() {
            "A date is missing. Write it as 2026-11-23: year, month, day.".to_owned()
        } else {
            "Write the date as 2026-11-23: year, month, day.".to_owned()
        }
    })?;
    if date > today {
        let today = date::day(today);
        return Err(format!("This day is in the future. In your time zone it is {today}."));
    }
    if date.year() < FIRST_YEAR {
        return Err(format!("This date is too long ago. Dates begin with the year {FIRST_YEAR}."));
    }
    Ok(date)
}

/// Checks that a number is finite, and within [`MOST`] of zero.
pub fn amount(n: f64) -> Result<f64, String> {
    if !n.is_finite() {
        return Err("This is not a number.".to_owned());
    }
    if n.abs() > MOST {
        return Err("This is too large. The maximum is 1,000,000,000,000,000.".to_owned());
    }
    Ok(n)
}

/// Checks that a number is an integer from 0 to [`MOST`].
pub fn count(n: f64) -> Result<i64, String> {
    let n = amount(n)?;
    if n < 0.0 {
        return Err("This counts something, so it cannot be negative.".to_owned());
    }
    if n.fract() != 0.0 {
        return Err("This counts something, so it must be a whole number.".to_owned());
    }
    Ok(n as i64)
}

/// Sets a metric's value. Errors: why the metric cannot have it.
pub fn place(day: &mut Snapshot, measure: &Measure, n: f64) -> Result<(), String> {
    match measure.slug.as_str() {
        "sessions" => day.sessions = Some(count(n)?),
        "users" => day.users = Some(count(n)?),
        "conversions" => day.conversions = Some(count(n)?),
        "revenue" => day.revenue = Some(amount(n)?),
        own => {
            day.metrics.insert(own.to_owned(), amount(n)?);
        }
    }
    Ok(())
}

/// Validates a day that was sent to the API. Errors: a reason per invalid field.
pub fn snapshot(sent: Snapshot, measures: &[Measure], today: Date) -> Result<Snapshot, AppError> {
    let mut reasons = Reasons::default();
    if let Err(reason) = date(&sent.date, today) {
        reasons.add("date", || reason);
    }
    let mut checked = Snapshot { date: sent.date.clone(), ..Snapshot::default() };
    for measure in measures {
        if let Some(n) = sent.value(&measure.slug)
            && let Err(reason) = place(&mut checked, measure, n)
        {
            reasons.add(field_name(&measure.slug), || reason);
        }
    }
    let mut listed = false;
    for slug in sent.metrics.keys() {
        let is_own = |measure: &Measure| measure.slug == *slug && !is_built_in(slug);
        if !measures.iter().any(is_own) {
            // Metric names are listed once. Otherwise the response could be many times larger than the
            // request.
            let known: &[Measure] =
                if std::mem::replace(&mut listed, true) { &[] } else { measures };
            reasons.add(field_name(slug), || unknown_metric(known));
        }
    }
    finish(checked, reasons)
}

/// Validates a day as typed into its form. Errors: a reason per invalid field.
pub fn typed_day(
    typed: &TypedDay,
    measures: &[Measure],
    today: Date,
) -> Result<Snapshot, AppError> {
    let mut reasons = Reasons::default();
    let text = typed.date.trim();
    if let Err(reason) = date(text, today) {
        reasons.add("date", || reason);
    }
    let mut day = Snapshot { date: text.to_owned(), ..Snapshot::default() };
    for measure in measures {
        let number = numbers::read(typed.text(&measure.slug)).and_then(|read| match read {
            Some(reading) => reading.alone(measure.is_count).map(Some),
            None => Ok(None),
        });
        let placed = number.and_then(|n| n.map_or(Ok(()), |n| place(&mut day, measure, n)));
        if let Err(reason) = placed {
            reasons.add(field_name(&measure.slug), || format!("{}: {reason}", measure.name));
        }
    }
    finish(day, reasons)
}

fn finish(day: Snapshot, mut reasons: Reasons) -> Result<Snapshot, AppError> {
    if reasons.is_empty() && day.is_empty() {
        reasons.add("sessions", || "Enter at least one value for this day.".to_owned());
    }
    reasons.finish(day)
}

fn unknown_metric(measures: &[Measure]) -> String {
    let own: Vec<&str> = measures
        .iter()
        .map(|measure| measure.slug.as_str())
        .filter(|slug| !is_built_in(slug))
        .collect();
    if own.is_empty() {
        return "There is no metric with this name. Add it on the Metrics page.".to_owned();
    }
    format!("There is no metric with this name. Yours are: {}.", own.join(", "))
}

pub fn is_built_in(slug: &str) -> bool {
    BUILT_IN.iter().any(|built_in| built_in.slug == slug)
}

/// The valid contents of a metric's form.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub name: String,
    pub unit: String,
    pub aggregation: Aggregation,
    pub weight: Option<String>,
    pub formula: Option<String>,
}

/// Validates a typed metric. `old` is the metric that is edited; `others` are the tenant's other metrics. Errors: a
/// reason per invalid field.
pub fn metric(
    typed: &TypedMetric,
    old: Option<&Metric>,
    others: &[&Metric],
) -> Result<Checked, AppError> {
    let mut reasons = Reasons::default();
    let name = typed.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let unit = typed.unit.trim().to_owned();
    if let Err(reason) = metric_name(&name, others) {
        reasons.add("name", || reason);
    }
    if unit.chars().count() > UNIT_MAX_CHARS
        || unit.chars().any(|c| c.is_control() || c.is_whitespace())
    {
        let reason = format!("A unit is one word of at most {UNIT_MAX_CHARS} characters.");
        reasons.add("unit", || reason);
    }
    let formula = Some(typed.formula.trim()).filter(|formula| !formula.is_empty());
    let is_derived = typed.aggregation == DERIVED;
    let reason = match formula {
        None if is_derived => Err("Write the formula.".to_owned()),
        Some(_) if !is_derived && !typed.aggregation.is_empty() => {
            Err("Choose “Compute it by a formula”, or leave the formula empty.".to_owned())
        }
        formula => check_formula(formula, old, others),
    };
    if let Err(reason) = reason {
        reasons.add("formula", || reason);
    }
    let aggregation = Aggregation::parse(&typed.aggregation).or(old.map(|old| old.aggregation));
    if aggregation.is_none() && formula.is_none() && !is_derived {
        let reason = "Choose how days become a week or a month.";
        reasons.add("aggregation", || reason.to_owned());
    }
    let aggregation = aggregation.unwrap_or_default();
    let is_weighted = |weight: &&str| !weight.is_empty() && formula.is_none();
    let weight = Some(typed.weight.trim()).filter(is_weighted);
    if let Some(Err(reason)) = weight.map(|weight| check_weight(weight, aggregation, others)) {
        reasons.add("weight", || reason);
    }
    let weight = weight.map(str::to_owned);
    let formula = formula.map(str::to_owned);
    reasons.finish(Checked { name, unit, aggregation, weight, formula })
}

/// Checks that a formula can be computed from metrics that are entered. A metric stays what it was made as: its values
/// would be hidden behind a formula, and without its formula it would have none.
fn check_formula(
    formula: Option<&str>,
    old: Option<&Metric>,
    others: &[&Metric],
) -> Result<(), String> {
    match (formula, old) {
        (None, Some(old)) if old.formula.is_some() => {
            return Err("This metric is computed, so it needs its formula.".to_owned());
        }
        (Some(_), Some(old)) if old.formula.is_none() => {
            return Err(
                "This metric has values of its own. Make a new metric for a formula.".into()
            );
        }
        _ => {}
    }
    let Some(formula) = formula else { return Ok(()) };
    let parsed = Formula::parse(formula)
        .map_err(|FormulaFault { at, reason }| format!("Position {at}: {reason}"))?;
    let slugs = parsed.metrics();
    if slugs.is_empty() {
        return Err("A formula uses at least one metric, such as revenue.".to_owned());
    }
    let own = old.map(|old| old.slug.as_str());
    slugs.into_iter().try_for_each(|slug| check_operand(slug, own, others))
}

fn check_operand(slug: &str, own: Option<&str>, others: &[&Metric]) -> Result<(), String> {
    if own == Some(slug) {
        return Err(format!("“{slug}” is this metric. A formula cannot use its own result."));
    }
    if is_built_in(slug) {
        return Ok(());
    }
    match others.iter().find(|metric| metric.slug == slug) {
        Some(metric) if metric.archived => {
            Err(format!("“{slug}” is archived. Restore it first, or leave it out."))
        }
        Some(metric) if metric.formula.is_some() => {
            Err(format!("“{slug}” is computed itself. Use the metrics of its formula instead."))
        }
        Some(_) => Ok(()),
        None => {
            let hint = if slug.contains('-') { " A minus needs spaces around it." } else { "" };
            Err(format!("There is no metric “{slug}”. Use the names that files use.{hint}"))
        }
    }
}

/// Checks that a metric can weight the days of a mean: that it counts something.
fn check_weight(weight: &str, aggregation: Aggregation, others: &[&Metric]) -> Result<(), String> {
    if aggregation != Aggregation::Mean {
        return Err("Only averages are weighted. Choose “Average”, or no weight.".to_owned());
    }
    let is_it =
        |metric: &&&Metric| metric.slug == weight && !metric.archived && metric.formula.is_none();
    let own = others.iter().find(is_it);
    let built_in = BUILT_IN.iter().find(|built_in| built_in.slug == weight);
    let its = own.map(|own| own.aggregation).or(built_in.map(|built_in| built_in.aggregation));
    match its {
        Some(Aggregation::Sum | Aggregation::Distinct) => Ok(()),
        Some(_) => Err("A weight counts something, such as sessions or orders.".to_owned()),
        None => Err("There is no such metric in use to weight by.".to_owned()),
    }
}

fn metric_name(name: &str, others: &[&Metric]) -> Result<(), String> {
    let name = fields::required_line(name, METRIC_NAME_MAX_CHARS, "a name for the metric")?;
    if !name.starts_with(char::is_alphanumeric) {
        return Err("Begin the name with a letter or a digit.".to_owned());
    }
    let lower = name.to_lowercase();
    if lower == "date" || is_built_in(&lower) {
        return Err("A built-in metric has this name. Choose another name.".to_owned());
    }
    match others.iter().find(|metric| metric.name.to_lowercase() == lower || metric.slug == lower) {
        Some(metric) if metric.archived => {
            Err("An archived metric has this name. Restore it, or choose another name.".into())
        }
        Some(_) => Err("You already have a metric with this name.".to_owned()),
        None => Ok(()),
    }
}

/// Validates and normalises the settings. Errors: `currency`, `time_zone` or `fiscal_year_start`.
pub fn settings(typed: &Settings) -> Result<Settings, AppError> {
    let mut reasons = Reasons::default();
    let currency = typed.currency.trim().to_uppercase();
    if !currency.is_empty()
        && (currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()))
    {
        let reason = "Write the currency by its three letters, such as EUR, GBP or USD.";
        reasons.add("currency", || reason.to_owned());
    }
    let time_zone = zone::find(typed.time_zone.trim());
    if time_zone.is_none() {
        let reason = "Choose a time zone from the list, such as Europe/Berlin.";
        reasons.add("time_zone", || reason.to_owned());
    }
    let fiscal_year_start = typed.fiscal_year_start;
    if !(1..=12).contains(&fiscal_year_start) {
        let reason = "Choose the month in which the fiscal year begins.";
        reasons.add("fiscal_year_start", || reason.to_owned());
    }
    let time_zone = time_zone.unwrap_or_default();
    reasons.finish(Settings { currency, time_zone, fiscal_year_start, ..*typed })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::date;

    use super::*;
    use crate::analytics::model::measures;

    const TODAY: Date = date!(2026 - 11 - 23);

    fn own() -> Vec<Measure> {
        let churn = Metric { slug: "churn".into(), name: "Churn rate".into(), ..Metric::default() };
        measures(&[churn], &Settings::default())
    }

    fn reasons(day: Snapshot) -> Vec<String> {
        snapshot(day, &own(), TODAY).unwrap_err().details.into_keys().collect()
    }

    #[test]
    fn a_day_cannot_be_in_the_future() {
        assert!(super::date("2026-11-23", TODAY).is_ok());
        assert!(super::date("2026-11-24", TODAY).unwrap_err().contains("in the future"));
        assert!(super::date("0202-01-01", TODAY).unwrap_err().contains("1700"));
        for text in ["", "23.11.2026", "11/23/2026", "2026-02-30", "2026-1-2"] {
            assert!(super::date(text, TODAY).unwrap_err().contains("2026-11-23"), "{text}");
        }
    }

    #[test]
    fn impossible_values_are_refused_at_their_field() {
        let day = |change: fn(&mut Snapshot)| {
            let mut day =
                Snapshot { date: "2026-11-01".into(), users: Some(1), ..Snapshot::default() };
            change(&mut day);
            day
        };
        assert_eq!(reasons(day(|day| day.sessions = Some(-1))), ["sessions"]);
        assert_eq!(reasons(day(|day| day.conversions = Some(i64::MAX))), ["conversions"]);
        for revenue in [f64::NAN, f64::INFINITY, 1e308, -1.1e15] {
            let mut sent = day(|_| ());
            sent.revenue = Some(revenue);
            assert_eq!(reasons(sent), ["revenue"], "{revenue}");
        }
        assert_eq!(
            reasons(day(|day| {
                day.metrics.insert("churn".into(), 1e16);
                day.metrics.insert("mood".into(), 1.0);
                day.metrics.insert("revenue".into(), 1.0);
            })),
            ["metrics[churn]", "metrics[mood]", "revenue"]
        );
        assert_eq!(reasons(day(|day| day.users = None)), ["sessions"], "nothing at all");
    }

    #[test]
    fn a_typed_day_takes_numbers_as_people_write_them() {
        let typed = TypedDay {
            date: " 2026-11-01 ".into(),
            sessions: "1,234".into(),
            revenue: "-1.234,56".into(),
            metrics: [("churn".to_owned(), "0,5".to_owned())].into(),
            ..TypedDay::default()
        };
        let day = typed_day(&typed, &own(), TODAY).unwrap();
        assert_eq!((day.sessions, day.users), (Some(1_234), None));
        assert_eq!((day.revenue, day.metrics["churn"]), (Some(-1_234.56), 0.5));
        let typed = TypedDay { revenue: "1,234".into(), ..typed };
        let error = typed_day(&typed, &own(), TODAY).unwrap_err();
        assert!(error.field("revenue").unwrap().contains("1234"), "{error:?}");
    }

    #[test]
    fn a_metrics_name_is_valid_and_unique() {
        let churn = Metric { slug: "churn".into(), name: "Churn rate".into(), ..Metric::default() };
        let check = |name: &str| {
            let aggregation = "mean".to_owned();
            let typed = TypedMetric { name: name.into(), aggregation, ..TypedMetric::default() };
            metric(&typed, None, &[&churn]).map(|checked| checked.name)
        };
        assert_eq!(check("  Net  promoter score ").unwrap(), "Net promoter score");
        for name in ["", "churn RATE", "Churn", "Revenue", "date", "=cmd()", "@x", "-1", "a\u{7}"] {
            assert!(check(name).unwrap_err().field("name").is_some(), "{name:?}");
        }
        assert!(check(&"x".repeat(61)).is_err());
    }

    #[test]
    fn a_new_metric_says_how_its_days_are_combined() {
        let typed = TypedMetric { name: "Cash".into(), ..TypedMetric::default() };
        let missing = metric(&typed, None, &[]).unwrap_err();
        assert_eq!(missing.field("aggregation"), Some("Choose how days become a week or a month."));
        let stored = Metric { aggregation: Aggregation::Last, ..Metric::default() };
        let kept = metric(&typed, Some(&stored), &[]).unwrap();
        assert_eq!(kept.aggregation, Aggregation::Last, "an older form does not change it");
    }

    #[test]
    fn a_mean_is_weighted_by_what_counts_something() {
        let own = |slug: &str, aggregation, archived| Metric {
            slug: slug.into(),
            name: slug.into(),
            aggregation,
            archived,
            ..Metric::default()
        };
        let others = [
            own("orders", Aggregation::Sum, false),
            own("cash", Aggregation::Last, false),
            own("calls", Aggregation::Sum, true),
        ];
        let check = |aggregation: &str, weight: &str| {
            let (name, aggregation, weight) = ("Rating".into(), aggregation.into(), weight.into());
            let typed = TypedMetric { name, aggregation, weight, ..TypedMetric::default() };
            let checked = metric(&typed, None, &others.iter().collect::<Vec<_>>());
            checked.map_err(|error| error.field("weight").unwrap_or_default().to_owned())
        };
        assert_eq!(check("mean", "orders").unwrap().weight.as_deref(), Some("orders"));
        assert_eq!(check("mean", "users").unwrap().weight.as_deref(), Some("users"));
        assert_eq!(check("mean", "").unwrap().weight, None);
        assert!(check("mean", "cash").unwrap_err().contains("counts something"));
        assert!(check("mean", "calls").unwrap_err().contains("no such metric"), "archived");
        assert!(check("mean", "rating").unwrap_err().contains("no such metric"), "itself");
        assert!(check("sum", "orders").unwrap_err().contains("Only averages"));
    }

    #[test]
    fn a_formula_uses_metrics_that_are_entered() {
        let own = |slug: &str, formula: Option<&str>, archived| Metric {
            slug: slug.into(),
            name: slug.into(),
            formula: formula.map(str::to_owned),
            archived,
            ..Metric::default()
        };
        let stored = [
            own("cost-of-goods", None, false),
            own("old-costs", None, true),
            own("margin", Some("revenue - cost-of-goods"), false),
        ];
        let check = |slug: &str, formula: &str| {
            let old = stored.iter().find(|metric| metric.slug == slug);
            let others: Vec<&Metric> = stored.iter().filter(|it| it.slug != slug).collect();
            let name = if slug.is_empty() { "Share".to_owned() } else { slug.to_owned() };
            let typed = TypedMetric { name, formula: formula.into(), ..TypedMetric::default() };
            let checked = metric(&typed, old, &others);
            checked.map_err(|error| error.field("formula").unwrap_or_default().to_owned())
        };
        let made = check("", " cost-of-goods / revenue * 100 ").unwrap();
        assert_eq!(made.formula.as_deref(), Some("cost-of-goods / revenue * 100"));
        assert!(check("margin", "revenue - cost-of-goods - 1").is_ok(), "edited");
        for (slug, formula, reason) in [
            ("", "revenue -", "Position 10: A number, a metric or “(” is missing at the end."),
            ("", "1 + 2", "at least one metric"),
            (
                "",
                "revenue - payroll",
                "There is no metric “payroll”. Use the names that files use.",
            ),
            ("", "revenue-cost", "A minus needs spaces around it."),
            ("", "revenue - old-costs", "“old-costs” is archived."),
            ("", "margin * 2", "“margin” is computed itself."),
            ("margin", "margin + revenue", "“margin” is this metric."),
            ("margin", "", "it needs its formula"),
            ("", "revenue / 0.5.1", "Position 11: “0.5.1” is not a number."),
            ("cost-of-goods", "revenue / 2", "has values of its own"),
        ] {
            let told = check(slug, formula).unwrap_err();
            assert!(told.contains(reason), "{formula}: {told}");
        }
    }

    #[test]
    fn currency_and_time_zone_must_exist() {
        let check = |currency: &str, zone: &str| {
            let (currency, time_zone) = (currency.into(), zone.into());
            settings(&Settings { currency, time_zone, ..Settings::default() })
        };
        let stored = check(" eur ", "europe/berlin").unwrap();
        assert_eq!((stored.currency.as_str(), stored.time_zone.as_str()), ("EUR", "Europe/Berlin"));
        assert_eq!(check("", "UTC").unwrap().currency, "");
        assert!(check("Euro", "UTC").unwrap_err().field("currency").is_some());
        assert!(check("EUR", "").unwrap_err().field("time_zone").is_some());
        for month in [0, 13] {
            let typed = Settings { fiscal_year_start: month, ..Settings::default() };
            assert!(settings(&typed).unwrap_err().field("fiscal_year_start").is_some());
        }
    }
}

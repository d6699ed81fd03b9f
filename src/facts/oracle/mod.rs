//! Compares every fact with an independent computation: other code, other arithmetic and another calendar.
//! Nothing here may use the code that it judges.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod business;
mod calendar;
mod findings;
mod months;
mod truth;

use std::collections::BTreeMap;

use super::Facts;
use super::model::Fact;
use crate::analytics::Analytics;
use crate::analytics::model::{Aggregation, Metric as Own, Settings, measures};
use crate::analytics::service::History;
use crate::business::Business as Profiles;
use crate::insights::Insights;
use crate::insights::model::{Basis, Finding, Insight};
use crate::insights::modules;
use crate::platform::clock::stopped;
use crate::platform::db::Db;
use business::{Business, Metric};
use calendar::{Day, Moment, iso, moments};
use findings::Told;
use truth::{Fraction, Truth};

/// Number of generated businesses for each moment.
const EACH: u64 = 6;
/// Days after the first look when the same numbers are looked at again.
const AGAIN: [i64; 3] = [0, 1, 9];
const AT_LEAST: usize = 10_000;

#[tokio::test]
async fn every_fact_is_what_a_plain_computation_says() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
    let facts = Facts::new(
        db.clone(),
        Profiles::new(db.clone()),
        Analytics::new(db.clone()),
        Insights::new(db.clone()),
    );
    let mut count = Count::default();
    for (at, moment) in moments().iter().enumerate() {
        for seed in 0..EACH {
            let tenant = format!("t{at}-{seed}");
            let business = Business::generate(at as u64 * 1_000 + seed, moment.today);
            store(&db, &tenant, moment, &business).await;
            for later in AGAIN {
                stopped::stop_at(moment.at + later * 86_400_000_000);
                // An hour of a day on which clocks change may be in the neighbouring day.
                let today = moment.today + later;
                let set = facts.of(&tenant).await.unwrap();
                if set.today() != iso(today) {
                    assert!(later > 0, "{}: {} is not {}", moment.zone, set.today(), iso(today));
                    continue;
                }
                let place = format!("{} on {}, business {tenant}", moment.zone, iso(today));
                compare(&business, today, set.facts(), &place, &mut count);
                for missing in set.missing() {
                    let silent = missing.what.strip_suffix(": no day has a number");
                    if silent.is_some_and(|name| has_numbers(&business, name, today)) {
                        count.wrong.push(format!("{place}: {}", missing.what));
                    }
                }
            }
        }
    }
    println!("{} facts compared, {} wrong", count.compared, count.wrong.len());
    println!("by kind: {:#?}", count.kinds);
    let shown: Vec<&String> = count.wrong.iter().take(60).collect();
    assert!(shown.is_empty(), "{} wrong: {shown:#?}", count.wrong.len());
    assert!(count.compared >= AT_LEAST, "{}", count.compared);
}

#[derive(Default)]
struct Count {
    compared: usize,
    kinds: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

fn has_numbers(business: &Business, name: &str, today: Day) -> bool {
    let named = business.metrics.iter().find(|metric| name.contains(metric.name));
    named.is_some_and(|metric| metric.values.keys().any(|day| *day <= today))
}

fn compare(business: &Business, today: Day, facts: &[Fact], place: &str, count: &mut Count) {
    let mut truths = truth::facts(business, today);
    for fact in facts.iter().filter(|fact| fact.id.starts_with("K.")) {
        let Some(truth) = truths.remove(&fact.id) else {
            count.wrong.push(format!("{place}: {} is stated: {fact:?}", fact.id));
            continue;
        };
        count.compared += 1;
        let kind = fact.id.split_once(['.', '@']).map_or("", |(_, rest)| rest);
        let kind = kind.split_once(['.', '@']).map_or("", |(_, rest)| rest);
        let kind = if kind.contains('-') && !kind.contains('d') { "@" } else { kind };
        *count.kinds.entry(kind.to_owned()).or_default() += 1;
        let faults = faults(fact, &truth);
        if !faults.is_empty() {
            count.wrong.push(format!("{place}: {faults:?}: {fact:?} against {truth:?}"));
        }
    }
    count.wrong.extend(truths.keys().map(|id| format!("{place}: {id} is not stated")));
}

/// Returns what is wrong with a fact.
fn faults(fact: &Fact, truth: &Truth) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let number = fact.number.as_ref().unwrap();
    let exact = truth.value.over as f64 / truth.value.under as f64;
    if (number.value - exact).abs() > 1e-9 * exact.abs() {
        faults.push("value");
    }
    if number.unit != truth.unit {
        faults.push("unit");
    }
    if !is_rounded(&fact.text, truth.value) || !fact.text.ends_with(truth.unit) {
        faults.push("text");
    }
    if fact.span != Some((iso(truth.first), iso(truth.last))) {
        faults.push("span");
    }
    if truth.says.iter().any(|says| !fact.label.contains(says.as_str())) {
        faults.push("label");
    }
    let note = fact.note.clone().unwrap_or_default();
    if truth.notes.iter().any(|says| !note.contains(says.as_str())) {
        faults.push("note");
    }
    let known = truth.known_of.map(|known| format!("{known}"));
    if known.is_some_and(|known| !note.contains("known days") || !note.contains(&known)) {
        faults.push("gaps");
    }
    if truth.known_of.is_none() && note.contains("known days") {
        faults.push("no gaps");
    }
    let told = note.contains("old").then(|| note.contains("old, the newest number is from "));
    match truth.age {
        Some(Some(days)) if !note.contains(&format!("from {days} days ago")) => faults.push("old"),
        Some(None) if told.is_some() => faults.push("not old"),
        _ => {}
    }
    faults
}

/// Returns whether the text shows the number rounded once: it is at most half a unit of the last digit from
/// it. A tie may be rounded either way.
fn is_rounded(text: &str, exact: Fraction) -> bool {
    let number: String =
        text.chars().skip_while(|c| *c == '(').take_while(|c| !matches!(c, ' ' | '%')).collect();
    let is_negative = number.contains('−');
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let Ok(digits) = digits.parse::<i128>() else { return false };
    let shown = if is_negative { -digits } else { digits };
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    let scale = 10_i128.pow(decimals);
    // |shown / scale − over / under| ≤ 1 / (2 scale), without division.
    let apart = (shown * exact.under - exact.over * scale).abs();
    let is_close = 2 * apart <= exact.under;
    // Whole numbers stay whole, others have two decimals, or four below one; changes have one.
    let is_whole = exact.over % exact.under == 0;
    is_close && (decimals > 0 || is_whole || shown == 0 || exact.over.abs() < exact.under)
}

#[test]
fn every_number_of_an_insight_is_what_a_plain_computation_says() {
    let mut count = Count::default();
    for (at, moment) in moments().iter().enumerate() {
        for seed in 0..EACH {
            let business = Business::generate(at as u64 * 1_000 + seed, moment.today);
            for later in AGAIN {
                let today = moment.today + later;
                for (module, finding) in modules::examine(&history(&business, today)) {
                    compare_basis(&business, today, module, &finding, &mut count);
                }
            }
        }
    }
    println!("{} numbers of insights compared: {:#?}", count.compared, count.kinds);
    let shown: Vec<&String> = count.wrong.iter().take(40).collect();
    assert!(shown.is_empty(), "{} wrong: {shown:#?}", count.wrong.len());
    assert!(count.compared >= AT_LEAST, "{}", count.compared);
}

/// Returns the days that are over.
fn history(business: &Business, today: Day) -> History {
    /// The Julian day of 1 January 1970.
    const EPOCH: i64 = 2_440_588;
    let own = business.metrics[4..].iter().map(|metric| Own {
        slug: metric.slug.to_owned(),
        name: metric.name.to_owned(),
        unit: metric.unit.to_owned(),
        higher_is_better: true,
        aggregation: Aggregation::parse(metric.aggregation).unwrap(),
        weight: metric.weight.map(str::to_owned),
        ..Own::default()
    });
    let settings = Settings { currency: "EUR".to_owned(), ..Settings::default() };
    let measures = measures(&own.collect::<Vec<_>>(), &settings).into_iter();
    let points = |slug: &str| {
        let values = business.metric(slug).values.range(today - 800..today);
        let point =
            |(day, value): (&Day, &i128)| ((day + EPOCH) as i32, decimal(*value).parse().unwrap());
        values.map(point).collect()
    };
    History {
        today: time::Date::from_julian_day((today + EPOCH) as i32).unwrap(),
        series: measures.map(|measure| (measure.clone(), points(&measure.slug))).collect(),
        periods: Vec::new(),
        formulas: Vec::new(),
        stop: Default::default(),
    }
}

fn compare_basis(
    business: &Business,
    today: Day,
    module: &str,
    finding: &Finding,
    count: &mut Count,
) {
    let mut about = 0;
    for basis in &finding.basis {
        let [first, last] = [&basis.span.0, &basis.span.1].map(|day| parse(day));
        if first == last && !basis.label.contains("usual") {
            about = last;
        }
        let Basis { measure, label, unit, value, .. } = basis;
        let told = Told { measure, label, unit, first, last, day: about };
        let place = format!("{module} on {}: {basis:?}", iso(today));
        let truths = findings::truths(business, today, &told);
        count.compared += 1;
        let kind = label.split_once(", ").map_or(label.as_str(), |(_, kind)| kind);
        let kind: String = kind.chars().take_while(|c| !c.is_ascii_digit()).collect();
        *count.kinds.entry(format!("{module}: {kind}")).or_default() += 1;
        let is_dated = label.contains("change against the") && !label.contains("usual")
            || label.contains(&findings::written(first, last))
            || findings::end_of(business, measure, first, last)
                .is_some_and(|end| label.contains(&format!("at the end of {end}")));
        let fact = as_fact(module, basis);
        let is_value = |truth: &&f64| (value - **truth).abs() <= 1e-9 * truth.abs().max(1e-3);
        let truth = truths.iter().find(is_value);
        if !truth.is_some_and(|truth| is_near(&fact.text, *truth)) || !is_dated || last >= today {
            count.wrong.push(format!("it is {truths:?}: {} in {place}", fact.text));
        }
        if unit == "points" && basis.before.is_none() {
            count.wrong.push(format!("compared with nothing: {place}"));
        }
    }
}

/// Returns the fact that an insight's number becomes.
fn as_fact(module: &str, basis: &Basis) -> Fact {
    let insight = Insight {
        module_slug: module.to_owned(),
        basis: vec![basis.clone()],
        ..Insight::default()
    };
    super::insights::derive(&[insight], time::Date::MIN).remove(0).fact
}

fn is_near(text: &str, value: f64) -> bool {
    let number: String = text.chars().take_while(|c| !matches!(c, ' ' | '%')).collect();
    let number = number.replace('−', "-").replace([',', '+'], "");
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
    let most = 0.5 * 10_f64.powi(-decimals) + 1e-9 * value.abs();
    let is_small = value.abs() < 1.0 && decimals < 4;
    let most = if is_small && !text.ends_with('%') { 0.000_05 } else { most };
    number.parse::<f64>().is_ok_and(|shown| (shown - value).abs() <= most + 1e-12)
}

fn parse(iso: &str) -> Day {
    let mut parts = iso.split('-').map(|part| part.parse().unwrap());
    let mut next = || parts.next().unwrap();
    calendar::day(next(), next(), next())
}

/// Stores a business's zone, metrics and numbers as other code reads them.
async fn store(db: &Db, tenant: &str, moment: &Moment, business: &Business) {
    let mut sql = format!(
        "INSERT INTO tenants VALUES ('{tenant}', 'Shop', 1);
         INSERT INTO analytics_settings (tenant_id, currency, time_zone, updated_at)
         VALUES ('{tenant}', 'EUR', '{}', 1);
         INSERT INTO analytics_changes (tenant_id, version, changed_at) VALUES ('{tenant}', 1, 1);",
        moment.zone
    );
    for (place, metric) in business.metrics.iter().enumerate().skip(4) {
        let Metric { slug, name, unit, aggregation, weight, .. } = metric;
        let weight = weight.unwrap_or_default();
        sql.push_str(&format!(
            "INSERT INTO metrics (tenant_id, slug, name, unit, created_at, aggregation, weight)
             VALUES ('{tenant}', '{slug}', '{name}', '{unit}', {place}, '{aggregation}', '{weight}');"
        ));
    }
    let mut days: Vec<Day> =
        business.metrics.iter().flat_map(|metric| metric.values.keys().copied()).collect();
    days.sort_unstable();
    days.dedup();
    let value = |metric: &Metric, day: Day| metric.values.get(&day).map(|value| decimal(*value));
    let rows = days.iter().map(|day| {
        let built_in = business.metrics[..4].iter();
        let built_in: Vec<String> = built_in
            .map(|metric| value(metric, *day).unwrap_or_else(|| "NULL".to_owned()))
            .collect();
        let own = business.metrics[4..].iter();
        let own: Vec<String> = own
            .filter_map(|metric| Some(format!("\"{}\":{}", metric.slug, value(metric, *day)?)))
            .collect();
        format!(
            "('{tenant}', '{}', {}, '{{{}}}', 1)",
            iso(*day),
            built_in.join(", "),
            own.join(",")
        )
    });
    let rows: Vec<String> = rows.collect();
    for rows in rows.chunks(400) {
        sql.push_str(&format!(
            "INSERT INTO analytics_snapshots
               (tenant_id, date, sessions, users, conversions, revenue, metrics, created_at)
             VALUES {};",
            rows.join(", ")
        ));
    }
    sql.push_str(&months(tenant, moment, business));
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

/// Returns the statement that stores the months of a business.
fn months(tenant: &str, moment: &Moment, business: &Business) -> String {
    let mut all: Vec<(i64, i64)> =
        business.metrics.iter().flat_map(|metric| metric.months.keys().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let row = |month: &(i64, i64)| {
        let value = |metric: &Metric| metric.months.get(month).map(|value| decimal(*value));
        let built_in = business.metrics[..4].iter();
        let built_in: Vec<String> =
            built_in.map(|metric| value(metric).unwrap_or_else(|| "NULL".to_owned())).collect();
        let own = business.metrics[4..].iter();
        let own: Vec<String> = own
            .filter_map(|metric| Some(format!("\"{}\":{}", metric.slug, value(metric)?)))
            .collect();
        format!(
            "INSERT INTO analytics_snapshots
               (tenant_id, date, grain, sessions, users, conversions, revenue, metrics, created_at)
             VALUES ('{tenant}', '{}-{:02}-01', 'month', {}, '{{{}}}', {});",
            month.0,
            month.1,
            built_in.join(", "),
            own.join(","),
            moment.at
        )
    };
    all.iter().map(row).collect()
}

/// Writes thousandths as a decimal number.
fn decimal(thousandths: i128) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (thousandths.abs() / 1_000, thousandths.abs() % 1_000);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:03}") }
}

//! The true facts of a business, computed from its rows in the simplest way, row by row, without
//! the program's own code.

use std::collections::BTreeMap;

use time::{Date, Duration, Month};

use super::business::{Business, Row};

/// The expected content of a fact.
#[derive(Clone, Debug)]
pub struct Truth {
    pub value: f64,
    pub unit: String,
    /// First and last day that the fact covers.
    pub from: Date,
    pub to: Date,
    /// Number of these days that have a value.
    pub known: i64,
    /// Age of its newest number of a complete day, in days.
    pub age: i64,
}

/// Returns every fact about metrics that a prompt must contain, by id.
///
/// `rows` are the days before today. `of_today` is today's row, if any.
pub fn facts(
    business: &Business,
    rows: &[Row],
    of_today: Option<&Row>,
    today: Date,
) -> BTreeMap<String, Truth> {
    let mut facts = BTreeMap::new();
    let mut slugs: Vec<(String, String)> = vec![
        ("sessions".into(), String::new()),
        ("users".into(), String::new()),
        ("conversions".into(), String::new()),
        ("revenue".into(), business.currency.clone()),
    ];
    slugs.extend(business.metrics.iter().map(|metric| (metric.slug(), metric.unit.clone())));
    let newest = rows.iter().map(|row| row.date).max().unwrap();
    let age = (today - newest).whole_days();
    for (slug, unit) in &slugs {
        let adds_up = ["sessions", "conversions", "revenue"].contains(&slug.as_str());
        let of = |from: Date, to: Date| days(rows, slug, from, to);
        let last = of(newest, newest)[0];
        let truth = |value: f64, unit: &str, from: Date, known: i64| Truth {
            value,
            unit: unit.to_owned(),
            from,
            to: newest,
            known,
            age,
        };
        facts.insert(format!("K.{slug}@{newest}"), truth(last, unit, newest, 1));
        if let Some(row) = of_today {
            let so_far = Truth { to: today, age: 0, ..truth(row.values[slug], unit, today, 1) };
            facts.insert(format!("K.{slug}@{today}"), so_far);
        }
        for length in [7, 30] {
            let from = newest - Duration::days(length - 1);
            let now = of(from, newest);
            if 2 * now.len() < length as usize {
                continue;
            }
            let value = if adds_up { sum(&now) } else { mean(&now) };
            let id = format!("K.{slug}.{length}d");
            facts.insert(id.clone(), truth(value, unit, from, now.len() as i64));
            let before = of(from - Duration::days(length), from - Duration::days(1));
            let mut earlier = vec![("change", before)];
            if length == 30 {
                let year_ago = a_year_before(newest);
                earlier.push(("year", of(year_ago - Duration::days(29), year_ago)));
            }
            for (name, before) in earlier {
                if 2 * before.len() < length as usize || mean(&before) == 0.0 {
                    continue;
                }
                let change = 100.0 * (mean(&now) / mean(&before) - 1.0);
                facts.insert(format!("{id}.{name}"), truth(change, "%", from, now.len() as i64));
            }
        }
    }
    for (of, per, name, unit, scale) in [
        ("conversions", "sessions", "rate", "%", 100.0),
        ("revenue", "users", "per-user", business.currency.as_str(), 1.0),
    ] {
        for length in [7, 30] {
            let from = newest - Duration::days(length - 1);
            let ratio = |from: Date, to: Date| {
                let (of, per) = (days(rows, of, from, to), days(rows, per, from, to));
                (2 * of.len() >= length as usize).then(|| scale * sum(&of) / sum(&per))
            };
            let Some(value) = ratio(from, newest) else { continue };
            let known = days(rows, of, from, newest).len() as i64;
            let id = format!("K.{of}.{length}d.{name}");
            let truth = |value: f64, unit: &str| Truth {
                value,
                unit: unit.to_owned(),
                from,
                to: newest,
                known,
                age,
            };
            facts.insert(id.clone(), truth(value, unit));
            if let Some(before) = ratio(from - Duration::days(length), from - Duration::days(1)) {
                facts.insert(format!("{id}.change"), truth(100.0 * (value / before - 1.0), "%"));
            }
        }
    }
    facts
}

/// Returns a metric's mean over the days that have a value; `None` if no metric has this name.
pub fn mean_of(business: &Business, rows: &[Row], name: &str, from: Date, to: Date) -> Option<f64> {
    let ratio =
        |of: &str, per: &str| sum(&days(rows, of, from, to)) / sum(&days(rows, per, from, to));
    match name {
        "Conversion rate" => return Some(100.0 * ratio("conversions", "sessions")),
        "Revenue per user and day" => return Some(ratio("revenue", "users")),
        _ => {}
    }
    let own = business.metrics.iter().map(|metric| (metric.name.clone(), metric.slug()));
    let built_in = ["Sessions", "Users", "Conversions", "Revenue"]
        .map(|name| (name.to_owned(), name.to_lowercase()));
    let (_, slug) = built_in.into_iter().chain(own).find(|(known, _)| known == name)?;
    Some(mean(&days(rows, &slug, from, to)))
}

/// Returns every change of a metric that an insight may state, in percent and in the metric's unit.
pub fn changes_of(business: &Business, rows: &[Row], name: &str) -> Vec<f64> {
    let newest = rows.iter().map(|row| row.date).max().unwrap();
    let mut changes = Vec::new();
    for length in [7, 28, 30] {
        let from = newest - Duration::days(length - 1);
        let year_ago = a_year_before(newest);
        for (then, until) in [
            (from - Duration::days(length), from - Duration::days(1)),
            (year_ago - Duration::days(length - 1), year_ago),
        ] {
            let now = mean_of(business, rows, name, from, newest);
            let then = mean_of(business, rows, name, then, until);
            if let (Some(now), Some(then)) = (now, then) {
                // Percentage points are differences of the displayed, rounded rates.
                changes.extend([now - then, shown(now) - shown(then), 100.0 * (now / then - 1.0)]);
            }
        }
    }
    changes
}

/// Rounds to the number of decimals with which a number is displayed.
fn shown(n: f64) -> f64 {
    let scale = if n.abs() < 1.0 { 1e4 } else { 1e2 };
    (n * scale).round() / scale
}

fn days(rows: &[Row], slug: &str, from: Date, to: Date) -> Vec<f64> {
    let mut values = Vec::new();
    for row in rows {
        if row.date >= from && row.date <= to {
            values.push(row.values[slug]);
        }
    }
    values
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

fn a_year_before(date: Date) -> Date {
    let day = if date.month() == Month::February { date.day().min(28) } else { date.day() };
    Date::from_calendar_date(date.year() - 1, date.month(), day).unwrap()
}

//! What is true of a business, worked out from its rows in the plainest way, row by row, and with none of
//! the program's own code.

use std::collections::BTreeMap;

use time::{Date, Duration, Month};

use super::business::{Business, Row};

/// What a fact must say.
#[derive(Clone, Debug)]
pub struct Truth {
    pub value: f64,
    pub unit: String,
    /// The days it speaks of.
    pub from: Date,
    pub to: Date,
    /// How many of these days are known, where that matters.
    pub known: i64,
    /// How many days ago its newest number is from.
    pub age: i64,
}

/// Every fact about numbers that a prompt must hold, by its id.
///
/// `rows` are of days that are over; `of_today` is what there is of today.
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
    let age = of_today.map_or((today - newest).whole_days(), |_| 0);
    for (slug, unit) in &slugs {
        let adds_up = ["sessions", "users", "conversions", "revenue"].contains(&slug.as_str());
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
            let so_far = Truth { to: today, ..truth(row.values[slug], unit, today, 1) };
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

/// The mean of a measure, by its name, over the days that are known; none where there is no such measure.
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

/// By how much a measure may be said to have changed: in percent, and in its own unit.
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
                // Points are those of the rates as they are shown.
                changes.extend([now - then, shown(now) - shown(then), 100.0 * (now / then - 1.0)]);
            }
        }
    }
    changes
}

/// With as many decimals as a number is shown with.
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

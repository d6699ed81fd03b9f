//! Three businesses of known facts.

use crate::facts::model::{Fact, Number};

#[derive(Clone)]
pub struct Business {
    pub facts: Vec<Fact>,
    /// Julian day of the newest complete day.
    pub newest: time::Date,
}

/// A metric of a business with the unit of its values.
struct Row {
    slug: &'static str,
    /// As in labels, quoted for a custom metric.
    name: &'static str,
    unit: &'static str,
    kind: &'static str,
    values: [f64; 6],
}

const fn row(
    slug: &'static str,
    name: &'static str,
    unit: &'static str,
    kind: &'static str,
    values: [f64; 6],
) -> Row {
    Row { slug, name, unit, kind, values }
}

/// Values: 30 days, their change, the change from a year ago, 7 days, their change, the newest day.
const BAKERY: [Row; 8] = [
    row("revenue", "Revenue", "EUR", "total", [12_345.67, -11.63, 8.27, 2_981.40, 3.38, 411.52]),
    row("sessions", "Sessions", "", "total", [48_210.0, 5.68, -2.91, 11_480.0, -1.84, 1_655.0]),
    row(
        "users",
        "Users",
        "",
        "sum of each day's users",
        [31_905.0, 4.22, 1.13, 7_402.0, -0.93, 1_077.0],
    ),
    row("conversions", "Conversions", "", "total", [1_213.0, -7.51, 14.9, 287.0, 12.36, 38.0]),
    row(
        "bread-waste",
        "“Bread waste” (less is better)",
        "%",
        "mean of the days",
        [6.43, 9.1, -3.3, 7.12, 16.2, 5.9],
    ),
    row("basket", "“Basket”", "EUR", "mean of the days", [14.27, 2.2, 6.1, 14.9, 5.5, 13.05]),
    row(
        "lead-time",
        "“Lead time” (less is better)",
        "hours",
        "mean of the days",
        [14.5, -20.0, -31.4, 13.2, -9.7, 12.75],
    ),
    row(
        "tickets",
        "“Tickets” (less is better)",
        "",
        "mean of the days",
        [23.4, 17.8, 2.6, 21.7, -6.6, 19.0],
    ),
];

const REPAIRS: [Row; 5] = [
    row("revenue", "Revenue", "USD", "total", [191_870.5, 24.3, 61.9, 46_020.25, -5.2, 6_911.0]),
    row("sessions", "Sessions", "", "total", [3_914.0, -18.6, -40.2, 876.0, 7.7, 131.0]),
    row("users", "Users", "", "sum of each day's users", [2_688.0, -13.9, -35.5, 611.0, 9.4, 92.0]),
    row("conversions", "Conversions", "", "total", [455.0, 2.7, 19.2, 108.0, -15.3, 17.0]),
    row(
        "repair-time",
        "“Repair time” (less is better)",
        "minutes",
        "mean of the days",
        [86.4, 11.9, -4.4, 93.1, 21.1, 104.0],
    ),
];

const HOTEL: [Row; 6] = [
    row("revenue", "Revenue", "GBP", "total", [58_402.3, -3.7, 22.8, 13_377.9, -27.1, 1_904.6]),
    row("sessions", "Sessions", "", "total", [9_633.0, 13.2, 47.0, 2_290.0, 31.5, 344.0]),
    row(
        "users",
        "Users",
        "",
        "sum of each day's users",
        [7_218.0, 10.6, 39.3, 1_742.0, 26.9, 259.0],
    ),
    row("conversions", "Conversions", "", "total", [612.0, -9.8, 5.1, 139.0, -22.4, 21.0]),
    row("occupancy", "“Occupancy”", "%", "mean of the days", [71.3, -6.9, 12.7, 64.8, -14.2, 58.3]),
    row(
        "laundry",
        "“Laundry” (less is better)",
        "kg",
        "mean of the days",
        [118.6, 4.9, -8.1, 109.4, -3.1, 97.2],
    ),
];

pub fn all() -> Vec<Business> {
    vec![bakery(), business(&REPAIRS, 19, 11), business(&HOTEL, 6, 9)]
}

/// The business of the sentences written by hand.
pub fn bakery() -> Business {
    let mut business = business(&BAKERY, 31, 10);
    let text = |id: &str, label: &str, text: &str| Fact {
        id: id.into(),
        label: label.into(),
        text: text.into(),
        source: "/profile".into(),
        ..Fact::default()
    };
    business.facts.extend([
        text("P.size", "People in the business", "6–20"),
        text("P.sells", "What the business sells", "Sourdough at 5.80 EUR a loaf"),
        text("P.goals.1", "Goal 1 of 1", "Open a second shop by 2028 with 3 more bakers and 250,000 EUR"),
        text("I.growth-pulse.1", "Insight from growth-pulse, 31 Oct 2026, severity info", "Revenue: down 11.6% in the 30 days from 2 Oct to 31 Oct 2026 against the 30 days before."),
        Fact {
            id: "I.growth-pulse.3".into(),
            label: "Conversion rate, change against the 30 days before (from growth-pulse)".into(),
            text: "−0.36 points".into(),
            number: Some(Number { value: -0.36, unit: "points".into() }),
            span: Some(("2026-10-02".into(), "2026-10-31".into())),
            source: "/analytics".into(),
            note: None,
        },
    ]);
    for fact in &mut business.facts {
        if fact.id == "K.revenue.7d" || fact.id == "K.revenue.30d" {
            fact.note = Some(
                "a total of the 27 known days of 30; old, the newest number is from 26 Oct".into(),
            );
        }
    }
    business
}

fn business(rows: &[Row], day: u8, month: u8) -> Business {
    let month = time::Month::try_from(month).unwrap();
    let newest = time::Date::from_calendar_date(2026, month, day).unwrap();
    let mut facts: Vec<Fact> = rows.iter().flat_map(|row| of_row(row, newest)).collect();
    let value =
        |slug: &str, at: usize| rows.iter().find(|row| row.slug == slug).unwrap().values[at];
    for (days, at) in [(30_i32, 0), (7, 3)] {
        let rate = value("conversions", at) / value("sessions", at) * 100.0;
        let each = value("revenue", at) / value("users", at);
        let id = format!("K.conversions.{days}d.rate");
        let label = format!("Conversions per session, {days} days to {}", shown(newest));
        facts.push(fact(&id, &label, rate, "%", span(newest, i64::from(days))));
        let change = format!(
            "Conversions per session, relative change of the {days} days to {} against the days before",
            shown(newest)
        );
        facts.push(fact(
            &format!("{id}.change"),
            &change,
            -6.2 + f64::from(days) / 3.0,
            "%",
            span(newest, i64::from(days)),
        ));
        let id = format!("K.revenue.{days}d.per-user");
        let label = format!("Revenue per user and day, {days} days to {}", shown(newest));
        facts.push(fact(&id, &label, each, rows[0].unit, span(newest, i64::from(days))));
    }
    Business { facts, newest }
}

fn of_row(row: &Row, newest: time::Date) -> Vec<Fact> {
    let Row { slug, name, unit, kind, values } = row;
    let day = shown(newest);
    let iso = iso(newest);
    let mut facts = vec![fact(
        &format!("K.{slug}@{iso}"),
        &format!("{name}, {day}, one day"),
        values[5],
        unit,
        span(newest, 1),
    )];
    let relative = if *unit == "%" { "relative " } else { "" };
    for (days, at) in [(7, 3), (30, 0)] {
        let id = format!("K.{slug}.{days}d");
        facts.push(fact(
            &id,
            &format!("{name}, {days} days to {day}, {kind}"),
            values[at],
            unit,
            span(newest, days),
        ));
        let label = format!("{name}, {relative}change of the {days} days to {day} against");
        facts.push(fact(
            &format!("{id}.change"),
            &format!("{label} the days before"),
            values[at + 1],
            "%",
            span(newest, days),
        ));
        if days == 30 {
            facts.push(fact(
                &format!("{id}.year"),
                &format!("{label} a year earlier"),
                values[2],
                "%",
                span(newest, days),
            ));
        }
    }
    facts
}

fn fact(id: &str, label: &str, value: f64, unit: &str, span: (String, String)) -> Fact {
    let text = match unit {
        "%" => format!("{value:.1}%").replace('-', "−"),
        unit => format!("{value:.2} {unit}"),
    };
    Fact {
        id: id.into(),
        label: label.into(),
        text,
        number: Some(Number { value, unit: unit.into() }),
        span: Some(span),
        source: "/analytics".into(),
        note: None,
    }
}

fn span(last: time::Date, days: i64) -> (String, String) {
    (iso(last - time::Duration::days(days - 1)), iso(last))
}

pub fn iso(date: time::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn shown(date: time::Date) -> String {
    format!("{} {} {}", date.day(), &date.month().to_string()[..3], date.year())
}

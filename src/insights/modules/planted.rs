//! Plants each fault of `planted.txt` into a month of six businesses' numbers, and counts those that the modules report.
//!
//! What no module reports, no adviser is told, so this is what an adviser can find at best. `make eval` prints the table.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use super::testing::{TODAY, days, history};
use super::*;
use crate::analytics::series::Point;

/// A business's daily levels, its growth a year, the share of its days without numbers, and its noise.
struct Business {
    name: &'static str,
    seed: u64,
    levels: [f64; 4],
    growth: f64,
    missing: f64,
    noise: f64,
    /// Each weekday's share of the mean day, Monday first.
    week: [f64; 7],
}

const SLUGS: [&str; 4] = ["sessions", "users", "conversions", "revenue"];
const BUSINESSES: [Business; 6] = [
    Business {
        name: "bakery",
        seed: 11,
        levels: [420.0, 310.0, 38.0, 1_180.0],
        growth: 0.12,
        missing: 0.0,
        noise: 0.1,
        week: [0.8, 0.9, 0.9, 1.0, 1.1, 1.4, 0.9],
    },
    Business {
        name: "bicycle shop",
        seed: 23,
        levels: [1_650.0, 1_240.0, 21.0, 6_400.0],
        growth: -0.18,
        missing: 0.05,
        noise: 0.2,
        week: [1.0, 0.9, 0.9, 1.0, 1.1, 1.3, 0.8],
    },
    Business {
        name: "lamp maker",
        seed: 37,
        levels: [96.0, 74.0, 5.0, 860.0],
        growth: 0.04,
        missing: 0.05,
        noise: 0.3,
        week: [1.0; 7],
    },
    Business {
        name: "software",
        seed: 41,
        levels: [38_200.0, 25_100.0, 940.0, 58_300.0],
        growth: 0.35,
        missing: 0.0,
        noise: 0.05,
        week: [1.2, 1.2, 1.2, 1.2, 1.1, 0.5, 0.6],
    },
    Business {
        name: "guest house",
        seed: 53,
        levels: [240.0, 201.0, 17.0, 21_400.0],
        growth: -0.3,
        missing: 0.1,
        noise: 0.25,
        week: [0.7, 0.7, 0.8, 1.0, 1.4, 1.5, 0.9],
    },
    Business {
        name: "consultants",
        seed: 67,
        levels: [5_200.0, 3_900.0, 60.0, 15_250.0],
        growth: 0.0,
        missing: 0.0,
        noise: 0.15,
        week: [1.1, 1.1, 1.1, 1.1, 1.0, 0.8, 0.8],
    },
];

/// A change of some days of a metric; `factor` is `None` if they are removed.
struct Fault {
    metric: String,
    /// First and last Julian day.
    span: (i32, i32),
    factor: Option<f64>,
}

impl Fault {
    fn all() -> Vec<Self> {
        let lines = include_str!("planted.txt").lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| {
                let parts: Vec<&str> = line.split(" | ").collect();
                let [metric, back, length, factor, _] = parts[..] else { panic!("{line}") };
                // The newest day of the numbers is yesterday.
                let last = TODAY.to_julian_day() - 1 - back.parse::<i32>().unwrap();
                Self {
                    metric: metric.to_owned(),
                    span: (last + 1 - length.parse::<i32>().unwrap(), last),
                    factor: factor.parse().ok(),
                }
            })
            .collect()
    }

    fn covers(&self, day: i32) -> bool {
        (self.span.0..=self.span.1).contains(&day)
    }

    fn plant(&self, series: &mut BTreeMap<&'static str, Vec<Point>>) {
        let points = series.get_mut(self.metric.as_str()).unwrap();
        match self.factor {
            None => points.retain(|(day, _)| !self.covers(*day)),
            Some(factor) => {
                for (_, value) in points.iter_mut().filter(|(day, _)| self.covers(*day)) {
                    *value = (*value * factor).round();
                }
            }
        }
    }

    /// Returns whether a finding that is not there without the fault names the metric and its days.
    fn is_reported(&self, found: &Findings, without: &Findings) -> bool {
        let new = found.iter().filter(|it| !without.contains(it));
        let long = self.span.1 - self.span.0 >= 6 && self.factor.is_some();
        new.into_iter().any(|(module, finding)| {
            let names_days = finding.basis.iter().any(|basis| {
                let first = crate::format::date::iso(self.span.0);
                let last = crate::format::date::iso(self.span.1);
                let overlaps = basis.span.0 <= last && basis.span.1 >= first;
                (basis.measure == self.metric || basis.measure == "all") && overlaps
            });
            names_days && if long { self.is_told(finding) } else { *module != "growth-pulse" }
        })
    }

    /// Returns whether a sentence names the metric and the direction of its change.
    fn is_told(&self, finding: &Finding) -> bool {
        let direction = if self.factor > Some(1.0) { "up " } else { "down " };
        let name = self.metric[..1].to_uppercase() + &self.metric[1..];
        let sentences = finding.highlights.iter().chain([&finding.summary]);
        sentences.into_iter().any(|it| it.starts_with(&name) && it.contains(direction))
    }
}

type Findings = Vec<(&'static str, Finding)>;

impl Business {
    /// Returns two years of numbers up to yesterday, the same in each run.
    fn series(&self) -> BTreeMap<&'static str, Vec<Point>> {
        let mut state = self.seed;
        let mut random = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let rows: Vec<Option<[f64; 4]>> = (0..730)
            .map(|back| {
                let is_missing = back > 13 && random() < self.missing;
                let weekday = (TODAY.to_julian_day() - 1 - back).rem_euclid(7) as usize;
                let level = self.week[weekday] * (1.0 - self.growth * f64::from(back) / 365.0);
                let values = self.levels.map(|mean| {
                    let noise = 1.0 + self.noise * (random() + random() + random() - 1.5);
                    (mean * level.max(0.2) * noise).round()
                });
                (!is_missing).then_some(values)
            })
            .collect();
        let of = |at: usize| days(730, 1, |back| Some(rows[back as usize - 1]?[at]));
        SLUGS.into_iter().enumerate().map(|(at, slug)| (slug, of(at))).collect()
    }
}

fn findings(series: &BTreeMap<&'static str, Vec<Point>>) -> Findings {
    let series: Vec<(&str, Vec<Point>)> =
        series.iter().map(|(slug, points)| (*slug, points.clone())).collect();
    examine(&history(&series))
}

#[test]
#[allow(clippy::print_stdout)] // printed by make eval
fn planted_faults_of_a_month_are_reported() {
    let (faults, mut reported, mut alarms) = (Fault::all(), 0, 0);
    assert_eq!(faults.len(), 20);
    for business in &BUSINESSES {
        let series = business.series();
        let without = findings(&series);
        alarms += without.iter().filter(|(module, _)| *module == "anomaly-watch").count();
        for fault in &faults {
            let mut series = series.clone();
            fault.plant(&mut series);
            if fault.is_reported(&findings(&series), &without) {
                reported += 1;
            } else {
                let days = fault.span.1 - fault.span.0 + 1;
                println!(
                    "{}: {} × {:?} on {days} days is not reported",
                    business.name, fault.metric, fault.factor
                );
            }
        }
    }
    println!("planted faults reported: {reported} of 120; anomalies without a fault: {alarms}");
    assert!(reported >= 108, "{reported} of 120");
    assert!(alarms <= 3, "{alarms} days without a fault are reported as anomalies");
}

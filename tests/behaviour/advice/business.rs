//! Six fictional businesses and their numbers. The rows are the same in each run, except for the
//! dates: the last one is 0 to 35 days before today.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::{Date, Duration};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Business {
    pub name: String,
    pub currency: String,
    pub time_zone: String,
    seed: u64,
    years: i64,
    last_day_ago: i64,
    /// On average one day in this many is missing; 0 for none.
    gap_every: u64,
    sessions: f64,
    users: f64,
    conversions: f64,
    revenue: f64,
    /// Linear growth of all built-in metrics per year, as a fraction of the initial level.
    trend: f64,
    pub metrics: Vec<OwnMetric>,
    pub profile: serde_json::Value,
}

#[derive(Clone, Debug, Deserialize)]
pub struct OwnMetric {
    pub name: String,
    pub unit: String,
    level: f64,
    pub better: String,
}

impl OwnMetric {
    pub fn slug(&self) -> String {
        self.name.to_lowercase().replace(' ', "-")
    }
}

/// A line of the imported file.
pub struct Row {
    pub date: Date,
    pub values: BTreeMap<String, f64>,
}

pub fn all() -> Vec<Business> {
    serde_json::from_str(include_str!("businesses.json")).unwrap()
}

impl Business {
    /// Returns the business's days. `today` is the date in its time zone.
    pub fn rows(&self, today: Date) -> Vec<Row> {
        let mut random = Random(self.seed);
        let last = today - Duration::days(self.last_day_ago);
        let days = self.years * 365 + 40;
        let mut rows = Vec::new();
        for day in 0..days {
            let date = last - Duration::days(days - 1 - day);
            let noise = |random: &mut Random| 0.75 + random.part() * 0.5;
            let season = 1.0 + 0.2 * (day as f64 / 365.0 * std::f64::consts::TAU).sin();
            let growth = 1.0 + self.trend * day as f64 / 365.0;
            let factor = (season * growth).max(0.2);
            let mut values = BTreeMap::new();
            for (slug, level) in [
                ("sessions", self.sessions),
                ("users", self.users),
                ("conversions", self.conversions),
            ] {
                values.insert(slug.to_owned(), (level * factor * noise(&mut random)).round());
            }
            let revenue = self.revenue * factor * noise(&mut random);
            values.insert("revenue".to_owned(), (revenue * 100.0).round() / 100.0);
            for metric in &self.metrics {
                let value = metric.level * noise(&mut random);
                values.insert(metric.slug(), (value * 10.0).round() / 10.0);
            }
            let gap = random.next();
            // The last day is never missing, so that it is the newest day of every metric.
            if self.gap_every > 0 && gap.is_multiple_of(self.gap_every) && day + 1 < days {
                continue;
            }
            rows.push(Row { date, values });
        }
        rows
    }

    pub fn csv(&self, rows: &[Row]) -> String {
        let own: Vec<String> = self.metrics.iter().map(OwnMetric::slug).collect();
        let slugs: Vec<&str> = ["sessions", "users", "conversions", "revenue"]
            .into_iter()
            .chain(own.iter().map(String::as_str))
            .collect();
        let mut csv = format!("date,{}\n", slugs.join(","));
        for row in rows {
            let values: Vec<String> =
                slugs.iter().map(|slug| row.values[*slug].to_string()).collect();
            csv.push_str(&format!("{},{}\n", row.date, values.join(",")));
        }
        csv
    }
}

/// Splitmix64, which generates the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 up to, but not including, 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

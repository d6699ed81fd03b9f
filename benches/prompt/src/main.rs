//! Measures the time to build a prompt with full context: 24 metrics over 400 days, a full profile,
//! insights, and ten long exchanges, the newest of which is new in each round.
//!
//! Prints one line of JSON for `scripts/bench`.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use csuite::analytics::model::{Metric, Settings, measures};
use csuite::analytics::service::History;
use csuite::business::model::Profile;
use csuite::chat::prompt::{self, Asked, Branch, Budget, Exchange};
use csuite::facts::FactSet;
use csuite::facts::build::build;
use csuite::insights::model::Insight;
use csuite::personas::built_in;
use time::macros::date;

const ROUNDS: usize = 2_000;
const SENTENCE: &str =
    "In October, revenue came to 12,345.67 EUR [K.revenue.30d], and cakes brought most of it. ";

fn history() -> History {
    let metric = |n: usize| Metric {
        slug: format!("metric-{n}"),
        name: format!("Metric number {n}"),
        unit: "hours".into(),
        ..Metric::default()
    };
    let own: Vec<Metric> = (0..20).map(metric).collect();
    let settings = Settings { currency: "EUR".into(), ..Settings::default() };
    let today = date!(2026 - 11 - 01);
    let last = today.to_julian_day();
    let points = |n: usize| {
        (0..400).map(move |day| (last - 399 + day, f64::from(day % 7) + n as f64 + 0.25))
    };
    let all = measures(&own, &settings).into_iter().enumerate();
    let series = all.map(|(n, measure)| (measure, points(n).collect())).collect();
    History { today, series, stop: Default::default() }
}

fn facts() -> FactSet {
    let text = |n| SENTENCE.repeat(n);
    let profile = Profile {
        business_name: "Rise & Shine".into(),
        industry: "Bakery".into(),
        size: "6–20".into(),
        stage: "Growing".into(),
        revenue_range: "500 thousand to 2 million".into(),
        goals: (0..8).map(|n| format!("Goal number {n} of this business")).collect(),
        sells: text(6),
        customers: text(6),
        competitors: text(6),
        challenges: text(6),
        tone: text(2),
    };
    let insight = |n: usize| Insight {
        module_slug: format!("module-{n}"),
        summary: text(1),
        highlights: vec![text(1); 4],
        created_at: "2026-10-31T08:00:00Z".into(),
        ..Insight::default()
    };
    let insights: Vec<Insight> = (0..5).map(insight).collect();
    FactSet::new(build(&profile, &history(), &insights)).expect("facts")
}

/// Builds an exchange with a reply of about 2,000 tokens.
fn exchange(n: usize) -> Exchange {
    let answer = (0..70).map(|at| format!("{n}.{at}: {SENTENCE}")).collect();
    Exchange { question: format!("And what of it, for the {n}. time?"), answer, end: n.to_string() }
}

fn main() {
    let facts = facts();
    let persona = built_in::find("cfo").expect("an adviser");
    let budget = Budget::new(32_768, 2_048);
    let mut branch = Branch { exchanges: (0..10).map(exchange).collect(), ..Branch::default() };
    let mut times = Vec::with_capacity(ROUNDS);
    let mut bytes = 0;
    for round in 0..ROUNDS {
        branch.exchanges.remove(0);
        branch.exchanges.push(exchange(round + 10));
        let question = format!("How was last month, asked for the {round}. time?");
        let begin = Instant::now();
        let asked = Asked { question: &question, partial: "" };
        let prompt = prompt::build(&persona, &facts, &branch, asked, budget).prompt;
        let digest = prompt.digest();
        times.push(begin.elapsed());
        assert_eq!(digest.len(), 64);
        bytes = prompt.messages.iter().map(|message| message.content.len()).sum();
    }
    times.sort_unstable();
    let at = |share: usize| times.get(ROUNDS * share / 100).copied().map_or(0.0, millis);
    println!(
        "{}",
        serde_json::json!({
            "median": at(50), "p99": at(99), "facts": facts.facts().len(), "bytes": bytes,
        })
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

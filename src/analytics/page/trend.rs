//! One metric over a range, with its reading in words. Links select the metric and the range, so it works
//! without a script.

use leptos::prelude::*;

use super::chart::ChartFigure;
use crate::analytics::model::{Grain, Measure, Range, Trend};

/// The trend on `page`, whose query parameters `metric` and `range` select it.
#[component]
pub fn TrendSection(trend: Trend, page: &'static str) -> impl IntoView {
    let Trend { measures, shown, chart, reading, range, .. } = trend;
    let name = measures.iter().find(|measure| measure.slug == shown).map(|it| it.name.clone());
    let metrics = measures
        .into_iter()
        .map(|Measure { slug, name, .. }| {
            let is_shown = slug == shown;
            view! { <Choice href=address(page, &slug, range) label=name is_shown /> }
        })
        .collect_view();
    let ranges = Range::ALL
        .map(|each| {
            let label = each.label().to_owned();
            view! { <Choice href=address(page, &shown, each) label is_shown=each == range /> }
        })
        .collect_view();
    // A chart of longer periods shows all that fit.
    let has_ranges = chart.as_ref().is_none_or(|chart| chart.grain == Grain::Day);
    let ranges = has_ranges.then(|| {
        view! {
            <nav aria-label="Period up to the latest day">
                <ul class="segmented-links">{ranges}</ul>
            </nav>
        }
    });
    view! {
        <section class="analytics-trend" id="trend" aria-labelledby="trend-title">
            <h2 id="trend-title" dir="auto">
                {name.unwrap_or_else(|| "Trend".to_owned())}
            </h2>
            {reading.map(|reading| view! { <p class="chart-reading" dir="auto">{reading}</p> })}
            <div class="analytics-choice">
                <nav aria-label="Metric">
                    <ul class="segmented-links">{metrics}</ul>
                </nav>
                {ranges}
            </div>
            {match chart {
                Some(chart) => view! { <ChartFigure chart /> }.into_any(),
                None => view! { <p class="empty">"This metric has no values in this period."</p> }.into_any(),
            }}
        </section>
    }
}

/// Returns the URL of a metric's chart on a page.
pub fn address(page: &str, slug: &str, range: Range) -> String {
    format!("{page}?metric={slug}&range={}#trend", range.slug())
}

#[component]
fn Choice(href: String, label: String, is_shown: bool) -> impl IntoView {
    view! {
        <li>
            // `external` makes the browser navigate, so that it scrolls to the chart.
            <a href=href rel="external" dir="auto" aria-current=is_shown.then_some("true")>
                {label}
            </a>
        </li>
    }
}

//! The cost chart: bars without JavaScript. The table below it holds the same values.

use leptos::prelude::*;

use crate::format::money::{dollars, rounded_dollars};
use crate::usage::model::{Bar, GroupBy};

/// Heights in pixels. Widths are percentages of the page, so that nothing is stretched.
const HEIGHT: f64 = 160.0;
const ROW_HEIGHT: usize = 44;
/// Maximum number of bars for groups other than days. The table lists all rows.
const MOST_ROWS: usize = 12;

/// Shows the cost of each group: days as columns from left to right, other groups as rows.
#[component]
pub fn Plot(group: GroupBy, bars: Vec<Bar>) -> impl IntoView {
    let dearest = bars.iter().map(|bar| bar.cost_micros).max().unwrap_or(0).max(1);
    let what = match bars.iter().find(|bar| bar.cost_micros == dearest) {
        Some(bar) => {
            let by = if group == GroupBy::Day { "on" } else { "for" };
            format!("Highest: {} {by} {}.", rounded_dollars(dearest), bar.label)
        }
        None => String::new(),
    };
    let title = format!("Cost by {}", group.label().to_lowercase());
    let drawing = match group {
        GroupBy::Day => {
            view! { <Columns title=title.clone() what=what.clone() bars dearest /> }.into_any()
        }
        _ => view! { <Rows title=title.clone() what=what.clone() bars dearest /> }.into_any(),
    };
    view! {
        <figure class="usage-plot">
            <figcaption>
                <span>{title}</span>
                <span>{what}</span>
            </figcaption>
            {drawing}
        </figure>
    }
}

#[component]
fn Columns(title: String, what: String, bars: Vec<Bar>, dearest: i64) -> impl IntoView {
    let step = 100.0 / bars.len().max(1) as f64;
    let (first, last) = (label(bars.first()), label(bars.last()));
    let columns = bars
        .into_iter()
        .enumerate()
        .map(|(at, bar)| {
            let height = length(bar.cost_micros, dearest, HEIGHT);
            view! {
                <rect
                    x=percent(step * (at as f64 + 0.1))
                    width=percent(step * 0.8)
                    y=pixels(HEIGHT - height)
                    height=pixels(height)
                >
                    <title>{format!("{}: {}", bar.label, dollars(bar.cost_micros))}</title>
                </rect>
            }
        })
        .collect_view();
    view! {
        <svg width="100%" height=pixels(HEIGHT) role="img" aria-labelledby="plot-title plot-what">
            <title id="plot-title">{title}</title>
            <desc id="plot-what">{what}</desc>
            {columns}
        </svg>
        <p class="usage-axis" aria-hidden="true">
            <span>{first}</span>
            <span>{last}</span>
        </p>
    }
}

#[component]
fn Rows(title: String, what: String, bars: Vec<Bar>, dearest: i64) -> impl IntoView {
    let bars: Vec<Bar> = bars.into_iter().take(MOST_ROWS).collect();
    let height = bars.len() * ROW_HEIGHT;
    let rows = bars
        .into_iter()
        .enumerate()
        .map(|(at, bar)| {
            let top = at * ROW_HEIGHT;
            let width = length(bar.cost_micros, dearest, 100.0);
            view! {
                <text x="0" y=(top + 16).to_string()>
                    {format!("{} · {}", bar.label, rounded_dollars(bar.cost_micros))}
                </text>
                <rect x="0" y=(top + 24).to_string() width=percent(width) height="12" />
            }
        })
        .collect_view();
    view! {
        <svg width="100%" height=height.to_string() role="img" aria-labelledby="plot-title plot-what">
            <title id="plot-title">{title}</title>
            <desc id="plot-what">{what}</desc>
            {rows}
        </svg>
    }
}

fn label(bar: Option<&Bar>) -> String {
    bar.map(|bar| bar.label.clone()).unwrap_or_default()
}

/// Returns the length of a bar, relative to the largest cost. A positive cost is always visible.
fn length(cost: i64, dearest: i64, whole: f64) -> f64 {
    if cost <= 0 { 0.0 } else { (cost as f64 / dearest as f64 * whole).max(1.0) }
}

fn percent(n: f64) -> String {
    format!("{n:.3}%")
}

fn pixels(n: f64) -> String {
    format!("{n:.1}")
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn html(group: GroupBy, costs: &[i64]) -> String {
        let bars = costs
            .iter()
            .enumerate()
            .map(|(at, cost)| Bar { label: format!("<b>{at}</b>"), cost_micros: *cost })
            .collect();
        Owner::new().with(|| view! { <Plot group bars /> }.to_html())
    }

    #[test]
    fn each_bar_is_scaled_to_the_highest_cost() {
        let columns = html(GroupBy::Day, &[0, 500, 1_000, 1]);
        for height in ["height=\"0.0\"", "height=\"80.0\"", "height=\"160.0\"", "height=\"1.0\""] {
            assert!(columns.contains(height), "{height}: {columns}");
        }
        let rows = html(GroupBy::Model, &[1_000, 250]);
        assert!(rows.contains("100.000%") && rows.contains("25.000%"), "{rows}");
    }

    #[test]
    fn a_screen_reader_gets_a_description_of_the_plot() {
        for group in [GroupBy::Day, GroupBy::Member] {
            let html = html(group, &[5, 2_500_000]);
            assert!(html.contains("role=\"img\""), "{html}");
            assert!(html.contains("aria-labelledby=\"plot-title plot-what\""), "{html}");
            assert!(html.contains("Highest: $2.50 "), "{html}");
            assert!(!html.contains("<b>"), "names are text: {html}");
        }
    }
}

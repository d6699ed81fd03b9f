//! Cards: each metric's newest observation, its trend and its comparisons.

use leptos::prelude::*;

use super::trend;
use crate::analytics::model::{Aggregation, Card, Delta, Range};
use crate::analytics::windows::points;
use crate::format::amount::amount;
use crate::format::number::{grouped, in_unit, percent, signed};

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 28.0;

#[component]
pub fn Cards(
    cards: Vec<Card>,
    range: Range,
    /// The page with the trend that each card selects.
    page: &'static str,
) -> impl IntoView {
    let cards = cards.into_iter().map(|card| view! { <CardView card range page /> }).collect_view();
    view! {
        <section aria-labelledby="newest-title">
            <h2 id="newest-title" class="visually-hidden">
                "Latest values"
            </h2>
            <ul class="analytics-cards">{cards}</ul>
        </section>
    }
}

#[component]
fn CardView(card: Card, range: Range, page: &'static str) -> impl IntoView {
    let Card { measure, last, last_date, points, deltas } = card;
    let href = trend::address(page, &measure.slug, range);
    let is_percentage = measure.is_percentage();
    let deltas = match disagreement(&deltas, is_percentage) {
        Some(sentence) => view! { <li>{sentence}</li> }.into_any(),
        None => deltas
            .into_iter()
            .map(|delta| {
                let higher_is_better = measure.higher_is_better;
                let is_level = measure.aggregation == Aggregation::Last;
                view! { <DeltaView delta higher_is_better is_percentage is_level /> }
            })
            .collect_view()
            .into_any(),
    };
    view! {
        <li class="analytics-card">
            <h3>
                // `external` makes the browser navigate, so that it scrolls to the chart.
                <a href=href rel="external" dir="auto">
                    {measure.name.clone()}
                </a>
            </h3>
            <p class="analytics-last">
                <strong>{amount(last, &measure.unit)}</strong>
                <span>{last_date}</span>
            </p>
            <Sparkline points />
            <ul class="analytics-deltas">{deltas}</ul>
        </li>
    }
}

/// Says in one sentence that the shorter window rose and the longer one fell, or the reverse: two changes side by side
/// would seem to contradict each other. `None` if they agree.
fn disagreement(deltas: &[Delta], is_percentage: bool) -> Option<String> {
    let [short, long] = deltas else { return None };
    let way = |delta: &Delta| (delta.mean - delta.mean_before).signum();
    let is_flat = |delta: &Delta| match is_percentage {
        true => points(delta.mean, delta.mean_before) == 0.0,
        false => delta.mean == delta.mean_before || shown_flat(delta),
    };
    if way(short) == way(long) || is_flat(short) || is_flat(long) {
        return None;
    }
    let told = |delta: &Delta| {
        let side = if way(delta) > 0.0 { "up" } else { "down" };
        let size = match delta.percent() {
            _ if is_percentage => in_unit(points(delta.mean, delta.mean_before).abs(), "points"),
            Some(change) => percent(change.abs()).trim_start_matches('+').to_owned(),
            None => return format!("{side} from {}", grouped(delta.mean_before)),
        };
        format!("{side} {size}")
    };
    let sentence = format!(
        "{} over the last {} days, but {} over the last {}, each compared with the period before it",
        told(long),
        long.days,
        told(short),
        short.days
    );
    let mut letters = sentence.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Returns whether the change is shown as 0.0%.
fn shown_flat(delta: &Delta) -> bool {
    delta.percent().is_some_and(|change| percent(change) == "0.0%")
}

/// A mean compared with the one before it, in words: in percent, or in points for percentages. The colour is
/// redundant.
#[component]
fn DeltaView(
    delta: Delta,
    higher_is_better: bool,
    is_percentage: bool,
    /// Whether ends are compared, not means.
    is_level: bool,
) -> impl IntoView {
    let Delta { days, mean, mean_before } = delta;
    let change = delta.percent();
    let is_better = (mean > mean_before) == higher_is_better;
    let tone = match mean == mean_before {
        true => "",
        false if is_better => "better",
        false => "worse",
    };
    let told = match change {
        _ if is_percentage => signed(points(mean, mean_before), "points"),
        Some(change) => percent(change),
        None => format!("from {} to {}", grouped(mean_before), grouped(mean)),
    };
    let aside = match tone {
        "" => String::new(),
        tone => format!(" ({tone})"),
    };
    view! {
        <li>
            <span class=format!("analytics-delta {tone}")>
                {told} <span class="visually-hidden">{aside}</span>
            </span>
            {match is_level {
                true => format!(" against {days} days before"),
                false => format!(" last {days} days against the {days} before"),
            }}
        </li>
    }
}

/// A sparkline of the recent days. It is hidden from screen readers, because the text around it holds the
/// same information.
#[component]
fn Sparkline(points: Vec<(i32, f64)>) -> impl IntoView {
    view! {
        <svg
            class="analytics-spark"
            width="100%"
            height=HEIGHT.to_string()
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            <polyline points=path(&points) vector-effect="non-scaling-stroke" />
        </svg>
    }
}

fn path(points: &[(i32, f64)]) -> String {
    let day = |at: usize| points.get(at).map_or(0.0, |(day, _)| f64::from(*day));
    let (first, last) = (day(0), day(points.len().saturating_sub(1)));
    let values = || points.iter().map(|(_, value)| *value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let share =
        |n: f64, low: f64, high: f64| if high > low { (n - low) / (high - low) } else { 0.5 };
    let place = |(day, value): &(i32, f64)| {
        let x = share(f64::from(*day), first, last) * WIDTH;
        let y = 2.0 + (1.0 - share(*value, low, high)) * (HEIGHT - 4.0);
        format!("{x:.1},{y:.1}")
    };
    // A single point is repeated: a line of length zero is drawn as a dot.
    let alone = points.iter().take(usize::from(points.len() == 1));
    points.iter().chain(alone).map(place).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_spans_its_box() {
        assert_eq!(path(&[(10, 5.0), (15, 0.0), (20, 10.0)]), "0.0,14.0 50.0,26.0 100.0,2.0");
        assert_eq!(path(&[(10, 5.0)]), "50.0,14.0 50.0,14.0");
        assert_eq!(path(&[]), "");
    }

    #[test]
    fn windows_that_disagree_are_told_in_one_sentence() {
        let delta = |days, mean| Delta { days, mean, mean_before: 100.0 };
        let told = |week, month| disagreement(&[delta(7, week), delta(30, month)], false);
        assert_eq!(
            told(80.0, 108.0).as_deref(),
            Some(
                "Up 8.0% over the last 30 days, but down 20.0% over the last 7, each compared with the period before it."
            )
        );
        assert!(told(120.0, 92.0).is_some_and(|text| text.starts_with("Down 8.0%")));
        for (week, month) in [(120.0, 108.0), (80.0, 92.0), (100.0, 92.0), (99.99, 108.0)] {
            assert_eq!(told(week, month), None, "{week} {month}");
        }
        assert_eq!(disagreement(&[delta(7, 80.0)], false), None);
    }

    #[test]
    fn a_decrease_of_a_lower_is_better_metric_is_labelled_better() {
        let html = |mean, higher_is_better| {
            let delta = Delta { days: 7, mean, mean_before: 10.0 };
            let is_percentage = false;
            Owner::new().with(|| {
                view! { <DeltaView delta higher_is_better is_percentage is_level=false /> }
                    .to_html()
            })
        };
        assert!(html(8.0, false).contains("−20.0%") && html(8.0, false).contains("(better)"));
        assert!(html(8.0, true).contains("(worse)"));
        assert!(!html(10.0, true).contains("(better)"));
    }

    #[test]
    fn a_percentage_changes_in_points() {
        let delta = Delta { days: 7, mean: 3.456, mean_before: 2.5 };
        let html = Owner::new().with(|| {
            view! { <DeltaView delta higher_is_better=true is_percentage=true is_level=false /> }.to_html()
        });
        assert!(html.contains("+0.96\u{a0}points"), "3.46 less 2.50: {html}");
    }
}

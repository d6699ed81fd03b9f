//! The chart: a line without JavaScript, with a text description and a table of the newest values.

use leptos::prelude::*;

use crate::analytics::model::Chart;
use crate::analytics::series::ticks;
use crate::format::number::{in_unit, short};

/// Dimensions in pixels. The width follows the page; the line is drawn on a grid of the width [`GRID`].
const HEIGHT: f64 = 240.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 8.0;
const GRID: f64 = 1_000.0;

/// The plot beside the table of the newest values.
#[component]
pub fn ChartFigure(chart: Chart) -> impl IntoView {
    view! {
        <div class="analytics-chart">
            <Plot chart=chart.clone() />
            <Newest chart />
        </div>
    }
}

/// The plot alone.
#[component]
pub fn Plot(chart: Chart) -> impl IntoView {
    let title = format!("{}, {} to {}", chart.measure.name, chart.from, chart.to);
    let what = summary(&chart);
    let lines = lines(&chart);
    let scale = Scale::new(&lines, &chart);
    let rules = lines
        .iter()
        .map(|value| {
            let y = pixels(scale.y(*value));
            view! { <line x1="0" x2="100%" y1=y.clone() y2=y /> }
        })
        .collect_view();
    let labels = lines
        .iter()
        .map(|value| {
            view! {
                <text x="100%" dx="-8" y=pixels(scale.y(*value) + 4.0) text-anchor="end">
                    {short(*value)}
                </text>
            }
        })
        .collect_view();
    let curves = paths(&chart.points, &scale)
        .into_iter()
        .map(|points| view! { <polyline points=points vector-effect="non-scaling-stroke" /> })
        .collect_view();
    let so_far = chart
        .so_far
        .map(|today| view! { <SoFar today whole=chart.points.last().copied() scale /> });
    view! {
        <figure class="usage-plot trend-plot">
            <figcaption>
                <span>{title.clone()}</span>
                {so_far.is_some().then(|| view! { <Legend /> })}
            </figcaption>
            <div class="analytics-plot">
                <svg width="100%" height=pixels(HEIGHT) aria-hidden="true">
                    {labels}
                </svg>
                <svg
                    width="100%"
                    height=pixels(HEIGHT)
                    role="img"
                    aria-labelledby="chart-title chart-what"
                >
                    <title id="chart-title">{title}</title>
                    <desc id="chart-what">{what.clone()}</desc>
                    {rules}
                    <svg
                        width="100%"
                        height=pixels(HEIGHT)
                        viewBox=format!("0 0 {GRID} {HEIGHT}")
                        preserveAspectRatio="none"
                    >
                        {curves}
                    </svg>
                    {so_far}
                </svg>
                <p class="usage-axis" aria-hidden="true">
                    <span>{chart.from.clone()}</span>
                    <span>{chart.to.clone()}</span>
                </p>
            </div>
            <p class="usage-note">{what}</p>
        </figure>
    }
}

/// Explains the mark of [`SoFar`].
#[component]
fn Legend() -> impl IntoView {
    view! {
        <span class="analytics-legend">
            <svg width="12" height="12" aria-hidden="true" focusable="false">
                <circle class="so-far" cx="6" cy="6" r="4" />
            </svg>
            "Today so far"
        </span>
    }
}

/// Today's incomplete value: an open point at the end of a dashed line from the last day that is over.
#[component]
fn SoFar(today: (f64, f64), whole: Option<(f64, f64)>, scale: Scale) -> impl IntoView {
    let share = |day| format!("{:.2}%", scale.x(day) / GRID * 100.0);
    let (x, y) = (share(today.0), pixels(scale.y(today.1)));
    let line = whole.map(|(day, value)| {
        view! {
            <line class="so-far" x1=share(day) y1=pixels(scale.y(value)) x2=x.clone() y2=y.clone() />
        }
    });
    view! {
        {line}
        <circle class="so-far" cx=x cy=y r="4" />
    }
}

/// The table of the newest values.
#[component]
fn Newest(chart: Chart) -> impl IntoView {
    let Chart { measure, listed, .. } = chart;
    let rows = listed
        .into_iter()
        .map(|(date, value)| {
            view! {
                <tr>
                    <th scope="row">{date}</th>
                    <td>{in_unit(value, &measure.unit)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="usage-table analytics-newest">
            <caption>"Latest days"</caption>
            <thead>
                <tr>
                    <th scope="col">"Day"</th>
                    <th scope="col">{measure.name.clone()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Describes the line in words.
fn summary(chart: &Chart) -> String {
    let unit = |n| in_unit(n, &chart.measure.unit);
    let whole = chart.points.first().zip(chart.points.last()).map(|((_, first), (_, last))| {
        format!(
            "From {} to {}; lowest {}, highest {}.",
            unit(*first),
            unit(*last),
            unit(chart.lowest),
            unit(chart.highest)
        )
    });
    let each = (chart.days_a_point > 1)
        .then(|| format!("Each point is the mean of up to {} days.", chart.days_a_point));
    let so_far = chart.so_far.map(|(_, value)| format!("Today so far {}.", unit(value)));
    whole.into_iter().chain(each).chain(so_far).collect::<Vec<_>>().join(" ")
}

/// Returns the values of the grid lines. They hold today's value as well.
fn lines(chart: &Chart) -> Vec<f64> {
    let values = || chart.points.iter().chain(&chart.so_far).map(|(_, value)| *value);
    let low = values().reduce(f64::min).unwrap_or_default();
    let high = values().reduce(f64::max).unwrap_or_default();
    ticks(low, high)
}

#[derive(Clone, Copy)]
struct Scale {
    /// The number of days from the first one to the last one.
    days: f64,
    low: f64,
    span: f64,
}

impl Scale {
    fn new(lines: &[f64], chart: &Chart) -> Self {
        let (low, high) = match lines {
            [first, .., last] => (*first, *last),
            _ => (0.0, 1.0),
        };
        let newest = chart.so_far.as_ref().or(chart.points.last());
        let days = newest.map_or(1.0, |(day, _)| day.max(1.0));
        Self { days, low, span: high - low }
    }

    /// Returns the distance from the start on the grid.
    fn x(&self, day: f64) -> f64 {
        day / self.days * GRID
    }

    /// Returns the distance from the top in pixels.
    fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - (value - self.low) / self.span) * (HEIGHT - TOP - BOTTOM)
    }
}

/// Returns one path per continuous stretch. The line is interrupted where many more days than usual are
/// missing, because their values are unknown.
fn paths(points: &[(f64, f64)], scale: &Scale) -> Vec<String> {
    let farthest = 3.0 * usual_step(points);
    points
        .chunk_by(|a, b| b.0 - a.0 <= farthest)
        .map(|stretch| {
            let mut path: Vec<String> = stretch
                .iter()
                .map(|(day, value)| format!("{:.1},{:.1}", scale.x(*day), scale.y(*value)))
                .collect();
            if let [only] = &path[..] {
                // A line of length zero, whose round caps are drawn as a dot.
                path.push(only.clone());
            }
            path.join(" ")
        })
        .collect()
}

/// Returns the median distance between neighbouring points in days.
fn usual_step(points: &[(f64, f64)]) -> f64 {
    let mut steps: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(1.0)
}

fn pixels(n: f64) -> String {
    format!("{n:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::model::Measure;

    fn chart(points: &[(f64, f64)]) -> Chart {
        let values = || points.iter().map(|(_, value)| *value);
        Chart {
            measure: Measure {
                slug: "churn".into(),
                name: "<b>Churn</b>".into(),
                unit: "%".into(),
                higher_is_better: false,
                is_count: false,
            },
            from: "1 Nov 2026".into(),
            to: "9 Nov 2026".into(),
            points: points.to_vec(),
            days_a_point: 1,
            so_far: None,
            lowest: values().fold(f64::INFINITY, f64::min),
            highest: values().fold(f64::NEG_INFINITY, f64::max),
            listed: vec![("9 Nov 2026".into(), 4.0)],
        }
    }

    fn html(points: &[(f64, f64)]) -> String {
        drawn(chart(points))
    }

    fn drawn(chart: Chart) -> String {
        Owner::new().with(|| view! { <ChartFigure chart /> }.to_html())
    }

    #[test]
    fn a_point_is_placed_proportionally_between_the_outer_lines() {
        let html = html(&[(0.0, 0.0), (1.0, 5.0), (2.0, 10.0)]);
        assert!(html.contains("points=\"0.0,232.0 500.0,126.0 1000.0,20.0\""), "{html}");
    }

    #[test]
    fn missing_days_break_the_line_and_a_lone_day_is_a_dot() {
        let scale = Scale { days: 21.0, low: 0.0, span: 10.0 };
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (8.0, 1.0), (20.0, 1.0), (21.0, 1.0)];
        let paths = paths(&points, &scale);
        assert_eq!(paths.len(), 3, "{paths:?}");
        let dot: Vec<&str> = paths[1].split(' ').collect();
        assert_eq!(dot[0], dot[1]);
    }

    #[test]
    fn today_so_far_is_an_open_point_apart_from_the_line() {
        let whole = chart(&[(0.0, 5.0), (1.0, 10.0)]);
        assert!(!drawn(whole.clone()).contains("so-far"));
        let html = drawn(Chart { so_far: Some((4.0, 0.0)), ..whole });
        assert!(html.contains("points=\"0.0,126.0 250.0,20.0\""), "{html}");
        assert!(
            html.contains("<circle cx=\"100.00%\" cy=\"232.0\" r=\"4\" class=\"so-far\""),
            "{html}"
        );
        let dashed = "<line x1=\"25.00%\" y1=\"20.0\" x2=\"100.00%\" y2=\"232.0\" class=\"so-far\"";
        assert!(html.contains(dashed), "{html}");
        assert!(html.contains("lowest 5%, highest 10%. Today so far 0%."), "{html}");
        let alone = drawn(Chart { so_far: Some((0.0, 3.0)), ..chart(&[]) });
        assert!(alone.contains("\"chart-what\">Today so far 3%.<"), "{alone}");
        assert!(!alone.contains("NaN") && !alone.contains("inf"), "{alone}");
    }

    #[test]
    fn a_screen_reader_gets_a_description_of_the_line() {
        let html = html(&[(0.0, 2.5), (8.0, 4.0)]);
        assert!(html.contains("role=\"img\" aria-labelledby=\"chart-title chart-what\""), "{html}");
        assert!(html.contains("From 2.50% to 4%; lowest 2.50%, highest 4%."), "{html}");
        assert!(!html.contains("<b>"), "names are text: {html}");
    }
}

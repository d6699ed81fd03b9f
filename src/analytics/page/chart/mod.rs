//! The chart: a line that the server draws, with a description and a table of the newest values. The script
//! (`app/scripts/chart.js`) shows the value of each point on hover and by arrow keys.

mod axis;
mod geometry;

use leptos::prelude::*;

use crate::analytics::model::{Aggregation, Chart, Grain};
use crate::analytics::series::Bucket;
use crate::format::amount::{amount, is_shown_on_axis};
use crate::format::date;
use crate::format::number::shown;
use axis::{Tick, ValueAxis, dates};
use geometry::{HEIGHT, Scale, paths, pixels, share};

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
    let title = title(&chart);
    let what = summary(&chart);
    let values = value_axis(&chart);
    let scale = Scale::new(&values.lines, &chart);
    let points = points_json(&chart, &scale);
    let has_legend = chart.so_far.is_some() || !chart.gaps.is_empty();
    let legend = has_legend.then(
        || view! { <Legend has_today=chart.so_far.is_some() has_gaps=!chart.gaps.is_empty() /> },
    );
    view! {
        <figure class="usage-plot trend-plot">
            <figcaption>
                <span>{title.clone()}</span>
                {legend}
            </figcaption>
            <div class="analytics-plot">
                {value_labels(&values, scale)}
                <div class="chart-area" data-chart=points>
                    <svg
                        width="100%"
                        height=pixels(HEIGHT)
                        role="img"
                        aria-labelledby="chart-title chart-what"
                    >
                        <title id="chart-title">{title}</title>
                        <desc id="chart-what">{what.clone()}</desc>
                        {drawing(&chart, &values.lines, scale)}
                    </svg>
                    <DateLabels first=chart.first days=chart.days />
                </div>
            </div>
            <p class="usage-note">{what}</p>
        </figure>
    }
}

/// Names the unit unless the axis does.
fn title(chart: &Chart) -> String {
    let Chart { measure, from, to, .. } = chart;
    let unit = match measure.unit.as_str() {
        "" => String::new(),
        unit if is_shown_on_axis(unit) => String::new(),
        unit => format!(" ({unit})"),
    };
    format!("{}{unit}, {from} to {to}", measure.name)
}

/// Returns the axis that holds today's value as well.
fn value_axis(chart: &Chart) -> ValueAxis {
    let today = chart.so_far.map(|(_, value)| value);
    let values = || chart.points.iter().map(|point| point.value).chain(today);
    let low = values().reduce(f64::min).unwrap_or_default();
    let high = values().reduce(f64::max).unwrap_or_default();
    ValueAxis::new(low, high, &chart.measure.unit)
}

/// Renders the labels of the grid lines.
fn value_labels(values: &ValueAxis, scale: Scale) -> impl IntoView + use<> {
    let labels = values
        .lines
        .iter()
        .zip(&values.labels)
        .map(|(line, label)| {
            view! {
                <text x="100%" dx="-8" y=pixels(scale.y(*line) + 4.0) text-anchor="end">
                    {label.clone()}
                </text>
            }
        })
        .collect_view();
    view! {
        <svg width=pixels(values.width) height=pixels(HEIGHT) aria-hidden="true">
            {labels}
        </svg>
    }
}

/// Renders the grid, the gaps, the line and today's point.
fn drawing(chart: &Chart, lines: &[f64], scale: Scale) -> impl IntoView + use<> {
    let rules = lines
        .iter()
        .map(|value| {
            let y = pixels(scale.y(*value));
            view! { <line x1="0" x2="100%" y1=y.clone() y2=y /> }
        })
        .collect_view();
    let gaps = chart
        .gaps
        .iter()
        .map(|(from, to)| {
            view! {
                <rect
                    class="gap"
                    x=share(scale.share(*from))
                    width=share(scale.share(*to) - scale.share(*from))
                    y="0"
                    height="100%"
                />
            }
        })
        .collect_view();
    let curves = paths(chart, &scale)
        .into_iter()
        .map(|points| view! { <polyline points=points vector-effect="non-scaling-stroke" /> })
        .collect_view();
    let newest = chart.points.last().map(|point| (chart.place(point.day), point.value));
    let so_far = chart.so_far.map(|today| view! { <SoFar today whole=newest scale /> });
    view! {
        {gaps}
        {rules}
        <svg
            width="100%"
            height=pixels(HEIGHT)
            viewBox=format!("0 0 {} {HEIGHT}", geometry::GRID)
            preserveAspectRatio="none"
        >
            {curves}
        </svg>
        {so_far}
    }
}

/// The dates below the plot, one group for each range of widths. The style sheet shows the one that fits.
#[component]
fn DateLabels(first: i32, days: f64) -> impl IntoView {
    let groups = dates(first, days)
        .into_iter()
        .enumerate()
        .map(|(at, ticks)| {
            let labels = ticks
                .into_iter()
                .map(|tick: Tick| {
                    view! {
                        <text x=share(tick.share) y="1.1em" text-anchor=tick.anchor.name()>
                            {tick.label}
                        </text>
                    }
                })
                .collect_view();
            view! { <g data-width=at.to_string()>{labels}</g> }
        })
        .collect_view();
    view! {
        <svg class="chart-dates" width="100%" height="24" aria-hidden="true">
            {groups}
        </svg>
    }
}

/// Explains the marks of today and of gaps.
#[component]
fn Legend(has_today: bool, has_gaps: bool) -> impl IntoView {
    view! {
        <span class="analytics-legend">
            {has_gaps
                .then(|| {
                    view! {
                        <span>
                            <svg width="12" height="12" aria-hidden="true" focusable="false">
                                <rect class="gap" width="12" height="12" />
                            </svg>
                            "No values"
                        </span>
                    }
                })}
            {has_today
                .then(|| {
                    view! {
                        <span>
                            <svg width="12" height="12" aria-hidden="true" focusable="false">
                                <circle class="so-far" cx="6" cy="6" r="4" />
                            </svg>
                            "Today so far"
                        </span>
                    }
                })}
        </span>
    }
}

/// Today's incomplete value: an open point at the end of a dashed line from the last day that is over.
#[component]
fn SoFar(today: (f64, f64), whole: Option<(f64, f64)>, scale: Scale) -> impl IntoView {
    let (x, y) = (share(scale.share(today.0)), pixels(scale.y(today.1)));
    let line = whole.map(|(day, value)| {
        view! {
            <line
                class="so-far"
                x1=share(scale.share(day))
                y1=pixels(scale.y(value))
                x2=x.clone()
                y2=y.clone()
            />
        }
    });
    view! {
        {line}
        <circle class="so-far" cx=x cy=y r="4" />
    }
}

/// Returns the points for the script: share of the width, distance from the top, day and value. At most as many as
/// [`Chart::points`] and one for today.
fn points_json(chart: &Chart, scale: &Scale) -> String {
    let told = |n: f64| amount(n, &chart.measure.unit);
    let whole = chart.points.iter().map(|point| {
        let Bucket { first, last, day, value } = *point;
        let (when, value_text) = match chart.grain {
            Grain::Day if first == last => (date::julian(first), told(value)),
            Grain::Day => (date::span(first, last), format!("{} on average", told(shown(value)))),
            grain => (grain.sentence(first), told(value)),
        };
        (chart.place(day), value, when, value_text)
    });
    let today = chart.so_far.map(|(day, value)| (day, value, chart.to.clone(), told(value)));
    let points: Vec<_> = whole
        .chain(today)
        .map(|(day, value, days, text)| {
            let [x, y] = [scale.share(day) * 1e4, scale.y(value) * 10.0].map(f64::round);
            (x / 1e4, y / 10.0, days, text)
        })
        .collect();
    serde_json::to_string(&points).unwrap_or_default()
}

/// The table of the newest values.
#[component]
fn Newest(chart: Chart) -> impl IntoView {
    let Chart { grain, measure, listed, .. } = chart;
    let caption = format!("Latest {}s", grain.name());
    let rows = listed
        .into_iter()
        .map(|(date, value)| {
            view! {
                <tr>
                    <th scope="row">{date}</th>
                    <td>{amount(value, &measure.unit)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="usage-table analytics-newest">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{grain.capitalized()}</th>
                    <th scope="col">{measure.name.clone()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Describes the line in words.
fn summary(chart: &Chart) -> String {
    let unit = |n: f64| amount(n, &chart.measure.unit);
    let whole = chart.points.first().zip(chart.points.last()).map(|(first, last)| {
        format!(
            "From {} to {}; lowest {}, highest {}.",
            unit(shown(first.value)),
            unit(shown(last.value)),
            unit(shown(chart.lowest)),
            unit(shown(chart.highest))
        )
    });
    let each = (chart.days_a_point > 1).then(|| {
        let what = match chart.measure.aggregation {
            Aggregation::Last => "last value",
            _ => "mean",
        };
        format!("Each point is the {what} of up to {} days.", chart.days_a_point)
    });
    let gaps = match chart.gaps.len() {
        0 => None,
        1 => Some("The line has a gap where values are missing.".to_owned()),
        count => Some(format!("The line has {count} gaps where values are missing.")),
    };
    let so_far = chart.so_far.map(|(_, value)| format!("Today so far {}.", unit(value)));
    whole.into_iter().chain(each).chain(gaps).chain(so_far).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

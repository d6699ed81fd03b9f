use std::collections::BTreeMap;

use proptest::prelude::*;

use super::axis::{APART, WIDTHS};
use super::*;
use crate::analytics::chart::chart as build;
use crate::analytics::model::Measure;

const FIRST: i32 = 2_461_346; // 1 Nov 2026

fn chart(points: &[(i32, f64)]) -> Chart {
    let values = || points.iter().map(|(_, value)| *value);
    let point = |(day, value): &(i32, f64)| Bucket {
        first: FIRST + day,
        last: FIRST + day,
        day: f64::from(FIRST + day),
        value: *value,
    };
    Chart {
        measure: Measure {
            slug: "churn".into(),
            name: "<b>Churn</b>".into(),
            unit: "%".into(),
            higher_is_better: false,
            is_count: false,
            ..Measure::default()
        },
        grain: Grain::Day,
        from: "1 Nov 2026".into(),
        to: "9 Nov 2026".into(),
        first: FIRST,
        days: points.last().map_or(0.0, |(day, _)| f64::from(*day)),
        points: points.iter().map(point).collect(),
        days_a_point: 1,
        gaps: Vec::new(),
        so_far: None,
        lowest: values().fold(f64::INFINITY, f64::min),
        highest: values().fold(f64::NEG_INFINITY, f64::max),
        listed: vec![("9 Nov 2026".into(), 4.0)],
    }
}

fn html(points: &[(i32, f64)]) -> String {
    drawn(chart(points))
}

fn drawn(chart: Chart) -> String {
    Owner::new().with(|| view! { <ChartFigure chart /> }.to_html())
}

#[test]
fn a_point_is_placed_proportionally_between_the_outer_lines() {
    let html = html(&[(0, 0.0), (1, 5.0), (2, 10.0)]);
    assert!(html.contains("points=\"0.0,232.0 500.0,126.0 1000.0,20.0\""), "{html}");
}

#[test]
fn a_gap_interrupts_the_line_and_a_lone_day_is_a_dot() {
    let points = [(0, 1.0), (1, 1.0), (2, 1.0), (8, 1.0), (20, 1.0), (21, 1.0)];
    let gappy = Chart { gaps: vec![(2.0, 8.0), (8.0, 20.0)], ..chart(&points) };
    let scale = Scale::new(&[0.0, 10.0], &gappy);
    let paths = paths(&gappy, &scale);
    assert_eq!(paths.len(), 3, "{paths:?}");
    let (left, right) = paths[1].split_once(' ').unwrap_or_default();
    assert_eq!(left, right);
    let html = drawn(gappy);
    assert_eq!(html.matches("class=\"gap\"").count(), 3, "two gaps and their legend: {html}");
    assert!(html.contains("No values") && html.contains("The line has 2 gaps"), "{html}");
    assert!(!drawn(chart(&points)).contains("No values"));
}

#[test]
fn today_so_far_is_an_open_point_apart_from_the_line() {
    let whole = chart(&[(0, 5.0), (1, 10.0)]);
    assert!(!drawn(whole.clone()).contains("so-far"));
    let html = drawn(Chart { so_far: Some((4.0, 0.0)), days: 4.0, ..whole });
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

/// Returns the chart of random values on random days.
fn random(values: &BTreeMap<i32, f64>) -> Option<Chart> {
    let points: Vec<(i32, f64)> = values.iter().map(|(day, value)| (FIRST + day, *value)).collect();
    let today = date::of_julian(FIRST + 4_000);
    build(chart(&[]).measure, &points, None, i32::MIN, today)
}

proptest! {
    #[test]
    fn labels_collide_for_no_series_at_no_width(
        values in prop::collection::btree_map(0i32..4_001, -1e9f64..1e9, 1..200), width in 200.0f64..2_000.0,
    ) {
        const LINE_HEIGHT: f64 = 14.0;
        let Some(chart) = random(&values) else { return Ok(()) };
        let axis = value_axis(&chart);
        let scale = Scale::new(&axis.lines, &chart);
        for pair in axis.lines.windows(2) {
            prop_assert!(scale.y(pair[0]) - scale.y(pair[1]) >= LINE_HEIGHT, "{:?}", axis.lines);
        }
        let mut layouts = WIDTHS.into_iter().zip(dates(chart.first, chart.days));
        let (_, ticks) = layouts.rfind(|(least, _)| *least <= width).unwrap_or_default();
        for pair in ticks.windows(2) {
            let apart = pair[1].extent(width).0 - pair[0].extent(width).1;
            prop_assert!(apart >= APART, "{:?} at {}", pair, width);
        }
        let html = drawn(chart);
        prop_assert!(!html.contains("NaN") && !html.contains("inf"), "{}", html);
    }
}

#[test]
fn a_screen_reader_gets_a_description_of_the_line() {
    let html = html(&[(0, 2.5), (8, 4.0)]);
    assert!(html.contains("role=\"img\" aria-labelledby=\"chart-title chart-what\""), "{html}");
    assert!(html.contains("From 2.50% to 4%; lowest 2.50%, highest 4%."), "{html}");
    assert!(!html.contains("<b>"), "names are text: {html}");
}

#[test]
fn money_has_its_currency_on_the_axis_in_the_table_and_for_the_script() {
    let mut revenue = chart(&[(0, 2.5), (8, 4_000.0)]);
    revenue.measure.unit = "USD".into();
    revenue.listed = vec![("9 Nov 2026".into(), 940.5)];
    let html = drawn(revenue);
    assert!(html.contains(">$4,000<") && html.contains("<td>$940.50<"), "{html}");
    assert!(html.contains("&quot;1 Nov 2026&quot;,&quot;$2.50&quot;]"), "{html}");
}

#[test]
fn a_unit_that_is_not_on_the_axis_is_in_the_title() {
    let mut hours = chart(&[(0, 2.5), (8, 4.0)]);
    hours.measure.unit = "hours".into();
    assert!(title(&hours).contains("Churn</b> (hours), 1 Nov 2026 to"), "{}", title(&hours));
}

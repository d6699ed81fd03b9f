//! Positions in the plot. Its width follows the page, so distances from the start are shares of it.

use crate::analytics::model::Chart;

/// Dimensions in pixels. The line is drawn on a grid of the width [`GRID`], which is stretched.
pub const HEIGHT: f64 = 240.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 8.0;
pub const GRID: f64 = 1_000.0;

#[derive(Clone, Copy)]
pub struct Scale {
    /// Length of the date axis.
    days: f64,
    low: f64,
    span: f64,
}

impl Scale {
    /// `lines`: the values of the grid lines.
    pub fn new(lines: &[f64], chart: &Chart) -> Self {
        let (low, high) = match lines {
            [first, .., last] => (*first, *last),
            _ => (0.0, 1.0),
        };
        Self { days: chart.days.max(1.0), low, span: high - low }
    }

    /// Returns the distance from the start as a share of the width.
    pub fn share(&self, day: f64) -> f64 {
        day / self.days
    }

    /// Returns the distance from the top in pixels.
    pub fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - (value - self.low) / self.span) * (HEIGHT - TOP - BOTTOM)
    }
}

/// Returns one path per continuous stretch. The line is interrupted at each gap, because the values there are
/// unknown.
pub fn paths(chart: &Chart, scale: &Scale) -> Vec<String> {
    let mut gaps = chart.gaps.iter().peekable();
    chart
        .points
        .chunk_by(|a, b| {
            let (a, b) = (chart.place(a.day), chart.place(b.day));
            while gaps.next_if(|(_, to)| *to <= a).is_some() {}
            !gaps.peek().is_some_and(|(from, to)| a <= *from && *to <= b)
        })
        .map(|stretch| {
            let mut path: Vec<String> = stretch
                .iter()
                .map(|point| {
                    let x = scale.share(chart.place(point.day)) * GRID;
                    format!("{x:.1},{:.1}", scale.y(point.value))
                })
                .collect();
            if let [only] = &path[..] {
                // A line of length zero, whose round caps are drawn as a dot.
                path.push(only.clone());
            }
            path.join(" ")
        })
        .collect()
}

pub fn pixels(n: f64) -> String {
    format!("{n:.1}")
}

/// Formats a share of the width.
pub fn share(n: f64) -> String {
    format!("{:.2}%", n * 100.0)
}

//! The axes of the chart: round values with their unit, and calendar dates for several widths.

use time::{Date, Duration, Month};

use crate::analytics::rhythm::weekday;
use crate::analytics::series::ticks;
use crate::format::amount::{is_shown_on_axis, with_unit};
use crate::format::date;
use crate::format::number::fixed;

/// Estimated width of a character at the size of labels, in pixels. Generous, because the font may be replaced.
pub const CHAR: f64 = 7.5;
/// Minimum distance between labels, in pixels.
pub const APART: f64 = 10.0;
/// Distance of the value labels from the plot, in pixels.
const PADDING: f64 = 8.0;

/// The value axis.
pub struct ValueAxis {
    pub lines: Vec<f64>,
    /// One per line; empty where it would repeat the one before.
    pub labels: Vec<String>,
    /// Width of the labels in pixels.
    pub width: f64,
}

impl ValueAxis {
    /// Returns the axis that holds the values from `low` to `high`.
    pub fn new(low: f64, high: f64, unit: &str) -> Self {
        let lines = ticks(low, high);
        let mut labels = value_labels(&lines, if is_shown_on_axis(unit) { unit } else { "" });
        let repeated: Vec<usize> =
            (1..labels.len()).filter(|at| labels.get(*at) == labels.get(at - 1)).collect();
        for at in repeated {
            if let Some(label) = labels.get_mut(at) {
                label.clear();
            }
        }
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        Self { lines, labels, width: longest as f64 * CHAR + PADDING }
    }
}

/// Formats round values with as many decimals as distinguish them, in thousands and millions if these stay short.
fn value_labels(lines: &[f64], unit: &str) -> Vec<String> {
    const SCALES: [(f64, f64, &str); 5] =
        [(1e12, 1e12, "T"), (1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "k"), (0.0, 1.0, "")];
    const MOST_DECIMALS: usize = 12;
    let most = lines.iter().map(|line| line.abs()).fold(0.0, f64::max);
    let step = match lines {
        [first, second, ..] => (second - first).abs(),
        _ => 1.0,
    };
    let decimals = |scale: f64| {
        let is_exact = |decimals: &usize| {
            let digits = step / scale * 10f64.powi(*decimals as i32);
            digits >= 0.5 && (digits - digits.round()).abs() < 1e-6 * digits
        };
        (0..MOST_DECIMALS).find(is_exact).unwrap_or(MOST_DECIMALS)
    };
    let (_, scale, letter) = SCALES
        .into_iter()
        .find(|(least, scale, _)| most >= *least && (*scale == 1.0 || decimals(*scale) <= 2))
        .unwrap_or((0.0, 1.0, ""));
    let decimals = decimals(scale);
    lines
        .iter()
        .map(|line| match line.abs() < step / 2.0 {
            true => with_unit("0", unit),
            false => with_unit(&format!("{}{letter}", fixed(line / scale, decimals)), unit),
        })
        .collect()
}

/// A date below the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Position as a share of the axis.
    pub share: f64,
    pub label: String,
    pub anchor: Anchor,
}

/// Which end of a label stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Tick {
    /// Returns the left and right end of the label in pixels.
    pub fn extent(&self, width: f64) -> (f64, f64) {
        let (at, length) = (self.share * width, length(&self.label));
        match self.anchor {
            Anchor::Start => (at, at + length),
            Anchor::Middle => (at - length / 2.0, at + length / 2.0),
            Anchor::End => (at - length, at),
        }
    }
}

fn length(label: &str) -> f64 {
    label.chars().count() as f64 * CHAR
}

/// The smallest widths of the plot in pixels for which dates are laid out. The style sheet shows one layout by the same
/// widths (`.chart-dates`). Labels that are apart at a width are apart at every greater one.
pub const WIDTHS: [f64; 4] = [200.0, 360.0, 600.0, 900.0];

/// Returns the dates for each of [`WIDTHS`]: as many as fit. `first` is the Julian day at the start of the axis,
/// `days` the length of the axis.
pub fn dates(first: i32, days: f64) -> [Vec<Tick>; 4] {
    WIDTHS.map(|width| {
        let layouts = Step::ALL.into_iter().map(|step| layout(step, first, days, width));
        let fitting = layouts.into_iter().find(|ticks| ticks.len() >= 2 && are_apart(ticks, width));
        fitting.unwrap_or_else(|| ends(first, days, width))
    })
}

fn are_apart(ticks: &[Tick], width: f64) -> bool {
    ticks.windows(2).all(|pair| match pair {
        [a, b] => b.extent(width).0 - a.extent(width).1 >= APART,
        _ => true,
    })
}

/// Returns the first and the last day, or the last one if only that fits.
fn ends(first: i32, days: f64, width: f64) -> Vec<Tick> {
    let last = first + days as i32;
    let tick = |day: i32, anchor| Tick {
        share: share(day, first, days),
        label: date::julian(day),
        anchor,
    };
    let both = vec![tick(first, Anchor::Start), tick(last, Anchor::End)];
    if days >= 1.0 && are_apart(&both, width) {
        return both;
    }
    let anchor = if days >= 1.0 { Anchor::End } else { Anchor::Start };
    vec![tick(last, anchor)]
}

fn share(day: i32, first: i32, days: f64) -> f64 {
    f64::from(day - first) / days.max(1.0)
}

/// The distance between two dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Days(i32),
    /// Of Mondays.
    Weeks(i32),
    Months(u8),
    Years(i32),
}

impl Step {
    /// From dense to sparse.
    const ALL: [Self; 16] = [
        Self::Days(1),
        Self::Days(2),
        Self::Days(3),
        Self::Weeks(1),
        Self::Weeks(2),
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(10),
        Self::Years(50),
        Self::Years(200),
        Self::Years(1_000),
    ];

    /// Returns the first date at or after `day`.
    fn at_or_after(self, day: i32) -> i32 {
        let date = date::of_julian(day);
        match self {
            Self::Days(_) => day,
            Self::Weeks(_) => day + (7 - weekday(day) as i32) % 7,
            Self::Months(_) | Self::Years(_) if date.day() == 1 && self.holds(date) => day,
            Self::Months(_) | Self::Years(_) => self.after(day),
        }
    }

    /// Returns the next date.
    fn after(self, day: i32) -> i32 {
        match self {
            Self::Days(step) => day + step,
            Self::Weeks(step) => day + 7 * step,
            Self::Months(_) => {
                let months = std::iter::successors(next_month(day), |day| next_month(*day));
                months.take(12).find(|day| self.holds(date::of_julian(*day))).unwrap_or(i32::MAX)
            }
            Self::Years(step) => {
                let year = (date::of_julian(day).year().div_euclid(step) + 1) * step;
                Date::from_calendar_date(year, Month::January, 1)
                    .map_or(i32::MAX, Date::to_julian_day)
            }
        }
    }

    fn holds(self, date: Date) -> bool {
        match self {
            Self::Months(step) => (u8::from(date.month()) - 1).is_multiple_of(step),
            Self::Years(step) => date.month() == Month::January && date.year() % step == 0,
            Self::Days(_) | Self::Weeks(_) => true,
        }
    }

    /// Formats `3 Nov`, `Nov`, `2026`. January is named by its year.
    fn label(self, day: i32) -> String {
        let date = date::of_julian(day);
        let full = date::day(date);
        let mut parts = full.splitn(3, ' ');
        let (day, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match self {
            Self::Days(_) | Self::Weeks(_) => format!("{day} {month}"),
            Self::Months(_) if date.month() != Month::January => month.to_owned(),
            Self::Months(_) | Self::Years(_) => date.year().to_string(),
        }
    }
}

/// Returns the first day of the next month.
fn next_month(day: i32) -> Option<i32> {
    let date = date::of_julian(day);
    let late = date.replace_day(28).ok()?.checked_add(Duration::days(4))?;
    Some(late.replace_day(1).ok()?.to_julian_day())
}

/// Lays out the dates of one step. Labels that would reach beyond the plot are anchored at its ends.
fn layout(step: Step, first: i32, days: f64, width: f64) -> Vec<Tick> {
    let last = first + days as i32;
    // No more than fit with the shortest labels; the rest shows that the step is too dense.
    let most = (width / (CHAR + APART)) as usize + 2;
    std::iter::successors(Some(step.at_or_after(first)), |day| Some(step.after(*day)))
        .take_while(|day| *day <= last)
        .take(most)
        .map(|day| {
            let share = share(day, first, days);
            let label = step.label(day);
            let half = length(&label) / 2.0;
            let anchor = match share * width {
                at if at < half => Anchor::Start,
                at if at > width - half => Anchor::End,
                _ => Anchor::Middle,
            };
            Tick { share, label, anchor }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    fn labels(first: Date, days: i32, width: usize) -> String {
        let ticks = dates(first.to_julian_day(), f64::from(days));
        let labels: Vec<&str> = ticks[width].iter().map(|tick| tick.label.as_str()).collect();
        labels.join(" | ")
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let month = date!(2026 - 10 - 28);
        assert_eq!(labels(month, 29, 0), "2 Nov | 16 Nov");
        assert_eq!(labels(month, 29, 1), "2 Nov | 9 Nov | 16 Nov | 23 Nov");
        assert_eq!(labels(date!(2026 - 08 - 29), 89, 0), "Sep | Oct | Nov");
        assert_eq!(labels(date!(2025 - 11 - 27), 364, 0), "2026 | Apr | Jul | Oct");
        assert!(labels(date!(2025 - 11 - 27), 364, 2).starts_with("Dec | 2026 | Feb | Mar"));
        assert_eq!(labels(date!(2016 - 01 - 01), 3_652, 0), "2020 | 2025");
        assert_eq!(labels(date!(2016 - 01 - 01), 3_652, 1), "2016 | 2018 | 2020 | 2022 | 2024");
        assert_eq!(labels(date!(2026 - 11 - 26), 0, 0), "26 Nov 2026");
        assert_eq!(labels(date!(2026 - 11 - 25), 1, 0), "25 Nov | 26 Nov");
    }

    #[test]
    fn values_are_as_precise_as_their_distance_and_have_their_unit() {
        let labels = |low, high, unit| ValueAxis::new(low, high, unit).labels.join(" ");
        assert_eq!(labels(3.0, 97.0, "USD"), "$0 $50 $100");
        assert_eq!(labels(0.0, 20_000.0, "USD"), "$0 $5k $10k $15k $20k");
        assert_eq!(labels(10_000.0, 10_002.0, ""), "10,000.0 10,000.5 10,001.0 10,001.5 10,002.0");
        assert_eq!(labels(0.0, 2.6, "%"), "0% 1% 2% 3%");
        assert_eq!(labels(-4_000.0, 4_000.0, "EUR"), "−€4,000 −€2,000 €0 €2,000 €4,000");
        assert_eq!(labels(0.0, 8.0, "hours"), "0 2 4 6 8", "named beside the chart");
        assert_eq!(
            labels(0.0, 4e6, "CHF"),
            "0\u{a0}CHF 1M\u{a0}CHF 2M\u{a0}CHF 3M\u{a0}CHF 4M\u{a0}CHF"
        );
    }

    proptest! {
        #[test]
        fn dates_never_collide_and_stay_within_the_plot(
            first in 2_400_000i32..2_500_000, days in 0i32..60_000, wider in 1.0f64..8.0,
        ) {
            for (least, ticks) in WIDTHS.into_iter().zip(dates(first, f64::from(days))) {
                prop_assert!(!ticks.is_empty());
                for width in [least, least * wider] {
                    prop_assert!(are_apart(&ticks, width) , "{:?} at {}", ticks, width);
                    for tick in &ticks {
                        let (left, right) = tick.extent(width);
                        prop_assert!(left >= -0.01 && right <= width + 0.01, "{:?} at {}", tick, width);
                    }
                }
            }
        }

        #[test]
        fn values_never_collide_and_are_told_apart(
            a in prop_oneof![-1e3f64..1e3, -1e15f64..1e15, -1e-3f64..1e-3], size in 0.0f64..3.0,
        ) {
            let axis = ValueAxis::new(a.min(a * size), a.max(a * size), "USD");
            let shown: Vec<&String> = axis.labels.iter().filter(|label| !label.is_empty()).collect();
            let distinct: HashSet<&&String> = shown.iter().collect();
            prop_assert_eq!(distinct.len(), shown.len(), "{:?}", axis.labels);
            prop_assert!(shown.len() >= 2 && axis.lines.len() <= 13);
            let longest = shown.iter().map(|label| label.chars().count()).max().unwrap();
            prop_assert!(axis.width >= longest as f64 * CHAR);
        }
    }
}

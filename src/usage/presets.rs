//! The ranges of days that the usage page offers as links.

use time::{Date, Duration};

use super::model::Preset;
use crate::platform::clock;

/// Returns the presets of a day. `from` and `to` are the shown range.
pub fn presets(today: Date, (from, to): (&str, &str)) -> Vec<Preset> {
    let month = today.replace_day(1).unwrap_or(today);
    let month_before = month.previous_day().unwrap_or(month);
    let back = |days: i64| today.saturating_sub(Duration::days(days - 1));
    [
        ("This month", month, today),
        ("Last month", month_before.replace_day(1).unwrap_or(month_before), month_before),
        ("30 days", back(30), today),
        ("90 days", back(90), today),
        ("365 days", back(365), today),
    ]
    .into_iter()
    .map(|(label, first, last)| {
        let (first, last) = (clock::iso_date(first), clock::iso_date(last));
        let is_shown = first == from && last == to;
        Preset { label: label.to_owned(), from: first, to: last, is_shown }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn presets_end_today_or_with_the_last_month() {
        let presets = presets(date!(2026 - 03 - 31), ("2026-02-01", "2026-02-28"));
        let ranges: Vec<(&str, &str, &str)> = presets
            .iter()
            .map(|it| (it.label.as_str(), it.from.as_str(), it.to.as_str()))
            .collect();
        assert_eq!(
            ranges,
            [
                ("This month", "2026-03-01", "2026-03-31"),
                ("Last month", "2026-02-01", "2026-02-28"),
                ("30 days", "2026-03-02", "2026-03-31"),
                ("90 days", "2026-01-01", "2026-03-31"),
                ("365 days", "2025-04-01", "2026-03-31"),
            ]
        );
        let shown: Vec<bool> = presets.iter().map(|it| it.is_shown).collect();
        assert_eq!(shown, [false, true, false, false, false]);
    }
}

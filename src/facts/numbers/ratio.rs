//! The ratios of two metrics.

use super::{MONTH, REACH, USERS, age, gaps, newest_whole, of_window, old, telling, uneven};
use crate::analytics::model::REVENUE;
use crate::analytics::series::{Point, WINDOWS};
use crate::analytics::service::History;
use crate::analytics::windows::percent_change;
use crate::facts::derivation::{Derivation, Derived, Pair, Sums};
use crate::facts::model::{Fact, Number};
use crate::facts::wording::{amount, note, span, tidy, unit};
use crate::format::number;

/// A ratio whose newest common day is further before the end of both metrics is not stated: [`REACH`] may not
/// contain its windows.
const MOST_APART: i32 = REACH - 2 * MONTH;

/// The ratio of two metrics, over the days on which both are known.
pub struct Ratio {
    pair: Pair,
    /// Follows the window in the fact id.
    suffix: &'static str,
    label: &'static str,
}

pub const CONVERSION: Ratio = Ratio {
    pair: Pair { of: "conversions", per: "sessions", is_share: true },
    suffix: "rate",
    label: "Conversions per session",
};
pub const REVENUE_PER_USER: Ratio = Ratio {
    pair: Pair { of: REVENUE, per: USERS, is_share: false },
    suffix: "per-user",
    // Daily users are summed, so a user who visits on two days counts twice.
    label: "Revenue per user and day",
};

/// The observations of both metrics on the complete days that have both.
struct Common {
    of: Vec<Point>,
    per: Vec<Point>,
}

impl Ratio {
    pub fn facts(&self, history: &History, today: i32) -> Vec<Derived> {
        let find = |slug: &str| history.series.iter().find(|(measure, _)| measure.slug == slug);
        let (Some((measure, of)), Some((_, per))) = (find(self.pair.of), find(self.pair.per))
        else {
            return Vec::new();
        };
        let Some((common, newest)) = common(of, per, today) else { return Vec::new() };
        let unit = if self.pair.is_share { "%".to_owned() } else { unit(measure) };
        let old = || old(age(&common.of, today));
        let mut facts = Vec::new();
        for days in WINDOWS {
            let Some(now) = common.sums(newest, days) else { continue };
            let (id, value) = (self.id(days), tidy(now.ratio(self.pair)));
            let fact = Fact {
                id: id.clone(),
                label: format!("{}, {}", self.label, span(&now.of)),
                text: amount(value, &unit),
                number: Some(Number { value, unit: unit.clone() }),
                note: note([old(), gaps(&now.of, false)]),
                ..of_window(self.pair.of, &now.of)
            };
            facts.push(derived(fact, Derivation::Ratio { pair: self.pair, now }));
            let Some(before) = common.sums(newest - days, days) else { continue };
            let earlier = before.ratio(self.pair);
            let Some(percent) = percent_change(now.ratio(self.pair), earlier).map(tidy) else {
                continue;
            };
            let fact = Fact {
                id: format!("{id}.change"),
                label: format!(
                    "{}, relative change of the {} against the days before ({})",
                    self.label,
                    span(&now.of),
                    span(&before.of)
                ),
                text: number::percent(percent),
                number: Some(Number { value: percent, unit: "%".to_owned() }),
                note: note([old(), uneven(&now.of, &before.of)]),
                ..of_window(self.pair.of, &now.of)
            };
            let from = Derivation::RatioChange { pair: self.pair, now, before };
            facts.push(derived(fact, from));
        }
        facts
    }

    fn id(&self, days: i32) -> String {
        format!("K.{}.{days}d.{}", self.pair.of, self.suffix)
    }
}

fn derived(fact: Fact, from: Derivation) -> Derived {
    Derived { entered: fact.source.clone(), fact, from }
}

/// Returns the complete days that have both observations, and the newest of them.
fn common(of: &[Point], per: &[Point], today: i32) -> Option<(Common, i32)> {
    let ends = newest_whole(of, today)?.min(newest_whole(per, today)?);
    let both = |(day, value): &Point| {
        let at = per.binary_search_by_key(day, |(day, _)| *day).ok()?;
        Some(((*day, *value), *per.get(at)?))
    };
    let (of, per): (Vec<Point>, Vec<Point>) =
        of.iter().filter(|(day, _)| *day < today).filter_map(both).unzip();
    let newest = of.last()?.0;
    (newest >= ends - MOST_APART).then_some((Common { of, per }, newest))
}

impl Common {
    /// Sums a window of both metrics. Dividing sum by sum instead of averaging daily ratios gives quiet days
    /// little weight. `None` if the divisor is not positive.
    fn sums(&self, last: i32, days: i32) -> Option<Sums> {
        let (of, per) = (telling(&self.of, last, days)?, telling(&self.per, last, days)?);
        (per.sum > 0.0).then_some(Sums { of, per })
    }
}

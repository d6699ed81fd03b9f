//! Compares a number as it is written with the value of a fact.

pub(super) use super::scan::Unit;
use super::scan::{Hedge, Number, Reading};
use super::words;

/// How the unit of a number relates to a fact's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Relation {
    /// The same, or convertible by this factor.
    Same(f64),
    /// The number has no unit, or the fact has none that is known.
    Unstated,
    Other,
}

/// Parses a fact's unit into the units that numbers in replies can have.
pub(super) fn unit_of(unit: &str) -> Unit {
    let unit = unit.trim();
    let lower = unit.to_lowercase();
    let money = |word: &str| -> Option<String> {
        let sign = word.chars().next().and_then(|c| words::SIGNS.iter().find(|(s, _)| *s == c));
        let code = words::CODES.get(word).copied().or_else(|| sign.map(|(_, code)| *code));
        code.map(str::to_owned)
    };
    if unit.is_empty() {
        Unit::None
    } else if lower == "points" || words::POINTS.contains(lower.as_str()) {
        Unit::Points
    } else if unit.contains('%') || words::PERCENT.contains(lower.as_str()) {
        Unit::Percent
    } else if unit == "‰" {
        Unit::Permille
    } else if let Some(stem) = words::TIMES.get(lower.as_str()) {
        Unit::Time(stem)
    } else if let Some(sign) = words::MEASURES.get(lower.as_str()) {
        Unit::Measure(sign)
    } else if let Some(code) = unit.split(|c: char| c.is_whitespace() || c == '/').find_map(money) {
        Unit::Money(code)
    } else if unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_uppercase()) {
        Unit::Money(unit.to_owned())
    } else {
        Unit::Other
    }
}

/// Relates a number's unit to a fact's.
pub(super) fn relate(claimed: &Unit, known: &Unit) -> Relation {
    use Unit::{Measure, Money, None, Other, Percent, Permille, Time};
    match (claimed, known) {
        (Money(claimed), Money(known)) if is_same_money(claimed, known) => Relation::Same(1.0),
        (Money(_), Money(_)) => Relation::Other,
        (Permille, Percent) => Relation::Same(0.1),
        (Percent, Permille) => Relation::Same(10.0),
        (Time(claimed), Time(known)) | (Measure(claimed), Measure(known)) => {
            match (in_base(claimed), in_base(known)) {
                _ if claimed == known => Relation::Same(1.0),
                (Some((base, n)), Some((other, m))) if base == other => Relation::Same(n / m),
                _ => Relation::Other,
            }
        }
        (None, Other) => Relation::Same(1.0),
        (claimed, known) if claimed == known => Relation::Same(1.0),
        (None, _) | (Money(_), None) => Relation::Unstated,
        _ => Relation::Other,
    }
}

/// Returns the base of a unit of time or mass, and how many of it one is.
fn in_base(unit: &str) -> Option<(&'static str, f64)> {
    Some(match unit {
        "ms" => ("second", 0.001),
        "second" => ("second", 1.0),
        "minute" => ("second", 60.0),
        "hour" => ("second", 3_600.0),
        "day" => ("second", 86_400.0),
        "week" => ("second", 604_800.0),
        "g" => ("g", 1.0),
        "kg" => ("g", 1_000.0),
        "t" => ("g", 1e6),
        _ => return None,
    })
}

fn is_same_money(claimed: &str, known: &str) -> bool {
    let dollars =
        ["$", "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"];
    let crowns = ["kr", "SEK", "NOK", "DKK", "ISK"];
    let yens = ["JPY", "CNY"];
    claimed == known
        || claimed == "$" && dollars.contains(&known)
        || known == "$" && dollars.contains(&claimed)
        || claimed == "kr" && crowns.contains(&known)
        || claimed == "JPY" && yens.contains(&known)
}

/// Returns the unit that table headers imply for a number without one.
pub(super) fn heads_unit(heads: &str) -> Option<Unit> {
    heads.contains('%').then_some(Unit::Percent)
}

/// Returns the multiplier that table headers imply, such as 1,000 for `k EUR`.
pub(super) fn head_scale(heads: &str) -> Option<f64> {
    let words = heads.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words
        .filter_map(|word| {
            let short = ["k", "T", "TEUR", "Mio", "MEUR", "M"].contains(&word);
            let long = words::SCALES.get(word.to_lowercase().as_str()).filter(|_| word.len() > 2);
            match word {
                "TEUR" => Some(1e3),
                "MEUR" => Some(1e6),
                _ if short => words::SHORT_SCALES.get(word).copied(),
                _ => long.copied(),
            }
        })
        .next()
}

/// Whether a number states `target`, ignoring signs, if one of it is `factor` of the target's unit.
pub(super) fn states(number: &Number, heads: &str, target: f64, factor: f64) -> bool {
    let scale = head_scale(heads);
    number.readings.iter().any(|reading| {
        let scaled = scale.map(|scale| reading.times(scale));
        std::iter::once(*reading)
            .chain(scaled)
            .any(|reading| is_within(target.abs(), reading.times(factor), number.hedge))
    })
}

/// Whether a number has enough digits to be told from others: three or more, or decimals.
pub(super) fn is_distinct(number: &Number) -> bool {
    number.readings.iter().any(|reading| reading.value / reading.round >= 100.0)
}

/// Whether `reading` is `target` after rounding. A comparison such as `over` is tested before rounding.
pub(super) fn is_within(target: f64, reading: Reading, hedge: Option<Hedge>) -> bool {
    let Reading { value, step, round } = reading;
    let off = target - value;
    let exact = value.abs() * 1e-9;
    let side = round.min(value * 0.1).max(value * 0.02).max(step / 2.0);
    match hedge {
        Some(Hedge::Above) => return (-exact..=side).contains(&off),
        Some(Hedge::Below) => return (-side..=exact).contains(&off),
        _ => {}
    }
    if off.abs() <= step / 2.0 * (1.0 + 1e-9) + exact {
        return true;
    }
    // Accepts truncated decimals: many write 12,345.67 as 12,345.
    let cut = value >= 100.0 * step && off > 0.0 && off < step;
    // 12,300 may be rounded silently. 12,000 for 12,345 needs a hedge such as "about".
    let silently = (round / 2.0).min(value * 0.01);
    let said = (round / 2.0).min(value * 0.1).max(value * 0.02);
    cut || off.abs() <= if hedge == Some(Hedge::About) { said } else { silently }
}

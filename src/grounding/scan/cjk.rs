//! Numbers of scripts without spaces: `一万二千`, `1.2万円`, `百分之十二`.

use super::{Number, Reading, Standing, Unit};

const DIGITS: &str = "〇一二三四五六七八九";

/// Returns the scale that a character multiplies a number by, if it stands behind digits.
pub(super) fn scale(c: char) -> Option<f64> {
    Some(match c {
        '千' => 1e3,
        '万' | '萬' | '만' => 1e4,
        '亿' | '億' | '억' => 1e8,
        _ => return None,
    })
}

/// Returns the unit that a character means behind a number.
pub(super) fn unit(c: char) -> Option<Unit> {
    let code = match c {
        '円' | '圓' => "JPY",
        '元' => "CNY",
        '원' => "KRW",
        _ => return None,
    };
    Some(Unit::Money(code.to_owned()))
}

/// Returns the numbers written in Chinese numerals. A single numeral is a figure of speech unless a unit follows.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(is_numeral).map(|next| at + next) {
        let rest = &text[start..];
        let end = start + rest.find(|c| !is_numeral(c)).unwrap_or(rest.len());
        at = end;
        let Some((value, step)) = value(&text[start..end]) else { continue };
        let is_percent = text[..start].ends_with("百分之");
        let next = text[end..].chars().next();
        let (unit, end) = match next {
            _ if is_percent => (Unit::Percent, end),
            Some(c @ ('%' | '％')) => (Unit::Percent, end + c.len_utf8()),
            Some(c) => unit(c).map_or((Unit::None, end), |unit| (unit, end + c.len_utf8())),
            None => (Unit::None, end),
        };
        if unit == Unit::None && value < 1_000.0 {
            continue;
        }
        found.push(Number {
            range: start..end,
            readings: vec![Reading::of_step(value, step)],
            sign: None,
            unit,
            hedge: None,
            standing: Standing::Claim,
            starts_range: false,
            is_verb: false,
        });
    }
    found
}

fn is_numeral(c: char) -> bool {
    place(c).is_some() || matches!(c, '零' | '两' | '兩') || DIGITS.contains(c)
}

fn place(c: char) -> Option<f64> {
    match c {
        '十' => Some(10.0),
        '百' => Some(100.0),
        c => scale(c).filter(|_| !matches!(c, '만' | '억')),
    }
}

fn digit(c: char) -> Option<f64> {
    match c {
        '零' => Some(0.0),
        '两' | '兩' => Some(2.0),
        c => DIGITS.chars().position(|digit| digit == c).map(|n| n as f64),
    }
}

/// Returns the value and the value of one unit in the last place that is written.
fn value(numeral: &str) -> Option<(f64, f64)> {
    // The longest real numerals are shorter.
    if numeral.chars().count() > 20 {
        return None;
    }
    let (mut total, mut section, mut held, mut step) = (0.0, 0.0, None::<f64>, 1.0);
    for c in numeral.chars() {
        if let Some(n) = digit(c) {
            held = Some(held.map_or(n, |before| before * 10.0 + n));
            step = 1.0;
        } else {
            let place = place(c)?;
            step = place;
            if place < 1e4 {
                section += held.take().unwrap_or(1.0) * place;
            } else {
                section += held.take().unwrap_or(if section == 0.0 { 1.0 } else { 0.0 });
                total += section * place;
                section = 0.0;
            }
        }
    }
    Some((total + section + held.unwrap_or(0.0), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_have_their_values() {
        for (numeral, expected) in [
            ("一万二千", 12_000.0),
            ("一万二千三百四十五", 12_345.0),
            ("四十八", 48.0),
            ("十二", 12.0),
            ("两百", 200.0),
            ("三億", 3e8),
            ("二〇二六", 2_026.0),
        ] {
            assert_eq!(value(numeral).map(|(value, _)| value), Some(expected), "{numeral}");
        }
        assert_eq!(numbers("一つの店"), []);
        assert_eq!(numbers("売上は一万二千円").len(), 1);
        assert_eq!(numbers("下降百分之十二")[0].unit, Unit::Percent);
    }
}

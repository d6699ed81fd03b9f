//! Replies with correct and planted wrong numbers, generated for each business from templates.
//!
//! A template in `answers.md` follows `=== question`. Its placeholders: `{K.revenue.30d:full}` is
//! the number of that fact in a style; `{!K.revenue.30d:full}` is a wrong number in its place;
//! `{!=3,5 %}` is a number of no fact; `{!=K.x:pct1}` is the correct number next to a word for the
//! wrong direction; `{~K.x:rose|fell}` is the word for the correct direction; `own1` is the
//! business's first custom metric over 30 days. A line is omitted if the business lacks one of its
//! facts.

use std::collections::BTreeMap;

use super::business::Business;
use super::truth::Truth;

pub struct Canned {
    pub question: String,
    pub text: String,
    /// The wrong numbers as they appear in `text`, in order.
    pub wrong: Vec<String>,
    /// Number of correct numbers.
    pub right: usize,
}

pub fn answers(business: &Business, facts: &BTreeMap<String, Truth>) -> Vec<Canned> {
    include_str!("answers.md")
        .split("=== ")
        .skip(1)
        .map(|template| {
            let (question, text) = template.split_once('\n').unwrap();
            let mut canned = Canned {
                question: question.to_owned(),
                text: String::new(),
                wrong: Vec::new(),
                right: 0,
            };
            for line in text.lines() {
                let mut filling = Filling { business, facts, wrong: Vec::new(), right: 0 };
                if let Some(line) = filling.fill(line) {
                    canned.text.push_str(&line);
                    canned.text.push('\n');
                    canned.wrong.extend(filling.wrong);
                    canned.right += filling.right;
                }
            }
            canned
        })
        .collect()
}

struct Filling<'a> {
    business: &'a Business,
    facts: &'a BTreeMap<String, Truth>,
    wrong: Vec<String>,
    right: usize,
}

impl Filling<'_> {
    fn fill(&mut self, line: &str) -> Option<String> {
        let line = self.cite(line)?;
        let mut out = String::new();
        let mut rest = line.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, behind) = after.split_once('}').unwrap();
            out.push_str(before);
            out.push_str(&self.place(place)?);
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }

    /// Replaces `[own1]`, `[K.revenue@]` and the like by fact ids. Returns `None` if there is no
    /// such fact.
    fn cite(&self, line: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('[') {
            let (id, behind) = after.split_once(']').unwrap();
            out.push_str(&format!("{before}[{}]", self.id(id)?));
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }

    fn id(&self, name: &str) -> Option<String> {
        let id = match name.strip_prefix("own") {
            Some(number) => {
                let at = number.parse::<usize>().unwrap() - 1;
                format!("K.{}.30d", self.business.metrics.get(at)?.slug())
            }
            None if name.ends_with('@') => {
                self.facts.keys().find(|id| id.starts_with(name))?.clone()
            }
            None => name.to_owned(),
        };
        self.facts.contains_key(&id).then_some(id)
    }

    fn place(&mut self, place: &str) -> Option<String> {
        if let Some(choice) = place.strip_prefix('~') {
            let (name, words) = choice.split_once(':').unwrap();
            let (up, down) = words.split_once('|').unwrap();
            let rises = self.facts[&self.id(name)?].value > 0.0;
            return Some(if rises { up } else { down }.to_owned());
        }
        if let Some(literal) = place.strip_prefix("!=") {
            let text = match literal.split_once(':') {
                Some((name, style)) => self.write(name, style, 0.0)?,
                None => literal.to_owned(),
            };
            self.wrong.push(text.clone());
            return Some(text);
        }
        let (is_wrong, place) = match place.strip_prefix('!') {
            Some(place) => (true, place),
            None => (false, place),
        };
        let (name, style) = place.split_once(':').unwrap();
        if style == "name" {
            let at = name.strip_prefix("own").unwrap().parse::<usize>().unwrap() - 1;
            return Some(self.business.metrics.get(at)?.name.clone());
        }
        let text = self.write(name, style, if is_wrong { 1.0 } else { 0.0 })?;
        if is_wrong {
            self.wrong.push(text.clone());
        } else {
            self.right += 1;
        }
        Some(text)
    }

    /// Formats a fact's number in a style. `off` is 0 for the correct number; 1 shifts it by 17 %,
    /// or a percentage by 3.7 points plus 30 %.
    fn write(&self, name: &str, style: &str, off: f64) -> Option<String> {
        let Truth { value, unit, .. } = &self.facts[&self.id(name)?];
        let value = if unit == "%" && style != "value" {
            value + off * (3.7 + value.abs() * 0.3)
        } else {
            value * (1.0 + off * 0.17)
        };
        let money = |number: String| match unit.as_str() {
            "" => number,
            unit => format!("{number} {unit}"),
        };
        Some(match style {
            "full" => money(grouped(value, 2, ',', '.')),
            "int" => grouped(value, 0, ',', '.'),
            "de" => money(grouped(value, 2, '.', ',')),
            "dei" => grouped(value, 0, '.', ','),
            "fr" => money(grouped(value, 2, '\u{202f}', ',')),
            "fri" => grouped(value, 0, '\u{a0}', ','),
            "pct0" => format!("{:.0}", value.abs()),
            "pct1" => format!("{:.1}", value.abs()),
            "pct2" => format!("{:.2}", value.abs()),
            "pct," => format!("{:.1}", value.abs()).replace('.', ","),
            "spct" => format!("{}{:.1}", if value < 0.0 { "−" } else { "+" }, value.abs()),
            "k" => money(format!("{:.1}k", value / 1e3)),
            "kk" => format!("{:.1}k", value / 1e3),
            "about" => grouped((value / 100.0).round() * 100.0, 0, ',', '.'),
            "low" => money(grouped(value * 0.98, 0, ',', '.')),
            "high" => money(grouped(value * 1.02, 0, ',', '.')),
            "value" => money(grouped(value, 1, ',', '.')),
            "words" => in_words(value.abs().round() as u32),
            "wordsk" => format!("about {} thousand", in_words((value / 1e3).round() as u32)),
            "arabic" => money(other_digits(&grouped(value, 2, '٬', '٫'), '٠')),
            "wide" => other_digits(&grouped(value, 0, '，', '．'), '０'),
            style => panic!("no such style: {style}"),
        })
    }
}

fn grouped(value: f64, decimals: usize, thousands: char, point: char) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::from(if value < 0.0 { "−" } else { "" });
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if decimals > 0 {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

/// Replaces the digits by those of the script whose zero is given.
fn other_digits(text: &str, zero: char) -> String {
    let digit = |n: u32| char::from_u32(u32::from(zero) + n).unwrap();
    text.chars().map(|c| c.to_digit(10).map_or(c, digit)).collect()
}

/// Spells a number below ten thousand in English.
fn in_words(n: u32) -> String {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] =
        ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    match n {
        0..20 => ONES[n as usize].to_owned(),
        20..100 if n.is_multiple_of(10) => TENS[n as usize / 10].to_owned(),
        20..100 => format!("{}-{}", TENS[n as usize / 10], ONES[n as usize % 10]),
        100..1_000 if n.is_multiple_of(100) => format!("{} hundred", in_words(n / 100)),
        100..1_000 => format!("{} hundred and {}", in_words(n / 100), in_words(n % 100)),
        _ => format!("{} thousand {}", in_words(n / 1_000), in_words(n % 1_000)),
    }
}

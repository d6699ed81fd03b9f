//! Generates sentences of known truth from the metrics of a business and the phrases of a language.

use std::collections::BTreeMap;

use super::businesses::{Business, iso};
use super::{Case, Kind};
use crate::facts::model::Fact;

/// The phrases of a language, read from its file.
pub struct Language {
    pub code: &'static str,
    sections: BTreeMap<&'static str, Vec<&'static str>>,
}

/// What a template is filled with.
#[derive(Default)]
struct Filling<'a> {
    name: &'a str,
    other: &'a str,
    window: &'a str,
    date: String,
    value: String,
    signed: String,
    cite: String,
    rises: bool,
    operand: String,
    result: String,
}

impl Language {
    pub fn all() -> Vec<Self> {
        [
            ("en", include_str!("languages/en.txt")),
            ("de", include_str!("languages/de.txt")),
            ("fr", include_str!("languages/fr.txt")),
            ("es", include_str!("languages/es.txt")),
            ("it", include_str!("languages/it.txt")),
        ]
        .map(|(code, text)| Self::read(code, text))
        .into()
    }

    fn read(code: &'static str, text: &'static str) -> Self {
        let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut name = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(section) => name = section,
                None => sections.entry(name).or_default().push(line),
            }
        }
        Self { code, sections }
    }

    fn lines(&self, section: &str) -> &[&'static str] {
        self.sections.get(section).map_or(&[], Vec::as_slice)
    }

    /// The phrases of a key: `7 = a | b`.
    fn phrases(&self, section: &str, key: &str) -> Vec<&'static str> {
        let line = self
            .lines(section)
            .iter()
            .find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
        line.map(|line| line.split('|').map(str::trim).collect()).unwrap_or_default()
    }

    fn number(&self, value: f64, decimals: usize) -> String {
        let (thousands, point) = match self.code {
            "en" => (',', '.'),
            "fr" => ('\u{202f}', ','),
            _ => ('.', ','),
        };
        let text = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut out = String::new();
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

    fn in_unit(&self, value: f64, unit: &str) -> String {
        match unit {
            "" => self.number(value, if value.fract() == 0.0 { 0 } else { 1 }),
            "%" if self.code == "en" => format!("{}%", self.number(value, 1)),
            "%" => format!("{} %", self.number(value, 1)),
            "EUR" if self.code != "en" => format!("{} €", self.number(value, 2)),
            unit => format!("{} {unit}", self.number(value, 2)),
        }
    }

    /// Fills a template. `None` if it needs a phrase that there is not.
    fn fill(&self, template: &str, with: &Filling<'_>) -> Option<String> {
        let (name, is_plural) = plain(with.name);
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (place, behind) = after.split_once('}')?;
            rest = behind;
            let text = match place {
                "m" => name.to_owned(),
                "M" => capital(name),
                // Without its article.
                "n" => name.split_once(' ').map_or(name, |(_, noun)| noun).to_owned(),
                "X" => capital(plain(with.other).0),
                "w" => with.window.to_owned(),
                "W" => capital(with.window),
                "d" => with.date.clone(),
                "D" => capital(&with.date),
                "v" => with.value.clone(),
                "s" => with.signed.clone(),
                "c" => with.cite.clone(),
                "a" => with.operand.clone(),
                "r" => with.result.clone(),
                choice => {
                    let part = match choice.split_once('|') {
                        Some((up, down)) => {
                            if with.rises {
                                up
                            } else {
                                down
                            }
                        }
                        None => choice,
                    };
                    match part.split_once('/') {
                        Some((one, many)) => if is_plural { many } else { one }.to_owned(),
                        None => part.to_owned(),
                    }
                }
            };
            if text.is_empty()
                && matches!(place, "m" | "M" | "n" | "w" | "W" | "d" | "D" | "v" | "X")
            {
                return None;
            }
            out.push_str(&text);
        }
        out.push_str(rest);
        Some(out.replace("\\n", "\n"))
    }
}

fn plain(name: &str) -> (&str, bool) {
    name.strip_prefix('+').map_or((name, false), |name| (name, true))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A repeatable choice.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.roll(from.len())).copied()
    }
}

/// The metrics that every language names, with the beginnings of their facts' ids.
const NAMED: [(&str, &str, &str); 6] = [
    ("revenue", "K.revenue", ""),
    ("sessions", "K.sessions", ""),
    ("users", "K.users", ""),
    ("conversions", "K.conversions", ""),
    ("rate", "K.conversions", ".rate"),
    ("per-user", "K.revenue", ".per-user"),
];

const COUNTS: [&str; 3] = ["sessions", "users", "conversions"];

pub struct Generator<'a> {
    pub language: &'a Language,
    pub business: &'a Business,
    dice: Dice,
    pub cases: Vec<Case>,
}

impl<'a> Generator<'a> {
    pub fn new(language: &'a Language, business: &'a Business, seed: u64) -> Self {
        Self { language, business, dice: Dice(seed), cases: Vec::new() }
    }

    pub fn run(mut self) -> Vec<Case> {
        for section in ["level", "count", "change", "year", "day"] {
            for template in self.language.lines(section).to_vec() {
                self.statement(section, template);
            }
        }
        for (section, is_count, is_percent) in [
            ("unrelated", false, false),
            ("unrelated-count", true, false),
            ("unrelated-percent", false, true),
        ] {
            for template in self.language.lines(section).to_vec() {
                self.unrelated(template, is_count, is_percent);
            }
        }
        for template in self.language.lines("misplaced").to_vec() {
            self.misplaced(template);
        }
        for template in self.language.lines("sum").to_vec() {
            self.sums(template);
        }
        self.cases
    }

    fn fact(&self, id: &str) -> Option<&'a Fact> {
        self.business.facts.iter().find(|fact| fact.id == id)
    }

    fn metrics(&self, section: &str) -> Vec<(&'static str, &'static str, &'static str)> {
        let fits = |key: &str| match section {
            "count" => COUNTS.contains(&key),
            "year" | "day" => !["rate", "per-user"].contains(&key),
            "change" => key != "per-user",
            _ => true,
        };
        NAMED.into_iter().filter(|(key, ..)| fits(key)).collect()
    }

    /// A right statement of each metric, and wrong ones made of it.
    fn statement(&mut self, section: &str, template: &str) {
        for (key, begins, ends) in self.metrics(section) {
            let days = if self.dice.roll(2) == 0 { "7" } else { "30" };
            let days = if section == "year" { "30" } else { days };
            let id = match section {
                "day" => format!("{begins}@{}", iso(self.business.newest)),
                "change" => format!("{begins}.{days}d{ends}.change"),
                "year" => format!("{begins}.{days}d.year"),
                _ => format!("{begins}.{days}d{ends}"),
            };
            let Some(fact) = self.fact(&id) else { continue };
            let right = self.filling(key, days, fact);
            let text = |it: &Self, filling: &Filling<'_>| it.language.fill(template, filling);
            let case = |it: &mut Self, kind: Kind, filling: &Filling<'_>| {
                let shown = if template.contains("{s}") {
                    filling.signed.clone()
                } else {
                    filling.value.clone()
                };
                if let Some(text) = text(it, filling) {
                    it.add(kind, shown, text);
                }
            };
            case(self, Kind::Right, &right);
            let wrong_name = self.other_name(section, key);
            let filling = self.filling(key, days, fact);
            case(self, Kind::Metric, &Filling { name: wrong_name, ..filling });
            if section == "day" {
                let date = self.date(self.business.newest - time::Duration::days(3));
                let filling = self.filling(key, days, fact);
                case(self, Kind::Date, &Filling { date, ..filling });
            } else {
                let other = ["7", "30", "90", "365"].into_iter().filter(|other| *other != days);
                let other: Vec<&str> =
                    other.filter(|days| section != "year" || *days == "7").collect();
                let window = self.dice.pick(&other).unwrap_or("90");
                let window = self.window(window);
                let filling = self.filling(key, days, fact);
                case(self, Kind::Window, &Filling { window, ..filling });
            }
            if ["change", "year"].contains(&section)
                && template.contains('|')
                && !template.contains("{s}")
            {
                let right = self.filling(key, days, fact);
                case(self, Kind::Direction, &Filling { rises: !right.rises, ..right });
            }
            self.wrong_value_and_unit(template, key, days, fact);
        }
    }

    fn wrong_value_and_unit(
        &mut self,
        template: &str,
        key: &'static str,
        days: &'static str,
        fact: &Fact,
    ) {
        let Some(number) = &fact.number else { return };
        let filling = self.filling(key, days, fact);
        let unit = match number.unit.as_str() {
            "%" => match self.language.code {
                "de" => "Prozentpunkte",
                "en" => "percentage points",
                "fr" => "points de pourcentage",
                "es" => "puntos porcentuales",
                _ => "punti percentuali",
            },
            "" => "CHF",
            _ => "%",
        };
        if !template.contains("{n}") && !template.contains("{v} {m}") && !template.contains("{s}") {
            let value = format!(
                "{} {unit}",
                self.language.number(number.value, if number.unit.is_empty() { 0 } else { 2 })
            );
            let text = self.language.fill(template, &Filling { value: value.clone(), ..filling });
            if let Some(text) = text {
                self.add(Kind::Unit, value, text);
            }
        }
        let wrong = (number.value * 1.17).round() + 0.4 * f64::from(!number.unit.is_empty());
        if !template.contains("{s}") && (wrong - number.value).abs() > 0.03 * number.value.abs() {
            let value = self.language.in_unit(wrong, &number.unit);
            let filling = self.filling(key, days, fact);
            if let Some(text) =
                self.language.fill(template, &Filling { value: value.clone(), ..filling })
            {
                self.add(Kind::Value, value, text);
            }
        }
    }

    fn filling(&mut self, key: &str, days: &str, fact: &Fact) -> Filling<'a> {
        let number = fact.number.as_ref().map_or(0.0, |number| number.value);
        let unit = fact.number.as_ref().map_or("", |number| number.unit.as_str());
        let value = self.language.in_unit(number, unit);
        let sign = if number < 0.0 { '−' } else { '+' };
        Filling {
            name: self.name(key),
            other: "",
            window: self.window(days),
            date: self.date(self.business.newest),
            signed: format!("{sign}{value}"),
            value,
            cite: format!("[{}]", fact.id),
            rises: number > 0.0,
            operand: String::new(),
            result: String::new(),
        }
    }

    fn name(&mut self, key: &str) -> &'static str {
        let names = self.language.phrases("names", key);
        self.dice.pick(&names).unwrap_or_default()
    }

    fn other_name(&mut self, section: &str, key: &str) -> &'static str {
        let others: Vec<&str> = self
            .metrics(section)
            .into_iter()
            .map(|(other, ..)| other)
            .filter(|other| *other != key)
            .collect();
        let other = self.dice.pick(&others).unwrap_or("revenue");
        self.name(other)
    }

    fn window(&mut self, days: &str) -> &'static str {
        let windows = self.language.phrases("windows", days);
        self.dice.pick(&windows).unwrap_or_default()
    }

    /// A date like the pattern, which is 31 October 2026.
    fn date(&mut self, date: time::Date) -> String {
        let patterns = self.language.phrases("dates", "d");
        let pattern = self.dice.pick(&patterns).unwrap_or_default();
        let month = usize::from(u8::from(date.month())) - 1;
        let months: [&str; 12] = match self.language.code {
            "de" => [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            "fr" => [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            "es" => [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
            "it" => [
                "gennaio",
                "febbraio",
                "marzo",
                "aprile",
                "maggio",
                "giugno",
                "luglio",
                "agosto",
                "settembre",
                "ottobre",
                "novembre",
                "dicembre",
            ],
            _ => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        };
        let short = format!("{} ", &months[month][..3]);
        let pattern = pattern.replace("{d:", "").replace('}', "");
        pattern
            .replace("2026-10-31", &iso(date))
            .replace("31.10.2026", &format!("{}.{}.2026", date.day(), month + 1))
            .replace("31/10/2026", &format!("{}/{:02}/2026", date.day(), month + 1))
            .replace("Oktober", months[month])
            .replace("October", months[month])
            .replace("octobre", months[month])
            .replace("octubre", months[month])
            .replace("ottobre", months[month])
            .replace("Oct", short.trim())
            .replace("31", &date.day().to_string())
    }

    /// A fact's number said of something else.
    fn unrelated(&mut self, template: &str, is_count: bool, is_percent: bool) {
        for _ in 0..3 {
            let fits = |fact: &&Fact| {
                let unit = fact.number.as_ref().map_or("-", |number| number.unit.as_str());
                let is_money =
                    unit == self.business.facts[0].number.as_ref().map_or("", |it| &it.unit);
                fact.id.starts_with("K.")
                    && if is_percent {
                        unit == "%"
                    } else if is_count {
                        unit.is_empty()
                    } else {
                        is_money
                    }
            };
            let facts: Vec<&Fact> = self.business.facts.iter().filter(fits).collect();
            let Some(fact) = self.dice.pick(&facts) else { return };
            let days = if fact.id.contains(".7d") { "7" } else { "30" };
            let filling = self.filling("revenue", days, fact);
            if let Some(text) = self.language.fill(template, &filling) {
                self.add(Kind::Unrelated, filling.value, text);
            }
        }
    }

    fn misplaced(&mut self, template: &str) {
        for (key, begins, ends) in NAMED {
            let Some(fact) = self.fact(&format!("{begins}.30d{ends}")) else { continue };
            let other = match self.language.code {
                "en" => "profit",
                "de" => "der Gewinn",
                _ => "",
            };
            let filling = Filling { other, ..self.filling(key, "30", fact) };
            if let Some(text) = self.language.fill(template, &filling) {
                self.add(Kind::Misplaced, filling.value, text);
            }
        }
    }

    /// Arithmetic with a right result, and with a wrong one.
    fn sums(&mut self, template: &str) {
        for (key, ..) in [NAMED[0], NAMED[1]] {
            let Some(fact) = self.fact(&format!("K.{key}.30d")) else { continue };
            let Some(number) = fact.number.clone() else { continue };
            let value = number.value;
            let result = match template {
                it if it.contains("/ 30") || it.contains("÷ 30") => value / 30.0,
                it if it.contains("2 ×") => value * 2.0,
                it if it.contains("× 1") => value * 1.1,
                it if it.contains("2,500") => value + 2_500.0,
                _ => value - 1_000.0,
            };
            let decimals =
                if number.unit.is_empty() && result.fract().abs() < 1e-9 { 0 } else { 2 };
            for (kind, off) in
                [(Kind::Sum, 0.0), (Kind::BadSum, 10.0), (Kind::BadSum, -result * 0.03)]
            {
                let operand =
                    self.language.number(value, if number.unit.is_empty() { 0 } else { 2 });
                let result = self.language.number(result + off, decimals);
                let filling =
                    Filling { operand, result: result.clone(), ..self.filling(key, "30", fact) };
                if let Some(text) = self.language.fill(template, &filling) {
                    self.add(kind, result, text);
                }
            }
        }
    }

    fn add(&mut self, kind: Kind, number: String, text: String) {
        self.cases.push(Case { language: self.language.code, kind, number, text });
    }
}

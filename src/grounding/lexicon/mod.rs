//! The words that statements about metrics are made of, by language.
//!
//! Each language is a table of phrases by category (`en.txt` explains the format). A phrase may mean different things in
//! two languages, so a text is read with the language that knows most of its words; names of metrics are understood in
//! all of them, because many texts mix.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A quantity that the metric model knows. Custom metrics are numbered by the facts at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    Revenue,
    Sessions,
    Users,
    Conversions,
    /// Conversions per session.
    Rate,
    RevenuePerUser,
    Own(u16),
}

/// The metrics that a name may stand for, with whether it surely does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Names(pub [Option<(Metric, bool)>; 3]);

impl Names {
    pub fn one(metric: Metric, is_sure: bool) -> Self {
        Self([Some((metric, is_sure)), None, None])
    }

    /// Returns whether this names `metric`: surely, perhaps, or not at all.
    pub fn names(&self, metric: Metric) -> Option<bool> {
        self.0.iter().flatten().find(|(named, _)| *named == metric).map(|(_, is_sure)| *is_sure)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Metric, bool)> + '_ {
        self.0.iter().flatten().copied()
    }

    /// Returns whether every metric it stands for is certain.
    pub fn is_sure(&self) -> bool {
        self.iter().all(|(_, is_sure)| is_sure)
    }

    fn add(&mut self, other: Self) {
        for (metric, is_sure) in other.iter() {
            if self.names(metric).is_none()
                && let Some(free) = self.0.iter_mut().find(|slot| slot.is_none())
            {
                *free = Some((metric, is_sure));
            }
        }
    }
}

/// What a word or phrase contributes to a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    Metric(Names),
    /// A quantity that businesses have but the metric model does not: profit, rent.
    Other,
    /// A span of so many days.
    Time(u16),
    /// A span that no fact covers: a weekend, a season.
    OddTime,
    Last,
    Previous,
    Next,
    This,
    Same,
    Ago,
    Per,
    Compare,
    CompareYear,
    /// Compared with the days before: so many, 0 if unsaid.
    CompareBefore(u16),
    /// An amount for each such span.
    Every(u16),
    Today,
    Yesterday,
    /// 1 for Monday.
    Weekday(u8),
    /// 1 for January.
    Month(u8),
    Up,
    Down,
    /// A direction only directly behind a number: `12 % above`.
    Above,
    Below,
    /// A German verb that goes up with `zu` and down with `ab`.
    Take,
    Good,
    Bad,
    To,
    By,
    From,
    Until,
    Count(u16),
    Sum,
    Difference,
    Average,
    /// The statement is negated, hypothetical, or about a part or another time.
    Doubt,
    /// A preposition that narrows what it follows.
    Prep,
    /// A word that changes nothing.
    Known,
}

/// The number of a language.
pub type Language = u8;

const LANGUAGES: [&str; 5] = [
    include_str!("en.txt"),
    include_str!("de.txt"),
    include_str!("fr.txt"),
    include_str!("es.txt"),
    include_str!("it.txt"),
];

pub const COUNT: usize = LANGUAGES.len();
pub const ENGLISH: Language = 0;
pub const GERMAN: Language = 1;

/// A phrase of one language.
#[derive(Clone, Debug)]
pub struct Phrase {
    pub language: Language,
    /// The words behind the first.
    pub rest: Vec<&'static str>,
    pub meaning: Meaning,
    /// Of a compound: `Umsatzrückgang`.
    pub second: Option<Meaning>,
}

/// All phrases by their first word, longest first.
static PHRASES: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for (language, table) in (0..).zip(LANGUAGES) {
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let Some((category, listed)) = line.split_once(':') else { continue };
            for (place, phrase) in listed.split(',').enumerate() {
                if let Some((meaning, phrase)) = meaning(category, phrase.trim(), place) {
                    add(&mut phrases, language, phrase, meaning, None);
                }
            }
        }
    }
    for (word, first, second) in compounds() {
        add(&mut phrases, 1, word, first, second);
    }
    for phrases in phrases.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
    }
    phrases
});

/// Returns the phrases that begin with a lower-case word, longest first.
pub fn phrases(word: &str) -> &'static [Phrase] {
    PHRASES.get(word).map_or(&[], Vec::as_slice)
}

/// Adds a phrase. The first category that lists it wins, except that a name may stand for several metrics.
fn add(
    phrases: &mut HashMap<&'static str, Vec<Phrase>>,
    language: Language,
    phrase: &'static str,
    meaning: Meaning,
    second: Option<Meaning>,
) {
    let mut words = phrase.split([' ', '\'', '’', '-']).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return };
    let rest: Vec<&str> = words.collect();
    let known = phrases.entry(first).or_default();
    match known.iter_mut().find(|it| it.language == language && it.rest == rest) {
        Some(Phrase { meaning: Meaning::Metric(names), .. }) => {
            if let Meaning::Metric(more) = meaning {
                names.add(more);
            }
        }
        Some(_) => {}
        None => known.push(Phrase { language, rest, meaning, second }),
    }
}

fn meaning<'a>(category: &str, phrase: &'a str, place: usize) -> Option<(Meaning, &'a str)> {
    let (name, is_sure) = match category.strip_suffix('?') {
        Some(name) => (name, false),
        None => (category, true),
    };
    let metric = |metric| Meaning::Metric(Names::one(metric, is_sure));
    let number = u8::try_from(place + 1).unwrap_or(0);
    let meaning = match name {
        "revenue" => metric(Metric::Revenue),
        "sessions" => metric(Metric::Sessions),
        "users" => metric(Metric::Users),
        "conversions" => metric(Metric::Conversions),
        "rate" => metric(Metric::Rate),
        "per-user" => metric(Metric::RevenuePerUser),
        "other" => Meaning::Other,
        "day" => Meaning::Time(1),
        "week" => Meaning::Time(7),
        "month" => Meaning::Time(30),
        "quarter" => Meaning::Time(90),
        "year" => Meaning::Time(365),
        "odd-time" => Meaning::OddTime,
        "last" => Meaning::Last,
        "previous" => Meaning::Previous,
        "next" => Meaning::Next,
        "this" => Meaning::This,
        "same" => Meaning::Same,
        "ago" => Meaning::Ago,
        "per" => Meaning::Per,
        "compare" => Meaning::Compare,
        "compare-year" => Meaning::CompareYear,
        "compare-month" => Meaning::CompareBefore(30),
        "compare-week" => Meaning::CompareBefore(7),
        "compare-before" => Meaning::CompareBefore(0),
        "every-day" => Meaning::Every(1),
        "every-week" => Meaning::Every(7),
        "every-month" => Meaning::Every(30),
        "every-quarter" => Meaning::Every(90),
        "every-year" => Meaning::Every(365),
        "today" => Meaning::Today,
        "yesterday" => Meaning::Yesterday,
        "weekdays" => Meaning::Weekday(number),
        "months" => Meaning::Month(number),
        "up" => Meaning::Up,
        "down" => Meaning::Down,
        "above" => Meaning::Above,
        "below" => Meaning::Below,
        "take" => Meaning::Take,
        "good" => Meaning::Good,
        "bad" => Meaning::Bad,
        "to" => Meaning::To,
        "by" => Meaning::By,
        "from" => Meaning::From,
        "until" => Meaning::Until,
        "sum" => Meaning::Sum,
        "difference" => Meaning::Difference,
        "average" => Meaning::Average,
        "doubt" => Meaning::Doubt,
        "prep" => Meaning::Prep,
        "known" => Meaning::Known,
        "count" => {
            let (word, number) = phrase.split_once('=')?;
            return Some((Meaning::Count(number.parse().ok()?), word));
        }
        _ => return None,
    };
    (phrase != "_").then_some((meaning, phrase))
}

/// German compounds of a metric, or a span, with what happens to it: `Umsatzrückgang`, `Monatsumsatz`.
fn compounds() -> Vec<(&'static str, Meaning, Option<Meaning>)> {
    const STEMS: [(&str, Metric); 8] = [
        ("umsatz", Metric::Revenue),
        ("einnahmen", Metric::Revenue),
        ("besuchs", Metric::Sessions),
        ("sitzungs", Metric::Sessions),
        ("besucher", Metric::Users),
        ("nutzer", Metric::Users),
        ("conversion", Metric::Conversions),
        ("konversions", Metric::Conversions),
    ];
    const ENDS: [(&str, Option<Meaning>); 18] = [
        ("rückgang", Some(Meaning::Down)),
        ("rückgangs", Some(Meaning::Down)),
        ("einbruch", Some(Meaning::Down)),
        ("einbruchs", Some(Meaning::Down)),
        ("verlust", Some(Meaning::Down)),
        ("minus", Some(Meaning::Down)),
        ("schwund", Some(Meaning::Down)),
        ("einbuße", Some(Meaning::Down)),
        ("einbußen", Some(Meaning::Down)),
        ("plus", Some(Meaning::Up)),
        ("anstieg", Some(Meaning::Up)),
        ("anstiegs", Some(Meaning::Up)),
        ("zuwachs", Some(Meaning::Up)),
        ("wachstum", Some(Meaning::Up)),
        ("steigerung", Some(Meaning::Up)),
        ("sprung", Some(Meaning::Up)),
        ("zahl", None),
        ("zahlen", None),
    ];
    const SPANS: [(&str, u16); 5] =
        [("tages", 1), ("wochen", 7), ("monats", 30), ("quartals", 90), ("jahres", 365)];
    let mut all = Vec::new();
    let metric = |metric| Meaning::Metric(Names::one(metric, true));
    for (stem, of) in STEMS {
        all.extend(ENDS.map(|(end, second)| (leak(stem, end), metric(of), second)));
    }
    for (span, days) in SPANS {
        for (name, of) in [
            ("umsatz", Metric::Revenue),
            ("umsätze", Metric::Revenue),
            ("einnahmen", Metric::Revenue),
            ("besucher", Metric::Users),
            ("nutzer", Metric::Users),
        ] {
            let spanned = if days == 1 { Meaning::Every(1) } else { Meaning::Time(days) };
            all.push((leak(span, name), metric(of), Some(spanned)));
        }
    }
    all
}

/// Joins two words for the life of the program. Called for a fixed number of them.
fn leak(first: &str, second: &str) -> &'static str {
    Box::leak(format!("{first}{second}").into_boxed_str())
}

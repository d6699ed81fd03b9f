//! Facts from insights: one per summary, one per highlight and one per number in the insight's basis.

use std::collections::BTreeMap;

use time::Date;

use super::derivation::{Derivation, Derived};
use super::model::{Fact, Number};
use super::{text, wording};
use crate::format::{date, number};
use crate::insights::model::{Basis, Insight};
use crate::platform::clock;

/// Limits that keep prompts short: insights in all, then highlights and basis numbers per insight.
const MOST_INSIGHTS: usize = 8;
const MOST_HIGHLIGHTS: usize = 8;
const MOST_NUMBERS: usize = 6;
/// Maximum characters of one summary or highlight.
const MOST_CHARS: usize = 1_000;
/// Insights older than this get a note with their age.
const FRESH_DAYS: i32 = 14;

/// Returns the facts of each insight. `insights` are newest first.
pub fn derive(insights: &[Insight], today: Date) -> Vec<Derived> {
    let mut all = Vec::new();
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for insight in insights.iter().take(MOST_INSIGHTS) {
        let slug = slug(&insight.module_slug);
        let count = told.entry(slug.clone()).or_default();
        let mut next_id = || {
            *count += 1;
            format!("I.{slug}.{count}")
        };
        let highlights = insight.highlights.iter().take(MOST_HIGHLIGHTS);
        let texts = std::iter::once(&insight.summary).chain(highlights);
        let texts = texts.map(|words| text::lines(words, MOST_CHARS)).filter(|it| !it.is_empty());
        let sentences: Vec<Fact> = texts
            .map(|text| Fact { id: next_id(), text, ..about(insight, &slug, today) })
            .collect();
        let numbers: Vec<Derived> = insight
            .basis
            .iter()
            .take(MOST_NUMBERS)
            .map(|basis| Derived {
                fact: Fact { id: next_id(), ..number_of(basis, &slug) },
                from: Derivation::Basis(Box::new(basis.clone())),
                entered: basis.source.clone(),
            })
            .collect();
        let ids: Vec<String> = numbers.iter().map(|number| number.fact.id.clone()).collect();
        all.extend(sentences.into_iter().map(|fact| Derived {
            from: Derivation::Text { numbers: ids.clone() },
            entered: format!("/dashboard#insight-{}", insight.id),
            fact,
        }));
        all.extend(numbers);
    }
    all
}

/// Turns one basis number of an insight into a fact.
fn number_of(basis: &Basis, slug: &str) -> Fact {
    let unit = text::name(&basis.unit);
    Fact {
        label: format!("{} (from {slug})", text::name(&basis.label)),
        text: match basis.is_percent_change() {
            true => number::percent(basis.value),
            false => wording::amount(basis.value, &unit),
        },
        number: Some(Number { value: basis.value, unit }),
        span: Some(basis.span.clone()),
        note: basis.note.clone(),
        ..Fact::default()
    }
}

/// Returns the label, date, source and note that all text facts of one insight share.
fn about(insight: &Insight, slug: &str, today: Date) -> Fact {
    let found = insight.created_at.get(..10).and_then(clock::parse_date);
    let mut label = format!("Insight from {slug}");
    if let Some(date) = found {
        label.push_str(&format!(", {}", date::day(date)));
    }
    let severity: String = plain(insight.severity.as_deref().unwrap_or_default());
    if !severity.is_empty() {
        label.push_str(&format!(", severity {severity}"));
    }
    let age = found.map(|date| today.to_julian_day() - date.to_julian_day());
    Fact {
        label,
        span: found.map(|date| (clock::iso_date(date), clock::iso_date(date))),
        note: age.filter(|age| *age > FRESH_DAYS).map(|age| format!("old, found {age} days ago")),
        ..Fact::default()
    }
}

/// Returns the module's slug in the form used in fact ids.
fn slug(module: &str) -> String {
    let slug = plain(module);
    if slug.is_empty() { "unnamed".to_owned() } else { slug }
}

/// Keeps ASCII letters, digits and dashes, at most 40 of them.
fn plain(word: &str) -> String {
    let keep = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    word.chars().filter(keep).take(40).collect()
}

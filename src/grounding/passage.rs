//! Checks the numbers of passages.

use std::collections::HashMap;
use std::ops::Range;

use super::arithmetic::{self, Sum};
use super::digits::Plain;
use super::judge::{Claim, Context, Fit, Outcome, Witnesses};
use super::lexicon::{self, Meaning, Metric};
use super::reading::{Kind as Token, Reading};
use super::scan::{self, Number, Standing, Unit};
use super::scope::Sentence;
use super::sources::{self, Figure};
use super::subject::{self, Subject};
use super::units;
use super::verdict::{Reason, State, Verdict};
use super::{Kind, Note, Passage, Reader, Says};
use crate::facts::model::Fact;

/// How many citations of a sentence are compared with each of its numbers.
const MOST_CITED: usize = 60;

/// The facts that a sentence cites, and those whose citations belong to one of its numbers.
#[derive(Clone, Copy)]
struct Cited<'a> {
    all: &'a [usize],
    own: &'a [usize],
}

type Verdicts = Vec<(Range<usize>, Verdict)>;

impl Reader {
    /// Checks the numbers of a block. `notes` hold its citations.
    pub(super) fn check(&mut self, passages: &[Passage], notes: &[Vec<Note>]) -> Vec<Verdicts> {
        let mut rows: HashMap<u32, Vec<usize>> = HashMap::new();
        for (passage, notes) in passages.iter().zip(notes) {
            if let Kind::Cell { line, .. } = passage.kind {
                rows.entry(line).or_default().extend(self.cited_in(notes));
            }
        }
        let mut verdicts = Vec::with_capacity(passages.len());
        for (passage, notes) in passages.iter().zip(notes) {
            let row = match passage.kind {
                Kind::Cell { line, .. } => rows.get(&line).map_or(&[][..], Vec::as_slice),
                _ => &[],
            };
            verdicts.push(self.passage(passage, notes, row));
        }
        verdicts
    }

    /// Returns the indices of the facts that notes cite.
    fn cited_in(&self, notes: &[Note]) -> Vec<usize> {
        let numbers = notes.iter().flat_map(|note| match &note.says {
            Says::Cites(numbers) => numbers.as_slice(),
            Says::Number(_) => &[],
        });
        numbers
            .flatten()
            .filter_map(|number| self.cited.get(number.checked_sub(1)?).copied())
            .collect()
    }

    fn passage(&mut self, passage: &Passage, notes: &[Note], row: &[usize]) -> Verdicts {
        let known = self.known.clone();
        let subjects = known.subjects();
        let blank = without(&passage.text, notes);
        let plain = Plain::new(&blank);
        let heads = match &passage.kind {
            Kind::Cell { column, row, .. } => {
                format!("{} : {} : ", without_ids(row), without_ids(column))
            }
            _ => String::new(),
        };
        let values: Vec<f64> = self
            .cited
            .iter()
            .filter_map(|at| subjects.all.get(*at)?.as_ref())
            .map(|it| it.value)
            .collect();
        let sums = arithmetic::sums(&plain.text, &values);
        let numbers: Vec<Number> = scan::numbers(&plain.text);
        let quotable = if row.is_empty() { self.cited_in(notes) } else { row.to_vec() };
        let claims: Vec<Number> = numbers
            .iter()
            .filter(|number| {
                self.is_claim(passage, number, &plain.text) || self.is_quoted(number, &quotable)
            })
            .filter(|number| {
                sums.iter().all(|sum| {
                    !sum.range.contains(&number.range.start) || number.range.contains(&sum.result)
                })
            })
            .cloned()
            .collect();
        let shift = heads.len();
        let text = format!("{heads}{}", plain.text);
        let moved = |range: &Range<usize>| range.start + shift..range.end + shift;
        let ranges: Vec<Range<usize>> = claims.iter().map(|claim| moved(&claim.range)).collect();
        let cites: Vec<Range<usize>> =
            notes.iter().map(|note| moved(&plain.reached(note.range.clone()))).collect();
        let mut language = self.language;
        let mut reading = Reading::of(&text, &ranges, &cites, &subjects.own, &mut language);
        self.language = language;
        if shift > 0 {
            // A row states one thing.
            reading.sentences = std::iter::once(0..reading.tokens.len()).collect();
        }
        let mut verdicts = Vec::new();
        let mut context = self.context.clone();
        let mut last = None;
        for range in reading.sentences.clone() {
            let sentence = Sentence::of(&reading, range.clone(), &claims);
            let cited_at = |at: usize| match reading.tokens[at].kind {
                Token::Cite(index) => {
                    notes.get(index).map(|note| self.cited_in(std::slice::from_ref(note)))
                }
                _ => None,
            };
            let cited: Vec<usize> = range.clone().filter_map(cited_at).flatten().collect();
            let is_of_row = cited.is_empty();
            let cited = if is_of_row { row } else { cited.as_slice() };
            for at in range {
                let Token::Claim(index) = reading.tokens[at].kind else { continue };
                let number = &claims[index];
                let ends = range_ends(&claims, index);
                let claim =
                    Claim { sentence: &sentence, at, number, heads: &heads, context: &context };
                let own: Vec<usize> = match is_of_row {
                    true => row.to_vec(),
                    false => {
                        sentence.cites_of(at).into_iter().filter_map(cited_at).flatten().collect()
                    }
                };
                let cited = Cited { all: cited, own: &own };
                let sum = sums.iter().find(|sum| number.range.contains(&sum.result));
                let verdict = match sum {
                    Some(sum) => Some(of_sum(sum)),
                    None => self.judge(claim, cited, ends),
                };
                if let Some(verdict) = verdict {
                    verdicts.push((plain.original(number.range.clone()), verdict));
                }
            }
            last = Some(said(&sentence));
            context = last
                .clone()
                .filter(|it| it.names.is_some() || !it.periods.is_empty())
                .unwrap_or(context);
        }
        self.remember(passage, last);
        verdicts
    }

    /// Keeps what a heading or the line before a list says.
    fn remember(&mut self, passage: &Passage, last: Option<Context>) {
        let leads = passage.kind == Kind::Heading || passage.text.trim_end().ends_with([':', '：']);
        if let Some(last) = last.filter(|_| leads) {
            self.context = last;
        }
    }

    fn is_claim(&self, passage: &Passage, number: &Number, text: &str) -> bool {
        let is_bare = number.unit == Unit::None;
        match &passage.kind {
            // `## 3 things to do` is no claim, `## Revenue fell by 12 %` is.
            Kind::Heading if is_bare => return false,
            Kind::Cell { column, .. } if is_bare && is_rank(column) => return false,
            // A bare small number in a column of counts is a claim.
            Kind::Cell { row, .. }
                if matches!(number.standing, Standing::Few(_))
                    && !row.is_empty()
                    && fills(text, number) =>
            {
                return true;
            }
            _ => {}
        }
        match &number.standing {
            Standing::Claim => true,
            Standing::No => false,
            Standing::Span => {
                let known = self.known.subjects();
                let mut cited = self.cited.iter().filter_map(|at| known.all.get(*at)?.as_ref());
                let is_value = |subject: &Subject| {
                    let is_time =
                        matches!((&subject.unit, &number.unit), (Unit::Time(_), Unit::Time(_)));
                    subject.unit == number.unit
                        || is_time && units::states(number, "", subject.value, 1.0)
                };
                cited.any(is_value) && !scan::is_span(text, number)
            }
            Standing::Few(near) => near.iter().any(|word| self.counts(word)),
        }
    }

    /// Whether a small number or a year is one of a cited text of the profile. Elsewhere it is none of the business's numbers.
    fn is_quoted(&self, number: &Number, cited: &[usize]) -> bool {
        let is_of_profile =
            |at: &usize| self.known.facts().get(*at).is_some_and(|it| it.id.starts_with("P."));
        matches!(number.standing, Standing::Few(_))
            && cited.iter().filter(|at| is_of_profile(at)).any(|at| {
                self.known.figures(*at).iter().any(|figure| figure.is_told_by(number, ""))
            })
    }

    /// Whether a cited fact counts what this word names.
    fn counts(&self, word: &str) -> bool {
        let known = self.known.subjects();
        let stem = word.strip_suffix('s').unwrap_or(word);
        let named: Vec<Metric> = lexicon::phrases(word)
            .iter()
            .filter(|phrase| phrase.rest.is_empty())
            .filter_map(|phrase| match phrase.meaning {
                Meaning::Metric(names) => Some(names),
                _ => None,
            })
            .flat_map(|names| {
                names
                    .iter()
                    .filter(|(_, is_sure)| *is_sure)
                    .map(|(metric, _)| metric)
                    .collect::<Vec<_>>()
            })
            .collect();
        self.cited.iter().any(|at| {
            let metric = known
                .all
                .get(*at)
                .and_then(|subject| subject.as_ref())
                .filter(|it| it.unit == Unit::None)
                .and_then(|it| it.metric);
            metric.is_some_and(|metric| named.contains(&metric))
                || self.known.facts().get(*at).is_some_and(|fact| {
                    sources::counted(fact).iter().any(|known| {
                        known == word || known.strip_suffix('s').unwrap_or(known) == stem
                    })
                })
        })
    }

    /// Judges a number that states an amount. `None` if it turns out not to.
    fn judge(
        &self,
        claim: Claim<'_>,
        Cited { all, own }: Cited<'_>,
        range: Option<(&Number, &Number)>,
    ) -> Option<Verdict> {
        let known = self.known.subjects();
        let cited = &all[..all.len().min(MOST_CITED)];
        let subjects: Vec<&Subject> =
            cited.iter().filter_map(|at| known.all.get(*at)?.as_ref()).collect();
        let witnesses = Witnesses { cited: &subjects, known: &known.all };
        if claim.number.is_verb
            && (subjects.is_empty() || claim.named().is_none_or(|named| named.names.is_none()))
        {
            return None;
        }
        let mut best: Option<(Outcome, &Fact)> = None;
        let mut missed: Option<&Fact> = None;
        for at in cited {
            let Some(fact) = self.known.facts().get(*at) else { continue };
            let outcome = match known.all.get(*at).and_then(Option::as_ref) {
                Some(subject) => match claim.fit(subject) {
                    Fit::No => None,
                    Fit::OtherUnit
                        if !units::is_distinct(claim.number) && !is_named(claim, subject) =>
                    {
                        None
                    }
                    Fit::OtherValue => {
                        let is_within =
                            range.is_some_and(|(low, high)| lies_between(subject, low, high));
                        if !is_within && missed.is_none() && is_named(claim, subject) {
                            missed = Some(fact);
                        }
                        is_within.then_some(Outcome::Unread(Reason::Words))
                    }
                    fit => Some(claim.compare(subject, fit, witnesses)),
                },
                None => in_text(claim, fact, self.known.figures(*at)),
            };
            let elsewhere = (!own.contains(at)).then_some(Outcome::Unread(Reason::Elsewhere));
            if let Some(outcome) = outcome.max(outcome.and(elsewhere))
                && best.is_none_or(|(best, _)| outcome < best)
            {
                best = Some((outcome, fact));
            }
        }
        // `3 steps` is no quote of `3 more bakers`.
        if let Standing::Few(near) = &claim.number.standing
            && claim.heads.is_empty()
            && !near.iter().any(|word| self.counts(word))
            && !matches!(best, Some((Outcome::Agrees, _)))
        {
            return None;
        }
        Some(match best {
            Some((Outcome::Agrees, fact)) => Verdict::of(State::Confirmed, &fact.id, None),
            Some((Outcome::Unread(reason), fact)) => {
                Verdict::of(State::Found, &fact.id, Some(reason))
            }
            Some((Outcome::Clashes(reason), fact)) => {
                Verdict::of(State::Conflict, &fact.id, Some(reason))
            }
            None => self.unsupported(claim, cited, missed),
        })
    }
}

fn of_sum(sum: &Sum) -> Verdict {
    let (state, reason) = match sum.is_right {
        true => (State::WorkedOut, None),
        false => (State::Conflict, Some(Reason::Arithmetic)),
    };
    Verdict { reason, calculation: Some(sum.shown.clone()), ..Verdict::new(state) }
}

/// Whether the sentence names the metric of a fact.
pub(super) fn is_named(claim: Claim<'_>, subject: &Subject) -> bool {
    let names = claim.named().map_or(claim.context.names, |named| named.names);
    subject
        .metric
        .is_some_and(|metric| names.is_some_and(|names| names.names(metric) == Some(true)))
}

/// Finds the number in a fact's text. It agrees if the sentence also repeats a word that stands next to it.
pub(super) fn in_text(claim: Claim<'_>, fact: &Fact, figures: &[Figure]) -> Option<Outcome> {
    let figure = figures.iter().find(|figure| figure.is_told_by(claim.number, claim.heads))?;
    let is_own = fact.id.starts_with("P.") && claim.number.unit == figure.unit;
    let mut near = words_near(&fact.text, figure.at);
    if near.is_empty() {
        // `6–20`, of the people in the business
        near = words_near(&fact.label, 0);
        near.retain(|stem| *stem != subject::stem("business"));
    }
    let tokens = claim.sentence.near(claim.at).map(|at| claim.sentence.reading.word(at));
    let is_shared = tokens
        .filter(|word| word.chars().count() > 3)
        .any(|word| near.iter().any(|near| near == subject::stem_of(word)));
    // A goal is a wish anyway.
    let is_wish = fact.id.starts_with("P.goals");
    let is_clear = is_own && is_shared && (is_wish || !claim.sentence.is_doubtful(claim.at));
    Some(if is_clear { Outcome::Agrees } else { Outcome::Unread(Reason::Words) })
}

/// Returns the stems of the longer words around a place of a text.
fn words_near(text: &str, at: usize) -> Vec<String> {
    let around = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphabetic())
            .filter(|word| word.chars().count() > 3)
            .map(subject::stem)
            .collect()
    };
    let (before, behind) = text.split_at(text.floor_char_boundary(at));
    let before = around(before);
    let mut near = before[before.len().saturating_sub(4)..].to_vec();
    near.extend(around(behind).into_iter().take(4));
    near
}

/// Whether a value lies within a range that is narrow enough to be a statement about it.
fn lies_between(subject: &Subject, low: &Number, high: &Number) -> bool {
    let value = subject.value.abs();
    let fits = subject.unit == low.unit || subject.unit == Unit::Other && low.unit == Unit::None;
    fits && low.readings.iter().zip(&high.readings).any(|(low, high)| {
        low.value <= value && value <= high.value && high.value <= low.value * 1.5
    })
}

/// Returns the ends of the range that a claim is an end of.
fn range_ends(claims: &[Number], at: usize) -> Option<(&Number, &Number)> {
    let of = |from: usize| {
        claims.get(from).zip(claims.get(from + 1)).filter(|(low, _)| low.starts_range)
    };
    of(at).or_else(|| at.checked_sub(1).and_then(of))
}

/// Returns what a sentence says for those behind it.
fn said(sentence: &Sentence<'_>) -> Context {
    Context {
        names: sentence.only_name(),
        periods: sentence.periods.iter().map(|period| period.what).collect(),
    }
}

/// Blanks out citations, because digits in ids are no claims, and the placeholder characters that renderers
/// insert. Keeps all byte offsets.
fn without(text: &str, notes: &[Note]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Note { range, .. } in notes {
        out.push_str(&text[at..range.start]);
        out.extend(std::iter::repeat_n(' ', range.len()));
        at = range.end;
    }
    out.push_str(&text[at..]);
    // Each placeholder is three bytes long.
    out.replace(|c| ('\u{fdd0}'..='\u{fdef}').contains(&c), "   ")
}

/// Removes citations from a header.
fn without_ids(text: &str) -> String {
    let mut out = text.to_owned();
    for citation in super::cite::citations(text, |_| true).into_iter().rev() {
        out.replace_range(citation.range, "");
    }
    out
}

/// Whether a column contains row numbers.
fn is_rank(column: &str) -> bool {
    super::words::RANKS.contains(column.trim().to_lowercase().as_str())
}

/// Whether a cell contains only this number.
fn fills(text: &str, number: &Number) -> bool {
    text[..number.range.start].trim().is_empty() && text[number.range.end..].trim().is_empty()
}

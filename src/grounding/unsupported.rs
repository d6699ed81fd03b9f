//! Judges numbers that no fact cited in their sentence has: derived, repeated or unknown ones.

use super::Reader;
use super::judge::{Claim, Fit};
use super::lexicon::Meaning;
use super::passage::{in_text, is_named};
use super::scan::{self, Unit};
use super::scope::Period;
use super::sources::Figure;
use super::subject::{Form, Subject};
use super::units;
use super::verdict::{Reason, State, Verdict};
use crate::facts::model::Fact;

impl Reader {
    /// Judges a number that no fact cited in its sentence has.
    pub(super) fn unsupported(
        &self,
        claim: Claim<'_>,
        cited: &[usize],
        missed: Option<&Fact>,
    ) -> Verdict {
        let known = self.known.subjects();
        if let Some(sum) = self.derived(claim, cited) {
            return sum;
        }
        let named = claim.named();
        let elsewhere = self.cited.iter().filter(|at| !cited.contains(at)).find(|at| {
            let Some(fact) = self.known.facts().get(**at) else { return false };
            match known.all.get(**at).and_then(Option::as_ref) {
                Some(subject) => {
                    let fit = claim.fit(subject);
                    let fits = fit == Fit::Same || fit == Fit::Unstated && is_named(claim, subject);
                    let is_other = named.is_some_and(|named| {
                        subject.metric.is_none_or(|metric| {
                            named.names.is_none_or(|names| names.names(metric).is_none())
                        })
                    });
                    let is_same_way = match claim.sentence.direction(
                        claim.at,
                        claim.number,
                        subject.less_is_better,
                    ) {
                        Some((sign, _)) if subject.is_change() => {
                            (subject.value < 0.0) == (sign == scan::Sign::Minus)
                        }
                        _ => true,
                    };
                    fits && is_same_way
                        && (is_named(claim, subject)
                            || !is_other && units::is_distinct(claim.number))
                }
                None => {
                    in_text(claim, fact, self.known.figures(**at)).is_some()
                        && (units::is_distinct(claim.number) || claim.number.unit != Unit::None)
                }
            }
        });
        if let Some(fact) = elsewhere.and_then(|at| self.known.facts().get(*at)) {
            return Verdict::of(State::Found, &fact.id, Some(Reason::Elsewhere));
        }
        let told = |figures: &[Figure]| {
            figures.iter().any(|figure| figure.is_told_by(claim.number, claim.heads))
        };
        let verdict = if told(self.known.asked()) && !self.is_of_known_metric(claim) {
            Verdict::new(State::FromQuestion)
        } else if told(self.known.earlier()) && !self.is_of_known_metric(claim) {
            Verdict::new(State::FromEarlier)
        } else if let Some(fact) =
            self.in_profile(claim).filter(|_| !self.is_of_known_metric(claim))
        {
            Verdict::of(State::InProfile, &fact.id, None)
        } else {
            Verdict::new(State::NotFromData)
        };
        match (verdict.state, missed) {
            (State::NotFromData, Some(fact)) => {
                Verdict::of(State::NotFromData, &fact.id, Some(Reason::Value))
            }
            _ => verdict,
        }
    }

    /// Whether the sentence states the number of a metric that has facts: then it is not the member's own.
    fn is_of_known_metric(&self, claim: Claim<'_>) -> bool {
        let Some(named) = claim.named().filter(|named| named.is_own) else { return false };
        if claim.sentence.is_doubtful(claim.at)
            || matches!(claim.number.unit, Unit::Percent | Unit::Points)
                && claim.sentence.direction(claim.at, claim.number, false).is_some()
        {
            return false;
        }
        let known = self.known.subjects();
        known.all.iter().flatten().any(|subject| {
            subject.metric.is_some_and(|metric| {
                named.names.is_some_and(|names| names.names(metric) == Some(true))
            })
        })
    }

    /// Finds a text of the profile that contains the number.
    fn in_profile(&self, claim: Claim<'_>) -> Option<&Fact> {
        let is_worth = claim.number.unit != Unit::None || units::is_distinct(claim.number);
        // `6 EUR` is not the 6 of `6–20`.
        let is_told = |figure: &Figure| {
            figure.is_told_by(claim.number, claim.heads)
                && (figure.unit == claim.number.unit || units::is_distinct(claim.number))
        };
        let mut facts = self.known.facts().iter().enumerate();
        facts
            .find(|(at, fact)| {
                is_worth && fact.id.starts_with("P.") && self.known.figures(*at).iter().any(is_told)
            })
            .map(|(_, fact)| fact)
    }

    /// Recomputes a plain sum, difference or daily mean of the facts cited in the sentence.
    fn derived(&self, claim: Claim<'_>, cited: &[usize]) -> Option<Verdict> {
        let known = self.known.subjects();
        let levels: Vec<(&Subject, &Fact)> = cited
            .iter()
            .filter_map(|at| Some((known.all.get(*at)?.as_ref()?, self.known.facts().get(*at)?)))
            .filter(|(subject, _)| subject.form == Form::Level)
            .collect();
        if !units::is_distinct(claim.number) {
            return None;
        }
        let range = claim.sentence.segment(claim.at);
        let says = |meaning: Meaning| claim.sentence.has(range.clone(), meaning);
        let (value, shown, fact) = match levels.as_slice() {
            [(first, fact), (second, other)] if first.unit == second.unit => {
                if says(Meaning::Difference) {
                    let (high, low) =
                        if first.value >= second.value { (fact, other) } else { (other, fact) };
                    (
                        (first.value - second.value).abs(),
                        format!("{} − {}", high.text, low.text),
                        fact,
                    )
                } else if says(Meaning::Sum) {
                    (first.value + second.value, format!("{} + {}", fact.text, other.text), fact)
                } else {
                    return None;
                }
            }
            [(total, fact)]
                if !total.is_mean
                    && total.days > 1
                    && claim.sentence.periods_of(claim.at).0.contains(&Period::Every(1)) =>
            {
                let is_named = claim.named().is_none_or(|named| {
                    total.metric.is_some_and(|metric| {
                        named.names.is_some_and(|names| names.names(metric).is_some())
                    })
                });
                if !is_named || claim.sentence.is_doubtful(claim.at) {
                    return None;
                }
                (
                    total.value / f64::from(total.days),
                    format!("{} / {}", fact.text, total.days),
                    fact,
                )
            }
            _ => return None,
        };
        let subject = Subject { value, form: Form::Level, ..levels.first()?.0.clone() };
        let fits = matches!(claim.fit(&subject), Fit::Same | Fit::Unstated);
        fits.then(|| Verdict {
            calculation: Some(shown),
            ..Verdict::of(State::WorkedOut, &fact.id, None)
        })
    }
}

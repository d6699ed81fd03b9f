//! Compares what a sentence states of a number with the facts that it cites.

use time::Date;

use super::lexicon::{Meaning, Metric, Names};
use super::reading::Kind;
use super::scan::{Number, Sign, Unit};
use super::scope::{Compared, Named, Period, Sentence};
use super::subject::{Form, Subject};
use super::units::{self, Relation};
use super::verdict::Reason;

/// How a statement compares with a fact of the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Agrees,
    /// Something could not be read.
    Unread(Reason),
    Clashes(Reason),
}

/// What the passages before say, for a statement that does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    pub names: Option<Names>,
    pub periods: Vec<Period>,
}

/// A number in its sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub sentence: &'a Sentence<'a>,
    /// Its token.
    pub at: usize,
    pub number: &'a Number,
    /// The headers of its table cell, or empty.
    pub heads: &'a str,
    pub context: &'a Context,
}

/// Facts that may show a direction: those cited in the sentence, and all that are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Witnesses<'a> {
    pub cited: &'a [&'a Subject],
    pub known: &'a [Option<Subject>],
}

/// How the value and unit of a number fit a fact's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Same,
    /// The value fits if the unit that is missing is the fact's.
    Unstated,
    /// The same value in another unit.
    OtherUnit,
    /// The same unit with another value.
    OtherValue,
    No,
}

impl Claim<'_> {
    pub fn named(&self) -> Option<Named> {
        self.sentence.name_of(self.at, self.number)
    }

    /// The unit, which a table may give in its headers.
    fn unit(&self) -> Unit {
        match &self.number.unit {
            Unit::None => units::heads_unit(self.heads).unwrap_or(Unit::None),
            unit => unit.clone(),
        }
    }

    pub fn fit(&self, subject: &Subject) -> Fit {
        let unit = self.unit();
        let states =
            |target: f64, factor: f64| units::states(self.number, self.heads, target, factor);
        let finely = self.number.readings.iter().any(|reading| reading.step < 1.0);
        let is_small = self.number.readings.iter().any(|reading| reading.value <= 1.5);
        if self.number.is_verb && !subject.is_change() {
            return Fit::No;
        }
        match units::relate(&unit, &subject.unit) {
            Relation::Same(factor) if states(subject.value, factor) => Fit::Same,
            Relation::Same(_) => Fit::OtherValue,
            Relation::Unstated if subject.unit == Unit::Percent => match states(subject.value, 1.0)
            {
                true if finely || !self.heads.is_empty() => Fit::Unstated,
                // 0.0252 is 2.52 %.
                _ if finely && is_small && states(subject.value, 100.0) => Fit::Unstated,
                _ => Fit::No,
            },
            Relation::Unstated if states(subject.value, 1.0) => Fit::Unstated,
            Relation::Unstated => Fit::OtherValue,
            // A share that is stored as a fraction.
            Relation::Other
                if unit == Unit::Percent
                    && subject.unit == Unit::None
                    && subject.value.abs() <= 1.5
                    && states(subject.value, 0.01) =>
            {
                Fit::Unstated
            }
            Relation::Other if states(subject.value, 1.0) => Fit::OtherUnit,
            Relation::Other => Fit::No,
        }
    }

    /// Compares the words with a fact whose value fits.
    pub fn compare(&self, subject: &Subject, fit: Fit, witnesses: Witnesses<'_>) -> Outcome {
        let named = self.named();
        let parts = [
            self.unit_outcome(subject, fit),
            self.metric_outcome(named, subject),
            self.period_outcome(subject),
            self.comparison_outcome(subject),
            self.direction_outcome(subject, witnesses),
            self.clarity(named, subject),
        ];
        parts.into_iter().max().unwrap_or(Outcome::Agrees)
    }

    fn unit_outcome(&self, subject: &Subject, fit: Fit) -> Outcome {
        let is_bare = self.unit() == Unit::None;
        match fit {
            Fit::OtherUnit => Outcome::Clashes(Reason::Unit),
            // An amount without its currency still names its metric.
            Fit::Unstated
                if is_bare
                    && matches!(
                        subject.unit,
                        Unit::Money(_) | Unit::Time(_) | Unit::Measure(_)
                    ) =>
            {
                Outcome::Agrees
            }
            Fit::Unstated => Outcome::Unread(Reason::Unit),
            _ => Outcome::Agrees,
        }
    }

    fn metric_outcome(&self, named: Option<Named>, subject: &Subject) -> Outcome {
        let Some(metric) = subject.metric else { return Outcome::Unread(Reason::Words) };
        let Some(named) = named else {
            return match self.context.names.map(|names| names.names(metric)) {
                Some(Some(true)) => Outcome::Agrees,
                _ => Outcome::Unread(Reason::Unnamed),
            };
        };
        // Another name in the same part may be the one that is meant.
        let may_clash =
            named.is_own && !named.is_grouped && !self.sentence.mentions(self.at, metric);
        let clash = if may_clash {
            Outcome::Clashes(Reason::Metric)
        } else {
            Outcome::Unread(Reason::Metric)
        };
        match named.names.map(|names| (names.names(metric), names.is_sure())) {
            Some((Some(true), _)) if !named.is_grouped => Outcome::Agrees,
            Some((Some(false), _)) if !named.is_grouped && self.unit_tells(named, subject) => {
                Outcome::Agrees
            }
            Some((Some(_), _)) => Outcome::Unread(Reason::Words),
            Some((None, true)) | None => clash,
            Some((None, false)) => Outcome::Unread(Reason::Metric),
        }
    }

    /// Whether the unit leaves one of several metrics that a name may stand for: `sales` of 12 EUR are revenue.
    fn unit_tells(&self, named: Named, subject: &Subject) -> bool {
        let has = |metric: Metric| named.names.is_some_and(|names| names.names(metric).is_some());
        let is_one_of =
            |one: Metric, other: Metric| subject.metric == Some(one) && has(one) && has(other);
        match self.unit() {
            Unit::Money(_) => is_one_of(Metric::Revenue, Metric::Conversions),
            Unit::Percent if !subject.is_change() => is_one_of(Metric::Rate, Metric::Conversions),
            _ => false,
        }
    }

    fn clarity(&self, named: Option<Named>, subject: &Subject) -> Outcome {
        let is_unclear = match named {
            Some(named) if named.is_own => self.sentence.is_unclear(self.at, named.at),
            _ => self.sentence.is_unclear(self.at, self.at),
        };
        // `average revenue` is not the total.
        let is_of_several = !subject.is_change() && subject.days > 1;
        let says_average = self.sentence.says_nearby(self.at, Meaning::Average);
        if is_of_several && says_average && (subject.is_total || subject.is_end) {
            return Outcome::Unread(Reason::Form);
        }
        // `90 users in 30 days` would be those of all the days.
        let (periods, _) = self.sentence.periods_of(self.at);
        let says_each = says_average || periods.contains(&Period::Every(1));
        if is_of_several && subject.is_each_day && !says_each && self.heads.is_empty() {
            return Outcome::Unread(Reason::Form);
        }
        if is_unclear || !subject.is_plain || self.sentence.is_former(self.at) {
            return Outcome::Unread(Reason::Words);
        }
        Outcome::Agrees
    }

    fn period_outcome(&self, subject: &Subject) -> Outcome {
        let (periods, is_own) = self.sentence.periods_of(self.at);
        let (periods, is_own) = match periods.is_empty() {
            true => (self.context.periods.clone(), false),
            false => (periods, is_own),
        };
        // The newest value of a level is the present one.
        if periods.is_empty() && subject.days == 1 && !subject.is_end {
            return Outcome::Unread(Reason::Window);
        }
        let worst =
            periods.iter().map(|period| fits(*period, subject)).max().unwrap_or(Outcome::Agrees);
        match worst {
            Outcome::Clashes(reason) if !is_own => Outcome::Unread(reason),
            // A window's last day says nothing of its length, unless it stands for the window.
            worst => worst,
        }
    }

    fn comparison_outcome(&self, subject: &Subject) -> Outcome {
        let said = self.sentence.compared_of(self.at);
        let clash = |is_own: bool| {
            if is_own { Outcome::Clashes(Reason::Window) } else { Outcome::Unread(Reason::Window) }
        };
        // `up 8 % over last year`
        let (periods, _) = self.sentence.periods_of(self.at);
        let said_year = periods.contains(&Period::Days(365));
        match (subject.form, said) {
            // `in the previous 30 days` is not the window of a fact.
            (Form::Level, Some(_))
                if periods.is_empty()
                    && self.sentence.direction(self.at, self.number, false).is_none() =>
            {
                Outcome::Unread(Reason::Window)
            }
            (Form::Level, _) => Outcome::Agrees,
            (Form::Change | Form::YearChange, Some((Compared::Month(month), is_own))) => {
                let is_it = subject.before.is_some_and(|(from, to)| month.is(from, to));
                if is_it { Outcome::Agrees } else { clash(is_own) }
            }
            (Form::Change, None | Some((Compared::Before(0), _))) => Outcome::Agrees,
            (Form::Change, Some((Compared::Before(days), _))) if is_window(days, subject.days) => {
                Outcome::Agrees
            }
            (Form::Change, Some((_, is_own))) => clash(is_own),
            (Form::YearChange, Some((Compared::Year, _))) => Outcome::Agrees,
            (Form::YearChange, None) if said_year => Outcome::Unread(Reason::Window),
            (Form::YearChange, None) => Outcome::Unread(Reason::Window),
            (Form::YearChange, Some((Compared::Before(_), is_own))) => clash(is_own),
        }
    }

    fn direction_outcome(&self, subject: &Subject, witnesses: Witnesses<'_>) -> Outcome {
        let said = self.sentence.direction(self.at, self.number, subject.less_is_better);
        if subject.is_change() {
            return self.change_outcome(subject, said);
        }
        let Some((sign, is_near)) = said else {
            return match self.sentence.is_followed_by_direction(self.at, subject.less_is_better) {
                true => Outcome::Unread(Reason::Direction),
                false => Outcome::Agrees,
            };
        };
        if self.number.sign == Some(Sign::Minus) && subject.value > 0.0 {
            return Outcome::Clashes(Reason::Direction);
        }
        if self.number.sign.is_some() {
            return Outcome::Agrees;
        }
        let is_reached = self.sentence.is_reached(self.at);
        let is_by = self.at > 0
            && self.sentence.range.contains(&(self.at - 1))
            && self.sentence.token(self.at - 1).is(Meaning::By);
        if is_near
            && !is_reached
            && (is_by || matches!(self.number.unit, Unit::Percent | Unit::Points))
        {
            return Outcome::Clashes(Reason::Form);
        }
        // The level alone shows no direction.
        let is_year = matches!(self.sentence.compared_of(self.at), Some((Compared::Year, _)));
        let form = if is_year { Form::YearChange } else { Form::Change };
        let is_witness = |it: &&Subject| {
            it.metric == subject.metric && it.form == form && it.span == subject.span
        };
        let agrees = |it: &Subject| (it.value < 0.0) == (sign == Sign::Minus);
        if let Some(witness) = witnesses.cited.iter().copied().find(is_witness) {
            return if agrees(witness) {
                Outcome::Agrees
            } else {
                Outcome::Clashes(Reason::Direction)
            };
        }
        match witnesses.known.iter().flatten().find(is_witness) {
            // `lost 12 EUR` may state the change.
            Some(witness) if agrees(witness) && is_near && !is_reached => {
                Outcome::Unread(Reason::Direction)
            }
            Some(witness) if agrees(witness) => Outcome::Agrees,
            Some(_) => Outcome::Clashes(Reason::Direction),
            None => Outcome::Unread(Reason::Direction),
        }
    }

    fn change_outcome(&self, subject: &Subject, said: Option<(Sign, bool)>) -> Outcome {
        let Some((sign, is_near)) = said else {
            let carried = self.sentence.direction_carried(self.at, subject.less_is_better);
            let agrees = carried.is_some_and(|sign| (subject.value < 0.0) == (sign == Sign::Minus));
            return if agrees { Outcome::Agrees } else { Outcome::Unread(Reason::Direction) };
        };
        if subject.value == 0.0 {
            return Outcome::Agrees;
        }
        if (subject.value < 0.0) != (sign == Sign::Minus) {
            return Outcome::Clashes(Reason::Direction);
        }
        // `fell to 11.6 %` states a level.
        let is_level = is_near
            && self.number.sign.is_none()
            && self.sentence.is_reached(self.at)
            && !matches!(self.sentence.token(self.at).kind, Kind::Mark(_));
        let by_words = self.sentence.direction_is_verb_to(self.at);
        if is_level && by_words { Outcome::Unread(Reason::Form) } else { Outcome::Agrees }
    }
}

/// Whether a span of so many days means a fact's window. A month is about 30 days, a quarter about 90.
fn is_window(said: u16, days: u16) -> bool {
    const PERIODS: [std::ops::RangeInclusive<u16>; 3] = [28..=31, 90..=92, 365..=366];
    said == days || PERIODS.iter().any(|it| it.contains(&said) && it.contains(&days))
}

/// Whether the days from `from` to `to` are exactly a calendar year.
fn is_year(from: Date, to: Date, year: i32) -> bool {
    from.year() == year && to.year() == year && (to - from).whole_days() >= 364
}

/// Compares a period with the days of a fact.
fn fits(period: Period, subject: &Subject) -> Outcome {
    let clash = Outcome::Clashes(Reason::Window);
    let unread = Outcome::Unread(Reason::Window);
    let Some((from, to)) = subject.span else { return unread };
    let is_day = subject.days == 1;
    let check = |fits: bool, otherwise: Outcome| if fits { Outcome::Agrees } else { otherwise };
    match period {
        Period::Days(1) => check(is_day, clash),
        Period::Days(days) => match subject.form {
            // `up 8 % over the last year`
            Form::YearChange if days == 365 => unread,
            _ => check(is_window(days, subject.days), clash),
        },
        Period::Every(1) if subject.is_mean => Outcome::Agrees,
        Period::Every(1) => check(is_day, clash),
        Period::Every(days) => check(is_window(days, subject.days) && !subject.is_mean, clash),
        Period::On(date) => {
            check((is_day || subject.is_end) && date.is(to), Outcome::Clashes(Reason::Date))
        }
        Period::Until(date) => check(date.is(to), Outcome::Clashes(Reason::Date)),
        Period::Since(date) => check(date.is(from), Outcome::Clashes(Reason::Date)),
        Period::Month(month) if month.is(from, to) => Outcome::Agrees,
        Period::Month(month) => {
            // The month that a change is compared with says nothing of the change's own.
            let is_compared = subject.before.is_some_and(|(from, to)| month.is(from, to));
            let overlaps = month.has(from) || month.has(to) || is_compared;
            check(false, if overlaps { unread } else { Outcome::Clashes(Reason::Date) })
        }
        Period::Year(year) if is_year(from, to, year) => Outcome::Agrees,
        // A year to come is a deadline or a plan: `7 % more by 2028`.
        Period::Year(year) if year >= to.year() => unread,
        Period::Year(_) => Outcome::Clashes(Reason::Date),
        Period::Weekday(day) if is_day => {
            check(to.weekday().number_from_monday() == day, Outcome::Clashes(Reason::Date))
        }
        Period::Today => check(is_day && subject.is_so_far, if is_day { unread } else { clash }),
        Period::Yesterday => {
            check(false, if is_day && !subject.is_so_far { unread } else { clash })
        }
        Period::Weekday(_) | Period::Odd => unread,
    }
}

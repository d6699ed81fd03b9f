//! Weeks, months, quarters and years: read by the calendar of the business, or asked about.

use super::*;
use crate::analytics::model::WeekStart;

const MONDAYS: &str = "date,revenue\n2026-10-05,10.5\n2026-10-12,11.5\n2026-10-19,12.5\n";
const SUNDAYS: &str = "date,revenue\n2026-10-04,10.5\n2026-10-11,11.5\n2026-10-18,12.5\n";

fn calendar(week_start: WeekStart, fiscal_year_start: u8) -> Calendar {
    Calendar { week_start, fiscal_year_start }
}

fn of(file: &str, answers: &[(&str, &str)], calendar: Calendar) -> Outcome {
    outcome_with(file.as_bytes(), answers, ("UTC", "", calendar))
}

/// Returns the first days of the periods that a file has.
fn firsts(file: &str, answers: &[(&str, &str)], calendar: Calendar) -> Vec<String> {
    match of(file, answers, calendar) {
        Outcome::Read(days, _) => days.into_keys().collect(),
        other => panic!("{other:?}"),
    }
}

fn open(file: &str, answers: &[(&str, &str)], calendar: Calendar) -> Question {
    match of(file, answers, calendar) {
        Outcome::Asked(mut open) => open.remove(0),
        other => panic!("{other:?}"),
    }
}

fn reason(file: &str, answers: &[(&str, &str)], calendar: Calendar) -> String {
    match of(file, answers, calendar) {
        Outcome::Refused(refusal) => message(&refusal),
        other => panic!("{other:?}"),
    }
}

fn meanings(question: &Question) -> Vec<&str> {
    let samples = question.choices.iter().map(|choice| choice.samples.first());
    samples.map(|sample| sample.map_or("", |sample| sample.meaning.as_str())).collect()
}

#[test]
fn weeks_that_begin_as_the_businesss_are_stored_without_a_question() {
    let week = [("grain", "week")];
    let monday = calendar(WeekStart::Monday, 1);
    assert_eq!(firsts(MONDAYS, &week, monday), ["2026-10-05", "2026-10-12", "2026-10-19"]);
    let headed = MONDAYS.replace("date", "Week");
    assert_eq!(firsts(&headed, &[], monday).len(), 3);
    let starting = SUNDAYS.replace("date", "Week starting");
    assert_eq!(firsts(&starting, &[], calendar(WeekStart::Sunday, 1))[0], "2026-10-04");
    let ending = SUNDAYS.replace("date", "Week ending");
    assert_eq!(firsts(&ending, &[], monday)[0], "2026-09-28");
}

#[test]
fn weeks_of_another_calendar_are_asked_about() {
    let (monday, sunday) = (calendar(WeekStart::Monday, 1), calendar(WeekStart::Sunday, 1));
    let week = ("grain", "week");
    let question = open(SUNDAYS, &[week], monday);
    assert_eq!(question.key, "periods");
    assert!(question.text.contains("dated by a Sunday; yours begin on Monday"), "{question:?}");
    assert_eq!(meanings(&question), ["week of 28 Sep 2026", ""]);
    let within = [week, ("periods", "within")];
    assert_eq!(firsts(SUNDAYS, &within, monday), ["2026-09-28", "2026-10-05", "2026-10-12"]);
    let other = reason(SUNDAYS, &[week, ("periods", "other")], monday);
    assert!(other.contains("begin on Sunday; yours begin on Monday"), "{other}");
    // With weeks from Sunday these dates can only be the first days.
    assert_eq!(firsts(SUNDAYS, &[week], sunday)[0], "2026-10-04");
    assert_eq!(open(MONDAYS, &[week], sunday).key, "periods");
    for file in [
        "Week,Revenue\n2026-W41,10.5\n2026-W42,11.5\n",
        "Week,Revenue\n2026-10-05 - 2026-10-11,10.5\n2026-10-12 - 2026-10-18,11.5\n",
    ] {
        assert!(reason(file, &[], sunday).contains("begin on Monday; yours begin on Sunday"));
        assert_eq!(firsts(file, &[], monday)[0], "2026-10-05");
    }
    let ending = SUNDAYS.replace("date", "Week ending");
    assert!(reason(&ending, &[], sunday).contains("begin on Monday; yours begin on Sunday"));
}

#[test]
fn a_month_is_named_by_any_of_its_days_and_once() {
    let january = Calendar::default();
    let ends = "date,revenue\n2026-08-31,10.5\n2026-09-30,11.5\n2026-10-30,12.5\n";
    let months = firsts(ends, &[("grain", "month")], january);
    assert_eq!(months, ["2026-08-01", "2026-09-01", "2026-10-01"]);
    let twice = "Month,revenue\n2026-09-01,10.5\n2026-10-01,11.5\n2026-10-31,12.5\n";
    assert!(reason(twice, &[], january).contains("Two dates of this file are of one month"));
    let again = "Month,revenue\n2026-09,10.5\n2026-10,11.5\n2026-10,12.5\n";
    assert_eq!(open(again, &[], january).key, "repeats");
    let daily = "Month,revenue\n2026-10-01,10.5\n2026-10-02,11.5\n2026-10-03,12.5\n";
    assert!(reason(daily, &[], january).contains("Two dates"));
}

#[test]
fn the_running_period_is_read_and_later_ones_are_refused() {
    let months = |month: &str| format!("Month,revenue\n2026-10,10.5\n{month},11.5\n");
    let january = Calendar::default();
    assert_eq!(firsts(&months("2026-11"), &[], january).len(), 2, "today is 23 Nov 2026");
    assert!(reason(&months("2026-12"), &[], january).contains("This month is in the future"));
    let ending = "Month ending,revenue\n2026-10-31,10.5\n2026-11-30,11.5\n";
    assert_eq!(firsts(ending, &[], january)[1], "2026-11-01");
}

#[test]
fn fiscal_quarters_and_years_are_asked_about() {
    let (january, april) = (calendar(WeekStart::Monday, 1), calendar(WeekStart::Monday, 4));
    let quarters = "Quarter,Revenue\nQ1 2026,10.5\nQ2 2026,11.5\n";
    assert_eq!(firsts(quarters, &[], january), ["2026-01-01", "2026-04-01"]);
    let question = open(quarters, &[], april);
    assert_eq!(question.key, "fiscal");
    assert_eq!(
        meanings(&question),
        ["January to March 2026", "April to June 2025", "April to June 2026"]
    );
    for (answer, first) in
        [("calendar", "2026-01-01"), ("endsIn", "2025-04-01"), ("beginsIn", "2026-04-01")]
    {
        assert_eq!(firsts(quarters, &[("fiscal", answer)], april)[0], first, "{answer}");
    }
    let fiscal = quarters.replace(" 2026", " FY26");
    assert_eq!(open(&fiscal, &[], january).key, "fiscal");
    assert_eq!(firsts(&fiscal, &[("fiscal", "calendar")], january)[0], "2026-01-01");
    assert!(reason(&fiscal, &[("fiscal", "other")], january).contains("Set the month"));
    assert_eq!(meanings(&open(&fiscal, &[], april)), ["April to June 2025", "April to June 2026"]);
    let years = "Fiscal year,Revenue\n2024,10.5\n2025,11.5\n";
    assert_eq!(open(years, &[], january).key, "fiscal");
    assert_eq!(firsts(years, &[("fiscal", "endsIn")], april), ["2023-04-01", "2024-04-01"]);
}

#[test]
fn full_dates_of_other_quarters_than_the_businesss_are_asked_about() {
    let (january, april) = (calendar(WeekStart::Monday, 1), calendar(WeekStart::Monday, 4));
    let ends = "Quarter,Revenue\n2026-03-31,10.5\n2026-06-30,11.5\n2026-09-30,12.5\n";
    let quarters = ["2026-01-01", "2026-04-01", "2026-07-01"];
    assert_eq!(firsts(ends, &[], january), quarters);
    assert_eq!(firsts(ends, &[], april), quarters);
    let years = "Year,Revenue\n2024-12-31,10.5\n2025-12-31,11.5\n";
    assert_eq!(firsts(years, &[], january), ["2024-01-01", "2025-01-01"]);
    let question = open(years, &[], april);
    assert_eq!(question.key, "periods");
    assert_eq!(meanings(&question), ["2024", "April 2024 to March 2025"]);
    assert_eq!(firsts(years, &[("periods", "last")], april), ["2024-01-01", "2025-01-01"]);
    assert_eq!(firsts(years, &[("periods", "within")], april), ["2024-04-01", "2025-04-01"]);
}

#[test]
fn a_reading_holds_for_the_calendar_that_it_was_proposed_for() {
    let (measures, zone) = (known(""), Zone::utc());
    let (monday, sunday) = (calendar(WeekStart::Monday, 1), calendar(WeekStart::Sunday, 1));
    let terms = |calendar| Terms { measures: &measures, today: TODAY, zone: &zone, calendar };
    let file = MONDAYS.replace("date", "Week");
    let (proposal, _) = propose(file.as_bytes(), &terms(monday), &Decision::default()).unwrap();
    let applied = |calendar| apply(file.as_bytes(), &proposal.reading, &terms(calendar), |_| ());
    assert!(applied(monday).is_ok());
    assert!(message(&applied(sunday).unwrap_err()).contains("was changed"));
    let again = propose_as(file.as_bytes(), &terms(sunday), &proposal.reading).unwrap();
    assert!(again.1.is_none(), "what the dates are is a question now");
}

#[test]
fn a_reading_of_periods_that_is_sent_back_must_answer_their_questions() {
    let april = calendar(WeekStart::Monday, 4);
    let (measures, zone) = (known(""), Zone::utc());
    let terms = Terms { measures: &measures, today: TODAY, zone: &zone, calendar: april };
    let file = b"Quarter,Revenue\nQ1 2026,10.5\nQ2 2026,11.5\n";
    let answers = [("fiscal".to_owned(), "endsIn".to_owned())].into();
    let decision = Decision { answers, ..Decision::default() };
    let (proposal, sheet) = propose(file, &terms, &decision).unwrap();
    let (_, again) = propose_as(file, &terms, &proposal.reading).unwrap();
    assert!(sheet.is_some() && again == sheet);
    let silent = Reading { fiscal_names: None, ..proposal.reading };
    let (proposal, sheet) = propose_as(file, &terms, &silent).unwrap();
    assert!(sheet.is_none() && proposal.reading.open.contains("fiscal"));
}

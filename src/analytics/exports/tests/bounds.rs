//! No file takes more memory or time than a large honest one.

use super::super::{asking, faults, grid, text};
use super::*;

/// Seconds of computation that each of these files takes at most, even unoptimised. Without its bound it takes several
/// times as long.
const SOON: u64 = 15;

/// Measures what this thread computes, so that a busy machine does not matter.
struct Work(u64);

impl Work {
    fn begin() -> Self {
        Self(Self::nanos())
    }

    fn nanos() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
    }

    fn seconds(&self) -> u64 {
        (Self::nanos() - self.0) / 1_000_000_000
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let seconds = self.seconds();
        assert!(std::thread::panicking() || seconds < SOON, "{seconds} s");
    }
}

#[test]
fn cells_rows_and_texts_are_bounded() {
    let file = "date,sessions\n2026-10-20,5\n";
    assert!(text::split_within(file, 4).is_ok());
    assert!(text::split_within(file, 3).unwrap_err().contains("too many cells"));
    let mut rows = grid::Grid::of_text(',');
    let refused = (1..2_000_000).find_map(|line| rows.begin_row(line, false).err());
    assert!(refused.unwrap().contains("1,500,000 rows"));
    let mut texts = grid::Grid::of_text(',');
    texts.begin_row(1, false).unwrap();
    let long = "x".repeat(1024 * 1024 + 1);
    assert!(texts.push(&long, grid::Kind::Text).unwrap_err().contains("too large"));
    let fits = (0..400).take_while(|_| texts.push(&long[1..], grid::Kind::Text).is_ok()).count();
    assert_eq!(fits, 200);
}

#[test]
fn short_rows_under_a_wide_header_are_bounded_by_its_width() {
    let names: Vec<String> = (0..399).map(|n| format!("c{n}")).collect();
    let rows = "2026-10-20,5\n".repeat(30_000);
    let file = format!("date,{}\n{rows}", names.join(","));
    assert!(refused(file.as_bytes(), &[]).contains("too many cells"));
}

#[test]
fn one_line_of_many_cells_is_refused_soon() {
    let _work = Work::begin();
    let file = format!("date,sessions\n2026-10-20,5\n{}", "1,".repeat(500_000));
    assert!(refused(file.as_bytes(), &[]).contains("400 columns"));
}

#[test]
fn a_wide_sum_below_many_rows_is_compared_once() {
    let _work = Work::begin();
    let rows = "2026-10-20,5\n".repeat(20_000);
    let file = format!("date,sessions\n{rows},{}\n", "1,".repeat(350));
    let _ = outcome(file.as_bytes(), &[]);
    let called = format!("{rows}Total of it,{}\n", "1,".repeat(350));
    let file = format!("date,sessions\n{}", called.repeat(4));
    assert!(!asked(file.as_bytes(), &[]).is_empty());
}

#[test]
fn rows_of_dates_are_tried_as_headers_a_few_times_only() {
    let _work = Work::begin();
    let row = format!("x{}\n", ",2026-10-20".repeat(399));
    let part = format!("Note {{}},x\n{}\n", row.repeat(150));
    let file: String = (0..2).map(|n| part.replace("{}", &"y".repeat(n + 1))).collect();
    let _ = outcome(file.as_bytes(), &[]);
}

#[test]
fn amounts_without_a_currency_are_counted_once_for_each_row() {
    let _work = Work::begin();
    let names = vec!["Total"; 390].join(",");
    let rows: String = (0..10_000).map(|n| format!("{n},2026-10-20,\n")).collect();
    let file =
        format!("Order ID,Date,Currency,{names}\n{rows}x,2026-10-20,EUR,5\ny,2026-10-20,USD,6\n");
    let _ = outcome(file.as_bytes(), &[]);
}

#[test]
fn texts_of_known_words_cost_little_and_raise_few_questions() {
    let _work = Work::begin();
    let words = ["is", "was", "by", "the", "of", "web", "wc", "card"];
    let text = |n: usize| -> String {
        (0..12).map(|at| format!("{} ", words[(n >> (at * 3 / 2)) % 8])).collect()
    };
    let rows: String =
        (0..10_000).map(|n| format!("{n},2026-10-20,fee {}{n},5\n", text(n))).collect();
    let file = format!("Order ID,Date,Status,Total\nx,2026-10-20,paid,5\n{rows}");
    let _ = outcome(file.as_bytes(), &[]);
    let rows: String =
        (0..2_000).map(|n| format!("{n},2026-10-20,fee {},5\n", text(n * 17))).collect();
    let file = format!("Order ID,Date,Status,Total\nx,2026-10-20,paid,5\n{rows}");
    assert!(!refused(file.as_bytes(), &[]).is_empty());
}

#[test]
fn no_more_questions_are_kept_than_are_shown() {
    let decision = Decision::default();
    let mut asking = asking::Asking::new(&decision);
    for n in 0..200 {
        let choices = (0..200).map(|n| asking::choice(n.to_string(), "x".repeat(1_000))).collect();
        asking.ask(&n.to_string(), "y".repeat(5_000), choices);
        assert_eq!(asking.check_number().is_err(), asking.questions.len() > 80);
    }
    assert_eq!(asking.questions.len(), 81);
    let question = &asking.questions[0];
    assert_eq!((question.text.chars().count(), question.choices.len()), (501, 80));
    assert_eq!(question.choices[0].label.chars().count(), 201);
}

#[test]
fn faults_are_kept_by_kind_and_their_texts_are_cut() {
    let mut found = faults::Faults::default();
    let long = "z".repeat(80);
    for line in 1..=100 {
        found.add(line, &long, &"c".repeat(1_000), "This is not a number.");
        found.add(line, &format!("Column {line}"), "", "This is not a number.");
    }
    let refusal = found.refusal().unwrap();
    assert_eq!((refusal.count, refusal.faults.len()), (200, 50));
    let first = &refusal.faults[0];
    assert!(first.reason.contains("99 more cells"), "names are compared whole: {first:?}");
    assert_eq!((first.column.chars().count(), first.reason.len() < 200), (61, true));
}

#[test]
fn columns_of_the_same_name_are_told_apart() {
    let file = "date,Sales,Sales (EUR),Sales,Sales,Sales (2)\n2026-10-20,1.5,2.5,3.5,4.5,5.5\n";
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let (proposal, _) = propose(file.as_bytes(), &terms, &Decision::default()).unwrap();
    let names: Vec<&str> = proposal.reading.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["date", "Sales", "Sales (EUR)", "Sales (2)", "Sales (3)", "Sales (2) (2)"]);
}

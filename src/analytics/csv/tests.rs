#![allow(clippy::unwrap_used, clippy::panic)]

use time::macros::date;

use super::*;
use crate::analytics::model::{Metric, Settings, measures};

const TODAY: Date = date!(2026 - 11 - 23);
const HEAD: &str = "date,sessions,users,conversions,revenue";

fn own() -> Vec<Measure> {
    let churn = Metric { slug: "churn".into(), name: "Churn rate".into(), ..Metric::default() };
    measures(&[churn], &Settings::default())
}

fn sheet(text: &str) -> Sheet {
    read(text.as_bytes(), &own(), TODAY, |_| ()).unwrap()
}

/// Returns line, column and reason of each fault.
fn faults(text: &str) -> Vec<(u32, String, String)> {
    let refusal = read(text.as_bytes(), &own(), TODAY, |_| ()).unwrap_err();
    assert_eq!(refusal.count as usize, refusal.faults.len());
    refusal.faults.into_iter().map(|it| (it.line, it.column, it.reason)).collect()
}

/// Returns the only fault of a line below the header.
fn fault(row: &str) -> (String, String) {
    let found = faults(&format!("{HEAD}\n2026-11-01,1,1,1,1\n{row}\n"));
    assert_eq!(found.len(), 1, "{row}: {found:?}");
    assert_eq!(found[0].0, 3, "{row}");
    (found[0].1.clone(), found[0].2.clone())
}

fn revenue(text: &str) -> f64 {
    sheet(text).days[0].revenue.unwrap()
}

#[test]
fn a_plain_file_is_parsed() {
    let text = format!("{HEAD},churn\r\n2026-11-02,120,85,6,940.50,0.5\r\n2026-11-01,,80,,-3,\r\n");
    let sheet = sheet(&text);
    let [second, first] = &sheet.days[..] else { panic!("{sheet:?}") };
    assert_eq!((second.date.as_str(), second.sessions), ("2026-11-02", Some(120)));
    assert_eq!((second.revenue, second.metrics["churn"]), (Some(940.5), 0.5));
    assert_eq!((first.sessions, first.users, first.revenue), (None, Some(80), Some(-3.0)));
    assert!(first.metrics.is_empty());
    assert_eq!(sheet.columns, ["sessions", "users", "conversions", "revenue", "churn"]);
}

#[test]
fn the_template_can_be_imported_unchanged() {
    let measures = own();
    let template = template(&measures, "2026-11-23");
    assert!(template.starts_with("date,sessions,users,conversions,revenue,churn\r\n"));
    assert_eq!(read(template.as_bytes(), &measures, TODAY, |_| ()).unwrap().days.len(), 1);
}

#[test]
fn semicolons_and_tabs_separate_as_well_and_columns_may_stand_in_any_order() {
    for separator in [",", ";", "\t"] {
        let text = "Churn Rate|DATE| Revenue |users|sessions|conversions\n3|2026-11-01|7|1|2|4\n"
            .replace('|', separator);
        let day = &sheet(&text).days[0];
        assert_eq!((day.sessions, day.users, day.revenue), (Some(2), Some(1), Some(7.0)));
        assert_eq!(day.metrics["churn"], 3.0, "by its name");
    }
}

#[test]
fn separators_are_inferred_from_the_whole_file() {
    let with = |cells: &str| {
        let head = HEAD.replace(',', ";");
        revenue(&format!("{head}\n2026-11-01;1;1;1;{cells}\n2026-11-02;1;1;1;0,5\n"))
    };
    assert_eq!(with("1234,5"), 1_234.5);
    assert_eq!(with("1.234,56"), 1_234.56);
    assert_eq!(with("1.234"), 1_234.0);
    assert_eq!(with("1,234"), 1.234);
    assert_eq!(revenue(&format!("{HEAD}\n2026-11-01,1,1,1,\"1,234\"\n")), 1_234.0);
    assert_eq!(revenue(&format!("{HEAD}\n2026-11-01,1,1,1,1.234\n")), 1.234);
    assert_eq!(revenue(&format!("{HEAD}\n2026-11-01,1,1,1,\"1.234,56\"\n")), 1_234.56);
    assert_eq!(revenue(&format!("{HEAD}\n2026-11-01,1,1,1,12\u{a0}345.6\n")), 12_345.6);
    // A count has no decimals, so its point separates thousands, and the comma in `revenue` is a decimal
    // mark.
    let counted = "date;sessions;users;conversions;revenue\n2026-11-01;1.234;1;1;5,125\n";
    assert_eq!(sheet(counted).days[0].sessions, Some(1_234));
    assert_eq!(revenue(counted), 5.125);
}

#[test]
fn an_ambiguous_number_is_refused_if_the_file_does_not_decide() {
    let head = HEAD.replace(',', ";");
    let found = faults(&format!("{head}\n2026-11-01;1;1;1;1.234\n"));
    assert_eq!((found[0].0, found[0].1.as_str()), (2, "revenue"));
    assert!(found[0].2.contains("1234 or 1.234"), "{found:?}");
    let mixed = format!("{head}\n2026-11-01;1;1;1;0,5\n2026-11-02;1;1;1;0.5\n");
    let found = faults(&mixed);
    assert_eq!((found.len(), found[0].0), (1, 3));
    assert!(found[0].2.contains("“,”"), "{found:?}");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let text = format!(
        "\n{HEAD}\n\n\n2026-11-01,1,1,1,\"\n2\n\"\r\n\r\n,,,,\n2026-11-02,1,1,1,x\n2026-11-03,1\n"
    );
    let found: Vec<u32> = faults(&text).into_iter().map(|fault| fault.0).collect();
    assert_eq!(found, [10, 11]);
    let quoted = format!("{HEAD}\n2026-11-01,1,1,1,\"\n2\n\"\n");
    assert_eq!(revenue(&quoted), 2.0, "a quoted line break around a number does no harm");
}

#[test]
fn each_bad_cell_is_named_by_its_column() {
    for (row, column, word) in [
        ("2026-11-24,1,1,1,1", "date", "in the future"),
        ("02.11.2026,1,1,1,1", "date", "2026-11-23"),
        ("2026-11-01,1,1,1,1", "date", "Line 2"),
        (",1,1,1,1", "date", "missing"),
        ("2026-11-02,-1,1,1,1", "sessions", "negative"),
        ("2026-11-02,1,1.5,1,1", "users", "whole"),
        ("2026-11-02,1,1,NaN,1", "conversions", "not a number"),
        ("2026-11-02,1,1,1,inf", "revenue", "not a number"),
        ("2026-11-02,1,1,1,1e308", "revenue", "too large"),
        ("2026-11-02,1,1,1,1e999", "revenue", "not a number"),
        ("2026-11-02,1,1,1,=cmd()", "revenue", "formula"),
        ("2026-11-02,1,1,1,\"=HYPERLINK(\"\"x\"\",\"\"y\"\")\"", "revenue", "formula"),
        ("2026-11-02,1,1,1,12 apples", "revenue", "“12 apples”"),
        ("2026-11-02,1,1,1", "", "4 cells"),
        ("2026-11-02,1,1,1,1,1", "", "6 cells"),
        ("2026-11-02,,,,", "", "no values"),
    ] {
        let (found, reason) = fault(row);
        assert_eq!(found, column, "{row}: {reason}");
        assert!(reason.contains(word), "{row}: {reason}");
    }
}

#[test]
fn the_header_errors_name_unknown_missing_and_duplicate_columns() {
    let found = faults("date,sessions,users,users,mood,,revenue\n2026-11-01,1,1,1,1,1,1\n");
    let columns: Vec<&str> = found.iter().map(|fault| fault.1.as_str()).collect();
    assert_eq!(columns, ["users", "mood", "", "conversions"]);
    assert!(found[1].2.contains("churn"), "{found:?}");
    let found = faults("2026-11-01,1,1,1,1\n2026-11-02,1,1,1,1\n");
    assert!(found.iter().any(|fault| fault.1 == "date" && fault.2.contains("missing")));
    assert!(faults(&format!("{HEAD}\n"))[0].2.contains("no day"));
    assert_eq!(faults("date\n")[0].1, "sessions");
}

#[test]
fn all_errors_are_counted_and_the_first_are_listed() {
    let rows: String = (0..500).map(|_| "x,1,1,1,1\n".to_owned()).collect();
    let refusal = read(format!("{HEAD}\n{rows}").as_bytes(), &own(), TODAY, |_| ()).unwrap_err();
    assert_eq!((refusal.count, refusal.faults.len()), (500, 50));
}

#[test]
fn an_unclosed_quotation_mark_is_reported() {
    let text = format!("{HEAD}\n2026-11-01,1,1,1,\"1\n2026-11-02,1,1,1,1\n");
    assert_eq!(faults(&text)[0].0, 2);
}

//! What cannot be read is refused with a reason that quotes the cell and its line.

use super::*;

fn first_fault(text: &str) -> (u32, String, String) {
    match outcome(text.as_bytes(), &[]) {
        Outcome::Refused(refusal) => {
            let fault = refusal.faults[0].clone();
            (fault.line, fault.column, fault.reason)
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn faults_are_grouped_and_quote_a_cell() {
    let rows: String = (1..=20).map(|day| format!("2026-10-{day:02},5\n")).collect();
    let bad: String = (10..=21).map(|day| format!("10/{day}/2026,5\n")).collect();
    let Outcome::Refused(refusal) = outcome(format!("date,sessions\n{rows}{bad}").as_bytes(), &[])
    else {
        panic!()
    };
    assert_eq!((refusal.count, refusal.faults.len()), (12, 1));
    let fault = &refusal.faults[0];
    assert_eq!((fault.line, fault.column.as_str()), (22, "date"));
    assert!(
        fault.reason.contains("“10/10/2026”") && fault.reason.contains("11 more cells"),
        "{fault:?}"
    );
}

#[test]
fn each_bad_cell_is_named_by_its_line_and_column() {
    for (rows, line, column, word) in [
        ("2026-11-02,1,1\n2026-11-24,1,1", 4, "date", "in the future"),
        ("2999-01-01,1,1", 3, "date", "in the future"),
        ("2026-11-02,1,1\n1699-01-02,1,1", 4, "date", "too long ago"),
        ("nonsense,1,1", 3, "date", "not a date"),
        ("2026-11-02,-1,1", 3, "sessions", "negative"),
        ("2026-11-02,1.5,1", 3, "sessions", "whole"),
        ("2026-11-02,1,=cmd()", 3, "revenue", "formula"),
        ("2026-11-02,1,12 apples", 3, "revenue", "“12 apples”"),
        ("2026-11-02,1,1e30", 3, "revenue", "too large"),
        ("2026-11-02,1", 3, "", "2 cells"),
        ("2026-11-02,1,1,1", 3, "", "4 cells"),
        ("2026-11-02,1,$5\n2026-11-03,1,€5", 4, "revenue", "several currencies"),
        ("\n\n2026-11-02,1,x", 5, "revenue", "not a number"),
        ("2026-11-02,1,\"1\n\n\"\n2026-11-03,1,x", 6, "revenue", "not a number"),
    ] {
        let text = format!("date,sessions,revenue\n2026-11-01,1,1.5\n{rows}\n");
        let (found, name, reason) = first_fault(&text);
        assert_eq!((found, name.as_str()), (line, column), "{rows}: {reason}");
        assert!(reason.contains(word), "{rows}: {reason}");
    }
}

#[test]
fn a_row_without_a_date_is_no_total_unless_it_is_the_sum() {
    let (line, _, reason) = first_fault("date,sessions\n2026-11-01,1\n,5\n2026-11-02,1\n");
    assert!(line == 3 && reason.contains("date is missing"), "{reason}");
    let (line, _, _) = first_fault("date,sessions\n2026-11-01,1\n2026-11-02,1\n,5\n");
    assert_eq!(line, 4);
}

#[test]
fn files_without_a_table_of_days_are_refused_with_what_is_needed() {
    for (text, word) in [
        ("", "empty"),
        ("\n\n", "empty"),
        ("date,sessions\n", "No table with dates"),
        ("name,amount\nA,5\nB,6\n", "No table with dates"),
        ("date,note\n2026-11-01,x\n2026-11-02,y\n", "no column of numbers"),
        ("Nth day,Active users\n0000,5\n0001,6\n", "No table with dates"),
        ("date,metric,value\n2026-11-01,Sessions,5\n2026-11-01,Users,4\n", "names its metric"),
        ("<html><table><tr><td>2026</td></tr></table>", "web page"),
        ("date,sessions\n2026-11-01,\"5\n2026-11-02,6\n", "never closed"),
    ] {
        assert!(
            refused(text.as_bytes(), &[]).contains(word),
            "{text:?}: {}",
            refused(text.as_bytes(), &[])
        );
    }
}

#[test]
fn amounts_in_another_currency_than_the_businesss_are_asked_about() {
    let file = b"date,sessions,revenue\n2026-11-01,1,$5.50\n";
    let ask = |currency: &str, answers: &[(&str, &str)]| outcome_in(file, answers, "UTC", currency);
    assert!(
        matches!(ask("USD", &[]), Outcome::Read(..))
            && matches!(ask("CAD", &[]), Outcome::Read(..))
    );
    let Outcome::Asked(questions) = ask("EUR", &[]) else { panic!() };
    assert_eq!(questions[0].key, "money:revenue");
    let Outcome::Read(days, _) = ask("EUR", &[("money:revenue", "leaveOut")]) else { panic!() };
    assert_eq!(days["2026-11-01"].len(), 1);
}

#[test]
fn fractions_of_one_are_asked_about_where_percentages_are_meant() {
    let file = b"date,Bounce rate\n2026-11-01,0.45\n2026-11-02,0.5\n";
    assert_eq!(asked(file, &[]), ["fraction:bounce-rate"]);
    assert_eq!(
        answered(file, &[("fraction:bounce-rate", "fraction")]).0["2026-11-01"]["bounce-rate"],
        45.0
    );
}

#[test]
fn a_reading_is_applied_only_to_the_table_that_it_describes() {
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let reading =
        propose(b"date,sessions\n2026-11-01,5\n", &terms, &Decision::default()).unwrap().0.reading;
    assert!(
        apply(b"date,sessions\n2026-11-01,5\n2026-11-02,6\n", &reading, &terms, |_| ()).is_ok()
    );
    for other in [
        "date,users\n2026-11-01,5\n",
        "date;sessions\n2026-11-01;5\n",
        "title\n\ndate,sessions\n2026-11-01,5\n",
    ] {
        assert!(apply(other.as_bytes(), &reading, &terms, |_| ()).is_err(), "{other}");
    }
    let edited = Reading { date_column: 7, ..reading.clone() };
    assert!(apply(b"date,sessions\n2026-11-01,5\n", &edited, &terms, |_| ()).is_err());
    let mut edited = reading;
    edited.columns[1].role = Role::Metric { slug: "unknown".to_owned() };
    assert!(
        message(&apply(b"date,sessions\n2026-11-01,5\n", &edited, &terms, |_| ()).unwrap_err())
            .contains("no metric")
    );
}

#[test]
fn a_column_is_what_the_member_says() {
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let file = b"date,sessions,apples,pears\n2026-11-01,5,2,3\n2026-11-02,6,3,4\n";
    let columns = [
        ("apples".to_owned(), Role::Metric { slug: "leads".to_owned() }),
        ("pears".to_owned(), new_role("Pears", "kg")),
        ("sessions".to_owned(), Role::LeaveOut),
    ];
    let decision = Decision { columns: columns.into(), ..Decision::default() };
    let (proposal, _) = propose(file, &terms, &decision).unwrap();
    let new: Vec<_> = proposal.reading.new_metrics().iter().map(|it| (it.name, it.unit)).collect();
    assert_eq!(new, [("Pears", "kg")]);
    let sheet = apply(file, &proposal.reading, &terms, |_| ()).unwrap();
    assert_eq!(sheet.columns, ["leads", "new:Pears"]);
    assert_eq!(sheet.periods[0].metrics["new:Pears"], 3.0);
    assert_eq!(sheet.periods[0].sessions, None);
}

#[test]
fn files_of_texts_and_of_many_tables_are_refused() {
    let texts: String = (0..60_000).map(|n| format!("note {},other\n", letters(n))).collect();
    assert!(!refused(texts.as_bytes(), &[]).is_empty());
    let tables: String =
        (0..20_000).map(|n| format!("Date,Metric {}\n2026-10-20,5\n\n", letters(n))).collect();
    assert!(refused(tables.as_bytes(), &[]).contains("tables"));
}

/// Returns a different word for each number.
fn letters(n: usize) -> String {
    n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[test]
fn questions_and_their_texts_are_bounded() {
    let long = "x".repeat(5_000);
    let file = format!("Order ID,Date,Status,Total\n1,2026-10-20,paid,5\n2,2026-10-20,{long},6\n");
    let Outcome::Asked(open) = outcome(file.as_bytes(), &[]) else { panic!("not asked") };
    assert!(open[0].text.len() < 300 && open[0].key.len() < 150, "{open:?}");
    let (days, _) = answered(file.as_bytes(), &[(&open[0].key, "counts")]);
    assert_eq!(days["2026-10-20"]["revenue"], 11.0);
    let names: Vec<String> = (0..100).map(|n| format!("Thing {n}")).collect();
    let cells = vec!["5"; 100].join(",");
    let wide = format!("date,{}\n2026-10-20,{cells}\n", names.join(","));
    assert_eq!(asked(wide.as_bytes(), &[]).len(), 30);
    let huge = "y".repeat(300_000);
    let huge = format!("Order ID,Date,Status,Total\n1,2026-10-20,paid,5\n2,2026-10-20,{huge},6\n");
    assert!(refused(huge.as_bytes(), &[]).contains("very long"));
    let many: String = (0..3_000).map(|n| format!("{n},2026-10-20,Kind {n},5\n")).collect();
    let many = format!("Order ID,Date,Status,Total\n0,2026-10-20,paid,5\n{many}");
    assert!(refused(many.as_bytes(), &[]).contains("different texts"));
}

//! Rows that are called a total: never a day, and never left out without a word where they can be data.

use super::*;

fn proposed(text: &str) -> Proposal {
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    propose(text.as_bytes(), &terms, &Decision::default()).unwrap().0
}

const DAYS: &str = "date,sessions,revenue\n2026-10-20,5,100.5\n2026-10-21,3,50\n";

#[test]
fn totals_in_seven_languages_are_left_out_and_named() {
    for label in [
        "Total",
        "TOTALS:",
        "Grand total",
        "Sum",
        "Summe",
        "Gesamt",
        "Gesamtsumme",
        "Insgesamt",
        "Somme",
        "Total général",
        "Suma",
        "Totale",
        "Totaal",
        "Totais",
        "Subtotal",
        "Average",
        "Ø",
        "Durchschnitt pro Tag",
    ] {
        let file = format!("{DAYS}{label},8,150.5\n");
        let proposal = proposed(&file);
        assert!(proposal.is_safe(), "{label}: {proposal:?}");
        assert_eq!(proposal.notes, [format!("Line 4 (“{label}”) is left out as a total.")]);
        assert_eq!(answered(file.as_bytes(), &[]).0.len(), 2, "{label}");
    }
}

#[test]
fn totals_of_parts_are_left_out_if_they_are_the_sum() {
    let file = format!(
        "{DAYS}Sum of Rome,8,150.5\n2026-10-22,2,20\nSum of Milan,2,20\nAll the totals,10,170.5\n"
    );
    assert_eq!(answered(file.as_bytes(), &[]).0.len(), 3);
    assert_eq!(
        proposed(&file).notes,
        [
            "Lines 4 (“Sum of Rome”), 6 (“Sum of Milan”) and 7 (“All the totals”) are left out as totals."
        ]
    );
}

#[test]
fn a_text_with_the_word_for_a_total_can_be_data() {
    for label in ["Total Wine", "Social media", "Sum of Rome"] {
        let file = format!("{DAYS}{label},40,900\n");
        assert_eq!(asked(file.as_bytes(), &[]), ["totals"], "{label}");
        assert_eq!(answered(file.as_bytes(), &[("totals", "leftOut")]).0.len(), 2);
        let reason = refused(file.as_bytes(), &[("totals", "data")]);
        assert!(reason.contains(label) && reason.contains("not a date"), "{reason}");
    }
}

#[test]
fn a_dated_row_that_is_called_a_total_is_no_day() {
    for file in [
        "name,date,sessions,revenue\n,2026-10-20,5,100.5\n,2026-10-21,3,50\nTotal,2026-10-31,8,150.5\n",
        "date,note,sessions\n2026-10-20,,5\n2026-10-21,,3\n2026-10-31,Summe,8\n",
    ] {
        let questions = asked(file.as_bytes(), &[]);
        assert_eq!(questions.len(), 1, "{questions:?}");
        let (days, _) = answered(file.as_bytes(), &[(&questions[0], "leftOut")]);
        assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-10-20", "2026-10-21"]);
        assert_eq!(answered(file.as_bytes(), &[(&questions[0], "counts")]).0.len(), 3);
    }
    let orders = "Order ID,Date,Total\n#1,2026-10-20,10\n#2,2026-10-20,20\nTotal,2026-10-20,30\n";
    assert_eq!(asked(orders.as_bytes(), &[]), ["rows:Order ID:Total"]);
}

#[test]
fn a_note_with_the_word_for_a_total_beside_others_is_no_question() {
    let file =
        "date,note,sessions\n2026-10-20,Social media day,5\n2026-10-21,All good in total,3\n";
    assert_eq!(answered(file.as_bytes(), &[]).0.len(), 2);
}

#[test]
fn dated_totals_with_longer_names_are_asked_about() {
    let days =
        "Datum;Bemerkung;Umsatz\n28.10.2026;;100,50\n29.10.2026;;200,50\n30.10.2026;;340,50\n";
    for label in ["Monatssumme", "Total October", "Alles in Summe", "Abschluss"] {
        let file = format!("{days}31.10.2026;{label};641,50\n");
        let key = format!("rows:Bemerkung:{label}");
        assert_eq!(asked(file.as_bytes(), &[]), [key.as_str()], "{label}");
        let (days, _) = answered(file.as_bytes(), &[(&key, "leftOut")]);
        assert!(!days.contains_key("2026-10-31"), "{label}");
        let (days, _) = answered(file.as_bytes(), &[(&key, "counts")]);
        assert_eq!(days["2026-10-31"]["revenue"], 641.5, "{label}");
    }
    let other = format!("{days}31.10.2026;Abschluss;20,50\n");
    assert_eq!(answered(other.as_bytes(), &[]).0.len(), 4);
}

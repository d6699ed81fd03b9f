//! What headers say beside the name of a metric: read, asked about, and never ignored.

use super::*;

#[test]
fn dates_in_cells_beyond_the_header_are_faults() {
    let file = b"Sessions,Users\n5,6,2026-10-01\n7,8,2026-10-02\n";
    assert!(refused(file, &[]).contains("No table with dates"));
    let file = b"Date,Sessions\n2026-10-01,5,2026-10-03\n2026-10-02,6,2026-10-04\n";
    assert!(refused(file, &[]).contains("3 cells"));
    let mut wider = "2026-10-01,5\n".repeat(200);
    wider.push_str(&"2026-10-02,6,2026-10-04\n".repeat(200));
    assert!(!matches!(outcome(wider.as_bytes(), &[]), Outcome::Read(..)));
}

#[test]
fn headers_that_count_in_thousands_and_millions_are_asked_about() {
    for name in [
        "Revenue (000)",
        "Revenue ($000)",
        "Revenue (000's)",
        "Revenue (000s)",
        "Revenue ($K)",
        "Revenue (£k)",
        "Revenue (€k)",
        "Revenue [k]",
        "Ventas (miles €)",
        "CA (milliers €)",
        "Fatturato (migliaia)",
        "Vendas (mil)",
        "Omzet (x1000)",
        "Omzet (x 1.000)",
        "Revenue (mm)",
        "Revenue ($mm)",
        "Umsatz (T€)",
        "Sessions (000)",
    ] {
        let file = format!("date;{name}\n2026-10-20;5\n2026-10-21;7\n");
        let key = format!("scale:{name}");
        assert!(asked(file.as_bytes(), &[]).contains(&key), "{name}");
    }
}

#[test]
fn brackets_that_say_more_than_a_unit_make_a_column_a_question() {
    for (slug, names) in [
        (
            "revenue",
            &[
                "Revenue (cumulative)",
                "Revenue (YTD)",
                "Revenue (previous period)",
                "Revenue (forecast)",
                "Umsatz (Plan)",
                "Umsatz (Vorjahr)",
                "Revenue (budget)",
                "Revenue [budget]",
                "Sales (returns)",
                "Revenue (cents)",
                "Revenue (forecast, k€)",
            ][..],
        ),
        ("users", &["Users (new)", "Users (%)"]),
        ("sessions", &["Sessions (%)", "Sessions (engaged)"]),
        ("conversions", &["Orders (EUR)", "Orders EUR", "Conversion (%)"]),
    ] {
        for name in names {
            let file = format!("date;{name}\n2026-10-20;5\n2026-10-21;7\n");
            let key = format!("metric:{slug}");
            assert!(asked(file.as_bytes(), &[]).contains(&key), "{name}");
        }
    }
    for name in ["Revenue (EUR)", "Revenue (net)", "Umsatz (brutto, €)", "Sessions (total)"] {
        let file = format!("date;{name}\n2026-10-20;5\n2026-10-21;7\n");
        assert_eq!(answered(file.as_bytes(), &[]).0.len(), 2, "{name}");
    }
}

#[test]
fn a_currency_is_seen_anywhere_in_a_header() {
    let of = |name: &str, currency: &str| {
        let file = format!("date;{name}\n2026-10-20;5.25\n2026-10-21;7.25\n");
        outcome_in(file.as_bytes(), &[], "UTC", currency)
    };
    for name in [
        "Revenue USD",
        "revenue_usd",
        "Revenue [USD]",
        "USD Revenue",
        "Revenue (in USD)",
        "Revenue (US Dollars)",
        "Sales $",
        "Revenue (US$)",
        "Revenue (USD)",
    ] {
        let Outcome::Asked(open) = of(name, "EUR") else { panic!("{name}") };
        assert!(open.iter().any(|it| it.key == "money:revenue"), "{name}: {open:?}");
        assert!(matches!(of(name, "USD"), Outcome::Read(..)), "{name}");
    }
}

#[test]
fn a_zone_in_a_header_that_is_not_utc_is_asked_about() {
    for name in ["Time (GMT+2)", "Date (UTC-05:00)", "GMT+2 Time", "Date (PST)", "Date (IST)"] {
        let file = format!("{name},Sessions\n2026-10-20 23:30,5\n2026-10-21 23:30,7\n");
        assert_eq!(asked(file.as_bytes(), &[]), ["zone"], "{name}");
        let (days, _) = answered(file.as_bytes(), &[("zone", "own")]);
        assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-10-20", "2026-10-21"], "{name}");
        assert!(refused(file.as_bytes(), &[("zone", "other")]).contains("another zone"));
    }
    for name in ["Time (UTC)", "Time (UTC+00:00)"] {
        let file = format!("{name},Sessions\n2026-10-20 23:30,5\n2026-10-21 23:30,7\n");
        let (days, _) = answered(file.as_bytes(), &[]);
        assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-10-21", "2026-10-22"], "{name}");
    }
    let days = "Date (GMT+2),Sessions\n2026-10-20,5\n2026-10-21,7\n";
    assert_eq!(answered(days.as_bytes(), &[]).0.len(), 2);
}

#[test]
fn names_that_mean_something_else_as_well_are_asked_about() {
    for (slug, names) in [
        ("conversions", &["Purchases", "Compras", "Acquisti", "Aankopen", "Conversion"][..]),
        ("users", &["Customers", "Kunden", "Clients", "User", "Visitor"]),
        ("sessions", &["Session", "Visit"]),
    ] {
        for name in names {
            let file = format!("date,{name}\n2026-10-20,1001\n2026-10-21,1002\n");
            let key = format!("metric:{slug}");
            assert_eq!(asked(file.as_bytes(), &[]), [key.as_str()], "{name}");
            let (days, _) = answered(file.as_bytes(), &[(&key, name)]);
            assert_eq!(days["2026-10-21"][slug], 1002.0, "{name}");
        }
    }
    let states = "date,NY,CA,TX\n2026-10-20,5,6,7\n2026-10-21,5,6,8\n";
    assert!(asked(states.as_bytes(), &[]).contains(&"metric:revenue".to_owned()));
    assert_eq!(answered(b"date;CA\n2026-10-20;5,25\n2026-10-21;6\n", &[]).0.len(), 2);
}

#[test]
fn days_under_the_word_for_a_currency_are_no_currencies() {
    for name in ["Valuta", "Data valuta", "Valuta date"] {
        let file = format!(
            "Datum;{name};Umsatz\n20.10.2026;20.10.2026;5,25\n21.10.2026;22.10.2026;7,25\n22.10.2026;23.10.2026;7,25\n"
        );
        if let Outcome::Asked(open) = outcome(file.as_bytes(), &[]) {
            assert!(open.iter().all(|it| !it.key.contains("urrency")), "{name}: {open:?}");
            assert!(open.iter().all(|it| it.key == "dateColumn"), "{name}: {open:?}");
        }
    }
}

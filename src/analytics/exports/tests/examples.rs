//! Sixteen exports, with every value compared.

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/analytics/exports/fixtures");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

/// Returns the right values of a file. Months are named by their first day.
fn expected(name: &str) -> (Days, Grain) {
    let all: BTreeMap<String, BTreeMap<String, Days>> =
        serde_json::from_slice(&fixture("expected.json")).unwrap();
    let slug = |name: &String| {
        known("").iter().find(|it| it.name == *name || it.slug == *name).map(|it| it.slug.clone())
    };
    let of = |days: &Days, suffix: &str| -> Days {
        let values = |values: &BTreeMap<String, f64>| {
            values.iter().filter_map(|(name, n)| Some((slug(name)?, *n))).collect()
        };
        days.iter().map(|(date, it)| (format!("{date}{suffix}"), values(it))).collect()
    };
    match (all[name].get("days"), all[name].get("months")) {
        (Some(days), _) => (of(days, ""), Grain::Day),
        (_, Some(months)) => (of(months, "-01"), Grain::Month),
        _ => panic!("{name}"),
    }
}

fn close(a: &Days, b: &Days) -> bool {
    let same = |a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>| {
        a.len() == b.len()
            && a.iter().all(|(slug, n)| b.get(slug).is_some_and(|it| (it - n).abs() < 1e-6))
    };
    a.len() == b.len()
        && a.iter().all(|(date, values)| b.get(date).is_some_and(|it| same(values, it)))
}

fn check(name: &str, answers: &[(&str, &str)]) {
    let content = fixture(name);
    let (days, grain) = answered(&content, answers);
    let (right, right_grain) = expected(name);
    assert_eq!(grain, right_grain, "{name}");
    assert!(close(&days, &right), "{name}\n{days:#?}\n{right:#?}");
}

#[test]
fn exports_that_one_reading_fits_are_read_without_a_question() {
    for name in [
        "ga4_exploration_by_date.csv",
        "quickbooks_pl_by_month.csv",
        "matomo_visits_summary.csv",
        "excel_us.csv",
        "excel_de.csv",
        "numbers.xlsx",
        "template_us_excel.csv",
        "total_last_row.csv",
        "only_date_and_revenue.csv",
        "sep_line.csv",
    ] {
        check(name, &[]);
    }
}

#[test]
fn exports_that_can_be_read_in_two_ways_are_asked_about() {
    for (name, questions, answers) in [
        (
            "shopify_total_sales_over_time.csv",
            vec!["metric:revenue"],
            vec![("metric:revenue", "Total sales")],
        ),
        ("square_transactions.csv", vec!["metric:revenue"], vec![("metric:revenue", "Net Sales")]),
        ("excel_uk_ambiguous.csv", vec!["dates"], vec![("dates", "dayFirst")]),
        ("monthly_rows_iso.csv", vec!["grain"], vec![("grain", "month")]),
        ("three_decimals_small.csv", vec!["decimals"], vec![("decimals", "point")]),
        (
            "two_rows_a_day.csv",
            vec!["repeats", "sum:users"],
            vec![("repeats", "sum"), ("sum:users", "sum")],
        ),
    ] {
        assert_eq!(asked(&fixture(name), &[]), questions, "{name}");
        check(name, &answers);
    }
}

#[test]
fn another_column_can_be_the_revenue() {
    let content = fixture("shopify_total_sales_over_time.csv");
    let (days, _) = answered(&content, &[("metric:revenue", "Net sales")]);
    assert_eq!(days["2026-10-01"]["revenue"], 504.14);
    let (days, _) = answered(&content, &[("metric:revenue", "none")]);
    assert_eq!(days["2026-10-01"].keys().collect::<Vec<_>>(), ["conversions"]);
}

#[test]
fn months_in_columns_are_stored_as_months() {
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let file = fixture("quickbooks_pl_by_month.csv");
    let (proposal, sheet) = propose(&file, &terms, &Decision::default()).unwrap();
    let sheet = sheet.unwrap();
    assert_eq!((proposal.refusal, sheet.grain, sheet.periods.len()), (None, Grain::Month, 11));
    let october = sheet.periods.iter().find(|month| month.date == "2026-10-01").unwrap();
    assert_eq!(october.revenue, Some(19_360.33));
    assert_eq!(october.metrics["expenses"], 10_186.14);
}

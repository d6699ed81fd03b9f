//! Files that look like another layout: asked about, never read wrong.

use super::*;

#[test]
fn products_whose_names_contain_a_word_for_a_fee_are_not_left_out() {
    let file = "Order ID,Date,Type,Total\n1,2026-10-20,Coffee,12.50\n2,2026-10-20,Draft beer,8\n3,2026-10-21,Airport transfer,30\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert_eq!(days["2026-10-20"]["revenue"], 20.5);
    assert_eq!(days["2026-10-21"]["revenue"], 30.0);
    let mixed = "Order ID,Date,Type,Total\n1,2026-10-20,Kaffee,12.50\n2,2026-10-21,Fee,3\n";
    assert_eq!(asked(mixed.as_bytes(), &[]), ["rows:Type:Kaffee"]);
}

#[test]
fn the_category_of_a_product_is_no_status() {
    let file = "Order ID,Date,Category,Total\n1,2026-10-20,Refund,12.50\n2,2026-10-21,Sale,8\n";
    assert_eq!(answered(file.as_bytes(), &[]).0["2026-10-20"]["revenue"], 12.5);
}

#[test]
fn rows_that_are_left_out_are_shown_and_can_be_kept() {
    let file = "Order ID,Date,Status,Total\n1,2026-10-20,paid,12.50\n2,2026-10-21,cancelled,8\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert!(!days.contains_key("2026-10-21"));
    let (days, _) = answered(file.as_bytes(), &[("rows:Status:cancelled", "counts")]);
    assert_eq!(days["2026-10-21"]["revenue"], 8.0);
}

#[test]
fn rows_without_a_number_of_an_order_are_counted_only_if_the_member_says_so() {
    let file = "Date,Type,Revenue\n2026-10-20,Online sales,100\n2026-10-20,Store sales,50\n2026-10-21,Online sales,90\n2026-10-21,Store sales,40\n2026-10-21,Refund,-10\n";
    assert_eq!(asked(file.as_bytes(), &[])[0], "listed");
    let unknown = [("rows:Type:Store sales", "counts"), ("rows:Type:Online sales", "counts")];
    for (listed, conversions) in [("parts", None), ("amounts", None), ("orders", Some(2.0))] {
        let answers = [&[("listed", listed), ("repeats", "sum")], &unknown[..]].concat();
        let (days, _) = answered(file.as_bytes(), &answers);
        assert_eq!(days["2026-10-21"]["revenue"], 120.0, "{listed}");
        assert_eq!(days["2026-10-21"].get("conversions").copied(), conversions, "{listed}");
    }
    let numbered = file.replace("Date,", "No,Date,").replace("\n2026", "\n1,2026");
    assert_eq!(asked(numbered.as_bytes(), &[])[0], "listed");
}

#[test]
fn names_of_shops_are_no_numbers_of_orders() {
    let file = "Name,Date,Total\nNorth,2026-10-20,100\nSouth,2026-10-20,50\nNorth,2026-10-21,90\nSouth,2026-10-21,40\n";
    assert!(asked(file.as_bytes(), &[]).contains(&"listed".to_owned()));
}

#[test]
fn many_texts_of_a_status_are_asked_about_in_one_question() {
    let mut file = "Order ID,Date,Type,Total\n0,2026-10-20,payout,500\n".to_owned();
    for n in 1..40 {
        file.push_str(&format!("{n},2026-10-20,Kind {n},1\n"));
    }
    assert_eq!(asked(file.as_bytes(), &[]), ["others:Type"]);
    let (days, _) = answered(file.as_bytes(), &[("others:Type", "counts")]);
    assert_eq!(days["2026-10-20"]["revenue"], 39.0);
}

fn by_country(total: &str) -> String {
    let mut file = "Date,Country,Sales\n".to_owned();
    for day in 20..22 {
        for n in 1..=30 {
            file.push_str(&format!("2026-10-{day},Country {n},{n}.5\n"));
        }
        file.push_str(&format!("2026-10-{day},{total},480\n"));
    }
    file
}

#[test]
fn totals_among_many_parts_are_found_by_name_and_by_sum() {
    for total in ["Total", "Everything"] {
        let key = format!("rows:Country:{total}");
        let file = by_country(total);
        assert_eq!(asked(file.as_bytes(), &[]), [key.as_str()]);
        let (days, _) = answered(file.as_bytes(), &[(&key, "leftOut")]);
        assert_eq!(days["2026-10-20"]["revenue"], 480.0);
    }
}

#[test]
fn totals_are_found_if_two_columns_tell_the_rows_apart() {
    let file = "Date,Country,Device,Sales\n2026-10-20,A,Phone,1.5\n2026-10-20,A,Desktop,2\n2026-10-20,B,Phone,3\n2026-10-20,B,Total,3\n";
    assert_eq!(asked(file.as_bytes(), &[]), ["rows:Device:Total", "repeats"]);
}

#[test]
fn every_text_of_a_currency_column_is_a_currency() {
    let file = "Order ID,Date,Currency,Total\n1,2026-10-20,THB,100\n2,2026-10-20,EUR,50\n";
    assert_eq!(asked(file.as_bytes(), &[]), ["currency"]);
    assert_eq!(answered(file.as_bytes(), &[("currency", "THB")]).0["2026-10-20"]["revenue"], 100.0);
    let Outcome::Asked(open) =
        outcome_in(b"Order ID,Date,Currency,Total\n1,2026-10-20,AED,100\n", &[], "UTC", "EUR")
    else {
        panic!("not asked")
    };
    assert_eq!(open[0].key, "money:revenue");
    let many: String = (0..26).map(|n| format!("{n},2026-10-20,X{n},1\n")).collect();
    let many = format!("Order ID,Date,Currency,Total\n{many}");
    assert_eq!(asked(many.as_bytes(), &[]), ["currency"]);
    let more: String = (0..100).map(|n| format!("{n},2026-10-20,X{n},1\n")).collect();
    let more = format!("Order ID,Date,Currency,Total\n{more}");
    assert!(refused(more.as_bytes(), &[]).contains("currencies"));
}

#[test]
fn amounts_without_a_currency_are_asked_about_among_several() {
    let file = "Order ID,Date,Currency,Total\n1,2026-10-20,USD,100\n2,2026-10-20,EUR,50\n3,2026-10-20,,7\n";
    let key = "rows:Currency:";
    assert_eq!(asked(file.as_bytes(), &[]), ["currency", key]);
    let (days, _) = answered(file.as_bytes(), &[("currency", "EUR"), (key, "leftOut")]);
    assert_eq!(days["2026-10-20"]["revenue"], 50.0);
}

#[test]
fn a_customer_is_no_order() {
    for name in [
        "Customer ID",
        "Kundennummer",
        "Product ID",
        "Phone number",
        "Store ID",
        "Tax number",
        "Item no",
    ] {
        let file = format!(
            "{name},Date,Total,Status\nc1,2026-10-20,10,paid\nc1,2026-10-20,10,paid\nc2,2026-10-20,5,paid\n"
        );
        let (days, _) = answered(file.as_bytes(), &[("listed", "orders")]);
        assert_eq!(days["2026-10-20"]["conversions"], 3.0, "{name}");
    }
    let file = "Customer ID,Order number,Date,Total\nc1,o1,2026-10-20,10\nc1,o2,2026-10-20,10\nc2,o3,2026-10-20,5\n";
    assert_eq!(answered(file.as_bytes(), &[]).0["2026-10-20"]["conversions"], 3.0);
    let several = "Order ID,Order number,Date,Total\n1,o1,2026-10-20,10\n2,o1,2026-10-20,7\n3,o3,2026-10-20,5\n";
    assert_eq!(asked(several.as_bytes(), &[]), ["orderColumn"]);
}

#[test]
fn days_that_are_written_as_midnights_stay_days() {
    let file = b"date,sessions\n2026-10-20T00:00:00Z,5\n2026-10-21T00:00:00Z,6\n";
    for zone in ["America/New_York", "Europe/Berlin", "Asia/Tokyo"] {
        let Outcome::Read(days, _) = outcome_in(file, &[], zone, "") else { panic!("{zone}") };
        assert_eq!((days["2026-10-20"]["sessions"], days.len()), (5.0, 2), "{zone}");
    }
}

#[test]
fn compact_stamps_and_serials_are_converted_too() {
    for stamp in ["20261020223000", "202610202230", "46315.9375", "46315,9375"] {
        let separator = if stamp.contains(',') { ";" } else { "," };
        let file = format!("Created (UTC){separator}Sessions\n{stamp}{separator}5\n");
        let Outcome::Read(days, _) = outcome_in(file.as_bytes(), &[], "Europe/Berlin", "") else {
            panic!("{stamp}")
        };
        assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-10-21"], "{stamp}");
    }
}

#[test]
fn small_percentages_without_signs_are_asked_about() {
    let file = "date,bounce rate\n2026-10-20,0.85\n2026-10-21,1.10\n";
    assert_eq!(asked(file.as_bytes(), &[]), ["fraction:bounce-rate"]);
    let (days, _) = answered(file.as_bytes(), &[("fraction:bounce-rate", "fraction")]);
    assert!((days["2026-10-21"]["bounce-rate"] - 110.0).abs() < 1e-9);
    let mixed = "date,bounce rate\n2026-10-20,45%\n2026-10-21,47\n2026-10-22,40\n";
    assert!(refused(mixed.as_bytes(), &[]).contains("percent sign"));
}

#[test]
fn columns_that_are_not_imported_do_not_decide_the_decimals() {
    let file =
        "date;sessions;revenue;version\n2026-10-20;1534;2.345;1,5\n2026-10-21;1500;3.345;1,6\n";
    assert_eq!(asked(file.as_bytes(), &[]), ["decimals"]);
}

#[test]
fn periods_of_different_lengths_are_refused() {
    for file in [
        "date,sessions\n2026-10-20,5\n2026-09,100\n2026-10-21,6\n",
        "period,sessions\n2026-10-01 - 2026-10-01,5\n2026-10-05 - 2026-10-11,100\n",
    ] {
        let reason = refused(file.as_bytes(), &[]);
        assert!(reason.contains("otherwise") || reason.contains("one length"), "{reason}");
    }
}

#[test]
fn distant_dates_are_asked_about() {
    for (file, grain) in [
        ("date,revenue\n2026-01-30,5\n2026-02-27,6\n2026-03-31,7\n2026-04-30,8\n", "month"),
        ("date,revenue\n2026-10-02,5\n2026-10-09,6\n2026-10-15,7\n2026-10-23,8\n", "week"),
    ] {
        let Outcome::Asked(open) = outcome(file.as_bytes(), &[]) else { panic!("{file}") };
        assert_eq!((open[0].key.as_str(), open[0].choices[0].value.as_str()), ("grain", grain));
    }
}

#[test]
fn two_days_are_days_unless_they_are_a_period_apart() {
    let file = |second: &str| format!("date,revenue\n2026-09-28,5\n{second},6\n");
    for day in ["2026-09-29", "2026-10-01", "2026-10-17", "2026-11-07", "2026-11-20"] {
        assert_eq!(answered(file(day).as_bytes(), &[]).0.len(), 2, "{day}");
    }
    for day in ["2026-10-05", "2026-10-28", "2026-10-30", "2026-11-02"] {
        assert_eq!(asked(file(day).as_bytes(), &[]), ["grain"], "{day}");
    }
}

#[test]
fn tables_with_too_many_columns_are_refused() {
    let names: Vec<String> = (0..401).map(|n| format!("c{n}")).collect();
    let cells = vec!["1"; 401].join(",");
    let file = format!("date,{}\n2026-10-20,{cells}\n", names.join(","));
    assert!(refused(file.as_bytes(), &[]).contains("400 columns"));
    let across: String = (0..401).map(|n| format!("Metric {n},1,2\n")).collect();
    let across = format!(",2026-10-20,2026-10-21\n{across}");
    assert!(refused(across.as_bytes(), &[]).contains("400 columns"));
}

#[test]
fn rows_with_a_word_for_a_total_among_others_are_not_left_out() {
    let file = "date,channel,sessions\n2026-10-20,Search,5\n,Social Media,6\n2026-10-21,Search,7\n";
    assert!(refused(file.as_bytes(), &[]).contains("date is missing"));
    let total =
        "channel,date,sessions\nGrand total,,12\nSearch,2026-10-20,5\nSearch,2026-10-21,7\n";
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let (proposal, sheet) = propose(total.as_bytes(), &terms, &Decision::default()).unwrap();
    assert!(sheet.is_some());
    assert_eq!(proposal.notes, ["Line 2 (“Grand total”) is left out as a total."]);
}

fn with_columns(file: &str, columns: &[(&str, Role)], answers: &[(&str, &str)]) -> Proposal {
    let mut measures = known("EUR");
    measures.extend(["Tips (card)", "Tips (cash)"].map(|name| Measure {
        slug: super::super::words::key(name).replace(' ', "-") + &name[6..10],
        name: name.to_owned(),
        ..measures[5].clone()
    }));
    let zone = Zone::utc();
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let decision = Decision {
        answers: answers
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        columns: columns.iter().map(|(name, role)| ((*name).to_owned(), role.clone())).collect(),
    };
    propose(file.as_bytes(), &terms, &decision).unwrap().0
}

#[test]
fn metrics_whose_names_differ_in_brackets_are_different() {
    let new = |name: &str| new_role(name, "");
    let file = "date,Tips (cash),Tips (voucher)\n2026-10-20,5,6\n2026-10-21,5,7\n";
    let proposal = with_columns(file, &[("Tips (voucher)", new("Tips (voucher)"))], &[]);
    let roles: Vec<&Role> = proposal.reading.columns.iter().map(|it| &it.role).collect();
    assert_eq!(roles[1], &Role::Metric { slug: "tipscash".to_owned() });
    assert_eq!(roles[2], &new("Tips (voucher)"));
}

#[test]
fn new_percentages_are_asked_about() {
    let role = new_role("Share", "%");
    let file = "date,Share\n2026-10-20,0.5\n2026-10-21,0.6\n";
    let proposal = with_columns(file, &[("Share", role)], &[]);
    assert!(proposal.reading.open.contains("fraction:new:Share"), "{:?}", proposal.reading.open);
}

#[test]
fn slugs_of_new_metrics_come_only_from_new_metrics() {
    let role = Role::Metric { slug: "new:Share".to_owned() };
    let file = "date,Share\n2026-10-20,5\n2026-10-21,6\n";
    let proposal = with_columns(file, &[("Share", role)], &[]);
    assert!(message(&proposal.refusal.unwrap()).contains("no metric"));
}

#[test]
fn rows_are_not_counted_beside_a_column_of_conversions() {
    let role = Role::Metric { slug: "conversions".to_owned() };
    let file = "Order ID,Date,Total,Units\n1,2026-10-20,10,3\n2,2026-10-20,5,4\n";
    let proposal = with_columns(file, &[("Units", role)], &[]);
    assert_eq!(proposal.reading.list.unwrap().counts, None);
}

/// Sends a proposed reading back, with a change.
fn sent_back(
    file: &str,
    answers: &[(&str, &str)],
    change: impl Fn(&mut Reading),
    later: &str,
) -> Result<bool, Refusal> {
    let (measures, zone) = (known(""), Zone::utc());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let answers = answers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let decision = Decision { answers: answers.collect(), columns: BTreeMap::new() };
    let (proposal, sheet) = propose(file.as_bytes(), &terms, &decision).unwrap();
    assert!(sheet.is_some(), "{:?}", proposal.reading.open);
    let mut reading = proposal.reading;
    change(&mut reading);
    let (_, again) = propose_as(later.as_bytes(), &terms, &reading)?;
    assert!(again.is_none() || later != file || again == sheet);
    Ok(again.is_some())
}

#[test]
fn a_reading_that_is_sent_back_is_checked_as_a_proposed_one() {
    let orders = "Order ID,Date,Status,Currency,Total\n1,2026-10-20,paid,EUR,12.50\n2,2026-10-20,odd,EUR,8\n3,2026-10-20,odd,USD,8\n5,2026-10-20,paid,eur,1\n";
    let answers = [("rows:Status:odd", "counts"), ("currency", "EUR")];
    let same = |_: &mut Reading| ();
    assert!(sent_back(orders, &answers, same, orders).unwrap());
    // A text that the reading does not know is a question again.
    let later = format!("{orders}4,2026-10-21,strange,EUR,9\n");
    assert!(!sent_back(orders, &answers, same, &later).unwrap());
    let months = "Month,Revenue\n2026-09-01,5\n2026-10-01,6\n";
    let days = "Day,Revenue\n2026-09-01,5\n2026-10-01,6\n";
    let as_days = |reading: &mut Reading| reading.columns[0].name = "Month".to_owned();
    let refused = sent_back(days, &[("grain", "day")], as_days, months);
    assert!(!matches!(refused, Ok(true)), "{refused:?}");
    let factor = |reading: &mut Reading| reading.columns[1].factor = 7;
    assert!(sent_back(days, &[("grain", "day")], factor, days).is_err());
}

#[test]
fn days_that_a_conversion_may_have_cut_are_asked_about() {
    let file = b"Order ID,Created (UTC),Total\n1,2026-10-19 23:30:00,5\n2,2026-10-21 10:00:00,6\n3,2026-10-22 22:30:00,7\n";
    let Outcome::Asked(open) = outcome(file, &[]) else { panic!("not asked") };
    assert_eq!(open[0].key, "edges");
    let (days, _) = answered(file, &[("edges", "leaveOut")]);
    assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-10-21"]);
    let (days, _) = answered(file, &[("edges", "import")]);
    assert_eq!(days.len(), 3);
    assert!(matches!(outcome_in(file, &[], "UTC", ""), Outcome::Read(..)));
}

#[test]
fn a_count_of_orders_is_no_number_of_an_order() {
    for name in ["Order", "Pedido", "Commande", "Transaction", "Invoice"] {
        let file =
            format!("Date,{name},Revenue\n2026-10-20,5,100\n2026-10-21,7,120\n2026-10-22,6,90\n");
        let (days, _) = answered(file.as_bytes(), &[]);
        assert_eq!(days["2026-10-20"].keys().collect::<Vec<_>>(), ["revenue"], "{name}");
    }
}

#[test]
fn amounts_of_own_and_new_metrics_are_compared_with_their_currency() {
    let role = new_role("Tips", "EUR");
    let file = "date,Tips\n2026-10-20,$5\n2026-10-21,$6\n";
    let proposal = with_columns(file, &[("Tips", role)], &[]);
    assert!(proposal.reading.open.contains("money:new:Tips"), "{:?}", proposal.reading.open);
    let mut measures = known("EUR");
    measures.push(Measure {
        slug: "gifts".to_owned(),
        name: "Gifts".to_owned(),
        unit: "EUR".to_owned(),
        ..measures[5].clone()
    });
    let (zone, decision) = (Zone::utc(), Decision::default());
    let terms =
        Terms { measures: &measures, today: TODAY, zone: &zone, calendar: Calendar::default() };
    let file = b"date,Gifts\n2026-10-20,$5\n2026-10-21,$6\n";
    let (proposal, _) = propose(file, &terms, &decision).unwrap();
    assert!(proposal.reading.open.contains("money:gifts"), "{:?}", proposal.reading.open);
}

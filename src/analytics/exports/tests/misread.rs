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
    let Outcome::Asked(open) = outcome_in(b"Order ID,Date,Currency,Total\n1,2026-10-20,AED,100\n", &[], "UTC", "EUR") else {
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
    for name in ["Customer ID", "Kundennummer", "Product ID", "Phone number", "Store ID", "Tax number", "Item no"] {
        let file = format!("{name},Date,Total,Status\nc1,2026-10-20,10,paid\nc1,2026-10-20,10,paid\nc2,2026-10-20,5,paid\n");
        let (days, _) = answered(file.as_bytes(), &[("listed", "orders")]);
        assert_eq!(days["2026-10-20"]["conversions"], 3.0, "{name}");
    }
    let file = "Customer ID,Order number,Date,Total\nc1,o1,2026-10-20,10\nc1,o2,2026-10-20,10\nc2,o3,2026-10-20,5\n";
    assert_eq!(answered(file.as_bytes(), &[]).0["2026-10-20"]["conversions"], 3.0);
    let several = "Order ID,Order number,Date,Total\n1,o1,2026-10-20,10\n2,o1,2026-10-20,7\n3,o3,2026-10-20,5\n";
    assert_eq!(asked(several.as_bytes(), &[]), ["orderColumn"]);
}

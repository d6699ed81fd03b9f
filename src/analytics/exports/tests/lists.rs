//! Lists of orders, payments and movements of money: no row is counted that no money was earned with.

use super::*;

#[test]
fn further_lines_of_an_order_are_left_out_with_it() {
    let file = "Name,Financial Status,Total,Created at,Lineitem name\n#1001,paid,40.00,2026-10-01 10:00:00 +0200,Mug\n#1002,voided,60.00,2026-10-02 10:00:00 +0200,Mug\n#1002,,,2026-10-02 10:00:00 +0200,Tea\n#1003,paid,30.00,2026-10-03 10:00:00 +0200,Tea\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert!(!days.contains_key("2026-10-02"), "{days:?}");
    assert_eq!(days["2026-10-03"]["conversions"], 1.0);
}

#[test]
fn a_row_without_a_number_of_an_order_and_an_amount_counts_nothing() {
    let file =
        "Order ID,Date,Total\n1,2026-10-20,12.50\n,2026-10-20,\n2,2026-10-21,8\n3,2026-10-21,8\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert_eq!(days["2026-10-20"]["conversions"], 1.0);
    assert_eq!(days["2026-10-21"]["conversions"], 2.0);
}

#[test]
fn purchases_are_asked_about() {
    let file = "Reference,Date,Type,Amount\nA-1,2026-10-20,Sales invoice,12.50\nA-2,2026-10-20,Purchase invoice,99\n";
    assert_eq!(asked(file.as_bytes(), &[]), ["rows:Type:Purchase invoice"]);
}

#[test]
fn invoices_beside_their_payments_are_asked_about() {
    let file = "Date,Transaction type,Num,Customer,Amount\n10/20/2026,Invoice,1001,A,200.00\n10/21/2026,Payment,1002,A,200.00\n10/21/2026,Sales Receipt,1003,B,80.00\n";
    let open = asked(file.as_bytes(), &[]);
    for text in ["Invoice", "Payment"] {
        assert!(open.contains(&format!("rows:Transaction type:{text}")), "{open:?}");
    }
}

#[test]
fn negative_amounts_that_no_text_calls_refunds_are_asked_about() {
    let bank = "Date,Reference,Description,Amount,Balance\n13/10/2026,FT26274A,Rent,-900.00,100.00\n13/10/2026,FT26274B,Invoice 12,500.00,600.00\n14/10/2026,FT26275A,Card Tesco,-30.00,570.00\n";
    assert_eq!(asked(bank.as_bytes(), &[]), ["negatives"]);
    let (days, _) = answered(bank.as_bytes(), &[("negatives", "spent")]);
    assert_eq!(days["2026-10-13"]["revenue"], 500.0);
    assert!(!days.contains_key("2026-10-14"), "{days:?}");
    let (days, _) = answered(bank.as_bytes(), &[("negatives", "refunds")]);
    assert_eq!(days["2026-10-13"]["revenue"], -400.0);
    let german = "Datum;Belegnummer;Text;Betrag\n13.10.2026;B-1;Miete;-900,00\n13.10.2026;B-2;Rechnung;500,00\n";
    assert_eq!(asked(german.as_bytes(), &[]), ["negatives"]);
    let paypal = "Date,Type,Status,Amount,Transaction ID\n2026-10-13,General Payment,Completed,-45.00,T1\n2026-10-14,Website Payment,Completed,30.00,T2\n2026-10-14,Payment Refund,Completed,-10.00,T3\n";
    assert_eq!(asked(paypal.as_bytes(), &[]), ["negatives"]);
}

#[test]
fn a_direction_in_a_column_of_its_own_is_asked_about() {
    for (name, text) in [
        ("Direction", "OUT"),
        ("Credit/Debit", "Debit"),
        ("DR/CR", "DR"),
        ("S/H", "S"),
        ("Soll/Haben", "Soll"),
        ("Balance Impact", "Debit"),
        ("Receipt Type", "Return"),
        ("Type", "Avoir"),
        ("Voided", "true"),
        ("Paid", "0"),
        ("Cancelled at", "2026-10-03 10:00"),
    ] {
        let file = format!(
            "Transaction ID,Date,{name},Status,Amount\nTR-1,2026-10-01,,COMPLETED,20.00\nTR-2,2026-10-02,{text},COMPLETED,45.00\n"
        );
        assert_eq!(asked(file.as_bytes(), &[]), [format!("rows:{name}:{text}")]);
    }
}

#[test]
fn the_price_of_one_piece_is_no_amount_of_an_order() {
    let file = "Order ID,Date,Product,Quantity,Price\n1001,2026-10-01,Mug,3,12.00\n1002,2026-10-02,Tea,1,5.00\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert!(!days["2026-10-01"].contains_key("revenue"), "{days:?}");
    let single = file.replace(",3,", ",1,");
    let (days, _) = answered(single.as_bytes(), &[]);
    assert_eq!(days["2026-10-01"]["revenue"], 12.0);
    let with_total = "Order ID,Date,Qty,Price,Total\n1001,2026-10-01,3,12.00,36.00\n1002,2026-10-02,1,5.00,5.00\n";
    let (days, _) = answered(with_total.as_bytes(), &[]);
    assert_eq!(days["2026-10-01"]["revenue"], 36.0);
}

#[test]
fn rows_between_two_dates_are_refused() {
    for header in ["Start date,End date", "Reporting starts,Reporting ends", "Von,Bis"] {
        let file = format!("{header},Sessions,Revenue\n2026-10-01,2026-10-31,900,1200.50\n");
        let reason = refused(file.as_bytes(), &[]);
        assert!(reason.contains("several days"), "{header}: {reason}");
        let days = format!("{header},Sessions,Revenue\n2026-10-01,2026-10-01,900,1200.50\n");
        let (days, _) = answered(days.as_bytes(), &[]);
        assert_eq!(days["2026-10-01"]["revenue"], 1_200.5, "{header}");
    }
}

#[test]
fn forecasts_are_asked_about() {
    for text in ["Forecast", "Budget", "Plan", "Prognose"] {
        let file = format!("Date,Type,Revenue\n2026-10-01,Actual,90.50\n2026-10-02,{text},80\n");
        let key = format!("rows:Type:{text}");
        let open = asked(file.as_bytes(), &[]);
        assert!(open.contains(&key), "{open:?}");
        let (days, _) = answered(
            file.as_bytes(),
            &[("listed", "parts"), ("rows:Type:Actual", "counts"), (&key, "leftOut")],
        );
        assert!(!days.contains_key("2026-10-02"), "{days:?}");
    }
}

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

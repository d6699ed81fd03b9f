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
    let file = "Order ID,Date,Total\n1,2026-10-20,12.50\n,2026-10-20,\n2,2026-10-21,8\n3,2026-10-21,8\n";
    let (days, _) = answered(file.as_bytes(), &[]);
    assert_eq!(days["2026-10-20"]["conversions"], 1.0);
    assert_eq!(days["2026-10-21"]["conversions"], 2.0);
}

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

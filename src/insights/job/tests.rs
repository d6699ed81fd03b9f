use super::*;

#[test]
fn retries_come_later_and_later_but_at_least_each_hour() {
    let seconds = |failures| retry_after(failures) / 1_000_000;
    assert_eq!([0, 1, 2, 3].map(seconds), [5, 10, 20, 40]);
    assert_eq!(seconds(9), 2_560);
    assert_eq!([10, 40, i64::MAX].map(seconds), [3_600; 3]);
}

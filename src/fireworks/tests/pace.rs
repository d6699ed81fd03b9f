//! Tests of the emulator's timing.

use super::*;

#[tokio::test]
async fn the_emulator_keeps_the_requested_pace() {
    let start = Instant::now();
    let (outcome, ..) = reply_to("#tokens=21 #speed=100 #first=50").await;
    let took = start.elapsed();
    assert_eq!(outcome.deltas, 21);
    // 50 ms, then 20 intervals of 10 ms. The upper bound allows for a busy machine.
    assert!(took >= Duration::from_millis(249), "{took:?}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test]
async fn stamped_tokens_carry_their_time() {
    let (outcome, ..) = reply_to("#tokens=2 #stamp").await;
    let stamp = outcome.text.split_once('@').and_then(|(_, rest)| rest.split_once(' '));
    assert!(stamp.unwrap().0.parse::<u64>().unwrap() > 1_700_000_000_000_000);
}

use super::*;

#[test]
fn retries_back_off_up_to_an_hour() {
    let seconds = |failures| retry_after(failures) / 1_000_000;
    assert_eq!([0, 1, 2, 3].map(seconds), [5, 10, 20, 40]);
    assert_eq!(seconds(9), 2_560);
    assert_eq!([10, 40, i64::MAX].map(seconds), [3_600; 3]);
}

#[tokio::test]
async fn work_that_times_out_is_cancelled_and_ends() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let work = beside(move |stop: CancellationToken| {
        while !stop.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        tell.send(())
    });
    let result = tokio::time::timeout(Duration::from_millis(20), work).await;
    assert!(result.is_err(), "nobody waits any more");
    let ended = tokio::time::timeout(Duration::from_secs(10), told).await;
    assert!(ended.is_ok_and(|ended| ended.is_ok()), "the thread is free again");
}

//! Tests of replies that are interrupted or stall.

use super::*;

#[tokio::test]
async fn text_before_a_break_is_delivered_with_the_failure_kind() {
    let cases = [
        ("error-mid", FailureKind::Busy),
        ("error-empty-choices", FailureKind::Busy),
        ("cut", FailureKind::Truncated),
        ("reset", FailureKind::Truncated),
        ("malformed", FailureKind::Protocol),
        ("long-event", FailureKind::EventTooLong),
    ];
    for (fault, kind) in cases {
        let (outcome, ..) = reply_to(&format!("#fault={fault} #tokens=20")).await;
        assert_eq!(outcome.kind(), Some(kind), "{fault}: {:?}", outcome.failure);
        assert_eq!(outcome.text, "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ", "{fault}");
        assert_eq!(outcome.model.as_deref(), Some(FIRST), "{fault}");
    }
}

#[tokio::test]
async fn a_silent_upstream_hits_the_first_event_timeout() {
    let (outcome, emulator, _) = reply_with("#fault=stall-first", |settings| {
        settings.first_event_timeout = Duration::from_millis(80);
    })
    .await;
    assert_eq!(outcome.kind(), Some(FailureKind::FirstEventTimeout));
    assert_eq!(emulator.counts().requests, 1);
}

#[tokio::test]
async fn an_upstream_that_falls_silent_hits_the_between_events_timeout() {
    let (outcome, ..) = reply_with("#fault=stall-mid #tokens=6", |settings| {
        settings.between_events_timeout = Duration::from_millis(80);
    })
    .await;
    assert_eq!(outcome.kind(), Some(FailureKind::Stalled));
    assert_eq!(outcome.text, "w0 w1 w2 ");
}

#[tokio::test]
async fn an_endless_reply_hits_the_reply_timeout() {
    let (outcome, ..) = reply_with("#tokens=100000 #speed=100", |settings| {
        settings.whole_reply_timeout = Duration::from_millis(150);
    })
    .await;
    assert_eq!(outcome.kind(), Some(FailureKind::TooSlow));
    assert!(outcome.deltas > 3);
}

#[tokio::test]
async fn retries_stay_within_the_reply_timeout() {
    let (outcome, ..) = reply_with("#fault=http-503", |settings| {
        settings.whole_reply_timeout = Duration::from_millis(80);
        settings.retry.first_wait = Duration::from_secs(60);
        settings.retry.longest_wait = Duration::from_secs(60);
    })
    .await;
    assert_eq!(outcome.kind(), Some(FailureKind::TooSlow));
}

#[tokio::test]
async fn a_body_that_stays_open_after_the_finish_costs_only_the_grace() {
    let chunk = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let steps = vec![Step::Send(format!("{head}{chunk}")), Step::Wait(Duration::from_secs(30))];
    let client = client_for(raw(steps).await, |_| {});
    let start = Instant::now();
    let outcome = collect(client.stream(ask("Hi"))).await;
    assert_eq!(outcome.finish, Some((FinishReason::Stop, None)));
    assert!(start.elapsed() < Duration::from_secs(2));
}

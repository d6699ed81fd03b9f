//! Tests of replies that are dropped before their end.

use super::*;

#[tokio::test]
async fn dropping_a_reply_closes_its_connection_and_stops_the_generation() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let mut reply = client.stream(ask("#tokens=100000 #speed=200"));
    for _ in 0..5 {
        reply.next().await.unwrap().unwrap();
    }
    assert_eq!(emulator.counts().open_replies, 1);
    drop(reply);
    eventually("the reply ended", || emulator.counts().open_replies == 0).await;
    eventually("the connection closed", || emulator.counts().open_connections == 0).await;
    let deltas = emulator.counts().deltas;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(emulator.counts().deltas, deltas);
}

#[tokio::test]
async fn the_emulator_reports_the_emitted_tokens_of_a_dropped_reply_once() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let mut reply = client.stream(ask("#tokens=100000 #speed=200"));
    for _ in 0..5 {
        reply.next().await.unwrap().unwrap();
    }
    drop(reply);
    eventually("the reply ended", || emulator.counts().open_replies == 0).await;
    let told = || async {
        let response = reqwest::get(format!("{}/emitted", emulator.base_url())).await.unwrap();
        response.json::<serde_json::Value>().await.unwrap()
    };
    assert_eq!(told().await["conversation"], emulator.counts().tokens);
    assert_eq!(told().await, serde_json::json!({}));
}

#[tokio::test]
async fn dropping_a_reply_that_has_not_begun_closes_its_connection_too() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let mut reply = client.stream(ask("#fault=stall-first"));
    let waited = tokio::time::timeout(Duration::from_millis(50), reply.next()).await;
    assert!(waited.is_err());
    drop(reply);
    eventually("the connection closed", || emulator.counts().open_connections == 0).await;
}

#[tokio::test]
async fn dropping_next_repeatedly_loses_no_event() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let mut reply = client.stream(ask("#tokens=40 #speed=400 #first=20"));
    let mut text = String::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(1), reply.next()).await {
            Ok(Some(Ok(Event::Delta(chunk)))) => text.push_str(&chunk),
            Ok(Some(Ok(_))) | Err(_) => {}
            Ok(Some(Err(failure))) => panic!("{failure}"),
            Ok(None) => break,
        }
    }
    let expected: String = (0..40).map(|n| format!("w{n} ")).collect();
    assert_eq!(text, expected);
}

#[tokio::test]
async fn a_stopped_emulator_releases_its_replies_and_port() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let mut reply = client.stream(ask("#tokens=100000 #speed=200"));
    reply.next().await.unwrap().unwrap();
    let base = emulator.base_url();
    drop(emulator);
    let outcome = collect(reply).await;
    assert_eq!(outcome.kind(), Some(FailureKind::Truncated));
    let again = collect(client_for(base, |_| {}).stream(ask("Hi"))).await;
    assert_eq!(again.kind(), Some(FailureKind::ConnectionRefused));
}

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::fireworks::emulator::{Counts, Emulator, EmulatorSettings};
use crate::fireworks::{ChatRequest, Client, Message, Role, Settings};

/// A server, and a stream of a reply that takes seconds.
async fn asked() -> (Emulator, ReplyStream) {
    let emulator = Emulator::on_loopback(EmulatorSettings::default()).await.unwrap();
    let client = Client::new(Settings::new(emulator.base_url(), "m")).unwrap();
    let content = "What now? #tokens=500 #speed=50".to_owned();
    let stream = client.stream(ChatRequest {
        model: None,
        messages: vec![Message { role: Role::User, content }],
        history: 0,
        max_tokens: 2_048,
        temperature: 0.7,
        user: String::new(),
        conversation: String::new(),
    });
    (emulator, stream)
}

async fn until(emulator: &Emulator, holds: fn(Counts) -> bool) {
    for _ in 0..500 {
        if holds(emulator.counts()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", emulator.counts());
}

#[tokio::test]
async fn the_upstream_is_asked_while_the_question_is_stored() {
    let (emulator, mut stream) = asked().await;
    let (tell, stored) = oneshot::channel();
    let telling = async {
        until(&emulator, |counts| counts.open_replies == 1).await;
        tell.send(()).unwrap();
    };
    let (said, ()) = tokio::join!(until_stored(&mut stream, stored, true), telling);
    let mut upstream = Upstream { stream, first: said.unwrap() };
    assert!(matches!(upstream.next().await, Some(Ok(Event::Started { .. }))));
    assert!(matches!(upstream.next().await, Some(Ok(Event::Delta(text))) if text == "w0 "));
    assert_eq!(emulator.counts().requests, 1);
}

#[tokio::test]
async fn a_request_upstream_is_dropped_if_the_question_could_not_be_stored() {
    let (emulator, mut stream) = asked().await;
    let (tell, stored) = oneshot::channel::<()>();
    let failing = async {
        until(&emulator, |counts| counts.open_replies == 1).await;
        drop(tell);
    };
    let (said, ()) = tokio::join!(until_stored(&mut stream, stored, true), failing);
    assert!(said.is_none());
    drop(stream);
    until(&emulator, |counts| counts.open_replies == 0).await;
}

#[tokio::test]
async fn a_question_that_may_not_be_early_is_stored_first() {
    let (emulator, mut stream) = asked().await;
    let (tell, stored) = oneshot::channel();
    let telling = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(emulator.counts().requests, 0);
        tell.send(()).unwrap();
    };
    let (said, ()) = tokio::join!(until_stored(&mut stream, stored, false), telling);
    assert!(matches!(said, Some(None)));
}

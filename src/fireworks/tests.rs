//! The client against the emulator, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::emulator::{Emulator, EmulatorSettings};
use super::*;

const FIRST: &str = "accounts/fireworks/models/first";
const SECOND: &str = "accounts/fireworks/models/second";

/// Settings with the waits of a test; `change` makes what the test is about.
fn client_for(base_url: Url, change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = Settings::new(base_url, FIRST);
    settings.api_key = Some("fw_test".into());
    settings.retry.first_wait = Duration::from_millis(5);
    settings.retry.longest_wait = Duration::from_millis(20);
    settings.usage_grace = Duration::from_millis(100);
    change(&mut settings);
    Client::new(settings).unwrap()
}

async fn emulator() -> Emulator {
    Emulator::on_loopback(EmulatorSettings::default())
        .await
        .unwrap()
}

fn ask(question: &str) -> ChatRequest {
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
    };
    ChatRequest {
        model: None,
        messages: vec![
            message(
                Role::System,
                "You are the CFO.\n\n- Industry: Bakery\n- Goals: Second shop\n",
            ),
            message(Role::User, question),
        ],
        max_tokens: 2048,
        temperature: 0.7,
        user: "member".into(),
        conversation: "conversation".into(),
    }
}

/// All that came of a reply.
#[derive(Debug, Default)]
struct Outcome {
    model: Option<String>,
    text: String,
    deltas: usize,
    reasoning: usize,
    finish: Option<(FinishReason, Option<Usage>)>,
    failure: Option<Failure>,
}

impl Outcome {
    fn kind(&self) -> Option<FailureKind> {
        self.failure.as_ref().map(|failure| failure.kind)
    }

    fn finish_reason(&self) -> Option<FinishReason> {
        self.finish.map(|(reason, _)| reason)
    }

    fn usage(&self) -> Option<Usage> {
        self.finish.and_then(|(_, usage)| usage)
    }
}

async fn collect(mut stream: ReplyStream) -> Outcome {
    let mut outcome = Outcome::default();
    while let Some(event) = stream.next().await {
        assert!(
            outcome.finish.is_none() && outcome.failure.is_none(),
            "an event after the end"
        );
        match event {
            Ok(Event::Started { model }) => outcome.model = Some(model),
            Ok(Event::Delta(text)) => {
                assert!(!text.is_empty());
                outcome.text.push_str(&text);
                outcome.deltas += 1;
            }
            Ok(Event::Reasoning { bytes }) => outcome.reasoning += bytes,
            Ok(Event::Finished {
                finish_reason,
                usage,
            }) => {
                outcome.finish = Some((finish_reason, usage));
            }
            Err(failure) => outcome.failure = Some(failure),
        }
    }
    outcome
}

/// Asks one question of a fresh emulator.
async fn reply_to(question: &str) -> (Outcome, Emulator, Client) {
    reply_with(question, |_| {}).await
}

async fn reply_with(
    question: &str,
    change: impl FnOnce(&mut Settings),
) -> (Outcome, Emulator, Client) {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), change);
    let outcome = collect(client.stream(ask(question))).await;
    (outcome, emulator, client)
}

/// A server that answers every connection with the same bytes; for what the emulator cannot say.
async fn canned(answer: String) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
                let _ = socket.shutdown().await;
            });
        }
    });
    Url::parse(&base).unwrap()
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "not in time: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

mod answers {
    use super::*;

    #[tokio::test]
    async fn a_reply_arrives_whole_with_its_model_and_its_bill() {
        let (outcome, emulator, _) = reply_to("How is our cash?").await;
        assert_eq!(outcome.failure, None);
        assert_eq!(outcome.model.as_deref(), Some(FIRST));
        assert!(
            outcome
                .text
                .starts_with("*Simulated reply: no model was asked.*")
        );
        assert!(outcome.text.contains("Bakery") && outcome.text.contains("> How is our cash?"));
        assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop));
        let usage = outcome.usage().unwrap();
        assert_eq!(usage.completion_tokens, outcome.deltas as u64);
        assert!(usage.prompt_tokens > 10);
        let counts = emulator.counts();
        assert_eq!((counts.requests, counts.deltas), (1, outcome.deltas as u64));
    }

    #[tokio::test]
    async fn filler_tokens_come_one_a_delta_exactly_once_and_in_order() {
        let (outcome, ..) = reply_to("#tokens=1000").await;
        let expected: String = (0..1000).map(|n| format!("w{n} ")).collect();
        assert_eq!(outcome.text, expected);
        assert_eq!(outcome.deltas, 1000);
    }

    #[tokio::test]
    async fn odd_framing_changes_nothing_in_the_text() {
        let (plain, ..) = reply_to("#fault=echo Zoë asks: 🥐 or 你好?").await;
        assert_eq!(plain.text, "Zoë asks: 🥐 or 你好?");
        for oddity in ["crlf", "cr", "bom", "comments", "split", "no-done"] {
            let question = format!("#fault=echo #fault={oddity} Zoë asks: 🥐 or 你好?");
            let (outcome, ..) = reply_to(&question).await;
            assert_eq!(outcome.text, plain.text, "{oddity}");
            assert_eq!(
                outcome.finish_reason(),
                Some(FinishReason::Stop),
                "{oddity}"
            );
        }
    }

    #[tokio::test]
    async fn all_oddities_of_framing_go_together() {
        let question = "#fault=echo #fault=split #fault=crlf #fault=bom #fault=comments #fault=reasoning é🥐 \"\\ end";
        let (outcome, ..) = reply_to(question).await;
        assert_eq!(outcome.text, "é🥐 \"\\ end");
        assert_eq!(outcome.failure, None);
    }

    #[tokio::test]
    async fn usage_is_found_in_the_finish_chunk_in_an_extra_one_or_not_at_all() {
        let (finish, ..) = reply_to("#tokens=7 #fault=usage-finish").await;
        let (extra, ..) = reply_to("#tokens=7 #fault=usage-extra").await;
        let (none, ..) = reply_to("#tokens=7 #fault=usage-none").await;
        assert_eq!(finish.usage().map(|usage| usage.completion_tokens), Some(7));
        assert_eq!(extra.usage().map(|usage| usage.completion_tokens), Some(7));
        assert_eq!(none.usage(), None);
        assert_eq!(none.finish_reason(), Some(FinishReason::Stop));
    }

    #[tokio::test]
    async fn reasoning_is_counted_and_never_part_of_the_answer() {
        let (outcome, ..) = reply_to("#fault=reasoning #fault=echo Hello").await;
        assert_eq!(outcome.text, "Hello");
        assert!(outcome.reasoning > 10);
    }

    #[tokio::test]
    async fn an_answer_at_its_token_limit_says_so() {
        let (told, ..) = reply_to("#fault=length #tokens=5").await;
        assert_eq!(told.finish_reason(), Some(FinishReason::Length));
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        let limited = ChatRequest {
            max_tokens: 4,
            ..ask("#tokens=50")
        };
        let outcome = collect(client.stream(limited)).await;
        assert_eq!(
            (outcome.deltas, outcome.finish_reason()),
            (4, Some(FinishReason::Length))
        );
    }

    #[tokio::test]
    async fn short_replies_share_one_connection() {
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        for _ in 0..20 {
            let outcome = collect(client.stream(ask("#tokens=8"))).await;
            assert_eq!(outcome.deltas, 8);
            // The end of the body is read behind the caller's back.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(emulator.counts().open_connections, 1);
    }

    #[tokio::test]
    async fn a_server_without_a_finish_reason_may_end_with_done() {
        let body = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n";
        let base = canned(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}"
        ));
        let outcome = collect(client_for(base.await, |_| {}).stream(ask("Hi"))).await;
        assert_eq!(outcome.text, "Hi");
        assert_eq!(outcome.finish, Some((FinishReason::Other, None)));
    }
}

mod refusals {
    use super::*;

    #[tokio::test]
    async fn each_status_becomes_its_kind() {
        let cases = [
            ("http-400", FailureKind::BadRequest, 1),
            ("prompt-too-long", FailureKind::PromptTooLong, 1),
            ("http-413", FailureKind::PromptTooLong, 1),
            ("http-401", FailureKind::KeyRefused, 1),
            ("http-403", FailureKind::KeyRefused, 1),
            ("http-402", FailureKind::Suspended, 1),
            ("http-412", FailureKind::Suspended, 1),
            ("http-422", FailureKind::BadRequest, 1),
            ("http-307", FailureKind::Protocol, 1),
            ("not-a-stream", FailureKind::Protocol, 1),
            ("http-404", FailureKind::ModelMissing, 1),
            ("http-408", FailureKind::Busy, 3),
            ("http-429", FailureKind::Busy, 3),
            ("http-500", FailureKind::Busy, 3),
            ("http-502", FailureKind::Busy, 3),
            ("http-503", FailureKind::Busy, 3),
            ("http-504", FailureKind::Busy, 3),
            ("http-501", FailureKind::Busy, 1),
            ("string-error", FailureKind::Busy, 3),
            ("plain-text", FailureKind::Busy, 3),
            ("html-gateway", FailureKind::Busy, 3),
        ];
        for (fault, kind, requests) in cases {
            let (outcome, emulator, _) = reply_to(&format!("Hi #fault={fault}")).await;
            assert_eq!(outcome.kind(), Some(kind), "{fault}");
            assert_eq!(emulator.counts().requests, requests, "{fault}");
            assert_eq!(outcome.model, None, "{fault}");
        }
    }

    #[tokio::test]
    async fn the_detail_tells_an_admin_what_the_upstream_said() {
        let detail = |outcome: Outcome| outcome.failure.unwrap().detail;
        let (suspended, _, client) = reply_to("#fault=http-412").await;
        assert!(detail(suspended).contains("monthly spending limit"));
        assert!(client.notice().unwrap().contains("monthly spending limit"));
        let (html, ..) = reply_to("#fault=html-gateway").await;
        assert_eq!(
            detail(html),
            "HTTP 502 (without a code): an HTML page: 502 Bad Gateway"
        );
        let (list, ..) = reply_to("#fault=http-422").await;
        assert!(detail(list).contains("Extra inputs are not permitted"));
    }

    #[tokio::test]
    async fn a_refused_key_is_on_the_admins_page_and_not_in_any_text() {
        let body = r#"{"error":"no such key: fw_test"}"#;
        let base = canned(format!(
            "HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ));
        let client = client_for(base.await, |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        assert_eq!(outcome.kind(), Some(FailureKind::KeyRefused));
        let notice = client.notice().unwrap();
        assert!(notice.starts_with("API key refused"), "{notice}");
        assert!(!notice.contains("fw_test") && !format!("{outcome:?}").contains("fw_test"));
    }

    #[tokio::test]
    async fn a_refusal_leaves_no_open_reply() {
        let (_, emulator, _) = reply_to("#fault=http-500").await;
        assert_eq!(emulator.counts().open_replies, 0);
    }
}

mod retries {
    use super::*;

    #[tokio::test]
    async fn two_failures_are_forgiven_and_the_third_try_answers() {
        let (outcome, emulator, _) = reply_to("Hi #fault=http-503*1 #fault=http-429*1").await;
        assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop));
        assert_eq!(emulator.counts().requests, 3);
    }

    #[tokio::test]
    async fn after_the_tries_the_fallback_is_asked_once() {
        let (outcome, emulator, _) = reply_with("Hi #fault=http-503*3", |s| {
            s.fallback_model = Some(SECOND.into())
        })
        .await;
        assert_eq!(outcome.model.as_deref(), Some(SECOND));
        assert_eq!(emulator.counts().requests, 4);
        let (outcome, emulator, client) = reply_with("Hi #fault=http-503", |s| {
            s.fallback_model = Some(SECOND.into())
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::Busy));
        assert_eq!(emulator.counts().requests, 4);
        // Busy is no reason to pass the first model over next time.
        assert_eq!(client.notice(), None);
    }

    #[tokio::test]
    async fn a_key_or_prompt_at_fault_is_not_tried_on_the_fallback() {
        for fault in ["http-401", "prompt-too-long", "http-412"] {
            let question = format!("Hi #fault={fault}");
            let (_, emulator, _) =
                reply_with(&question, |s| s.fallback_model = Some(SECOND.into())).await;
            assert_eq!(emulator.counts().requests, 1, "{fault}");
        }
    }

    #[tokio::test]
    async fn retry_after_is_waited_for() {
        let start = Instant::now();
        let (outcome, ..) = reply_to("Hi #fault=retry-after*1 #tokens=1").await;
        assert_eq!(outcome.deltas, 1);
        assert!(
            start.elapsed() >= Duration::from_millis(990),
            "{:?}",
            start.elapsed()
        );
    }

    #[tokio::test]
    async fn a_retry_after_beyond_the_limit_ends_the_tries() {
        let (outcome, emulator, _) = reply_with("Hi #fault=retry-after", |settings| {
            settings.retry.longest_retry_after = Duration::from_millis(500);
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::Busy));
        assert_eq!(emulator.counts().requests, 1);
    }

    #[tokio::test]
    async fn an_error_or_an_end_before_the_first_token_is_tried_again() {
        for fault in ["error-first*2", "cut-first*2"] {
            let (outcome, emulator, _) = reply_to(&format!("#tokens=3 #fault={fault}")).await;
            assert_eq!((outcome.deltas, outcome.failure), (3, None), "{fault}");
            assert_eq!(emulator.counts().requests, 3, "{fault}");
        }
    }

    #[tokio::test]
    async fn nothing_is_tried_again_after_the_first_token() {
        for fault in [
            "error-mid",
            "error-empty-choices",
            "cut",
            "reset",
            "malformed",
        ] {
            let question = format!("#fault={fault}*1 #tokens=20");
            let (outcome, emulator, _) =
                reply_with(&question, |s| s.fallback_model = Some(SECOND.into())).await;
            assert!(outcome.failure.is_some(), "{fault}");
            assert_eq!(emulator.counts().requests, 1, "{fault}");
        }
    }

    #[tokio::test]
    async fn an_upstream_that_is_not_there_is_unreachable() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        drop(listener);
        let client = client_for(Url::parse(&base).unwrap(), |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        let failure = outcome.failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Unreachable);
        assert!(failure.detail.contains("refused"), "{}", failure.detail);
    }
}

mod missing_models {
    use super::*;

    #[tokio::test]
    async fn a_missing_model_is_replaced_at_once_remembered_and_noticed() {
        let (outcome, emulator, client) = reply_with("#fault=model-missing #tokens=2", |s| {
            s.fallback_model = Some(SECOND.into());
        })
        .await;
        assert_eq!(outcome.model.as_deref(), Some(SECOND));
        assert_eq!(emulator.counts().requests, 2);
        assert!(client.notice().unwrap().contains(FIRST));

        let again = collect(client.stream(ask("#fault=model-missing #tokens=2"))).await;
        assert_eq!(again.model.as_deref(), Some(SECOND));
        assert_eq!(emulator.counts().requests, 3);
    }

    #[tokio::test]
    async fn a_missing_model_is_tried_again_after_its_time() {
        let (_, _emulator, client) = reply_with("#fault=model-missing #tokens=2", |s| {
            s.fallback_model = Some(SECOND.into());
            s.missing_model_memory = Duration::ZERO;
        })
        .await;
        let again = collect(client.stream(ask("#tokens=2"))).await;
        assert_eq!(again.model.as_deref(), Some(FIRST));
        assert_eq!(client.notice(), None);
    }

    #[tokio::test]
    async fn where_the_fallback_is_missing_too_nothing_is_remembered() {
        let (outcome, _emulator, client) = reply_with("#fault=http-404", |s| {
            s.fallback_model = Some(SECOND.into())
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::ModelMissing));
        assert_eq!(client.notice(), None);
    }

    #[tokio::test]
    async fn a_request_may_name_its_own_model() {
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        let request = ChatRequest {
            model: Some("other".into()),
            ..ask("#tokens=1")
        };
        assert_eq!(
            collect(client.stream(request)).await.model.as_deref(),
            Some("other")
        );
    }
}

mod breaks {
    use super::*;

    #[tokio::test]
    async fn what_arrived_before_a_break_is_delivered_with_the_right_kind() {
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
    async fn an_upstream_that_says_nothing_meets_the_first_limit() {
        let (outcome, emulator, _) = reply_with("#fault=stall-first", |settings| {
            settings.first_event_timeout = Duration::from_millis(80);
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::FirstEventTimeout));
        assert_eq!(emulator.counts().requests, 1);
    }

    #[tokio::test]
    async fn an_upstream_that_goes_silent_meets_the_second_limit() {
        let (outcome, ..) = reply_with("#fault=stall-mid #tokens=6", |settings| {
            settings.between_events_timeout = Duration::from_millis(80);
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::Stalled));
        assert_eq!(outcome.text, "w0 w1 w2 ");
    }

    #[tokio::test]
    async fn a_reply_without_end_meets_the_last_limit() {
        let (outcome, ..) = reply_with("#tokens=100000 #speed=100", |settings| {
            settings.whole_reply_timeout = Duration::from_millis(150);
        })
        .await;
        assert_eq!(outcome.kind(), Some(FailureKind::TooSlow));
        assert!(outcome.deltas > 3);
    }

    #[tokio::test]
    async fn retries_do_not_outlast_the_time_of_a_whole_reply() {
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let chunk =
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n";
        let _held = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut vec![0; 65_536]).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            let _ = socket.write_all(format!("{head}{chunk}").as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(30)).await;
        });
        let start = Instant::now();
        let client = client_for(Url::parse(&base).unwrap(), |_| {});
        let outcome = collect(client.stream(ask("Hi"))).await;
        assert_eq!(outcome.finish, Some((FinishReason::Stop, None)));
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}

mod cancellation {
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
        eventually("the connection closed", || {
            emulator.counts().open_connections == 0
        })
        .await;
        let deltas = emulator.counts().deltas;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(emulator.counts().deltas, deltas);
    }

    #[tokio::test]
    async fn dropping_a_reply_that_has_not_begun_closes_its_connection_too() {
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        let mut reply = client.stream(ask("#fault=stall-first"));
        let waited = tokio::time::timeout(Duration::from_millis(50), reply.next()).await;
        assert!(waited.is_err());
        drop(reply);
        eventually("the connection closed", || {
            emulator.counts().open_connections == 0
        })
        .await;
    }

    #[tokio::test]
    async fn a_next_that_is_dropped_again_and_again_loses_nothing() {
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        let mut reply = client.stream(ask("#tokens=40 #speed=400 #first=20"));
        let mut text = String::new();
        loop {
            match tokio::time::timeout(Duration::from_millis(1), reply.next()).await {
                Ok(Some(Ok(Event::Delta(piece)))) => text.push_str(&piece),
                Ok(Some(Ok(_))) | Err(_) => {}
                Ok(Some(Err(failure))) => panic!("{failure}"),
                Ok(None) => break,
            }
        }
        let expected: String = (0..40).map(|n| format!("w{n} ")).collect();
        assert_eq!(text, expected);
    }

    #[tokio::test]
    async fn a_stopped_emulator_lets_go_of_its_replies_and_its_port() {
        let emulator = emulator().await;
        let client = client_for(emulator.base_url(), |_| {});
        let mut reply = client.stream(ask("#tokens=100000 #speed=200"));
        reply.next().await.unwrap().unwrap();
        let base = emulator.base_url();
        drop(emulator);
        let outcome = collect(reply).await;
        assert_eq!(outcome.kind(), Some(FailureKind::Truncated));
        let again = collect(client_for(base, |_| {}).stream(ask("Hi"))).await;
        assert_eq!(again.kind(), Some(FailureKind::Unreachable));
    }
}

mod pace {
    use super::*;

    #[tokio::test]
    async fn the_emulator_keeps_the_pace_that_is_asked() {
        let start = Instant::now();
        let (outcome, ..) = reply_to("#tokens=21 #speed=100 #first=50").await;
        let took = start.elapsed();
        assert_eq!(outcome.deltas, 21);
        // 50 ms, then 20 intervals of 10 ms; the upper bound leaves room for a busy machine.
        assert!(took >= Duration::from_millis(249), "{took:?}");
        assert!(took < Duration::from_millis(1_500), "{took:?}");
    }

    #[tokio::test]
    async fn stamped_tokens_carry_their_time() {
        let (outcome, ..) = reply_to("#tokens=2 #stamp").await;
        let stamp = outcome
            .text
            .split_once('@')
            .and_then(|(_, rest)| rest.split_once(' '));
        assert!(stamp.unwrap().0.parse::<u64>().unwrap() > 1_700_000_000_000_000);
    }
}

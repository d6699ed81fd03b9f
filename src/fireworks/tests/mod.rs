//! Tests of the client against the emulator, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod breaks;
mod cancellation;
mod context;
mod errors;
mod fields;
mod missing_models;
mod pace;
mod refusals;
mod retries;
mod server;
mod shapes;

use std::time::{Duration, Instant};

use url::Url;

use self::server::{Server, Step, error, nobody, ok, raw, typed};
use super::emulator::{Emulator, EmulatorSettings};
use super::*;

const FIRST: &str = "accounts/fireworks/models/first";
const SECOND: &str = "accounts/fireworks/models/second";

/// Creates a client with short waits. `change` adjusts the settings for the test.
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
    Emulator::on_loopback(EmulatorSettings::default()).await.unwrap()
}

fn ask(question: &str) -> ChatRequest {
    let message = |role, content: &str| Message { role, content: content.to_owned() };
    ChatRequest {
        model: None,
        messages: vec![
            message(Role::System, "You are the CFO.\n\n- Industry: Bakery\n- Goals: Second shop\n"),
            message(Role::User, question),
        ],
        history: 0,
        max_tokens: 2048,
        temperature: 0.7,
        user: "member".into(),
        conversation: "conversation".into(),
    }
}

/// Everything received of a reply.
#[derive(Debug, Default)]
struct Outcome {
    model: Option<String>,
    text: String,
    deltas: usize,
    reasoning: String,
    /// Number of `AnswerWasReasoning` events.
    withdrawn: usize,
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
        assert!(outcome.finish.is_none() && outcome.failure.is_none(), "an event after the end");
        match event {
            Ok(Event::Started { model }) => outcome.model = Some(model),
            Ok(Event::Delta(text)) => {
                assert!(!text.is_empty());
                outcome.text.push_str(&text);
                outcome.deltas += 1;
            }
            Ok(Event::Reasoning(text)) => outcome.reasoning.push_str(&text),
            Ok(Event::AnswerWasReasoning) => {
                outcome.reasoning.push_str(&std::mem::take(&mut outcome.text));
                outcome.withdrawn += 1;
            }
            Ok(Event::ReasoningWasAnswer(text)) => {
                outcome.reasoning.clear();
                outcome.text.push_str(&text);
            }
            Ok(Event::Finished { finish_reason, usage }) => {
                outcome.finish = Some((finish_reason, usage));
            }
            Err(failure) => outcome.failure = Some(failure),
        }
    }
    outcome
}

/// Asks a new emulator one question.
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

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(5), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! Sends many questions concurrently on a budget that covers a few. Exactly those must be accepted.

use std::collections::HashMap;

use csuite_load::Outcome;
use csuite_load::client::{Client, post};
use futures_util::future::join_all;
use http::StatusCode;

use crate::member::{Question, Transcript, json_of};
use crate::world::World;
use crate::{Finding, Scale, ensure};

/// The reservation and the cost of each reply. Prompts are free and a token costs one micro-dollar, so the
/// order in which replies settle does not matter.
const PRICES: (&str, &str) = ("MODEL_PRICES", "qwen2p5-72b-instruct=0/0/1,gpt-oss-120b=0/0/1");
const TOKENS: u32 = 100;

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("budget");
    let world =
        World::new(scale, "budget", &[PRICES, ("FIREWORKS_MAX_TOKENS", &TOKENS.to_string())])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let allowed = if scale.long { 100 } else { 10 };
    let budget = i64::from(allowed * TOKENS);
    let monthly = format!("monthly={:.6}", f64::from(allowed * TOKENS) / 1e6);
    let set = member.post_form("set_budgets", "/admin/usage", monthly).await?;
    ensure!(set.status() == StatusCode::FOUND, "setting the budget was answered {}", set.status());

    let mut sends = Vec::new();
    for number in 0..scale.sends {
        // Longer than a reply may be, so that each reply uses its whole reservation.
        let question = Question::new(&mut rng, 1_000, number % 3 * 200, 0);
        let mut client = Client::connect(server.addr()).await?;
        let call = post("/c-suite/ceo/chat", &member.token, &question.body())?;
        sends.push(async move { read(client.send(call).await?).await });
    }
    let mut passed = 0;
    for outcome in join_all(sends).await {
        passed += u32::from(outcome?);
    }
    ensure!(passed == allowed, "the budget allows {allowed} answers, and {passed} passed");

    for (what, expected, sql) in [
        ("questions", i64::from(allowed), "SELECT COUNT(*) FROM messages WHERE role = 'user'"),
        (
            "answers",
            i64::from(allowed),
            "SELECT COUNT(*) FROM messages WHERE role = 'assistant' AND status = 'complete'",
        ),
        ("messages", i64::from(2 * allowed), "SELECT COUNT(*) FROM messages"),
        ("conversations", i64::from(allowed), "SELECT COUNT(*) FROM conversations"),
        ("entries", i64::from(2 * allowed), "SELECT COUNT(*) FROM ledger_entries"),
        ("spent", budget, "SELECT SUM(cost_micros) FROM ledger_entries"),
        ("held", 0, "SELECT SUM(held_micros) FROM ledger_entries"),
        ("held or running", 0, "SELECT SUM(held_micros + running) FROM spending"),
    ] {
        let stored = world.number(sql).await?;
        ensure!(stored == expected, "{what}: {stored} where {expected} was due");
    }
    let mut emitted = HashMap::new();
    world.note_emitted(&mut emitted, std::iter::empty()).await?;
    ensure!(emitted.len() == allowed as usize, "the upstream was asked {} times", emitted.len());
    let refused = scale.sends - passed;
    Ok(Finding {
        done: format!("{} sends at once on a budget for {allowed}", scale.sends),
        found: format!(
            "exactly {passed} passed and were asked upstream, {refused} got 402 and left nothing behind; \
             {budget} of {budget} micro-dollars spent, 0 held"
        ),
    })
}

/// Reads a response. Returns true if a reply completed, false if the budget refused it.
async fn read(answer: csuite_load::client::Answer) -> Outcome<bool> {
    if answer.status() == StatusCode::OK {
        let mut transcript = Transcript::default();
        transcript.read(answer).await?;
        ensure!(transcript.done(), "an answer ended {:?}", transcript.end);
        return Ok(true);
    }
    let status = answer.status();
    let body = json_of(answer).await?;
    ensure!(
        status == StatusCode::PAYMENT_REQUIRED && body["code"] == "BUDGET_EXCEEDED",
        "a send was answered {status}: {body}"
    );
    Ok(false)
}

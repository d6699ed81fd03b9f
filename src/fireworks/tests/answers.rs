//! Tests of replies that complete.

use super::*;

#[tokio::test]
async fn a_reply_arrives_complete_with_model_and_usage() {
    let (outcome, emulator, _) = reply_to("How is our cash?").await;
    assert_eq!(outcome.failure, None);
    assert_eq!(outcome.model.as_deref(), Some(FIRST));
    assert!(outcome.text.starts_with("*Simulated reply: no model was asked.*"));
    assert!(outcome.text.contains("Bakery") && outcome.text.contains("> How is our cash?"));
    assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop));
    let usage = outcome.usage().unwrap();
    assert_eq!(usage.completion_tokens, outcome.deltas as u64);
    assert!(usage.prompt_tokens > 10);
    let counts = emulator.counts();
    assert_eq!((counts.requests, counts.deltas), (1, outcome.deltas as u64));
}

#[tokio::test]
async fn filler_tokens_arrive_one_per_delta_exactly_once_in_order() {
    let (outcome, ..) = reply_to("#tokens=1000").await;
    let expected: String = (0..1000).map(|n| format!("w{n} ")).collect();
    assert_eq!(outcome.text, expected);
    assert_eq!(outcome.deltas, 1000);
}

#[tokio::test]
async fn odd_framing_does_not_change_the_text() {
    let (plain, ..) = reply_to("#fault=echo Zoë asks: 🥐 or 你好?").await;
    assert_eq!(plain.text, "Zoë asks: 🥐 or 你好?");
    for oddity in ["crlf", "cr", "bom", "comments", "split", "no-done"] {
        let question = format!("#fault=echo #fault={oddity} Zoë asks: 🥐 or 你好?");
        let (outcome, ..) = reply_to(&question).await;
        assert_eq!(outcome.text, plain.text, "{oddity}");
        assert_eq!(outcome.finish_reason(), Some(FinishReason::Stop), "{oddity}");
    }
}

#[tokio::test]
async fn all_framing_oddities_work_together() {
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
async fn reasoning_is_separate_and_never_part_of_the_reply() {
    let (outcome, ..) = reply_to("#fault=reasoning #fault=echo Hello").await;
    assert_eq!(outcome.text, "Hello");
    assert_eq!(outcome.reasoning, "The member asks something; I think it over.");
}

#[tokio::test]
async fn a_reply_at_its_token_limit_says_so() {
    let (told, ..) = reply_to("#fault=length #tokens=5").await;
    assert_eq!(told.finish_reason(), Some(FinishReason::Length));
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    let limited = ChatRequest { max_tokens: 4, ..ask("#tokens=50") };
    let outcome = collect(client.stream(limited)).await;
    assert_eq!((outcome.deltas, outcome.finish_reason()), (4, Some(FinishReason::Length)));
}

#[tokio::test]
async fn short_replies_share_one_connection() {
    let emulator = emulator().await;
    let client = client_for(emulator.base_url(), |_| {});
    for _ in 0..20 {
        let outcome = collect(client.stream(ask("#tokens=8"))).await;
        assert_eq!(outcome.deltas, 8);
        // The end of the body is read in the background.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(emulator.counts().open_connections, 1);
}

#[tokio::test]
async fn a_server_without_a_finish_reason_may_end_with_done() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n";
    let server = Server::start(move |_, _| typed(200, "text/event-stream", body)).await;
    let outcome = collect(client_for(server.base, |_| {}).stream(ask("Hi"))).await;
    assert_eq!(outcome.text, "Hi");
    assert_eq!(outcome.finish, Some((FinishReason::Other, None)));
}

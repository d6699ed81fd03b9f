//! Tests of all response shapes observed in other servers, over real sockets. Each row is one example of a
//! kind.

use axum::response::IntoResponse;

use super::*;

/// Starts a server that responds to every request with these headers and steps, and then ends the body.
async fn scripted(headers: &str, steps: Vec<Step>) -> Url {
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n");
    raw([Step::Send(head)].into_iter().chain(steps).collect()).await
}

const STREAM: &str = "content-type: text/event-stream\r\n";
const JSON: &str = "content-type: application/json\r\n";

async fn reply_of(headers: &str, steps: Vec<Step>) -> Outcome {
    let client = client_for(scripted(headers, steps).await, |_| {});
    collect(client.stream(ask("Hi"))).await
}

/// Returns the outcome of a response with this body.
async fn body(text: impl Into<String>) -> Outcome {
    reply_of(STREAM, vec![Step::Send(text.into())]).await
}

/// Formats an event with a choice of these fields.
fn choice(fields: &str) -> String {
    format!("data: {{\"choices\":[{{{fields}}}]}}\n\n")
}

fn delta(fields: &str) -> String {
    choice(&format!("\"delta\":{{{fields}}}"))
}

fn content(text: &str) -> String {
    delta(&format!("\"content\":{}", serde_json::json!(text)))
}

fn finish(reason: &str) -> String {
    choice(&format!("\"delta\":{{}},\"finish_reason\":\"{reason}\""))
}

const DONE: &str = "data: [DONE]\n\n";

/// Formats a complete reply from these events.
fn whole(events: &str) -> String {
    format!("{events}{}{DONE}", finish("stop"))
}

#[tokio::test]
async fn usage_is_parsed_from_every_place() {
    let numbers = r#"{"prompt_tokens":20,"completion_tokens":40}"#;
    let real = Usage { prompt_tokens: 20, cached_tokens: 0, completion_tokens: 40 };
    let zeros = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
    let completion = |json: &str| {
        format!(r#"data: {{"usage":{{"prompt_tokens":20,"completion_tokens":{json}}}}}"#)
    };
    let counted = |completion_tokens| Some(Usage { completion_tokens, ..real });
    let hits = r#"{"prompt_tokens":20,"completion_tokens":40,"prompt_cache_hit_tokens":16}"#;
    for (what, events, usage) in [
        ("on the choice", choice(&format!(r#""delta":{{}},"usage":{numbers}"#)), Some(real)),
        ("on x_groq", format!("data: {{\"x_groq\":{{\"usage\":{numbers}}}}}\n\n"), Some(real)),
        (
            "cache hits",
            format!("data: {{\"usage\":{hits}}}\n\n"),
            Some(Usage { cached_tokens: 16, ..real }),
        ),
        (
            "zeros after a count",
            format!("data: {{\"usage\":{numbers}}}\n\ndata: {{\"usage\":{zeros}}}\n\n"),
            Some(real),
        ),
        ("a float", completion("54.0") + "\n\n", counted(54)),
        ("digits", completion("\"54\"") + "\n\n", counted(54)),
        ("null", completion("null") + "\n\n", counted(0)),
        ("wrapped", completion("4294967261") + "\n\n", counted(4_294_967_261)),
        ("wrapped far", completion("18446744073709551581") + "\n\n", counted(u64::MAX - 34)),
        ("negative", completion("-35") + "\n\n", counted(u64::MAX)),
        ("none", String::new(), None),
    ] {
        let outcome = body(content("Hi") + &finish("stop") + &events + DONE).await;
        assert_eq!(
            outcome.finish,
            Some((FinishReason::Stop, usage)),
            "{what}: {:?}",
            outcome.failure
        );
    }
}

#[tokio::test]
async fn content_parts_are_joined_and_other_parts_ignored() {
    for (events, text, reasoning) in [
        (delta(r#""content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#), "ab", ""),
        (
            delta(r#""content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]"#)
                + &delta(r#""content":[{"type":"text","text":"a"}]"#),
            "a",
            "hm",
        ),
        (
            delta(
                r#""content":[{"type":"reference","reference_ids":[1]},{"type":"text","text":"a"}]"#,
            ),
            "a",
            "",
        ),
        (delta(r#""content":"a","content":"b""#), "b", ""),
        (delta(r#""content":"a \ud83e""#) + &delta(r#""content":"\udd50 b""#), "a 🥐 b", ""),
        (delta(r#""reasoning":"hm""#) + &content("a"), "a", "hm"),
        (delta(r#""reasoning_content":"hm","reasoning":"hm""#) + &content("a"), "a", "hm"),
        (
            delta(r#""reasoning_details":[{"type":"reasoning.text","text":"hm"}]"#) + &content("a"),
            "a",
            "hm",
        ),
    ] {
        let outcome = body(whole(&events)).await;
        assert_eq!(outcome.failure, None, "{events}");
        assert_eq!(
            (outcome.text.as_str(), outcome.reasoning.as_str()),
            (text, reasoning),
            "{events}"
        );
    }
}

#[tokio::test]
async fn marked_reasoning_is_separated_from_the_reply() {
    let chunks = |text: &str, size: usize| -> String {
        let characters: Vec<char> = text.chars().collect();
        characters.chunks(size).map(|chunk| content(&chunk.iter().collect::<String>())).collect()
    };
    for text in [
        "<think>hm</think>\n\nHi",
        "<thinking>hm</thinking>Hi",
        "<mm:think>hm</mm:think>Hi",
        "hm</think>\n\nHi",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hi",
    ] {
        for size in [1, 3, 1_000] {
            let outcome = body(whole(&chunks(text, size))).await;
            assert_eq!((outcome.text.as_str(), outcome.reasoning.as_str()), ("Hi", "hm"), "{text}");
        }
    }
    let code = "Write `<think>`, or:\n```\n<think>x</think>\n```\n";
    let outcome = body(whole(&chunks(code, 2))).await;
    assert_eq!((outcome.text.as_str(), outcome.reasoning.as_str()), (code, ""));
}

#[tokio::test]
async fn a_model_that_omits_the_opening_mark_is_buffered_from_its_second_reply() {
    let text = whole(&(content("hm") + &content("</think>Hi")));
    let client = client_for(scripted(STREAM, vec![Step::Send(text)]).await, |_| {});
    let first = collect(client.stream(ask("Hi"))).await;
    assert_eq!((first.text.as_str(), first.withdrawn), ("Hi", 1));
    let second = collect(client.stream(ask("Hi"))).await;
    assert_eq!((second.text.as_str(), second.reasoning.as_str()), ("Hi", "hm"));
    assert_eq!(second.withdrawn, 0);
}

#[tokio::test]
async fn finish_reasons_are_parsed_under_every_name() {
    for (reason, read) in [
        ("stop", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("SAFETY", FinishReason::ContentFilter),
        ("refusal", FinishReason::Refusal),
        ("tool_calls", FinishReason::ToolCalls),
        ("whatever", FinishReason::Other),
        ("", FinishReason::Other),
    ] {
        let outcome = body(content("Hi") + &finish(reason) + DONE).await;
        assert_eq!(outcome.finish_reason(), Some(read), "{reason}: {:?}", outcome.failure);
        assert_eq!(outcome.text, "Hi");
    }
    let failed = body(content("Hi") + &finish("error") + DONE).await;
    assert_eq!((failed.kind(), failed.text.as_str()), (Some(FailureKind::Busy), "Hi"));
    let refusal = body(whole(&delta(r#""content":null,"refusal":"I can't.""#))).await;
    assert_eq!(refusal.text, "I can't.");
    assert_eq!(refusal.finish_reason(), Some(FinishReason::Refusal));
}

#[tokio::test]
async fn an_error_object_in_any_shape_fails_the_reply_and_keeps_its_text() {
    let error = r#"{"message":"down","code":503}"#;
    for shape in [
        choice(&format!(r#""delta":{{}},"error":{error}"#)),
        format!("data: {{\"error\":{error}}}\n\n"),
        "data: {\"error\":\"down\"}\n\n".to_owned(),
        "data: {\"message\":\"down\",\"code\":503}\n\n".to_owned(),
        "data: {\"base_resp\":{\"status_code\":1013,\"status_msg\":\"down\"}}\n\n".to_owned(),
        "data: {\"x_groq\":{\"error\":\"down\"},\"choices\":[{\"delta\":{}}]}\n\n".to_owned(),
        "data: {\"error_message\":\"down\"}\n\n".to_owned(),
        "event: error\ndata: {\"anything\":\"down\"}\n\n".to_owned(),
    ] {
        let outcome = body(content("Hi") + &shape + DONE).await;
        assert_eq!(
            (outcome.kind(), outcome.text.as_str()),
            (Some(FailureKind::Busy), "Hi"),
            "{shape}"
        );
        assert!(outcome.failure.unwrap().detail.contains("down"), "{shape}");
        let first = body(shape.clone()).await;
        assert_eq!(first.kind(), Some(FailureKind::Busy), "{shape}");
        assert_eq!(first.model, None, "before the first token it is tried again: {shape}");
    }
}

#[tokio::test]
async fn an_empty_reply_is_a_failure() {
    for (text, kind) in [
        (DONE.to_owned(), FailureKind::Empty),
        (delta(r#""role":"assistant""#) + DONE, FailureKind::Empty),
        (delta(r#""role":"assistant""#) + &finish("stop") + DONE, FailureKind::Empty),
        (whole(&content("\n \n")), FailureKind::Empty),
        (String::new(), FailureKind::Truncated),
        (delta(r#""role":"assistant""#), FailureKind::Truncated),
    ] {
        let outcome = body(text.clone()).await;
        assert_eq!(outcome.kind(), Some(kind), "{text:?}");
        assert_eq!(outcome.model, None, "{text:?}");
    }
}

#[tokio::test]
async fn reasoning_without_a_reply_reports_its_usage() {
    let usage = "data: {\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":2048}}\n\n";
    for (events, reason) in [
        (delta(r#""reasoning_content":"hm""#) + &finish("length"), FinishReason::Length),
        (content("<think>hm") + &finish("length"), FinishReason::Length),
        (delta(r#""reasoning_content":"hm""#) + &finish("stop"), FinishReason::Stop),
        // Reasoning that is billed but not sent.
        (delta(r#""role":"assistant""#) + &finish("length"), FinishReason::Length),
        (finish("tool_calls"), FinishReason::ToolCalls),
        (finish("content_filter"), FinishReason::ContentFilter),
    ] {
        let outcome = body(events.clone() + usage + DONE).await;
        assert_eq!(outcome.text, "");
        assert_eq!(outcome.finish_reason(), Some(reason), "{events}: {:?}", outcome.failure);
        assert_eq!(outcome.usage().map(|usage| usage.completion_tokens), Some(2_048), "{events}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_stream_is_parsed_by_its_kind() {
    let completion = r#"{"object":"chat.completion","choices":[{"message":{"content":"<think>hm</think>Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    for headers in [JSON, STREAM, ""] {
        let outcome = reply_of(headers, vec![Step::Send(format!("\n {completion}\n"))]).await;
        assert_eq!((outcome.text.as_str(), outcome.failure.as_ref()), ("Hi", None), "{headers}");
        assert_eq!(outcome.usage().map(|usage| usage.completion_tokens), Some(2));
        let stream = whole(&content("Hi"));
        let labelled = reply_of(headers, vec![Step::Send(stream)]).await;
        assert_eq!((labelled.text.as_str(), labelled.failure), ("Hi", None), "{headers}");
        let lines = "{\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n{\"choices\":[{\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}]}\n";
        let lines = reply_of(headers, vec![Step::Send(lines.into())]).await;
        assert_eq!((lines.text.as_str(), lines.failure), ("Hi", None), "{headers}");
    }
    for (document, kind) in [
        (r#"{"error":{"message":"no","code":401}}"#, FailureKind::KeyRefused),
        (r#"[{"error":{"message":"no","code":404}}]"#, FailureKind::ModelMissing),
        (r#"{"message":"no such key","code":401}"#, FailureKind::KeyRefused),
        ("{}", FailureKind::Protocol),
        ("<html><head><title>Welcome</title></head></html>", FailureKind::NotAnApi),
    ] {
        let outcome = reply_of(JSON, vec![Step::Send(document.into())]).await;
        assert_eq!(outcome.kind(), Some(kind), "{document}");
    }
}

#[tokio::test]
async fn an_unrequested_compressed_body_is_decoded() {
    // `printf 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n' | gzip -n`
    let packed =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\x49\x2c\x49\xb4\x52\xa8\x56\x4a\xce\xc8\xcf\
          \x4c\x4e\x2d\x56\xb2\x8a\xae\x56\x4a\x49\xcd\x29\x49\x54\xb2\x02\x0a\xe6\xe7\x95\xa4\xe6\
          \x95\x28\x59\x29\x79\x64\x2a\xd5\xea\x28\xa5\x65\xe6\x65\x16\x67\xc4\x17\xa5\x26\x16\xe7\
          \xe7\x01\x45\x8b\x4b\xf2\x0b\x94\x6a\x63\x6b\xb9\xb8\x00\xe4\xc9\xf5\x85\x47\x00\x00\x00";
    let server = Server::start(|_, _| {
        let headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
        (headers, packed.as_slice()).into_response()
    })
    .await;
    let outcome = collect(client_for(server.base.clone(), |_| {}).stream(ask("Hi"))).await;
    assert_eq!((outcome.text.as_str(), outcome.failure), ("Hi", None));
    let accepted = &server.seen()[0].headers["accept-encoding"];
    assert_eq!(accepted, "identity", "streams come uncompressed");
}

#[tokio::test]
async fn loose_framing_is_accepted_for_whole_objects() {
    let (a, b) = (content("H"), content("i"));
    let (a, b) = (a.trim_end(), b.trim_end());
    let end = finish("stop");
    let end = end.trim_end();
    let bare = |event: &str| event.trim_start_matches("data: ").to_owned();
    for text in [
        format!("{a}\n{b}\n{end}\ndata: [DONE]\n"),
        format!("data:\n{}\n\ndata:\n{}\n\n{end}\n\n", bare(a), bare(b)),
        format!("{a}\n: keep-alive\n{b}\n\n{end}\n\n"),
        format!("data: : keep-alive\n\n{a}\n\ndata: : keep-alive\n\n{b}\n\n{end}\n\n"),
        format!("{a}\n\n{b}\n\n{end}"),
        format!("{a}\r{b}\r{end}\r"),
    ] {
        let outcome = body(text.clone()).await;
        assert_eq!((outcome.text.as_str(), outcome.failure), ("Hi", None), "{text:?}");
        assert_eq!(outcome.finish.map(|(reason, _)| reason), Some(FinishReason::Stop), "{text:?}");
    }
}

#[tokio::test]
async fn a_finish_reason_in_every_chunk_does_not_end_the_reply() {
    let chunk =
        |text: &str| choice(&format!(r#""delta":{{"content":"{text}"}},"finish_reason":"stop""#));
    // Longer than the wait for a usage, which is 100 ms here.
    let pause = || Step::Wait(Duration::from_millis(250));
    for last in [DONE, ""] {
        let steps = vec![
            Step::Send(chunk("a")),
            pause(),
            Step::Send(chunk("b")),
            pause(),
            Step::Send(chunk("c")),
            Step::Send(last.into()),
        ];
        let outcome = reply_of(STREAM, steps).await;
        assert_eq!(
            (outcome.text.as_str(), outcome.finish_reason()),
            ("abc", Some(FinishReason::Stop))
        );
    }
    // After a usage, silence ends the reply.
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":3}}\n\n";
    let steps = vec![
        Step::Send(chunk("a")),
        Step::Send(chunk("b")),
        Step::Send(usage.into()),
        Step::Wait(Duration::from_secs(30)),
    ];
    let start = Instant::now();
    let outcome = reply_of(STREAM, steps).await;
    assert_eq!((outcome.text.as_str(), outcome.failure), ("ab", None));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn comments_keep_the_stream_alive_until_the_first_token_timeout() {
    let comments = |count: usize| {
        let comment =
            || [Step::Send(": keep-alive\n\n".into()), Step::Wait(Duration::from_millis(60))];
        (0..count).flat_map(move |_| comment()).collect::<Vec<_>>()
    };
    let impatient = |settings: &mut Settings| {
        settings.first_event_timeout = Duration::from_millis(200);
        settings.first_token_timeout = Duration::from_secs(2);
    };
    let mut steps = comments(8);
    steps.push(Step::Send(whole(&content("Hi"))));
    let client = client_for(scripted(STREAM, steps).await, impatient);
    let outcome = collect(client.stream(ask("Hi"))).await;
    assert_eq!((outcome.text.as_str(), outcome.failure), ("Hi", None));
    let client = client_for(scripted(STREAM, comments(100)).await, |settings| {
        impatient(settings);
        settings.first_token_timeout = Duration::from_millis(500);
    });
    let outcome = collect(client.stream(ask("Hi"))).await;
    assert_eq!(outcome.kind(), Some(FailureKind::FirstEventTimeout));
    assert!(outcome.failure.unwrap().detail.contains("no token"));
}

//! Retry, edit and continue: each adds a branch, no message is lost, and the prompt follows the
//! branch that is shown.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{EventReader, TestApp, Transcript, User};

const ABSENT: &str = "0197c0de-dead-7000-8000-000000000000";
const ONCE: &str = "5e1d5b1c-7a3e-4c54-9f8e-0f6b8f0e2a21";

async fn post(user: &User<'_>, message: &str, what: &str, body: Value) -> Response {
    let path = format!("/c-suite/messages/{message}/{what}");
    user.api(Method::POST, &path).json(&body).send().await.unwrap()
}

/// Posts `what` (`retry`, `edit` or `continue`) for the message and reads the whole reply.
async fn again(user: &User<'_>, message: &str, what: &str, body: Value) -> Transcript {
    let response = post(user, message, what, body).await;
    assert_eq!(response.status(), StatusCode::OK, "{what}");
    Transcript::read(response).await
}

async fn ask_in(user: &User<'_>, conversation: &str, message: &str) -> Transcript {
    let body = json!({ "message": message, "conversationId": conversation });
    Transcript::read(user.ask_with(body).send().await.unwrap()).await
}

async fn messages(user: &User<'_>, conversation: &str, query: &str) -> Vec<Value> {
    let path = format!("/c-suite/conversations/{conversation}/messages{query}");
    user.get_json(&path).await["data"].as_array().unwrap().clone()
}

fn ids(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["id"].as_str().unwrap()).collect()
}

fn question_of(transcript: &Transcript) -> String {
    transcript.0[0].data["userMessageId"].as_str().unwrap().to_owned()
}

/// Parses a reply to `#fault=turns`: role and text of each message of the prompt, without the
/// instructions.
fn turns(transcript: &Transcript) -> Vec<(String, String)> {
    let turns: Vec<Value> = serde_json::from_str(&transcript.text()).unwrap();
    let text = |turn: &Value, name: &str| turn[name].as_str().unwrap().to_owned();
    turns.iter().map(|turn| (text(turn, "role"), text(turn, "content"))).collect()
}

fn said(role: &str, content: &str) -> (String, String) {
    (role.to_owned(), content.to_owned())
}

async fn code(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_retried_reply_is_a_second_version() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("Once more #tokens=5 #fault=cut*1").await;
    assert_eq!(first.last().name, "error");
    let retried = user
        .api(Method::POST, &format!("/c-suite/messages/{}/retry", first.started().message))
        .send()
        .await
        .unwrap();
    assert_eq!(retried.status(), StatusCode::OK, "no body is needed");
    let second = Transcript::read(retried).await;
    assert_eq!((second.last().name.as_str(), question_of(&second)), ("done", question_of(&first)));
    let third = again(&user, &second.started().message, "retry", json!({})).await;
    let conversation = first.started().conversation;
    let shown = messages(&user, &conversation, "").await;
    let answers = [&first, &second, &third].map(|answer| answer.started().message);
    assert_eq!(ids(&shown), [question_of(&first), answers[2].clone()]);
    assert_eq!(shown[0]["parentId"], Value::Null);
    assert_eq!(shown[0]["versions"], json!([question_of(&first)]));
    assert_eq!(shown[1]["parentId"], question_of(&first).as_str());
    assert_eq!(shown[1]["versions"], json!(answers));
    let all = messages(&user, &conversation, "?all=true").await;
    assert_eq!(all.len(), 4, "one question, three answers");
    assert_eq!(all[1]["content"], first.text(), "and the first one is as it was");
}

#[tokio::test]
async fn an_edited_question_begins_a_branch_and_the_old_one_can_be_shown_again() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("Prices? #tokens=3").await;
    let conversation = first.started().conversation;
    let second = ask_in(&user, &conversation, "And costs? #tokens=3").await;
    let before = messages(&user, &conversation, "").await;
    let body = json!({ "message": "Higher prices? #tokens=3" });
    let edited = again(&user, &question_of(&first), "edit", body).await;
    let shown = messages(&user, &conversation, "").await;
    assert_eq!(ids(&shown), [question_of(&edited), edited.started().message]);
    assert_eq!(shown[0]["content"], "Higher prices? #tokens=3");
    assert_eq!(shown[0]["versions"], json!([question_of(&first), question_of(&edited)]));
    let chosen = post(&user, &question_of(&first), "select", json!({})).await;
    assert_eq!(chosen.status(), StatusCode::NO_CONTENT);
    let after = messages(&user, &conversation, "").await;
    assert_eq!(ids(&after), ids(&before), "down to the newest message below it");
    assert_eq!(after[0]["versions"], shown[0]["versions"]);
    let third = ask_in(&user, &conversation, "Go on #tokens=3").await;
    let shown = messages(&user, &conversation, "").await;
    assert_eq!(shown.len(), 6, "a new question goes to the end of what is shown");
    assert_eq!(shown[4]["parentId"], second.started().message.as_str());
    assert_eq!(shown[5]["id"], third.started().message.as_str());
}

#[tokio::test]
async fn a_reply_cut_by_its_length_continues_where_it_ended() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let cut = user.ask("A long story #tokens=20 #fault=length*1").await;
    assert_eq!(cut.last().data["finishReason"], "length");
    let rest = again(&user, &cut.started().message, "continue", json!({})).await;
    assert_eq!(rest.last().data["finishReason"], "stop");
    let words: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    let text = cut.text() + &rest.text();
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), words);
    let shown = messages(&user, &cut.started().conversation, "").await;
    let (cut_id, rest_id) = (cut.started().message, rest.started().message);
    assert_eq!(ids(&shown), [question_of(&cut), cut_id.clone(), rest_id.clone()]);
    assert_eq!(shown[2]["parentId"], cut_id.as_str());
    assert_eq!(shown[2]["versions"], json!([rest_id]), "it is no version of what it continues");
    let other = again(&user, &rest_id, "retry", json!({})).await;
    assert!(other.text().starts_with("w20 "), "another end of the same beginning");
    let shown = messages(&user, &cut.started().conversation, "").await;
    assert_eq!(shown[1]["id"], cut_id.as_str());
    assert_eq!(shown[2]["versions"], json!([rest_id, other.started().message]));
}

#[tokio::test]
async fn a_reply_in_parts_renders_as_one_on_page_and_stream() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    // Both parts echo the question, so the cut is inside the code block, and `ba` is one line of
    // code.
    let question = "#fault=echo #fault=length*1 a\n```\nb";
    let cut = user.ask(question).await;
    let rest = again(&user, &cut.started().message, "continue", json!({})).await;
    assert_eq!(cut.text() + &rest.text(), "a\n```\nba\n```\nb");
    let page = user.page(&format!("/chat/{}", cut.started().conversation)).await;
    let (above, below) = page.split_once("data-continues").unwrap();
    assert!(above.contains("<p dir=\"auto\">a</p>"), "{above}");
    let code = "aria-label=\"Code\"><code>ba\n</code></pre>";
    assert!(!above.contains(code) && below.contains(code), "{below}");
    assert!(below.contains("<p dir=\"auto\">b</p>"), "{below}");
    let cut = user.ask(question).await;
    let mut feed = user.feed().await;
    let rest = again(&user, &cut.started().message, "continue", json!({})).await.started().message;
    let mut first = String::new();
    loop {
        let line = feed.next().await.unwrap().data;
        if line["reply"] != rest.as_str() {
            continue;
        }
        // New text of an open code block arrives as `append`.
        let (block, more) = (&line["block"], &line["append"]);
        if block["index"] == 0 {
            first = block["html"].as_str().unwrap().to_owned();
        } else if more["index"] == 0 {
            first = first.replace("</code>", &format!("{}</code>", more["html"].as_str().unwrap()));
        } else if line["end"].is_object() {
            break;
        }
    }
    assert!(first.contains("<code>ba\n"), "{first}");
}

#[tokio::test]
async fn a_continuation_says_that_it_continues() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let cut = user.ask("What next? #fault=length*1").await;
    let rest = again(&user, &cut.started().message, "continue", json!({})).await;
    assert!(rest.text().contains("continues"), "{}", rest.text());
}

#[tokio::test]
async fn a_stopped_reply_can_be_continued() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Slowly #tokens=5000 #speed=50").await;
    post(&user, &running.message, "stop", json!({})).await;
    let path = format!("/c-suite/messages/{}/events", running.message);
    let stopped = Transcript::read(user.api(Method::GET, &path).send().await.unwrap()).await;
    let written = stopped.text().split_whitespace().count();
    let response = post(&user, &running.message, "continue", json!({})).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut reader = EventReader::new(response);
    assert_eq!(reader.next().await.unwrap().name, "start");
    assert_eq!(reader.next().await.unwrap().data["content"], format!("w{written} "));
}

#[tokio::test]
async fn a_complete_reply_is_not_continued_and_says_why() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for question in ["Whole #tokens=3", "Failed #tokens=30 #fault=cut", "Nothing #fault=http-400"] {
        let answer = user.ask(question).await;
        let refused = post(&user, &answer.started().message, "continue", json!({})).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{question}");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["code"], "VALIDATION_ERROR");
        assert!(body["message"].as_str().unwrap().starts_with("This answer"), "{body}");
    }
    let cut = user.ask("Cut #tokens=3 #fault=length").await.started();
    ask_in(&user, &cut.conversation, "Next #tokens=3").await;
    let refused = post(&user, &cut.message, "continue", json!({})).await;
    assert_eq!(code(refused).await, (StatusCode::CONFLICT, "EDIT_CONFLICT".to_owned()));
}

#[tokio::test]
async fn regenerating_twice_with_one_id_creates_one_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut number = 0;
    for (what, field) in [("retry", None), ("edit", Some("message")), ("continue", None)] {
        number += 1;
        let id = format!("0197c0de-0000-7000-8000-0000000001{number:02}");
        let first = user.ask("Cut #tokens=3 #fault=length").await;
        let target = match what {
            "edit" => question_of(&first),
            _ => first.started().message,
        };
        let mut body = json!({ "clientRequestId": id });
        if let Some(field) = field {
            body[field] = "Other words #tokens=3".into();
        }
        let sends = (0..4).map(|_| again(&user, &target, what, body.clone()));
        let all = futures_util::future::join_all(sends).await;
        assert!(all.iter().all(|one| *one == all[0]), "{what}");
        let later = again(&user, &target, what, body.clone()).await;
        assert_eq!(later, all[0], "{what}, also when the answer has ended");
        let conversation = first.started().conversation;
        let stored = messages(&user, &conversation, "?all=true").await.len();
        assert_eq!(stored, if what == "edit" { 4 } else { 3 }, "{what}");
        let other = user
            .ask_with(json!({ "message": "Something else", "clientRequestId": id }))
            .send()
            .await
            .unwrap();
        assert_eq!(code(other).await, (StatusCode::CONFLICT, "REQUEST_ID_REUSED".to_owned()));
    }
}

#[tokio::test]
async fn foreign_messages_and_messages_of_the_wrong_kind_are_not_found() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    let mine = owner.ask("Ours alone #tokens=3 #fault=length").await;
    let (question, answer) = (question_of(&mine), mine.started().message);
    let edit = json!({ "message": "Mine now" });
    for (what, body, target, wrong_kind) in [
        ("retry", json!({}), &answer, Some(&question)),
        ("continue", json!({}), &answer, Some(&question)),
        ("edit", edit, &question, Some(&answer)),
        ("select", json!({}), &answer, None),
    ] {
        let absent = told(post(&stranger, ABSENT, what, body.clone()).await).await;
        let foreign = told(post(&stranger, target, what, body.clone()).await).await;
        assert_eq!((absent.0, &foreign), (StatusCode::NOT_FOUND, &absent), "{what}");
        let nonsense = told(post(&stranger, "none", what, body.clone()).await).await;
        assert_eq!(nonsense, absent, "{what}");
        if let Some(wrong) = wrong_kind {
            assert_eq!(told(post(&owner, wrong, what, body).await).await, absent, "{what}");
        }
    }
    let stored = messages(&owner, &mine.started().conversation, "?all=true").await;
    assert_eq!(stored.len(), 2, "and nothing was asked");
}

/// Returns the status and the body of a refusal, without the request id.
async fn told(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let mut body: Value = response.json().await.unwrap();
    body["requestId"].take();
    (status, body)
}

#[tokio::test]
async fn nothing_is_regenerated_or_chosen_while_a_reply_streams() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("First #tokens=3 #fault=length").await;
    let conversation = first.started().conversation;
    let body = json!({ "message": "Slow #tokens=5000 #speed=50", "conversationId": conversation });
    let mut running = EventReader::new(user.ask_with(body).send().await.unwrap());
    let start = running.next().await.unwrap();
    let running_id = start.data["messageId"].as_str().unwrap();
    let answer = first.started().message;
    for (what, target, body) in [
        ("retry", answer.as_str(), json!({})),
        ("retry", running_id, json!({})),
        ("continue", running_id, json!({})),
        ("edit", &question_of(&first), json!({ "message": "Other" })),
        ("select", &answer, json!({})),
    ] {
        let refused = post(&user, target, what, body).await;
        let expected = (StatusCode::CONFLICT, "REPLY_IN_PROGRESS".to_owned());
        assert_eq!(code(refused).await, expected, "{what}");
    }
    assert_eq!(messages(&user, &conversation, "?all=true").await.len(), 4);
}

#[tokio::test]
async fn the_prompt_contains_only_the_shown_branch() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("One #fault=echo").await;
    let conversation = first.started().conversation;
    ask_in(&user, &conversation, "Two #fault=echo").await;
    let edit = json!({ "message": "Uno #fault=echo" });
    again(&user, &question_of(&first), "edit", edit).await;
    let third = ask_in(&user, &conversation, "Three #fault=turns").await;
    let expected = [
        said("user", "Uno #fault=echo"),
        said("assistant", "Uno"),
        said("user", "Three #fault=turns"),
    ];
    assert_eq!(turns(&third), expected);
    let regenerated = again(&user, &third.started().message, "retry", json!({})).await;
    assert_eq!(turns(&regenerated), expected, "the question once, none of its answers");
    post(&user, &question_of(&first), "select", json!({})).await;
    let fourth = ask_in(&user, &conversation, "Four #fault=turns").await;
    let expected = [
        said("user", "One #fault=echo"),
        said("assistant", "One"),
        said("user", "Two #fault=echo"),
        said("assistant", "Two"),
        said("user", "Four #fault=turns"),
    ];
    assert_eq!(turns(&fourth), expected);
}

#[tokio::test]
async fn a_continuation_prompt_contains_the_reply_so_far_and_later_ones_all_of_it() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("Before #fault=echo").await;
    let conversation = first.started().conversation;
    let cut = ask_in(&user, &conversation, "Tell #fault=turns #fault=length*2").await;
    let rest = again(&user, &cut.started().message, "continue", json!({})).await;
    let prompt = turns(&rest);
    assert_eq!(prompt[..2], [said("user", "Before #fault=echo"), said("assistant", "Before")]);
    assert_eq!(prompt[2].1, "Tell #fault=turns #fault=length*2");
    assert_eq!(prompt[3], said("assistant", &cut.text()));
    assert_eq!(prompt[4].0, "user");
    assert!(prompt[4].1.contains("Go on exactly where"), "{}", prompt[4].1);
    assert_eq!(prompt.len(), 5);
    let last = again(&user, &rest.started().message, "continue", json!({})).await;
    let so_far = cut.text() + &rest.text();
    assert_eq!(turns(&last)[3], said("assistant", &so_far));
    let next = ask_in(&user, &conversation, "Next #fault=turns").await;
    let prompt = turns(&next);
    assert_eq!(prompt.len(), 5, "each question once, and no instruction to go on");
    assert_eq!(prompt[3], said("assistant", &(so_far + &last.text())));
}

#[tokio::test]
async fn regenerating_counts_against_the_chat_limit_and_choosing_does_not() {
    let app = TestApp::start_with(&[("RATE_LIMIT_CHAT", "2/1h")]).await;
    let user = app.with_member().await;
    let first = user.ask("One #tokens=3").await;
    let response = post(&user, &first.started().message, "retry", json!({})).await;
    assert_eq!(response.headers()["ratelimit-remaining"], "0");
    Transcript::read(response).await;
    for _ in 0..3 {
        let chosen = post(&user, &first.started().message, "select", json!({})).await;
        assert_eq!(chosen.status(), StatusCode::NO_CONTENT);
    }
    let body = json!({ "message": "Two" });
    let refused = post(&user, &question_of(&first), "edit", body).await;
    let expected = (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED".to_owned());
    assert_eq!(code(refused).await, expected);
}

#[tokio::test]
async fn an_invalid_edit_says_why_and_changes_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("One #tokens=3").await;
    let refused = post(&user, &question_of(&first), "edit", json!({ "message": "  " })).await;
    let (status, body) = told(refused).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["details"]["message"].is_string(), "{body}");
    let missing = post(&user, &question_of(&first), "edit", json!({})).await;
    assert_eq!(missing.status(), StatusCode::BAD_REQUEST);
    assert_eq!(messages(&user, &first.started().conversation, "?all=true").await.len(), 2);
}

#[tokio::test]
async fn a_conversation_is_deleted_with_all_its_branches() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("One #tokens=3 #fault=length").await;
    again(&user, &first.started().message, "continue", json!({})).await;
    again(&user, &first.started().message, "retry", json!({})).await;
    again(&user, &question_of(&first), "edit", json!({ "message": "Two" })).await;
    let path = format!("/c-suite/conversations/{}", first.started().conversation);
    let gone = user.api(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let events = format!("/c-suite/messages/{}/events", first.started().message);
    let gone = user.api(Method::GET, &events).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_adviser_writes_a_version_and_the_conversation_keeps_its_own() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("What now?").await;
    let conversation = first.started().conversation;
    let body = json!({ "personaType": "CMO", "clientRequestId": ONCE });
    let other = again(&user, &first.started().message, "retry", body.clone()).await;
    let shown = messages(&user, &conversation, "").await;
    assert_eq!(shown[1]["id"], other.started().message.as_str());
    assert_eq!(shown[1]["personaType"], "cmo");
    assert_eq!(shown[1]["versions"], json!([first.started().message, other.started().message]));
    assert_ne!(other.text(), first.text(), "another adviser looks at other things");
    let repeat = again(&user, &first.started().message, "retry", body).await;
    assert_eq!(repeat.started().message, other.started().message, "a repeat is the same version");
    let reused = json!({ "personaType": "cto", "clientRequestId": ONCE });
    let (status, reason) = code(post(&user, &first.started().message, "retry", reused).await).await;
    assert_eq!((status, reason.as_str()), (StatusCode::CONFLICT, "REQUEST_ID_REUSED"));
    // Regenerated, it is the version's own adviser again; a new question goes to the conversation's.
    let third = again(&user, &other.started().message, "retry", json!({})).await;
    let next = ask_in(&user, &conversation, "And then? #tokens=3").await;
    let shown = messages(&user, &conversation, "").await;
    assert_eq!(
        (&shown[1]["id"], &shown[1]["personaType"]),
        (&json!(third.started().message), &json!("cmo"))
    );
    assert_eq!(
        (&shown[3]["id"], &shown[3]["personaType"]),
        (&json!(next.started().message), &json!("ceo"))
    );
    assert_eq!(
        user.get_json(&format!("/c-suite/conversations/{conversation}")).await["personaType"],
        "ceo"
    );
}

#[tokio::test]
async fn an_adviser_who_does_not_exist_is_not_asked() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("What now? #tokens=3").await;
    let body = json!({ "personaType": "nobody" });
    let (status, reason) = code(post(&user, &first.started().message, "retry", body).await).await;
    assert_eq!((status, reason.as_str()), (StatusCode::NOT_FOUND, "PERSONA_NOT_FOUND"));
    assert_eq!(messages(&user, &first.started().conversation, "?all=true").await.len(), 2);
}

/// Returns the title of the first reply's adviser on a page.
fn author(page: &str) -> &str {
    let title = page.split("class=\"message-author\">").nth(1).unwrap();
    title.split('<').next().unwrap()
}

#[tokio::test]
async fn another_adviser_is_asked_by_a_form_and_shown_at_its_version() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("What now?").await;
    let path = format!("/chat/{}", first.started().conversation);
    let page = user.page(&path).await;
    assert!(
        page.contains("Ask another adviser") && page.contains("name=\"persona\" value=\"cmo\"")
    );
    assert_eq!(author(&page), "Chief Executive");
    let message = first.started().message;
    let fields =
        [("message_id", message.as_str()), ("client_request_id", ONCE), ("persona", "cmo")];
    assert_eq!(user.form("retry_reply", &path, &fields).await.status(), StatusCode::FOUND);
    crate::support::eventually("the other version ends", || async {
        messages(&user, &first.started().conversation, "").await[1]["status"] == "complete"
    })
    .await;
    let page = user.page(&path).await;
    assert_eq!(author(&page), "Chief Marketing Officer");
    assert!(page.contains("Version 2 of 2"));
}

//! Suggested next questions: chosen from the facts that the business has, asked with one press.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApp, Transcript, User};

/// Builds a file of the 60 days up to 31 Oct 2026.
fn two_months() -> String {
    let mut csv = "date,sessions,users,conversions,revenue\n".to_owned();
    let days = (2..=30).map(|day| (9, day)).chain((1..=31).map(|day| (10, day)));
    for (at, (month, day)) in days.enumerate() {
        csv.push_str(&format!("2026-{month:02}-{day:02},{},90,9,{}\n", 100 + at, 400 + at));
    }
    csv
}

/// Imports the days and waits for their insights, which are suggested too.
async fn import(user: &User<'_>) {
    user.import(two_months()).await;
    crate::support::eventually("insights are computed", || async {
        let insights = user.get_json("/c-suite/insights").await;
        insights["data"].as_array().is_some_and(|all| !all.is_empty())
    })
    .await;
}

async fn ask(user: &User<'_>, message: &str) -> Transcript {
    let asked = user.api(Method::POST, "/c-suite/cfo/chat").json(&json!({ "message": message }));
    Transcript::read(asked.send().await.unwrap()).await
}

/// Returns the suggestions on a page.
fn suggested(page: &str) -> Vec<String> {
    let Some((_, list)) = page.split_once("class=\"follow-ups\"") else { return Vec::new() };
    let list = list.split("</ul>").next().unwrap();
    let question = |form: &str| {
        let value = form.split("name=\"message\" value=\"").nth(1)?;
        Some(value.split('"').next()?.to_owned())
    };
    list.split("<form").filter_map(question).collect()
}

#[tokio::test]
async fn a_reply_is_followed_by_questions_that_the_data_can_answer() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let empty = ask(&user, "How are we? #tokens=3").await;
    let page = user.page(&format!("/chat/{}", empty.started().conversation)).await;
    assert_eq!(suggested(&page), Vec::<String>::new(), "nothing is known of the business");

    import(&user).await;
    let full = ask(&user, "How was last month?").await;
    let path = format!("/chat/{}", full.started().conversation);
    let questions = suggested(&user.page(&path).await);
    assert_eq!(questions.len(), 3, "{questions:?}");
    let cited = full.last().data["citations"].to_string();
    assert!(cited.contains("K.revenue.30d.change"), "{cited}");
    assert!(
        !questions.iter().any(|it| it.contains("revenue against the 30 days before")),
        "the reply says it: {questions:?}"
    );

    let fields = [
        ("conversation_id", full.started().conversation),
        ("persona", "cfo".to_owned()),
        ("message", questions[0].clone()),
        ("client_request_id", "5e1d5b1c-7a3e-4c54-9f8e-0f6b8f0e2a31".to_owned()),
    ];
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = user.form("send_message", &path, &fields).await;
    assert_eq!(sent.status(), StatusCode::FOUND);
    crate::support::eventually("the answer ends", || async {
        let all = user.get_json(&format!("/c-suite/conversations/{}/messages", fields[0].1)).await;
        all["data"][3]["status"] == "complete"
    })
    .await;
    let next = suggested(&user.page(&path).await);
    assert!(!next.contains(&questions[0]), "it has been asked: {next:?}");
}

#[tokio::test]
async fn the_feed_brings_suggestions_with_the_end_of_a_reply() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    import(&user).await;
    let mut feed = user.feed().await;
    let asked = ask(&user, "How was last month?").await;
    let end = loop {
        let line: Value = feed.next().await.expect("the feed goes on").data;
        if line["reply"] == asked.started().message.as_str() && !line["end"].is_null() {
            break line["end"].clone();
        }
    };
    let from_feed = end["follow_ups"].as_array().unwrap();
    assert!(from_feed.len() >= 3, "{end}");
    let page = user.page(&format!("/chat/{}", asked.started().conversation)).await;
    assert_eq!(
        suggested(&page),
        from_feed[..3].iter().map(|it| it.as_str().unwrap()).collect::<Vec<_>>()
    );
}

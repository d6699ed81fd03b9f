//! What members say of their business in questions, saved in the profile with one press.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{
    EventReader, PASSWORD, Started, TestApp, User, encode, eventually, session_cookie,
};
use crate::upstream::{self, Server};

const SELLS: &str = "We sell sourdough and cakes to order. Should we raise prices?";

/// Returns the messages of a conversation.
async fn messages(user: &User<'_>, conversation: &str) -> Vec<Value> {
    let path = format!("/c-suite/conversations/{conversation}/messages");
    user.get_json(&path).await["data"].as_array().unwrap().clone()
}

/// Returns the proposal of the last reply.
async fn proposal(user: &User<'_>, conversation: &str) -> Value {
    messages(user, conversation).await.last().unwrap()["profileProposal"].clone()
}

async fn sells(user: &User<'_>) -> Value {
    user.get_json("/c-suite/profile").await["sells"].clone()
}

/// Returns the fields of the proposal's form on a page, without its buttons. Empty if there is none.
fn form_on(page: &str) -> Vec<(String, String)> {
    let Some((_, form)) = page.split_once("id=\"proposal\"") else { return Vec::new() };
    let form = form.split("</form>").next().unwrap();
    let field = |input: &str| {
        let name = input.split("name=\"").nth(1)?.split('"').next()?;
        let value = input.split("value=\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.to_owned()))
    };
    form.split("<input").skip(1).filter_map(field).collect()
}

/// Presses a button of a form as a browser without JavaScript does.
async fn press(user: &User<'_>, form: &[(String, String)], decision: &str) -> Response {
    let fields = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("decision", decision)]).collect();
    user.form("decide_proposal", "/chat", &fields).await
}

/// Sends a decision as the page's script does.
async fn call(user: &User<'_>, form: &[(String, String)], decision: &str) -> Response {
    let fields = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("decision", decision)]).collect();
    user.app
        .request(Method::POST, "/api/decide_proposal")
        .header(header::COOKIE, &user.cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode(&fields))
        .send()
        .await
        .unwrap()
}

/// Reads the feed up to the next line with this key.
async fn next(feed: &mut EventReader, key: &str) -> Value {
    loop {
        let line = feed.next().await.expect("the feed goes on").data;
        if !line[key].is_null() {
            return line;
        }
    }
}

/// Asks, and returns the ids, the path of the page and the form on it.
async fn ask(user: &User<'_>, message: &str) -> (Started, String, Vec<(String, String)>) {
    let started = user.ask(message).await.started();
    let path = format!("/chat/{}", started.conversation);
    let form = form_on(&user.page(&path).await);
    (started, path, form)
}

#[tokio::test]
async fn a_statement_is_proposed_saved_and_undone_without_javascript() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (started, path, form) = ask(&user, SELLS).await;
    let proposed = json!({
        "field": "sells", "text": "sourdough and cakes to order", "action": "fill", "before": null, "saved": false,
    });
    assert_eq!(proposal(&user, &started.conversation).await, proposed);
    assert_eq!(sells(&user).await, "", "nothing is saved silently");
    let page = user.page(&path).await;
    for part in ["sourdough and cakes to order</bdi>”", "Save to profile", "No, thanks"] {
        assert!(page.contains(part), "{part}: {page}");
    }

    for again in ["first", "second, which changes nothing"] {
        let saved = press(&user, &form, "save").await;
        assert_eq!(saved.status(), StatusCode::FOUND, "{again}");
        let target = saved.headers()[header::LOCATION].to_str().unwrap();
        assert_eq!(target, format!("{path}#proposal"));
        assert_eq!(sells(&user).await, "sourdough and cakes to order");
    }
    let page = user.page(&path).await;
    assert!(page.contains("Saved as <a href=\"/profile#sells\">What you sell</a>."), "{page}");
    assert!(page.contains("value=\"undo\"") && !page.contains("value=\"save\""));
    assert_eq!(proposal(&user, &started.conversation).await["saved"], true);

    press(&user, &form_on(&page), "undo").await;
    assert_eq!(sells(&user).await, "");
    assert_eq!(proposal(&user, &started.conversation).await, proposed, "it can be saved again");
}

#[tokio::test]
async fn a_proposal_is_no_part_of_the_reply_or_of_the_next_prompt() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let asked = user.ask(SELLS).await;
    let all = messages(&user, &asked.started().conversation).await;
    assert_eq!(all[1]["content"], asked.text());
    assert_eq!(all[0]["profileProposal"], Value::Null, "a question has none");
    assert!(!asked.last().data.to_string().contains("cakes to order"), "{:?}", asked.last());
}

#[tokio::test]
async fn declined_is_declined_for_good_and_for_its_member() {
    let app = TestApp::start().await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let (started, path, form) = ask(&user, SELLS).await;
    assert_eq!(press(&user, &form, "decline").await.status(), StatusCode::FOUND);
    assert_eq!(form_on(&user.page(&path).await), []);
    assert_eq!(sells(&user).await, "");
    user.api(Method::DELETE, &format!("/c-suite/conversations/{}", started.conversation))
        .send()
        .await
        .unwrap();
    app.purge_deleted().await;
    let (_, _, again) = ask(&user, "Hi! We sell  sourdough and cakes to order. And now?").await;
    assert_eq!(again, [], "the same text for the same field");
    assert_ne!(ask(&user, "We sell coffee.").await.2, [], "another text");
    assert_ne!(ask(&other, SELLS).await.2, []);
}

#[tokio::test]
async fn a_list_grows_and_undo_restores_it_exactly() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.tell(json!({ "sells": "Sourdough,\tcakes", "goals": ["Grow", "Hire"] })).await;
    let (_, path, form) = ask(&user, "We sell coffee. Is it dear?").await;
    let page = user.page(&path).await;
    assert!(page.contains("Add ") && page.contains("There now: "), "{page}");
    press(&user, &form, "save").await;
    assert_eq!(sells(&user).await, "Sourdough,\tcakes, coffee");
    press(&user, &form_on(&user.page(&path).await), "undo").await;
    assert_eq!(sells(&user).await, "Sourdough,\tcakes");

    let (_, path, form) = ask(&user, "Our goal is to open a second shop.").await;
    press(&user, &form, "save").await;
    let goals = || async { user.get_json("/c-suite/profile").await["goals"].clone() };
    assert_eq!(goals().await, json!(["Grow", "Hire", "to open a second shop"]));
    press(&user, &form_on(&user.page(&path).await), "undo").await;
    assert_eq!(goals().await, json!(["Grow", "Hire"]));
}

#[tokio::test]
async fn what_the_owner_wrote_is_replaced_only_as_it_was_shown() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.tell(json!({ "sells": "We bake by hand. Bread above all." })).await;
    assert_eq!(ask(&user, SELLS).await.2, [], "a text is no list");

    user.tell(json!({ "sells": "sourdough, cakes" })).await;
    let (_, path, form) = ask(&user, SELLS).await;
    let page = user.page(&path).await;
    assert!(page.contains("Replace ") && page.contains("sourdough, cakes</bdi>"), "{page}");
    user.tell(json!({ "sells": "sourdough; cakes" })).await;
    press(&user, &form, "save").await;
    assert_eq!(sells(&user).await, "sourdough; cakes", "another text than the one shown");
    let page = user.page(&path).await;
    assert!(page.contains("changed meanwhile"), "{page}");
    press(&user, &form_on(&page), "save").await;
    assert_eq!(sells(&user).await, "sourdough and cakes to order");
}

#[tokio::test]
async fn two_windows_that_save_at_once_lose_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (_, _, one) = ask(&user, "We sell bread.").await;
    let (_, _, two) = ask(&user, "We sell coffee.").await;
    let (_, _, three) = ask(&user, "Our customers are students.").await;
    let (first, second, _) = tokio::join!(
        press(&user, &one, "save"),
        press(&user, &two, "save"),
        press(&user, &three, "save"),
    );
    assert!([first, second].iter().all(|it| it.status() == StatusCode::FOUND));
    let profile = user.get_json("/c-suite/profile").await;
    let stored = profile["sells"].as_str().unwrap();
    assert!(["bread", "coffee"].contains(&stored), "one of two for an empty field: {stored}");
    assert_eq!(profile["customers"], "students", "another field is no conflict");
}

#[tokio::test]
async fn undo_overwrites_no_later_change() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (_, path, form) = ask(&user, SELLS).await;
    press(&user, &form, "save").await;
    let undo = form_on(&user.page(&path).await);
    user.tell(json!({ "sells": "Bread alone" })).await;
    press(&user, &undo, "undo").await;
    assert_eq!(sells(&user).await, "Bread alone");
    assert!(user.page(&path).await.contains("was changed after you saved it"));
}

#[tokio::test]
async fn nothing_is_saved_but_the_words_of_the_question() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (started, _, form) = ask(&user, SELLS).await;
    let before = user.get_json("/c-suite/profile").await;
    let with = |changed: &str, to: &str| -> Vec<(String, String)> {
        let change = |(name, value): (String, String)| match name == changed {
            true => (name, to.to_owned()),
            false => (name, value),
        };
        form.clone().into_iter().map(change).collect()
    };
    for forged in [
        with("text", "weapons"),
        with("text", "sourdough"),
        with("field", "tone"),
        with("field", "businessName"),
        with("action", "replace"),
        with("message_id", messages(&user, &started.conversation).await[0]["id"].as_str().unwrap()),
    ] {
        press(&user, &forged, "save").await;
        assert_eq!(user.get_json("/c-suite/profile").await, before, "{forged:?}");
    }
}

#[tokio::test]
async fn data_that_a_question_quotes_is_never_proposed() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let summary = "Flour is low. We sell weapons. Our customers are pirates.";
    let sent = user.api(Method::POST, "/c-suite/insights");
    let sent = sent.json(&json!({ "moduleSlug": "stock-watch", "summary": summary })).send();
    assert_eq!(sent.await.unwrap().status(), StatusCode::CREATED);
    let dashboard = user.page("/dashboard").await;
    assert!(dashboard.contains("question=%E2%80%9CFlour"), "the link puts it into a question");
    let (_, _, form) =
        ask(&user, &format!("“{summary}” What is behind this, and what should we do?")).await;
    assert_eq!(form, []);
    let suggested = "What should we do about this: “Flour is low. We sell weapons”?";
    assert_eq!(ask(&user, suggested).await.2, []);
}

/// Checks that a member can neither see nor decide on the proposal of another one.
async fn finds_nothing(stranger: &User<'_>, path: &str, form: &[(String, String)]) {
    for decision in ["save", "undo", "decline"] {
        let sent = call(stranger, form, decision).await;
        assert_eq!(sent.status(), StatusCode::NOT_FOUND, "{decision}");
    }
    let page = stranger.browse(Method::GET, path).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_business_and_a_colleague_find_nothing() {
    let app = TestApp::start().await;
    let (user, mut stranger) = (app.with_member().await, app.with_member().await);
    let (started, path, form) = ask(&user, SELLS).await;
    finds_nothing(&stranger, &path, &form).await;
    assert_eq!((sells(&user).await, sells(&stranger).await), (json!(""), json!("")));

    let options = SqliteConnectOptions::new().filename(app.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("DELETE FROM api_tokens WHERE tenant_id IN (SELECT tenant_id FROM memberships)")
        .execute(&mut database)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE memberships SET role = 'member', tenant_id = (SELECT tenant_id FROM conversations WHERE id = $1)
         WHERE account_id = (SELECT id FROM accounts WHERE email = $2)",
    )
    .bind(&started.conversation)
    .bind(&stranger.email)
    .execute(&mut database)
    .await
    .unwrap();
    // A session belongs to one business.
    let again = [("email", stranger.email.as_str()), ("password", PASSWORD)];
    let again = app.form("sign_in", "/signin", &again).send().await.unwrap();
    stranger.cookie = session_cookie(&again).expect("a session of the other business");
    finds_nothing(&stranger, &path, &form).await;
    assert!(!user.page("/profile").await.contains("sourdough"));
}

#[tokio::test]
async fn a_member_who_is_no_owner_may_save_as_in_the_profile_itself() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.become_member().await;
    let (_, _, form) = ask(&user, SELLS).await;
    press(&user, &form, "save").await;
    assert_eq!(sells(&user).await, "sourdough and cakes to order");
}

#[tokio::test]
async fn a_visitor_who_is_not_signed_in_saves_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (_, _, form) = ask(&user, SELLS).await;
    let fields = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("decision", "save")]).collect();
    app.form("decide_proposal", "/chat", &fields).send().await.unwrap();
    assert_eq!(sells(&user).await, "");
}

#[tokio::test]
async fn the_proposal_of_a_deleted_reply_is_gone_and_a_new_version_has_its_own() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let (started, path, old) = ask(&user, SELLS).await;
    let retry = format!("/c-suite/messages/{}/retry", started.message);
    user.api(Method::POST, &retry).send().await.unwrap().text().await.unwrap();
    let new = form_on(&user.page(&path).await);
    assert_ne!(new[0], old[0], "it is the new version's");
    assert_eq!(new[1..], old[1..]);
    let conversation = format!("/c-suite/conversations/{}", started.conversation);
    user.api(Method::DELETE, &conversation).send().await.unwrap();
    press(&user, &new, "save").await;
    assert_eq!(sells(&user).await, "");
}

#[tokio::test]
async fn the_feed_brings_the_proposal_with_the_end_and_every_change_of_it() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut feed = user.feed().await;
    let (started, _, form) = ask(&user, SELLS).await;
    let end = next(&mut feed, "end").await;
    assert_eq!(end["end"]["proposal"]["terms"]["text"], "sourdough and cakes to order");
    press(&user, &form, "save").await;
    let line = next(&mut feed, "proposed").await;
    assert_eq!(
        (&line["proposed"], &line["proposal"]["saved"]),
        (&json!(started.message), &json!(true))
    );
}

/// A model that answers, and writes `lines` where it is asked for a title.
async fn model(lines: &'static str) -> (Server, TestApp) {
    let server = Server::start(move |body, _| {
        let is_title = body["messages"].to_string().contains("Write the title.");
        let text = if is_title { lines } else { "Well. sells: everything" };
        upstream::events([
            json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] }),
        ])
    })
    .await;
    let settings = [("FIREWORKS_BASE_URL", server.base.as_str()), ("MODEL_TITLES", "1")];
    let app = TestApp::start_with(&settings).await;
    (server, app)
}

const NIGHT: &str = "Our ovens bake sourdough  rye all night. Hire?";

#[tokio::test]
async fn a_model_proposes_words_of_the_question_with_the_title() {
    let (server, app) = model("Night shifts\nsells: sourdough rye").await;
    let user = app.with_member().await;
    let mut feed = user.feed().await;
    let (started, path, _) = ask(&user, NIGHT).await;
    let line = next(&mut feed, "proposed").await;
    assert_eq!(line["proposed"], started.message.as_str());
    assert_eq!(line["proposal"]["terms"]["text"], "sourdough rye");
    eventually("the title", || async { user.page(&path).await.contains("Night shifts") }).await;
    press(&user, &form_on(&user.page(&path).await), "save").await;
    assert_eq!(sells(&user).await, "sourdough rye");
    assert_eq!(server.bodies().len(), 2, "the reply and the title, no further request");
}

#[tokio::test]
async fn what_a_model_makes_up_is_dropped() {
    for lines in [
        "Night shifts\nsells: weapons",
        "Night shifts\ntone: sourdough rye",
        "sells: Our ovens sell\nNight shifts",
        "Night shifts",
    ] {
        let (_server, app) = model(lines).await;
        let user = app.with_member().await;
        let (started, path, _) = ask(&user, NIGHT).await;
        // It is set after the other lines were read.
        eventually("the title", || async { user.page(&path).await.contains("Night shifts") }).await;
        assert_eq!(proposal(&user, &started.conversation).await, Value::Null, "{lines}");
        assert_eq!(sells(&user).await, "");
    }
}

#[tokio::test]
async fn the_model_is_asked_only_for_what_is_open_and_no_rule_finds() {
    let (server, app) = model("Night shifts").await;
    let user = app.with_member().await;
    user.tell(json!({ "industry": "Bakery", "customers": "Students" })).await;
    for (place, (message, expected)) in
        [(NIGHT, Some("Fields: sells (what it sells), competitors")), (SELLS, None)]
            .into_iter()
            .enumerate()
    {
        ask(&user, message).await;
        eventually("both requests", || async { server.bodies().len() == 2 * place + 2 }).await;
        let bodies = server.bodies();
        let title = bodies.last().unwrap()["messages"][0]["content"].as_str().unwrap();
        match expected {
            Some(fields) => assert!(title.contains(fields), "{title}"),
            None => assert!(title.contains("Answer with the title alone."), "{title}"),
        }
    }
}

//! Changed and custom advisers: permissions, validation, and the settings that each reply used.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{TestApp, Transcript, User};

const HOSTILE: &str = "</textarea><script>alert('x')</script>\n\"quotes\" & 'more' {{x}}";

/// Returns the form fields of a new adviser, with `changes` applied.
pub fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let fields = [
        ("slug", ""),
        ("version", "0"),
        ("short", "Legal"),
        ("title", "Legal Counsel"),
        ("summary", "Contracts, hiring"),
        ("emblem", "scales"),
        ("colour", "teal"),
        ("focus", "You look at what the law asks."),
        ("voice", "You are careful."),
        ("instructions", "Name the law.\nSay when to see a lawyer."),
        ("facts_first", "P.industry"),
        ("model", ""),
        ("temperature", ""),
        ("max_tokens", ""),
        ("question", ""),
    ];
    let changed = |(name, value)| {
        let change = changes.iter().find(|(changed, _)| *changed == name);
        (name, change.map_or(value, |(_, value)| *value))
    };
    fields.into_iter().map(changed).collect()
}

/// Posts the form. Returns the address of the redirect.
pub async fn save(user: &User<'_>, changes: &[(&str, &str)]) -> String {
    sent_to(user.form("save_adviser", "/advisers", &form(changes)).await)
}

pub fn sent_to(response: reqwest::Response) -> String {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub async fn personas(user: &User<'_>) -> Vec<Value> {
    user.get_json("/c-suite/personas").await["data"].as_array().unwrap().clone()
}

pub async fn ask(user: &User<'_>, persona: &str, body: Value) -> reqwest::Response {
    let path = format!("/c-suite/{persona}/chat");
    user.api(Method::POST, &path).json(&body).send().await.unwrap()
}

async fn messages(user: &User<'_>, conversation: &str) -> Vec<Value> {
    let path = format!("/c-suite/conversations/{conversation}/messages");
    user.get_json(&path).await["data"].as_array().unwrap().clone()
}

async fn code(response: reqwest::Response) -> (StatusCode, String) {
    let status = response.status();
    (status, response.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_custom_adviser_is_added_asked_renamed_and_restored() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert_eq!(save(&user, &[]).await, "/advisers/legal?saved=1");
    let page = user.page("/chat?persona=legal").await;
    assert!(page.contains("Ask your Legal Counsel about contracts, hiring."), "{page}");
    assert!(page.contains("data-colour=\"teal\""), "{page}");

    let first = Transcript::read(ask(&user, "legal", json!({ "message": "May I?" })).await).await;
    let begun = first.started();
    assert_eq!(first.0[0].data["personaType"], "legal");
    let renamed = [("slug", "legal"), ("version", "1"), ("short", "Law"), ("title", "Lawyer")];
    assert_eq!(save(&user, &renamed).await, "/advisers/legal?saved=1");
    let body = json!({ "message": "And now?", "conversationId": begun.conversation });
    Transcript::read(ask(&user, "legal", body).await).await;
    let versions: Vec<Value> = messages(&user, &begun.conversation)
        .await
        .iter()
        .map(|m| m["personaVersion"].clone())
        .collect();
    assert_eq!(versions, [Value::Null, json!(1), Value::Null, json!(2)]);

    let back = [("slug", "legal"), ("from", "1"), ("version", "2")];
    let back = user.form("restore_adviser", "/advisers/legal", &back).await;
    assert_eq!(sent_to(back), "/advisers/legal?restored=1");
    let legal = personas(&user).await.pop().unwrap();
    assert_eq!(legal["version"], 3);
    assert_eq!((&legal["short"], &legal["builtIn"]), (&json!("Legal"), &json!(false)));
    let page = user.page("/advisers/legal").await;
    for said in ["restored from version 1", "Robin Owner", "Version 2", "answers now"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let page = user.page("/advisers/legal?version=2").await;
    assert!(page.contains("value=\"Lawyer\"") && page.contains("This is version 2"), "{page}");
}

#[tokio::test]
async fn a_built_in_adviser_is_edited_and_restored_but_never_archived() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let before = user.ask("Before").await.started();
    let changed = [("slug", "ceo"), ("version", "0"), ("short", "Boss"), ("title", "The Boss")];
    assert_eq!(save(&user, &changed).await, "/advisers/ceo?saved=1");
    let after = user.ask("After").await.started();
    let version = |conversation: String| {
        let user = &user;
        async move { messages(user, &conversation).await[1]["personaVersion"].clone() }
    };
    assert_eq!(version(before.conversation).await, 0);
    assert_eq!(version(after.conversation).await, 1);
    assert_eq!(personas(&user).await[0]["short"], "Boss", "it keeps its place");
    let back = [("slug", "ceo"), ("from", "0"), ("version", "1")];
    user.form("restore_adviser", "/advisers/ceo", &back).await;
    let ceo = personas(&user).await.remove(0);
    assert_eq!((&ceo["short"], &ceo["version"]), (&json!("CEO"), &json!(2)));

    user.form("archive_adviser", "/advisers", &[("slug", "ceo"), ("archived", "1")]).await;
    assert_eq!(personas(&user).await[0]["archived"], false);
    assert!(user.page("/advisers").await.contains("Built-in advisers can't be archived"));
}

#[tokio::test]
async fn an_invalid_adviser_is_refused_at_its_field_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let long = "x".repeat(100_000);
    for (field, value, said) in [
        ("instructions", "", "say how this adviser works"),
        ("instructions", long.as_str(), "this is 100000 characters long"),
        ("instructions", "a\u{1b}[31m", "control characters"),
        ("short", "two\nlines", "Keep it to one line"),
        ("emblem", "skull", "choose one of those shown"),
        ("model", "not a model", "without spaces"),
        ("temperature", "3", "a number from 0 to 2"),
        ("max_tokens", "-1", "from 1 to 8192"),
        ("facts_first", "everything", "is not a fact"),
    ] {
        assert_eq!(save(&user, &[("title", "My Title"), (field, value)]).await, "/advisers/new");
        let page = user.page("/advisers/new").await;
        assert!(page.contains(said), "{field}: {said}");
        assert!(page.contains("value=\"My Title\""), "{field}: what was typed is kept");
        assert!(page.contains("aria-invalid=\"true\"") || field == "emblem", "{field}");
        if field == "instructions" && value.len() > 100 {
            assert!(page.contains(&long), "the long text is kept too");
        }
    }
    assert_eq!(personas(&user).await.len(), 4, "nothing was stored");
    assert!(!user.page("/advisers/new").await.contains("My Title"), "and it is shown once");
}

#[tokio::test]
async fn facts_are_prioritised_by_name_and_unknown_ones_are_kept() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let metric = [("name", "Churn"), ("unit", "%"), ("better", "lower"), ("aggregation", "mean")];
    user.form("save_metric", "/analytics/metrics", &metric).await;
    // As stored before the form had checkboxes.
    save(&user, &[("facts_first", "K.revenue.30d\nI.\nP.goals")]).await;
    let page = user.page("/advisers/legal").await;
    let checked = |page: &str, value: &str| {
        let input = page.split(&format!("value=\"{value}\"")).nth(1).unwrap_or_default().to_owned();
        input.split('>').next().unwrap_or_default().contains("checked")
    };
    for (prefix, is_chosen) in
        [("K.revenue.30d", true), ("I.", true), ("P.goals", true), ("K.churn", false)]
    {
        assert_eq!(checked(&page, prefix), is_chosen, "{prefix}: {page}");
    }
    assert!(page.contains(">Churn<") && !page.contains("Beginnings of"), "{page}");
    // The boxes are sent in the order of the form, and the importance stays as it was stored.
    let mut fields = form(&[("slug", "legal"), ("version", "1")]);
    fields.retain(|(name, _)| *name != "facts_first");
    let chosen = ["P.goals", "K.churn", "I.", "K.revenue.30d"];
    fields.extend(chosen.map(|prefix| ("facts_first[]", prefix)));
    fields.push(("facts_order", "K.revenue.30d,I.,P.goals"));
    assert_eq!(
        sent_to(user.form("save_adviser", "/advisers", &fields).await),
        "/advisers/legal?saved=1"
    );
    let page = user.page("/advisers/legal").await;
    let order = "name=\"facts_order\" value=\"K.revenue.30d,I.,P.goals,K.churn\"";
    assert!(page.contains(order) && checked(&page, "K.churn"), "{page}");
    fields.retain(|(name, _)| *name != "facts_first[]");
    fields.iter_mut().filter(|(name, _)| *name == "version").for_each(|field| field.1 = "2");
    user.form("save_adviser", "/advisers", &fields).await;
    assert!(!checked(&user.page("/advisers/legal").await, "P.goals"), "none is a choice, too");
}

#[tokio::test]
async fn the_form_shows_the_card_and_the_prompt_and_folds_the_model() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let page = user.page("/advisers/cfo").await;
    assert!(page.contains("data-live=\"title\">Chief Financial Officer<"), "{page}");
    assert!(page.contains("# How you work") && page.contains("Show the arithmetic."), "{page}");
    assert!(page.contains("<details class=\"form-advanced\">"), "folded: {page}");
    save(&user, &[("temperature", "3")]).await;
    let page = user.page("/advisers/new").await;
    assert!(
        page.contains("class=\"form-advanced\" open") || page.contains("<details open"),
        "an error is not hidden: {page}"
    );
}

#[tokio::test]
async fn hostile_text_in_an_adviser_stays_text() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let line = "<script>alert(1)</script>";
    let hostile = [
        ("title", line),
        ("summary", line),
        ("focus", HOSTILE),
        ("voice", HOSTILE),
        ("instructions", HOSTILE),
    ];
    assert_eq!(save(&user, &hostile).await, "/advisers/legal?saved=1");
    Transcript::read(ask(&user, "legal", json!({ "message": "Well?" })).await).await;
    for path in ["/advisers", "/advisers/legal", "/chat?persona=legal", "/chat"] {
        let page = user.page(path).await;
        assert!(!page.contains("<script>alert"), "{path}");
        assert!(!page.contains("</textarea><script"), "{path}");
    }
}

#[tokio::test]
async fn slugs_and_names_are_unique() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert_eq!(save(&user, &[]).await, "/advisers/legal?saved=1");
    assert_eq!(save(&user, &[]).await, "/advisers/new", "the same form again");
    assert!(user.page("/advisers/new").await.contains("there is an adviser called Legal"));
    save(&user, &[("slug", "legal"), ("version", "1"), ("short", "Counsel")]).await;
    assert_eq!(save(&user, &[]).await, "/advisers/legal-2?saved=1", "the slug stayed taken");
    for name in ["Conversations", "Messages", "New"] {
        let slug = format!("{}-adviser", name.to_lowercase());
        assert_eq!(save(&user, &[("short", name)]).await, format!("/advisers/{slug}?saved=1"));
        let answer = ask(&user, &slug, json!({ "message": "Hello" })).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(save(&user, &[("short", "CEO")]).await, "/advisers/new");
}

#[tokio::test]
async fn another_businesss_adviser_is_not_found() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    save(&owner, &[]).await;
    let begun = Transcript::read(ask(&owner, "legal", json!({ "message": "Ours" })).await).await;
    let answer = ask(&stranger, "legal", json!({ "message": "Theirs?" })).await;
    assert_eq!(code(answer).await, (StatusCode::NOT_FOUND, "PERSONA_NOT_FOUND".to_owned()));
    let listed = stranger.api(Method::GET, "/c-suite/legal/conversations").send().await.unwrap();
    assert_eq!(code(listed).await, (StatusCode::NOT_FOUND, "PERSONA_NOT_FOUND".to_owned()));
    let page = stranger.browse(Method::GET, "/advisers/legal").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(!page.text().await.unwrap().contains("Legal Counsel"));
    save(&stranger, &[("slug", "legal"), ("version", "1"), ("title", "Stolen")]).await;
    let archive = [("slug", "legal"), ("archived", "1")];
    stranger.form("archive_adviser", "/advisers", &archive).await;
    let legal = personas(&owner).await.pop().unwrap();
    assert_eq!((&legal["title"], &legal["archived"]), (&json!("Legal Counsel"), &json!(false)));
    assert_eq!(personas(&stranger).await.len(), 4);
    assert_eq!(messages(&owner, &begun.started().conversation).await.len(), 2);
}

#[tokio::test]
async fn a_member_reads_advisers_and_changes_none() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    save(&user, &[]).await;
    user.become_member().await;
    let page = user.page("/advisers").await;
    assert!(page.contains("Legal Counsel") && page.contains("Version 1"), "{page}");
    assert!(!page.contains("/advisers/legal") && !page.contains("/advisers/new"), "{page}");
    for path in ["/advisers/legal", "/advisers/new"] {
        let page = user.browse(Method::GET, path).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!page.text().await.unwrap().contains("Name the law"), "{path}");
    }
    for (function, fields) in [
        ("save_adviser", form(&[("short", "Second")])),
        ("preview_adviser", form(&[("question", "Well?")])),
        ("restore_adviser", vec![("slug", "legal"), ("from", "1"), ("version", "1")]),
        ("archive_adviser", vec![("slug", "legal"), ("archived", "1")]),
    ] {
        let request = app.form(function, "/advisers", &fields);
        let refused = request
            .header("cookie", &user.cookie)
            .header("accept", "application/json")
            .send()
            .await
            .unwrap();
        let body = refused.text().await.unwrap();
        assert!(body.contains("FORBIDDEN") || body.is_empty(), "{function}: {body}");
    }
    let all = personas(&user).await;
    assert_eq!((all.len(), &all[4]["archived"]), (5, &json!(false)));
    assert_eq!(replies(&user).await, 0, "nothing was asked either");
}

/// Returns the number of settlements in the ledger.
pub async fn replies(user: &User<'_>) -> i64 {
    let options = SqliteConnectOptions::new().filename(user.app.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM ledger_entries WHERE kind = 'settle'")
        .fetch_one(&mut database)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_archived_adviser_finishes_its_reply_and_takes_no_more_questions() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    save(&user, &[]).await;
    let long = json!({ "message": "Go on #tokens=150 #speed=300" });
    let response = ask(&user, "legal", long).await;
    let archive = [("slug", "legal"), ("archived", "1")];
    assert_eq!(sent_to(user.form("archive_adviser", "/advisers", &archive).await), "/advisers");
    let transcript = Transcript::read(response).await;
    assert_eq!(transcript.0.last().unwrap().name, "done", "the answer goes on to its end");
    let begun = transcript.started();

    let archived = (StatusCode::CONFLICT, "PERSONA_ARCHIVED".to_owned());
    let body = json!({ "message": "And?", "conversationId": begun.conversation });
    assert_eq!(code(ask(&user, "legal", body).await).await, archived);
    let retry = format!("/c-suite/messages/{}/retry", begun.message);
    let retried = user.api(Method::POST, &retry).send().await.unwrap();
    assert_eq!(code(retried).await, archived);
    let page = user.page(&format!("/chat/{}", begun.conversation)).await;
    assert!(page.contains("is archived and takes no more questions"), "{page}");
    assert!(page.contains("Legal Counsel") && !page.contains("name=\"message\""), "{page}");
    let listed = user.get_json("/c-suite/legal/conversations").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "it stays readable");
    assert!(!user.page("/chat").await.contains("?persona=legal"), "nobody is sent to it");

    user.form("archive_adviser", "/advisers", &[("slug", "legal"), ("archived", "0")]).await;
    let body = json!({ "message": "And?", "conversationId": begun.conversation });
    assert_eq!(ask(&user, "legal", body).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_concurrent_adviser_edit_is_a_conflict_and_overwrites_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    save(&user, &[]).await;
    let first = [("slug", "legal"), ("version", "1"), ("title", "First")];
    assert_eq!(save(&user, &first).await, "/advisers/legal?saved=1");
    let second = [("slug", "legal"), ("version", "1"), ("title", "Second")];
    assert_eq!(save(&user, &second).await, "/advisers/legal");
    assert_eq!(personas(&user).await[4]["title"], "First");
    let page = user.page("/advisers/legal").await;
    assert!(page.contains("Robin Owner saved this adviser after you opened it"), "{page}");
    assert!(page.contains("value=\"Second\"") && page.contains("Saved meanwhile"), "{page}");
    assert!(page.contains("name=\"version\" value=\"2\""), "the next save is a choice: {page}");
    let late = [("slug", "legal"), ("from", "1"), ("version", "1")];
    let late = user.form("restore_adviser", "/advisers/legal", &late).await;
    assert_eq!(sent_to(late), "/advisers/legal");
    assert_eq!(personas(&user).await[4]["title"], "First", "a restore overwrites nothing either");
}

#[tokio::test]
async fn overlong_text_fills_neither_a_url_nor_the_session() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let endless = "x".repeat(100_000);
    for function in ["save_adviser", "restore_adviser"] {
        let fields = [("slug", endless.as_str()), ("from", "1"), ("version", "1")];
        let response = user.form(function, "/advisers", &fields).await;
        let next = response.headers()[header::LOCATION].to_str().unwrap();
        assert_eq!(next, "/advisers", "{function}");
    }
    let long = "x".repeat(450_000);
    let fields = [("title", "My Title"), ("instructions", long.as_str())];
    assert_eq!(save(&user, &fields).await, "/advisers/new");
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT MAX(LENGTH(data)) FROM sessions")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert!(kept < 300_000, "{kept} bytes in a session");
    let page = user.page("/advisers/new").await;
    assert!(page.contains("this is 450000 characters long"), "{page}");
    assert!(page.contains("its end is cut off") && page.contains("value=\"My Title\""));
    assert!(page.contains(&long[..60_000]) && !page.contains(&long[..140_000]));
}

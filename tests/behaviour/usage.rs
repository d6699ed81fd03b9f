//! Messages, ledger and API agree on costs to the micro-dollar, and no budget is exceeded.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{TestApp, Transcript, User, eventually};

/// Number of concurrent questions, and how many of them the budget covers.
const SENDS: usize = 60;
const ALLOWED: usize = 10;
/// One dollar per million tokens, so one token costs one micro-dollar.
const PLAIN: (&str, &str) = ("MODEL_PRICES", "qwen2p5-72b-instruct=1/1/1,gpt-oss-120b=1/1/1");
const SHORT: (&str, &str) = ("FIREWORKS_MAX_TOKENS", "100");

async fn database(app: &TestApp) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(app.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Queries a number from the database.
async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut database(app).await).await.unwrap()
}

async fn held(app: &TestApp) -> i64 {
    number(app, "SELECT COALESCE(SUM(held_micros + running), 0) FROM spending").await
}

async fn usage(user: &User<'_>, group: &str) -> Value {
    user.get_json(&format!("/c-suite/usage?group={group}")).await
}

async fn stored(user: &User<'_>, conversation: &str) -> Vec<Value> {
    let path = format!("/c-suite/conversations/{conversation}/messages");
    user.get_json(&path).await["data"].as_array().unwrap().clone()
}

/// Checks that messages, ledger and API report the same cost and that no reservation is left.
/// Returns the cost in micro-dollars.
async fn agreed_cost(app: &TestApp, user: &User<'_>, conversations: &[String]) -> i64 {
    let mut on_messages = 0;
    for conversation in conversations {
        on_messages += stored(user, conversation)
            .await
            .iter()
            .filter_map(|message| message["usage"]["costMicros"].as_i64())
            .sum::<i64>();
    }
    let in_ledger = number(app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
    assert_eq!(on_messages, in_ledger, "messages and ledger");
    for group in ["day", "model", "persona", "member"] {
        let report = usage(user, group).await;
        let rows = report["data"].as_array().unwrap();
        for figure in ["costMicros", "promptTokens", "completionTokens", "replies", "failures"] {
            let sum: i64 = rows.iter().map(|row| row[figure].as_i64().unwrap()).sum();
            assert_eq!(report["totals"][figure], sum, "{figure} by {group}");
        }
        assert_eq!(report["totals"]["costMicros"], in_ledger, "the API by {group}");
    }
    assert_eq!(held(app).await, 0, "nothing stays reserved");
    in_ledger
}

async fn set_budget(user: &User<'_>, monthly: &str) {
    let response = user.form("set_budgets", "/admin/usage", &[("monthly", monthly)]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()[header::LOCATION], "/admin/usage?saved=1");
}

#[tokio::test]
async fn messages_ledger_and_api_agree_on_cost_however_replies_end() {
    let app = TestApp::start_with(&[("FIREWORKS_BETWEEN_EVENTS_TIMEOUT", "1")]).await;
    let user = app.with_member().await;
    let mut conversations = Vec::new();
    for question in [
        "Whole #tokens=30",
        "Uncounted #tokens=20 #fault=usage-none",
        "Thought over #tokens=5 #fault=reasoning",
        "Broken in the middle #fault=cut",
        "Broken before the first word #fault=http-401",
        "Cut by length #fault=length",
    ] {
        conversations.push(user.ask(question).await.started().conversation);
    }
    let stopped = user.ask_and_leave("Stopped #tokens=500 #speed=50").await;
    let path = format!("/c-suite/messages/{}/stop", stopped.message);
    user.api(Method::POST, &path).send().await.unwrap();
    eventually("the stop", || async {
        stored(&user, &stopped.conversation).await[1]["status"] == "stopped"
    })
    .await;
    conversations.push(stopped.conversation);
    assert!(agreed_cost(&app, &user, &conversations).await > 0);
    let failed = &stored(&user, &conversations[4]).await[1];
    assert_eq!(failed["usage"]["costMicros"], 0, "what never began costs nothing");
    let totals = usage(&user, "day").await["totals"].clone();
    assert_eq!((&totals["replies"], &totals["failures"]), (&json!(7), &json!(2)));
}

#[tokio::test]
async fn a_reply_cut_off_by_a_crash_is_charged_for_its_stored_text() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let running = user.ask_and_leave("Long one #tokens=5000 #speed=50").await;
    // A crash leaves the database file as it is at some moment, so start the next server on a copy.
    eventually("a save", || async {
        number(&app, "SELECT LENGTH(content) FROM messages WHERE status = 'streaming'").await > 0
    })
    .await;
    let left = tempfile::tempdir().unwrap();
    let copy = left.path().join("test.db").display().to_string();
    sqlx::query("VACUUM INTO $1").bind(copy).execute(&mut database(&app).await).await.unwrap();
    let again = TestApp::start_in(left, &[]).await;
    let user = User { app: &again, email: user.email, cookie: user.cookie, token: user.token };
    eventually("the interruption", || async {
        stored(&user, &running.conversation).await[1]["status"] == "interrupted"
    })
    .await;
    let answer = stored(&user, &running.conversation).await[1].clone();
    assert_eq!(answer["usage"]["estimated"], true);
    let tokens = csuite::platform::tokens::count(answer["content"].as_str().unwrap());
    assert_eq!(answer["usage"]["completionTokens"], tokens);
    assert!(agreed_cost(&again, &user, &[running.conversation]).await > 0);
}

#[tokio::test]
async fn a_question_from_a_lost_client_is_answered_or_never_stored() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for step in 0..60 {
        let send = user.ask_with(json!({ "message": "Anyone? #tokens=2" })).send();
        let patience = std::time::Duration::from_micros(300 * step);
        let _ = tokio::time::timeout(patience, send).await;
    }
    let running = "SELECT COUNT(*) FROM messages WHERE status = 'streaming'";
    // Together, because the last question may be stored after a look at `running` alone.
    eventually("the end of every answer and reservation", || async {
        number(&app, running).await == 0 && held(&app).await == 0
    })
    .await;
    assert!(number(&app, "SELECT COUNT(*) FROM messages").await > 0, "some were stored");
}

#[tokio::test]
async fn an_exhausted_budget_refuses_stores_nothing_and_says_what_to_do() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let first = user.ask("Before there was a budget #tokens=20").await;
    set_budget(&user, "0.000001").await;
    let response = user.ask_with(json!({ "message": "One more" })).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYMENT_REQUIRED);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "BUDGET_EXCEEDED");
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("is used up") && message.contains("resets on"), "{message}");
    assert!(message.contains("usage page"), "an owner can raise it: {message}");
    assert_eq!(body["details"], json!({ "raise": "/admin/usage#budgets" }));
    let typed = [
        ("conversation_id", ""),
        ("persona", "ceo"),
        ("message", "Typed in vain"),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000bb"),
    ];
    let response = user.form("send_message", "/chat", &typed).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let page = user.page("/chat").await;
    assert!(page.contains("Typed in vain") && page.contains("is used up"), "{page}");
    let notice = page.split("id=\"message-error\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(notice.contains("data-budget") && notice.contains("Raise budget"), "{notice}");
    assert_eq!(page.matches("role=\"alert\"").count(), 1, "one notice: {page}");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM messages").await, 2, "nothing was stored");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM conversations").await, 1);
    user.become_member().await;
    let conversation = first.started().conversation;
    let body = json!({ "message": "And here?", "conversationId": conversation });
    let refused: Value = user.ask_with(body).send().await.unwrap().json().await.unwrap();
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("Ask an owner or admin"), "whom to ask: {message}");
    assert_eq!(refused["details"], Value::Null, "a member cannot raise it");
    user.form("send_message", "/chat", &typed).await;
    let page = user.page("/chat").await;
    assert!(page.contains("Ask an owner or admin") && !page.contains("Raise budget"), "{page}");
    assert_eq!(stored(&user, &conversation).await.len(), 2);
}

#[tokio::test]
async fn demo_answers_cost_nothing_and_use_no_budget() {
    let app = TestApp::start_with(&[("EMULATOR_PRICES", "0")]).await;
    let user = app.with_member().await;
    set_budget(&user, "0.01").await;
    for _ in 0..5 {
        assert_eq!(user.ask("How are we doing?").await.last().name, "done");
    }
    let totals = usage(&user, "day").await["totals"].clone();
    assert_eq!((&totals["costMicros"], &totals["replies"]), (&json!(0), &json!(5)), "{totals}");
    assert_eq!(held(&app).await, 0);
}

#[tokio::test]
async fn concurrent_sends_never_exceed_the_budget() {
    let app = TestApp::start_with(&[PLAIN, SHORT]).await;
    let user = app.with_member().await;
    let question = "Same question for all #tokens=100 #first=1500";
    // The first question shows the amount of one reservation.
    user.ask_and_leave(question).await;
    eventually("the first answer's end", || async { held(&app).await == 0 }).await;
    let sql = "SELECT held_micros FROM ledger_entries WHERE kind = 'reserve'";
    let each = number(&app, sql).await;
    let spent = number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
    let budget = spent + each * ALLOWED as i64;
    set_budget(&user, &format!("{:.6}", budget as f64 / 1_000_000.0)).await;
    let sends = (0..SENDS).map(|_| async {
        let response = user.ask_with(json!({ "message": question })).send().await.unwrap();
        let status = response.status();
        if status == StatusCode::OK {
            assert_eq!(Transcript::read(response).await.last().name, "done");
        }
        status
    });
    let statuses = join_all(sends).await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(StatusCode::OK), ALLOWED);
    assert_eq!(count(StatusCode::PAYMENT_REQUIRED), SENDS - ALLOWED);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM messages WHERE role = 'user'").await, 11);
    assert_eq!(held(&app).await, 0);
}

#[tokio::test]
async fn a_reply_that_would_exceed_the_budget_ends_at_it() {
    let app = TestApp::start_with(&[PLAIN, ("FIREWORKS_MAX_TOKENS", "1000")]).await;
    let user = app.with_member().await;
    user.ask("To learn how much is held #tokens=1").await;
    let whole = number(&app, "SELECT held_micros FROM ledger_entries WHERE kind = 'reserve'").await;
    let spent = number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
    let budget = spent + whole - 900;
    set_budget(&user, &format!("{:.6}", budget as f64 / 1_000_000.0)).await;
    let answer = user.ask("To learn how much is held #tokens=900").await;
    assert_eq!(answer.last().name, "stopped");
    assert_eq!(answer.last().data["finishReason"], "stopped");
    let kept = stored(&user, &answer.started().conversation).await[1].clone();
    assert_eq!(kept["status"], "stopped");
    assert_eq!(kept["error"]["code"], "BUDGET_EXCEEDED");
    assert_eq!(kept["content"], answer.text());
    assert_eq!(kept["usage"], answer.last().data["usage"]);
    let completion = kept["usage"]["completionTokens"].as_i64().unwrap();
    assert!((90..=110).contains(&completion), "{completion}");
    let page = user.page(&format!("/chat/{}", answer.started().conversation)).await;
    assert!(page.contains("because the budget is used up"), "{page}");
    assert!(number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await <= budget);
}

#[tokio::test]
async fn no_server_that_ignores_the_limit_passes_the_budget() {
    const ROOM: i64 = 100;
    let long = "The oven paid for itself in March. ".repeat(110);
    for (shape, text, ends_at_budget) in [
        ("char-chunks", long.as_str(), true),
        ("wide-chunks", long.as_str(), true),
        ("usage-beyond-limit", &long[..1_400], false),
    ] {
        let app = TestApp::start_with(&[PLAIN, ("FIREWORKS_MAX_TOKENS", "1000")]).await;
        let user = app.with_member().await;
        let question = format!("{text} #shape={shape}");
        user.ask(&question).await;
        let whole =
            number(&app, "SELECT held_micros FROM ledger_entries WHERE kind = 'reserve'").await;
        let spent = number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
        let budget = spent + whole - 1_000 + ROOM;
        set_budget(&user, &format!("{:.6}", budget as f64 / 1_000_000.0)).await;
        let answer = user.ask(&question).await;
        let usage = &answer.last().data["usage"];
        assert_eq!(usage["completionTokens"], ROOM, "{shape}");
        assert_eq!(usage["estimated"], true, "{shape}");
        assert_eq!(answer.last().name == "stopped", ends_at_budget, "{shape}");
        let delivered = i64::from(csuite::platform::tokens::count(&answer.text()));
        assert!((ROOM..5 * ROOM).contains(&delivered), "{shape}: {delivered}");
        let spent = number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await;
        assert!(spent <= budget, "{shape}: {spent} of {budget}");
    }
}

#[tokio::test]
async fn the_ledger_keeps_what_was_spent_in_a_deleted_conversation() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let gone = user.ask("Forget this #tokens=30").await.started().conversation;
    let running = user.ask_and_leave("And this #tokens=500 #speed=50").await.conversation;
    let before = usage(&user, "persona").await;
    for conversation in [&gone, &running] {
        let path = format!("/c-suite/conversations/{conversation}");
        let response = user.api(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
    eventually("the running answer's end", || async { held(&app).await == 0 }).await;
    let after = usage(&user, "persona").await;
    assert_eq!(after["totals"]["replies"], 2, "the one that ran is charged for, too");
    let (before, after) = (&before["totals"]["costMicros"], &after["totals"]["costMicros"]);
    assert!(after.as_i64() > before.as_i64() && before.as_i64() > Some(0));
    app.purge_deleted().await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM messages").await, 0);
    assert_eq!(usage(&user, "persona").await["totals"]["costMicros"], *after);
}

#[tokio::test]
async fn usage_is_visible_only_to_the_businesss_own_admins() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    owner.ask("Ours #tokens=30").await;
    assert_eq!(usage(&stranger, "day").await["totals"]["replies"], 0);
    assert!(usage(&stranger, "member").await["data"].as_array().unwrap().is_empty());
    let page = stranger.page("/admin/usage").await;
    assert!(page.contains("No answers in this period."), "{page}");
    owner.become_member().await;
    let refused = owner.api(Method::GET, "/c-suite/usage").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = owner.browse(Method::GET, "/admin/usage").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    let page = page.text().await.unwrap();
    assert!(page.contains("Ask an owner or admin") && !page.contains("usage-table"), "{page}");
    assert!(!page.contains("href=\"/admin/usage\""), "no way there is shown");
    let response = owner.form("set_budgets", "/admin/usage", &[("monthly", "1000")]).await;
    assert!(response.headers()[header::LOCATION] == "/admin/usage");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM budgets").await, 0);
    let visitor = app.get("/admin/usage").await;
    assert_eq!(visitor.headers()[header::LOCATION], "/signin?next=/admin/usage");
}

#[tokio::test]
async fn the_page_shows_sums_a_plot_and_the_replies_behind_a_row() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let answer = user.ask("What next? #tokens=30").await;
    let cost = answer.last().data["usage"]["costMicros"].as_i64().unwrap();
    let page = user.page("/admin/usage?group=persona").await;
    assert!(page.contains("<svg") && page.contains("Cost by adviser"), "{page}");
    assert!(page.contains(&format!("value=\"{cost}\"")), "{page}");
    assert!(page.contains("row=ceo#replies"), "{page}");
    let exact = format!("$0.{cost:06}");
    assert!(page.contains(&format!("title=\"{exact}\"")), "exact on demand: {exact} {page}");
    let first = page.split("<thead>").nth(1).unwrap().split("</th>").nth(1).unwrap();
    assert!(first.ends_with(">Cost"), "the cost stands first: {first}");
    assert!(page.contains("1 answer cost") || page.contains("1 answer<!> cost"), "{page}");
    assert!(page.contains(">Last month<") && !page.contains(">Show<"), "periods are links: {page}");
    let page = user.page("/admin/usage?group=persona&row=ceo").await;
    let link = format!("/chat/{}", answer.started().conversation);
    assert!(page.contains(&link) && page.contains("Robin Owner"), "{page}");
    let page = user.page("/admin/usage?from=2026-02-31").await;
    assert!(page.contains("Write the date as"), "{page}");
}

#[tokio::test]
async fn a_refused_budget_is_kept_with_its_reason() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [("monthly", "25"), ("daily", "plenty")];
    let response = user.form("set_budgets", "/admin/usage", &fields).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let page = user.page("/admin/usage").await;
    assert!(page.contains("value=\"plenty\"") && page.contains("value=\"25\""), "{page}");
    assert!(page.contains("id=\"daily-error\""), "{page}");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM budgets").await, 0);
    set_budget(&user, "25").await;
    let page = user.page("/admin/usage?saved=1").await;
    assert!(page.contains("value=\"25.00\"") && page.contains("Budgets set."), "{page}");
}

#[tokio::test]
async fn admins_are_warned_on_every_page_before_the_budget_is_spent() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let cost = user.ask("Spend #tokens=50").await.last().data["usage"]["costMicros"].clone();
    let cost = cost.as_i64().unwrap() as f64 / 1_000_000.0;
    set_budget(&user, &format!("{:.6}", cost * 2.0)).await;
    assert!(!user.page("/account").await.contains("nearly spent"));
    set_budget(&user, &format!("{:.6}", cost * 1.2)).await;
    for path in ["/account", "/chat", "/admin/usage"] {
        assert!(user.page(path).await.contains("nearly spent"), "{path}");
    }
    user.become_member().await;
    assert!(!user.page("/account").await.contains("nearly spent"), "members are left in peace");
}

#[tokio::test]
async fn an_invalid_range_or_group_is_refused_by_name() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (query, field) in [
        ("from=monday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-11-02&to=2026-11-01", "from"),
        ("group=colour", "group"),
    ] {
        let path = format!("/c-suite/usage?{query}");
        let response = user.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let body: Value = response.json().await.unwrap();
        assert!(body["details"][field].is_string(), "{query}: {body}");
    }
}

#[tokio::test]
async fn admins_see_the_number_checks_of_each_adviser() {
    let app = TestApp::start_with(&[PLAIN]).await;
    let (user, stranger) = (app.with_member().await, app.with_member().await);
    let section = async |user: &User<'_>, query: &str| {
        let page = user.page(&format!("/admin/usage{query}")).await;
        page.split("class=\"usage-grounding\"")
            .nth(1)
            .unwrap()
            .split("</section>")
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(section(&user, "").await.contains("No answers were checked"), "before the first");
    let day = json!({ "date": "2026-11-01", "sessions": 120, "revenue": 940.5 });
    user.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap();
    const STATES: [&str; 8] = [
        "confirmed",
        "found",
        "workedOut",
        "conflict",
        "fromQuestion",
        "fromEarlier",
        "inProfile",
        "notFromData",
    ];
    let mut counts = [0; 8];
    for question in ["How is revenue?", "Is 7,777 EUR enough?"] {
        let end = user.ask(question).await.last().clone();
        let grounding = &end.data["grounding"];
        for (at, name) in STATES.iter().enumerate() {
            counts[at] += grounding["states"][name].as_i64().unwrap();
        }
    }
    assert!(counts[0] + counts[1] > 0, "the emulator cites: {counts:?}");
    let [confirmed, found, worked_out, conflict, asked, earlier, in_profile, rest] = counts;
    let shown = [confirmed, found, worked_out, conflict, asked + earlier, in_profile, rest];
    let numbers = |html: &str| -> Vec<String> {
        let cells = html.split("<td>").skip(1).map(|cell| cell.split('<').next().unwrap());
        cells.map(str::to_owned).collect()
    };
    let told = section(&user, "").await;
    assert!(told.contains(">CEO<"), "{told}");
    assert_eq!(numbers(&told)[0], "2");
    assert_eq!(numbers(&told)[1..8], shown.map(|n| n.to_string()));
    let earlier = section(&user, "?from=2020-01-01&to=2020-01-31").await;
    assert!(earlier.contains("No answers were checked"), "{earlier}");
    assert!(section(&stranger, "").await.contains("No answers were checked"), "another business");
}

#[tokio::test]
async fn a_business_that_set_no_budget_has_the_operators_default_until_it_sets_its_own() {
    let app = TestApp::start_with(&[PLAIN, SHORT, ("DEFAULT_BUDGET", "0.000001")]).await;
    let user = app.with_member().await;
    let refused = user.ask_with(json!({ "message": "Hi" })).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED);
    assert!(user.page("/admin/usage").await.contains("$0.000001"));
    set_budget(&user, "").await;
    user.ask("No budget is a choice, too #tokens=2").await;
}

#[tokio::test]
async fn no_business_exceeds_the_installation_budget() {
    // A question reserves about 5,000 micro-dollars here. The budget of 20,000 micro-dollars covers
    // a few questions, and then refuses one.
    for setting in ["INSTALLATION_BUDGET_MONTH", "INSTALLATION_BUDGET_DAY"] {
        let app = TestApp::start_with(&[PLAIN, SHORT, (setting, "0.02")]).await;
        let (one, other) = (app.with_member().await, app.with_member().await);
        set_budget(&other, "1000").await;
        let mut refused = None;
        for _ in 0..200 {
            let answer = one.ask_with(json!({ "message": "Spend it #tokens=90" })).send().await;
            let answer = answer.unwrap();
            if answer.status() != StatusCode::OK {
                refused = Some(answer);
                break;
            }
            Transcript::read(answer).await;
        }
        assert!(refused.is_some(), "{setting}: nothing was refused");
        assert!(number(&app, "SELECT SUM(cost_micros) FROM ledger_entries").await <= 20_000);
        let refused = other.ask_with(json!({ "message": "Mine is not used up" })).send().await;
        let refused = refused.unwrap();
        assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED, "{setting}");
        let body: Value = refused.json().await.unwrap();
        assert!(body["message"].as_str().unwrap().contains("whole installation"), "{body}");
    }
}

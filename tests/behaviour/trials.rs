//! Trials: a business without an account, marked, bounded, and gone after a day.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::analytics::add_metric;
use crate::personas::save;
use crate::support::{PASSWORD, TestApp, Transcript, User, cookies, eventually, session_cookie};

const ALLOWED: (&str, &str) = ("TRIALS", "9");

async fn start(app: &TestApp) -> Response {
    app.form("start_trial", "/", &[]).send().await.unwrap()
}

/// Starts a trial. Its visitor has a session and no token.
async fn trial(app: &TestApp) -> User<'_> {
    let response = start(app).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()[header::LOCATION], "/chat");
    let cookie = session_cookie(&response).expect("a trial begins a session");
    User { app, email: String::new(), cookie, token: String::new() }
}

/// Returns the landing page after a refused start.
async fn refused(app: &TestApp) -> String {
    let response = start(app).await;
    assert!(response.headers()[header::LOCATION].to_str().unwrap().ends_with('/'));
    assert_eq!(session_cookie(&response), None);
    let page = app.request(Method::GET, "/").header(header::COOKIE, cookies(&response));
    page.send().await.unwrap().text().await.unwrap()
}

async fn ask(user: &User<'_>, message: &str) -> Response {
    let ask = user.browse(Method::POST, "/c-suite/ceo/chat");
    ask.json(&json!({ "message": message })).send().await.unwrap()
}

async fn database(app: &TestApp) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(app.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn end_all(app: &TestApp) {
    let mut database = database(app).await;
    sqlx::query("UPDATE trials SET ends_at = 1").execute(&mut database).await.unwrap();
}

/// Returns the tables that still mention the tenant or the account, without the ledger's.
async fn traces(app: &TestApp, tenant: &str, account: &str) -> Vec<String> {
    let mut database = database(app).await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT IN ('ledger_entries', 'spending')
           AND (c.name IN ('tenant_id', 'account_id') OR (c.name = 'id' AND t.name IN ('tenants', 'accounts')))",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    assert!(columns.len() > 20, "{columns:?}");
    let mut found = Vec::new();
    for (table, column) in columns {
        let sql = format!("SELECT COUNT(*) FROM \"{table}\" WHERE \"{column}\" IN ($1, $2)");
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(tenant)
            .bind(account)
            .fetch_one(&mut database)
            .await
            .unwrap();
        if count > 0 {
            found.push(table);
        }
    }
    found.dedup();
    found
}

#[tokio::test]
async fn an_installation_offers_no_trial_unless_its_operator_says_so() {
    let app = TestApp::start().await;
    assert!(!app.get("/").await.text().await.unwrap().contains("start_trial"));
    refused(&app).await;
}

#[tokio::test]
async fn one_click_leads_to_a_filled_business_that_is_marked_on_every_page() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    assert!(app.get("/").await.text().await.unwrap().contains("Try it with a sample business"));
    let user = trial(&app).await;
    for path in ["/chat", "/dashboard", "/profile", "/analytics", "/account", "/knowledge"] {
        let page = user.page(path).await;
        assert!(
            page.contains("Trial</strong> with made-up numbers and demo answers")
                && page.contains("Deleted on "),
            "{path}: {page}"
        );
        assert!(page.contains("href=\"/signup\"") && page.contains("Leave trial"), "{path}");
    }
    assert!(user.page("/profile").await.contains("Coffee roaster"));
    let known = user.page("/knowledge").await;
    assert!(known.contains("Revenue") && known.contains("Coffee roaster"), "{known}");
    let account = user.page("/account").await;
    for missing in ["change_password", "create_token", "sign_out_everywhere", "trial.invalid"] {
        assert!(!account.contains(missing), "{missing}");
    }
    let import = user.page("/analytics/import").await;
    assert!(import.contains("A trial cannot import files") && !import.contains("type=\"file\""));
    assert_eq!(ask(&user, "How was the last month?").await.status(), StatusCode::OK);
    assert!(!app.with_member().await.page("/dashboard").await.contains("Deleted on"));
}

#[tokio::test]
async fn a_trial_is_in_its_visitors_time_zone() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    for (zone, told) in [("Asia/Tokyo", " JST"), ("Mars/Olympus", " UTC"), ("", " UTC")] {
        let response = app.form("start_trial", "/", &[("time_zone", zone)]).send().await.unwrap();
        let cookie = session_cookie(&response).expect("a trial begins a session");
        let user = User { app: &app, email: String::new(), cookie, token: String::new() };
        let page = user.page("/account").await;
        for before in ["Deleted on ", "It is deleted on "] {
            let end = page.split(before).nth(1).unwrap();
            assert!(end.split(['<', ',']).nth(1).unwrap().ends_with(told), "{zone}: {end}");
        }
    }
}

#[tokio::test]
async fn a_second_click_and_a_members_click_make_no_business() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    for user in [trial(&app).await, app.with_member().await] {
        let again = user.form("start_trial", "/", &[]).await;
        assert_eq!(again.headers()[header::LOCATION], "/chat");
        assert_eq!(session_cookie(&again), None, "the session stays");
    }
    let mut database = database(&app).await;
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM trials").fetch_one(&mut database).await.unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_trial_can_neither_outlive_itself_nor_spend_more_nor_take_files() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    let user = trial(&app).await;
    let token = [("name", "Mine"), ("scope", ""), ("lifetime", "")];
    user.form("create_token", "/account", &token).await;
    let password = [("current_password", ""), ("new_password", PASSWORD)];
    user.form("change_password", "/account", &password).await;
    let budget = [("monthly", "1000"), ("daily", ""), ("member_monthly", "")];
    user.form("set_budgets", "/admin/usage", &budget).await;
    let mut database = database(&app).await;
    let left: (i64, i64, String) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM api_tokens), b.monthly_micros, a.password_hash
         FROM trials t JOIN budgets b ON b.tenant_id = t.tenant_id JOIN accounts a ON a.id = t.account_id",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    assert_eq!(left, (0, 100_000, String::new()));
    let file = user.browse(Method::POST, "/c-suite/analytics/import");
    let file = file.header(header::CONTENT_TYPE, "text/csv").body("date,sessions\n2026-01-02,1\n");
    let refused = file.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("A trial can't upload files"), "{body}");
    assert!(user.page("/dashboard").await.contains("with made-up numbers"), "they are still there");
}

#[tokio::test]
async fn the_budget_of_a_trial_ends_its_questions() {
    let app = TestApp::start_with(&[ALLOWED, ("TRIAL_BUDGET", "0.000001")]).await;
    let refused = ask(&trial(&app).await, "One more?").await;
    assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED);
    let body: Value = refused.json().await.unwrap();
    let message = body["message"].as_str().unwrap();
    assert!(
        message.starts_with("The budget of this trial") && !message.contains("resets"),
        "{body}"
    );
}

#[tokio::test]
async fn the_budget_of_the_installation_holds_for_trials() {
    let app = TestApp::start_with(&[ALLOWED, ("INSTALLATION_BUDGET_DAY", "0.000001")]).await;
    let refused = ask(&trial(&app).await, "One more?").await;
    assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn the_landing_page_says_why_no_trial_begins() {
    let app = TestApp::start_with(&[("TRIALS", "1")]).await;
    trial(&app).await;
    let page = refused(&app).await;
    assert!(page.contains("All trials are in use"), "{page}");

    let app = TestApp::start_with(&[ALLOWED, ("RATE_LIMIT_SIGN_UP", "2/1h")]).await;
    app.with_member().await;
    trial(&app).await;
    let page = refused(&app).await;
    assert!(page.contains("Too many new accounts from your network"), "{page}");
}

#[tokio::test]
async fn a_trial_sees_no_other_business_and_none_sees_it() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    let (one, two, member) = (trial(&app).await, trial(&app).await, app.with_member().await);
    let mine = Transcript::read(ask(&one, "Ours alone").await).await.started();
    let theirs = member.ask("Theirs alone").await.started();
    for (stranger, id) in [(&two, &mine), (&member, &mine), (&one, &theirs), (&two, &theirs)] {
        let path = format!("/c-suite/conversations/{}", id.conversation);
        let found = stranger.browse(Method::GET, &path).send().await.unwrap();
        assert_eq!(found.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_ended_trial_is_closed_at_once_and_deleted_with_everything_in_it() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    let (user, member) = (trial(&app).await, app.with_member().await);
    add_metric(&user, "Churn rate").await;
    save(&user, &[]).await;
    let asked = ask(&user, "Our goal is to open on Sundays. How was the last month?").await;
    let declined = Transcript::read(asked).await.started().message;
    let decline = [
        ("message_id", declined.as_str()),
        ("field", "goals"),
        ("text", "to open on Sundays"),
        ("action", "add"),
        ("decision", "decline"),
    ];
    user.form("decide_proposal", "/chat", &decline).await;
    let kept = member.ask("Ours stays").await.started();
    let mut connection = database(&app).await;
    let (tenant, account): (String, String) =
        sqlx::query_as("SELECT tenant_id, account_id FROM trials")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    sqlx::query("INSERT INTO import_decisions VALUES ($1, 'a header', '{}', 1)")
        .bind(&tenant)
        .execute(&mut connection)
        .await
        .unwrap();
    eventually("insights", || async { user.page("/dashboard").await.contains("insight-meta") })
        .await;
    assert_eq!(app.trials.delete_ended().await.unwrap(), 0, "it has not ended");
    let running = ask(&user, "Slowly #tokens=400 #speed=20").await;
    assert_eq!(running.status(), StatusCode::OK);

    end_all(&app).await;
    let page = user.browse(Method::GET, "/chat").send().await.unwrap();
    assert!(page.status().is_redirection(), "{}", page.status());
    assert_eq!(ask(&user, "Still there?").await.status(), StatusCode::UNAUTHORIZED);
    let much = traces(&app, &tenant, &account).await;
    for table in ["declined_proposals", "import_decisions"] {
        assert!(much.len() > 10 && much.contains(&table.to_owned()), "{much:?}");
    }
    assert_eq!(app.trials.delete_ended().await.unwrap(), 1);
    assert_eq!(traces(&app, &tenant, &account).await, Vec::<String>::new());
    let (open,): (i64,) = sqlx::query_as("SELECT COALESCE(SUM(running), 0) FROM spending")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(open, 0, "the running reply was settled");
    let (spent,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM ledger_entries WHERE tenant_id = $1")
            .bind(&tenant)
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(spent, 4, "what it cost stays in the ledger");
    let page = member.page(&format!("/chat/{}", kept.conversation)).await;
    assert!(page.contains("Ours stays"));
}

#[tokio::test]
async fn the_server_deletes_ended_trials_by_itself() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    trial(&app).await;
    end_all(&app).await;
    let app = TestApp::start_in(app.stop().await, &[]).await;
    eventually("the deletion", || async {
        let mut database = database(&app).await;
        let left: (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM tenants").fetch_one(&mut database).await.unwrap();
        left == (0,)
    })
    .await;
}

#[tokio::test]
async fn a_visitor_learns_that_the_trial_has_ended_and_can_sign_up() {
    let app = TestApp::start_with(&[ALLOWED]).await;
    let response = start(&app).await;
    let jar = cookies(&response);
    let page = |path: &'static str, jar: String| {
        let request = app.request(Method::GET, path).header(header::COOKIE, jar);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let form = page("/signup", jar.clone()).await;
    assert!(form.contains("name=\"business_name\""), "a trial's visitor may sign up: {form}");
    end_all(&app).await;
    assert!(page("/signin", jar.clone()).await.contains("Your trial has ended"));
    let fields = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("business_name", "Engines"),
    ];
    let signed_up = app.form("sign_up", "/signup", &fields).header(header::COOKIE, jar);
    let signed_up = signed_up.send().await.unwrap();
    let set = cookies(&signed_up);
    assert!(set.contains("csuite_trial=;") || set.ends_with("csuite_trial="), "{set}");
    let cookie = session_cookie(&signed_up).unwrap();
    let own = page("/operator", cookie.clone()).await;
    assert!(own.contains("Operator</h1>"), "the first real account is the operator: {own}");
    assert!(!page("/account", cookie).await.contains("eleted on"));
}

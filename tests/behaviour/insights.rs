//! Insights follow the metrics, also after restarts and failures, and name the numbers they are
//! based on.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use time::{Date, Duration, OffsetDateTime};

use crate::support::{TestApp, User, eventually};

const OFTEN: (&str, &str) = ("RATE_LIMIT_STRICT", "1000/1m");
const INSIGHTS: &str = "/c-suite/insights";

async fn database(path: &std::path::Path) -> SqliteConnection {
    let options =
        SqliteConnectOptions::new().filename(path).busy_timeout(std::time::Duration::from_secs(5));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn execute(path: &std::path::Path, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut database(path).await).await.unwrap();
}

fn ago(days: i64) -> Date {
    OffsetDateTime::now_utc().date() - Duration::days(days)
}

/// Imports revenue for the 60 days up to yesterday: `now` on each of the newest 30 days, 100 on
/// each day before.
async fn trade(user: &User<'_>, now: u32) {
    let rows: String = (1..=60)
        .map(|day| format!("{},,,,{}\n", ago(day), if day <= 30 { now } else { 100 }))
        .collect();
    let file = format!("date,sessions,users,conversions,revenue\n{rows}");
    let import = user.api(Method::POST, "/c-suite/analytics/import");
    let response = import.header(header::CONTENT_TYPE, "text/csv").body(file).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

async fn insights(user: &User<'_>) -> Vec<Value> {
    user.get_json(INSIGHTS).await["data"].as_array().unwrap().clone()
}

async fn pulse(user: &User<'_>) -> Option<Value> {
    insights(user).await.into_iter().find(|insight| insight["moduleSlug"] == "growth-pulse")
}

/// Waits until the summary of the growth pulse starts with `words`.
async fn until_pulse(user: &User<'_>, words: &str) {
    eventually(words, || async {
        let pulse = pulse(user).await;
        pulse.is_some_and(|pulse| pulse["summary"].as_str().unwrap().starts_with(words))
    })
    .await;
}

async fn send(user: &User<'_>, body: &Value) -> Response {
    user.api(Method::POST, INSIGHTS).json(body).send().await.unwrap()
}

async fn sent(user: &User<'_>, summary: &str, severity: &str) -> Value {
    let body = json!({ "moduleSlug": "stock-watch", "summary": summary, "severity": severity });
    let response = send(user, &body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.unwrap()
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn a_change_of_the_numbers_gives_an_insight_with_its_basis_within_seconds() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    trade(&user, 70).await;
    until_pulse(&user, "Revenue: down 30.0%").await;
    let first = pulse(&user).await.unwrap();
    assert_eq!((&first["severity"], &first["origin"]), (&json!("warning"), &json!("module")));
    let values: Vec<f64> =
        first["basis"].as_array().unwrap().iter().map(|it| it["value"].as_f64().unwrap()).collect();
    assert_eq!(values[0], 70.0);
    assert!((values[1] + 30.0).abs() < 1e-9 && values[2] == 100.0, "{values:?}");
    let span = &first["basis"][0]["span"];
    assert_eq!(*span, json!([ago(30).to_string(), ago(1).to_string()]));
    eventually("the page to be up to date", || async {
        user.page("/dashboard").await.contains("Up to date with your numbers")
    })
    .await;
    let page = user.page("/dashboard").await;
    assert!(page.contains("Revenue: down 30.0%") && page.contains("data-severity=\"warning\""));
    assert!(page.contains("/analytics?metric=revenue&amp;range=90#trend"), "{page}");
    assert!(page.contains("analytics-spark"), "the newest numbers: {page}");
    trade(&user, 100).await;
    until_pulse(&user, "Revenue: unchanged").await;
    assert_eq!(pulse(&user).await.unwrap()["id"], first["id"], "about the same, in its place");
    let day = format!("/c-suite/analytics/{}", ago(3));
    user.api(Method::DELETE, &day).send().await.unwrap();
    eventually("the gap", || async {
        insights(&user).await.iter().any(|it| it["moduleSlug"] == "data-health")
    })
    .await;
}

#[tokio::test]
async fn the_dashboard_reads_the_chosen_metric_and_range_in_words() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let settings = [("currency", "USD"), ("time_zone", "UTC")];
    user.form("save_analytics_settings", "/analytics/metrics", &settings).await;
    trade(&user, 108).await;
    let page = user.page("/dashboard?range=30").await;
    let reading = |page: &str| {
        let reading = page.split("class=\"chart-reading\">").nth(1).unwrap_or_default();
        reading.split('<').next().unwrap_or_default().to_owned()
    };
    let told = reading(&page);
    assert!(told.starts_with("Revenue was $3,240 in the 30 days to "), "{told}");
    assert!(told.ends_with(", 8% above the 30 days before."), "{told}");
    assert_eq!(page.matches("data-chart=").count(), 1, "one chart: {page}");
    assert!(page.contains(">$100<") || page.contains(">$108<"), "currency on the axis");
    assert!(page.contains("<td>$108<"), "the values are in the table as well: {page}");
    let chosen = "href=\"/dashboard?metric=revenue&amp;range=30#trend\"";
    let link = page.split(chosen).nth(1).unwrap_or_default().split('>').next().unwrap_or_default();
    assert!(page.contains(chosen) && link.contains("aria-current"), "{link}");
    assert!(!page.contains("type=\"submit\">Show"), "the range is a link");
    let gone = format!("/c-suite/analytics/{}", ago(10));
    user.api(Method::DELETE, &gone).send().await.unwrap();
    let page = user.page("/dashboard?range=30").await;
    assert!(page.contains("class=\"gap\"") && page.contains("29 of 30 days have values"), "{page}");
    let page = user.page("/dashboard?metric=nothing&range=7").await;
    assert!(reading(&page).starts_with("Revenue was"), "nonsense shows what there is: {page}");
}

#[tokio::test]
async fn an_unseen_change_is_found_after_a_restart_and_on_a_new_day() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let (email, token, cookie) = (user.email.clone(), user.token.clone(), user.cookie.clone());
    trade(&user, 70).await;
    // The server may stop before, during or after the first computation.
    let folder = app.stop().await;
    let file = folder.path().join("test.db");
    execute(
        &file,
        "UPDATE analytics_snapshots SET revenue = 50 WHERE revenue = 70;
         UPDATE analytics_changes SET version = version + 1, changed_at = changed_at + 1;",
    )
    .await;
    let app = TestApp::start_in(folder, &[OFTEN]).await;
    let user = User { app: &app, email, cookie, token };
    until_pulse(&user, "Revenue: down 50.0%").await;
    eventually("to be done", || async {
        user.page("/dashboard").await.contains("Up to date with your numbers")
    })
    .await;
    let state = async || -> (i64, i64) {
        sqlx::query_as("SELECT computed_at, due_at FROM insight_states")
            .fetch_one(&mut database(&app.database()).await)
            .await
            .unwrap()
    };
    let (computed, due) = state().await;
    let now = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000).unwrap();
    assert!(due > now && due <= now + 86_400_000_000, "when the day ends");
    assert_eq!(due % 86_400_000_000, 0, "in UTC, where this business is");
    // Simulates the end of the day.
    execute(&app.database(), "UPDATE insight_states SET due_at = 1").await;
    eventually("another run", || async { state().await.0 > computed }).await;
    assert_eq!(state().await.1, due);
}

#[tokio::test]
async fn a_failed_computation_is_reported_retried_and_blocks_no_other_tenant() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (broken, well) = (app.with_member().await, app.with_member().await);
    trade(&broken, 70).await;
    until_pulse(&broken, "Revenue: down 30.0%").await;
    execute(
        &app.database(),
        "UPDATE analytics_snapshots SET metrics = 'spoilt' WHERE revenue = 70",
    )
    .await;
    let day = json!({ "date": ago(70).to_string(), "revenue": 100 });
    broken.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap();
    trade(&well, 150).await;
    until_pulse(&well, "Revenue: up 50.0%").await;
    let failures = async || -> (i64, i64) {
        sqlx::query_as("SELECT failures, due_at FROM insight_states ORDER BY failures DESC LIMIT 1")
            .fetch_one(&mut database(&app.database()).await)
            .await
            .unwrap()
    };
    eventually("the failure", || async { failures().await.0 >= 1 }).await;
    assert!(pulse(&broken).await.is_some(), "what was found before stays");
    let now = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000).unwrap();
    assert!(failures().await.1 > now, "later");
    execute(&app.database(), "UPDATE analytics_snapshots SET metrics = '{}'").await;
    let page = broken.page("/dashboard").await;
    assert!(
        page.contains("could not be computed again") && page.contains("The next try is at"),
        "{page}"
    );
    eventually("the retry", || async { failures().await.0 == 0 }).await;
    assert!(broken.page("/dashboard").await.contains("Up to date with your numbers"));
}

#[tokio::test]
async fn insights_sent_by_a_program_are_kept_beside_computed_ones() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    trade(&user, 70).await;
    until_pulse(&user, "Revenue").await;
    let body = json!({
        "moduleSlug": "stock-watch", "summary": " Flour runs out <on> Friday. ",
        "highlights": ["Rye is down to 40 kg."], "severity": "critical",
    });
    let response = send(&user, &body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert!(response.headers().contains_key("ratelimit-limit"), "of the API's tier");
    let stored: Value = response.json().await.unwrap();
    assert_eq!(stored["summary"], "Flour runs out <on> Friday.");
    assert_eq!(insights(&user).await[0], stored, "newest first");
    let page = user.page("/dashboard").await;
    assert!(
        page.contains("Flour runs out &lt;on&gt; Friday.")
            && page.contains("stock-watch, by the API")
    );
    let (sent, computed) = (page.find("Flour runs").unwrap(), page.find("Revenue: down").unwrap());
    assert!(sent < computed, "the more severe first");
    trade(&user, 100).await;
    until_pulse(&user, "Revenue: unchanged").await;
    assert!(insights(&user).await.contains(&stored), "it is no module's to remove");
    let plain = json!({ "moduleSlug": "m", "summary": "Plain." });
    let plain: Value = send(&user, &plain).await.json().await.unwrap();
    assert_eq!((&plain["severity"], &plain["highlights"]), (&json!("info"), &json!([])));
}

#[tokio::test]
async fn an_invalid_insight_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let good = json!({ "moduleSlug": "m", "summary": "Something." });
    for (field, value, at) in [
        ("moduleSlug", json!("Not A Slug"), "moduleSlug"),
        ("moduleSlug", json!(""), "moduleSlug"),
        ("moduleSlug", json!("growth-pulse"), "moduleSlug"),
        ("summary", json!("  "), "summary"),
        ("summary", json!("a\u{0}b"), "summary"),
        ("summary", json!("x".repeat(501)), "summary"),
        ("summary", json!(7), "summary"),
        ("highlights", json!("one"), "highlights"),
        ("highlights", json!(vec!["x"; 11]), "highlights"),
        ("highlights", json!(["fine", "x".repeat(301)]), "highlights[1]"),
        ("highlights", json!(["two\nlines"]), "highlights[0]"),
        ("severity", json!("fatal"), "severity"),
        ("color", json!("red"), "color"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let response = send(&user, &body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let told: Value = response.json().await.unwrap();
        assert!(told["details"][at].is_string(), "{body}: {told}");
    }
    for query in ["limit=0", "limit=x", "cursor=x", "dismissed=maybe"] {
        let response = user.api(Method::GET, &format!("{INSIGHTS}?{query}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    assert!(insights(&user).await.is_empty());
}

#[tokio::test]
async fn insights_are_paged_without_gaps_or_duplicates() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for number in 0..7 {
        sent(&user, &format!("Number {number}"), "info").await;
    }
    let (mut path, mut found) = (format!("{INSIGHTS}?limit=3"), Vec::new());
    loop {
        let list = user.get_json(&path).await;
        let summaries = list["data"].as_array().unwrap().iter().map(|it| it["summary"].clone());
        found.extend(summaries);
        let Some(cursor) = list["nextCursor"].as_str() else { break };
        path = format!("{INSIGHTS}?limit=3&cursor={cursor}");
    }
    let all: Vec<Value> = (0..7).rev().map(|number| json!(format!("Number {number}"))).collect();
    assert_eq!(found, all);
}

#[tokio::test]
async fn an_insight_is_dismissed_and_restored_without_javascript() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let insight = sent(&user, "Flour runs out.", "warning").await;
    let id = insight["id"].as_str().unwrap();
    assert!(user.page("/dashboard").await.contains("/api/dismiss_insight"));
    let response = user.form("dismiss_insight", "/dashboard", &[("id", id)]).await;
    assert_eq!(location(&response), format!("/dashboard?dismissed={id}"));
    assert!(insights(&user).await.is_empty());
    let aside = user.get_json(&format!("{INSIGHTS}?dismissed=true")).await;
    assert_eq!(aside["data"][0]["dismissedBy"], "Robin Owner");
    let page = user.page(&format!("/dashboard?dismissed={id}")).await;
    assert!(page.contains("Restore") && page.contains("dismissed by Robin Owner"), "{page}");
    let response = user.form("reopen_insight", "/dashboard", &[("id", id)]).await;
    assert_eq!(location(&response), format!("/dashboard#insight-{id}"));
    assert_eq!(insights(&user).await, [insight]);
    let decisions: Vec<(String,)> = sqlx::query_as(
        "SELECT d.decision FROM insight_decisions d JOIN accounts a ON a.id = d.account_id ORDER BY d.id",
    )
    .fetch_all(&mut database(&app.database()).await)
    .await
    .unwrap();
    assert_eq!(decisions, [("dismissed".to_owned(),), ("reopened".to_owned(),)]);
    user.form("dismiss_insight", "/dashboard", &[("id", "nonsense")]).await;
    assert!(user.page("/dashboard").await.contains("There is no such insight."));
}

#[tokio::test]
async fn every_member_reads_insights_and_admins_write_them() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let insight = sent(&user, "Flour runs out.", "warning").await;
    user.become_member().await;
    assert_eq!(insights(&user).await.len(), 1);
    let page = user.page("/dashboard").await;
    assert!(page.contains("Flour runs out.") && !page.contains("dismiss_insight"), "{page}");
    let body = json!({ "moduleSlug": "m", "summary": "Mine." });
    assert_eq!(send(&user, &body).await.status(), StatusCode::FORBIDDEN);
    let id = insight["id"].as_str().unwrap();
    user.form("dismiss_insight", "/dashboard", &[("id", id)]).await;
    assert!(user.page("/dashboard").await.contains("Ask an owner or admin"));
    assert_eq!(insights(&user).await.len(), 1);
}

#[tokio::test]
async fn no_business_sees_or_changes_anothers_insights() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    trade(&owner, 70).await;
    until_pulse(&owner, "Revenue").await;
    let insight = sent(&owner, "Ours alone.", "warning").await;
    assert!(insights(&stranger).await.is_empty());
    let id = insight["id"].as_str().unwrap();
    for function in ["dismiss_insight", "reopen_insight"] {
        stranger.form(function, "/dashboard", &[("id", id)]).await;
        assert!(stranger.page("/dashboard").await.contains("There is no such insight."));
    }
    let page = stranger.page("/dashboard").await;
    assert!(!page.contains("Ours alone") && page.contains("No numbers yet"), "{page}");
    assert_eq!(insights(&owner).await.len(), 2);
    let nobody = app.request(Method::GET, INSIGHTS).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let response = app.get("/dashboard").await;
    assert_eq!(location(&response), "/signin?next=/dashboard");
    let form = app.form("dismiss_insight", "/dashboard", &[("id", id)]).send().await.unwrap();
    assert!(location(&form).starts_with("/dashboard") || form.status().is_redirection());
    assert_eq!(insights(&owner).await.len(), 2);
}

#[tokio::test]
async fn without_numbers_the_dashboard_says_what_to_do() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let page = user.page("/dashboard").await;
    assert!(
        page.contains("No numbers yet") && page.contains("href=\"/analytics/import\""),
        "{page}"
    );
    assert!(page.contains("Growth pulse") && page.contains("How insights are computed"), "{page}");
    assert!(page.contains("href=\"/dashboard\" aria-current=\"page\""), "{page}");
    user.become_member().await;
    let page = user.page("/dashboard").await;
    assert!(page.contains("Ask an owner or admin") && !page.contains("href=\"/analytics/import\""));
}

//! Metrics: a day or a file is stored completely or not at all, and is returned as it was stored.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{TestApp, User};

pub const HEAD: &str = "date,sessions,users,conversions,revenue";
pub const IMPORT: &str = "/c-suite/analytics/import";
/// Raises the strict rate limit, so that only the test of that limit reaches it.
pub const OFTEN: (&str, &str) = ("RATE_LIMIT_STRICT", "1000/1m");

async fn database(app: &TestApp) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(app.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn make_member(app: &TestApp, user: &User<'_>) {
    sqlx::query(
        "UPDATE memberships SET role = 'member' WHERE account_id = (SELECT id FROM accounts WHERE email = $1)",
    )
    .bind(&user.email)
    .execute(&mut database(app).await)
    .await
    .unwrap();
}

pub async fn post(user: &User<'_>, day: Value) -> Response {
    user.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap()
}

pub async fn import(user: &User<'_>, file: impl Into<Vec<u8>>) -> Response {
    user.api(Method::POST, IMPORT)
        .header(header::CONTENT_TYPE, "text/csv")
        .body(file.into())
        .send()
        .await
        .unwrap()
}

/// Imports a valid file. Returns the numbers of days added, replaced and unchanged.
pub async fn imported(user: &User<'_>, file: &str) -> (u64, u64, u64) {
    let response = import(user, file).await;
    assert_eq!(response.status(), StatusCode::OK, "{file}");
    let body: Value = response.json().await.unwrap();
    let count = |name: &str| body[name].as_u64().unwrap();
    (count("added"), count("replaced"), count("unchanged"))
}

/// Returns the stored days, newest first, at most 1,000.
pub async fn days(user: &User<'_>) -> Vec<Value> {
    let list = user.get_json("/c-suite/analytics?limit=1000").await;
    list["data"].as_array().unwrap().clone()
}

/// Posts the upload form like a browser, with one field. `field` holds the parameters of its
/// `Content-Disposition`.
pub async fn post_form(user: &User<'_>, field: &str, content: &[u8]) -> Response {
    let start = format!("--frontier\r\nContent-Disposition: form-data; {field}\r\n\r\n");
    let body = [start.as_bytes(), content, b"\r\n--frontier--\r\n"].concat();
    let request = user
        .browse(Method::POST, "/analytics/upload")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier")
        .body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response
}

/// Uploads a file with the form and returns the import page.
pub async fn upload(user: &User<'_>, name: &str, file: impl AsRef<[u8]>) -> String {
    let field = format!("name=\"file\"; filename=\"{name}\"");
    let response = post_form(user, &field, file.as_ref()).await;
    let next = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(next.starts_with("/analytics/import"), "{next}");
    user.page("/analytics/import").await
}

/// Returns the upload's id from the form that confirms the import.
pub fn waiting(page: &str) -> &str {
    let form = page.split("/api/confirm_import").nth(1).expect("a form that imports");
    form.split("value=\"").nth(1).unwrap().split('"').next().unwrap()
}

pub async fn confirm(user: &User<'_>, id: &str) -> String {
    let response = user.form("confirm_import", "/analytics/import", &[("id", id)]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

pub async fn add_metric(user: &User<'_>, name: &str) {
    let fields = [("name", name), ("unit", "%"), ("better", "lower"), ("aggregation", "mean")];
    let response = user.form("save_metric", "/analytics/metrics", &fields).await;
    assert_eq!(response.headers()[header::LOCATION], "/analytics/metrics?saved=1", "{name}");
}

#[tokio::test]
async fn a_day_is_stored_once_and_replaced_by_a_second() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let day = json!({ "date": "2026-11-01", "sessions": 120, "users": 85, "conversions": 6, "revenue": 940.5 });
    let response = post(&user, day).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let response = post(&user, json!({ "date": "2026-11-01", "revenue": -3.25 })).await;
    assert_eq!(response.status(), StatusCode::OK);
    let all = days(&user).await;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["revenue"], &all[0]["sessions"]), (&json!(-3.25), &Value::Null));
    let response = user.api(Method::DELETE, "/c-suite/analytics/2026-11-01").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(days(&user).await.is_empty());
}

#[tokio::test]
async fn an_invalid_number_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (day, field) in [
        (json!({ "date": "2999-01-01", "users": 1 }), "date"),
        (json!({ "date": "01.11.2026", "users": 1 }), "date"),
        (json!({ "date": "2026-11-01", "users": -1 }), "users"),
        (json!({ "date": "2026-11-01", "users": 1.5 }), "users"),
        (json!({ "date": "2026-11-01", "revenue": 1e308 }), "revenue"),
        (json!({ "date": "2026-11-01", "revenue": "NaN" }), "revenue"),
        (json!({ "date": "2026-11-01", "users": 1, "metrics": { "mood": 1 } }), "metrics[mood]"),
        (json!({ "date": "2026-11-01" }), "sessions"),
        (json!({ "date": "2026-11-01", "visitors": 1 }), "visitors"),
    ] {
        let response = post(&user, day.clone()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{day}");
        let body: Value = response.json().await.unwrap();
        assert!(body["details"][field].is_string(), "{day}: {body}");
    }
    assert!(days(&user).await.is_empty());
    let query = "/c-suite/analytics?from=monday";
    let response = user.api(Method::GET, query).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert!(body["details"]["from"].is_string(), "{body}");
}

#[tokio::test]
async fn days_are_listed_newest_first_without_gaps_or_duplicates() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let rows: String = (1..=25).map(|day| format!("\n2026-10-{day:02},{day},,,")).collect();
    assert_eq!(imported(&user, &format!("{HEAD}{rows}")).await, (25, 0, 0));
    let (mut path, mut found) = ("/c-suite/analytics?limit=10".to_owned(), Vec::new());
    loop {
        let list = user.get_json(&path).await;
        found.extend(
            list["data"].as_array().unwrap().iter().map(|day| day["sessions"].as_i64().unwrap()),
        );
        let Some(cursor) = list["nextCursor"].as_str() else { break };
        path = format!("/c-suite/analytics?limit=10&cursor={cursor}");
    }
    assert_eq!(found, (1..=25).rev().collect::<Vec<_>>());
    let list = user.get_json("/c-suite/analytics?from=2026-10-03&to=2026-10-05").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn custom_metrics_keep_slug_and_values_when_renamed_or_archived() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add_metric(&user, "Churn rate").await;
    let day = json!({ "date": "2026-11-01", "metrics": { "churn-rate": 2.5 } });
    assert_eq!(post(&user, day).await.status(), StatusCode::CREATED);
    let fields = [("slug", "churn-rate"), ("name", "Customers lost"), ("better", "lower")];
    user.form("save_metric", "/analytics/metrics", &fields).await;
    let metrics = user.get_json("/c-suite/analytics/metrics").await;
    assert_eq!(metrics["data"][0]["slug"], "churn-rate");
    assert_eq!(metrics["data"][0]["name"], "Customers lost");
    assert_eq!(metrics["data"][0]["higherIsBetter"], false);
    assert_eq!(metrics["data"][0]["aggregation"], "mean", "kept by a form without it");
    let template = user.page("/analytics/template.csv").await;
    assert!(
        template.starts_with("date,sessions,users,conversions,revenue,churn-rate\r\n"),
        "{template}"
    );
    // The value stays when a file lacks the column and when the metric is archived.
    assert_eq!(imported(&user, &format!("{HEAD}\n2026-11-01,9,9,9,9\n")).await, (0, 1, 0));
    let archive = [("slug", "churn-rate"), ("archived", "true")];
    user.form("archive_metric", "/analytics/metrics", &archive).await;
    assert_eq!(
        post(&user, json!({ "date": "2026-11-01", "users": 1 })).await.status(),
        StatusCode::OK
    );
    assert_eq!(days(&user).await[0]["metrics"]["churn-rate"], 2.5);
    let day = json!({ "date": "2026-11-02", "users": 1, "metrics": { "churn-rate": 2.5 } });
    assert_eq!(post(&user, day).await.status(), StatusCode::BAD_REQUEST, "no longer written");
    assert!(!user.page("/analytics").await.contains("Customers lost"));
}

#[tokio::test]
async fn metrics_are_limited_to_forty_and_names_are_validated() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for name in ["", "Revenue", "=cmd()", &"x".repeat(61)] {
        let response = user
            .form("save_metric", "/analytics/metrics", &[("name", name), ("aggregation", "mean")])
            .await;
        assert_eq!(response.headers()[header::LOCATION], "/analytics/metrics", "{name}");
        assert!(user.page("/analytics/metrics").await.contains("id=\"name-error\""), "{name}");
    }
    for number in 1..=40 {
        add_metric(&user, &format!("Metric {number}")).await;
    }
    let more = [("name", "One more"), ("aggregation", "sum")];
    user.form("save_metric", "/analytics/metrics", &more).await;
    let page = user.page("/analytics/metrics").await;
    assert!(page.contains("Archive one first") && page.contains("value=\"One more\""), "{page}");
}

#[tokio::test]
async fn a_typed_day_is_stored_or_kept_with_its_errors() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    add_metric(&user, "Churn").await;
    let fields = [
        ("date", "2026-11-01"),
        ("sessions", "many"),
        ("users", "1,234"),
        ("revenue", "940,50"),
        ("metrics[churn]", "=1+1"),
    ];
    let response = user.form("save_day", "/analytics/day", &fields).await;
    assert_eq!(response.headers()[header::LOCATION], "/analytics/day");
    let page = user.page("/analytics/day").await;
    assert!(page.contains("value=\"many\"") && page.contains("value=\"940,50\""), "{page}");
    assert!(page.contains("id=\"sessions-error\"") && page.contains("id=\"metrics[churn]-error\""));
    assert!(days(&user).await.is_empty());
    let fields = [fields[0], ("sessions", ""), fields[2], fields[3], ("metrics[churn]", "0,5")];
    let response = user.form("save_day", "/analytics/day", &fields).await;
    assert_eq!(response.headers()[header::LOCATION], "/analytics?added=2026-11-01");
    let day = days(&user).await.remove(0);
    assert_eq!((&day["sessions"], &day["users"]), (&Value::Null, &json!(1_234)));
    assert_eq!((&day["revenue"], &day["metrics"]["churn"]), (&json!(940.5), &json!(0.5)));
    let page = user.page("/analytics/day?date=2026-11-01").await;
    assert!(page.contains("value=\"940.5\"") && page.contains("Delete 2026-11-01"), "{page}");
}

#[tokio::test]
async fn every_member_reads_the_numbers_and_admins_write_them() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    post(&user, json!({ "date": "2026-11-01", "revenue": 940.5 })).await;
    make_member(&app, &user).await;
    assert_eq!(days(&user).await.len(), 1);
    let page = user.page("/analytics").await;
    assert!(page.contains("940.50") && !page.contains("/analytics/day"), "{page}");
    for response in [
        post(&user, json!({ "date": "2026-11-02", "revenue": 1 })).await,
        import(&user, format!("{HEAD}\n2026-11-02,1,1,1,1\n")).await,
        user.api(Method::DELETE, "/c-suite/analytics/2026-11-01").send().await.unwrap(),
    ] {
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    user.form("save_day", "/analytics/day", &[("date", "2026-11-02"), ("users", "1")]).await;
    user.form("save_metric", "/analytics/metrics", &[("name", "Mine")]).await;
    user.form("delete_day", "/analytics/day", &[("date", "2026-11-01")]).await;
    for path in ["/analytics/day", "/analytics/import"] {
        assert!(user.page(path).await.contains("Ask an owner or admin"), "{path}");
    }
    assert!(upload(&user, "a.csv", "x").await.contains("Ask an owner or admin"));
    assert_eq!(days(&user).await.len(), 1);
    assert_eq!(user.get_json("/c-suite/analytics/metrics").await["data"], json!([]));
}

#[tokio::test]
async fn no_business_sees_or_changes_anothers_numbers() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (owner, stranger) = (app.with_member().await, app.with_member().await);
    add_metric(&owner, "Secret sauce").await;
    post(&owner, json!({ "date": "2026-11-01", "revenue": 4_711 })).await;
    let page = upload(&owner, "waits.csv", format!("{HEAD}\n2026-11-02,1,1,1,1\n")).await;
    assert!(days(&stranger).await.is_empty());
    assert_eq!(stranger.get_json("/c-suite/analytics/metrics").await["data"], json!([]));
    let path = "/c-suite/analytics/2026-11-01";
    let response = stranger.api(Method::DELETE, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(confirm(&stranger, waiting(&page)).await, "/analytics/import", "another's file");
    post(&stranger, json!({ "date": "2026-11-01", "revenue": 1 })).await;
    imported(&stranger, &format!("{HEAD}\n2026-11-01,2,2,2,2\n")).await;
    for path in ["/analytics", "/analytics/metrics", "/analytics/import", "/analytics/template.csv"]
    {
        let page = stranger.page(path).await.to_lowercase();
        assert!(!page.contains("4,711") && !page.contains("secret") && !page.contains("waits.csv"));
    }
    assert_eq!(days(&owner).await[0]["revenue"], 4_711.0);
    for path in ["/analytics", "/analytics/day", "/analytics/import", "/analytics/metrics"] {
        let response = app.get(path).await;
        assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/signin"));
    }
    let nobody = app.request(Method::POST, IMPORT).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ten_years_are_shown_in_few_points_and_paged_days() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let page = user.page("/analytics").await;
    assert!(page.contains("No numbers yet") && page.contains("template"), "{page}");
    let rows: String = (0..3_360)
        .map(|day| {
            let (year, month, of_month) = (2016 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
            format!("\n{year}-{month:02}-{of_month:02},{day},,,{}", day % 100)
        })
        .collect();
    assert_eq!(imported(&user, &format!("{HEAD}{rows}")).await, (3_360, 0, 0));
    let page = user.page("/analytics?metric=sessions&range=all&page=2").await;
    let curve = page.split("<polyline points=\"").last().unwrap().split('"').next().unwrap();
    assert!(curve.split(' ').count() <= 400, "{} points", curve.split(' ').count());
    assert!(page.contains("the mean of up to"), "{page}");
    assert!(page.contains("Page 2 of 68") && page.contains("page=3#days"), "{page}");
    assert_eq!(page.matches("/analytics/day?date=").count(), 50);
    assert!(page.contains("role=\"img\"") && page.contains("<desc"), "{page}");
    assert!(page.contains("metric=sessions&amp;range=all&amp;page=1"), "the choice stays: {page}");
    let page = user.page("/analytics?metric=nothing&range=7&page=x").await;
    assert!(page.contains("Page 1 of 68"), "nonsense shows what there is");
}

#[tokio::test]
async fn revenue_and_days_use_the_businesss_currency_and_time_zone() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let set = |currency: &'static str, zone: &'static str| {
        let fields = [("currency", currency), ("time_zone", zone)];
        let user = &user;
        async move { user.form("save_analytics_settings", "/analytics/metrics", &fields).await }
    };
    let response = set("Euro", "Mars/Olympus").await;
    assert_eq!(response.headers()[header::LOCATION], "/analytics/metrics");
    let page = user.page("/analytics/metrics").await;
    assert!(page.contains("value=\"Euro\"") && page.contains("three letters"), "{page}");
    set("eur", "Pacific/Kiritimati").await;
    post(&user, json!({ "date": "2026-11-01", "revenue": 940.5 })).await;
    assert!(user.page("/analytics").await.contains("<td>€940.50<"));
    // Kiritimati is 14 hours ahead of UTC, so its date is never before the date in UTC.
    let form = user.page("/analytics/day").await;
    let today = form.split("Up to ").nth(1).unwrap()[..10].to_owned();
    let day = json!({ "date": today, "users": 1 });
    assert_eq!(post(&user, day.clone()).await.status(), StatusCode::CREATED);
    set("EUR", "Pacific/Niue").await;
    // Niue is 25 hours behind Kiritimati, so today's date in Kiritimati is in the future there.
    assert_eq!(post(&user, day).await.status(), StatusCode::BAD_REQUEST);
}

//! Days and times are in the business's time zone, and name it.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::analytics::HEAD;
use crate::personas::save;
use crate::support::{TestApp, User};

/// Returns a time zone whose date currently differs from the date in UTC, and its offset.
fn elsewhere() -> (&'static str, UtcOffset) {
    let offset = |hours| UtcOffset::from_hms(hours, 0, 0).unwrap();
    match OffsetDateTime::now_utc().hour() {
        10.. => ("Pacific/Kiritimati", offset(14)),
        _ => ("Pacific/Pago_Pago", offset(-11)),
    }
}

async fn move_to(app: &TestApp, zone: &str) {
    let options = SqliteConnectOptions::new().filename(app.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(
        "INSERT INTO analytics_settings (tenant_id, currency, time_zone, updated_at)
         SELECT id, 'EUR', $1, 1 FROM tenants",
    )
    .bind(zone)
    .execute(&mut database)
    .await
    .unwrap();
}

async fn usage_days(user: &User<'_>, query: &str) -> (String, Vec<String>) {
    let report = user.get_json(&format!("/c-suite/usage?{query}")).await;
    let days = report["data"].as_array().unwrap().iter();
    let days = days.map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    (report["timeZone"].as_str().unwrap().to_owned(), days)
}

#[tokio::test]
async fn tokens_and_edit_conflicts_are_dated_in_the_businesss_time_zone() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    move_to(&app, "Asia/Tokyo").await;
    let token = [("name", "Reports"), ("scope", "Read and write"), ("lifetime", "30 days")];
    user.form("create_token", "/account", &token).await;
    let page = user.page("/account").await;
    let row = page.split("Reports").nth(1).unwrap();
    let row = row.split("</li>").next().unwrap();
    assert_eq!((row.matches(" JST").count(), row.matches("UTC").count()), (2, 0), "{row}");

    save(&user, &[]).await;
    for title in ["First", "Second"] {
        save(&user, &[("slug", "legal"), ("version", "1"), ("title", title)]).await;
    }
    let page = user.page("/advisers/legal").await;
    let conflict = page.split("saved this adviser after you opened it (").nth(1).unwrap();
    assert!(conflict.split(')').next().unwrap().ends_with(" JST"), "{conflict}");

    let page = user.page("/operator").await;
    assert!(page.contains("Operator</h1>") && !page.contains(" UTC"), "{page}");
}

#[tokio::test]
async fn chat_usage_budgets_and_insights_use_the_businesss_day() {
    let (zone, offset) = elsewhere();
    let app = TestApp::start().await;
    let user = app.with_member().await;
    move_to(&app, zone).await;
    let asked = user.ask("What day is it?").await.started();
    let now = OffsetDateTime::now_utc();
    let (utc, local) = (now.date(), now.to_offset(offset).date());
    assert_ne!(utc, local);
    let format = time::macros::format_description!("[day padding:none] [month repr:short] [year]");
    let human = local.format(format).unwrap();

    // The API's range is in UTC unless `timeZone` names another zone.
    assert_eq!(usage_days(&user, "").await, ("UTC".into(), vec![utc.to_string()]));
    for asked in ["business", zone] {
        let own = usage_days(&user, &format!("timeZone={asked}")).await;
        assert_eq!(own, (zone.into(), vec![local.to_string()]));
    }
    let range = format!("from={utc}&to={utc}");
    assert_eq!(usage_days(&user, &range).await.1.len(), 1);
    let before = utc - Duration::DAY;
    assert_eq!(usage_days(&user, &format!("from={before}&to={before}")).await.1.len(), 0);
    let other = user.api(Method::GET, "/c-suite/usage?timeZone=Asia/Tokyo").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    let refused = other.json::<serde_json::Value>().await.unwrap();
    assert!(refused["details"]["timeZone"].as_str().unwrap().contains(zone), "{refused}");

    let page = user.page("/admin/usage").await;
    assert!(page.contains(&format!("Days in {zone}.")) && page.contains(&human), "{page}");
    assert!(page.contains(&format!("in {zone}.")), "when budgets start again");
    let page = user.page(&format!("/chat/{}", asked.conversation)).await;
    assert!(page.contains(&format!("{human}, ")), "{human} is not in {page}");
    let insight = json!({ "moduleSlug": "stock-watch", "summary": "Flour runs out." });
    user.api(Method::POST, "/c-suite/insights").json(&insight).send().await.unwrap();
    let page = user.page("/knowledge").await;
    assert!(page.contains(&format!("Insight from stock-watch, {human}")), "{page}");
    let page = user.page("/dashboard").await;
    assert!(page.contains(&human), "{page}");

    user.form("set_budgets", "/admin/usage", &[("daily", "0")]).await;
    let refused = user.ask_with(json!({ "message": "One more" })).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED);
    let refused = refused.text().await.unwrap();
    let next = (local + Duration::DAY).format(format).unwrap();
    assert!(refused.contains(&format!("resets on {next}, 00:00 in {zone}")), "{refused}");
}

/// Returns the points of the chart's line, as far as they do not depend on the number of days.
fn heights(page: &str) -> Vec<&str> {
    let line = page.split("<polyline points=\"").last().unwrap().split('"').next().unwrap();
    line.split(' ').map(|point| point.split_once(',').unwrap().1).collect()
}

#[tokio::test]
async fn a_day_that_is_not_over_in_the_business_is_marked_and_drawn_apart() {
    let (zone, offset) = elsewhere();
    let app = TestApp::start().await;
    let user = app.with_member().await;
    move_to(&app, zone).await;
    let today = OffsetDateTime::now_utc().to_offset(offset).date();
    let day = |ago: i64| (today - Duration::days(ago)).to_string();
    let days: String = (1..=40)
        .map(|ago| format!("{},{},,,\n", day(ago), if ago % 2 == 0 { 10 } else { 0 }))
        .collect();
    user.import(format!("{HEAD}\n{days}")).await;
    let paths =
        ["30", "90", "365", "all"].map(|range| format!("/analytics?metric=sessions&range={range}"));
    let mut before = Vec::new();
    for path in &paths {
        let page = user.page(path).await;
        assert!(!page.contains("so far"), "{page}");
        before.push(page);
    }

    user.import(format!("{HEAD}\n{},4,,,\n", day(0))).await;
    for (path, before) in paths.iter().zip(&before) {
        let page = user.page(path).await;
        assert_eq!(heights(&page), heights(before), "{path}");
        assert!(page.contains("lowest 0, highest 10. Today so far 4."), "{page}");
        assert_eq!(page.matches("class=\"so-far\"").count(), 3, "point, line and legend");
        let table = page.split("id=\"days\"").nth(1).unwrap();
        let is_marked = |ago| {
            let rest = table.split(&format!("?date={}\"", day(ago))).nth(1).unwrap();
            rest.split("</th>").next().unwrap().contains("so far")
        };
        assert!(is_marked(0) && !is_marked(1), "{table}");
    }
    // The API lists today like any other day.
    let listed = user.get_json("/c-suite/analytics?limit=1").await;
    assert_eq!(listed["data"][0]["date"], day(0));
    assert_eq!(listed["data"][0]["sessions"], 4);
}

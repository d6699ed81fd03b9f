//! Weeks, months, quarters and years: imported, shown, used by advisers and undone, and never taken for days.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use time::{Date, Duration, Month, OffsetDateTime};

use crate::analytics::{IMPORT, OFTEN, confirm, days, import, imported, post, upload, waiting};
use crate::support::{TestApp, User};

const PAGE: &str = "/analytics/import";

fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// Returns the first day of the month so many months ago.
fn month(ago: i32) -> Date {
    let today = today();
    let at = today.year() * 12 + i32::from(u8::from(today.month())) - 1 - ago;
    let month = Month::try_from(u8::try_from(at % 12 + 1).unwrap()).unwrap();
    Date::from_calendar_date(at / 12, month, 1).unwrap()
}

fn label(date: Date) -> String {
    format!("{} {}", date.month(), date.year())
}

/// Returns a file with the months that ended, the newest with 12,000 and the others with 10,000.
fn payroll(count: i32) -> String {
    let row = |ago: i32| {
        let value = if ago == 1 { 12_000 } else { 10_000 };
        let first = month(ago);
        format!("{}-{:02},{value}\n", first.year(), u8::from(first.month()))
    };
    format!("Month,Payroll\n{}", (1..=count).map(row).collect::<String>())
}

async fn add_payroll(user: &User<'_>) {
    let fields =
        [("name", "Payroll"), ("unit", "EUR"), ("better", "lower"), ("aggregation", "sum")];
    user.form("save_metric", "/analytics/metrics", &fields).await;
}

async fn months(user: &User<'_>) -> Vec<Value> {
    let list = user.get_json("/c-suite/analytics?grain=month").await;
    assert_eq!(list["grain"], "month");
    list["data"].as_array().unwrap().clone()
}

/// Undoes the newest import. Returns the address that follows.
async fn undo(user: &User<'_>) -> String {
    let page = user.page(PAGE).await;
    let form = page.split("/api/undo_import").nth(1).unwrap();
    let id = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let response = user.form("undo_import", PAGE, &[("id", id)]).await;
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_of_months_is_imported_shown_used_and_undone() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add_payroll(&user).await;
    let page = upload(&user, "payroll.csv", payroll(13)).await;
    let (first, newest) = (label(month(13)), label(month(1)));
    assert!(page.contains(&format!(", 13 months, {first} to {newest}.")), "{page}");
    assert!(page.contains("Import 13 months") && !page.contains("Import 13 days"), "{page}");
    let done = confirm(&user, waiting(&page)).await;
    assert_eq!(done, "/analytics?imported=13.0.0.month");
    let shown = user.page(&done).await;
    assert!(shown.contains("File imported: 13 months added"), "{shown}");
    assert!(shown.contains(">Months<") && shown.contains(&newest), "{shown}");
    assert!(!shown.contains(">Days<"), "no month is listed as a day");
    assert!(days(&user).await.is_empty());
    let stored = months(&user).await;
    assert_eq!((stored.len(), &stored[0]["metrics"]["payroll"]), (13, &json!(12_000.0)));

    let id = format!("K.payroll@{}", &month(1).to_string()[..7]);
    let known = user.page("/knowledge?persona=cfo").await;
    for fact in [&id, "K.payroll.month.change", "K.payroll.month.year", "K.payroll.12m"] {
        assert!(known.contains(fact), "{fact}: {known}");
    }
    let fact = user.page(&format!("/knowledge/{id}")).await;
    assert!(fact.contains("12,000 EUR") && fact.contains("The stored number of the month"));
    assert!(user.page("/dashboard").await.contains("Latest months"));

    assert_eq!(undo(&user).await, "/analytics?undone=13.0.0.month");
    assert!(months(&user).await.is_empty());
    assert!(!user.page("/knowledge?persona=cfo").await.contains(&id));
}

#[tokio::test]
async fn months_and_days_are_kept_apart_and_a_difference_is_told() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let first = month(1);
    let length = (month(0) - first).whole_days();
    let row = |day: i64| format!("{},10\n", first + Duration::days(day));
    let file = format!("date,revenue\n{}", (0..length).map(row).collect::<String>());
    imported(&user, &file).await;
    let file = format!("Month,Revenue\n{},500\n", &first.to_string()[..7]);
    let dry = user.api(Method::POST, &format!("{IMPORT}?dryRun=true"));
    let dry = dry.header("content-type", "text/csv").body(file.clone()).send().await.unwrap();
    let dry: Value = dry.json().await.unwrap();
    assert_eq!((&dry["changes"]["grain"], &dry["changes"]["added"]), (&json!("month"), &json!(1)));
    let remark = dry["changes"]["remarks"][0].as_str().unwrap();
    assert!(remark.contains("500") && remark.contains(&(length * 10).to_string()), "{remark}");
    let response = import(&user, file.as_str()).await;
    let answer: Value = response.json().await.unwrap();
    assert_eq!((&answer["grain"], &answer["added"]), (&json!("month"), &json!(1)));
    assert_eq!(days(&user).await.len() as i64, length);
    assert_eq!(days(&user).await.last().unwrap()["revenue"], 10.0);
    let known = user.page("/knowledge?persona=cfo").await;
    assert!(known.contains(&format!("from its {length} days; 500 was imported")), "{known}");

    let path = format!("/c-suite/analytics/{first}");
    let delete = async |query: &str| {
        let request = user.api(Method::DELETE, &format!("{path}{query}"));
        request.send().await.unwrap().status()
    };
    assert_eq!(delete("?grain=fortnight").await, StatusCode::BAD_REQUEST);
    assert_eq!(delete("?grain=week").await, StatusCode::NOT_FOUND);
    assert_eq!(delete("?grain=month").await, StatusCode::NO_CONTENT);
    assert!(months(&user).await.is_empty());
    assert_eq!(days(&user).await.len() as i64, length, "the first day stays");
    assert_eq!(delete("").await, StatusCode::NO_CONTENT);
    let sent = post(&user, json!({ "date": "2026-01-01", "grain": "month", "users": 1 })).await;
    assert_eq!(sent.status(), StatusCode::BAD_REQUEST, "a month is not stored as a day");
}

#[tokio::test]
async fn the_running_month_is_stored_as_so_far_and_is_no_fact() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add_payroll(&user).await;
    let running = &month(0).to_string()[..7];
    let page = upload(&user, "payroll.csv", format!("Month,Payroll\n{running},4000\n")).await;
    assert!(page.contains(&format!("{} is not over.", label(month(0)))), "{page}");
    confirm(&user, waiting(&page)).await;
    let shown = user.page("/analytics").await;
    assert!(shown.contains(", so far (") && shown.contains("4,000"), "{shown}");
    assert!(!user.page("/knowledge?persona=cfo").await.contains("K.payroll"));
    let next = (month(0) + Duration::days(40)).to_string();
    let later = import(&user, format!("Month,Payroll\n{},4000\n", &next[..7])).await;
    assert_eq!(later.status(), StatusCode::BAD_REQUEST);
    let fields = [("grain", "month"), ("date", &month(0).to_string())];
    let deleted = user.form("delete_period", "/analytics", &fields).await;
    assert_eq!(deleted.headers()[header::LOCATION], "/analytics?removed=month");
    assert!(months(&user).await.is_empty());
}

#[tokio::test]
async fn weeks_begin_as_the_business_says_and_do_not_overlap() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let monday =
        today() - Duration::days(21 + i64::from(today().weekday().number_days_from_monday()));
    let weeks = |first: Date| {
        let row = |n: i64| format!("{},{n}.5\n", first + Duration::weeks(n));
        format!("Week starting,Revenue\n{}{}", row(0), row(1))
    };
    assert_eq!(imported(&user, &weeks(monday)).await, (2, 0, 0));
    let sunday = weeks(monday - Duration::days(1));
    let message = async |file: &str| {
        let response = import(&user, file).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body: Value = response.json().await.unwrap();
        body["message"].as_str().unwrap().to_owned()
    };
    let refused = message(&sunday).await;
    assert!(refused.contains("begin on Sunday; yours begin on Monday"), "{refused}");
    let settings = |start| {
        [
            ("currency", "EUR"),
            ("time_zone", "UTC"),
            ("week_start", start),
            ("fiscal_year_start", "4"),
        ]
    };
    user.form("save_analytics_settings", "/analytics/metrics", &settings("sunday")).await;
    let page = user.page("/analytics/metrics").await;
    assert!(page.contains("value=\"sunday\" selected") && page.contains("value=\"4\" selected"));
    let refused = message(&sunday).await;
    assert!(refused.contains("overlaps a stored one"), "{refused}");
    // A form without them, as an older program sends it, keeps them.
    let older = [("currency", "USD"), ("time_zone", "UTC")];
    user.form("save_analytics_settings", "/analytics/metrics", &older).await;
    let page = user.page("/analytics/metrics").await;
    assert!(page.contains("value=\"sunday\" selected") && page.contains("value=\"USD\""));
    let quarters = import(&user, "Quarter,Revenue\nQ1 2025,10.5\nQ2 2025,11.5\n").await;
    let body: Value = quarters.json().await.unwrap();
    assert_eq!(body["proposal"]["questions"][0]["key"], "fiscal", "{body}");
}

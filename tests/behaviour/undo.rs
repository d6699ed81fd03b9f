//! Undoing imports: the newest first, and only what it wrote.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode, header};

use crate::analytics::{HEAD, OFTEN, confirm, days, imported, upload, waiting};
use crate::support::{TestApp, User};

const PAGE: &str = "/analytics/import";

/// Returns the stored sessions by date.
async fn sessions(user: &User<'_>) -> BTreeMap<String, i64> {
    let day = |day: &serde_json::Value| {
        (day["date"].as_str().unwrap().to_owned(), day["sessions"].as_i64().unwrap())
    };
    days(user).await.iter().map(day).collect()
}

fn known(days: &[(&str, i64)]) -> BTreeMap<String, i64> {
    days.iter().map(|(day, sessions)| (format!("2026-10-{day}"), *sessions)).collect()
}

fn file(days: &[(&str, i64)]) -> String {
    let row = |(day, sessions): &(&str, i64)| format!("\n2026-10-{day},{sessions},1,1,1.5");
    format!("{HEAD}{}", days.iter().map(row).collect::<String>())
}

/// Returns the ids of the imports on the page that have a button, and the page.
async fn listed(user: &User<'_>) -> (Vec<String>, String) {
    let page = user.page(PAGE).await;
    let forms = page.split("/api/undo_import").skip(1);
    let id =
        |form: &str| form.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (forms.map(id).collect(), page)
}

async fn undo(user: &User<'_>, id: &str) -> String {
    let response = user.form("undo_import", PAGE, &[("id", id)]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn imports_are_undone_one_after_another() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    assert!(!user.page(PAGE).await.contains("Recent imports"));
    imported(&user, &file(&[("01", 1)])).await;
    let page = upload(&user, "<second>.csv", file(&[("01", 10), ("02", 20), ("03", 30)])).await;
    assert_eq!(confirm(&user, waiting(&page)).await, "/analytics?imported=2.1.0");
    assert_eq!(imported(&user, &file(&[("02", 200), ("04", 400)])).await, (1, 1, 0));
    assert_eq!(imported(&user, &file(&[("04", 400)])).await, (0, 0, 1), "nothing to undo");

    let (ids, page) = listed(&user).await;
    assert_eq!(ids.len(), 1, "the newest can be undone");
    assert!(
        page.contains("&lt;second&gt;.csv") && page.contains("File sent by a program"),
        "{page}"
    );
    assert_eq!(undo(&user, &ids[0]).await, "/analytics?undone=1.1.0");
    assert_eq!(sessions(&user).await, known(&[("01", 10), ("02", 20), ("03", 30)]));
    assert_eq!(undo(&user, &ids[0]).await, PAGE, "a second time");
    assert!(user.page(PAGE).await.contains("role=\"alert\""));

    let (ids, _) = listed(&user).await;
    assert_eq!(undo(&user, &ids[0]).await, "/analytics?undone=2.1.0");
    assert_eq!(sessions(&user).await, known(&[("01", 1)]));
    let (ids, _) = listed(&user).await;
    assert_eq!(undo(&user, &ids[0]).await, "/analytics?undone=1.0.0");
    assert_eq!(sessions(&user).await, known(&[]));
    assert_eq!(listed(&user).await.0, Vec::<String>::new());
    assert!(user.page("/analytics?undone=1.0.0").await.contains("Import undone: 1 day deleted"));
}

#[tokio::test]
async fn an_undo_keeps_days_that_were_changed_since() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    imported(&user, &file(&[("01", 1), ("02", 2)])).await;
    imported(&user, &file(&[("01", 10), ("02", 20), ("03", 30), ("04", 40)])).await;
    for (date, sessions) in [("2026-10-02", 22), ("2026-10-03", 33), ("2026-10-09", 99)] {
        let day = serde_json::json!({ "date": date, "sessions": sessions });
        user.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap();
    }
    let (ids, _) = listed(&user).await;
    assert_eq!(undo(&user, &ids[0]).await, "/analytics?undone=1.1.2");
    assert_eq!(sessions(&user).await, known(&[("01", 1), ("02", 22), ("03", 33), ("09", 99)]));
}

#[tokio::test]
async fn a_large_import_is_undone_whole() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let first = time::Date::from_ordinal_date(2019, 1).unwrap();
    let file = |count: i64, sessions: i64| {
        let row = |n| format!("\n{},{sessions},1,1,1.5", first + time::Duration::days(n));
        format!("{HEAD}{}", (0..count).map(row).collect::<String>())
    };
    imported(&user, &file(2_000, 1)).await;
    let before = user.get_json("/c-suite/analytics?limit=1000").await;
    assert_eq!(imported(&user, &file(2_400, 2)).await, (400, 2_000, 0));
    let (ids, _) = listed(&user).await;
    assert_eq!(undo(&user, &ids[0]).await, "/analytics?undone=400.2000.0");
    assert_eq!(user.get_json("/c-suite/analytics?limit=1000").await, before);
}

#[tokio::test]
async fn only_admins_of_the_business_undo_its_newest_import() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (user, stranger) = (app.with_member().await, app.with_member().await);
    imported(&user, &file(&[("01", 1)])).await;
    let (older, _) = listed(&user).await;
    imported(&user, &file(&[("02", 2)])).await;
    let (newest, _) = listed(&user).await;
    for (who, id) in [(&stranger, &newest[0]), (&stranger, &older[0]), (&user, &older[0])] {
        assert_eq!(undo(who, id).await, PAGE);
    }
    assert!(user.page(PAGE).await.contains("Undo that import first"));
    user.become_member().await;
    assert_eq!(undo(&user, &newest[0]).await, PAGE);
    assert_eq!(sessions(&user).await, known(&[("01", 1), ("02", 2)]));
    assert_eq!(listed(&stranger).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn the_last_five_imports_can_be_undone() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    for sessions in 1..=7 {
        imported(&user, &file(&[("01", sessions)])).await;
    }
    for expected in (2..=6).rev() {
        let (ids, _) = listed(&user).await;
        undo(&user, &ids[0]).await;
        assert_eq!(sessions(&user).await, known(&[("01", expected)]));
    }
    assert_eq!(listed(&user).await.0, Vec::<String>::new(), "older ones stay");
}

//! Files of numbers: formats, faults by cell, previews and imports.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::analytics::{
    HEAD, IMPORT, OFTEN, add_metric, confirm, days, import, imported, post_form, upload, waiting,
};
use crate::support::{TestApp, User};

/// Imports an invalid file and checks that nothing was stored. Returns the error.
async fn refused(user: &User<'_>, file: impl Into<Vec<u8>>) -> Value {
    let before = days(user).await;
    let response = import(user, file).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "VALIDATION_ERROR", "{body}");
    assert_eq!(days(user).await, before, "all or none");
    body
}

#[tokio::test]
async fn files_from_common_spreadsheets_are_parsed() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add_metric(&user, "Überstunden").await;
    let german = "date;sessions;users;conversions;revenue;Überstunden\r\n2026-11-01;1.234;85;6;\"1.234,50\n\";12,5\r\n";
    let utf_16: Vec<u8> =
        std::iter::once(0xfeff).chain(german.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = german.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for file in [
        german.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", german.as_bytes()].concat(),
        utf_16,
        windows,
        german.replace(';', "\t").into_bytes(),
    ] {
        let response = import(&user, file).await;
        assert_eq!(response.status(), StatusCode::OK, "{}", response.text().await.unwrap());
        let day = days(&user).await.remove(0);
        assert_eq!((&day["sessions"], &day["revenue"]), (&json!(1_234), &json!(1_234.5)));
        assert_eq!(day["metrics"], json!({ "berstunden": 12.5 }));
        user.api(Method::DELETE, "/c-suite/analytics/2026-11-01").send().await.unwrap();
    }
}

#[tokio::test]
async fn each_bad_cell_is_named_by_line_and_column_and_nothing_is_stored() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    imported(&user, &format!("{HEAD}\n2026-10-01,1,1,1,1\n")).await;
    let good = "\n2026-10-30,1,1,1,1\n2026-10-31,1,1,1,1\n2026-11-01,1,1,1,1";
    for (row, place, word) in [
        ("2026-11-02,1,1,1,=cmd()", "Line 5, revenue", "formula"),
        ("2026-11-02,1,1,1,NaN", "Line 5, revenue", "not a number"),
        ("2026-11-02,1,1,1,1e308", "Line 5, revenue", "too large"),
        ("2026-11-02,-5,1,1,1", "Line 5, sessions", "negative"),
        ("2999-01-01,1,1,1,1", "Line 5, date", "in the future"),
        ("2.11.2026,1,1,1,1", "Line 5, date", "written otherwise"),
        ("2026-11-02,1,1,1", "Line 5", "4 cells"),
    ] {
        let body = refused(&user, format!("{HEAD}{good}\n{row}\n")).await;
        let reason = body["details"][place].as_str().unwrap_or_else(|| panic!("{row}: {body}"));
        assert!(reason.contains(word), "{row}: {body}");
        assert!(body["message"].as_str().unwrap().contains("Nothing was imported"), "{body}");
    }
}

#[tokio::test]
async fn missing_columns_and_empty_cells_keep_what_is_stored() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    imported(&user, &format!("{HEAD}\n2026-11-01,1,2,3,4\n2026-11-02,5,6,7,8\n")).await;
    let second = "date,revenue,mood\n2026-11-01,40,x\n2026-11-02,,y\n";
    let response = import(&user, second).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["replaced"], &body["leftOut"]), (&json!(1), &json!(["mood"])), "{body}");
    let all = days(&user).await;
    assert_eq!((&all[1]["sessions"], &all[1]["revenue"]), (&json!(1), &json!(40.0)));
    assert_eq!((&all[0]["conversions"], &all[0]["revenue"]), (&json!(7), &json!(8.0)));
}

#[tokio::test]
async fn types_of_bodies_are_compared_without_case() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let request = user.api(Method::POST, IMPORT).header("content-type", "Text/CSV; charset=utf-8");
    let response = request.body("date,sessions\n2026-10-01,5\n").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn files_of_other_kinds_are_refused_by_kind() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    for (file, word) in [
        (&b""[..], "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0", "damaged"),
        (b"date,sessions,users,conversions,revenue\n", "No table with dates"),
        (b"date,sessions\n2026-11-01,\"5\n2026-11-02,6\n", "never closed"),
    ] {
        let body = refused(&user, file).await;
        assert!(body["message"].as_str().unwrap().contains(word), "{body}");
    }
    let page = upload(&user, "numbers.csv", &b"PK\x03\x04\x14\0"[..]).await;
    assert!(page.contains("damaged") && page.contains("numbers.csv"), "{page}");
    let response = user.api(Method::POST, IMPORT).json(&json!({})).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_file_over_fifty_megabytes_is_refused_and_other_addresses_keep_their_limit() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let line = "2026-11-01,1,1,1,1\n".repeat(1024);
    let large = line.repeat(51 * 1024 * 1024 / line.len() + 1);
    let response = import(&user, large.clone()).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let body: Value = response.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("50 MB"), "{body}");
    let page = upload(&user, "large.csv", large).await;
    assert!(page.contains("larger than 50 MB"), "told on the page");
    let body = "x".repeat(600 * 1024);
    let response = user.api(Method::POST, "/c-suite/analytics").body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(days(&user).await.is_empty());
}

#[tokio::test]
async fn a_file_is_previewed_and_imported_once_on_confirmation() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    imported(&user, &format!("{HEAD}\n2026-11-01,1,1,1,1\n2026-11-02,2,2,2,2\n")).await;
    let file = format!("{HEAD}\n2026-11-01,1,1,1,1\n2026-11-02,2,2,2,777\n2026-11-03,3,3,3,3\n");
    let page = upload(&user, "november.csv", file).await;
    assert!(page.contains("november.csv") && page.contains("<del>2<"), "{page}");
    assert!(page.contains("added") && page.contains("replaced"), "{page}");
    assert_eq!(days(&user).await.len(), 2, "nothing yet");
    let id = waiting(&page).to_owned();
    assert_eq!(confirm(&user, &id).await, "/analytics?imported=1.1.1");
    assert_eq!(days(&user).await[1]["revenue"], 777.0);
    let told = user.page("/analytics?imported=1.1.1").await;
    assert!(told.contains("1 day added, 1 replaced, 1 unchanged"), "{told}");
    assert_eq!(confirm(&user, &id).await, "/analytics/import", "once");
    let page = user.page("/analytics/import").await;
    assert!(page.contains("is no longer waiting") && !page.contains("confirm_import"), "{page}");
    let page = upload(&user, "again.csv", format!("{HEAD}\n2026-11-05,1,1,1,1\n")).await;
    user.form("discard_import", "/analytics/import", &[("id", waiting(&page))]).await;
    assert!(!user.page("/analytics/import").await.contains("again.csv"));
    assert_eq!(days(&user).await.len(), 3);
}

#[tokio::test]
async fn a_refused_file_lists_each_error_and_cannot_be_imported() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let rows: String =
        (1..=30).map(|day| format!("2026-10-{day:02},<script>,1,1,x{day}\n")).collect();
    let page = upload(&user, "<script>.csv", format!("{HEAD}\n{rows}")).await;
    assert!(page.contains("60 cells have errors"), "{page}");
    assert!(page.contains("29 more cells are like this"), "{page}");
    assert!(page.contains("sessions") && !page.contains("confirm_import"), "{page}");
    assert!(!page.contains("<script>,") && !page.contains("<script>.csv"), "text stays text");
    post_form(&user, "name=\"other\"", b"text").await;
    assert!(user.page("/analytics/import").await.contains("Choose a file first."));
}

#[tokio::test]
async fn concurrent_imports_are_atomic_and_ordered() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let file = |n: u32| {
        let rows: String = (0..2_000)
            .map(|day| {
                let (year, month, day) = (2000 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
                format!("\n{year}-{month:02}-{day:02},{n},{n},{n},{n}")
            })
            .collect();
        format!("{HEAD}{rows}")
    };
    let (one, two) = (file(1), file(2));
    let (one, two) = tokio::join!(imported(&user, &one), imported(&user, &two));
    let mut counts = [one, two];
    counts.sort_unstable();
    assert_eq!(counts, [(0, 2_000, 0), (2_000, 0, 0)]);
    let values: std::collections::BTreeSet<i64> =
        days(&user).await.iter().map(|day| day["sessions"].as_i64().unwrap()).collect();
    assert_eq!(values.len(), 1, "no mixture: {values:?}");
}

#[tokio::test]
async fn imports_use_the_strict_rate_limit() {
    let app = TestApp::start_with(&[("RATE_LIMIT_STRICT", "2/1h")]).await;
    let user = app.with_member().await;
    let file = format!("{HEAD}\n2026-11-01,1,1,1,1\n");
    // Refused files and previews lock nobody out.
    for _ in 0..8 {
        assert_eq!(import(&user, "nonsense").await.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            import(&user, "Date,Sessions\n01/02/2026,5\n").await.status(),
            StatusCode::BAD_REQUEST
        );
        upload(&user, "preview.csv", file.clone()).await;
    }
    let response = import(&user, file.clone()).await;
    assert_eq!(response.headers()["ratelimit-limit"], "2");
    let page = upload(&user, "second.csv", format!("{HEAD}\n2026-11-02,1,1,1,1\n")).await;
    assert_eq!(confirm(&user, waiting(&page)).await, "/analytics?imported=1.0.0");
    let response = import(&user, file.clone()).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "STRICT_RATE_LIMIT_EXCEEDED");
    let page = upload(&user, "third.csv", format!("{HEAD}\n2026-11-03,1,1,1,1\n")).await;
    assert_eq!(confirm(&user, waiting(&page)).await, "/analytics/import");
    assert!(user.page("/analytics/import").await.contains("only a few times an hour"));
}

#[tokio::test]
async fn files_that_are_only_read_have_a_bound_of_their_own() {
    let app = TestApp::start_with(&[("RATE_LIMIT_STRICT", "1/1h")]).await;
    let user = app.with_member().await;
    for _ in 0..20 {
        assert_eq!(import(&user, "nonsense").await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(import(&user, "nonsense").await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(upload(&user, "a.csv", "nonsense").await.contains("Too many files were read"));
}

#[tokio::test]
async fn the_sample_file_is_downloaded_and_imported() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let sample = user.page("/analytics/sample.csv").await;
    let (added, replaced, unchanged) = imported(&user, &sample).await;
    assert!(added > 400 && replaced == 0 && unchanged == 0, "{added}, {replaced}, {unchanged}");
    let nobody = app.get("/analytics/sample.csv").await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

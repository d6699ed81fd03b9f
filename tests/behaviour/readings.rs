//! How files are read: questions and their answers, new metrics, and rows that are left out.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::analytics::{IMPORT, OFTEN, confirm, days, import, upload, waiting};
use crate::support::{TestApp, User, encode};

/// Posts decisions about the waiting file, like the page's form.
async fn decide(user: &User<'_>, fields: &[(&str, &str)]) {
    let form = user
        .browse(Method::POST, "/analytics/reading")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode(fields));
    assert_eq!(form.send().await.unwrap().status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_file_that_can_be_read_in_two_ways_is_imported_by_an_answer_only() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let file = "Date,Sessions\n01/02/2026,5\n02/02/2026,6\n";
    let response = import(&user, file).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "NEEDS_DECISION", "{body}");
    let question = &body["proposal"]["questions"][0];
    assert_eq!(
        (&question["key"], question["choices"].as_array().unwrap().len()),
        (&json!("dates"), 2)
    );
    assert!(days(&user).await.is_empty());
    let send = async |query: &[(&str, &str)]| {
        let request = user.api(Method::POST, &format!("{IMPORT}?{}", encode(query)));
        let response = request.header("content-type", "text/csv").body(file).send().await.unwrap();
        let status = response.status();
        (status, response.json::<Value>().await.unwrap())
    };
    let answers = r#"{"answers":{"dates":"dayFirst"}}"#;
    let (status, dry) = send(&[("dryRun", "true"), ("mapping", answers)]).await;
    assert_eq!((status, &dry["changes"]["added"]), (StatusCode::OK, &json!(2)), "{dry}");
    assert_eq!(dry["changes"]["from"], "2026-02-01");
    assert!(days(&user).await.is_empty(), "a dry run stores nothing");
    let (_, undecided) = send(&[("dryRun", "true")]).await;
    assert_eq!(undecided["changes"], Value::Null);
    // The reading of the proposal is sent back as it is, or edited.
    let mut reading = dry["proposal"]["reading"].clone();
    let (status, _) = send(&[("mapping", &undecided["proposal"]["reading"].to_string())]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "an open reading is never applied");
    reading["columns"][1]["role"] = json!({ "is": "metric", "slug": "users" });
    let (status, body) = send(&[("mapping", &reading.to_string())]).await;
    assert_eq!((status, &body["added"]), (StatusCode::OK, &json!(2)), "{body}");
    assert_eq!(days(&user).await[0]["users"], 6);
    for nonsense in ["{", "[]", r#"{"columns":[7]}"#] {
        let (status, body) = send(&[("mapping", nonsense)]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn questions_are_answered_on_the_page_and_remembered_for_the_next_export() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let file = |month: u32| {
        format!(
            "Day,Orders,Net sales,Total sales,Tips\n2026-{month:02}-01,5,10.5,12,1\n2026-{month:02}-02,6,20.5,24,2\n"
        )
    };
    let page = upload(&user, "october.csv", file(10)).await;
    assert!(
        page.contains("How we read it") && page.contains("Net sales") && page.contains("12"),
        "{page}"
    );
    assert!(!page.contains("/api/confirm_import"), "nothing to import yet");
    let id =
        page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [
        ("id", id.as_str()),
        ("answer:metric:revenue", "Net sales"),
        ("column:Tips", "new-mean:EUR"),
    ];
    decide(&user, &fields).await;
    let page = user.page("/analytics/import").await;
    assert!(page.contains("Import 2 days") && page.contains("How we read it"), "{page}");
    confirm(&user, waiting(&page)).await;
    assert!(
        days(&user).await.is_empty(),
        "a page that was shown before the answer imports nothing"
    );
    let shown = user.page("/analytics/import").await;
    assert!(shown.contains("changed in another window"), "{shown}");
    let fields = [("id", waiting(&page)), ("revision", "1")];
    user.form("confirm_import", "/analytics/import", &fields).await;
    let day = days(&user).await.remove(0);
    assert_eq!((&day["revenue"], &day["metrics"]), (&json!(20.5), &json!({ "tips": 2.0 })));
    let page = upload(&user, "november.csv", file(11)).await;
    assert!(page.contains("Import 2 days"), "the answers are known: {page}");
    let stranger = app.with_member().await;
    let theirs = upload(&stranger, "november.csv", file(11)).await;
    assert!(!theirs.contains("Import 2 days"), "another business answers for itself");
    let fields = [("id", waiting(&page)), ("answer:metric:revenue", "Total sales")];
    decide(&stranger, &fields).await;
    let told = stranger.page("/analytics/import").await;
    assert!(told.contains("no longer waiting"), "{told}");
    assert!(
        user.page("/analytics/import").await.contains("20.5"),
        "another's file is out of reach"
    );
}

#[tokio::test]
async fn a_metric_that_cannot_be_added_is_refused_in_the_preview() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let page =
        upload(&user, "tips.csv", "Day,Orders,(Tips)\n2026-10-01,5,1\n2026-10-02,6,2\n").await;
    let fields = [("id", waiting(&page)), ("column:(Tips)", "new-mean:EUR")];
    decide(&user, &fields).await;
    let page = user.page("/analytics/import").await;
    assert!(page.contains("Begin the name with a letter"), "{page}");
    assert!(!page.contains("/api/confirm_import"));
}

/// Imports a file with a mapping.
async fn import_as(user: &User<'_>, file: &str, mapping: &Value) -> Response {
    let query = encode(&[("mapping", &mapping.to_string())]);
    let request = user.api(Method::POST, &format!("{IMPORT}?{query}"));
    request.header(header::CONTENT_TYPE, "text/csv").body(file.to_owned()).send().await.unwrap()
}

async fn metric_names(user: &User<'_>) -> Vec<String> {
    let list = user.api(Method::GET, "/c-suite/analytics/metrics").send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    list["data"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().into()).collect()
}

#[tokio::test]
async fn a_metric_that_two_imports_add_is_added_once() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let new = json!({ "is": "newMetric", "name": "Tips", "unit": "EUR" });
    let mapping = json!({ "columns": { "Tips": new } });
    let file = |day: u32| format!("Day,Orders,Tips\n2026-10-{day:02},5,{day}\n");
    let (one, two) = (file(1), file(2));
    let (one, two) =
        tokio::join!(import_as(&user, &one, &mapping), import_as(&user, &two, &mapping));
    assert_eq!((one.status(), two.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(metric_names(&user).await, ["Tips"]);
    let all = days(&user).await;
    assert_eq!(
        (&all[0]["metrics"], &all[1]["metrics"]),
        (&json!({ "tips": 2.0 }), &json!({ "tips": 1.0 }))
    );
}

#[tokio::test]
async fn an_import_that_stores_nothing_adds_no_metric() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let new = |name: &str| json!({ "is": "newMetric", "name": name, "unit": "" });
    let mapping = json!({ "columns": { "Tips": new("Tips"), "Mood": new("(Mood)") } });
    let file = "Day,Orders,Tips,Mood\n2026-10-01,5,1,3\n";
    let response = import_as(&user, file, &mapping).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body: Value = response.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("(Mood)"), "{body}");
    assert!(metric_names(&user).await.is_empty() && days(&user).await.is_empty());
}

#[tokio::test]
async fn rows_that_are_left_out_are_named_beside_the_preview_and_to_programs() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let file = "date,sessions\n2026-10-01,5\n2026-10-02,6\nTotal,11\n";
    let page = upload(&user, "october.csv", file).await;
    let preview = page.split("Import preview").nth(1).unwrap().split("<details").next().unwrap();
    assert!(preview.contains("Line 4 (“Total”) is left out as a total."), "{preview}");
    let body: Value = import(&user, file).await.json().await.unwrap();
    assert_eq!(body["notes"], json!(["Line 4 (“Total”) is left out as a total."]));
    let payments = "Order ID,Date,Status,Total\n1,2026-10-03,paid,5\n2,2026-10-03,failed,9\n";
    let body: Value = import(&user, payments).await.json().await.unwrap();
    assert!(body["notes"][0].as_str().unwrap().contains("1 row has “failed”"), "{body}");
}

#[tokio::test]
async fn a_mapping_in_a_form_is_taken_and_bounded() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let send = async |mapping: &str| {
        let part = |field: &str, content: &str| {
            format!("--frontier\r\nContent-Disposition: form-data; {field}\r\n\r\n{content}\r\n")
        };
        let file = part("name=\"file\"; filename=\"a.csv\"", "date,apples\n2026-10-01,5\n");
        let body = format!("{file}{}--frontier--\r\n", part("name=\"mapping\"", mapping));
        let request = user.api(Method::POST, IMPORT);
        let request =
            request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier");
        request.body(body).send().await.unwrap()
    };
    let mapping = r#"{"columns":{"apples":{"is":"metric","slug":"sessions"}}}"#;
    let refused = send(&format!("{mapping}{}", " ".repeat(70_000))).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    assert!(body["details"]["mapping"].as_str().unwrap().contains("too long"), "{body}");
    assert_eq!(send(mapping).await.status(), StatusCode::OK);
    assert_eq!(days(&user).await[0]["sessions"], 5);
}

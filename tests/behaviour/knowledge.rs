//! The facts in prompts, and the page that shows them.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{TestApp, User};

/// Builds a file of the 60 days up to 31 Oct 2026, with a daily revenue of 400 EUR in the first
/// half and 500 EUR in the second.
fn two_months() -> String {
    let mut csv = "date,sessions,users,conversions,revenue\n".to_owned();
    let days = (2..=30).map(|day| (9, day)).chain((1..=31).map(|day| (10, day)));
    for (at, (month, day)) in days.enumerate() {
        let revenue = if at < 30 { 400 } else { 500 };
        csv.push_str(&format!("2026-{month:02}-{day:02},,,,{revenue}\n"));
    }
    csv
}

#[tokio::test]
async fn a_reply_uses_facts_and_cites_them() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.import(two_months()).await;
    user.tell(json!({ "industry": "Bakery" })).await;
    let body = json!({ "message": "How was last month?" });
    let asked = user.api(Method::POST, "/c-suite/cfo/chat").json(&body).send().await.unwrap();
    let text = crate::support::Transcript::read(asked).await.text();
    for part in
        ["15,000 [K.revenue.30d]", "+25.0% [K.revenue.30d.change]", "30 days to 31 Oct 2026"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[tokio::test]
async fn the_page_lists_each_advisers_facts_in_order_and_missing_information() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let empty = user.page("/knowledge").await;
    assert!(empty.contains("href=\"/profile#industry\"") && empty.contains("/analytics/import"));
    user.import(two_months()).await;
    user.tell(json!({ "customers": "Families nearby" })).await;
    let page = user.page("/knowledge?persona=cfo").await;
    for part in
        ["15,000", "Revenue, 30 days to 31 Oct 2026, total", "K.revenue.30d", "Families nearby"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("href=\"/profile#customers\">Customers</a></li>"));
    let place = |page: &str, text: &str| page.find(text).unwrap();
    assert!(place(&page, "<code>K.revenue.30d<") < place(&page, "<code>P.customers<"));
    let cmo = user.page("/knowledge?persona=cmo").await;
    assert!(place(&cmo, "<code>P.customers<") < place(&cmo, "<code>K.revenue.30d<"));
    assert!(page.contains("Directly behind each statement"), "the rest of the prompt can be read");
    for path in ["/profile", "/analytics", "/chat"] {
        assert!(user.page(path).await.contains("href=\"/knowledge"), "{path} leads there");
    }
}

#[tokio::test]
async fn the_page_lists_omitted_facts_and_shows_nothing_to_strangers() {
    let small = [
        ("FIREWORKS_CONTEXT_TOKENS", "4096"),
        ("FIREWORKS_MAX_TOKENS", "500"),
        ("FIREWORKS_FALLBACK_MODEL", ""),
    ];
    let app = TestApp::start_with(&small).await;
    let user = app.with_member().await;
    for field in ["sells", "customers", "competitors", "tone"] {
        user.tell(json!({ field: &"Word after word about <b>it</b>. ".repeat(120) })).await;
    }
    let page = user.page("/knowledge?persona=cfo").await;
    assert!(page.contains("Facts left out for the CFO"));
    assert!(page.contains("&lt; b>it") || page.contains("&lt; b&gt;it"));
    assert!(!page.contains("<b>it"));
    let stranger = app.request(Method::GET, "/knowledge").header(header::ACCEPT, "text/html");
    let stranger = stranger.send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::FOUND);
}

/// Asks how a fact was made, like the card of a citation.
async fn explained(user: &User<'_>, id: &str, to: &str) -> (StatusCode, Value) {
    let asked = user
        .app
        .request(Method::POST, "/api/explain_fact")
        .header(header::COOKIE, &user.cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(crate::support::encode(&[("id", id), ("to", to)]));
    let answer = asked.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_citation_is_explained_in_one_line_with_its_calculation() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    user.import(two_months()).await;
    let settings = [("currency", "EUR"), ("time_zone", "UTC")];
    user.form("save_analytics_settings", "/analytics/metrics", &settings).await;
    user.tell(json!({ "industry": "Bakery" })).await;
    let (status, change) = explained(&user, "K.revenue.30d.change", "2026-10-31").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        change,
        json!({ "made": "Change: (500 EUR − 400 EUR) ÷ 400 EUR × 100 = +25.0%", "value": "+25.0%" })
    );
    let (_, text) = explained(&user, "P.industry", "").await;
    assert_eq!(text, json!({ "made": "As entered in your business profile", "value": "Bakery" }));
}

#[tokio::test]
async fn a_fact_is_explained_to_members_of_its_business_only() {
    let app = TestApp::start().await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    user.import(two_months()).await;
    let (status, nothing) = explained(&other, "K.revenue.30d", "2026-10-31").await;
    assert_eq!((status, nothing), (StatusCode::OK, Value::Null), "the other one has no such fact");
    assert_eq!(explained(&user, "K.revenue.30d/../x", "").await.0, StatusCode::NOT_FOUND);
    let stranger = app
        .request(Method::POST, "/api/explain_fact")
        .header(header::ACCEPT, "application/json")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("id=K.revenue.30d");
    assert_eq!(stranger.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

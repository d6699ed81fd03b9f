//! Metrics that the business makes or switches on, how their days are combined, and what is computed from them.

use reqwest::{Method, header};
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use crate::support::{TestApp, Transcript, User};

const PAGE: &str = "/analytics/metrics";
const OFTEN: (&str, &str) = ("RATE_LIMIT_STRICT", "1000/1m");

fn ago(days: i64) -> Date {
    OffsetDateTime::now_utc().date() - Duration::days(days)
}

/// Sends a form of the page. Returns where it leads.
async fn send(user: &User<'_>, function: &str, fields: &[(&str, &str)]) -> String {
    let response = user.form(function, PAGE, fields).await;
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

async fn add(user: &User<'_>, slugs: &[&str]) {
    for slug in slugs {
        let to = send(user, "add_standard_metric", &[("slug", slug)]).await;
        assert_eq!(to, format!("{PAGE}?added=1#catalogue"), "{slug}");
    }
}

/// Imports the same values for each of the last `days` days.
async fn import(user: &User<'_>, days: i64, values: &[(&str, &str)]) {
    let head: Vec<&str> = values.iter().map(|(slug, _)| *slug).collect();
    let row: Vec<&str> = values.iter().map(|(_, value)| *value).collect();
    let rows = (1..=days).rev().map(|day| format!("{},{}\n", ago(day), row.join(",")));
    let rows: String = rows.collect();
    user.import(format!("date,{}\n{rows}", head.join(","))).await;
}

async fn slugs(user: &User<'_>) -> Vec<String> {
    let metrics = user.get_json("/c-suite/analytics/metrics").await;
    let metrics = metrics["data"].as_array().unwrap().iter();
    metrics.map(|metric| metric["slug"].as_str().unwrap().to_owned()).collect()
}

/// Reads a page without the markup between the parts of its text.
async fn text(user: &User<'_>, path: &str) -> String {
    user.page(path).await.replace("<!>", "")
}

#[tokio::test]
async fn a_standard_metric_is_switched_on_with_what_its_formula_needs() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let settings = [("currency", "EUR"), ("time_zone", "UTC")];
    send(&user, "save_analytics_settings", &settings).await;
    assert!(text(&user, PAGE).await.contains("Adds Cost of goods too."));
    add(&user, &["gross-margin"]).await;
    assert_eq!(slugs(&user).await, ["cost-of-goods", "gross-margin"]);
    let metrics = user.get_json("/c-suite/analytics/metrics").await;
    let [cost, margin] = [&metrics["data"][0], &metrics["data"][1]];
    assert_eq!(
        (&cost["aggregation"], &cost["unit"], &cost["higherIsBetter"], &cost["formula"]),
        (&json!("sum"), &json!("EUR"), &json!(false), &Value::Null)
    );
    assert_eq!(margin["formula"], "(revenue - cost-of-goods) / revenue * 100");
    let page = text(&user, PAGE).await;
    assert!(page.contains("You have this") && !page.contains("Add Gross margin"), "{page}");
    add(&user, &["gross-margin"]).await;
    assert_eq!(slugs(&user).await.len(), 2, "adding it again changes nothing");

    send(&user, "archive_metric", &[("slug", "cost-of-goods"), ("archived", "true")]).await;
    let page = text(&user, PAGE).await;
    assert!(page.contains("its formula uses cost-of-goods, which is archived"), "{page}");
    add(&user, &["cost-of-goods"]).await;
    assert!(!text(&user, PAGE).await.contains("which is archived"), "it is restored");
    user.become_member().await;
    assert!(!text(&user, PAGE).await.contains("Add Orders"), "members change nothing");
}

#[tokio::test]
async fn computed_metrics_are_neither_entered_nor_imported() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add(&user, &["average-order-value"]).await;
    let day = json!({ "date": ago(1).to_string(), "metrics": { "average-order-value": 5 } });
    let sent = user.api(Method::POST, "/c-suite/analytics").json(&day).send().await.unwrap();
    assert_eq!(sent.status(), 400);
    let form = text(&user, "/analytics/day").await;
    assert!(form.contains("name=\"metrics[orders]\"") || form.contains("orders"), "{form}");
    assert!(!form.contains("average-order-value"), "{form}");
    assert!(!text(&user, "/analytics/template.csv").await.contains("average-order-value"));
}

#[tokio::test]
async fn formulas_that_cannot_be_computed_are_refused_with_their_reason() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    add(&user, &["orders", "refunds", "average-order-value"]).await;
    send(&user, "archive_metric", &[("slug", "refunds"), ("archived", "true")]).await;
    for (formula, reason) in [
        ("", "Write the formula."),
        ("revenue /", "Position 10: A number, a metric or “(” is missing at the end."),
        ("(revenue", "Position 1: This “(” has no “)”."),
        ("revenue; 1", "Position 8: “;” cannot be part of a formula."),
        ("revenue - refunds", "“refunds” is archived."),
        ("average-order-value * 2", "“average-order-value” is computed itself."),
        ("revenue - rent", "There is no metric “rent”."),
        ("revenue-orders", "A minus needs spaces around it."),
    ] {
        let fields = [("name", "Net"), ("aggregation", "formula"), ("formula", formula)];
        assert_eq!(send(&user, "save_metric", &fields).await, PAGE, "{formula}");
        let page = text(&user, PAGE).await;
        let shown = page.replace("&quot;", "\"");
        assert!(shown.contains(reason) && page.contains("formula-error"), "{formula}: {page}");
    }
    let itself = [
        ("slug", "average-order-value"),
        ("name", "Average order value"),
        ("aggregation", "formula"),
        ("formula", "average-order-value + revenue"),
    ];
    send(&user, "save_metric", &itself).await;
    assert!(text(&user, PAGE).await.contains("A formula cannot use its own result."));
    let good = [("name", "Net"), ("aggregation", "formula"), ("formula", "revenue - orders * 2")];
    assert_eq!(send(&user, "save_metric", &good).await, format!("{PAGE}?saved=1"));
}

#[tokio::test]
async fn a_changed_aggregation_restates_the_history_and_says_so() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let tips = |aggregation| [("name", "Tips"), ("unit", "EUR"), ("aggregation", aggregation)];
    assert_eq!(send(&user, "save_metric", &tips("mean")).await, format!("{PAGE}?saved=1"));
    import(&user, 40, &[("tips", "12")]).await;
    let path = format!("/knowledge/K.tips.30d?to={}", ago(1));
    assert!(text(&user, &path).await.contains("<mark>12 EUR</mark>"));
    let mut edited = tips("sum").to_vec();
    edited.push(("slug", "tips"));
    let to = send(&user, "save_metric", &edited).await;
    let page = text(&user, &to).await;
    assert!(page.contains("Totals and averages of Tips were computed anew for 40 days."), "{page}");
    let fact = text(&user, &path).await;
    assert!(fact.contains("<mark>360 EUR</mark>") && fact.contains("total"), "{fact}");
    assert_eq!(send(&user, "save_metric", &edited).await, format!("{PAGE}?saved=1"), "unchanged");
}

#[tokio::test]
async fn the_cfo_answers_whether_hiring_is_affordable_from_cash_margin_and_runway() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let settings = [("currency", "EUR"), ("time_zone", "UTC")];
    send(&user, "save_analytics_settings", &settings).await;
    add(&user, &["cash-balance", "payroll", "gross-margin", "runway"]).await;
    let values = [
        ("revenue", "300"),
        ("cost-of-goods", "90"),
        ("payroll", "410"),
        ("cash-balance", "60000"),
    ];
    import(&user, 70, &values).await;

    let asked = user.api(Method::POST, "/c-suite/cfo/chat");
    let asked = asked.json(&json!({ "message": "Can we afford to hire?" })).send().await.unwrap();
    let reply = Transcript::read(asked).await;
    let said = reply.text();
    for part in
        ["60,000 EUR [K.cash-balance.30d]", "70% [K.gross-margin.30d]", "10 months [K.runway.30d]"]
    {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    let conversation = reply.started().conversation;
    let messages = user.get_json(&format!("/c-suite/conversations/{conversation}/messages")).await;
    let citations = messages["data"][1]["citations"].to_string();
    for id in ["K.cash-balance.30d", "K.gross-margin.30d", "K.runway.30d"] {
        assert!(citations.contains(id), "{id}: {citations}");
    }

    let page = text(&user, &format!("/knowledge/K.runway.30d?to={}", ago(1))).await;
    for part in [
        "<mark>10 months</mark>",
        "Cash balance ÷ ((Cost of goods + Payroll − Revenue) ÷ days × 30)",
        "60,000 EUR ÷ ((2,700 EUR + 12,300 EUR − 9,000 EUR) ÷ 30 days × 30) = 10 months",
        &format!("/knowledge/K.cash-balance.30d?to={}", ago(1)),
        &format!("/knowledge/K.payroll.30d?to={}", ago(1)),
    ] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }

    send(&user, "archive_metric", &[("slug", "payroll"), ("archived", "true")]).await;
    let knowledge = text(&user, "/knowledge?persona=cfo").await;
    assert!(knowledge.contains("its formula uses payroll, which is archived"), "{knowledge}");
}

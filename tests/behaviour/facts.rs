//! Every fact has a page that shows its value, its days and how it was made. Citations lead there.

use reqwest::{Method, StatusCode, header};
use serde_json::json;
use time::{Date, Duration, OffsetDateTime};

use crate::support::{TestApp, User, eventually};

const OFTEN: (&str, &str) = ("RATE_LIMIT_STRICT", "1000/1m");

fn ago(days: i64) -> Date {
    OffsetDateTime::now_utc().date() - Duration::days(days)
}

/// Tells the server about a business with a profile, two metrics of its own, 430 days of numbers with gaps,
/// an outlier and a number of today, and waits for its insights.
async fn furnish(user: &User<'_>) {
    for (name, unit) in [("Margin", "%"), ("Loaves wasted", "loaves")] {
        let fields = [
            ("slug", ""),
            ("name", name),
            ("unit", unit),
            ("better", "higher"),
            ("aggregation", "mean"),
        ];
        let saved = user.form("save_metric", "/analytics/metrics", &fields).await;
        assert_eq!(saved.status(), StatusCode::FOUND);
    }
    let settings = [("currency", "EUR"), ("time_zone", "UTC")];
    user.form("save_analytics_settings", "/analytics/metrics", &settings).await;
    let head = "date,sessions,users,conversions,revenue,margin,loaves-wasted";
    let rows = (0..430).filter(|day| day % 41 != 3).map(|day| {
        let wave = (day * 37 + 11) % 90;
        let revenue = if day == 5 { 9_000.25 } else { 400.0 + f64::from(wave * 3) + 0.35 };
        let (sessions, users, conversions) = (900 + wave, 500 + wave, 20 + wave / 9);
        let margin = 20.0 + f64::from(wave) / 8.0;
        // The margin is not known of the last days.
        let margin = if day < 12 { String::new() } else { margin.to_string() };
        let date = ago(i64::from(day));
        format!("{date},{sessions},{users},{conversions},{revenue},{margin},{}\n", day % 5)
    });
    user.import(format!("{head}\n{}", rows.collect::<String>())).await;
    user.tell(
        json!({ "industry": "Bakery", "goals": ["A second <shop>"], "sells": "Bread\nCakes" }),
    )
    .await;
    let insight = json!({ "moduleSlug": "stock-watch", "summary": "Flour runs out on Friday." });
    user.api(Method::POST, "/c-suite/insights").json(&insight).send().await.unwrap();
    eventually("insights", || async {
        let page = user.page("/knowledge").await;
        page.contains("I.growth-pulse.1") && page.contains("I.anomaly-watch.1")
    })
    .await;
}

/// A fact as the list of facts shows it, as HTML.
struct Listed {
    id: String,
    label: String,
    text: String,
    href: String,
    is_number: bool,
}

async fn listed(user: &User<'_>) -> Vec<Listed> {
    let page = user.page("/knowledge?persona=cfo").await;
    let between = |text: &str, from: &str, to: &str| -> String {
        let rest = text.split_once(from).unwrap_or_else(|| panic!("{from} is not in {text}")).1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    page.split("<li class=\"knowledge-fact")
        .skip(1)
        .map(|item| {
            let link = between(item, "<a", "</a>");
            Listed {
                id: between(item, "<code>", "<"),
                label: link.split_once('>').unwrap().1.to_owned(),
                text: between(item, "knowledge-value", "</p>")
                    .split_once('>')
                    .unwrap()
                    .1
                    .to_owned(),
                href: between(&link, "href=\"", "\"").replace("&amp;", "&"),
                is_number: item.starts_with(" is-number"),
            }
        })
        .collect()
}

#[tokio::test]
async fn every_fact_links_to_a_page_that_shows_its_value_and_how_it_was_made() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    furnish(&user).await;
    let facts = listed(&user).await;
    let mut kinds = std::collections::BTreeSet::new();
    for Listed { id, label, text, href, is_number } in &facts {
        assert!(href.starts_with(&format!("/knowledge/{id}")), "{href}");
        let page = user.page(href).await;
        assert!(page.contains(&format!("<mark>{text}</mark>")), "{id}: {text} is not in {page}");
        assert!(page.contains(label), "{id}: {label} is not in {page}");
        let ending = id.rsplit('.').next().unwrap();
        kinds.insert(ending.to_owned());
        if !is_number {
            continue;
        }
        assert!(page.contains("id=\"how\""), "{id} has no calculation: {page}");
        let steps = page.split("<dl class=\"fact-steps\">").nth(1).unwrap();
        let steps = steps.split("</dl>").next().unwrap();
        let last = steps.rsplit("<dd").next().unwrap();
        assert!(last.contains(text.as_str()), "{id}: its calculation ends with {last}, not {text}");
        let is_count_of_days = text.ends_with(" days");
        assert!(is_count_of_days || page.contains("<tbody>"), "{id} has no days: {page}");
        let windows = page.matches("<tbody>").count();
        let is_compared = ending == "change" || ending == "year";
        assert!(!is_compared || windows == 2, "{id} compares two windows, not {windows}");
    }
    assert!(facts.len() > 70, "{}", facts.len());
    for kind in ["7d", "30d", "change", "year", "rate", "per-user"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

#[tokio::test]
async fn the_days_of_a_fact_add_up_to_its_value() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let days: String = (1..=60).map(|day| format!("{},{},,,\n", ago(day), 1_000 - day)).collect();
    user.import(format!("date,sessions,users,conversions,revenue\n{days}")).await;
    let page = user.page(&format!("/knowledge/K.sessions.7d?to={}", ago(1))).await;
    let cells = |part: &str| -> Vec<u32> {
        let rows = page.split(&format!("<{part}>")).nth(1).unwrap();
        let rows = rows.split(&format!("</{part}>")).next().unwrap();
        let cells = rows.split("<td>").skip(1).map(|cell| {
            let digits = cell.split("</td>").next().unwrap().chars();
            digits.filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
        });
        cells.collect()
    };
    assert_eq!(cells("tbody"), [999, 998, 997, 996, 995, 994, 993]);
    assert_eq!(cells("tfoot"), [6_972, 996]);
    assert!(page.contains("<mark>6,972</mark>"), "{page}");
    // A window that has ended stays what it is when newer numbers come.
    let earlier = format!("/knowledge/K.sessions.7d?to={}", ago(20));
    let page = user.page(&earlier).await;
    assert!(
        page.contains("There are newer numbers.") && page.contains("<mark>6,839</mark>"),
        "{page}"
    );
}

/// Imports `value` sessions for each of the newest 40 days before today.
async fn sessions(user: &User<'_>, value: u32) {
    let days: String = (1..=40).map(|day| format!("{},{value},,,\n", ago(day))).collect();
    user.import(format!("date,sessions,users,conversions,revenue\n{days}")).await;
}

#[tokio::test]
async fn a_fact_that_changed_or_is_gone_is_shown_beside_what_the_reply_was_given() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    sessions(&user, 10).await;
    let asked = user.ask("How many sessions last month?").await;
    let citations = asked.last().data["citations"].as_array().unwrap().clone();
    let cited = citations.iter().find(|it| it["id"] == "K.sessions.30d").expect("a citation");
    let source = cited["source"].as_str().unwrap();
    assert_eq!(source, format!("/knowledge/K.sessions.30d?to={}", ago(1)));
    let reply = format!("href=\"/chat/{}\"", asked.started().conversation);
    let page = user.page(source).await;
    assert!(page.contains("<mark>300</mark>") && page.contains(&reply), "{page}");
    assert!(!page.contains("has changed since"), "{page}");

    sessions(&user, 20).await;
    let page = user.page(source).await;
    assert!(page.contains("<mark>600</mark>") && page.contains("has changed since"), "{page}");
    assert!(page.contains("<b dir=\"auto\">300</b>") && page.contains(&reply), "{page}");

    for day in 1..=40 {
        let path = format!("/c-suite/analytics/{}", ago(day));
        user.api(Method::DELETE, &path).send().await.unwrap();
    }
    let page = user.page(source).await;
    assert!(page.contains("no longer contains this fact"), "{page}");
    assert!(page.contains("<mark>300</mark>") && page.contains(&reply), "{page}");
}

#[tokio::test]
async fn a_fact_is_shown_to_members_of_its_business_only() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    sessions(&user, 123).await;
    let path = format!("/knowledge/K.sessions.7d?to={}", ago(1));
    assert!(user.page(&path).await.contains("href=\"/analytics/day?date="));
    user.become_member().await;
    let page = user.page(&path).await;
    assert!(page.contains("<mark>861</mark>") && !page.contains("/analytics/day?date="), "{page}");
    for path in [path.as_str(), "/knowledge/K.none.30d", "/knowledge/%3Cb%3E?to=x"] {
        let response = other.browse(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let page = response.text().await.unwrap();
        assert!(page.contains("There is no such fact.") && !page.contains("861"), "{page}");
    }
    let stranger = app.request(Method::GET, &path).header(header::ACCEPT, "text/html");
    let stranger = stranger.send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::FOUND);
}

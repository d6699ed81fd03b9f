//! Sample data: loaded and removed with one click, marked on every page, and never mixed with own numbers.

use reqwest::StatusCode;

use crate::analytics::{days, import, imported};
use crate::support::{TestApp, User, eventually};

const MARK: &str = "these numbers are made up";

async fn load(user: &User<'_>) {
    let response = user.form("load_sample", "/dashboard", &[]).await;
    assert!(response.status().is_redirection(), "{}", response.status());
}

#[tokio::test]
async fn sample_data_is_marked_on_every_page_and_removed_with_one_click() {
    let app = TestApp::start().await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    assert!(user.page("/dashboard").await.contains("Load sample data"));
    load(&user).await;
    load(&user).await;
    assert_eq!(days(&user).await.len(), 425, "once, however often it is asked for");
    for page in ["/dashboard", "/analytics", "/chat", "/profile", "/account", "/knowledge"] {
        let page = user.page(page).await;
        assert!(page.contains(MARK) && page.contains("remove_sample"), "{page}");
    }
    assert!(!other.page("/dashboard").await.contains(MARK), "another business");
    eventually("insights", || async { user.page("/dashboard").await.contains("insight-meta") })
        .await;

    user.form("remove_sample", "/dashboard", &[]).await;
    assert_eq!(days(&user).await.len(), 0);
    let page = user.page("/dashboard").await;
    assert!(!page.contains(MARK) && !page.contains("insight-meta"), "at once: {page}");
    assert!(page.contains("Load sample data"), "{page}");
}

#[tokio::test]
async fn own_numbers_replace_sample_data_whichever_way_they_come() {
    let app = TestApp::start().await;
    let file = "date,sessions,users,conversions,revenue\n2026-01-02,1,1,1,1\n";
    for way in ["file", "form", "api"] {
        let user = app.with_member().await;
        load(&user).await;
        eventually("insights", || async { user.page("/dashboard").await.contains("insight-meta") })
            .await;
        match way {
            "file" => assert_eq!(imported(&user, file).await, (1, 0, 0)),
            "form" => {
                let day = [("date", "2026-01-02"), ("sessions", "1")];
                user.form("save_day", "/analytics/day", &day).await;
            }
            _ => {
                let day = serde_json::json!({ "date": "2026-01-02", "sessions": 1 });
                let post = user.api(reqwest::Method::POST, "/c-suite/analytics").json(&day);
                assert!(post.send().await.unwrap().status().is_success());
            }
        }
        let stored = days(&user).await;
        assert_eq!(stored.len(), 1, "{way}: {stored:?}");
        assert_eq!(stored[0]["date"], "2026-01-02", "{way}");
        let page = user.page("/dashboard").await;
        assert!(!page.contains(MARK) && !page.contains("insight-meta"), "{way}: {page}");
    }
}

#[tokio::test]
async fn a_refused_file_keeps_the_sample_data() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    load(&user).await;
    assert_eq!(import(&user, "date,sessions\nno,1\n").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(days(&user).await.len(), 425);
}

#[tokio::test]
async fn sample_data_never_joins_own_numbers_and_members_cannot_load_it() {
    let app = TestApp::start().await;
    let owner = app.with_member().await;
    imported(&owner, "date,sessions,users,conversions,revenue\n2026-01-02,1,1,1,1\n").await;
    load(&owner).await;
    assert_eq!(days(&owner).await.len(), 1);
    assert!(owner.page("/analytics/import").await.contains("Sample data was not loaded"));

    let member = app.with_member().await;
    member.become_member().await;
    load(&member).await;
    assert_eq!(days(&member).await.len(), 0);
}

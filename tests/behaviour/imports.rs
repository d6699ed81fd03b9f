//! Long imports: a page shows the progress, and either all days are stored or none.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::analytics::{HEAD, OFTEN, confirm, days, upload, waiting};
use crate::support::{SITE, TestApp, User, eventually};

/// Refreshes a page in a browser without JavaScript.
const WITHOUT_SCRIPT: &str = "<noscript><meta http-equiv=\"refresh\"";
const IN_PROGRESS: &str = "/analytics/import/";
/// Enough days that an unoptimised build needs longer than the 500 ms after which a page shows the
/// progress.
const MANY: u32 = 60_000;

/// Builds a file with `count` days from 1830 on.
fn file(count: u32) -> String {
    let first = time::Date::from_ordinal_date(1830, 1).unwrap();
    let row = |n: u32| {
        let date = first + time::Duration::days(i64::from(n));
        format!("\n{date},{n},{n},{},{}.5", n % 97, n % 1_000)
    };
    format!("{HEAD}{}", (0..count).map(row).collect::<String>())
}

async fn connect(app: &TestApp) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(app.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn count(app: &TestApp) -> i64 {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*) FROM analytics_snapshots s JOIN analytics_changes c USING (tenant_id, generation)",
    );
    count.fetch_one(&mut connect(app).await).await.unwrap()
}

/// Blocks all other writes to the database until dropped.
async fn lock(app: &TestApp) -> SqliteConnection {
    let mut other = connect(app).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

/// Loads the page at `path`. Returns the address to which it redirects, if any, and the body.
async fn look(user: &User<'_>, path: &str) -> (Option<String>, String) {
    let response = user.browse(Method::GET, path).send().await.unwrap();
    let next = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
    (next, response.text().await.unwrap())
}

/// Parses the progress bar of a page: the step, and the progress within it. Returns `None` if there
/// is no bar.
fn told(page: &str) -> Option<(u32, u32)> {
    let step = page.split("id=\"stage\">").nth(1)?.chars().next()?.to_digit(10)?;
    let done = page.split("<progress").nth(1)?.split("value=\"").nth(1)?.split('"').next()?;
    Some((step, done.parse().unwrap()))
}

#[tokio::test]
async fn a_long_import_shows_progress_until_its_result() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let id = waiting(&upload(&user, "long.csv", file(MANY)).await).to_owned();
    let page = confirm(&user, &id).await;
    assert_eq!(page, format!("{IN_PROGRESS}{id}"), "it takes longer than a moment");
    let (next, _) = look(&user, "/analytics/import").await;
    assert_eq!(next.as_deref(), Some(page.as_str()), "a second window finds it");
    assert_eq!(confirm(&user, &id).await, page, "said twice, it is imported once");
    let mut steps = Vec::new();
    let result = loop {
        let (next, html) = look(&user, &page).await;
        if let Some(next) = next {
            break next;
        }
        assert!(html.contains("long.csv") && html.contains("<progress"), "{html}");
        assert!(html.contains(WITHOUT_SCRIPT), "{html}");
        steps.extend(told(&html));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(result, format!("/analytics?imported={MANY}.0.0"));
    assert!(steps.is_sorted(), "{steps:?}");
    steps.dedup();
    assert!(steps.len() > 3 && steps.iter().any(|(step, _)| *step == 2), "it grows: {steps:?}");
    assert_eq!(count(&app).await, i64::from(MANY));
    assert!(user.page(&result).await.contains("60,000 days added, 0 replaced"));
    assert_eq!(look(&user, &page).await.0, Some(result), "its page stays an hour");
    assert!(!user.page("/analytics/import").await.contains("/api/confirm_import"), "nothing waits");
}

#[tokio::test]
async fn a_queued_import_says_so_and_is_private() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let (user, stranger) = (app.with_member().await, app.with_member().await);
    let id = waiting(&upload(&user, "<waits>.csv", file(3)).await).to_owned();
    let other = lock(&app).await;
    let page = confirm(&user, &id).await;
    let (_, html) = look(&user, &page).await;
    assert!(
        html.contains("Waiting for other imports") && html.contains("&lt;waits&gt;.csv"),
        "{html}"
    );
    let response = stranger.browse(Method::GET, &page).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let theirs = response.text().await.unwrap();
    assert!(!theirs.contains("waits") && theirs.contains("There is no such import"), "{theirs}");
    let absent = stranger.browse(Method::GET, "/analytics/import/none").send().await.unwrap();
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
    let (next, _) = look(&User { cookie: String::new(), ..stranger }, &page).await;
    assert!(next.unwrap().starts_with("/signin"), "nobody is signed in");
    assert_eq!(count(&app).await, 0);
    other.close().await.unwrap();
    eventually("the import", async || look(&user, &page).await.0.is_some()).await;
    assert_eq!(days(&user).await.len(), 3);
}

#[tokio::test]
async fn an_import_that_fails_late_says_so_on_its_page_and_stores_nothing() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let id = waiting(&upload(&user, "fails.csv", file(MANY)).await).to_owned();
    let fault = "CREATE TRIGGER fault BEFORE INSERT ON analytics_snapshots
        WHEN NEW.sessions = 59999 BEGIN SELECT RAISE(ABORT, 'told to nobody'); END";
    sqlx::raw_sql(fault).execute(&mut connect(&app).await).await.unwrap();
    let page = confirm(&user, &id).await;
    assert!(page.starts_with(IN_PROGRESS), "{page}");
    eventually("the failure", async || !look(&user, &page).await.1.contains("<progress")).await;
    let html = user.page(&page).await;
    assert!(html.contains("role=\"alert\"") && html.contains("Something went wrong"), "{html}");
    assert!(!html.contains("told to nobody") && !html.contains("http-equiv=\"refresh\""), "{html}");
    assert_eq!(count(&app).await, 0, "all or none");
    sqlx::raw_sql("DROP TRIGGER fault").execute(&mut connect(&app).await).await.unwrap();
    let again = user.page("/analytics/import").await;
    assert_eq!(confirm(&user, waiting(&again)).await, page, "the file waits still");
    eventually("the second try", async || look(&user, &page).await.0.is_some()).await;
    assert_eq!(count(&app).await, i64::from(MANY));
}

#[tokio::test]
async fn an_expired_upload_is_not_imported() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let id = waiting(&upload(&user, "first.csv", file(3)).await).to_owned();
    let mut other = lock(&app).await;
    let page = confirm(&user, &id).await;
    sqlx::raw_sql("DELETE FROM uploads; COMMIT").execute(&mut other).await.unwrap();
    eventually("the end", async || !look(&user, &page).await.1.contains("<progress")).await;
    assert!(user.page(&page).await.contains("is no longer waiting"));
    assert_eq!(count(&app).await, 0);
}

#[tokio::test]
async fn a_crash_during_an_import_stores_no_day_and_keeps_the_file() {
    let app = TestApp::start_with(&[OFTEN]).await;
    let user = app.with_member().await;
    let id = waiting(&upload(&user, "cut.csv", file(MANY)).await).to_owned();
    let mut doomed = Command::new(env!("CARGO_BIN_EXE_csuite"))
        .current_dir(app.folder.path())
        .env("DATABASE_URL", format!("sqlite:{}", app.database().display()))
        .env("SITE_ROOT", SITE)
        .env("ADDR", "127.0.0.1:0")
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(doomed.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let url = format!("http://{}", line.trim().rsplit('/').next().unwrap());
    let ask = |request: reqwest::RequestBuilder| {
        let (client, request) = request.header(header::COOKIE, &user.cookie).build_split();
        let mut request = request.unwrap();
        let path = request.url().path().to_owned();
        *request.url_mut() = format!("{url}{path}").parse().unwrap();
        client.execute(request)
    };
    ask(app.form("confirm_import", "/analytics/import", &[("id", &id)])).await.unwrap();
    let page = format!("{IN_PROGRESS}{id}");
    loop {
        let html = ask(user.browse(Method::GET, &page)).await.unwrap().text().await.unwrap();
        if told(&html).is_some_and(|(step, done)| step == 2 && done > 0) {
            break;
        }
    }
    doomed.kill().unwrap();
    doomed.wait().unwrap();
    assert_eq!(count(&app).await, 0, "all or none");
    let html = user.page(&page).await;
    assert!(html.contains("This import is not running"), "{html}");
    assert_eq!(waiting(&user.page("/analytics/import").await), id);
}

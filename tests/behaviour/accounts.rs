//! Sign-up, sign-in and sign-out by a browser without JavaScript; passwords, invitations and
//! tokens.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use sha2::{Digest, Sha256};
use sqlx::Connection;

use crate::support::{PASSWORD, TestApp, cookies, session_cookie};

#[tokio::test]
async fn a_new_business_signs_up_and_is_asked_three_questions() {
    let app = TestApp::start().await;
    let fields = [
        ("name", "Ada"),
        ("email", " Ada@Example.com "),
        ("password", PASSWORD),
        ("business_name", "Engines & Co"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/welcome"));
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite="), "{cookie}");
    }
}

#[tokio::test]
async fn a_refused_sign_up_keeps_what_was_typed_but_never_the_password() {
    let app = TestApp::start().await;
    let fields = [
        ("name", "Ada <b>"),
        ("email", "not-an-address"),
        ("password", "short"),
        ("business_name", "Engines & Co"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.ends_with("/signup"), "back to the form, nothing in the address: {location}");
    let cookie = cookies(&response);
    let page = app.request(Method::GET, "/signup").header(header::COOKIE, cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    assert!(page.contains("Ada &lt;b&gt;") && page.contains("not-an-address"), "{page}");
    assert!(page.contains("Engines &amp; Co"));
    assert!(!page.contains("value=\"short\""), "a password is never sent back");
    assert!(page.contains("12"), "the reason names the length");
}

#[tokio::test]
async fn one_address_has_one_account() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [
        ("name", "Other"),
        ("email", user.email.as_str()),
        ("password", PASSWORD),
        ("business_name", "Other"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert!(response.headers()[header::LOCATION].to_str().unwrap().ends_with("/signup"));
}

#[tokio::test]
async fn signing_in_renews_the_session_id_and_returns_to_the_requested_page() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [("email", user.email.as_str()), ("password", PASSWORD), ("next", "/profile")];
    let response = user.form("sign_in", "/signin?next=%2Fprofile", &fields).await;
    assert_eq!(response.headers()[header::LOCATION], "/profile");
    let renewed = session_cookie(&response).expect("a new cookie");
    assert_ne!(renewed, user.cookie);
    let evil = [("email", user.email.as_str()), ("password", PASSWORD), ("next", "//evil.example")];
    let response = app.form("sign_in", "/signin", &evil).send().await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/chat", "never to another site");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_read_the_same() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let mut pages = Vec::new();
    for email in [user.email.as_str(), "nobody@nowhere.example"] {
        let fields = [("email", email), ("password", "wrong-wrong-wrong")];
        let response = app.form("sign_in", "/signin", &fields).send().await.unwrap();
        let cookie = cookies(&response);
        let page = app.request(Method::GET, "/signin").header(header::COOKIE, cookie).send().await;
        let page = page.unwrap().text().await.unwrap().replace(email, "ADDRESS");
        let start = page.find("role=\"alert\"").expect("an alert");
        pages.push(page[start..start + 200].to_owned());
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn guessing_passwords_is_throttled() {
    let app = TestApp::start_with(&[("RATE_LIMIT_SIGN_IN", "3/15m")]).await;
    let user = app.with_member().await;
    let mut last = String::new();
    for _ in 0..5 {
        let response = app
            .request(Method::POST, "/api/sign_in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(crate::support::encode(&[
                ("email", &user.email),
                ("password", "wrong-wrong-wrong"),
            ]))
            .send()
            .await
            .unwrap();
        last = response.text().await.unwrap();
    }
    assert!(last.contains("RATE_LIMIT_EXCEEDED"), "{last}");
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_it_is_used() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let response = user.form("sign_out", "/chat", &[]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let page = user.browse(Method::GET, "/chat").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::FOUND);
    let location = page.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with("/signin"), "{location}");
}

#[tokio::test]
async fn a_token_command_prints_the_token_and_nothing_else() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    assert_eq!(user.token.lines().count(), 1);
    user.get_json("/c-suite/profile").await;
}

const NEW_PASSWORD: &str = "seven-brown-herons-wait";

/// Returns the path and query of the reset link that the command line prints for this e-mail
/// address.
async fn reset_link(app: &TestApp, email: &str) -> String {
    let output = app.command(&["password-reset", "--email", email], &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), 1, "the link and nothing else: {printed}");
    printed.trim().strip_prefix("http://127.0.0.1:3000").expect("where it listens").to_owned()
}

fn location(response: &reqwest::Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_a_link_once() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let link = reset_link(&app, &user.email).await;
    let token = link.strip_prefix("/reset-password?token=").unwrap();
    // Opening the link does not consume its token, because mail programs open links on their own.
    for _ in 0..2 {
        let page = app.get(&link).await;
        assert_eq!(page.status(), StatusCode::OK);
        let page = page.text().await.unwrap();
        assert!(page.contains(&user.email) && page.contains("Choose a new password"), "{page}");
    }
    let weak = app.form("reset_password", &link, &[("token", token), ("password", "short")]);
    let weak = weak.send().await.unwrap();
    assert!(location(&weak).ends_with(&link), "back to the link's page: {}", location(&weak));
    let cookie = cookies(&weak);
    let page = app.request(Method::GET, &link).header(header::COOKIE, cookie).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Use at least 12 characters"));

    let set = |password: &'static str| {
        app.form("reset_password", &link, &[("token", token), ("password", password)]).send()
    };
    let done = set(NEW_PASSWORD).await.unwrap();
    assert_eq!(location(&done), "/signin?password=changed");
    let page = app.get("/signin?password=changed").await.text().await.unwrap();
    assert!(page.contains("Your password is changed"));
    let signed_out = user.browse(Method::GET, "/chat").send().await.unwrap();
    assert_eq!(signed_out.status(), StatusCode::FOUND, "every session has ended");
    user.get_json("/c-suite/profile").await;
    for (password, goes_to) in [(PASSWORD, "/signin"), (NEW_PASSWORD, "/chat")] {
        let fields = [("email", user.email.as_str()), ("password", password)];
        let response = app.form("sign_in", "/signin", &fields).send().await.unwrap();
        assert_eq!(location(&response), goes_to);
    }
    set("eight-grey-herons-leave").await.unwrap();
    let used = app.get(&link).await;
    assert_eq!(used.status(), StatusCode::NOT_FOUND);
    let used = used.text().await.unwrap();
    for dead in ["/reset-password", "/reset-password?token=", "/reset-password?token=%3Cb%3E%00"] {
        let page = app.get(dead).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{dead}");
        let page = page.text().await.unwrap();
        assert!(page.contains("This link does not work") && !page.contains("<b>"), "{dead}");
    }
    assert!(used.contains("This link does not work") && !used.contains("type=\"password\""));
}

#[tokio::test]
async fn a_reset_link_begins_with_the_public_address_and_needs_an_account() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let words = ["password-reset", "--email", user.email.as_str(), "--hours", "24"];
    let public = [("PUBLIC_URL", "https://advisers.example.com/")];
    let output = app.command(&words, &public).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with("https://advisers.example.com/reset-password?token="), "{printed}");
    let nobody = app.command(&["password-reset", "--email", "nobody@nowhere.example"], &[]).await;
    assert!(!nobody.status.success() && nobody.stdout.is_empty());
    let told = String::from_utf8(nobody.stderr).unwrap();
    assert!(told.contains("There is no account with the address nobody@nowhere.example"), "{told}");
}

#[tokio::test]
async fn a_password_is_changed_on_the_account_page_and_other_sessions_end() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [("email", user.email.as_str()), ("password", PASSWORD)];
    let elsewhere = app.form("sign_in", "/signin", &fields).send().await.unwrap();
    let elsewhere = session_cookie(&elsewhere).unwrap();
    let wrong = [("current_password", "wrong-wrong-wrong"), ("new_password", NEW_PASSWORD)];
    let refused = user.form("change_password", "/account", &wrong).await;
    assert_eq!(location(&refused), "/account");
    let page = user.page("/account").await;
    assert!(page.contains("This is not your current password."), "{page}");

    let right = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    let done = user.form("change_password", "/account", &right).await;
    assert_eq!(location(&done), "/account?password=changed");
    let renewed = session_cookie(&done).expect("the session goes on under a new id");
    let see = |cookie: String| {
        app.request(Method::GET, "/account?password=changed")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .send()
    };
    let page = see(renewed).await.unwrap().text().await.unwrap();
    assert!(
        page.contains("All other sessions have ended") && page.contains("API tokens stay valid")
    );
    for ended in [elsewhere, user.cookie.clone()] {
        assert_eq!(see(ended).await.unwrap().status(), StatusCode::FOUND);
    }
    user.get_json("/c-suite/profile").await;
}

#[tokio::test]
async fn the_sign_in_page_explains_how_to_reset_a_password() {
    let app = TestApp::start().await;
    let page = app.get("/signin").await.text().await.unwrap();
    assert!(
        page.contains("Forgot your password?") && page.contains("csuite password-reset --email")
    );
}

#[tokio::test]
async fn an_invisible_character_in_an_address_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let fields = [
        ("name", "Ada"),
        ("email", "ada@exam\u{200b}ple.com"),
        ("password", PASSWORD),
        ("business_name", "Engines & Co"),
    ];
    let response = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    let cookie = cookies(&response);
    let page = app.request(Method::GET, "/signup").header(header::COOKIE, cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    assert!(page.contains("id=\"email-error\"") || page.contains("invisible character"), "{page}");
    assert!(page.contains("contains an invisible character"));
}

#[tokio::test]
async fn no_request_of_a_stranger_is_stored() {
    let app = TestApp::start().await;
    let long = "x".repeat(3_000);
    let count = || async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(app.database());
        let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let row: (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM sessions").fetch_one(&mut database).await.unwrap();
        row.0
    };
    for name in ["Ada", "Ad\u{e4} \u{1f600}".repeat(20).as_str(), &long] {
        for (function, page) in
            [("sign_up", "/signup"), ("sign_in", "/signin"), ("reset_password", "/reset-password")]
        {
            let fields =
                [("name", name), ("email", name), ("password", "short"), ("business_name", name)];
            let refused = app.form(function, page, &fields).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::FOUND, "{function}");
            assert!(session_cookie(&refused).is_none(), "{function}");
            for cookie in refused.headers().get_all(header::SET_COOKIE) {
                assert!(cookie.len() < 4_096, "{function}: {} bytes", cookie.len());
            }
            let sent = cookies(&refused);
            let shown = app.request(Method::GET, page).header(header::COOKIE, sent).send().await;
            let shown = shown.unwrap();
            let taken = shown.headers().get_all(header::SET_COOKIE).iter();
            let taken: Vec<_> = taken.map(|it| it.to_str().unwrap().to_owned()).collect();
            assert!(taken.iter().any(|it| it.starts_with("csuite_form=;")), "once: {taken:?}");
            let fields = [("name", "x".repeat(20_000))];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            let too_large = app.form(function, page, &fields).send().await.unwrap();
            assert_eq!(too_large.status(), StatusCode::PAYLOAD_TOO_LARGE, "{function}");
            assert!(cookies(&too_large).is_empty(), "{function}");
        }
    }
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn a_forged_stored_form_is_not_shown() {
    let app = TestApp::start().await;
    let fields = [("name", "Ada"), ("email", "no"), ("password", "short"), ("business_name", "B")];
    let refused = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    let kept = cookies(&refused);
    let alert = |page: String| page.contains("role=\"alert\"");
    let app = &app;
    let see = |path: &'static str, cookie: String| async move {
        let page = app.request(Method::GET, path).header(header::COOKIE, cookie).send().await;
        page.unwrap().text().await.unwrap()
    };
    assert!(!alert(see("/signin", kept.clone()).await), "another form's page");
    let (content, _) = kept.split_once('.').unwrap();
    assert!(!alert(see("/signup", format!("{content}.{}", "0".repeat(64))).await), "forged");
    assert!(alert(see("/signup", kept).await));
}

#[tokio::test]
async fn where_sign_ups_need_work_an_account_costs_some_or_an_invitation() {
    let app = TestApp::start_with(&[("SIGN_UP_WORK", "8")]).await;
    let fields = |email| {
        [("name", "Ada"), ("email", email), ("password", PASSWORD), ("business_name", "Engines")]
    };
    let challenge = async || {
        let page = app.get("/signup").await.text().await.unwrap();
        let (_, rest) = page.split_once("data-challenge=\"").unwrap();
        assert!(page.contains("data-bits=\"8\"") && page.contains("<noscript>"), "{page}");
        rest.split('"').next().unwrap().to_owned()
    };
    let send = async |email, work: &str| {
        let sent = [&fields(email)[..], &[("work", work)]].concat();
        let answer = app.form("sign_up", "/signup", &sent).send().await.unwrap();
        location(&answer).to_owned()
    };
    let solve = |challenge: String| {
        let tries = (0_u64..).map(|number| format!("{challenge}:{number}"));
        tries.into_iter().find(|text| Sha256::digest(text)[0] == 0).unwrap()
    };
    assert_eq!(send("ada@example.com", "").await, "/signup");
    assert_eq!(send("ada@example.com", &format!("{}:x", challenge().await)).await, "/signup");
    let work = solve(challenge().await);
    assert!(send("ada@example.com", &work).await.starts_with("/welcome"));
    assert_eq!(send("ben@example.com", &work).await, "/signup", "it was used");
    let printed = app.command(&["invite", "cy@example.com"], &[]).await;
    let link = String::from_utf8(printed.stdout).unwrap();
    let token = link.trim().split_once("invitation=").unwrap().1.to_owned();
    let invited = [&fields("cy@example.com")[..], &[("invitation", token.as_str())]].concat();
    let made = app.form("sign_up", "/signup", &invited).send().await.unwrap();
    assert!(location(&made).starts_with("/welcome"));
}

#[tokio::test]
async fn an_invitation_creates_an_account_on_a_closed_installation() {
    let app = TestApp::start_with(&[("SIGN_UP", "invite")]).await;
    let fields = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("business_name", "Engines"),
    ];
    let page = app.get("/signup").await.text().await.unwrap();
    assert!(
        page.contains("need an invitation")
            && !page.contains("<form method=\"post\" action=\"/api/sign_up")
    );
    let refused = app.form("sign_up", "/signup", &fields).send().await.unwrap();
    assert_eq!(location(&refused), "/signup");

    let settings = [("SIGN_UP", "invite"), ("PUBLIC_URL", "http://board.example")];
    let printed = app.command(&["invite", "Ada@Example.com"], &settings).await;
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let link = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(link.lines().count(), 1, "the link and nothing else");
    let link = link.trim().strip_prefix("http://board.example").unwrap().to_owned();
    let token = link.strip_prefix("/signup?invitation=").unwrap();
    let page = app.get(&link).await.text().await.unwrap();
    assert!(page.contains("value=\"ada@example.com\"") && page.contains("readonly"), "{page}");

    let with_token = |password: &'static str| {
        let mut fields = fields.to_vec();
        fields[2].1 = password;
        fields.push(("invitation", token));
        app.form("sign_up", &link, &fields).send()
    };
    let weak = with_token("short").await.unwrap();
    assert_eq!(location(&weak), link, "back to the invitation's form");
    let made = with_token(PASSWORD).await.unwrap();
    assert!(location(&made).starts_with("/welcome"));
    let page = app.get(&link).await.text().await.unwrap();
    assert!(page.contains("This invitation does not work"), "{page}");
}

#[tokio::test]
async fn a_read_only_token_writes_nothing() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let words = ["token", "create", "--email", &user.email, "--read-only", "--days", "30"];
    let printed = app.command(&words, &[]).await;
    let token = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
    let call = |method: Method, path: &str| app.request(method, path).bearer_auth(&token);
    assert_eq!(
        call(Method::GET, "/c-suite/profile").send().await.unwrap().status(),
        StatusCode::OK
    );
    for (method, path) in [
        (Method::PUT, "/c-suite/profile"),
        (Method::POST, "/c-suite/ceo/chat"),
        (Method::POST, "/c-suite/conversations"),
        (Method::POST, "/c-suite/analytics/import"),
        (Method::DELETE, "/c-suite/analytics/2026-01-01"),
    ] {
        let body = serde_json::json!({ "message": "Hi", "personaType": "ceo" });
        let refused = call(method, path).json(&body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let page = user.page("/account").await;
    assert!(page.contains("Read only") && page.contains("expires"), "{page}");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let fields = [("email", user.email.as_str()), ("password", PASSWORD)];
    let elsewhere = app.form("sign_in", "/signin", &fields).send().await.unwrap();
    let done = user.form("sign_out_everywhere", "/account", &[]).await;
    assert_eq!(location(&done), "/signin");
    for cookie in [user.cookie.clone(), session_cookie(&elsewhere).unwrap()] {
        let page = app
            .request(Method::GET, "/chat")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), StatusCode::FOUND);
    }
    user.get_json("/c-suite/profile").await;
}

#[tokio::test]
async fn sign_ups_from_one_address_are_bounded() {
    let app = TestApp::start_with(&[("RATE_LIMIT_SIGN_UP", "2/1h")]).await;
    for number in 0..4 {
        let email = format!("ada{number}@example.com");
        let fields =
            [("name", "Ada"), ("email", &email), ("password", PASSWORD), ("business_name", "B")];
        let answer = app.form("sign_up", "/signup", &fields).send().await.unwrap();
        let goes_to = if number < 2 { "/welcome" } else { "/signup" };
        assert_eq!(location(&answer), goes_to, "{number}");
    }
}

#[tokio::test]
async fn the_owner_is_notified_of_failed_sign_ins_from_other_browsers() {
    let app = TestApp::start().await;
    let (user, other) = (app.with_member().await, app.with_member().await);
    let guess = async |device: Option<&str>| {
        let fields = [("email", user.email.as_str()), ("password", "not-the-right-one")];
        let form = app.form("sign_in", "/signin", &fields);
        let form = match device {
            Some(cookies) => form.header("cookie", cookies),
            None => form,
        };
        form.send().await.unwrap()
    };
    let fields = [("email", user.email.as_str()), ("password", PASSWORD)];
    let own = cookies(&app.form("sign_in", "/signin", &fields).send().await.unwrap());
    for _ in 0..9 {
        guess(Some(&own)).await;
    }
    for _ in 0..4 {
        guess(None).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!user.page("/dashboard").await.contains("failed sign-ins to"), "slips of one's own");
    guess(None).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !user.page("/dashboard").await.contains("5 failed sign-ins to your account") {
        assert!(tokio::time::Instant::now() < deadline, "the owner is told");
    }
    assert!(user.page("/account").await.contains("Failed sign-ins"));
    assert!(!other.page("/dashboard").await.contains("failed sign-ins to"), "and nobody else");
    let dismissed = app.form("dismiss_failed_sign_ins", "/account", &[]);
    let dismissed = dismissed.header("cookie", &user.cookie).send().await.unwrap();
    assert_eq!(dismissed.status(), StatusCode::FOUND);
    assert!(!user.page("/account").await.contains("failed sign-ins to"));
}

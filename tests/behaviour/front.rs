//! Static files, methods, addresses, redirects, and forms that arrive through a proxy.

use reqwest::{Method, StatusCode, header};

use crate::support::{PASSWORD, TestApp, encode, session_cookie};

const SIGN_UP: [(&str, &str); 4] = [
    ("name", "Ada"),
    ("email", "ada@example.com"),
    ("password", PASSWORD),
    ("business_name", "Engines & Co"),
];

/// Posts the sign-up form. Only `headers` tell where it comes from.
async fn post(app: &TestApp, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = app
        .request(Method::POST, "/api/sign_up")
        .header(header::ACCEPT, "text/html,application/xhtml+xml")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode(&SIGN_UP));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn pages_name_only_files_that_exist() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let page = user.page("/chat").await;
    for kind in ["css", "js", "wasm"] {
        let address = format!("/pkg/csuite.{kind}");
        assert!(page.contains(&address), "{kind}");
        assert_eq!(app.get(&address).await.status(), StatusCode::OK, "{kind}");
    }
}

#[tokio::test]
async fn files_support_ranges_and_revalidation() {
    let app = TestApp::start().await;
    let whole = app.get("/pkg/csuite.css").await;
    assert_eq!(whole.headers()[header::CACHE_CONTROL], "no-cache");
    assert!(whole.headers()[header::VARY].to_str().unwrap().contains("accept-encoding"));
    let tag = whole.headers()[header::ETAG].clone();
    let get = || app.request(Method::GET, "/pkg/csuite.css");
    let again = get().header(header::IF_NONE_MATCH, tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let part = get().header(header::RANGE, "bytes=0-3").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.text().await.unwrap(), "body");
    let beyond = get().header(header::RANGE, "bytes=9999-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn an_unsupported_method_is_refused_with_the_allowed_ones() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    for (method, path, allowed) in [
        (Method::POST, "/signin", "GET"),
        (Method::DELETE, "/chat", "GET"),
        (Method::PUT, "/pkg/csuite.css", "GET"),
        (Method::GET, "/api/sign_in", "POST"),
        (Method::DELETE, "/c-suite/profile", "PUT"),
        (Method::GET, "/c-suite/ceo/chat", "POST"),
    ] {
        let refused = user.browse(method.clone(), path).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let allow = refused.headers()[header::ALLOW].to_str().unwrap().to_owned();
        assert!(allow.contains(allowed), "{method} {path}: {allow}");
        let text = refused.text().await.unwrap();
        assert_eq!(
            text.contains("<html"),
            !path.starts_with("/c-suite"),
            "{method} {path}: {text}"
        );
    }
    let unknown = user.browse(Method::POST, "/no/such/page").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn extra_slashes_redirect_to_the_page() {
    let app = TestApp::start().await;
    for (from, to) in [
        ("/signin/", "/signin"),
        ("/signup/?from=mail", "/signup?from=mail"),
        ("/chat/", "/chat"),
        ("/analytics/import/", "/analytics/import"),
    ] {
        let response = app.get(from).await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{from}");
        assert_eq!(response.headers()[header::LOCATION], to);
    }
}

#[tokio::test]
async fn forms_work_behind_a_proxy_that_replaces_the_host() {
    let origin = ("origin", "https://advisers.example");
    let forwarded = ("x-forwarded-host", "advisers.example");
    let public = [("PUBLIC_URL", "https://advisers.example")];
    let trusted = [("TRUSTED_PROXIES", "1")];
    for (settings, headers) in [
        (&public[..], &[origin][..]),
        (&public[..], &[("referer", "https://advisers.example/signup")][..]),
        (&trusted[..], &[origin, forwarded][..]),
        (&[][..], &[origin, ("sec-fetch-site", "same-origin")][..]),
    ] {
        let app = TestApp::start_with(settings).await;
        let response = post(&app, headers).await;
        assert_eq!(response.status(), StatusCode::FOUND, "{settings:?} {headers:?}");
        assert!(session_cookie(&response).is_some());
    }
}

#[tokio::test]
async fn a_form_indistinguishable_from_a_cross_site_one_says_what_to_configure() {
    let app = TestApp::start().await;
    let refused = post(&app, &[("origin", "https://advisers.example")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let page = refused.text().await.unwrap();
    assert!(page.contains("PUBLIC_URL=https://advisers.example"), "{page}");
    let app = TestApp::start_with(&[("PUBLIC_URL", "https://advisers.example")]).await;
    let refused = post(&app, &[("origin", "http://advisers.example")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("without TLS") && page.contains("Open https://advisers.example"),
        "{page}"
    );
}

#[tokio::test]
async fn pages_to_sign_in_say_before_the_form_is_sent_that_they_were_opened_over_http() {
    const PAGES: [&str; 3] = ["/signin", "/signup", "/reset-password?token=x"];
    let notice = |page: &str| {
        let shown = page.split(" data-over-http").nth(1)?.split("</div>").next()?;
        Some((!shown.split('>').next()?.contains("hidden"), shown.to_owned()))
    };
    let public = ("PUBLIC_URL", "https://advisers.example");
    let direct = TestApp::start_with(&[public]).await;
    let proxied = TestApp::start_with(&[public, ("TRUSTED_PROXIES", "1")]).await;
    for path in PAGES {
        let open = async |app: &TestApp, headers: &[(&str, &str)]| {
            let mut request = app.request(Method::GET, path).header(header::ACCEPT, "text/html");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            notice(&request.send().await.unwrap().text().await.unwrap()).unwrap()
        };
        let (is_shown, text) = open(&direct, &[("host", "192.0.2.7:3000")]).await;
        assert!(is_shown, "{path}");
        assert!(
            text.contains("You can't sign in here: this page was opened over plain http."),
            "{text}"
        );
        assert!(text.contains(&format!("href=\"https://advisers.example{path}\"")), "{text}");
        assert!(!open(&direct, &[("host", "advisers.example")]).await.0, "may be behind a proxy");
        assert!(!open(&direct, &[("sec-fetch-site", "none")]).await.0, "TLS or the own machine");
        assert!(open(&proxied, &[("x-forwarded-proto", "http")]).await.0);
        assert!(!open(&proxied, &[("x-forwarded-proto", "https")]).await.0);
    }
    let plain = TestApp::start_with(&[("PUBLIC_URL", "http://advisers.example")]).await;
    assert_eq!(notice(&plain.get("/signin").await.text().await.unwrap()), None);
}

#[tokio::test]
async fn a_redirect_never_leads_to_another_site() {
    let app = TestApp::start().await;
    let response =
        post(&app, &[("referer", "https://elsewhere.example/"), ("sec-fetch-site", "none")]);
    let location = response.await.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with('/'), "{location}");
    let user = app.with_member().await;
    let referer = "https://elsewhere.example/phish";
    let response = user
        .browse(Method::POST, "/api/revoke_token")
        .header(header::REFERER, referer)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("id=none")
        .send()
        .await
        .unwrap();
    let location = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with('/') && !location.contains("elsewhere"), "{location}");
}

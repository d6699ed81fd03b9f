//! Sign-in, forms and streams behind common proxies: real nginx and Caddy, and the headers of
//! Traefik.
//!
//! `scripts/setup test` fetches nginx and Caddy. No request through a proxy has `Sec-Fetch-Site`,
//! because browsers omit it over plain HTTP.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, header, redirect};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{EventReader, PASSWORD, TestApp, encode, eventually, session_cookie};

const SNIPPETS: &str = include_str!("../../docs/OPERATIONS.md");

/// Returns a port that is currently free.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A running proxy. Killed on drop.
struct Proxy {
    process: Child,
    /// Deleted with the proxy.
    _folder: TempDir,
    client: Client,
    origin: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Proxy {
    async fn start(command: &mut Command, folder: TempDir, origin: String) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let program = command.get_program().to_string_lossy().into_owned();
        let process = command
            .env("HOME", folder.path())
            .env("PATH", path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; run scripts/setup test"));
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .danger_accept_invalid_certs(true)
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let proxy = Self { process, _folder: folder, client, origin };
        eventually("the proxy answers", || async {
            proxy.client.get(format!("{}/healthz", proxy.origin)).send().await.is_ok()
        })
        .await;
        proxy
    }

    /// Starts nginx with one server block, in which the paths of a new certificate replace
    /// `CERTIFICATE` and `KEY`.
    async fn nginx(server: &str, port: u16, scheme: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", at(kind)))
            .concat();
        // One process, so that nothing is left when it is killed.
        let config = format!(
            "daemon off; master_process off; pid {};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{}\n}}",
            at("pid"),
            certified(server, folder.path()),
        );
        // By default, nginx started by root runs its workers as another user.
        let config = if is_root() { format!("user root;\n{config}") } else { config };
        std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-p", &at(""), "-e", &at("errors"), "-c", &at("nginx.conf")]);
        Self::start(&mut command, folder, format!("{scheme}://localhost:{port}")).await
    }

    async fn caddy(site: &str, port: u16, scheme: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Caddyfile");
        let global = "{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}\n";
        std::fs::write(&file, format!("{global}{}", certified(site, folder.path()))).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
        Self::start(&mut command, folder, format!("{scheme}://localhost:{port}")).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    /// Posts a form like a page at the proxy's address, without JavaScript.
    async fn form(
        &self,
        cookie: &str,
        function: &str,
        fields: &[(&str, &str)],
    ) -> reqwest::Response {
        self.request(Method::POST, &format!("/api/{function}"))
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::ORIGIN, &self.origin)
            .header(header::REFERER, format!("{}/signin", self.origin))
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encode(fields))
            .send()
            .await
            .unwrap()
    }
}

/// Returns a `PATH` in which the programs of `scripts/setup test` follow the machine's own.
fn path() -> String {
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let cache = match set("CSUITE_CACHE") {
        unset if unset.is_empty() => format!("{}/.cache/csuite", set("HOME")),
        cache => cache,
    };
    format!("{}:/usr/sbin:{cache}/proxies/usr/sbin:{cache}/proxies/usr/bin", set("PATH"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Creates a certificate if the configuration contains `CERTIFICATE`, and replaces the
/// placeholders.
fn certified(config: &str, folder: &Path) -> String {
    if !config.contains("CERTIFICATE") {
        return config.to_owned();
    }
    let [certificate, key]: [PathBuf; 2] = ["pem", "key"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "rsa:2048",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    config
        .replace("CERTIFICATE", &certificate.display().to_string())
        .replace("KEY", &key.display().to_string())
}

/// Returns the documented configuration in this language.
fn snippet(language: &str) -> String {
    let block = SNIPPETS.split(&format!("```{language}\n")).nth(1).expect("a snippet");
    block.split("```").next().unwrap().to_owned()
}

fn backend(app: &TestApp) -> String {
    app.url.strip_prefix("http://").unwrap().to_owned()
}

/// Signs up, out and in, reads pages, asks through the page and the API, and checks that a reply is
/// not buffered.
async fn walk(app: &TestApp, proxy: &Proxy) {
    let page = proxy.request(Method::GET, "/signup").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "the sign-up page");
    let fields = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("business_name", "Engines"),
    ];
    let entered = proxy.form("", "sign_up", &fields).await;
    let cookie = entered_with(proxy, entered, "/welcome").await;
    let left = proxy.form(&cookie, "sign_out", &[]).await;
    assert_eq!(left.status(), StatusCode::FOUND, "signing out");
    let wrong = proxy.form("", "sign_in", &[("email", "ada@example.com"), ("password", "x")]).await;
    assert_eq!(wrong.headers()[header::LOCATION], "/signin", "back to the form, on the same site");
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let entered = proxy.form("", "sign_in", &fields).await;
    let cookie = entered_with(proxy, entered, "/chat").await;
    let question = [
        ("conversation_id", ""),
        ("persona", "ceo"),
        ("message", "Hello #tokens=3"),
        ("client_request_id", "0197c0de-0000-7000-8000-0000000000fa"),
    ];
    let asked = proxy.form(&cookie, "send_message", &question).await;
    let location = asked.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with("/chat/"), "{location}");
    streams(app, proxy, &cookie).await;
}

/// Checks that `entered` signs in and redirects to `path`, and that its cookie works there. Returns
/// the cookie.
async fn entered_with(proxy: &Proxy, entered: reqwest::Response, path: &str) -> String {
    let status = entered.status();
    let location = entered.headers().get(header::LOCATION).cloned();
    let cookie = session_cookie(&entered);
    assert_eq!(status, StatusCode::FOUND, "{}", entered.text().await.unwrap());
    let location = location.unwrap().to_str().unwrap().to_owned();
    assert!(location.starts_with(path), "{location}");
    let cookie = cookie.expect("a session");
    let page = proxy.request(Method::GET, &location).header(header::COOKIE, &cookie);
    let page = page.header(header::ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "signed in at {location}");
    cookie
}

/// Checks that a first chunk arrives through the proxy while the reply is still running.
async fn streams(app: &TestApp, proxy: &Proxy, cookie: &str) {
    let response = proxy
        .request(Method::POST, "/c-suite/cfo/chat")
        .header(header::ORIGIN, &proxy.origin)
        .header(header::COOKIE, cookie)
        .json(&json!({ "message": "Slowly #tokens=2000 #speed=50" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK, "asking by the API");
    let mut reader = EventReader::new(response);
    let start = reader.next().await.expect("a start");
    let chunk = reader.next().await.expect("a chunk");
    assert_eq!((start.name.as_str(), chunk.name.as_str()), ("start", "chunk"));
    let stop = format!("/c-suite/messages/{}/stop", start.data["messageId"].as_str().unwrap());
    let direct = app.request(Method::POST, &stop).header(header::COOKIE, cookie);
    let stopped = direct.header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert!(stopped.status().is_success(), "{}", stopped.text().await.unwrap());
    let mut last = chunk;
    while let Some(event) = reader.next().await {
        last = event;
    }
    assert_eq!(last.name, "stopped", "it was still running: {}", last.data);
}

/// Returns a server block with `proxy_pass` and nothing else. `listen` and `lines` can add TLS and
/// headers.
fn plain(listen: &str, app: &TestApp, lines: &str) -> String {
    format!(
        "server {{ listen {listen}; location / {{ proxy_pass http://{}; {lines} }} }}",
        backend(app)
    )
}

#[tokio::test]
async fn nginx_with_a_bare_proxy_pass() {
    let port = free_port();
    let app = TestApp::start_with(&[("PUBLIC_URL", &format!("http://localhost:{port}"))]).await;
    let proxy = Proxy::nginx(&plain(&port.to_string(), &app, ""), port, "http").await;
    walk(&app, &proxy).await;
}

#[tokio::test]
async fn nginx_that_drops_the_port_from_the_host() {
    let port = free_port();
    let app = TestApp::start_with(&[("PUBLIC_URL", &format!("http://localhost:{port}"))]).await;
    let lines = "proxy_set_header Host $host;";
    let proxy = Proxy::nginx(&plain(&port.to_string(), &app, lines), port, "http").await;
    walk(&app, &proxy).await;
}

#[tokio::test]
async fn nginx_that_ends_tls() {
    let port = free_port();
    let app = TestApp::start_with(&[("PUBLIC_URL", &format!("https://localhost:{port}"))]).await;
    let lines = "} ssl_certificate CERTIFICATE; ssl_certificate_key KEY; location /unused {";
    let server = plain(&format!("{port} ssl"), &app, lines);
    let proxy = Proxy::nginx(&server, port, "https").await;
    walk(&app, &proxy).await;
    let signed_in =
        proxy.form("", "sign_in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    let cookies = format!("{:?}", signed_in.headers().get_all(header::SET_COOKIE));
    assert!(cookies.contains("Secure"), "{cookies}");
}

#[tokio::test]
async fn nginx_as_documented() {
    let port = free_port();
    let url = format!("https://localhost:{port}");
    let app = TestApp::start_with(&[("PUBLIC_URL", &url), ("TRUSTED_PROXIES", "1")]).await;
    let server = snippet("nginx")
        .replace("443", &port.to_string())
        .replace("advisers.example.com", "localhost")
        .replace("/etc/ssl/advisers.pem", "CERTIFICATE")
        .replace("/etc/ssl/advisers.key", "KEY")
        .replace("127.0.0.1:3000", &backend(&app));
    let proxy = Proxy::nginx(&server, port, "https").await;
    walk(&app, &proxy).await;
}

#[tokio::test]
async fn nginx_that_names_the_host_needs_no_public_url() {
    for (settings, lines) in [
        (&[][..], "proxy_set_header Host $http_host;"),
        (&[("TRUSTED_PROXIES", "1")][..], "proxy_set_header X-Forwarded-Host $http_host;"),
    ] {
        let port = free_port();
        let app = TestApp::start_with(settings).await;
        let proxy = Proxy::nginx(&plain(&port.to_string(), &app, lines), port, "http").await;
        walk(&app, &proxy).await;
    }
}

#[tokio::test]
async fn nginx_without_forwarded_headers_is_told_what_to_configure() {
    let port = free_port();
    let app = TestApp::start().await;
    let proxy = Proxy::nginx(&plain(&port.to_string(), &app, ""), port, "http").await;
    let refused = proxy.form("", "sign_in", &[("email", "a@b.example"), ("password", "x")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = refused.text().await.unwrap();
    assert!(page.contains("<html"), "{page}");
    assert!(page.contains(&format!("PUBLIC_URL=http://localhost:{port}")), "{page}");
}

#[tokio::test]
async fn caddy_as_documented_and_over_http() {
    for (scheme, tls) in [("https", "tls CERTIFICATE KEY"), ("http", "")] {
        let port = free_port();
        let url = format!("{scheme}://localhost:{port}");
        let app = TestApp::start_with(&[("PUBLIC_URL", &url), ("TRUSTED_PROXIES", "1")]).await;
        let site = snippet("caddy")
            .replace("advisers.example.com {", &format!("{url} {{\n{tls}"))
            .replace("127.0.0.1:3000", &backend(&app));
        let proxy = Proxy::caddy(&site, port, scheme).await;
        walk(&app, &proxy).await;
    }
}

/// Sends what Traefik 3 sends to a service: the browser's `Host`, and the client's address and the
/// original URL in `X-Forwarded-*`.
#[tokio::test]
async fn the_headers_of_traefik() {
    for settings in [
        &[("PUBLIC_URL", "https://advisers.example.com"), ("TRUSTED_PROXIES", "1")][..],
        &[("TRUSTED_PROXIES", "1")],
    ] {
        let app = TestApp::start_with(settings).await;
        let fields = [
            ("name", "A"),
            ("email", "a@b.example"),
            ("password", PASSWORD),
            ("business_name", "E"),
        ];
        let entered = app
            .request(Method::POST, "/api/sign_up")
            .header(header::ACCEPT, "text/html")
            .header(header::HOST, "advisers.example.com")
            .header(header::ORIGIN, "https://advisers.example.com")
            .header("x-forwarded-for", "203.0.113.7")
            .header("x-forwarded-host", "advisers.example.com")
            .header("x-forwarded-port", "443")
            .header("x-forwarded-proto", "https")
            .header("x-real-ip", "203.0.113.7")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encode(&fields))
            .send()
            .await
            .unwrap();
        assert_eq!(entered.status(), StatusCode::FOUND);
        assert!(session_cookie(&entered).is_some());
    }
}

#[test]
fn the_snippets_name_the_same_server() {
    for language in ["nginx", "caddy", "yaml"] {
        assert!(snippet(language).contains("127.0.0.1:3000"), "{language}");
    }
}

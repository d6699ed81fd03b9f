//! The server under test, and its members.

use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use csuite::accounts::Accounts;
use csuite::accounts::tokens::TokenTerms;
use csuite::chat::Chat;
use csuite::onboarding::Trials;
use csuite::platform::config::Config;
use csuite::server::Application;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header, redirect};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "teal-otter-paints-fences";

/// Placeholders for the files that pages load; the real ones may not be built yet.
pub const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site");

/// A running server.
pub struct TestApp {
    pub url: String,
    pub folder: TempDir,
    accounts: Accounts,
    chat: Chat,
    pub trials: Trials,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl TestApp {
    /// Starts a server with fast simulated replies, and with limits that no test reaches by
    /// accident.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Like [`TestApp::start`], with additional settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, settings).await
    }

    /// Starts a server on the data of an earlier one.
    pub async fn start_in(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = format!("sqlite:{}", folder.path().join("test.db").display());
        let defaults = [
            ("ADDR", "127.0.0.1:0"),
            ("DATABASE_URL", database.as_str()),
            ("SITE_ROOT", SITE),
            ("RATE_LIMIT_CHAT", "10000/1m"),
            ("RATE_LIMIT_API", "10000/1m"),
            ("RATE_LIMIT_SIGN_IN", "10000/1m"),
            ("RATE_LIMIT_SIGN_UP", "10000/1m"),
            ("SIGN_UP", "open"),
            ("RATE_LIMIT_CHAT_ALL", "100000/1m"),
            ("DEFAULT_BUDGET", "0"),
            ("MODELS_ALLOWED", "*"),
            ("ADVISER_MAX_TOKENS", "8192"),
            ("RATE_LIMIT_PAGES", "10000/1m"),
            ("EMULATOR_TOKENS_PER_SECOND", "0"),
            ("EMULATOR_PRICES", "1"),
            ("EMULATOR_FIRST_TOKEN_MS", "0"),
            ("SHUTDOWN_SECONDS", "1"),
            // Scripted upstreams answer questions only.
            ("MODEL_TITLES", "0"),
        ];
        let config = Config::read(|name| {
            settings
                .iter()
                .chain(&defaults)
                .find(|(setting, _)| *setting == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let application = Application::build(config).await.unwrap();
        let url = format!("http://{}", application.addr());
        let (accounts, chat) = (application.app().accounts.clone(), application.app().chat.clone());
        let trials = application.app().trials.clone();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            application
                .run(async {
                    let _ = stopped.await;
                })
                .await
                .unwrap();
        });
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Self { url, folder, accounts, chat, trials, http, stop: Some(stop), serving: Some(serving) }
    }

    /// Shuts the server down like SIGTERM, and returns the folder with its data.
    pub async fn stop(mut self) -> TempDir {
        let _ = self.stop.take().unwrap().send(());
        self.serving.take().unwrap().await.unwrap();
        self.folder
    }

    /// Lets the time pass in which deletions can be undone, and the sweep run.
    pub async fn purge_deleted(&self) {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut database = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("UPDATE conversations SET deleted_at = 0 WHERE deleted_at IS NOT NULL")
            .execute(&mut database)
            .await
            .unwrap();
        self.chat.purge_deleted().await.unwrap();
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("test.db")
    }

    /// Builds a request without credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Builds a form post to a server function like a browser without JavaScript.
    pub fn form(&self, function: &str, referer: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.request(Method::POST, &format!("/api/{function}"))
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::REFERER, format!("{}{referer}", self.url))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encode(fields))
    }

    /// Signs up a new business. Its owner is signed in and has an API token.
    pub async fn with_member(&self) -> User<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let email = format!("owner{number}@business{number}.example");
        let business = format!("Business {number}");
        let fields = [
            ("name", "Robin Owner"),
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("business_name", business.as_str()),
        ];
        let response = self.form("sign_up", "/signup", &fields).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND, "sign-up goes on to a page");
        let cookie = session_cookie(&response).expect("sign-up begins a session");
        let token = self.token(&email).await;
        User { app: self, email, cookie, token }
    }

    async fn token(&self, email: &str) -> String {
        let terms = TokenTerms::default();
        self.accounts.create_token_for_email(email, None, terms).await.unwrap()
    }

    /// Runs a `csuite` command on this server's data.
    pub async fn command(&self, words: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_csuite"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("DATABASE_URL", format!("sqlite:{}", self.database().display()))
            .envs(settings.iter().copied());
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }
}

/// Returns the session cookie that a response sets, formatted for a `Cookie` header.
pub fn session_cookie(response: &Response) -> Option<String> {
    response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|value| value.trim_start_matches("__Host-").starts_with("csuite_session="))
        .and_then(|value| value.split(';').next())
        .map(str::to_owned)
}

/// Returns all cookies that a response sets, formatted for a `Cookie` header.
pub fn cookies(response: &Response) -> String {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// A signed-in member with an API token.
pub struct User<'a> {
    pub app: &'a TestApp,
    pub email: String,
    pub cookie: String,
    pub token: String,
}

impl User<'_> {
    /// Builds an API request with this member's token.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.app.request(method, path).bearer_auth(&self.token)
    }

    /// Builds a browser request with this member's session.
    pub fn browse(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, path)
            .header(header::COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html")
    }

    /// Returns a page as this member's browser receives it.
    pub async fn page(&self, path: &str) -> String {
        let response = self.browse(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        // Leptos separates nodes by empty comments, more of them in some builds than in others.
        response.text().await.unwrap().replace("<!>", "")
    }

    /// Posts a form like this member's browser without JavaScript.
    pub async fn form(&self, function: &str, referer: &str, fields: &[(&str, &str)]) -> Response {
        self.app
            .form(function, referer, fields)
            .header(header::COOKIE, &self.cookie)
            .send()
            .await
            .unwrap()
    }

    /// Changes the role from owner to member.
    pub async fn become_member(&self) {
        let options = SqliteConnectOptions::new().filename(self.app.database());
        let mut database = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query(
            "UPDATE memberships SET role = 'member' WHERE account_id = (SELECT id FROM accounts WHERE email = $1)",
        )
        .bind(&self.email)
        .execute(&mut database)
        .await
        .unwrap();
    }

    pub async fn get_json(&self, path: &str) -> Value {
        let response = self.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        response.json().await.unwrap()
    }

    /// Changes fields of the business profile.
    pub async fn tell(&self, profile: Value) {
        let saved = self.api(Method::PUT, "/c-suite/profile").json(&profile).send().await.unwrap();
        assert_eq!(saved.status(), StatusCode::OK, "{profile}");
    }

    /// Imports days through the API.
    pub async fn import(&self, csv: String) {
        let import = self.api(Method::POST, "/c-suite/analytics/import");
        let import = import.header(header::CONTENT_TYPE, "text/csv").body(csv);
        let done = import.send().await.unwrap();
        assert_eq!(done.status(), StatusCode::OK, "{}", done.text().await.unwrap());
    }

    /// Opens the page's feed in this member's browser.
    pub async fn feed(&self) -> EventReader {
        let response = self.browse(Method::GET, "/chat/feed").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        EventReader::new(response)
    }

    pub fn ask_with(&self, body: Value) -> RequestBuilder {
        self.api(Method::POST, "/c-suite/ceo/chat").json(&body)
    }

    /// Asks the CEO and reads the whole reply.
    pub async fn ask(&self, message: &str) -> Transcript {
        let response = self.ask_with(json!({ "message": message })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Transcript::read(response).await
    }

    /// Asks and disconnects after the first chunk; the reply continues without a reader.
    pub async fn ask_and_leave(&self, message: &str) -> Started {
        let response = self.ask_with(json!({ "message": message })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut reader = EventReader::new(response);
        let start = reader.next().await.expect("a start");
        let chunk = reader.next().await.expect("a first chunk");
        assert_eq!((start.name.as_str(), chunk.name.as_str()), ("start", "chunk"));
        Started::from(&start.data)
    }
}

/// The ids of a started reply.
pub struct Started {
    pub conversation: String,
    pub message: String,
}

impl From<&Value> for Started {
    fn from(data: &Value) -> Self {
        let text = |name: &str| data[name].as_str().unwrap().to_owned();
        Self { conversation: text("conversationId"), message: text("messageId") }
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct SseEvent {
    pub id: u64,
    pub name: String,
    pub data: Value,
}

/// Reads events from a response as they arrive.
pub struct EventReader {
    response: Response,
    buffer: Vec<u8>,
}

impl EventReader {
    pub fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// Returns the next event; `None` when the stream ends or breaks.
    pub async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..at + 2).collect();
                match parse(std::str::from_utf8(&block).unwrap()) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.buffer.extend_from_slice(&bytes),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

fn parse(block: &str) -> Option<SseEvent> {
    let field = |name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    // Lines of the page's feed have neither an id nor a name. In the stream of a reply, a named
    // event without an id is not part of the reply.
    let (id, name) = (field("id"), field("event"));
    if id.is_none() && name.is_some() {
        return None;
    }
    Some(SseEvent {
        id: id.map_or(0, |id| id.parse().unwrap()),
        name: name.unwrap_or("message").to_owned(),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}

/// All events of a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript(pub Vec<SseEvent>);

impl Transcript {
    pub async fn read(response: Response) -> Self {
        let mut reader = EventReader::new(response);
        let mut events = Vec::new();
        while let Some(event) = reader.next().await {
            events.push(event);
        }
        Self(events)
    }

    pub fn started(&self) -> Started {
        assert_eq!(self.0[0].name, "start");
        Started::from(&self.0[0].data)
    }

    pub fn text(&self) -> String {
        self.0
            .iter()
            .filter(|event| event.name == "chunk")
            .map(|event| event.data["content"].as_str().unwrap())
            .collect()
    }

    pub fn last(&self) -> &SseEvent {
        self.0.last().expect("at least one event")
    }
}

/// Waits until `check` holds. Panics after ten seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    for _ in 0..200 {
        if check().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen in ten seconds");
}

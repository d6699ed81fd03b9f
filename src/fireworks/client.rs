//! The client: one connection pool, and the URL and headers of each request.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::adjustments::{Adjustment, Adjustments, Field, Memory};
use super::failure::{Failure, FailureKind};
use super::habits::Habits;
use super::health::{Health, Monitor};
use super::request::Body;
use super::settings::{Dialect, Settings};
use super::stream::ReplyStream;

/// Maximum number of redirects followed per request.
const MOST_REDIRECTS: usize = 3;

/// A request for one reply.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Overrides the configured model.
    pub model: Option<String>,
    /// The prompt, oldest first.
    pub messages: Vec<Message>,
    /// Number of messages after the first that are history. They are dropped, oldest first, when the upstream
    /// reports that the prompt is too long.
    pub history: usize,
    /// Maximum number of tokens of the reply.
    pub max_tokens: u32,
    /// 0 to 2.
    pub temperature: f32,
    /// An opaque id of the member, never an email address. Not sent if empty.
    pub user: String,
    /// The conversation id, which the upstream uses to route to its prompt cache. Not sent if empty.
    pub conversation: String,
}

impl ChatRequest {
    /// Returns the request with only the newest `keep` messages of its history. Returns `None` if the history
    /// has no more than `keep` messages.
    pub(super) fn with_history(&self, keep: usize) -> Option<Self> {
        let gone = self.history.checked_sub(keep).filter(|gone| *gone > 0)?;
        let messages = self.messages.iter().take(1).chain(self.messages.iter().skip(1 + gone));
        Some(Self { messages: messages.cloned().collect(), history: keep, ..self.clone() })
    }
}

/// One message of the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The system instructions.
    System,
    User,
    /// The model, in an earlier turn.
    Assistant,
}

/// The client could not be created from its settings.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base URL is not an `http` or `https` URL.
    #[error("the base address must begin with http:// or https://")]
    BaseUrl,
    /// The key contains characters that are invalid in an HTTP header, such as a line break.
    #[error("the API key holds characters that cannot be sent")]
    ApiKey,
    /// TLS could not be set up, for example because no certificates were found.
    #[error("the HTTP client could not be set up: {0}")]
    Http(#[source] reqwest::Error),
}

/// A client of one upstream. Clones share the connection pool.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub settings: Settings,
    pub health: Monitor,
    pub habits: Habits,
    /// Which fields the server refused in earlier requests, and what is sent instead.
    pub adjustments: Memory,
    http: reqwest::Client,
    endpoint: Url,
    dialect: Dialect,
}

impl Client {
    /// Creates the client. Connections are opened on first use.
    ///
    /// # Errors
    /// A setting is invalid, or TLS is needed and no certificates are installed.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        let endpoint = endpoint(&settings.base_url)?;
        if let Some(key) = &settings.api_key {
            bearer(key).ok_or(ClientError::ApiKey)?;
        }
        let http = http_client(&settings).map_err(ClientError::Http)?;
        let dialect = settings.dialect();
        let shared = Shared {
            settings,
            health: Monitor::default(),
            habits: Habits::default(),
            adjustments: Memory::default(),
            http,
            endpoint,
            dialect,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts a reply. The request is sent by the first call of [`ReplyStream::next`].
    pub fn stream(&self, request: ChatRequest) -> ReplyStream {
        ReplyStream::new(self.clone(), request)
    }

    /// Returns the upstream's state as of the latest requests, for operators.
    pub fn health(&self) -> Health {
        self.shared.health.health()
    }

    /// Returns the base URL without credentials and query.
    pub fn address(&self) -> String {
        let mut address = self.shared.settings.base_url.clone();
        // Neither call fails for a URL with a host, and `new` accepts no other.
        let _ = address.set_username("");
        let _ = address.set_password(None);
        address.set_query(None);
        address.to_string()
    }

    /// Lists the adjustments of each model: what is sent differently because the server refused a field.
    pub fn adjustments(&self) -> Vec<(String, Vec<Adjustment>)> {
        self.shared.adjustments.all()
    }

    /// Adds adjustments for a model that were learned earlier from this base URL.
    pub fn adjust(&self, model: &str, adjustments: Vec<Adjustment>) {
        self.shared.adjustments.put(model, adjustments);
    }

    /// Forgets all adjustments for a model, so that the next request has the default form, and where its reasoning
    /// begins.
    pub fn forget(&self, model: &str) {
        self.shared.adjustments.forget(model);
        self.shared.habits.forget(model);
    }

    /// Lists the models that were seen to begin their reasoning without an opening tag (true), or not to although
    /// that was expected.
    pub fn habits(&self) -> Vec<(String, bool)> {
        self.shared.habits.all()
    }

    /// Adds an entry of [`Self::habits`] that was learned earlier from this base URL.
    pub fn put_habit(&self, model: &str, begins_untold: bool) {
        self.shared.habits.put(model, begins_untold);
    }

    /// Returns a receiver that is notified when [`Self::habits`] changes.
    pub fn habits_changed(&self) -> tokio::sync::watch::Receiver<u64> {
        self.shared.habits.learned()
    }

    /// Returns a receiver that is notified when [`Self::adjustments`] changes.
    pub fn adjustments_changed(&self) -> tokio::sync::watch::Receiver<u64> {
        self.shared.adjustments.learned()
    }

    /// Returns the model's context size (prompt and reply together, in tokens), if the server reported one.
    pub fn learned_context(&self, model: &str) -> Option<u32> {
        self.shared.adjustments.of(model).most(Field::ContextTokens)
    }

    /// Returns the model of requests that name none.
    pub fn model(&self) -> &str {
        &self.shared.settings.model
    }

    /// Returns the model that is asked when the first one is unavailable.
    pub fn fallback_model(&self) -> Option<&str> {
        self.shared.settings.fallback_model.as_deref()
    }
}

impl Shared {
    /// Builds the request body for one model.
    pub fn body<'a>(
        &self,
        request: &'a ChatRequest,
        model: &'a str,
        adjustments: &Adjustments,
    ) -> Body<'a> {
        Body::new(request, model, self.dialect, adjustments)
    }

    /// Builds the HTTP request.
    ///
    /// # Errors
    /// The prompt cannot be serialised as JSON, or a header value is invalid.
    pub fn request(
        &self,
        request: &ChatRequest,
        body: &Body<'_>,
    ) -> Result<reqwest::Request, String> {
        let body = serde_json::to_vec(body).map_err(|e| e.to_string())?;
        let mut http = reqwest::Request::new(http::Method::POST, self.endpoint.clone());
        self.add_headers(http.headers_mut(), request)?;
        *http.body_mut() = Some(Bytes::from(body).into());
        Ok(http)
    }

    /// Sends the request and returns when the response headers have arrived. Follows redirects within the
    /// origin, with the same method and body.
    pub async fn send(&self, mut request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
        for _ in 0..MOST_REDIRECTS {
            let again = request.try_clone();
            let response = self.http.execute(request).await?;
            let target = redirect_target(&response).filter(|target| self.is_own(target));
            let Some((mut next, target)) = again.zip(target) else { return Ok(response) };
            *next.url_mut() = target;
            request = next;
        }
        self.http.execute(request).await
    }

    /// Returns whether the URL has the configured origin. The key is sent to no other.
    fn is_own(&self, target: &Url) -> bool {
        target.origin() == self.endpoint.origin()
    }

    /// Creates a failure from upstream text. Some servers quote the key that they refuse, so the key is
    /// removed. This happens before the text is truncated, so that no part of the key remains at the cut.
    pub fn failure(&self, kind: FailureKind, text: &str) -> Failure {
        match &self.settings.api_key {
            Some(key) if !key.expose_secret().is_empty() => {
                Failure::new(kind, text.replace(key.expose_secret(), "[key]"))
            }
            _ => Failure::new(kind, text),
        }
    }

    fn add_headers(&self, headers: &mut HeaderMap, request: &ChatRequest) -> Result<(), String> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        // Compression makes a stream bursty. A response that is compressed anyway is still decoded.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(key) = &self.settings.api_key {
            headers.insert(AUTHORIZATION, bearer(key).ok_or("the key cannot be sent")?);
        }
        if self.dialect == Dialect::Fireworks && !request.conversation.is_empty() {
            let affinity = HeaderValue::from_str(&request.conversation)
                .map_err(|_| "the conversation's id cannot be sent as a header")?;
            headers.insert("x-session-affinity", affinity);
        }
        Ok(())
    }
}

/// Returns the redirect target of a response. Returns `None` for statuses that do not allow resending the
/// request.
pub(super) fn redirect_target(response: &reqwest::Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(http::header::LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

/// Appends the path of chat completions to a base URL, with or without a trailing slash.
fn endpoint(base_url: &Url) -> Result<Url, ClientError> {
    if !matches!(base_url.scheme(), "http" | "https") {
        return Err(ClientError::BaseUrl);
    }
    let mut endpoint = base_url.clone();
    endpoint
        .path_segments_mut()
        .map_err(|()| ClientError::BaseUrl)?
        .pop_if_empty()
        .extend(["chat", "completions"]);
    Ok(endpoint)
}

fn bearer(key: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn http_client(settings: &Settings) -> reqwest::Result<reqwest::Client> {
    // The provider is set once per process; for a second client this call fails harmlessly.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("csuite/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(512)
        // `Shared::send` follows redirects within the origin. A redirect to another origin would disclose the
        // key and the prompt to it.
        .redirect(reqwest::redirect::Policy::none())
        // `ReplyStream` retries by itself: each retry may be billed.
        .retry(reqwest::retry::never());
    if settings.base_url.scheme() == "http" {
        // TLS is never needed, so the system's certificates are not loaded. This also lets a machine without
        // certificates use the emulator.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(&settings.base_url) {
        builder = builder.no_proxy();
    }
    builder.build()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;

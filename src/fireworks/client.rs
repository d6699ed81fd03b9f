//! The client: one pool of connections, and what belongs to each request.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::failure::{Failure, FailureKind};
use super::habits::Habits;
use super::health::Health;
use super::settings::{Dialect, Settings};
use super::stream::ReplyStream;
use super::wire::{FireworksFields, RequestBody, StreamOptions};

/// What is asked of the upstream.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Overrides the configured model.
    pub model: Option<String>,
    /// The prompt, oldest first.
    pub messages: Vec<Message>,
    /// How many messages behind the first are history: left out where the upstream says that the prompt
    /// is too long.
    pub history: usize,
    /// The most tokens the answer may have.
    pub max_tokens: u32,
    /// 0 to 2.
    pub temperature: f32,
    /// An opaque id of the member, never an e-mail address. Empty: not sent.
    pub user: String,
    /// The conversation, by which the upstream finds its prompt cache. Empty: not sent.
    pub conversation: String,
}

impl ChatRequest {
    /// The same request without its history; none where it has none.
    pub(super) fn without_history(&self) -> Option<Self> {
        let messages =
            self.messages.iter().take(1).chain(self.messages.iter().skip(1 + self.history));
        (self.history > 0).then(|| Self {
            messages: messages.cloned().collect(),
            history: 0,
            ..self.clone()
        })
    }
}

/// One message of the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instructions.
    System,
    /// The member.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

/// The client could not be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base address is not an `http` or `https` address.
    #[error("the base address must begin with http:// or https://")]
    BaseUrl,
    /// The key holds characters that no HTTP header may hold, such as a line break.
    #[error("the API key holds characters that cannot be sent")]
    ApiKey,
    /// No certificates, or no TLS.
    #[error("the HTTP client could not be set up: {0}")]
    Http(#[source] reqwest::Error),
}

/// Speaks to one upstream. Clones share the connections.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub settings: Settings,
    pub health: Health,
    pub habits: Habits,
    http: reqwest::Client,
    endpoint: Url,
    dialect: Dialect,
}

impl Client {
    /// Sets up the connections; makes none yet.
    ///
    /// # Errors
    /// Where a setting cannot work at all, or TLS is wanted and no certificates are installed.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        let endpoint = endpoint(&settings.base_url)?;
        if let Some(key) = &settings.api_key {
            bearer(key).ok_or(ClientError::ApiKey)?;
        }
        let http = http_client(&settings).map_err(ClientError::Http)?;
        let dialect = settings.dialect();
        let (health, habits) = (Health::default(), Habits::default());
        Ok(Self { shared: Arc::new(Shared { settings, health, habits, http, endpoint, dialect }) })
    }

    /// Begins a reply. Nothing is sent before the first [`ReplyStream::next`].
    pub fn stream(&self, request: ChatRequest) -> ReplyStream {
        ReplyStream::new(self.clone(), request)
    }

    /// What an administrator should know and do: a model that is not served, a key that was refused,
    /// an account that is suspended. Empty where nothing is known to be wrong.
    pub fn notices(&self) -> Vec<String> {
        self.shared.health.notices()
    }
}

impl Shared {
    /// The request as it goes out, for one model.
    ///
    /// # Errors
    /// Where the prompt cannot be written as JSON, or a header value cannot be sent.
    pub fn request(&self, request: &ChatRequest, model: &str) -> Result<reqwest::Request, String> {
        let body = serde_json::to_vec(&self.body(request, model)).map_err(|e| e.to_string())?;
        let mut http = reqwest::Request::new(http::Method::POST, self.endpoint.clone());
        self.add_headers(http.headers_mut(), request)?;
        *http.body_mut() = Some(Bytes::from(body).into());
        Ok(http)
    }

    /// Sends it, and waits for the head of the answer.
    pub async fn send(&self, request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
        self.http.execute(request).await
    }

    /// A failure out of foreign text. Some servers quote the key they refuse: it is taken out,
    /// before the text is cut, so that no part of it stays at the cut either.
    pub fn failure(&self, kind: FailureKind, text: &str) -> Failure {
        match &self.settings.api_key {
            Some(key) if !key.expose_secret().is_empty() => {
                Failure::new(kind, text.replace(key.expose_secret(), "[key]"))
            }
            _ => Failure::new(kind, text),
        }
    }

    fn body<'a>(&self, request: &'a ChatRequest, model: &'a str) -> RequestBody<'a> {
        let fireworks = (self.dialect == Dialect::Fireworks).then_some(FireworksFields {
            prompt_cache_key: &request.conversation,
            context_length_exceeded_behavior: "error",
        });
        RequestBody {
            model,
            messages: &request.messages,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.max_tokens,
            temperature: request.temperature,
            user: &request.user,
            fireworks,
        }
    }

    fn add_headers(&self, headers: &mut HeaderMap, request: &ChatRequest) -> Result<(), String> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        // A stream that is compressed comes in fits and starts. What comes compressed all the same is decoded.
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

/// Tolerates a base address with and without a slash at its end.
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
    // The provider is one for the whole process; a second client finds it already set.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("csuite/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(512)
        // A redirect would carry the key and the prompt to an address that nobody configured.
        .redirect(reqwest::redirect::Policy::none())
        // Retries are ours: each one may be a second bill.
        .retry(reqwest::retry::never());
    if settings.base_url.scheme() == "http" {
        // Never TLS, then: spares loading the system's certificates, and a machine without any
        // can still speak to the emulator.
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn client(base: &str) -> Client {
        let mut settings = Settings::new(Url::parse(base).unwrap(), "model-a");
        settings.api_key = Some("fw_secret".into());
        Client::new(settings).unwrap()
    }

    fn sent(base: &str) -> (reqwest::Request, serde_json::Value) {
        let request = ChatRequest {
            model: None,
            messages: vec![Message { role: Role::User, content: "Hi".into() }],
            history: 0,
            max_tokens: 2048,
            temperature: 0.5,
            user: "u1".into(),
            conversation: "c1".into(),
        };
        let http = client(base).shared.request(&request, "model-a").unwrap();
        let body = http.body().and_then(|body| body.as_bytes()).unwrap();
        let json = serde_json::from_slice(body).unwrap();
        (http, json)
    }

    #[test]
    fn fireworks_gets_every_field_it_documents() {
        let (http, body) = sent("http://127.0.0.1:1/inference/v1");
        let expected = serde_json::json!({
            "model": "model-a",
            "messages": [{"role": "user", "content": "Hi"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_tokens": 2048,
            "temperature": 0.5,
            "user": "u1",
            "prompt_cache_key": "c1",
            "context_length_exceeded_behavior": "error",
        });
        assert_eq!(body, expected);
        assert_eq!(http.headers()["x-session-affinity"], "c1");
        assert_eq!(http.headers()[AUTHORIZATION], "Bearer fw_secret");
        assert!(http.headers()[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn other_servers_get_only_the_fields_they_know() {
        let (http, body) = sent("http://127.0.0.1:1/v1");
        assert!(body.get("prompt_cache_key").is_none());
        assert!(body.get("context_length_exceeded_behavior").is_none());
        assert!(http.headers().get("x-session-affinity").is_none());
    }

    #[test]
    fn the_base_address_may_end_in_a_slash_or_not() {
        for base in ["http://h/v1", "http://h/v1/"] {
            let url = endpoint(&Url::parse(base).unwrap()).unwrap();
            assert_eq!(url.as_str(), "http://h/v1/chat/completions");
        }
        assert!(endpoint(&Url::parse("ftp://h/v1").unwrap()).is_err());
        assert!(endpoint(&Url::parse("mailto:x@y").unwrap()).is_err());
    }

    #[test]
    fn a_key_that_no_header_can_hold_is_refused_at_once_and_not_shown() {
        let mut settings = Settings::new(Url::parse("http://h/v1").unwrap(), "m");
        settings.api_key = Some("fw_a\nb".into());
        let error = Client::new(settings).err().unwrap();
        assert!(matches!(error, ClientError::ApiKey));
        assert!(!error.to_string().contains("fw_a"));
    }

    #[test]
    fn a_key_quoted_by_the_upstream_is_taken_out() {
        let client = client("http://h/v1");
        let text = format!("{}fw_secret!", "x".repeat(495));
        let failure = client.shared.failure(FailureKind::KeyRefused, &text);
        assert!(!failure.detail.contains("fw_"), "{}", failure.detail);
    }
}

//! The operator's settings of the upstream.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::retry::RetryPolicy;

/// The settings of the client. [`Settings::new`] fills in the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL under which `chat/completions` is found, with or without a trailing slash.
    pub base_url: Url,
    /// Sent as a bearer token. Without a key no `Authorization` header is sent.
    pub api_key: Option<SecretString>,
    /// The model of requests that name none.
    pub model: String,
    /// The model that is asked if the first one is not served or stays busy through all tries. If unset,
    /// `model` is the fallback of requests that name another model.
    pub fallback_model: Option<String>,
    /// Maximum time to set up the TCP and TLS connection.
    pub connect_timeout: Duration,
    /// Maximum silence before the first chunk, per try. Keep-alive comments count as activity.
    pub first_event_timeout: Duration,
    /// Maximum time from the request to its first token, per try, regardless of keep-alive comments. Also
    /// limits the time between two later chunks, unless `between_events_timeout` is longer.
    pub first_token_timeout: Duration,
    /// Maximum silence after the first chunk. Keep-alive comments count as activity.
    pub between_events_timeout: Duration,
    /// Maximum duration of a reply, including its retries and their backoff.
    pub whole_reply_timeout: Duration,
    /// How long to wait, after the finish reason, for a usage chunk that may not be sent.
    pub usage_grace: Duration,
    /// Maximum size of an event in bytes.
    pub max_event_bytes: usize,
    /// Retry policy until the first token.
    pub retry: RetryPolicy,
    /// How long a model that responded with 404 is skipped.
    pub missing_model_memory: Duration,
    /// Which fields the server understands; derived from the base URL if `None`.
    pub dialect: Option<Dialect>,
}

impl Settings {
    /// Returns the defaults for a base URL and a model, without key and fallback.
    pub fn new(base_url: Url, model: impl Into<String>) -> Self {
        Self {
            base_url,
            api_key: None,
            model: model.into(),
            fallback_model: None,
            connect_timeout: Duration::from_secs(5),
            first_event_timeout: Duration::from_secs(30),
            first_token_timeout: Duration::from_secs(120),
            between_events_timeout: Duration::from_secs(60),
            whole_reply_timeout: Duration::from_secs(600),
            usage_grace: Duration::from_secs(2),
            max_event_bytes: 256 * 1024,
            retry: RetryPolicy::default(),
            missing_model_memory: Duration::from_secs(300),
            dialect: None,
        }
    }

    /// Returns the configured dialect, or the one that the base URL suggests.
    pub fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or_else(|| Dialect::of(&self.base_url))
    }
}

/// Which request fields a server accepts.
///
/// Fireworks defines fields that the OpenAI protocol lacks, and strict servers respond with 400 or 422 to
/// unknown fields. Those fields are therefore sent only to Fireworks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Includes `prompt_cache_key`, `context_length_exceeded_behavior` and `x-session-affinity`.
    Fireworks,
    /// Only the fields that every OpenAI-compatible server accepts.
    OpenAi,
}

impl Dialect {
    /// Detects Fireworks by its host or by the path `/inference/v1`. Gateways in front of Fireworks and the
    /// emulator keep this path, and no other known server uses it.
    pub fn of(base_url: &Url) -> Self {
        let host = base_url.host_str().unwrap_or_default();
        let by_host = host == "fireworks.ai" || host.ends_with(".fireworks.ai");
        let by_path = base_url.path().trim_end_matches('/') == "/inference/v1";
        if by_host || by_path { Self::Fireworks } else { Self::OpenAi }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn dialect(address: &str) -> Dialect {
        Dialect::of(&Url::parse(address).unwrap())
    }

    #[test]
    fn fireworks_is_known_by_its_host_or_its_path() {
        assert_eq!(dialect("https://api.fireworks.ai/inference/v1"), Dialect::Fireworks);
        assert_eq!(dialect("https://eu.fireworks.ai/v1"), Dialect::Fireworks);
        assert_eq!(dialect("http://127.0.0.1:4100/inference/v1/"), Dialect::Fireworks);
    }

    #[test]
    fn any_other_server_gets_only_the_common_fields() {
        assert_eq!(dialect("http://localhost:4000/v1"), Dialect::OpenAi);
        assert_eq!(dialect("https://notfireworks.ai/v1"), Dialect::OpenAi);
        assert_eq!(dialect("https://fireworks.ai.example.com/v1"), Dialect::OpenAi);
    }

    #[test]
    fn a_printed_setting_does_not_show_the_key() {
        let mut settings = Settings::new(Url::parse("https://api.fireworks.ai").unwrap(), "m");
        settings.api_key = Some("fw_very_secret".into());
        assert!(!format!("{settings:?}").contains("very_secret"));
    }
}

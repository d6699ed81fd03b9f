//! What the operator decides about the upstream.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::retry::RetryPolicy;

/// Everything the client needs to know. [`Settings::new`] fills in the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which `chat/completions` lies; with or without a slash at its end.
    pub base_url: Url,
    /// Sent as a bearer token; without it no `Authorization` header is sent at all.
    pub api_key: Option<SecretString>,
    /// The model for requests that name none.
    pub model: String,
    /// Answers where the first model is not served, or stays busy through every try. Where none is set,
    /// `model` does so for requests that ask for another one.
    pub fallback_model: Option<String>,
    /// Until the TCP (and TLS) connection stands.
    pub connect_timeout: Duration,
    /// How long the upstream may be silent before its first event; anew for each try. Comments are signs of life.
    pub first_event_timeout: Duration,
    /// From sending a request until its first token, whatever other signs of life there are; anew for each try.
    pub first_token_timeout: Duration,
    /// Between two events of one reply.
    pub between_events_timeout: Duration,
    /// For a reply from beginning to end, with its retries and the waits between them.
    pub whole_reply_timeout: Duration,
    /// After the end was announced, how long to wait for a usage chunk that may never come.
    pub usage_grace: Duration,
    /// The longest event accepted, in bytes.
    pub max_event_bytes: usize,
    /// How often, and after which waits, a request is sent again before its first token.
    pub retry: RetryPolicy,
    /// How long a model that answered 404 is passed over before it is tried again.
    pub missing_model_memory: Duration,
    /// Which fields the server understands; `None` derives it from the address.
    pub dialect: Option<Dialect>,
}

impl Settings {
    /// The defaults for a base address and a model, without a key and without a fallback.
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

    /// The dialect to speak: the one set, else the one the address suggests.
    pub fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or_else(|| Dialect::of(&self.base_url))
    }
}

/// Which request fields a server knows.
///
/// Fireworks has fields that the OpenAI protocol has not, and strict servers answer 400 or 422 to
/// a field they do not know. So those fields go only where they are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// With `prompt_cache_key`, `context_length_exceeded_behavior` and `x-session-affinity`.
    Fireworks,
    /// The fields that every OpenAI-compatible server knows, and no other.
    OpenAi,
}

impl Dialect {
    /// Fireworks by its host, or by its path `/inference/v1`, which gateways before Fireworks and
    /// the emulator keep and which no other known server uses.
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

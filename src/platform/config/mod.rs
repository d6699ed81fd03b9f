//! The configuration, read once at start from the environment and `.env`.
//!
//! `.env.example` documents every setting. An invalid value is never replaced by a default: the program reports all
//! problems together and does not start.

mod reader;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use self::reader::Reader;
use super::limits::Rate;
use super::money::{MicroDollars, Price};
use super::quotas::Quotas;

/// The validated settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listening address. Port 0 selects a free port.
    pub addr: SocketAddr,
    /// The URL that people use, if a proxy is in front of the server. If it is https, cookies are `Secure`.
    pub public_url: Option<Url>,
    /// Number of proxies whose `X-Forwarded-For` entries are trusted.
    pub trusted_proxies: usize,
    /// The SQLite file.
    pub database: PathBuf,
    /// The folder of the files for the browser.
    pub site_root: Option<PathBuf>,
    pub session_lifetime: Duration,
    /// E-mail addresses of the installation's operators, in addition to its first account.
    pub operators: Vec<String>,
    pub sign_up: SignUp,
    /// Zero bits of the proof of work for a sign-up without an invitation; 0: none is asked.
    pub sign_up_work: u32,
    pub trials: TrialConfig,
    /// Serves `/styleguide`. For development.
    pub style_guide: bool,
    /// Grace period for running replies after SIGTERM.
    pub shutdown_grace: Duration,
    pub log_filter: String,
    pub limits: LimitRates,
    pub connections: ConnectionCaps,
    pub storage: StorageConfig,
    pub fireworks: FireworksConfig,
    pub emulator: EmulatorConfig,
    pub prices: PriceConfig,
    pub operator: OperatorConfig,
}

/// Businesses to try the product with, without an account.
#[derive(Clone, Copy, Debug)]
pub struct TrialConfig {
    /// How many there may be at a time; 0: none.
    pub most: u32,
    /// The budget of one.
    pub budget: MicroDollars,
}

/// The operator's limits. They apply to every tenant, whatever its members choose.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// Monthly budget of a tenant that has not set one. `None`: no budget.
    pub default_budget: Option<MicroDollars>,
    /// Budget of all tenants together in a month; `daily_budget`: in a day.
    pub monthly_budget: Option<MicroDollars>,
    pub daily_budget: Option<MicroDollars>,
    pub models: ModelsAllowed,
    /// Maximum reply length that a tenant may set for a persona, in tokens.
    pub adviser_max_tokens: u32,
}

/// The models that advisers may use in addition to the installation's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelsAllowed {
    /// Models whose price is known.
    Priced,
    Any,
    /// These models, by full name or the part after the last slash.
    Listed(Vec<String>),
}

/// Rate limits.
#[derive(Clone, Debug)]
pub struct LimitRates {
    pub chat: Rate,
    /// Messages of all tenants together.
    pub all_chat: Rate,
    pub api: Rate,
    pub strict: Rate,
    /// Failed sign-ins for one account from one address. All addresses together have ten times as many for one account,
    /// and one address has ten times as many attempts at all accounts.
    pub sign_in: Rate,
    /// New accounts from one address. All addresses together have twenty times as many.
    pub sign_up: Rate,
    /// Page and server-function requests of one visitor.
    pub pages: Rate,
}

/// Limits on open connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionCaps {
    pub all: usize,
    /// Connections of one address (IPv6: one /64). Behind trusted proxies: open requests of one client.
    pub per_address: usize,
    /// Concurrent event streams of one member, in addition to those of new questions.
    pub streams: usize,
}

/// Storage limits in bytes.
#[derive(Clone, Copy, Debug)]
pub struct StorageConfig {
    /// Free disk space below which new files and accounts are refused.
    pub min_free_disk: u64,
    /// Uploads in progress, of all tenants and of one.
    pub spool: u64,
    pub spool_per_tenant: u64,
    pub quotas: Quotas,
}

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    Open,
    /// Holders of an invitation.
    Invite,
    Closed,
}

impl std::str::FromStr for SignUp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "invite" => Ok(Self::Invite),
            "closed" => Ok(Self::Closed),
            other => Err(format!("{other:?} is none of open, invite, closed")),
        }
    }
}

/// The upstream.
#[derive(Clone, Debug)]
pub struct FireworksConfig {
    /// None: the built-in emulator answers.
    pub api_key: Option<SecretString>,
    /// Set without a key: an OpenAI-compatible server that needs none.
    pub base_url: Option<Url>,
    pub model: String,
    pub fallback_model: Option<String>,
    pub max_tokens: u32,
    /// Context size of the models in tokens, prompt and reply together, if it differs from the known one.
    pub context_tokens: Option<u32>,
    pub temperature: f32,
    /// Whether the model writes the titles of new conversations.
    pub model_titles: bool,
    pub connect_timeout: Duration,
    pub first_event_timeout: Duration,
    pub first_token_timeout: Duration,
    pub between_events_timeout: Duration,
    pub whole_reply_timeout: Duration,
}

impl FireworksConfig {
    /// Returns whether replies come from the built-in emulator.
    pub const fn simulated(&self) -> bool {
        self.api_key.is_none() && self.base_url.is_none()
    }
}

/// The built-in emulator.
#[derive(Clone, Debug)]
pub struct EmulatorConfig {
    /// 0: no delay.
    pub tokens_per_second: u32,
    pub first_token: Duration,
    /// Whether its replies cost what the model's would. Otherwise they cost nothing.
    pub priced: bool,
}

/// Prices that extend or override the built-in list.
#[derive(Clone, Debug)]
pub struct PriceConfig {
    /// Models, by full name or the part after the last slash, with their prices.
    pub models: Vec<(String, Price)>,
    /// The price of models in neither list.
    pub unknown: Price,
}

/// A problem with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub setting: &'static str,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.reason)
    }
}

impl Config {
    /// Returns whether the public URL is https. Cookies are then `Secure`.
    pub fn is_over_tls(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Reads `.env`, if there is one, and the environment.
    pub fn load() -> Result<Self, Vec<Problem>> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            Err(error) => {
                return Err(vec![Problem { setting: ".env", reason: error.to_string() }]);
            }
        }
        Self::read(|name| std::env::var(name).ok())
    }

    /// Returns the base URL for links: `PUBLIC_URL`, or the listening address, without a trailing slash. Returns `None`
    /// for port 0, which the system replaces at start.
    pub fn base_url(&self) -> Option<String> {
        if let Some(url) = &self.public_url {
            return Some(url.as_str().trim_end_matches('/').to_owned());
        }
        match (self.addr.ip().is_unspecified(), self.addr.port()) {
            (_, 0) => None,
            // Browsers cannot connect to the unspecified address.
            (true, port) => Some(format!("http://localhost:{port}")),
            (false, _) => Some(format!("http://{}", self.addr)),
        }
    }

    /// Reads the settings from `lookup`. Empty values count as absent.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        Reader::read(&lookup)
    }
}

/// Returns variables that share a setting's prefix but are no setting, so that misspelt names can be reported.
pub fn unknown_settings(names: impl Iterator<Item = String>) -> BTreeSet<String> {
    const PREFIXES: [&str; 8] = [
        "FIREWORKS_",
        "RATE_LIMIT_",
        "EMULATOR_",
        "MODEL_PRICE",
        "MAX_CONNECTIONS",
        "MAX_UPLOADS",
        "QUOTA_",
        "TRIAL",
    ];
    let example = include_str!("../../../.env.example");
    names
        .filter(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .filter(|name| !example.contains(&format!("{name}=")))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        Config::read(|name| {
            settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_give_a_self_contained_server() {
        let config = read(&[]).unwrap();
        assert!(config.fireworks.simulated());
        assert_eq!(config.limits.chat.requests.get(), 10);
        assert_eq!(config.fireworks.max_tokens, 2_048);
        assert!(!config.style_guide);
    }

    #[test]
    fn all_invalid_settings_are_reported_together() {
        let problems = read(&[
            ("ADDR", "nowhere"),
            ("FIREWORKS_TEMPERATURE", "3"),
            ("RATE_LIMIT_CHAT", "many"),
            ("FIREWORKS_BASE_URL", "ftp://example.com"),
            ("DATABASE_URL", "mysql://x"),
            ("MODEL_PRICES", "mine=1/2"),
            ("DEFAULT_PRICE", "cheap"),
            ("OPERATORS", "ana@example.com, ben"),
        ])
        .unwrap_err();
        let named: Vec<_> = problems.iter().map(|p| p.setting).collect();
        for setting in [
            "ADDR",
            "FIREWORKS_TEMPERATURE",
            "RATE_LIMIT_CHAT",
            "FIREWORKS_BASE_URL",
            "DATABASE_URL",
            "MODEL_PRICES",
            "DEFAULT_PRICE",
            "OPERATORS",
        ] {
            assert!(named.contains(&setting), "{setting} missing in {named:?}");
        }
    }

    #[test]
    fn links_begin_with_public_url_or_the_listening_address() {
        for (settings, base) in [
            (&[][..], Some("http://127.0.0.1:3000")),
            (&[("ADDR", "0.0.0.0:80")], Some("http://localhost:80")),
            (&[("ADDR", "[::]:3000")], Some("http://localhost:3000")),
            (&[("ADDR", "[::1]:3000")], Some("http://[::1]:3000")),
            (&[("ADDR", "127.0.0.1:0")], None),
            (
                &[("PUBLIC_URL", "https://advisers.example.com/")],
                Some("https://advisers.example.com"),
            ),
            (
                &[("PUBLIC_URL", "https://example.com"), ("ADDR", "127.0.0.1:0")],
                Some("https://example.com"),
            ),
        ] {
            assert_eq!(read(settings).unwrap().base_url().as_deref(), base, "{settings:?}");
        }
    }

    #[test]
    fn sign_up_is_open_only_on_loopback_or_by_setting() {
        for (settings, sign_up) in [
            (&[][..], SignUp::Open),
            (&[("ADDR", "[::1]:80")], SignUp::Open),
            (&[("ADDR", "0.0.0.0:80")], SignUp::Invite),
            (&[("PUBLIC_URL", "http://localhost:3000")], SignUp::Invite),
            (&[("ADDR", "0.0.0.0:80"), ("SIGN_UP", "open")], SignUp::Open),
            (&[("SIGN_UP", "closed")], SignUp::Closed),
        ] {
            assert_eq!(read(settings).unwrap().sign_up, sign_up, "{settings:?}");
        }
        assert_eq!(read(&[("SIGN_UP", "maybe")]).unwrap_err()[0].setting, "SIGN_UP");
    }

    #[test]
    fn trials_are_off_by_default_and_never_without_a_budget() {
        let config = read(&[]).unwrap();
        assert_eq!((config.trials.most, config.trials.budget), (0, 100_000));
        let config = read(&[("TRIALS", "20"), ("TRIAL_BUDGET", "0.5")]).unwrap();
        assert_eq!((config.trials.most, config.trials.budget), (20, 500_000));
        assert_eq!(read(&[("TRIAL_BUDGET", "0")]).unwrap_err()[0].setting, "TRIAL_BUDGET");
    }

    #[test]
    fn the_api_key_never_shows_in_a_debug_print() {
        let config = read(&[("FIREWORKS_API_KEY", "fw_very_secret")]).unwrap();
        assert!(!format!("{config:?}").contains("very_secret"));
    }

    #[test]
    fn prices_read_as_models_with_three_amounts_each() {
        let prices = |text| read(&[("MODEL_PRICES", text)]).map(|config| config.prices.models);
        let read = prices("my-model=0.15/0.015/0.60, other=1/1/2,").unwrap();
        assert_eq!(
            read,
            [
                ("my-model".to_owned(), Price::new(150_000, 15_000, 600_000)),
                ("other".to_owned(), Price::new(1_000_000, 1_000_000, 2_000_000)),
            ]
        );
        assert!(prices("my-model").is_err() && prices("=1/1/1").is_err());
    }

    #[test]
    fn the_fallback_model_is_a_default_only_for_fireworks() {
        let fallback = |settings: &[(&str, &str)]| read(settings).unwrap().fireworks.fallback_model;
        let url = |url| [("FIREWORKS_BASE_URL", url)];
        assert!(fallback(&[]).is_some());
        assert!(fallback(&url("https://api.fireworks.ai/inference/v1")).is_some());
        assert_eq!(fallback(&url("http://127.0.0.1:11434/v1")), None);
        assert_eq!(fallback(&url("https://fireworks.ai.example.com/v1")), None);
        let named = [("FIREWORKS_BASE_URL", "http://h/v1"), ("FIREWORKS_FALLBACK_MODEL", "other")];
        assert_eq!(fallback(&named).as_deref(), Some("other"));
    }

    #[test]
    fn operators_are_comma_separated_addresses() {
        let config = read(&[("OPERATORS", " Ana@Example.com,ben@example.com ,")]).unwrap();
        assert_eq!(config.operators, ["Ana@Example.com", "ben@example.com"]);
        assert!(read(&[]).unwrap().operators.is_empty());
    }

    #[test]
    fn every_setting_is_documented_in_the_example() {
        let unknown = unknown_settings(
            ["FIREWORKS_MODEL", "RATE_LIMIT_CHAT", "FIREWORKS_MODLE"].map(String::from).into_iter(),
        );
        assert_eq!(unknown.into_iter().collect::<Vec<_>>(), ["FIREWORKS_MODLE"]);
    }
}

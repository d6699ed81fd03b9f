//! The configuration: read once at start from the environment (and `.env`), checked as a whole.
//!
//! `.env.example` documents every setting. A wrong value is never replaced by a default in silence:
//! all problems are reported together, and the program does not start.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::limits::Rate;
use super::money::Price;

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens. Port 0 takes any free one.
    pub addr: SocketAddr,
    /// The address people use, where a proxy stands before the server; decides `Secure` cookies.
    pub public_url: Option<Url>,
    /// How many proxies may name the client's address in `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// The SQLite file.
    pub database: PathBuf,
    /// Where the built pages' files (WebAssembly, styles) are.
    pub site_root: Option<PathBuf>,
    pub session_lifetime: Duration,
    /// How long running answers may take to finish after SIGTERM.
    pub shutdown_grace: Duration,
    pub log_filter: String,
    pub limits: LimitRates,
    pub fireworks: FireworksConfig,
    pub emulator: EmulatorConfig,
    pub prices: PriceConfig,
}

/// How often what may happen.
#[derive(Clone, Debug)]
pub struct LimitRates {
    pub chat: Rate,
    pub api: Rate,
    pub strict: Rate,
    /// Sign-in tries for one account, and for one address ten times as many.
    pub sign_in: Rate,
    /// Page and server-function requests of one visitor.
    pub pages: Rate,
}

/// The upstream.
#[derive(Clone, Debug)]
pub struct FireworksConfig {
    /// None: the built-in emulator answers.
    pub api_key: Option<SecretString>,
    /// Set without a key: an OpenAI-compatible server that asks for none.
    pub base_url: Option<Url>,
    pub model: String,
    pub fallback_model: Option<String>,
    pub max_tokens: u32,
    /// How many tokens the models take, prompt and answer together, where it is not as known of them.
    pub context_tokens: Option<u32>,
    pub temperature: f32,
    pub connect_timeout: Duration,
    pub first_event_timeout: Duration,
    pub between_events_timeout: Duration,
    pub whole_reply_timeout: Duration,
}

impl FireworksConfig {
    /// Whether answers come from the built-in emulator.
    pub const fn simulated(&self) -> bool {
        self.api_key.is_none() && self.base_url.is_none()
    }
}

/// The pace of the built-in emulator.
#[derive(Clone, Debug)]
pub struct EmulatorConfig {
    /// 0: as fast as it can.
    pub tokens_per_second: u32,
    pub first_token: Duration,
}

/// Prices that the built-in list does not know, or knows otherwise.
#[derive(Clone, Debug)]
pub struct PriceConfig {
    /// Model, by its full name or the part behind the last slash, and its price.
    pub models: Vec<(String, Price)>,
    /// Of every model that is in neither list.
    pub unknown: Price,
}

/// What is wrong with one setting.
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
    /// Reads `.env` (where there is one) and the environment.
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

    /// Reads the settings that `lookup` finds; an empty value counts as absent.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { lookup: &lookup, problems: Vec::new() };
        let config = reader.config();
        if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems) }
    }
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn config(&mut self) -> Config {
        let fireworks = self.fireworks();
        Config {
            addr: self.addr(),
            public_url: self.url("PUBLIC_URL"),
            trusted_proxies: self.between("TRUSTED_PROXIES", 0, 0..=16),
            database: self.database(),
            site_root: self.text("SITE_ROOT").map(PathBuf::from),
            session_lifetime: Duration::from_secs(
                86_400 * self.between::<u64>("SESSION_DAYS", 14, 1..=365),
            ),
            shutdown_grace: self.seconds("SHUTDOWN_SECONDS", 20, 0..=600),
            log_filter: self.text("RUST_LOG").unwrap_or_else(|| "info".to_owned()),
            limits: LimitRates {
                chat: self.rate("RATE_LIMIT_CHAT", 10, 60),
                api: self.rate("RATE_LIMIT_API", 100, 15 * 60),
                strict: self.rate("RATE_LIMIT_STRICT", 5, 3_600),
                sign_in: self.rate("RATE_LIMIT_SIGN_IN", 10, 15 * 60),
                pages: self.rate("RATE_LIMIT_PAGES", 600, 60),
            },
            fireworks,
            emulator: EmulatorConfig {
                tokens_per_second: self.between("EMULATOR_TOKENS_PER_SECOND", 40, 0..=100_000),
                first_token: Duration::from_millis(self.between(
                    "EMULATOR_FIRST_TOKEN_MS",
                    300,
                    0..=60_000,
                )),
            },
            prices: PriceConfig {
                models: self.model_prices(),
                unknown: self.value("DEFAULT_PRICE", Price::new(900_000, 900_000, 900_000)),
            },
        }
    }

    /// `my-model=0.15/0.015/0.60,other=1/1/2`
    fn model_prices(&mut self) -> Vec<(String, Price)> {
        let text = self.text("MODEL_PRICES").unwrap_or_default();
        let mut prices = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').map(|(model, price)| (model.trim(), price.trim().parse())) {
                Some((model, Ok(price))) if !model.is_empty() => {
                    prices.push((model.to_owned(), price));
                }
                Some((_, Err(reason))) => self.problem("MODEL_PRICES", reason),
                _ => {
                    let reason = format!("{pair:?} is not model=price");
                    self.problem("MODEL_PRICES", reason);
                }
            }
        }
        prices
    }

    fn fireworks(&mut self) -> FireworksConfig {
        const QWEN: &str = "accounts/fireworks/models/qwen2p5-72b-instruct";
        const GPT_OSS: &str = "accounts/fireworks/models/gpt-oss-120b";
        let fallback = (self.lookup)("FIREWORKS_FALLBACK_MODEL");
        FireworksConfig {
            api_key: self.text("FIREWORKS_API_KEY").map(SecretString::from),
            base_url: self.url("FIREWORKS_BASE_URL"),
            model: self.text("FIREWORKS_MODEL").unwrap_or_else(|| QWEN.to_owned()),
            // Set but empty: no fallback at all.
            fallback_model: match fallback {
                None => Some(GPT_OSS.to_owned()),
                Some(name) if name.trim().is_empty() => None,
                Some(name) => Some(name.trim().to_owned()),
            },
            max_tokens: self.between("FIREWORKS_MAX_TOKENS", 2_048, 1..=131_072),
            context_tokens: self
                .text("FIREWORKS_CONTEXT_TOKENS")
                .map(|_| self.between("FIREWORKS_CONTEXT_TOKENS", 32_768, 4_096..=10_000_000)),
            temperature: self.between("FIREWORKS_TEMPERATURE", 0.7, 0.0..=2.0),
            connect_timeout: self.seconds("FIREWORKS_CONNECT_TIMEOUT", 5, 1..=120),
            first_event_timeout: self.seconds("FIREWORKS_FIRST_EVENT_TIMEOUT", 30, 1..=600),
            between_events_timeout: self.seconds("FIREWORKS_BETWEEN_EVENTS_TIMEOUT", 60, 1..=600),
            whole_reply_timeout: self.seconds("FIREWORKS_REPLY_TIMEOUT", 600, 1..=7_200),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn problem(&mut self, setting: &'static str, reason: impl Into<String>) {
        self.problems.push(Problem { setting, reason: reason.into() });
    }

    fn value<T: FromStr>(&mut self, name: &'static str, default: T) -> T
    where
        T::Err: fmt::Display,
    {
        match self.text(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.problem(name, error.to_string());
                default
            }
        }
    }

    fn between<T>(
        &mut self,
        name: &'static str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
        T::Err: fmt::Display,
    {
        let value = self.value(name, default);
        if range.contains(&value) {
            return value;
        }
        let reason = format!("{value} is not between {} and {}", range.start(), range.end());
        self.problem(name, reason);
        default
    }

    fn addr(&mut self) -> SocketAddr {
        let default = SocketAddr::from(([127, 0, 0, 1], 3000));
        let Some(text) = self.text("ADDR") else { return default };
        text.parse().unwrap_or_else(|_| {
            let reason =
                format!("{text:?} is not an address and port; write them as 127.0.0.1:3000");
            self.problem("ADDR", reason);
            default
        })
    }

    fn seconds(
        &mut self,
        name: &'static str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.between(name, default, range))
    }

    fn url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.text(name)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            Ok(_) => {
                self.problem(name, "must begin with http:// or https://");
                None
            }
            Err(error) => {
                self.problem(name, error.to_string());
                None
            }
        }
    }

    fn database(&mut self) -> PathBuf {
        let url = self.text("DATABASE_URL").unwrap_or_else(|| "sqlite:data/csuite.db".to_owned());
        match url.strip_prefix("sqlite:") {
            Some(path) => PathBuf::from(path.strip_prefix("//").unwrap_or(path)),
            None => {
                self.problem("DATABASE_URL", "must be sqlite:PATH, such as sqlite:data/csuite.db");
                PathBuf::new()
            }
        }
    }

    /// `10/1m`: ten requests in a minute.
    fn rate(&mut self, name: &'static str, requests: u32, seconds: u64) -> Rate {
        let default = Rate {
            requests: NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN),
            per: Duration::from_secs(seconds),
        };
        match self.text(name) {
            None => default,
            Some(text) => parse_rate(&text).unwrap_or_else(|| {
                let reason =
                    format!("{text:?} is not a rate; write requests/span, such as 10/1m or 5/1h");
                self.problem(name, reason);
                default
            }),
        }
    }
}

fn parse_rate(text: &str) -> Option<Rate> {
    let (requests, span) = text.split_once('/')?;
    let span = span.trim();
    let unit = span.chars().last()?;
    let number = span.strip_suffix(unit)?.trim();
    let number: u64 = if number.is_empty() { 1 } else { number.parse().ok()? };
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let per = number.checked_mul(seconds).filter(|s| (1..=366 * 86_400).contains(s))?;
    Some(Rate { requests: requests.trim().parse().ok()?, per: Duration::from_secs(per) })
}

/// Settings that look like ours but are not: a typing error should not pass in silence.
pub fn unknown_settings(names: impl Iterator<Item = String>) -> BTreeSet<String> {
    const PREFIXES: [&str; 4] = ["FIREWORKS_", "RATE_LIMIT_", "EMULATOR_", "MODEL_PRICE"];
    let example = include_str!("../../.env.example");
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
    fn nothing_set_gives_a_server_that_runs_alone() {
        let config = read(&[]).unwrap();
        assert!(config.fireworks.simulated());
        assert_eq!(config.limits.chat.requests.get(), 10);
        assert_eq!(config.fireworks.max_tokens, 2_048);
    }

    #[test]
    fn all_wrong_values_are_named_at_once() {
        let problems = read(&[
            ("ADDR", "nowhere"),
            ("FIREWORKS_TEMPERATURE", "3"),
            ("RATE_LIMIT_CHAT", "many"),
            ("FIREWORKS_BASE_URL", "ftp://example.com"),
            ("DATABASE_URL", "mysql://x"),
            ("MODEL_PRICES", "mine=1/2"),
            ("DEFAULT_PRICE", "cheap"),
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
        ] {
            assert!(named.contains(&setting), "{setting} missing in {named:?}");
        }
    }

    #[test]
    fn the_api_key_never_shows_in_a_debug_print() {
        let config = read(&[("FIREWORKS_API_KEY", "fw_very_secret")]).unwrap();
        assert!(!format!("{config:?}").contains("very_secret"));
    }

    #[test]
    fn rates_read_as_requests_over_a_span() {
        let rate = parse_rate("100/15m").unwrap();
        assert_eq!((rate.requests.get(), rate.per.as_secs()), (100, 900));
        assert!(parse_rate("0/1m").is_none());
        assert!(parse_rate("10/0s").is_none());
        assert!(parse_rate("10/1w").is_none());
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
    fn every_setting_is_documented_in_the_example() {
        let unknown = unknown_settings(
            ["FIREWORKS_MODEL", "RATE_LIMIT_CHAT", "FIREWORKS_MODLE"].map(String::from).into_iter(),
        );
        assert_eq!(unknown.into_iter().collect::<Vec<_>>(), ["FIREWORKS_MODLE"]);
    }
}

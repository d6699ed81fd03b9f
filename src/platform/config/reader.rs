//! Parses each setting and defines its default and range.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{
    Config, ConnectionCaps, EmulatorConfig, FireworksConfig, LimitRates, ModelsAllowed,
    OperatorConfig, PriceConfig, Problem, SignUp, StorageConfig, TrialConfig,
};
use crate::platform::limits::Rate;
use crate::platform::money::{MicroDollars, Price, parse_dollars};
use crate::platform::quotas::Quotas;

/// Reads the settings one by one and collects the problems.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Returns all settings, or all problems.
    pub(super) fn read(lookup: &'a dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<Problem>> {
        let mut reader = Self { lookup, problems: Vec::new() };
        let config = reader.config();
        if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems) }
    }

    fn config(&mut self) -> Config {
        let fireworks = self.fireworks();
        let (addr, public_url) = (self.addr(), self.public_url());
        // Sign-up may be open on a loopback address, because only local programs reach it.
        let in_reach = !addr.ip().is_loopback() || public_url.is_some();
        let sign_up = if in_reach { SignUp::Invite } else { SignUp::Open };
        Config {
            addr,
            public_url,
            sign_up: self.value("SIGN_UP", sign_up),
            sign_up_work: self.between("SIGN_UP_WORK", 0, 0..=24),
            trials: TrialConfig {
                most: self.between("TRIALS", 0, 0..=10_000),
                budget: self.trial_budget(),
            },
            trusted_proxies: self.between("TRUSTED_PROXIES", 0, 0..=16),
            database: self.database(),
            site_root: self.text("SITE_ROOT").map(PathBuf::from),
            session_lifetime: Duration::from_secs(
                86_400 * self.between::<u64>("SESSION_DAYS", 14, 1..=365),
            ),
            operators: self.operators(),
            style_guide: self.between("STYLE_GUIDE", 0, 0..=1) == 1,
            shutdown_grace: self.seconds("SHUTDOWN_SECONDS", 20, 0..=600),
            log_filter: self.text("RUST_LOG").unwrap_or_else(|| "info".to_owned()),
            limits: LimitRates {
                chat: self.rate("RATE_LIMIT_CHAT", 10, 60),
                all_chat: self.rate("RATE_LIMIT_CHAT_ALL", 600, 60),
                api: self.rate("RATE_LIMIT_API", 100, 15 * 60),
                strict: self.rate("RATE_LIMIT_STRICT", 5, 3_600),
                sign_in: self.rate("RATE_LIMIT_SIGN_IN", 10, 15 * 60),
                sign_up: self.rate("RATE_LIMIT_SIGN_UP", 5, 3_600),
                pages: self.rate("RATE_LIMIT_PAGES", 600, 60),
            },
            connections: ConnectionCaps {
                all: self.between("MAX_CONNECTIONS", 10_000, 1..=1_000_000),
                per_address: self.between("MAX_CONNECTIONS_PER_ADDRESS", 256, 1..=1_000_000),
                streams: self.between("MAX_STREAMS_PER_MEMBER", 64, 1..=1_000_000),
            },
            storage: StorageConfig {
                min_free_disk: self.megabytes("MIN_FREE_DISK", 512),
                spool: self.megabytes("MAX_UPLOADS", 1_024),
                spool_per_tenant: self.megabytes("MAX_UPLOADS_PER_BUSINESS", 120),
                quotas: self.quotas(),
            },
            fireworks,
            emulator: EmulatorConfig {
                tokens_per_second: self.between("EMULATOR_TOKENS_PER_SECOND", 40, 0..=100_000),
                first_token: Duration::from_millis(self.between(
                    "EMULATOR_FIRST_TOKEN_MS",
                    300,
                    0..=60_000,
                )),
                priced: self.between("EMULATOR_PRICES", 0, 0..=1) == 1,
            },
            prices: PriceConfig {
                models: self.model_prices(),
                unknown: self.value("DEFAULT_PRICE", Price::new(900_000, 900_000, 900_000)),
            },
            operator: OperatorConfig {
                default_budget: self.budget("DEFAULT_BUDGET", Some(20_000_000)),
                monthly_budget: self.budget("INSTALLATION_BUDGET_MONTH", None),
                daily_budget: self.budget("INSTALLATION_BUDGET_DAY", None),
                models: self.models_allowed(),
                adviser_max_tokens: self.between("ADVISER_MAX_TOKENS", 4_096, 64..=131_072),
            },
        }
    }

    /// Parses dollars. 0 means no budget, since nobody intends to forbid every question.
    fn budget(
        &mut self,
        name: &'static str,
        default: Option<MicroDollars>,
    ) -> Option<MicroDollars> {
        let Some(text) = self.text(name) else { return default };
        let amount = parse_dollars(&text);
        if amount.is_none() {
            let reason = format!("{text:?} is not an amount in dollars, such as 25 or 12.50");
            self.problem(name, reason);
        }
        amount.filter(|amount| *amount > 0)
    }

    /// Parses the budget of a trial, which has one always.
    fn trial_budget(&mut self) -> MicroDollars {
        let problems = self.problems.len();
        let budget = self.budget("TRIAL_BUDGET", Some(100_000));
        if budget.is_none() && self.problems.len() == problems {
            self.problem("TRIAL_BUDGET", "a trial needs a budget above 0; TRIALS=0 allows none");
        }
        budget.unwrap_or_default()
    }

    /// Parses `*` or comma-separated names.
    fn models_allowed(&self) -> ModelsAllowed {
        match self.text("MODELS_ALLOWED").as_deref() {
            None => ModelsAllowed::Priced,
            Some("*") => ModelsAllowed::Any,
            Some(names) => {
                let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
                ModelsAllowed::Listed(names.map(str::to_owned).collect())
            }
        }
    }

    /// Parses `ana@example.com,ben@example.com`.
    fn operators(&mut self) -> Vec<String> {
        let text = self.text("OPERATORS").unwrap_or_default();
        let addresses: Vec<String> = text
            .split(',')
            .map(|address| address.trim().to_owned())
            .filter(|address| !address.is_empty())
            .collect();
        for wrong in addresses.iter().filter(|address| !address.contains('@')) {
            let reason = format!("{wrong:?} is not an e-mail address; separate several by commas");
            self.problem("OPERATORS", reason);
        }
        addresses
    }

    /// Parses `my-model=0.15/0.015/0.60,other=1/1/2`.
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
        let base_url = self.url("FIREWORKS_BASE_URL");
        let at_fireworks = base_url
            .as_ref()
            .and_then(Url::host_str)
            .is_none_or(|host| host == "fireworks.ai" || host.ends_with(".fireworks.ai"));
        FireworksConfig {
            api_key: self.text("FIREWORKS_API_KEY").map(SecretString::from),
            base_url,
            model: self.text("FIREWORKS_MODEL").unwrap_or_else(|| QWEN.to_owned()),
            // Set but empty: no fallback.
            fallback_model: match fallback {
                // Another server does not serve Fireworks' model: its 404 would hide the first model's error.
                None => at_fireworks.then(|| GPT_OSS.to_owned()),
                Some(name) if name.trim().is_empty() => None,
                Some(name) => Some(name.trim().to_owned()),
            },
            max_tokens: self.between("FIREWORKS_MAX_TOKENS", 2_048, 1..=131_072),
            context_tokens: self
                .text("FIREWORKS_CONTEXT_TOKENS")
                .map(|_| self.between("FIREWORKS_CONTEXT_TOKENS", 32_768, 4_096..=10_000_000)),
            temperature: self.between("FIREWORKS_TEMPERATURE", 0.7, 0.0..=2.0),
            model_titles: self.between("MODEL_TITLES", 1, 0..=1) == 1,
            connect_timeout: self.seconds("FIREWORKS_CONNECT_TIMEOUT", 5, 1..=120),
            first_event_timeout: self.seconds("FIREWORKS_FIRST_EVENT_TIMEOUT", 30, 1..=600),
            first_token_timeout: self.seconds("FIREWORKS_FIRST_TOKEN_TIMEOUT", 120, 1..=3_600),
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

    fn quotas(&mut self) -> Quotas {
        let usual = Quotas::default();
        let most = 1..=1_000_000_000;
        let megabytes = usual.stored_bytes / 1024 / 1024;
        Quotas {
            conversations: self.between("QUOTA_CONVERSATIONS", usual.conversations, most.clone()),
            messages: self.between("QUOTA_MESSAGES", usual.messages, most.clone()),
            adviser_versions: self.between(
                "QUOTA_ADVISER_VERSIONS",
                usual.adviser_versions,
                most.clone(),
            ),
            stored_bytes: self.between("QUOTA_STORAGE", megabytes, most) * 1024 * 1024,
        }
    }

    /// Parses MB. Returns bytes.
    fn megabytes(&mut self, name: &'static str, default: u64) -> u64 {
        self.between(name, default, 0..=1_000_000_000) * 1024 * 1024
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

    /// Parses the public URL. It must be an origin, because pages, forms and cookies need a whole one.
    fn public_url(&mut self) -> Option<Url> {
        let url = self.url("PUBLIC_URL")?;
        let is_origin = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if is_origin {
            return Some(url);
        }
        let origin = url.origin().ascii_serialization();
        let reason = format!(
            "must be scheme, host and port alone, such as {origin}: C-Suite can't be served below a path. Give it a host name of its own"
        );
        self.problem("PUBLIC_URL", reason);
        None
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

    /// Parses `10/1m`: ten requests a minute.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        let read = |url: &'static str| {
            Config::read(|name| (name == "PUBLIC_URL").then(|| url.to_owned()))
                .map(|config| config.public_url.unwrap().to_string())
                .map_err(|problems| problems[0].to_string())
        };
        assert_eq!(read("https://a.example").unwrap(), "https://a.example/");
        assert_eq!(read("http://a.example:8080/").unwrap(), "http://a.example:8080/");
        for refused in ["https://a.example/board", "https://a.example/?x", "https://me@a.example"] {
            let reason = read(refused).unwrap_err();
            assert!(
                reason.contains("PUBLIC_URL") && reason.contains("https://a.example"),
                "{reason}"
            );
        }
    }

    #[test]
    fn rates_read_as_requests_over_a_span() {
        let rate = parse_rate("100/15m").unwrap();
        assert_eq!((rate.requests.get(), rate.per.as_secs()), (100, 900));
        assert!(parse_rate("0/1m").is_none());
        assert!(parse_rate("10/0s").is_none());
        assert!(parse_rate("10/1w").is_none());
    }
}

//! The upstream: the configured one, or the built-in emulator.

use secrecy::SecretString;
use tokio::net::TcpListener;
use url::Url;

use super::StartError;
use crate::fireworks::emulator::{Emulator, EmulatorSettings};
use crate::fireworks::{Client, Settings};
use crate::platform::config::Config;

const FIREWORKS: &str = "https://api.fireworks.ai/inference/v1";

/// Builds the client of the upstream. Starts the built-in emulator if it is the upstream; it runs until it is
/// dropped.
pub async fn connect(config: &Config) -> Result<(Client, Option<Emulator>), StartError> {
    let emulator =
        if config.fireworks.simulated() { Some(start_emulator(config).await?) } else { None };
    let base_url = match (&emulator, &config.fireworks.base_url) {
        (Some(emulator), _) => emulator.base_url(),
        (None, Some(url)) => url.clone(),
        (None, None) => Url::parse(FIREWORKS).map_err(|e| StartError::Upstream(e.to_string()))?,
    };
    let client =
        Client::new(settings(config, base_url)).map_err(|e| StartError::Upstream(e.to_string()))?;
    Ok((client, emulator))
}

async fn start_emulator(config: &Config) -> Result<Emulator, StartError> {
    let failed = |cause: std::io::Error| StartError::Upstream(cause.to_string());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let settings = EmulatorSettings {
        tokens_per_second: f64::from(config.emulator.tokens_per_second),
        first_token_ms: config.emulator.first_token.as_millis() as u64,
        first_model: Some(config.fireworks.model.clone()),
    };
    Emulator::start(listener, settings).await.map_err(failed)
}

fn settings(config: &Config, base_url: Url) -> Settings {
    let fireworks = &config.fireworks;
    Settings {
        api_key: fireworks.api_key.clone().or_else(|| {
            // The emulator requires a key, as the real upstream does.
            fireworks.simulated().then(|| SecretString::from("emulator"))
        }),
        fallback_model: fireworks.fallback_model.clone(),
        connect_timeout: fireworks.connect_timeout,
        first_event_timeout: fireworks.first_event_timeout,
        first_token_timeout: fireworks.first_token_timeout,
        between_events_timeout: fireworks.between_events_timeout,
        whole_reply_timeout: fireworks.whole_reply_timeout,
        ..Settings::new(base_url, fireworks.model.clone())
    }
}

//! A server that speaks Fireworks' protocol over a real socket, without a model.
//!
//! It composes each reply from the received prompt and marks it as simulated. Directives among the words of a
//! question request faults and a pace:
//!
//! | directive | effect |
//! |---|---|
//! | `#fault=http-503` | an error status, with the body that Fireworks sends with it |
//! | `#fault=prompt-too-long`, `string-error`, `plain-text`, `html-gateway` | other error responses |
//! | `#fault=retry-after`, `not-a-stream` | other error responses |
//! | `#fault=model-missing` | 404 for the first model only |
//! | `#fault=error-first`, `error-mid`, `error-empty-choices` | an error under HTTP 200 |
//! | `#fault=cut-first`, `cut`, `reset`, `stall-first`, `stall-mid` | the stream breaks off or stalls |
//! | `#fault=malformed`, `long-event` | a chunk that cannot be parsed, or an oversized one |
//! | `#fault=crlf`, `cr`, `bom`, `comments`, `split`, `no-done` | unusual but acceptable framing |
//! | `#fault=usage-finish`, `usage-extra`, `usage-none`, `reasoning`, `length` | other contents |
//! | `#shape=think-closing` | the shape of another server, see `shapes.rs`; the question is the text |
//! | `#think=3000` | reasons for this many milliseconds before the reply's text |
//! | `#fault=echo` | the reply repeats the question |
//! | `#fault=turns` | the reply is the conversation including the question, as JSON |
//! | `#fault=…*2` | only in the first two tries of this question in its conversation |
//! | `#speed=50` `#first=20` | tokens per second (0: no delay), milliseconds to the first token |
//! | `#summary=fails` | a summary of a conversation that contains this is refused |
//! | `#markdown=200` | a reply of this many tokens of mixed Markdown |
//! | `#tokens=200` `#stamp` | filler words `w0 w1 …`, one per delta; with a timestamp in each |
//! | `#tokens=200` `#prose` | prose of as many deltas, which cites numbers of the prompt |
//!
//! When a request asks to continue a reply, the directives of the original question apply. The reply says
//! that it is a continuation, and filler words continue their numbering.
//!
//! `GET /emitted` returns the number of tokens emitted per conversation.

mod brief;
mod compose;
mod counters;
mod directives;
mod document;
mod handler;
mod playback;
mod prose;
mod refusals;
mod render;
mod shapes;
mod socket;
mod summary;
mod text;
mod voices;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use counters::Counters;
pub use counters::Counts;
use socket::{CountedListener, Tear};

/// Default behaviour, which a question's directives override.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmulatorSettings {
    /// Tokens per second; 0 for no delay.
    pub tokens_per_second: f64,
    /// Milliseconds from the request to the first token.
    pub first_token_ms: u64,
    /// The model that `#fault=model-missing` affects; by default the first model that is requested.
    pub first_model: Option<String>,
}

impl EmulatorSettings {
    /// Returns a pace at which a person can watch the reply arrive.
    pub fn demo() -> Self {
        Self { tokens_per_second: 60.0, first_token_ms: 350, first_model: None }
    }
}

/// A running emulator. Dropping it stops it.
pub struct Emulator {
    base_url: Url,
    state: Arc<State>,
    stop: CancellationToken,
}

/// State shared by all requests.
struct State {
    settings: EmulatorSettings,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    first_model: Option<String>,
    /// Number of tries of each question with counted faults, by a hash of the question.
    attempts: HashMap<u64, u32>,
}

impl Emulator {
    /// Starts serving on a bound socket.
    ///
    /// # Errors
    /// The socket has no address.
    pub async fn start(listener: TcpListener, settings: EmulatorSettings) -> io::Result<Self> {
        let base_url = base_url(listener.local_addr()?)?;
        let stop = CancellationToken::new();
        let state = Arc::new(State {
            settings,
            counters: Arc::new(Counters::default()),
            stopping: Arc::new(AtomicBool::new(false)),
            memory: Mutex::new(Memory::default()),
        });
        let counters = Arc::clone(&state.counters);
        let service = router(Arc::clone(&state)).into_make_service_with_connect_info::<Tear>();
        let server = axum::serve(CountedListener { listener, counters }, service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "emulator stopped");
            }
        });
        Ok(Self { base_url, state, stop })
    }

    /// Starts serving on a free port of the loopback interface.
    ///
    /// # Errors
    /// No port can be bound.
    #[cfg(test)]
    pub async fn on_loopback(settings: EmulatorSettings) -> io::Result<Self> {
        Self::start(TcpListener::bind(("127.0.0.1", 0)).await?, settings).await
    }

    /// Returns the value for `FIREWORKS_BASE_URL`. Its path is Fireworks' own, so that a client sends
    /// Fireworks' fields.
    pub fn base_url(&self) -> Url {
        self.base_url.clone()
    }

    /// Returns the current counts.
    pub fn counts(&self) -> Counts {
        self.state.counters.counts()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::Relaxed);
        self.stop.cancel();
    }
}

/// Runs an emulator in the foreground until `until` completes.
///
/// # Errors
/// The address cannot be bound, for example because it is in use.
pub async fn run(
    address: SocketAddr,
    settings: EmulatorSettings,
    until: impl Future<Output = ()>,
) -> io::Result<()> {
    let emulator = Emulator::start(TcpListener::bind(address).await?, settings).await?;
    tracing::info!(base_url = %emulator.base_url(), "emulator started");
    until.await;
    Ok(())
}

/// Returns the base URL. An emulator on all interfaces is reached through the loopback address.
fn base_url(mut address: SocketAddr) -> io::Result<Url> {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Url::parse(&format!("http://{address}/inference/v1")).map_err(io::Error::other)
}

fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/chat/completions", post(handler::complete))
        .route("/models", get(handler::models))
        .route("/emitted", get(handler::emitted))
        .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
        .with_state(state);
    // The path of other OpenAI-compatible servers.
    Router::new().nest("/inference/v1", api.clone()).nest("/v1", api)
}

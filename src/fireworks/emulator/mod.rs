//! A server that speaks Fireworks' wire protocol over a real socket, without a model behind it.
//!
//! Its replies are composed from the prompt it receives and say that they are simulated. A
//! question may ask for faults and for a pace, by directives among its words:
//!
//! | directive | effect |
//! |---|---|
//! | `#fault=http-503` | any error status, with the body that the service sends with it |
//! | `#fault=prompt-too-long`, `string-error`, `plain-text`, `html-gateway`, `retry-after`, `not-a-stream` | other shapes of refusal |
//! | `#fault=model-missing` | 404 for the first model only |
//! | `#fault=error-first`, `error-mid`, `error-empty-choices` | an error under HTTP 200 |
//! | `#fault=cut-first`, `cut`, `reset`, `stall-first`, `stall-mid` | the stream breaks off or stands still |
//! | `#fault=malformed`, `long-event` | a chunk that cannot be read |
//! | `#fault=crlf`, `cr`, `bom`, `comments`, `split`, `no-done` | odd, but correct or tolerable framing |
//! | `#fault=usage-finish`, `usage-extra`, `usage-none`, `reasoning`, `length` | other contents |
//! | `#shape=think-closing` | the shape of another server, see `shapes.rs`; the text is the question |
//! | `#think=3000` | reasons for so many milliseconds before it answers |
//! | `#fault=echo` | the answer is the question, as it is |
//! | `#fault=turns` | the answer is what was said before and with the question, as JSON |
//! | `#fault=…*2` | only in the first two attempts of this question in its conversation |
//! | `#speed=50` `#first=20` | tokens a second (0: at once), milliseconds to the first token |
//! | `#summary=fails` | a summary of a conversation in which this was said is refused |
//! | `#tokens=200` `#stamp` | filler words `w0 w1 …`, one a delta; with the time in each |
//!
//! Where the rest of an answer is asked for, the directives are those of its question, and the reply
//! says that it goes on; filler words count on.
//!
//! `GET /emitted` tells how many tokens it emitted in each conversation.

mod brief;
mod compose;
mod counters;
mod directives;
mod handler;
mod playback;
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

/// How the emulator behaves where a question does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmulatorSettings {
    /// Tokens a second; 0 for as fast as possible.
    pub tokens_per_second: f64,
    /// Milliseconds from the request to the first token.
    pub first_token_ms: u64,
    /// The model that `#fault=model-missing` is about; by default the first one ever asked for.
    pub first_model: Option<String>,
}

impl EmulatorSettings {
    /// A pace at which a person can watch the answer come.
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

/// What all requests share.
struct State {
    settings: EmulatorSettings,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    first_model: Option<String>,
    /// How often each question with counted faults was tried, by a hash of the question.
    attempts: HashMap<u64, u32>,
}

impl Emulator {
    /// Serves on a socket that is already bound.
    ///
    /// # Errors
    /// Where the socket has no address.
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
                tracing::error!(%error, "the emulator ended");
            }
        });
        Ok(Self { base_url, state, stop })
    }

    /// Serves on a free port of the loopback interface.
    ///
    /// # Errors
    /// Where no port can be bound.
    pub async fn on_loopback(settings: EmulatorSettings) -> io::Result<Self> {
        Self::start(TcpListener::bind(("127.0.0.1", 0)).await?, settings).await
    }

    /// What to set as `FIREWORKS_BASE_URL`. The path is Fireworks' own, by which a client knows
    /// that it may send Fireworks' fields.
    pub fn base_url(&self) -> Url {
        self.base_url.clone()
    }

    /// What was served so far.
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

/// Runs an emulator in the foreground until `until` is ready.
///
/// # Errors
/// Where the address cannot be bound, for instance because it is in use.
pub async fn run(
    address: SocketAddr,
    settings: EmulatorSettings,
    until: impl Future<Output = ()>,
) -> io::Result<()> {
    let emulator = Emulator::start(TcpListener::bind(address).await?, settings).await?;
    tracing::info!(base_url = %emulator.base_url(), "the emulator serves");
    until.await;
    Ok(())
}

/// An emulator on all interfaces is reached by the loopback one.
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
    // The second path is that of any other OpenAI-compatible server.
    Router::new().nest("/inference/v1", api.clone()).nest("/v1", api)
}

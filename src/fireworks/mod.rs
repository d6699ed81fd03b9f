//! The upstream: a client for Fireworks' chat completions, and an emulator of them.
//!
//! The client speaks the OpenAI-compatible protocol that Fireworks documents, and accepts the variants seen
//! in other servers. [`chunk`] reads their shapes, [`sse`] and [`body`] their framing, and [`reasoning`]
//! separates a model's reasoning from its answer text. The emulator listens on a real socket, so that tests
//! run the same code as production.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use csuite::fireworks::{ChatRequest, Client, Event, Message, Role, Settings};
//!
//! let base = url::Url::parse("https://api.fireworks.ai/inference/v1")?;
//! let client = Client::new(Settings::new(base, "accounts/fireworks/models/gpt-oss-120b"))?;
//! let mut reply = client.stream(ChatRequest {
//!     model: None,
//!     messages: vec![Message { role: Role::User, content: "Good morning".into() }],
//!     history: 0,
//!     max_tokens: 2048,
//!     temperature: 0.7,
//!     user: "opaque-member-id".into(),
//!     conversation: "conversation-id".into(),
//! });
//! while let Some(event) = reply.next().await {
//!     if let Event::Delta(text) = event? {
//!         // Each chunk of the reply, in order, exactly once.
//!         drop(text);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod adjustments;
mod advice;
mod body;
mod chunk;
mod client;
mod code;
mod context;
pub mod emulator;
mod event;
mod failure;
#[cfg(test)]
mod fuzz;
mod habits;
mod health;
mod html;
mod lenient;
mod network;
mod overflow;
mod reader;
mod reasoning;
mod refusal;
mod refused;
mod request;
mod retry;
mod settings;
mod sse;
mod stream;
mod surrogates;
mod wire;
mod wording;

#[cfg(test)]
mod tests;

pub use adjustments::{Adjustment, Change, Field};
pub use advice::Advice;
pub use client::{ChatRequest, Client, ClientError, Message, Role};
pub use context::context_tokens;
pub use event::{Event, FinishReason, Usage};
pub use failure::{Failure, FailureKind};
pub use health::{Answered, Failed, Health, Outage, StandIn};
pub use retry::RetryPolicy;
pub use settings::{Dialect, Settings};
pub use stream::ReplyStream;

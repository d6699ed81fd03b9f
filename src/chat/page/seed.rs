//! The data that the server writes into the page for the script to begin with.

use leptos::server::codee::{Decoder, Encoder};

use super::super::model::{ChatView, Status};
use crate::error::AppError;

/// What the server function answers with.
type Loaded = Result<ChatView, AppError>;

/// The chat's data as JSON without the HTML of answers that have ended: it stands in the page already,
/// and hydration leaves it there. So a long conversation travels once, not twice.
#[derive(Clone, Copy, Debug)]
pub struct Seed;

impl Encoder<Loaded> for Seed {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(loaded: &Loaded) -> Result<String, serde_json::Error> {
        serde_json::to_string(&loaded.as_ref().map(lean))
    }
}

impl Decoder<Loaded> for Seed {
    type Error = serde_json::Error;
    type Encoded = str;

    /// From bytes, as server functions decode their answers: another kind of input would be a second
    /// decoder of the same types in the browser half.
    fn decode(seed: &str) -> Result<Loaded, serde_json::Error> {
        serde_json::from_slice(seed.as_bytes())
    }
}

fn lean(view: &ChatView) -> ChatView {
    let mut view = view.clone();
    // A running answer keeps what it has: its stream goes on behind those blocks.
    for message in view.messages.iter_mut().filter(|m| m.status != Status::Streaming) {
        message.blocks = Vec::new();
    }
    view
}

//! Handles requests for a completion.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Shared};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::{Deserialize, Serialize};

use super::State;
use super::brief::Brief;
use super::compose::{compose, compose_rest, hash};
use super::directives::{Directives, FaultKind, Refusal, StreamFault, plan};
use super::document::document;
use super::playback::{Playback, Score};
use super::prose;
use super::refusals::error;
use super::render::Renderer;
use super::shapes::Asked;
use super::socket::Tear;
use super::summary;
use super::text::Text;

/// The fields of a request that the emulator uses.
#[derive(Debug, Deserialize)]
struct Completion {
    model: String,
    messages: Vec<Said>,
    #[serde(default)]
    stream: bool,
    max_tokens: Option<u64>,
    #[serde(default)]
    user: String,
    #[serde(default)]
    prompt_cache_key: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Said {
    role: String,
    content: String,
}

/// A request that contains this phrase asks to continue the previous reply.
const GO_ON: &str = "Go on exactly where";

impl Completion {
    /// Returns the question, and the partial reply if the request asks to continue it.
    fn asked(&self) -> (&str, Option<&str>) {
        match self.messages.as_slice() {
            [.., question, partial, last]
                if question.role == "user"
                    && partial.role == "assistant"
                    && last.content.contains(GO_ON) =>
            {
                (&question.content, Some(&partial.content))
            }
            all => {
                let question = all.iter().rfind(|said| said.role == "user");
                (question.map_or("", |said| said.content.as_str()), None)
            }
        }
    }

    /// Returns the number of content bytes in messages of these roles.
    fn bytes(&self, role: fn(&Said) -> bool) -> u64 {
        self.messages.iter().filter(|said| role(said)).map(|said| said.content.len() as u64).sum()
    }

    fn max_tokens(&self) -> u64 {
        self.max_tokens.unwrap_or(2048)
    }

    fn is_for_a_summary(&self) -> bool {
        let first = self.messages.first().filter(|said| said.role == "system");
        first.is_some_and(|said| summary::is_asked(&said.content))
    }

    /// Returns all messages except the instructions, as JSON.
    fn turns(&self) -> String {
        let turns: Vec<_> = self.messages.iter().filter(|said| said.role != "system").collect();
        serde_json::to_string(&turns).unwrap_or_default()
    }
}

/// Maximum number of questions with counted faults that are remembered.
const REMEMBERED: usize = 10_000;

/// Handles `POST /chat/completions`.
pub(super) async fn complete(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(tear): ConnectInfo<Tear>,
    body: Bytes,
) -> Response {
    state.counters.requests.add(1);
    let completion: Completion = match serde_json::from_slice(&body) {
        Ok(completion) => completion,
        Err(reason) => return error(400, "BAD_REQUEST", &reason.to_string()),
    };
    if !completion.stream {
        return error(400, "BAD_REQUEST", "The emulator only streams");
    }
    let asked = completion.asked().0;
    let directives = match completion.is_for_a_summary() {
        true => summary::directives(asked),
        false => Directives::parse(asked),
    };
    match state.faults(&completion, &directives) {
        Ok(faults) => {
            if let Some(shape) = directives.shape {
                return shape.respond(&Asked {
                    text: &directives.question,
                    prompt_tokens: completion.bytes(|_| true) / 4,
                    max_tokens: completion.max_tokens(),
                });
            }
            let score = state.score(&completion, directives, faults);
            stream(&state, score, tear)
        }
        Err(refusal) => refusal.respond(),
    }
}

/// Handles `GET /models`.
pub(super) async fn models() -> Response {
    let list = r#"{"object":"list","data":[{"id":"accounts/fireworks/models/gpt-oss-120b","object":"model","owned_by":"fireworks","created":0,"kind":"HF_BASE_MODEL","supports_chat":true,"context_length":131072},{"id":"accounts/fireworks/models/glm-5p3-flash"}]}"#;
    ([(CONTENT_TYPE, "application/json")], list).into_response()
}

/// Handles `GET /emitted`: returns the tokens per conversation emitted by replies that ended since the last
/// such request. Real servers do not have this endpoint; it is for checks of what was charged.
pub(super) async fn emitted(Shared(state): Shared<Arc<State>>) -> Response {
    axum::Json(state.counters.take_emitted()).into_response()
}

fn stream(state: &State, score: Score, tear: Tear) -> Response {
    let counters = Arc::clone(&state.counters);
    let playback = Playback::new(score, counters, Arc::clone(&state.stopping), tear);
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(playback)).into_response()
}

impl State {
    /// Returns the faults of this request.
    fn faults(
        &self,
        completion: &Completion,
        directives: &Directives,
    ) -> Result<Vec<StreamFault>, Refusal> {
        if completion.is_for_a_summary() && directives.summary_fails {
            return Err(Refusal::Http(400));
        }
        let first_model = self.is_first_model(&completion.model);
        let faults = &directives.faults;
        let missing = FaultKind::Refusal(Refusal::ModelMissing);
        if first_model && faults.iter().any(|fault| fault.kind == missing) {
            return Err(Refusal::ModelMissing);
        }
        let counted = faults.iter().any(|fault| fault.count.is_some());
        let attempt = if counted { self.attempt(completion, directives) } else { 0 };
        plan(faults, attempt)
    }

    fn is_first_model(&self, model: &str) -> bool {
        if let Some(first) = &self.settings.first_model {
            return first == model;
        }
        let mut memory = self.memory();
        memory.first_model.get_or_insert_with(|| model.to_owned()) == model
    }

    /// Counts the tries of one question in its conversation, from 0.
    fn attempt(&self, completion: &Completion, directives: &Directives) -> u32 {
        let Completion { prompt_cache_key, user, .. } = completion;
        let faults = &directives.faults;
        let key = hash(&format!("{prompt_cache_key}\0{user}\0{}\0{faults:?}", directives.question));
        let mut memory = self.memory();
        if memory.attempts.len() >= REMEMBERED {
            memory.attempts.clear();
        }
        let count = memory.attempts.entry(key).or_insert(0);
        let attempt = *count;
        *count += 1;
        attempt
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, super::Memory> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn score(
        &self,
        completion: &Completion,
        directives: Directives,
        faults: Vec<StreamFault>,
    ) -> Score {
        let has = |fault| faults.contains(&fault);
        let newline = if has(StreamFault::Crlf) {
            "\r\n"
        } else if has(StreamFault::Cr) {
            "\r"
        } else {
            "\n"
        };
        let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let id = format!("emulated-{}", self.counters.counts().requests);
        let has_history = completion.messages.iter().any(|said| said.role == "assistant");
        // Simulates a cache that holds the instructions after the first turn of a conversation.
        let cached =
            if has_history { completion.bytes(|said| said.role == "system") / 4 } else { 0 };
        let settings = &self.settings;
        let speed = directives.tokens_per_second.unwrap_or(settings.tokens_per_second);
        let first = Duration::from_millis(settings.first_token_ms);
        Score {
            conversation: completion.prompt_cache_key.clone(),
            renderer: Renderer::new(&id, &completion.model, created, newline),
            prompt_tokens: completion.bytes(|_| true) / 4,
            cached_tokens: cached,
            max_tokens: completion.max_tokens(),
            thinking: directives.thinking.unwrap_or_default(),
            tokens_per_second: speed,
            first_token: directives.first_token.unwrap_or(first),
            text: text(completion, directives, &faults),
            faults,
        }
    }
}

fn text(completion: &Completion, directives: Directives, faults: &[StreamFault]) -> Text {
    let Directives { tokens, markdown, stamp, prose, question, .. } = directives;
    if completion.is_for_a_summary() {
        return Text::words(summary::compose(&question));
    }
    let (_, partial) = completion.asked();
    if let Some(count) = tokens.filter(|_| !prose) {
        // A continuation continues the numbering.
        let from = partial.map_or(0, |partial| partial.split_whitespace().count() as u64);
        return Text::Filler { from, count, stamp };
    }
    if let Some(count) = markdown {
        let count = count.min(completion.max_tokens());
        return Text::first_words(document(count), count);
    }
    if faults.contains(&StreamFault::Echo) {
        return Text::words(question);
    }
    if faults.contains(&StreamFault::Turns) {
        return Text::words(completion.turns());
    }
    let system = completion.messages.iter().filter(|said| said.role == "system");
    let brief = Brief::read(system.map(|said| said.content.as_str()), question);
    if let Some(count) = tokens {
        return prose::compose(&brief, count.min(completion.max_tokens()));
    }
    let mut text = match partial {
        None => compose(&brief),
        Some(partial) => compose_rest(&brief, partial),
    };
    if faults.contains(&StreamFault::Split) {
        // Characters of two, three and four bytes, to be split over packets.
        text.push_str("\nGrüße, 你好 und 🥐🧈 vom Emulator.\n");
    }
    Text::words(text)
}

//! An upstream that sends prepared replies and keeps the prompts that it received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::response::Response;
use serde_json::{Value, json};

use crate::upstream::{Server, events};

pub struct Upstream {
    server: Server,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Upstream {
    pub async fn start() -> Self {
        let answers = Arc::new(Mutex::new(VecDeque::<String>::new()));
        let next = Arc::clone(&answers);
        let server = Server::start(move |_, _| {
            let answer = next.lock().unwrap().pop_front();
            complete(&answer.unwrap_or_else(|| "Well.".to_owned()))
        })
        .await;
        Self { server, answers }
    }

    /// Returns the URL for `FIREWORKS_BASE_URL`.
    pub fn url(&self) -> &str {
        self.server.base.as_str()
    }

    /// Queues a reply.
    pub fn will_say(&self, answer: &str) {
        self.answers.lock().unwrap().push_back(answer.to_owned());
    }

    /// Returns the system message of the newest request.
    pub fn newest_prompt(&self) -> String {
        let request = self.server.bodies().pop().unwrap();
        request["messages"][0]["content"].as_str().unwrap().to_owned()
    }
}

fn complete(answer: &str) -> Response {
    let characters: Vec<char> = answer.chars().collect();
    // A chunk can end anywhere, also within an id or a number.
    let mut chunks: Vec<Value> = characters
        .chunks(7)
        .map(|part| {
            let text: String = part.iter().collect();
            json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
        })
        .collect();
    chunks.push(json!({
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 100 },
    }));
    events(chunks)
}

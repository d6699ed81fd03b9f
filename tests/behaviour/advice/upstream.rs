//! An upstream that sends prepared replies and keeps the prompts that it received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub struct Upstream {
    answers: Arc<Mutex<VecDeque<String>>>,
    prompts: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// Listens on a free port. Returns the URL for `FIREWORKS_BASE_URL`.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            Router::new().route("/chat/completions", post(complete)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    /// Queues a reply.
    pub fn will_say(&self, answer: &str) {
        self.answers.lock().unwrap().push_back(answer.to_owned());
    }

    /// Returns the system message of the newest request.
    pub fn newest_prompt(&self) -> String {
        self.prompts.lock().unwrap().last().unwrap().clone()
    }
}

async fn complete(State(upstream): State<Upstream>, Json(request): Json<Value>) -> Response {
    let system = request["messages"][0]["content"].as_str().unwrap().to_owned();
    upstream.prompts.lock().unwrap().push(system);
    let answer = upstream.answers.lock().unwrap().pop_front().unwrap_or_else(|| "Well.".to_owned());
    let mut body = String::new();
    let characters: Vec<char> = answer.chars().collect();
    // A chunk can end anywhere, also within an id or a number.
    for piece in characters.chunks(7) {
        let text: String = piece.iter().collect();
        let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
        body.push_str(&format!("data: {chunk}\n\n"));
    }
    let end = json!({
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 100 },
    });
    body.push_str(&format!("data: {end}\n\ndata: [DONE]\n\n"));
    ([("content-type", "text/event-stream")], body).into_response()
}

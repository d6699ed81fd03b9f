//! Classifies errors by the wording of many servers, for when neither the status nor the code is conclusive.

use super::html;
use super::wire::UpstreamError;

const CONTEXT: [&str; 13] = [
    "prompt is too long",
    "context length",
    "context window",
    "context_length_exceeded",
    // llama.cpp
    "available context size",
    "exceed_context_size",
    // Text Generation Inference
    "`max_new_tokens` must be",
    // Gemini
    "input token count",
    "maximum number of tokens allowed",
    // Anthropic, Groq, LM Studio
    "exceed context limit",
    "reduce the length of the messages",
    "when context the overflows",
    "tokens to keep from the initial prompt",
];

const MODEL: [&str; 6] = [
    "invalid model name",
    "not a valid model",
    "model_not_found",
    "model not found",
    "model does not exist",
    "no such model",
];

const KEY: [&str; 5] = [
    "invalid_api_key",
    "api key not valid",
    "invalid api key",
    // LiteLLM looks up an unknown key in a database, which may not be configured.
    "no connected db",
    "incorrect api key",
];

const CREDIT: [&str; 9] = [
    "insufficient_quota",
    "billing_not_active",
    "billing_hard_limit_reached",
    "insufficient balance",
    "insufficient credit",
    "credit balance is too low",
    "insufficient_balance",
    "requires more credits",
    "exceeded your monthly",
];

const LOADING: [&str; 9] = [
    "loading model",
    "currently loading",
    "model is loading",
    "still loading",
    "being loaded",
    "scaling up",
    "scaling_up",
    "warming up",
    "cold start",
];

const BLOCKED: [&str; 6] = [
    "rbac: access denied",
    "error code: 10",
    "unsupported_country",
    "not available in your country",
    "country, region, or territory not supported",
    "blocked by",
];

const ADDRESS: [&str; 4] = ["invalid url", "page not found", "no route", "cannot post"];

const PLAIN_HTTP: [&str; 2] =
    ["plain http request was sent to https port", "sent an http request to an https server"];

impl UpstreamError {
    /// Returns whether the prompt exceeds the context.
    pub fn is_about_context(&self) -> bool {
        // The name of a request field that a server may refuse contains a phrase of `CONTEXT`.
        let said = self.said().replace("context_length_exceeded_behavior", "");
        CONTEXT.iter().any(|words| said.contains(words))
    }

    /// Returns whether the model is unknown. Not every server uses a distinct status for this.
    pub fn is_about_model(&self) -> bool {
        self.says(&MODEL)
    }

    /// Returns whether the key was refused. Not every server uses a distinct status for this.
    pub fn is_about_key(&self) -> bool {
        self.says(&KEY)
    }

    /// Returns whether the account is out of credit. Retrying does not help.
    pub fn is_about_credit(&self) -> bool {
        self.says(&CREDIT)
    }

    /// Returns whether the model is still loading.
    pub fn is_loading(&self) -> bool {
        self.says(&LOADING)
    }

    /// Returns whether a gateway or policy refused the request regardless of its key.
    pub fn is_blocked(&self) -> bool {
        self.says(&BLOCKED)
    }

    /// Returns whether the path does not exist on the server.
    pub fn is_about_address(&self) -> bool {
        let nothing_more =
            self.code.is_none() && self.message.trim().eq_ignore_ascii_case("not found");
        self.is_page() || nothing_more || self.says(&ADDRESS)
    }

    /// Returns whether the server requires TLS.
    pub fn wants_tls(&self) -> bool {
        self.says(&PLAIN_HTTP)
    }

    /// Returns whether the response was a web page instead of JSON.
    pub fn is_page(&self) -> bool {
        html::is_page(&self.message)
    }

    fn says(&self, wordings: &[&str]) -> bool {
        let said = self.said();
        wordings.iter().any(|words| said.contains(words))
    }

    fn said(&self) -> String {
        let code = self.code.as_deref().unwrap_or_default();
        format!("{code} {}", self.message).to_ascii_lowercase()
    }
}

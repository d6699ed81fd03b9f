//! The plain JavaScript files of the pages. They are part of the program, so that a page and its scripts are
//! always of one version; their addresses carry a hash of their content.

use std::sync::LazyLock;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use sha2::{Digest, Sha256};

/// One file.
pub struct Script {
    path: &'static str,
    content: &'static str,
    address: LazyLock<String>,
}

/// Drafts of forms, on plain pages.
pub static DRAFTS: Script = Script {
    path: "/scripts/drafts.js",
    content: include_str!("scripts/drafts.js"),
    address: LazyLock::new(|| DRAFTS.hashed()),
};

/// Drafts, the live connection and the queue of questions, on the chat page.
pub static CHAT: Script = Script {
    path: "/scripts/chat.js",
    content: concat!(
        include_str!("scripts/drafts.js"),
        include_str!("scripts/live.js"),
        include_str!("scripts/queue.js")
    ),
    address: LazyLock::new(|| CHAT.hashed()),
};

/// The browser's one connection, as a worker.
pub static HUB: Script = Script {
    path: "/scripts/hub.js",
    content: include_str!("scripts/hub.js"),
    address: LazyLock::new(|| HUB.hashed()),
};

impl Script {
    /// The path with a hash of the content.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn hashed(&self) -> String {
        let digest = Sha256::digest(self.content);
        format!("{}?v={}", self.path, hex::encode(&digest[..8]))
    }

    fn response(&'static self) -> impl IntoResponse {
        // As a worker the hub is bound by the policy that it comes with.
        let headers = [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
        ];
        (headers, self.content)
    }
}

/// Serves the files.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    [&DRAFTS, &CHAT, &HUB].into_iter().fold(Router::new(), |router, script| {
        router.route(script.path, get(move || async { script.response() }))
    })
}

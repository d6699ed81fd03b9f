//! The plain JavaScript files of the pages. They are embedded in the program, so that pages and scripts
//! always have the same version. Their URLs contain a hash of their content.

use std::sync::LazyLock;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use sha2::{Digest, Sha256};

pub struct Script {
    path: &'static str,
    content: &'static str,
    address: LazyLock<String>,
}

/// Drafts of forms, for plain pages.
pub static DRAFTS: Script = Script {
    path: "/scripts/drafts.js",
    content: include_str!("scripts/drafts.js"),
    address: LazyLock::new(|| DRAFTS.hashed()),
};

/// Values of charts on hover and by keyboard, for plain pages.
pub static CHART: Script = Script {
    path: "/scripts/chart.js",
    content: include_str!("scripts/chart.js"),
    address: LazyLock::new(|| CHART.hashed()),
};

/// The work that a sign-up form asks for.
pub static WORK: Script = Script {
    path: "/scripts/work.js",
    content: include_str!("scripts/work.js"),
    address: LazyLock::new(|| WORK.hashed()),
};

/// Drafts, the live connection, the question queue, the cards of sources and the reader's place, for the chat page.
pub static CHAT: Script = Script {
    path: "/scripts/chat.js",
    content: concat!(
        include_str!("scripts/drafts.js"),
        include_str!("scripts/live.js"),
        include_str!("scripts/queue.js"),
        include_str!("scripts/cards.js"),
        include_str!("scripts/place.js")
    ),
    address: LazyLock::new(|| CHAT.hashed()),
};

/// The worker that holds the browser's single feed connection.
pub static HUB: Script = Script {
    path: "/scripts/hub.js",
    content: include_str!("scripts/hub.js"),
    address: LazyLock::new(|| HUB.hashed()),
};

impl Script {
    /// Returns the URL with the content hash.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn hashed(&self) -> String {
        let digest = Sha256::digest(self.content);
        format!("{}?v={}", self.path, hex::encode(&digest[..8]))
    }

    fn response(&'static self) -> impl IntoResponse {
        // A worker runs under the policy of its own response, so the hub needs this header.
        let headers = [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
            ),
        ];
        (headers, self.content)
    }
}

/// Serves the scripts.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    [&DRAFTS, &CHART, &WORK, &CHAT, &HUB].into_iter().fold(Router::new(), |router, script| {
        router.route(script.path, get(move || async { script.response() }))
    })
}

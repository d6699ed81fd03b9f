//! The request being answered: its id, for error bodies, and its member, for its log lines.

use tokio::task_local;
use tracing::{Span, field::display};

struct Current {
    id: String,
    span: Span,
}

task_local! {
    static CURRENT: Current;
}

/// Runs `future` with `id` as the current request's id, and with the current span as the request's.
pub async fn scope<F: Future>(id: String, future: F) -> F::Output {
    CURRENT.scope(Current { id, span: Span::current() }, future).await
}

/// The current request's id; empty outside a request.
pub fn current() -> String {
    CURRENT.try_with(|current| current.id.clone()).unwrap_or_default()
}

/// Puts the member into the current request's span.
pub fn note_member(tenant_id: &str, account_id: &str) {
    let _ = CURRENT.try_with(|current| {
        current.span.record("tenant.id", display(tenant_id));
        current.span.record("account.id", display(account_id));
    });
}

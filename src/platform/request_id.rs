//! Task-local state of the current request: its id for error bodies, and its span, which carries the member into log
//! lines.

use tokio::task_local;
use tracing::{Span, field::display};

struct Current {
    id: String,
    span: Span,
}

task_local! {
    static CURRENT: Current;
}

/// Runs `future` with `id` as the current request's id and the current span as the request's span.
pub async fn scope<F: Future>(id: String, future: F) -> F::Output {
    CURRENT.scope(Current { id, span: Span::current() }, future).await
}

/// Returns the current request's id, or an empty string outside a request.
pub fn current() -> String {
    CURRENT.try_with(|current| current.id.clone()).unwrap_or_default()
}

/// Records the member's tenant and account in the current request's span. Has no effect outside a request.
pub fn note_member(tenant_id: &str, account_id: &str) {
    let _ = CURRENT.try_with(|current| {
        current.span.record("tenant.id", display(tenant_id));
        current.span.record("account.id", display(account_id));
    });
}

//! The id of the request being answered, for error bodies and logs.

use tokio::task_local;

task_local! {
    static CURRENT: String;
}

/// Runs `future` with `id` as the current request's id.
pub async fn scope<F: Future>(id: String, future: F) -> F::Output {
    CURRENT.scope(id, future).await
}

/// The current request's id; empty outside a request.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

//! The request being answered: its id, for error bodies and logs, and the tenant it turned out to be
//! for.

use std::cell::RefCell;

use tokio::task_local;

struct Current {
    id: String,
    tenant: RefCell<Option<String>>,
}

task_local! {
    static CURRENT: Current;
}

/// Runs `future` with `id` as the current request's id; returns with its output the tenant that was
/// noted on the way.
pub async fn scope<F: Future>(id: String, future: F) -> (F::Output, Option<String>) {
    CURRENT
        .scope(Current { id, tenant: RefCell::default() }, async {
            let output = future.await;
            let tenant = CURRENT.with(|current| current.tenant.take());
            (output, tenant)
        })
        .await
}

/// The current request's id; empty outside a request.
pub fn current() -> String {
    CURRENT.try_with(|current| current.id.clone()).unwrap_or_default()
}

/// Remembers whom the current request is for, for its log line.
pub fn note_tenant(tenant_id: &str) {
    let _ = CURRENT.try_with(|current| {
        *current.tenant.borrow_mut() = Some(tenant_id.to_owned());
    });
}

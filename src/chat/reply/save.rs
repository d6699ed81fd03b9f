//! Saves running replies a few times a second, several in one transaction.
//!
//! A transaction for each reply would flush the disk for each. One for all of them would keep new questions waiting
//! while it writes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::engine::{Inner, Reply};
use crate::chat::store::{self, Growth};

/// A crash may lose the text of the last 250 ms: what arrived since the last save and while it was written.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// Replies that are saved in one transaction.
const REPLIES_A_SAVE: usize = 16;

/// Saves until the engine is dropped.
pub(super) async fn keep_saving(engine: Weak<Inner>) {
    let mut ticks = tokio::time::interval(SAVE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(inner) = engine.upgrade() else { return };
        save(&inner).await;
    }
}

async fn save(inner: &Inner) {
    for replies in inner.replies().chunks(REPLIES_A_SAVE) {
        save_some(inner, replies).await;
    }
}

async fn save_some(inner: &Inner, replies: &[Arc<Reply>]) {
    let grown: Vec<_> = replies
        .iter()
        .map(|reply| {
            let unsaved = reply.log.since(reply.saved.load(Ordering::Acquire));
            (reply, unsaved)
        })
        .filter(|(_, unsaved)| !unsaved.text.is_empty())
        .collect();
    if grown.is_empty() {
        return;
    }
    let growths = grown
        .iter()
        .map(|(reply, unsaved)| Growth {
            tenant_id: reply.meta.tenant_id.clone(),
            message_id: reply.meta.message_id.clone(),
            unsaved: unsaved.clone(),
        })
        .collect();
    match store::append_text(&inner.db, growths).await {
        Ok(()) => {
            for (reply, unsaved) in grown {
                reply.saved.store(unsaved.saved, Ordering::Release);
            }
        }
        // The text remains in the logs for the next save.
        Err(error) => tracing::warn!(error.cause = %error, "running replies not saved"),
    }
}

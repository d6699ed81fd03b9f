//! Notifies a member's open pages of changes in the member's conversations.
//!
//! A notice is a hint and is not stored: a page that was disconnected reloads the conversation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::Reply;
use crate::chat::model::Proposal;

/// Notices that a slow subscriber may fall behind by before its subscription ends.
const BACKLOG: usize = 32;

/// A change in a member's conversations.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A reply has started.
    Started(Arc<Reply>),
    /// A conversation was deleted, with all its messages.
    Deleted { conversation_id: String },
    /// A conversation has another title.
    Renamed { conversation_id: String, title: String },
    /// An ended reply has another proposal, or none any more.
    Proposed { reply_id: String, proposal: Option<Box<Proposal>> },
}

/// The ids of the tenant and the account.
type Key = (String, String);

/// The subscriptions of members with an open page. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<HashMap<Key, broadcast::Sender<Notice>>>>);

impl Notices {
    /// Subscribes to later notices of one member.
    pub fn subscribe(&self, tenant_id: &str, account_id: &str) -> Subscription {
        let key = (tenant_id.to_owned(), account_id.to_owned());
        let mut members = self.lock();
        let sender = members.entry(key.clone()).or_insert_with(|| broadcast::Sender::new(BACKLOG));
        let receiver = Some(sender.subscribe());
        Subscription { notices: self.clone(), key, receiver }
    }

    /// Sends a notice to the member's subscribers, if there are any.
    pub fn publish(&self, tenant_id: &str, account_id: &str, notice: Notice) {
        let members = self.lock();
        if let Some(sender) = members.get(&(tenant_id.to_owned(), account_id.to_owned())) {
            // Sending fails if the member's last page closes at this moment, which then needs no
            // notice.
            let _ = sender.send(notice);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, broadcast::Sender<Notice>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subscription of one page. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    notices: Notices,
    key: Key,
    receiver: Option<broadcast::Receiver<Notice>>,
}

impl Subscription {
    /// Returns the next notice, `None` once the subscriber has fallen behind. Cancel-safe.
    pub async fn next(&mut self) -> Option<Notice> {
        self.receiver.as_mut()?.recv().await.ok()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.receiver = None;
        let mut members = self.notices.lock();
        if members.get(&self.key).is_some_and(|sender| sender.receiver_count() == 0) {
            members.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn deleted(id: &str) -> Notice {
        Notice::Deleted { conversation_id: id.to_owned() }
    }

    #[tokio::test]
    async fn a_notice_reaches_every_page_of_its_member_and_nobody_else() {
        let notices = Notices::default();
        let mut pages = [notices.subscribe("t", "a"), notices.subscribe("t", "a")];
        let mut colleague = notices.subscribe("t", "b");
        notices.publish("t", "a", deleted("c"));
        notices.publish("t", "b", deleted("d"));
        for page in &mut pages {
            assert!(
                matches!(page.next().await, Some(Notice::Deleted { conversation_id }) if conversation_id == "c")
            );
        }
        assert!(
            matches!(colleague.next().await, Some(Notice::Deleted { conversation_id }) if conversation_id == "d")
        );
    }

    #[tokio::test]
    async fn nothing_is_kept_for_members_without_a_page() {
        let notices = Notices::default();
        notices.publish("t", "a", deleted("c"));
        let (first, second) = (notices.subscribe("t", "a"), notices.subscribe("t", "a"));
        drop(first);
        assert_eq!(notices.lock().len(), 1);
        drop(second);
        assert_eq!(notices.lock().len(), 0);
    }

    #[tokio::test]
    async fn a_lagging_subscriber_is_disconnected() {
        let notices = Notices::default();
        let mut page = notices.subscribe("t", "a");
        for _ in 0..=BACKLOG {
            notices.publish("t", "a", deleted("c"));
        }
        assert!(page.next().await.is_none());
    }
}

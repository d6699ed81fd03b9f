//! What an administrator should know about the upstream, gathered from the replies themselves.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::{Failure, FailureKind};

/// Remembers models that are not served, and trouble with the account.
#[derive(Default)]
pub(super) struct Health {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    missing: HashMap<String, Missing>,
    /// The last refusal of the key or the account, until a reply succeeds.
    account: Option<Failure>,
}

struct Missing {
    until: Instant,
    answered_by: String,
}

impl Health {
    /// Remembers that `model` answered 404 and `answered_by` took its place.
    pub fn model_is_missing(&self, model: &str, answered_by: &str, memory: Duration) {
        let entry = Missing { until: Instant::now() + memory, answered_by: answered_by.to_owned() };
        let known = self.lock().missing.insert(model.to_owned(), entry).is_some();
        if !known {
            tracing::warn!(model, answered_by, "the model is not served; the fallback answers");
        }
    }

    /// Whether `model` answered 404 lately. The entry stays after its time, so that a model which
    /// is still missing when it is tried again is not announced in the log a second time.
    pub fn is_missing(&self, model: &str) -> bool {
        let inner = self.lock();
        inner.missing.get(model).is_some_and(|missing| missing.until > Instant::now())
    }

    /// A reply began: the account is in order, and its model is served.
    pub fn answered(&self, model: &str) {
        let mut inner = self.lock();
        inner.account = None;
        if inner.missing.remove(model).is_some() {
            tracing::info!(model, "the model is served again");
        }
    }

    /// A request failed; kept where an administrator must act.
    pub fn failed(&self, failure: &Failure) {
        if matches!(failure.kind, FailureKind::KeyRefused | FailureKind::Suspended) {
            self.lock().account = Some(failure.clone());
        }
    }

    /// One text for the admin page, or `None` where all is well.
    pub fn notice(&self) -> Option<String> {
        let inner = self.lock();
        let account = inner.account.as_ref().map(|failure| match failure.kind {
            FailureKind::KeyRefused => format!("API key refused: {}", failure.detail),
            _ => format!("Account not in order: {}", failure.detail),
        });
        let models = inner.missing.iter().map(|(model, missing)| {
            format!("The model {model} is not served; {} answers instead.", missing.answered_by)
        });
        let mut lines: Vec<_> = account.into_iter().chain(models).collect();
        lines.sort();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Plain data is behind the lock: a panic elsewhere cannot have left it half-written.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_is_passed_over_for_its_time_and_noticed_until_it_answers() {
        let health = Health::default();
        health.model_is_missing("old", "new", Duration::from_secs(60));
        assert!(health.is_missing("old"));
        assert!(!health.is_missing("new"));
        assert!(health.notice().is_some_and(|notice| notice.contains("old")));

        health.model_is_missing("old", "new", Duration::ZERO);
        assert!(!health.is_missing("old"));
        assert!(health.notice().is_some());

        health.answered("old");
        assert_eq!(health.notice(), None);
    }

    #[test]
    fn a_refused_key_is_noticed_until_a_reply_begins() {
        let health = Health::default();
        health.failed(&Failure::new(FailureKind::Busy, "later"));
        assert_eq!(health.notice(), None);
        health.failed(&Failure::new(FailureKind::KeyRefused, "no such key"));
        assert_eq!(health.notice().as_deref(), Some("API key refused: no such key"));
        health.answered("any");
        assert_eq!(health.notice(), None);
    }
}

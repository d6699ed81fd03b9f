//! What an administrator should know about the upstream, gathered from the replies themselves.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::{Failure, FailureKind};

/// Remembers models that are not served, and trouble with the key or the account.
#[derive(Default)]
pub(super) struct Health {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    missing: HashMap<String, Missing>,
    /// The last refusal that holds for every question, until a reply succeeds.
    refusal: Option<Failure>,
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

    /// A reply began: nothing is refused any more, and its model is served.
    pub fn answered(&self, model: &str) {
        let mut inner = self.lock();
        inner.refusal = None;
        if inner.missing.remove(model).is_some() {
            tracing::info!(model, "the model is served again");
        }
    }

    /// A request failed; kept where an administrator must act.
    pub fn failed(&self, failure: &Failure) {
        if what_to_do(failure.kind).is_some() {
            self.lock().refusal = Some(failure.clone());
        }
    }

    /// What is wrong and what to do about it, each thing for itself; empty where all is well.
    pub fn notices(&self) -> Vec<String> {
        let inner = self.lock();
        let refusal = inner.refusal.as_ref().and_then(|failure| {
            let what_to_do = what_to_do(failure.kind)?;
            Some(format!("{what_to_do} The provider says: {}", failure.detail))
        });
        let mut models: Vec<_> = inner
            .missing
            .iter()
            .map(|(model, missing)| {
                format!("The model {model} is not served; {} answers instead.", missing.answered_by)
            })
            .collect();
        models.sort();
        refusal.into_iter().chain(models).collect()
    }

    /// Plain data is behind the lock: a panic elsewhere cannot have left it half-written.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an administrator must do before any question can be answered; none where it passes by itself
/// or lies in the question.
fn what_to_do(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::KeyRefused => {
            Some("The API key is refused. Set a valid one in FIREWORKS_API_KEY.")
        }
        FailureKind::Suspended => {
            Some("The account is suspended or out of credit. Settle it with the provider.")
        }
        FailureKind::ModelMissing => Some(
            "No model is served. Check FIREWORKS_MODEL, FIREWORKS_FALLBACK_MODEL and FIREWORKS_BASE_URL.",
        ),
        _ => None,
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
        assert!(health.notices().concat().contains("The model old is not served; new answers"));

        health.model_is_missing("old", "new", Duration::ZERO);
        assert!(!health.is_missing("old"));
        assert_eq!(health.notices().len(), 1);

        health.answered("old");
        assert!(health.notices().is_empty());
    }

    #[test]
    fn what_an_administrator_must_mend_is_noticed_until_a_reply_begins() {
        let health = Health::default();
        health.failed(&Failure::new(FailureKind::Busy, "later"));
        assert!(health.notices().is_empty(), "what passes by itself");
        for (kind, name) in [
            (FailureKind::KeyRefused, "FIREWORKS_API_KEY"),
            (FailureKind::Suspended, "the provider"),
            (FailureKind::ModelMissing, "FIREWORKS_MODEL"),
        ] {
            health.failed(&Failure::new(kind, "their words"));
            let notice = health.notices().concat();
            assert!(notice.contains(name) && notice.ends_with("their words"), "{notice}");
            health.answered("any");
            assert!(health.notices().is_empty());
        }
    }
}

//! The state of the upstream as observed from replies, for operators.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::advice::Advice;
use super::failure::{Failure, FailureKind};

/// Number of failures kept.
const MOST_FAILURES: usize = 20;
/// Number of missing models kept. The bound is needed because advisers may name their own models.
const MOST_MISSING: usize = 64;

/// The state of the upstream as of the latest requests of this process.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// The failure that keeps replies from starting; cleared when a reply starts.
    pub outage: Option<Outage>,
    /// Models that are not served, and their replacements, by name.
    pub stand_ins: Vec<StandIn>,
    /// The latest reply that started.
    pub last_answer: Option<Answered>,
    /// Newest first.
    pub failures: Vec<Failed>,
}

/// A failure that persists until an operator acts.
#[derive(Clone, Debug)]
pub struct Outage {
    /// The cause, and what to do.
    pub advice: Advice,
    /// The message of the upstream or the network.
    pub said: String,
    /// Time of the first request that failed this way.
    pub since: OffsetDateTime,
}

/// A model that is not served, and the model that replies instead.
#[derive(Clone, Debug)]
pub struct StandIn {
    pub model: String,
    pub answered_by: String,
}

/// A reply that started.
#[derive(Clone, Debug)]
pub struct Answered {
    pub model: String,
    /// When the first token arrived.
    pub at: OffsetDateTime,
}

/// A request that led to no reply.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The model of the first try.
    pub model: String,
    /// The class of the failure and the upstream's message.
    pub failure: Failure,
    /// When the last try failed.
    pub at: OffsetDateTime,
}

impl Health {
    /// Returns one or two sentences per problem, without upstream text. Empty if there is none.
    pub fn notices(&self) -> Vec<String> {
        let outage =
            self.outage.iter().map(|it| format!("{} {}", it.advice.cause, it.advice.what_to_do));
        let stand_ins = self.stand_ins.iter().map(|it| {
            format!("The model {} is not served; {} answers instead.", it.model, it.answered_by)
        });
        outage.chain(stand_ins).collect()
    }
}

/// Collects [`Health`] from the outcome of requests.
#[derive(Default)]
pub(super) struct Monitor {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    missing: HashMap<String, Missing>,
    outage: Option<(FailureKind, Outage)>,
    last_answer: Option<Answered>,
    failures: VecDeque<Failed>,
}

struct Missing {
    until: Instant,
    answered_by: String,
}

impl Monitor {
    /// Records that `model` responded with 404 and `answered_by` replied instead.
    pub fn model_is_missing(&self, model: &str, answered_by: &str, memory: Duration) {
        let entry = Missing { until: Instant::now() + memory, answered_by: answered_by.to_owned() };
        let mut inner = self.lock();
        let known = inner.missing.insert(model.to_owned(), entry).is_some();
        if inner.missing.len() > MOST_MISSING {
            let oldest = inner.missing.iter().min_by_key(|(_, missing)| missing.until);
            if let Some(oldest) = oldest.map(|(model, _)| model.clone()) {
                inner.missing.remove(&oldest);
            }
        }
        if !known {
            tracing::warn!(model, answered_by, "model not served, fallback used");
        }
    }

    /// Returns whether `model` responded with 404 recently. The entry is kept after it expires, so that a
    /// model which is still missing at the next try is not logged a second time.
    pub fn is_missing(&self, model: &str) -> bool {
        let inner = self.lock();
        inner.missing.get(model).is_some_and(|missing| missing.until > Instant::now())
    }

    /// Records that a reply started: ends the outage, and marks its model as served.
    pub fn answered(&self, model: &str) {
        let mut inner = self.lock();
        inner.outage = None;
        inner.last_answer =
            Some(Answered { model: model.to_owned(), at: OffsetDateTime::now_utc() });
        if inner.missing.remove(model).is_some() {
            tracing::info!(model, "model served again");
        }
    }

    /// Records a failed request. Starts an outage if the failure needs an operator.
    pub fn failed(&self, model: &str, failure: &Failure) {
        let at = OffsetDateTime::now_utc();
        let mut inner = self.lock();
        let failed = Failed { model: model.to_owned(), failure: failure.clone(), at };
        inner.failures.push_front(failed);
        inner.failures.truncate(MOST_FAILURES);
        if let Some(advice) = failure.kind.advice() {
            let before = inner.outage.take().filter(|(kind, _)| *kind == failure.kind);
            let since = before.map_or(at, |(_, outage)| outage.since);
            let outage = Outage { advice, said: failure.detail.clone(), since };
            inner.outage = Some((failure.kind, outage));
        }
    }

    /// Returns a snapshot.
    pub fn health(&self) -> Health {
        let inner = self.lock();
        let mut stand_ins: Vec<StandIn> = inner
            .missing
            .iter()
            .map(|(model, missing)| StandIn {
                model: model.clone(),
                answered_by: missing.answered_by.clone(),
            })
            .collect();
        stand_ins.sort_by(|one, other| one.model.cmp(&other.model));
        Health {
            outage: inner.outage.as_ref().map(|(_, outage)| outage.clone()),
            stand_ins,
            last_answer: inner.last_answer.clone(),
            failures: inner.failures.iter().cloned().collect(),
        }
    }

    /// Ignores poisoning: the data is plain and always consistent.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_is_skipped_for_a_time_and_reported_until_it_answers() {
        let monitor = Monitor::default();
        monitor.model_is_missing("old", "new", Duration::from_secs(60));
        assert!(monitor.is_missing("old"));
        assert!(!monitor.is_missing("new"));
        let notices = monitor.health().notices();
        assert!(notices.concat().contains("The model old is not served; new answers"));

        monitor.model_is_missing("old", "new", Duration::ZERO);
        assert!(!monitor.is_missing("old"));
        assert_eq!(monitor.health().notices().len(), 1);

        monitor.answered("old");
        assert!(monitor.health().notices().is_empty());
        assert_eq!(monitor.health().last_answer.unwrap().model, "old");
    }

    #[test]
    fn a_bounded_number_of_missing_models_is_remembered() {
        let monitor = Monitor::default();
        for number in 0..10_000 {
            monitor.model_is_missing(&number.to_string(), "new", Duration::from_secs(60));
        }
        assert_eq!(monitor.lock().missing.len(), MOST_MISSING);
        assert!(monitor.is_missing("9999") && !monitor.is_missing("0"));
    }

    #[test]
    fn an_outage_lasts_until_a_reply_begins() {
        let monitor = Monitor::default();
        monitor.failed("m", &Failure::new(FailureKind::Busy, "later"));
        assert!(monitor.health().outage.is_none(), "what passes by itself");
        for (kind, name) in [
            (FailureKind::KeyRefused, "FIREWORKS_API_KEY"),
            (FailureKind::Suspended, "the provider"),
            (FailureKind::ModelMissing, "FIREWORKS_MODEL"),
        ] {
            monitor.failed("m", &Failure::new(kind, "their words"));
            let health = monitor.health();
            let notice = health.notices().concat();
            assert!(notice.contains(name) && !notice.contains("their words"), "{notice}");
            assert_eq!(health.outage.unwrap().said, "their words");
            monitor.answered("any");
            assert!(monitor.health().outage.is_none());
        }
    }

    #[test]
    fn an_outage_is_as_old_as_the_first_failure_of_its_kind() {
        let monitor = Monitor::default();
        monitor.failed("m", &Failure::new(FailureKind::KeyRefused, "first"));
        let since = monitor.health().outage.unwrap().since;
        monitor.failed("m", &Failure::new(FailureKind::KeyRefused, "second"));
        let outage = monitor.health().outage.unwrap();
        assert_eq!((outage.since, outage.said.as_str()), (since, "second"));
    }

    #[test]
    fn health_memory_is_bounded() {
        let monitor = Monitor::default();
        for number in 0..200 {
            let model = format!("m{number}");
            monitor.failed(&model, &Failure::new(FailureKind::Busy, "later"));
            monitor.model_is_missing(&model, "new", Duration::from_secs(60));
        }
        let health = monitor.health();
        assert_eq!((health.failures.len(), health.stand_ins.len()), (MOST_FAILURES, MOST_MISSING));
        assert_eq!(health.failures.first().unwrap().model, "m199", "the newest first");
    }
}

//! Where a model's reasoning begins, as observed in earlier replies.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::reasoning::Habit;

/// Maximum number of models that are remembered. More are not expected in one installation.
const MOST_MODELS: usize = 64;

/// Parts of the names of models whose prompt template holds the opening tag. Until a reply shows otherwise, their
/// text is held back up to the closing tag.
const USUALLY_UNTOLD: [&str; 3] = ["deepseek-r1", "qwq", "-thinking"];

/// Whether each observed model begins its reasoning without an opening tag.
pub(super) struct Habits {
    models: Mutex<HashMap<String, bool>>,
    changed: watch::Sender<u64>,
}

impl Default for Habits {
    fn default() -> Self {
        Self { models: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Habits {
    pub fn begins_untold(&self, model: &str) -> bool {
        let observed = self.lock().get(model).copied();
        observed.unwrap_or_else(|| {
            let name = model.to_ascii_lowercase();
            USUALLY_UNTOLD.iter().any(|part| name.contains(part))
        })
    }

    pub fn note(&self, model: &str, habit: Habit) {
        let untold = match habit {
            Habit::Unknown => return,
            Habit::BeginsUntold => true,
            Habit::Answers => false,
        };
        if self.put(model, untold) {
            tracing::info!(model, untold, "model habit learned");
            self.changed.send_modify(|changes| *changes += 1);
        }
    }

    /// Remembers a model's habit. Returns whether this is news.
    pub fn put(&self, model: &str, untold: bool) -> bool {
        let mut models = self.lock();
        let has_room = models.len() < MOST_MODELS || models.contains_key(model);
        has_room && models.insert(model.to_owned(), untold) != Some(untold)
    }

    pub fn forget(&self, model: &str) {
        self.lock().remove(model);
    }

    pub fn all(&self) -> Vec<(String, bool)> {
        self.lock().iter().map(|(model, untold)| (model.clone(), *untold)).collect()
    }

    /// Returns a receiver that is notified of each observation that is news.
    pub fn learned(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Ignores poisoning: the data is plain and always consistent.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_guess_until_a_reply_says_more() {
        let habits = Habits::default();
        assert!(habits.begins_untold("accounts/x/models/Qwen3-235b-a22b-Thinking-2507"));
        assert!(!habits.begins_untold("glm-5"));
        habits.note("glm-5", Habit::Unknown);
        assert!(!habits.begins_untold("glm-5") && habits.all().is_empty());
        habits.note("glm-5", Habit::BeginsUntold);
        assert!(habits.begins_untold("glm-5"));
        habits.note("qwq-32b", Habit::Answers);
        assert!(!habits.begins_untold("qwq-32b"));
        habits.forget("qwq-32b");
        assert!(habits.begins_untold("qwq-32b"));
    }

    #[test]
    fn known_habits_notify_nobody() {
        let habits = Habits::default();
        let mut learned = habits.learned();
        habits.note("m", Habit::BeginsUntold);
        assert!(learned.has_changed().is_ok_and(|it| it));
        learned.mark_unchanged();
        habits.note("m", Habit::BeginsUntold);
        assert!(learned.has_changed().is_ok_and(|it| !it));
    }
}

//! What replies have shown about their models.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::reasoning::Habit;

/// More models than this no installation asks; the rest is not remembered.
const MOST_MODELS: usize = 64;

/// The models that begin to reason without a mark, as far as this process has seen.
#[derive(Default)]
pub(super) struct Habits(Mutex<HashSet<String>>);

impl Habits {
    pub fn begins_untold(&self, model: &str) -> bool {
        self.lock().contains(model)
    }

    pub fn note(&self, model: &str, habit: Habit) {
        match habit {
            Habit::Unknown => {}
            Habit::BeginsUntold => {
                let mut models = self.lock();
                if models.len() < MOST_MODELS && models.insert(model.to_owned()) {
                    tracing::info!(
                        model,
                        "model reasons without an opening mark: its text is held back"
                    );
                }
            }
            Habit::Answers => {
                self.lock().remove(model);
            }
        }
    }

    /// Plain data is behind the lock: a panic elsewhere cannot have left it half-written.
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

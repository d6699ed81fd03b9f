//! Model behaviour observed in earlier replies.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::reasoning::Habit;

/// Maximum number of models that are remembered. More are not expected in one installation.
const MOST_MODELS: usize = 64;

/// The models that were observed to begin their reasoning without an opening tag.
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

    /// Ignores poisoning: the data is plain and always consistent.
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

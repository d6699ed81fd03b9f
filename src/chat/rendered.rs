//! Answers as HTML, kept: an answer that has ended never changes, and pages show it again and again.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::markdown::{self, Seam};
use super::store::MessageRow;

/// How many answers are kept; a long one is some ten kilobytes.
const KEPT: NonZeroUsize = match NonZeroUsize::new(1_000) {
    Some(kept) => kept,
    None => NonZeroUsize::MIN,
};

/// The most recently shown answers; clones share them.
#[derive(Clone)]
pub struct Rendered(Arc<Mutex<LruCache<String, Arc<Vec<String>>>>>);

impl Default for Rendered {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(KEPT))))
    }
}

impl Rendered {
    /// The blocks of an ended answer; `before` is what it continues, see [`Seam`].
    pub fn blocks(&self, answer: &MessageRow, before: &str) -> Arc<Vec<String>> {
        if let Some(blocks) = self.lock().get(&answer.id) {
            return blocks.clone();
        }
        // Outside the lock: two pages may render the same answer once each, none waits for another.
        let seam = Seam::after(before, Arc::new(answer.known()));
        let rendered = markdown::render_blocks(&seam, &answer.content, answer.ends_early());
        let blocks = Arc::new(rendered);
        self.lock().put(answer.id.clone(), blocks.clone());
        blocks
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<Vec<String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

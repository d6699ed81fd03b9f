//! A cache of rendered replies. Ended replies never change.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::markdown::{self, Seam};
use super::store::MessageRow;

/// Maximum number of cached replies. A long one has about ten kilobytes.
const KEPT: NonZeroUsize = match NonZeroUsize::new(1_000) {
    Some(kept) => kept,
    None => NonZeroUsize::MIN,
};

/// The most recently shown replies. Clones share them.
#[derive(Clone)]
pub struct Rendered(Arc<Mutex<LruCache<String, Arc<Vec<String>>>>>);

impl Default for Rendered {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(KEPT))))
    }
}

impl Rendered {
    /// Returns the blocks of an ended reply. `before` is the text that it continues, see [`Seam`].
    pub fn blocks(&self, answer: &MessageRow, before: &str) -> Arc<Vec<String>> {
        if let Some(blocks) = self.lock().get(&answer.id) {
            return blocks.clone();
        }
        // Outside the lock: two pages may render the same reply, but none waits for another.
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

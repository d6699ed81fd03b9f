//! A map of bounded size.
//!
//! A map whose keys come from requests would grow with the requests. [`Bounded`] evicts the least recently used key,
//! and stores hashes instead of keys, so that long keys take no extra memory.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// At most `most` values by key. Two keys collide with a probability of 2^-64. Nobody can choose colliding keys, because
/// each map has its own hash seed.
pub struct Bounded<V> {
    hasher: RandomState,
    most: usize,
    kept: Mutex<LruCache<u64, V>>,
}

impl<V> Bounded<V> {
    pub fn new(most: usize) -> Self {
        Self { hasher: RandomState::new(), most, kept: Mutex::new(LruCache::unbounded()) }
    }

    /// Calls `f` with the key's value and stores what `f` leaves there. `None` removes the key.
    pub fn with<K: Hash + ?Sized, T>(&self, key: &K, f: impl FnOnce(&mut Option<V>) -> T) -> T {
        let key = self.hasher.hash_one(key);
        let mut kept = self.lock();
        let mut value = kept.pop(&key);
        let result = f(&mut value);
        if let Some(value) = value {
            kept.push(key, value);
            if kept.len() > self.most {
                kept.pop_lru();
            }
        }
        result
    }

    /// Removes the values for which the predicate is true.
    pub fn forget(&self, is_idle: impl Fn(&V) -> bool) {
        self.lock().retain(|_, value| !is_idle(value));
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ignores poisoning: a panic in `with` affects one key's value only.
    fn lock(&self) -> MutexGuard<'_, LruCache<u64, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_stays_bounded_after_a_hundred_thousand_keys() {
        let bounded = Bounded::new(1_000);
        for key in 0..100_000_u32 {
            bounded.with(&key, |value| *value = Some(key));
        }
        assert_eq!(bounded.len(), 1_000);
        assert_eq!(bounded.with(&99_999, |value| *value), Some(99_999), "the last ones");
        assert_eq!(bounded.with(&0, |value| *value), None);
    }

    #[test]
    fn the_least_recently_used_key_goes_first() {
        let bounded = Bounded::new(2);
        for key in ["a", "b", "a", "c"] {
            bounded.with(key, |value| *value = Some(()));
        }
        assert!(bounded.with("a", |value| value.is_some()));
        assert!(!bounded.with("b", |value| value.is_some()));
    }

    #[test]
    fn stale_entries_are_dropped() {
        let bounded = Bounded::new(10);
        for key in 0..10 {
            bounded.with(&key, |value| *value = Some(key));
        }
        bounded.forget(|value| value % 2 == 0);
        bounded.with(&1, |value| *value = None);
        assert_eq!(bounded.len(), 4);
    }
}

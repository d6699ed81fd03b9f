//! Measures how long the disk takes to flush during a proof. The bound on lost text is a guarantee
//! of the server; a slow disk delays every program, so its flushes are added to the bound.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use csuite_load::Outcome;

const PAUSE: Duration = Duration::from_millis(5);
/// Size at which the file is truncated.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Repeatedly appends to a file on the disk of `folder` and flushes it, until dropped. The file
/// grows like a write-ahead log, so that a flush also waits for the file system's journal.
pub struct Flushes {
    /// When each flush ended and how long it took.
    taken: Arc<Mutex<Vec<(Instant, Duration)>>>,
    stop: Arc<AtomicBool>,
}

impl Flushes {
    pub fn measure(folder: &Path) -> Outcome<Self> {
        let mut file = File::create(folder.join("flushes"))?;
        let (taken, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (all, stopped) = (taken.clone(), stop.clone());
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                // Ignores failed writes: the server reports a failing disk.
                let _ = file.write_all(&[0; 4_096]).and_then(|()| file.sync_data());
                let ended = Instant::now();
                lock(&all).push((ended, ended - began));
                if file.stream_position().is_ok_and(|at| at >= MOST_BYTES) {
                    let _ = file.set_len(0).and_then(|()| file.rewind());
                }
                std::thread::sleep(PAUSE);
            }
        });
        Ok(Self { taken, stop })
    }

    /// Returns the duration of the slowest flush that overlaps the interval.
    pub fn slowest(&self, from: Instant, to: Instant) -> Duration {
        let taken = lock(&self.taken);
        let within = taken.iter().filter(|(ended, took)| *ended >= from && *ended - *took <= to);
        within.map(|(_, took)| *took).max().unwrap_or_default()
    }
}

impl Drop for Flushes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

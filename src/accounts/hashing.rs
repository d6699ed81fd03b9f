//! Password hashing: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane), on a fixed
//! pool of threads.
//!
//! Each thread reuses its memory, so memory does not grow with concurrent sign-ins, and frees it when nobody waits. The
//! queue is bounded; a full queue is answered with 503 and `Retry-After`.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::sync::oneshot;

use super::strength;
use crate::error::{AppError, Code};

/// Maximum number of threads. Leaves cores to the rest of the server.
const MOST_THREADS: usize = 4;
/// Queue length. At about 30 ms each, one core works through it in two seconds.
const MOST_WAITING: usize = 64;
/// Nice value of the threads: on a busy core they get about a tenth of the share of other threads.
const NICENESS: i32 = 10;
/// `Retry-After` of a full queue, in seconds.
const COME_BACK_AFTER: u64 = 3;

/// A hash with the cost of a stored one that matches no password. Sign-ins to unknown accounts are verified against
/// it, so that they take as long as those to known ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50IQ$\
     bm8gcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXMgc2VudGU";

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The thread pool. Clones share it; it ends with the last clone.
#[derive(Clone)]
pub struct Passwords {
    queue: SyncSender<Job>,
}

impl Passwords {
    pub fn new() -> Self {
        let (queue, jobs) = sync_channel(MOST_WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads() {
            let jobs = jobs.clone();
            let name = format!("passwords-{number}");
            let started = std::thread::Builder::new().name(name).spawn(move || work(&jobs));
            if let Err(cause) = started {
                tracing::error!(error.cause = %cause, "password thread not started");
            }
        }
        Self { queue }
    }

    /// Hashes a password. Returns a PHC string with a random salt.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        self.run(move |memory| hash(&password, memory)).await
    }

    /// Verifies a password against a stored hash. Without a hash, returns false after the same time.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, AppError> {
        self.run(move |memory| verify(&password, stored.as_deref().unwrap_or(NOBODY), memory)).await
    }

    /// Returns why a new password is refused; see [`strength::refusal`]. Runs on the pool because the estimate takes
    /// milliseconds.
    pub async fn refusal(
        &self,
        password: String,
        email: String,
        names: Vec<String>,
    ) -> Result<Option<String>, AppError> {
        self.run(move |_| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Ok(strength::refusal(&password, &email, &names))
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Skip the work if the caller has gone.
            if !tell.is_closed() {
                let _ = tell.send(work(memory));
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => overloaded(),
            TrySendError::Disconnected(_) => AppError::internal("no thread hashes passwords"),
        })?;
        told.await.map_err(AppError::internal)?
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS)
}

fn overloaded() -> AppError {
    let message = "Too many people are signing in at this moment. Try again in a few seconds.";
    AppError::limited(Code::Overloaded, message, COME_BACK_AFTER)
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    // Gives replies and pages precedence over sign-ins. On Linux, `nice` affects the calling thread only.
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::process::nice(NICENESS) {
        tracing::debug!(error.cause = %cause, "password thread priority not lowered");
    }
    let mut memory = Memory::default();
    loop {
        let waiting = jobs.try_lock().ok().and_then(|jobs| jobs.try_recv().ok());
        let job = match waiting {
            Some(job) => job,
            None => {
                memory = Memory::default();
                let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = next else { return };
                job
            }
        };
        // A job that panics drops its reply channel, so only its caller fails. The thread continues.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut memory)));
    }
}

/// The working memory of one hash. Reused while jobs wait, and freed when none does.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn of(&mut self, params: &Params) -> &mut [Block] {
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        &mut self.0[..blocks]
    }
}

fn argon2id(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str, memory: &mut Memory) -> Result<String, AppError> {
    let mut salt = [0; 16];
    SysRng.try_fill_bytes(&mut salt).map_err(AppError::internal)?;
    let params = Params::new(19_456, 2, 1, None).map_err(AppError::internal)?;
    let output = output(password, &salt, &params, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(AppError::internal)?,
        salt: Some(Salt::new(&salt).map_err(AppError::internal)?),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str, memory: &mut Memory) -> Result<bool, AppError> {
    let stored = PasswordHash::new(stored).map_err(AppError::internal)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(AppError::internal("a stored password has no salt or no hash"));
    };
    let is_ours =
        stored.algorithm == ARGON2ID_IDENT && stored.version == Some(Version::V0x13.into());
    if !is_ours {
        return Err(AppError::internal("a stored password is of another kind"));
    }
    let params = Params::try_from(&stored).map_err(AppError::internal)?;
    // `Output` compares in constant time.
    Ok(output(password, &salt, &params, expected.len(), memory)? == expected)
}

fn output(
    password: &str,
    salt: &[u8],
    params: &Params,
    length: usize,
    memory: &mut Memory,
) -> Result<Output, AppError> {
    let mut out = vec![0; length];
    argon2id(params.clone())
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut out, memory.of(params))
        .map_err(AppError::internal)?;
    Output::new(&out).map_err(AppError::internal)
}

#[cfg(test)]
impl Passwords {
    /// Keeps every thread busy until the returned value is dropped.
    pub async fn hold_all_threads(&self) -> Vec<std::sync::mpsc::Sender<()>> {
        let mut held = Vec::new();
        for _ in 0..threads() {
            let (release, released) = std::sync::mpsc::channel::<()>();
            let (tell, begun) = oneshot::channel();
            let job: Job = Box::new(move |_| {
                let _ = tell.send(());
                let _ = released.recv();
            });
            self.queue.send(job).unwrap_or_else(|_| unreachable!());
            begun.await.unwrap_or_else(|_| unreachable!());
            held.push(release);
        }
        held
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    const PASSWORD: &str = "tulip-anchor-9-violin";

    #[test]
    fn the_hash_for_nobody_costs_what_a_stored_one_costs() {
        let mut memory = Memory::default();
        let made = hash(PASSWORD, &mut memory).unwrap();
        let cost = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&made));
        let (nobody, made) =
            (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&made).unwrap());
        assert_eq!(nobody.hash.unwrap().len(), made.hash.unwrap().len());
        assert_eq!(nobody.salt.unwrap().len(), made.salt.unwrap().len());
        assert!(!verify("", NOBODY, &mut memory).unwrap());
    }

    /// Written by argon2 0.5.3. Stored hashes outlive the library's versions.
    #[test]
    fn a_hash_of_an_earlier_version_still_verifies() {
        let stored = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiB2ZXJzaW9uMQ\
                      $Vp9v3BuIx4E7K1QcWSPH0Mn761PJih6jrfFiWA3uqiA";
        let mut memory = Memory::default();
        assert!(verify(PASSWORD, stored, &mut memory).unwrap());
        assert!(!verify("tulip-anchor-9-violim", stored, &mut memory).unwrap());
    }

    #[test]
    fn reused_memory_does_not_change_the_hash() {
        let mut memory = Memory::default();
        let stored: Vec<String> =
            ["one password", "another"].iter().map(|it| hash(it, &mut memory).unwrap()).collect();
        assert!(verify("one password", &stored[0], &mut memory).unwrap());
        assert!(verify("another", &stored[1], &mut memory).unwrap());
        assert!(!verify("another", &stored[0], &mut memory).unwrap());
        // The library verifies our hashes, and we verify its hashes.
        let library = argon2id(Params::new(19_456, 2, 1, None).unwrap());
        let ours = PasswordHash::new(&stored[0]).unwrap();
        library.verify_password(b"one password", &ours).unwrap();
        let theirs =
            library.hash_password_with_salt(b"one password", &[7; 16]).unwrap().to_string();
        assert!(verify("one password", &theirs, &mut memory).unwrap());
    }

    #[tokio::test]
    async fn a_hash_verifies_only_its_password() {
        let passwords = Passwords::new();
        let stored = passwords.hash(PASSWORD.into()).await.unwrap();
        assert!(passwords.verify(PASSWORD.into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("tulip-anchor-9-violim".into(), Some(stored)).await.unwrap());
        assert!(!passwords.verify(PASSWORD.into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_with_a_retry_time() {
        let passwords = Passwords::new();
        let held = passwords.hold_all_threads().await;
        for _ in 0..MOST_WAITING {
            assert!(passwords.queue.try_send(Box::new(|_| ())).is_ok());
        }
        let refused = passwords.verify(PASSWORD.into(), None).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(COME_BACK_AFTER)));
        drop(held);
        while passwords.verify(PASSWORD.into(), None).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}

//! Proof of work for sign-ups without an invitation (`SIGN_UP_WORK`): the browser looks for a number that makes the
//! SHA-256 of a challenge begin with zero bits. That takes it seconds, and the server one hash. No third party is asked.
//!
//! A challenge is signed, so that nothing is stored until its work comes back. Work counts once in each process.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::error::AppError;
use crate::platform::clock::Micros;
use crate::platform::ids;
use crate::platform::signing::SigningKey;

const PURPOSE: &str = "sign-up work";
/// How long a form may be open.
const LIFETIME: Micros = 30 * 60 * 1_000_000;
/// How many used challenges are remembered. To forget one early, a stranger must do more work than it saves.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);
const MOST_BYTES: usize = 200;

/// Checks the work of browsers. Clones share what was used.
#[derive(Clone)]
pub struct SignUpWork {
    /// How many zero bits a hash begins with. Each doubles the work.
    pub bits: u32,
    key: SigningKey,
    used: Arc<Mutex<LruCache<String, ()>>>,
}

impl SignUpWork {
    pub fn new(bits: u32, key: SigningKey) -> Self {
        Self { bits, key, used: Arc::new(Mutex::new(LruCache::new(REMEMBERED))) }
    }

    /// Returns a new challenge: its expiry, an id, and their signature.
    pub fn challenge(&self, now: Micros) -> String {
        let content = format!("{}.{}", now.saturating_add(LIFETIME), ids::new_id());
        let signature = self.key.sign(PURPOSE, &content);
        format!("{content}.{signature}")
    }

    /// Checks `sent`: a challenge, a colon, and the number that was found. Errors: forbidden if there is no work, or if it
    /// does not count.
    pub fn check(&self, sent: &str, now: Micros) -> Result<(), AppError> {
        if sent.is_empty() {
            return Err(AppError::forbidden(
                "This server asks the browser for some work before it creates an account, which keeps programs from creating many. Turn JavaScript on and submit the form again, or ask the operator for an invitation.",
            ));
        }
        match self.counted(sent, now) {
            Some(content) if self.is_first(content) => Ok(()),
            _ => Err(AppError::forbidden(
                "The work that your browser did for this form does not count any more: the form was open for too long, or was submitted before. Submit it again.",
            )),
        }
    }

    /// Returns the signed content of the challenge, if the work is right and in time.
    fn counted<'s>(&self, sent: &'s str, now: Micros) -> Option<&'s str> {
        let (challenge, _) = sent.rsplit_once(':').filter(|_| sent.len() <= MOST_BYTES)?;
        let (content, signature) = challenge.rsplit_once('.')?;
        let expires: Micros = content.split_once('.')?.0.parse().ok()?;
        let is_ours = self.key.verifies(PURPOSE, content, signature);
        (is_ours && now < expires && leading_zeros(sent) >= self.bits).then_some(content)
    }

    fn is_first(&self, content: &str) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.put(content.to_owned(), ()).is_none()
    }
}

/// Counts the zero bits that the hash begins with.
fn leading_zeros(text: &str) -> u32 {
    let hash = Sha256::digest(text);
    let whole = hash.iter().take_while(|byte| **byte == 0).count();
    let next = hash.get(whole).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(whole).unwrap_or(u32::MAX).saturating_mul(8).saturating_add(next)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Micros = 1_795_000_000_000_000;

    fn work(bits: u32) -> SignUpWork {
        SignUpWork::new(bits, SigningKey::ephemeral().unwrap())
    }

    fn solved(challenge: &str, bits: u32) -> String {
        let tries = (0_u64..).map(|number| format!("{challenge}:{number}"));
        tries.into_iter().find(|text| leading_zeros(text) >= bits).unwrap()
    }

    #[test]
    fn work_counts_once_and_until_its_challenge_expires() {
        let work = work(10);
        let sent = solved(&work.challenge(NOW), 10);
        assert!(work.clone().check(&sent, NOW + 1).is_ok());
        let again = work.check(&sent, NOW + 2).unwrap_err();
        assert!(again.message.contains("submitted before"), "{again:?}");
        let late = solved(&work.challenge(NOW), 10);
        assert!(work.check(&late, NOW + LIFETIME).is_err());
        assert!(work.check(&late, NOW + LIFETIME - 1).is_ok());
    }

    #[test]
    fn neither_missing_work_nor_anothers_challenge_counts() {
        let (ours, theirs) = (work(10), work(10));
        let challenge = ours.challenge(NOW);
        let unsolved = (0..).map(|n| format!("{challenge}:{n}"));
        let unsolved = unsolved.into_iter().find(|text| leading_zeros(text) < 10).unwrap();
        let foreign = solved(&theirs.challenge(NOW), 10);
        let forged = solved(&format!("{}.{}", NOW + 10 * LIFETIME, "x.00"), 10);
        let long = solved(&format!("{challenge}{}", "0".repeat(200)), 10);
        for sent in ["", ":", "..:", &unsolved, &foreign, &forged, &long, &challenge] {
            assert!(ours.check(sent, NOW).is_err(), "{sent}");
        }
        assert!(ours.check("", NOW).unwrap_err().message.contains("JavaScript"));
        assert!(ours.check(&solved(&challenge, 10), NOW).is_ok());
    }

    #[test]
    fn each_bit_counts() {
        let count = (0..4_096).filter(|n: &u32| leading_zeros(&n.to_string()) >= 4).count();
        assert!((180..340).contains(&count), "{count} of 4096, expected about 256");
    }
}

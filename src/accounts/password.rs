//! Passwords: which are accepted, and how they are stored.
//!
//! Long rather than complicated: 12 to 128 characters of any kind, but none that a guesser tries first.
//! Stored as argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane).

use std::num::NonZeroUsize;
use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::model::{MOST_PASSWORD_CHARS, SHORTEST_PASSWORD_CHARS};
use crate::error::AppError;

const COMMON: &str = include_str!("common_passwords.txt");

/// Rows, alphabets and diagonals that fingers run along, forwards or backwards.
const WALKS: [&str; 8] = [
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1234567890qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Fewer different characters than this are guessed, whatever the length.
const FEWEST_DIFFERENT: usize = 5;

const COMMON_REASON: &str = "This password is among the first that are guessed. A few words that only you \
     would put together are easy to keep in mind and hard to guess.";
const PERSONAL_REASON: &str =
    "Leave your name, your business and your e-mail address out of the password.";

/// Why a new password is refused; none where it is good enough.
///
/// `email` is the address as it is stored; `names` are the person's and the business's.
pub fn refusal(password: &str, email: &str, names: &[&str]) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD_CHARS {
        return Some(match length {
            0 => "Choose a password.".to_owned(),
            _ => format!("Use at least {SHORTEST_PASSWORD_CHARS} characters; these are {length}."),
        });
    }
    if length > MOST_PASSWORD_CHARS {
        return Some(format!("Use at most {MOST_PASSWORD_CHARS} characters; these are {length}."));
    }
    let lower = password.to_lowercase();
    if is_personal(&lower, email, names) {
        return Some(PERSONAL_REASON.to_owned());
    }
    is_common(&lower).then(|| COMMON_REASON.to_owned())
}

fn is_common(lower: &str) -> bool {
    let stem = stem(lower);
    is_listed(lower)
        || is_listed(stem)
        || is_listed(&letters_for_signs(stem))
        || is_listed(&letters_for_signs(lower))
        || has_few_characters(lower)
        || repeats(lower)
        || repeats_listed_word(stem)
        || is_walk(lower)
}

/// The address's own name in the password, or nothing but a name with digits and signs around it.
fn is_personal(lower: &str, email: &str, names: &[&str]) -> bool {
    let local = email.split('@').next().unwrap_or_default();
    let bare: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    let names = names.iter().map(|name| name.to_lowercase());
    (local.chars().count() >= 4 && lower.contains(local))
        || names.chain([local.to_owned()]).any(|name| {
            let name: String = name.chars().filter(|c| c.is_alphabetic()).collect();
            !name.is_empty() && name == bare
        })
}

fn is_listed(lower: &str) -> bool {
    !lower.is_empty() && !lower.starts_with('#') && COMMON.lines().any(|entry| entry == lower)
}

/// The password without the digits and signs at its ends: `welcome` of `!!welcome2026`.
fn stem(lower: &str) -> &str {
    lower.trim_matches(|c: char| !c.is_alphabetic() && c != '@' && c != '$')
}

/// `password` of `p@$$w0rd`.
fn letters_for_signs(lower: &str) -> String {
    lower
        .chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

fn has_few_characters(lower: &str) -> bool {
    let mut characters: Vec<char> = lower.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() < FEWEST_DIFFERENT
}

/// Whether the whole is one piece said at least twice.
fn repeats(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    (1..=characters.len() / 2).any(|piece| {
        characters.len().is_multiple_of(piece)
            && characters.chunks(piece).all(|chunk| chunk == &characters[..piece])
    })
}

/// `monkeymonkey` of `monkeymonkey1`.
fn repeats_listed_word(stem: &str) -> bool {
    COMMON
        .lines()
        .filter(|entry| !entry.is_empty() && stem.starts_with(entry))
        .any(|entry| stem.replace(entry, "").is_empty())
}

/// Whether the whole runs along one [walk](WALKS), and perhaps around its end.
fn is_walk(lower: &str) -> bool {
    let backwards: String = lower.chars().rev().collect();
    WALKS.iter().any(|walk| {
        let around = walk.repeat(2 + lower.len() / walk.len());
        around.contains(lower) || around.contains(&backwards)
    })
}

/// A hash of the same cost as every stored one, which no password answers to: an unknown account is
/// checked against it, so that it takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50IQ$\
     bm8gcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXMgc2VudGU";

/// Hashes and checks passwords off the async threads, at most one a core at a time: each takes 19 MiB.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }

    /// What is stored of a password: a PHC string with its own salt.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        let turn = self.turn().await?;
        off_thread(turn, move || hash(&password)).await?
    }

    /// Whether `password` is the one that `stored` was made of. Where there is nothing stored it is
    /// wrong, and takes as long to be found so.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, AppError> {
        let turn = self.turn().await?;
        off_thread(turn, move || verify(&password, stored.as_deref().unwrap_or(NOBODY))).await?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, AppError> {
        self.turns.clone().acquire_owned().await.map_err(AppError::internal)
    }
}

/// Runs `work` on a blocking thread. The turn ends with the work, also where the caller has gone.
async fn off_thread<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(AppError::internal)
}

fn argon2id() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(19_456, 2, 1, None).map_err(AppError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, AppError> {
    let mut salt = [0; 16];
    OsRng.try_fill_bytes(&mut salt).map_err(AppError::internal)?;
    let salt = SaltString::encode_b64(&salt).map_err(AppError::internal)?;
    let hash = argon2id()?.hash_password(password.as_bytes(), &salt).map_err(AppError::internal)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> Result<bool, AppError> {
    use argon2::password_hash::Error;
    let stored = PasswordHash::new(stored).map_err(AppError::internal)?;
    match argon2id()?.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(Error::Password) => Ok(false),
        Err(other) => Err(AppError::internal(other)),
    }
}

#[cfg(test)]
impl Passwords {
    /// All turns at once: while they are held, nothing is hashed.
    pub async fn hold_all_turns(&self) -> OwnedSemaphorePermit {
        let all = self.turns.available_permits() as u32;
        self.turns.clone().acquire_many_owned(all).await.unwrap_or_else(|_| unreachable!())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(password: &str) -> Option<String> {
        refusal(password, "grace.h@example.com", &["Grace Hopper", "Harbour Bakery"])
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        assert!(refused("größe-über-ä").is_none(), "12 characters, 16 bytes");
        assert!(refused("größe-über-").unwrap().contains("at least 12"));
        assert!(refused(&"ab1 cd2 ef3 gh4 ij5 ".repeat(6)[..119]).is_none());
        let long: String = ('!'..='~').chain('!'..='~').take(129).collect();
        assert!(refused(&long).unwrap().contains("at most 128"));
        assert_eq!(refused("").unwrap(), "Choose a password.");
    }

    #[test]
    fn the_commonest_passwords_are_refused_however_they_are_dressed() {
        for password in [
            "password1234",
            "Password2026!",
            "P@ssw0rd1234",
            "p@$$w0rd!!!!",
            "!!welcome2026",
            "correcthorsebatterystaple",
            "CorrectHorseBatteryStaple",
            "iloveyou123456",
            "monkeymonkey1",
            "trustno1trustno1",
            "Thisisapassword",
        ] {
            assert_eq!(refused(password).as_deref(), Some(COMMON_REASON), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_refused() {
        for password in [
            "aaaaaaaaaaaa",
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "qwertyuiopas",
            "mnbvcxzlkjhg",
            "1qaz2wsx3edc4rfv",
            "1q2w3e4r5t6y",
            "harvestharvest",
            "112211221122",
            "1234567890qwerty",
        ] {
            assert_eq!(refused(password).as_deref(), Some(COMMON_REASON), "{password}");
        }
    }

    #[test]
    fn a_password_made_of_ones_own_name_or_address_is_refused() {
        for password in
            ["grace.h-and-more", "GraceHopper1906", "harbour-bakery-1", "my grace.h pass"]
        {
            assert_eq!(refused(password).as_deref(), Some(PERSONAL_REASON), "{password}");
        }
    }

    #[test]
    fn an_unremarkable_sentence_is_accepted() {
        for password in [
            "seven brown herons wait",
            "tulip-anchor-9-violin",
            "вечером пьём чай",
            "savannah winter password",
            "Xk2#vP9!qLm4",
        ] {
            assert_eq!(refused(password), None, "{password}");
        }
    }

    #[test]
    fn the_hash_for_nobody_costs_what_a_stored_one_costs() {
        let made = hash("tulip-anchor-9-violin").unwrap();
        let cost = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&made));
        let (nobody, made) =
            (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&made).unwrap());
        assert_eq!(nobody.hash.unwrap().len(), made.hash.unwrap().len());
        assert_eq!(nobody.salt.unwrap().len(), made.salt.unwrap().len());
        assert!(!verify("", NOBODY).unwrap());
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new();
        let stored = passwords.hash("tulip-anchor-9-violin".into()).await.unwrap();
        assert!(
            passwords.verify("tulip-anchor-9-violin".into(), Some(stored.clone())).await.unwrap()
        );
        assert!(!passwords.verify("tulip-anchor-9-violim".into(), Some(stored)).await.unwrap());
        assert!(!passwords.verify("tulip-anchor-9-violin".into(), None).await.unwrap());
    }
}

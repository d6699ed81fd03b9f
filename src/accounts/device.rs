//! Recognises browsers that signed in to an account before, by a signed cookie. The server stores nothing about it.
//!
//! The cookie grants no access. It only marks a sign-in attempt as one from the owner's browser, so that guesses from
//! elsewhere cannot lock the owner out.

use std::net::IpAddr;

use crate::platform::signing::SigningKey;

const PURPOSE: &str = "device";
const NONCE_CHARS: usize = 32;

/// The origin of a sign-in attempt.
#[derive(Clone, Debug)]
pub struct Origin {
    pub address: IpAddr,
    /// The device cookie of the request, and the key to verify it.
    pub device: Option<(String, SigningKey)>,
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self { address, device: None }
    }
}

impl Origin {
    /// Returns the name of the device if it signed in to this account before.
    pub fn known_device(&self, account_id: &str) -> Option<&str> {
        let (cookie, key) = self.device.as_ref()?;
        let (nonce, signature) = cookie.split_once('.')?;
        key.verifies(PURPOSE, &format!("{account_id} {nonce}"), signature).then_some(nonce)
    }

    /// Returns the cookie value of a device that has just signed in to this account. A known device keeps its name.
    pub fn sign_in_to(&self, account_id: &str, key: &SigningKey, fresh: &str) -> String {
        let nonce = self.known_device(account_id).unwrap_or(&fresh[..NONCE_CHARS.min(fresh.len())]);
        let signature = key.sign(PURPOSE, &format!("{account_id} {nonce}"));
        format!("{nonce}.{signature}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_device_is_known_to_the_account_it_signed_in_to_and_to_no_other() {
        let key = SigningKey::ephemeral().unwrap();
        let stranger = Origin::from(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(stranger.known_device("ada"), None);
        let cookie = stranger.sign_in_to("ada", &key, &"0f".repeat(32));
        let back = Origin { device: Some((cookie.clone(), key.clone())), ..stranger.clone() };
        assert_eq!(back.known_device("ada"), Some("0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"));
        assert_eq!(back.known_device("bob"), None);
        assert_eq!(back.sign_in_to("ada", &key, &"ff".repeat(32)), cookie, "it keeps its name");
        for forged in ["", ".", "x.y", &cookie.replacen('0', "1", 1), &cookie[..cookie.len() - 1]] {
            let origin =
                Origin { device: Some((forged.to_owned(), key.clone())), ..stranger.clone() };
            assert_eq!(origin.known_device("ada"), None, "{forged}");
        }
    }
}

//! Shows a new token to a browser without JavaScript.
//!
//! The form that creates a token redirects to the account page, which shows it once. The token is passed in a signed
//! cookie: the server stores only its hash, and nobody else can plant a token for the page to show.

use leptos::prelude::use_context;

use super::tokens::is_token;
use crate::platform::cookies::{self, Cookie};
use crate::platform::forms;
use crate::platform::signing::SigningKey;

const NAME: &str = "new_token";
const PURPOSE: &str = "new token";
/// Lifetime of the cookie in seconds: enough for a redirect.
const SECONDS: u32 = 60;

/// Makes the next account page show `token`. Sets no cookie for scripts, which read the token from the response.
pub fn show_once(token: &str) {
    if let Some(key) = use_context::<SigningKey>()
        && forms::wants_html()
    {
        set(&format!("{token}.{}", key.sign(PURPOSE, token)), SECONDS);
    }
}

/// Takes the token to show and deletes its cookie. Returns `None` unless we signed the cookie.
pub fn take() -> Option<String> {
    let cookie = cookies::get(NAME)?;
    set("", 0);
    signed(&cookie, &use_context::<SigningKey>()?)
}

fn signed(cookie: &str, key: &SigningKey) -> Option<String> {
    let (token, signature) = cookie.split_once('.')?;
    (is_token(token) && key.verifies(PURPOSE, token, signature)).then(|| token.to_owned())
}

fn set(value: &str, seconds: u32) {
    cookies::set(&Cookie { name: NAME, value, seconds });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unsigned_flash_text_is_not_shown() {
        let (key, other) = (SigningKey::ephemeral().unwrap(), SigningKey::ephemeral().unwrap());
        let token = format!("cs_{}", "0f".repeat(32));
        let ours = format!("{token}.{}", key.sign(PURPOSE, &token));
        assert_eq!(signed(&ours, &key), Some(token.clone()));
        assert_eq!(signed(&ours, &other), None);
        assert_eq!(signed(&token, &key), None);
        let advert = "cs_call-this-number";
        assert_eq!(signed(&format!("{advert}.{}", key.sign(PURPOSE, advert)), &key), None);
    }
}

//! Forms that work without JavaScript.
//!
//! A browser without JavaScript posts a form to its server function and is redirected back to the page. If the form
//! was refused, the page shows the reason at the field, and the input. Both are kept for ten minutes: in the session
//! of a member, or in a signed cookie, so that the server stores nothing for strangers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leptos::prelude::use_context;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_sessions::Session;

use super::clock::{self, Micros};
use super::cookies::{self, Cookie};
use super::session_store::ACCOUNT;
use super::signing::SigningKey;
use crate::error::AppError;
pub use crate::error::wants_html;

/// Limits on what is kept of a form: bytes of text, number of fields, and length of a field's name.
const MOST_KEPT_BYTES: usize = 128 * 1024;
const MOST_KEPT_PARTS: usize = 200;
const MOST_NAME_BYTES: usize = 200;

/// The limit for a cookie. Browsers accept up to 4 KB, name and signature included.
const MOST_IN_COOKIE: usize = 3_600;
/// How long a refused form is kept.
const KEPT_SECONDS: u32 = 600;
const COOKIE: &str = "csuite_form";
const PURPOSE: &str = "form";

/// A refused form: its input and the error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept<T> {
    pub typed: T,
    pub error: AppError,
    /// Expiry time.
    #[serde(default)]
    until: Micros,
}

/// Returns the result of a form's server function. Sets the HTTP status of an error. For a browser without JavaScript,
/// keeps `typed` (never a password) for the page.
pub async fn answer<T, V: Serialize>(
    form: &str,
    typed: V,
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(error) = &result {
        if wants_html() {
            keep(form, typed, error).await;
        } else {
            error.set_status();
        }
    }
    result
}

/// Returns and removes the refused input of `form`, unless it has expired.
pub async fn take<T: DeserializeOwned>(form: &str) -> Option<Kept<T>> {
    let kept: Option<Kept<T>> = match take_cookie(form) {
        Some(kept) => Some(kept),
        None => take_out(&key(form)).await,
    };
    kept.filter(|kept| kept.until > clock::now())
}

/// Keeps the input of a form that was not refused, until its page takes it.
pub async fn keep_shown<V: Serialize>(form: &str, shown: V) -> Result<(), AppError> {
    let session: Session = leptos_axum::extract().await.map_err(AppError::internal)?;
    let mut shown = serde_json::to_value(shown).map_err(AppError::internal)?;
    cut(&mut shown);
    session.insert(&shown_key(form), shown).await.map_err(AppError::internal)
}

/// Returns and removes the input that [`keep_shown`] kept.
pub async fn take_shown<V: DeserializeOwned>(form: &str) -> Option<V> {
    take_out(&shown_key(form)).await
}

/// Removes a value from the session. Reads first: any change makes the session store write, and the page would wait for
/// that.
async fn take_out<T: DeserializeOwned>(key: &str) -> Option<T> {
    let session: Session = leptos_axum::extract().await.ok()?;
    session.get_value(key).await.ok().flatten()?;
    session.remove(key).await.ok().flatten()
}

async fn keep<V: Serialize>(form: &str, typed: V, error: &AppError) {
    let Ok(mut typed) = serde_json::to_value(typed) else { return };
    let mut error = error.clone();
    if cut(&mut typed) {
        error
            .message
            .push_str(" What you typed was too long to be kept whole: its end is cut off.");
    }
    let Ok(session) = leptos_axum::extract::<Session>().await else {
        return;
    };
    let until = clock::now() + Micros::from(KEPT_SECONDS) * 1_000_000;
    let kept = Kept { typed, error, until };
    if !is_members(&session).await {
        return keep_in_cookie(form, kept);
    }
    if let Err(cause) = session.insert(&key(form), kept).await {
        tracing::warn!(error.cause = %cause, form, "refused form not kept");
    }
}

/// Keeps the error of a member's form that is not a server function.
pub async fn keep_error(session: &Session, form: &str, error: &AppError) {
    let until = clock::now() + Micros::from(KEPT_SECONDS) * 1_000_000;
    let kept = Kept { typed: Value::Null, error: error.clone(), until };
    if let Err(cause) = session.insert(&key(form), kept).await {
        tracing::warn!(error.cause = %cause, form, "refused form not kept");
    }
}

/// Returns whether the session has an account. Sessions without an account are never written to.
async fn is_members(session: &Session) -> bool {
    session.get_value(ACCOUNT).await.ok().flatten().is_some()
}

/// Encodes a refused form for the cookie.
#[derive(Serialize, Deserialize)]
struct InCookie<T> {
    form: String,
    kept: Kept<T>,
}

fn keep_in_cookie(form: &str, mut kept: Kept<Value>) {
    let Some(signing) = use_context::<SigningKey>() else { return };
    let mut content = String::new();
    // Halve the texts until they fit. Forms of strangers are short.
    for most in std::iter::successors(Some(MOST_IN_COOKIE), |most| Some(most / 2)).take(8) {
        each_text(&mut kept.typed, &mut |text| text.truncate(text.floor_char_boundary(most)));
        let sent = InCookie { form: form.to_owned(), kept: kept.clone() };
        content = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&sent).unwrap_or_default());
        if content.len() <= MOST_IN_COOKIE {
            break;
        }
    }
    if content.len() <= MOST_IN_COOKIE {
        let signature = signing.sign(PURPOSE, &content);
        let value = format!("{content}.{signature}");
        cookies::set(&Cookie { name: COOKIE, value: &value, seconds: KEPT_SECONDS });
    }
}

/// Returns and removes the refused input of `form` in the cookie, if our signature is valid.
fn take_cookie<T: DeserializeOwned>(form: &str) -> Option<Kept<T>> {
    let cookie = cookies::get(COOKIE)?;
    let (content, signature) = cookie.split_once('.')?;
    if !use_context::<SigningKey>()?.verifies(PURPOSE, content, signature) {
        return None;
    }
    let sent: InCookie<Value> =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(content).ok()?).ok()?;
    if sent.form != form {
        return None;
    }
    cookies::set(&Cookie { name: COOKIE, value: "", seconds: 0 });
    let Kept { typed, error, until } = sent.kept;
    Some(Kept { typed: serde_json::from_value(typed).ok()?, error, until })
}

/// Truncates the longest texts to a common length at which all fit. Returns whether anything was truncated.
pub(super) fn cut(typed: &mut Value) -> bool {
    let is_shortened = shorten(typed);
    let mut lengths = Vec::new();
    each_text(typed, &mut |text| lengths.push(text.len()));
    let fits = |most: &usize| lengths.iter().map(|n| n.min(most)).sum::<usize>() <= MOST_KEPT_BYTES;
    let halves = std::iter::successors(Some(MOST_KEPT_BYTES), |most| Some(most / 2));
    let most = halves.take(usize::BITS as usize).find(fits).unwrap_or(0);
    each_text(typed, &mut |text| text.truncate(text.floor_char_boundary(most)));
    is_shortened || lengths.iter().any(|length| *length > most)
}

fn each_text(typed: &mut Value, f: &mut impl FnMut(&mut String)) {
    match typed {
        Value::String(text) => f(text),
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_text(part, f)),
        Value::Object(parts) => parts.values_mut().for_each(|part| each_text(part, f)),
        _ => {}
    }
}

/// Drops excess list items and fields, and fields with overlong names, which no genuine form has. Returns whether
/// anything was dropped.
fn shorten(typed: &mut Value) -> bool {
    match typed {
        Value::Array(parts) => {
            let before = parts.len();
            parts.truncate(MOST_KEPT_PARTS);
            parts.iter_mut().fold(before > MOST_KEPT_PARTS, |any, part| shorten(part) || any)
        }
        Value::Object(parts) => {
            let (before, mut kept) = (parts.len(), 0);
            parts.retain(|name, _| {
                kept += 1;
                kept <= MOST_KEPT_PARTS && name.len() <= MOST_NAME_BYTES
            });
            let is_less = parts.len() < before;
            parts.values_mut().fold(is_less, |any, part| shorten(part) || any)
        }
        _ => false,
    }
}

fn key(form: &str) -> String {
    format!("form.{form}")
}

fn shown_key(form: &str) -> String {
    format!("shown.{form}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn typed_text_well_over_a_fields_limit_is_kept_whole() {
        let mut honest = json!({ "name": "x".repeat(100_000), "goals": vec!["g"; 200] });
        let before = honest.clone();
        assert!(!cut(&mut honest));
        assert_eq!(honest, before);
    }

    #[test]
    fn oversized_form_text_is_truncated_to_fit_the_session() {
        let long = "é".repeat(200_000);
        let names = |n: u32| (n.to_string(), Value::from(n));
        let named: serde_json::Map<_, _> = (0..50_000).map(names).collect();
        for mut typed in [
            json!({ "slug": "", "typed": { "name": &long, "title": "Mine" } }),
            json!({ "name": &long, "title": "Mine", "about": &long, "goals": vec![&long; 200] }),
            json!({ "title": "Mine", "goals": vec!["g"; 100_000] }),
            json!({ "title": "Mine", "metrics": named }),
            json!({ "title": "Mine", "metrics": { long: "1" } }),
        ] {
            assert!(cut(&mut typed));
            let kept = typed.to_string();
            assert!(kept.len() < MOST_KEPT_BYTES + 10_000, "{}", kept.len());
            assert!(kept.contains("Mine"), "what is short is whole");
        }
    }
}

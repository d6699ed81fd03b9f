//! The pages for signing up, signing in, setting a password, and the account. All of them work without scripts.

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
mod over_http;
#[cfg(feature = "ssr")]
mod password;

#[cfg(feature = "ssr")]
pub use account::{AccountPage, SignOutButton};
#[cfg(feature = "ssr")]
pub use entry::{SignInPage, SignUpPage};
#[cfg(feature = "ssr")]
pub use password::ResetPage;

/// Returns the error message of one field.
#[cfg(feature = "ssr")]
fn reason(refusal: Option<&crate::error::AppError>, field: &str) -> Option<String> {
    Some(refusal?.field(field)?.to_owned())
}

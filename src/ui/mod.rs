//! Controls that are independent of any feature.
//!
//! All of them work without scripts: their values are in the HTML. A field's control has its name as `id`,
//! so that an error summary can link to it.

mod escape;
mod field;
mod form;
#[cfg(feature = "ssr")]
mod loading;
#[cfg(feature = "ssr")]
mod not_found;
mod page_title;
mod sign_in;

pub use escape::{changing, escape_html, textarea_html};
pub use field::{SelectField, TextArea, TextField};
pub use form::{FormNotice, RaiseBudget, SubmitButton, Unsent};
#[cfg(feature = "ssr")]
pub use loading::load;
#[cfg(feature = "ssr")]
pub use not_found::NotFound;
pub use page_title::PageTitle;
pub use sign_in::redirect_to_sign_in;
#[cfg(feature = "ssr")]
pub use sign_in::{HOME, landing, sign_in_path};

//! The document's title.

use leptos::prelude::*;
use leptos_meta::Title;

/// The title of the page, from text that may be a member's.
///
/// `leptos_meta` writes a title into the server's HTML as it is, so `</title><script>` in a conversation's
/// name would become markup; in the browser it sets `document.title`, which takes plain text.
///
/// The server reads the text at once: it writes the head when the page is done, and the signals behind
/// the text may be gone by then.
#[component]
pub fn PageTitle(#[prop(into)] text: TextProp) -> impl IntoView {
    let shown = if cfg!(feature = "ssr") {
        TextProp::from(super::escape_html(&untrack(|| text.get())).into_owned())
    } else {
        text
    };
    view! { <Title text=shown /> }
}

//! The document's title.

use leptos::prelude::*;
use leptos_meta::Title;

/// The title of the page, from text that may be a member's.
///
/// `leptos_meta` writes a title into the server's HTML as it is, so `</title><script>` in a conversation's
/// name would become markup; in the browser it sets `document.title`, which takes plain text.
#[component]
pub fn PageTitle(#[prop(into)] text: TextProp) -> impl IntoView {
    let shown = move || {
        let text = text.get();
        if cfg!(feature = "ssr") {
            super::escape_html(&text).into_owned()
        } else {
            text.to_string()
        }
    };
    view! { <Title text=shown /> }
}

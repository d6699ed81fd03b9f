//! The document title.

use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the page's title, which may contain a member's text.
///
/// On the server, `leptos_meta` writes titles into the HTML without escaping, so `</title><script>` in a
/// conversation's name would become markup. In the browser it sets `document.title`, which takes plain
/// text.
///
/// The server reads the text immediately, because it renders the head last, when the signals behind the
/// text may have been disposed.
#[component]
pub fn PageTitle(#[prop(into)] text: TextProp) -> impl IntoView {
    let shown = if cfg!(feature = "ssr") {
        TextProp::from(super::escape_html(&untrack(|| text.get())).into_owned())
    } else {
        text
    };
    view! { <Title text=shown /> }
}

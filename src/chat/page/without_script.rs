//! The composer without JavaScript while a reply runs.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;

use super::state::OpenChat;
#[cfg(feature = "ssr")]
use crate::chat::server_fns::KeepDraft;

/// Replaces the composer without JavaScript while a reply runs. Reloading would discard typed text, so the box appears
/// only on request, and the page then stops reloading.
#[component]
pub fn WithoutScript(chat: OpenChat, refreshes: bool) -> impl IntoView {
    #[cfg(feature = "ssr")]
    return chat.running.get_untracked().map(|running| {
        let html = match chat.has_edit() {
            // The edit's own buttons keep its input.
            true => without_buttons(),
            false => without_script(&chat.id(), &running, refreshes),
        };
        view! { <noscript inner_html=html></noscript> }
    });
    #[cfg(not(feature = "ssr"))]
    let _ = (chat, refreshes);
}

#[cfg(feature = "ssr")]
fn without_buttons() -> String {
    view! { <p class="composer-note">"The answer is still being written: you can ask this when it has ended."</p> }
        .to_html()
}

#[cfg(feature = "ssr")]
fn without_script(conversation: &str, running: &str, refreshes: bool) -> String {
    if refreshes {
        let writing = format!("/chat/{conversation}?write=1");
        return view! {
            <p class="composer-note">
                "This page shows more of the answer every 2 seconds. "
                <a href=writing>"Write the next question"</a>
            </p>
        }
        .to_html();
    }
    view! {
        <p class="composer-note">
            "The answer is still being written: you can ask this when it has ended. This page does not refresh while you write."
        </p>
        <button class="button-quiet" formaction=KeepDraft::url() formnovalidate>
            "Show the answer so far"
        </button>
        <button
            class="button-quiet"
            formaction=KeepDraft::url()
            formnovalidate
            name="stop"
            value=running.to_owned()
        >
            "Stop"
        </button>
    }
    .to_html()
}

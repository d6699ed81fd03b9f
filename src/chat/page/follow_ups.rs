//! Suggested next questions below the newest reply.

use leptos::prelude::*;

use super::opening::Suggestion;
use super::state::OpenChat;

/// How many are shown.
const SHOWN: usize = 3;

/// The suggestions, unless a reply is running or the conversation takes no questions.
#[component]
pub fn FollowUps(chat: OpenChat) -> impl IntoView {
    let is_archived = chat.adviser().archived;
    let questions = Memo::new(move |_| {
        let waits = chat.pending.with(Option::is_some) || chat.running.with(Option::is_some);
        if is_archived || waits || chat.gone.get() {
            return Vec::new();
        }
        chat.entries.with(|entries| {
            let Some(last) = entries.last() else { return Vec::new() };
            let is_new = |text: &&String| entries.iter().all(|entry| entry.message.text != **text);
            last.outcome.with(|outcome| {
                outcome.follow_ups.iter().filter(is_new).take(SHOWN).cloned().collect::<Vec<_>>()
            })
        })
    });
    move || {
        let questions = questions.get();
        (!questions.is_empty()).then(|| {
            view! {
                <ul class="follow-ups" aria-label="Suggested next questions">
                    {questions
                        .into_iter()
                        .map(|question| view! { <Suggestion chat question class="follow-up" /> })
                        .collect_view()}
                </ul>
            }
        })
    }
}

//! The composer's notices: the last refusal, and the hints below the box.

use std::time::Duration;

use leptos::prelude::*;

use super::super::model::{MESSAGE_MAX_CHARS, Remaining};
use super::composer::is_in_progress;
use super::state::OpenChat;
use crate::error::{AppError, Code};
use crate::ui::{RaiseBudget, changing};

/// The composer shows the number of characters from here on.
const COUNTED_FROM: usize = MESSAGE_MAX_CHARS / 10 * 9;
/// The composer shows the number of remaining messages from here down.
const FEW_LEFT: u32 = 3;

/// The last refusal, with a countdown.
#[component]
pub fn Refusal(error: AppError) -> impl IntoView {
    let message = error.field("message").unwrap_or(&error.message).to_owned();
    let needs_sign_in = error.code == Code::Unauthenticated;
    view! {
        <div
            class="notice notice-error"
            role="alert"
            id="message-error"
            data-until-end=is_in_progress(&error).then_some("")
            data-budget=(error.code == Code::BudgetExceeded).then_some("")
        >
            <p>
                <span inner_html=changing(&message)></span>
                <RaiseBudget error=error.clone() />
                {needs_sign_in
                    .then(|| {
                        // In a new window, so that the input stays here.
                        view! {
                            " "
                            <a href="/signin" target="_blank">
                                "Sign in"
                            </a>
                            ", then send it again."
                        }
                    })}
            </p>
            {error.retry_after.map(|seconds| view! { <Wait seconds /> })}
        </div>
    }
}

/// Counts down to the next possible attempt. Not announced every second.
#[component]
fn Wait(seconds: u64) -> impl IntoView {
    let left = RwSignal::new(seconds);
    Effect::new(move || {
        let second = move || {
            left.try_update(|left| *left = left.saturating_sub(1));
        };
        if let Ok(clock) = set_interval_with_handle(second, Duration::from_secs(1)) {
            on_cleanup(move || clock.clear());
        }
    });
    let text = move || match left.get() {
        0 => "You can try again now.".to_owned(),
        1 => "1 second left".to_owned(),
        left => format!("{left} seconds left"),
    };
    view! {
        <p class="wait" aria-hidden="true" inner_html=text></p>
    }
}

/// Hints below the box.
#[component]
pub fn Notes(chat: OpenChat) -> impl IntoView {
    let desk = chat.desk;
    Effect::new(move || {
        let Some(reset) = desk.remaining.with(|r| r.filter(is_few).map(|r| r.reset)) else {
            return;
        };
        let forget = move || {
            desk.remaining.try_set(None);
        };
        if let Ok(clock) = set_timeout_with_handle(forget, Duration::from_secs(reset)) {
            on_cleanup(move || clock.clear());
        }
    });
    let length = Memo::new(move |_| desk.typed.with(|typed| typed.trim().chars().count()));
    let counter = move || {
        let length = length.get();
        let is_over = length > MESSAGE_MAX_CHARS;
        (length >= COUNTED_FROM).then(|| {
            view! {
                <span
                    class="composer-count"
                    class:over=is_over
                    inner_html=format!("{length} of {MESSAGE_MAX_CHARS}")
                ></span>
            }
        })
    };
    let note = move || {
        let few = desk.remaining.get().filter(is_few)?;
        Some(view! { <span class="limit-note" inner_html=left_note(few)></span> })
    };
    let quota_note = move || {
        let note = chat.conversation.with(|open| open.as_ref()?.quota_note.clone())?;
        Some(view! { <span class="limit-note" inner_html=note></span> })
    };
    view! {
        <span
            class="composer-hint js-only"
            inner_html=move || match chat.running.with(Option::is_some) {
                true => "Enter queues your question until the answer has ended",
                false => "Enter sends, Shift + Enter starts a new line",
            }
        ></span>
        {counter}
        {note}
        {quota_note}
    }
}

fn is_few(left: &Remaining) -> bool {
    left.remaining <= FEW_LEFT
}

fn left_note(left: Remaining) -> String {
    let count = match left.remaining {
        0 => "No question".to_owned(),
        1 => "1 question".to_owned(),
        count => format!("{count} questions"),
    };
    format!("{count} left for now; all {} again within {} s", left.limit, left.reset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_uses_singular_and_plural() {
        let left = |remaining| left_note(Remaining { limit: 10, remaining, reset: 42 });
        assert_eq!(left(0), "No question left for now; all 10 again within 42 s");
        assert_eq!(left(1), "1 question left for now; all 10 again within 42 s");
        assert_eq!(left(3), "3 questions left for now; all 10 again within 42 s");
    }
}

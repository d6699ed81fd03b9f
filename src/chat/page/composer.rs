//! The composer: writes, sends and queues questions, and stops replies.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::MESSAGE_MAX_CHARS;
use super::super::server_fns::{SendMessage, StopReply, send_message, stop_reply};
use super::notes::{Notes, Refusal};
use super::state::{Focus, OpenChat};
use super::without_script::WithoutScript;
use super::{live, screen};
use crate::error::{AppError, Code};
use crate::ui::{changing, textarea_html};

/// Maximum lines of the composer before it scrolls.
const MOST_ROWS: usize = 8;

/// Sends a question, or queues it behind the running reply. Returns false if neither is possible, and shows why.
pub fn ask(chat: OpenChat, text: String) -> bool {
    let is_sending = chat.pending.with_untracked(Option::is_some);
    if is_sending && text.trim().is_empty() {
        return false;
    }
    if let Err(error) = sendable(&text) {
        chat.desk.refuse(error);
        return false;
    }
    if is_sending || chat.is_running() {
        let is_queued = live::queue(text.trim());
        if !is_queued {
            chat.desk.refuse(AppError::new(
                Code::ReplyInProgress,
                "Wait for the end of the answer, or stop it, before you ask the next question.",
            ));
        }
        return is_queued;
    }
    send(chat, text, None);
    true
}

/// Sends a queued question with its request id, unless another one is being sent.
#[cfg(feature = "hydrate")]
pub fn ask_queued(chat: OpenChat, request_id: String, text: String) {
    if chat.pending.with_untracked(Option::is_none) && !chat.is_running() {
        send(chat, text, Some(request_id));
    }
}

/// Sends a question and shows it at once. `queued`: the request id of a queued question, which returns to the queue if it
/// is refused.
fn send(chat: OpenChat, text: String, queued: Option<String>) {
    let (conversation, persona) = (chat.id(), chat.adviser().slug.clone());
    let draft_of = chat.draft_place();
    let request_id = queued.clone().unwrap_or_else(|| chat.request_id());
    chat.begin(text.trim().to_owned(), queued.is_none().then(|| request_id.clone()));
    spawn_local(async move {
        match send_message(conversation, persona, text.clone(), request_id.clone()).await {
            Ok(sent) => {
                live::sent(&draft_of, &sent.conversation.id, &request_id);
                chat.taken(sent);
            }
            Err(error) if queued.is_some() => {
                live::refused(&request_id);
                chat.returned(None, error);
            }
            Err(error) => chat.returned(Some(&text), error),
        }
    });
}

/// Returns whether the server would accept `text`. The server checks again.
fn sendable(text: &str) -> Result<(), AppError> {
    let length = text.trim().chars().count();
    if length == 0 {
        return Err(AppError::invalid_field("message", "Write a question first."));
    }
    if length > MESSAGE_MAX_CHARS {
        let over = length - MESSAGE_MAX_CHARS;
        let reason = format!(
            "This is {over} characters too long: a question has at most {MESSAGE_MAX_CHARS}."
        );
        return Err(AppError::invalid_field("message", reason));
    }
    Ok(())
}

/// The form below the thread.
#[component]
pub fn Composer(
    chat: OpenChat,
    /// The initial text.
    draft: String,
    /// Whether the page reloads itself periodically, so that nothing can be typed.
    refreshes: bool,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let (desk, adviser) = (chat.desk, chat.adviser());
    live::listen(chat);
    follow_typed(chat, area);
    forget_at_end(chat, desk.refused, is_in_progress);
    Effect::new(move || {
        if area.get().is_some() && desk.focus_once(Focus::Composer) {
            screen::focus(area);
        }
    });
    let send = move || {
        if ask(chat, desk.typed.get_untracked()) {
            desk.typed.set(String::new());
        }
        screen::focus(area);
    };
    let refused = move || desk.refused.with(|error| error.as_ref().is_some_and(is_about_text));
    if adviser.archived {
        return view! { <Archived short=adviser.short.clone() /> }.into_any();
    }
    view! {
        <form
            class="composer"
            class:refreshes=refreshes
            method="post"
            action=SendMessage::url()
            prop:noValidate=true
            data-pending=move || chat.pending.get()
            on:submit=move |submit: SubmitEvent| {
                submit.prevent_default();
                send();
            }
        >
            <input type="hidden" name="conversation_id" value=chat.id() />
            <input type="hidden" name="persona" value=adviser.slug.clone() />
            <input type="hidden" name="client_request_id" value=chat.request_id() />
            {move || chat.gone.get().then(|| view! { <Gone /> })}
            <ul class="queue" id="queue" aria-label="Queued questions" hidden></ul>
            <p class="visually-hidden" role="status" id="queue-status"></p>
            {move || desk.refused.get().map(|error| view! { <Refusal error /> })}
            <div class="composer-box">
                <div class="field">
                    <label
                        for="message"
                        inner_html=changing(&format!("Your question for the {}", adviser.called()))
                    ></label>
                    <textarea
                        id="message"
                        name="message"
                        dir="auto"
                        required
                        enterkeyhint="send"
                        placeholder=format!("Ask the {}", adviser.called())
                        rows=move || desk.typed.with(|typed| rows(typed))
                        aria-invalid=move || refused().then_some("true")
                        aria-describedby=move || refused().then_some("message-error")
                        node_ref=area
                        inner_html=textarea_html(&draft)
                        on:input=move |_| typed_into(chat, area)
                        on:keydown=move |key: KeyboardEvent| {
                            if sends(&key) {
                                key.prevent_default();
                                send();
                            }
                        }
                    ></textarea>
                </div>
                <div class="composer-foot">
                    <Notes chat />
                    <WithoutScript chat refreshes />
                    <Buttons chat />
                </div>
            </div>
        </form>
        <StopForm chat area />
    }
    .into_any()
}

/// Replaces the composer if the adviser is archived.
#[component]
fn Archived(short: String) -> impl IntoView {
    view! {
        <p class="composer notice">
            {format!("{short} is archived and takes no more questions. An admin can restore it. ")}
            <a href="/chat">"Ask another adviser"</a>
        </p>
    }
}

/// The notice in a conversation that another window deleted.
#[component]
fn Gone() -> impl IntoView {
    view! {
        <div class="notice" role="alert">
            <p>
                "This conversation was deleted in another window. Your next question begins a new one. "
                <a href="/chat">"Begin a new conversation"</a>
            </p>
        </div>
    }
}

/// Clears a refusal when no reply is running any more, if `applies` returns true for it.
pub fn forget_at_end(
    chat: OpenChat,
    refused: RwSignal<Option<AppError>>,
    applies: impl Fn(&AppError) -> bool + 'static,
) {
    Effect::new(move || {
        if chat.running.with(Option::is_none)
            && refused.with_untracked(|refused| refused.as_ref().is_some_and(&applies))
        {
            refused.set(None);
        }
    });
}

/// Returns whether the refusal asks to wait for the running reply.
pub fn is_in_progress(error: &AppError) -> bool {
    error.code == Code::ReplyInProgress
}

/// Synchronises the box with the desk. Its initial text is the input of a refused send, or else the browser's draft.
fn follow_typed(chat: OpenChat, area: NodeRef<html::Textarea>) {
    Effect::new(move |was_there: Option<bool>| {
        let typed = chat.desk.typed.get();
        let Some(area) = area.get() else { return false };
        let shown = area.value();
        let draft = match was_there {
            Some(true) => String::new(),
            _ => live::opened(&chat.draft_place()),
        };
        let first = if shown.is_empty() { draft } else { shown.clone() };
        if was_there != Some(true) && typed.is_empty() && !first.is_empty() {
            chat.desk.typed.set(first);
        } else if shown != typed {
            area.set_value(&typed);
        }
        true
    });
}

fn typed_into(chat: OpenChat, area: NodeRef<html::Textarea>) {
    let Some(area) = area.get_untracked() else { return };
    chat.desk.typed.set(area.value());
    if chat.desk.refused.with_untracked(|error| error.as_ref().is_some_and(is_about_text)) {
        chat.desk.refused.set(None);
    }
}

/// Returns whether a key submits: Enter without modifiers and outside of an input method's composition.
fn sends(key: &KeyboardEvent) -> bool {
    // Safari reports the Enter that ends a composition only by this code.
    const COMPOSING: u32 = 229;
    key.key() == "Enter"
        && !(key.shift_key() || key.ctrl_key() || key.alt_key() || key.meta_key())
        && !key.is_composing()
        && key.key_code() != COMPOSING
}

fn is_about_text(error: &AppError) -> bool {
    is_in_progress(error) || error.field("message").is_some()
}

/// Returns the lines to show, for browsers that cannot size the box by its content.
fn rows(text: &str) -> String {
    text.split('\n').count().min(MOST_ROWS).to_string()
}

/// Ask, or Stop and Queue while a reply runs.
#[component]
fn Buttons(chat: OpenChat) -> impl IntoView {
    let is_answering = move || chat.running.with(Option::is_some);
    let ask = move || {
        view! {
            <button
                class="button"
                type="submit"
                aria-busy=move || chat.pending.with(Option::is_some).then_some("true")
            >
                "Ask"
            </button>
        }
    };
    view! {
        <Show when=is_answering fallback=ask>
            <button class="button-quiet" type="submit" form="stop">
                "Stop"
            </button>
            <button class="button js-only" type="submit">
                "Queue"
            </button>
        </Show>
    }
}

/// The form of Stop. Separate, because forms cannot be nested.
#[component]
fn StopForm(chat: OpenChat, area: NodeRef<html::Textarea>) -> impl IntoView {
    // The error of a failed Stop is cleared when the reply has ended.
    let failed = StoredValue::new(None::<AppError>);
    forget_at_end(chat, chat.desk.refused, move |refused| {
        failed.try_with_value(|failed| failed.as_ref() == Some(refused)) == Some(true)
    });
    let stop = move |submit: SubmitEvent| {
        submit.prevent_default();
        screen::focus(area);
        let Some(id) = chat.running.get_untracked() else { return };
        spawn_local(async move {
            if let Err(error) = stop_reply(id).await {
                failed.try_set_value(Some(error.clone()));
                chat.desk.refuse(error);
            }
        });
    };
    view! {
        <form id="stop" method="post" action=StopReply::url() on:submit=stop>
            <input type="hidden" name="message_id" value=move || chat.running.get() />
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_question_is_refused() {
        let error = sendable(" \n\t").err();
        assert_eq!(
            error.and_then(|e| e.field("message").map(str::to_owned)).as_deref(),
            Some("Write a question first.")
        );
    }

    #[test]
    fn a_questions_limit_of_5000_counts_characters() {
        assert!(sendable(&"é".repeat(5_000)).is_ok());
        let error = sendable(&"🙂".repeat(5_012)).err();
        assert!(error.is_some_and(|e| e.message.starts_with("This is 12 characters too long")));
    }

    #[test]
    fn the_box_grows_with_its_lines_up_to_a_limit() {
        assert_eq!(rows(""), "1");
        assert_eq!(rows("one\ntwo"), "2");
        assert_eq!(rows(&"\n".repeat(40)), "8");
    }
}

//! Questions and replies in the thread.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::super::model::{MessageView, Status};
use super::again::{Again, AskAgain, AskAnother, may_ask_another};
use super::edit::{self, EditForm, EditLink};
use super::entries::{Entry, Outcome};
use super::live;
use super::state::OpenChat;
use super::versions::Versions;
use crate::personas::emblem::Emblem;
use crate::personas::model::Card;
use crate::ui::changing;

/// A stored question.
#[component]
pub fn Asked(chat: OpenChat, message: Arc<MessageView>) -> impl IntoView {
    let is_edited = edit::is_open(chat, &message.id);
    edit::follow_with_focus(is_edited, &message.id);
    let shown = message.clone();
    let content = move || match is_edited.get() {
        true => view! { <EditForm chat message=shown.clone() /> }.into_any(),
        false => view! { <Question chat message=shown.clone() /> }.into_any(),
    };
    view! {
        <article class="message message-user" id=element_id(&message.id) aria-label="You">
            {content}
        </article>
    }
}

/// The text of a question with its actions.
#[component]
fn Question(chat: OpenChat, message: Arc<MessageView>) -> impl IntoView {
    let id = StoredValue::new(message.id.clone());
    view! {
        <div class="message-body" dir="auto">
            {message.text.clone()}
        </div>
        <footer class="message-actions">
            <Show when=move || chat.running.with(Option::is_none)>
                <EditLink chat message_id=id.get_value() />
            </Show>
            <Versions chat message=message.clone() />
            <time class="message-meta" datetime=message.created_at.clone()>
                {message.created_human.clone()}
            </time>
        </footer>
    }
}

/// A question that is being sent, with a placeholder for its reply.
#[component]
pub fn Pending(adviser: Arc<Card>, text: String) -> impl IntoView {
    view! {
        <article class="message message-user" aria-label="You">
            <div class="message-body" dir="auto">
                {text}
            </div>
            <p class="message-meta">"Sending…"</p>
        </article>
        <article
            class="message message-answer"
            data-colour=adviser.colour.clone()
            data-status="streaming"
            aria-label=adviser.title.clone()
            aria-busy="true"
        >
            <header class="message-head">
                <Emblem charge=adviser.charge.clone() />
                <h2 class="message-author">{adviser.title.clone()}</h2>
            </header>
            <div class="message-body"></div>
            <Thinking seconds=0 />
            <footer class="message-actions"></footer>
        </article>
    }
}

/// A reply with its text so far.
///
/// Its blocks are opaque HTML to Leptos. The stream writes into them (`live`), so that only the open block is rendered
/// again and a long conversation starts fast.
#[component]
pub fn Answer(chat: OpenChat, entry: Entry) -> impl IntoView {
    let blocks = NodeRef::<html::Div>::new();
    live::watch(chat, entry.clone(), blocks);
    let Entry { message, outcome, reasoning } = entry;
    let status = {
        let outcome = outcome.clone();
        Memo::new(move |_| outcome.with(|outcome| outcome.status))
    };
    let streams = move || status.get() == Status::Streaming;
    let adviser = chat.adviser_of(&message.persona);
    let html = live::blocks_html(&message.blocks);
    let id = StoredValue::new(message.id.clone());
    let goes_on = Memo::new(move |_| id.with_value(|id| chat.goes_on(id)));
    let holds_text = {
        let outcome = outcome.clone();
        move || !goes_on.get() && outcome.with(Outcome::has_ended_with_text)
    };
    let single = message.versions.len() == 1;
    view! {
        <article
            class="message message-answer"
            id=element_id(&message.id)
            data-colour=adviser.colour.clone()
            data-status=move || status.get().as_str()
            data-continues=message.continues().then_some("true")
            data-continued=move || goes_on.get().then_some("true")
            aria-label=adviser.title.clone()
            aria-busy=move || streams().then_some("true")
        >
            <AnswerHead adviser=adviser.clone() message=message.clone() />
            <div
                class="message-body"
                dir="auto"
                node_ref=blocks
                inner_html=html
            ></div>
            {(message.status == Status::Streaming)
                .then(|| view! { <Thinking seconds=message.waiting.unwrap_or_default() /> })}
            {
                let outcome = outcome.clone();
                move || if goes_on.get() { None } else { ending(&outcome.get()) }
            }
            <div class="message-reasoning" inner_html=move || reasoning.get().unwrap_or_default()></div>
            <footer class="message-actions" hidden=move || single && goes_on.get()>
                // The style sheet shows it while the connection is lost and the reply is incomplete.
                <span class="message-meta message-lost">"Reconnecting…"</span>
                <Versions chat message=message.clone() />
                <Show when=holds_text>
                    <Copy />
                </Show>
                <Offers chat message=message.clone() outcome goes_on />
            </footer>
        </article>
    }
}

/// The placeholder of a reply without text. The style sheet shows it, and the script updates the seconds, which are
/// announced once.
#[component]
fn Thinking(
    /// Seconds since the wait for text started.
    seconds: u64,
) -> impl IntoView {
    view! {
        <p class="message-wait">
            "Thinking…"
            <span aria-hidden="true" data-seconds=seconds.to_string()>
                {(seconds > 0).then(|| format!("{seconds} s"))}
            </span>
        </p>
    }
}

/// The adviser and the time. For a continuation, only the seam.
#[component]
fn AnswerHead(adviser: Arc<Card>, message: Arc<MessageView>) -> impl IntoView {
    if message.continues() {
        return view! { <p class="message-seam">"continued"</p> }.into_any();
    }
    view! {
        <header class="message-head">
            <Emblem charge=adviser.charge.clone() />
            <h2 class="message-author">{adviser.title.clone()}</h2>
            <time class="message-time" datetime=message.created_at.clone()>
                {message.created_human.clone()}
            </time>
        </header>
    }
    .into_any()
}

/// The actions of a reply. A continued reply has none; its continuation has them.
#[component]
fn Offers(
    chat: OpenChat,
    message: Arc<MessageView>,
    outcome: ArcRwSignal<Outcome>,
    goes_on: Memo<bool>,
) -> impl IntoView {
    let id = StoredValue::new(message.id.clone());
    let another = {
        let (outcome, message) = (outcome.clone(), message.clone());
        let offers = Memo::new(move |_| {
            !goes_on.get() && chat.running.with(Option::is_none) && outcome.with(may_ask_another)
        });
        move || {
            offers.get().then(|| {
                view! { <AskAnother chat id=chat.beginning_of(&message) own=message.persona.clone() /> }
            })
        }
    };
    let is_last = move || {
        chat.entries.with(|entries| {
            entries.last().is_some_and(|last| id.with_value(|id| last.message.id == *id))
        })
    };
    let offers = move |again: Again| {
        !goes_on.get()
            && chat.running.with(Option::is_none)
            && outcome.with(|outcome| again.helps(outcome))
            && (again != Again::Continue || is_last())
    };
    let again = [Again::Correct, Again::Continue, Again::Retry, Again::Regenerate]
        .into_iter()
        .map(|again| {
            let (offers, message) = (offers.clone(), message.clone());
            move || {
                offers(again).then(|| {
                    // Regenerate starts at the beginning of a reply, not at a seam.
                    let id = match again {
                        Again::Regenerate => chat.beginning_of(&message),
                        Again::Correct | Again::Retry | Again::Continue => message.id.clone(),
                    };
                    view! { <AskAgain chat again id /> }
                })
            }
        })
        .collect_view();
    (again, another)
}

/// The notice of how a reply ended.
fn ending(outcome: &Outcome) -> Option<AnyView> {
    let said =
        |text: String| view! { <p class="message-meta" inner_html=changing(&text)></p> }.into_any();
    let failed = |text: String| {
        view! { <p class="message-meta message-failure" inner_html=changing(&text)></p> }.into_any()
    };
    match (outcome.status, &outcome.failure) {
        (Status::Failed | Status::Interrupted, Some(failure)) => {
            Some(failed(failure.message.clone()))
        }
        (Status::Failed | Status::Interrupted, None) => {
            Some(failed("This answer was cut off.".to_owned()))
        }
        // The budget ended it, not the member.
        (Status::Stopped, Some(failure)) => Some(said(failure.message.clone())),
        (Status::Stopped, None) => Some(said("You stopped this answer.".to_owned())),
        (Status::Complete, _) if outcome.cut => Some(said(
            "This answer reached its maximum length. Continue asks for the rest.".to_owned(),
        )),
        (Status::Complete | Status::Streaming, _) => None,
    }
}

fn element_id(message_id: &str) -> String {
    format!("message-{message_id}")
}

/// The Copy button. Shown only with scripts (`copy.js`).
#[component]
fn Copy() -> impl IntoView {
    view! {
        <button type="button" class="button-quiet needs-script" data-copy="" aria-live="polite">
            "Copy"
        </button>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::chat::model::ReplyFailure;
    use crate::error::Code;

    fn outcome(status: Status) -> Outcome {
        Outcome {
            status,
            failure: None,
            cut: false,
            conflicts: false,
            follow_ups: Vec::new(),
            proposal: None,
        }
    }

    fn failed(retryable: bool) -> Outcome {
        let failure = ReplyFailure {
            code: Code::UpstreamUnavailable,
            message: "The model does not answer <now>.".to_owned(),
            retryable,
            partial: false,
        };
        Outcome { failure: Some(failure), ..outcome(Status::Failed) }
    }

    fn said(outcome: &Outcome) -> String {
        Owner::new().with(|| ending(outcome).map(|view| view.to_html()).unwrap_or_default())
    }

    #[test]
    fn a_failed_reply_shows_its_reason_as_text() {
        let html = said(&failed(true));
        assert!(html.contains("The model does not answer &lt;now&gt;."), "{html}");
    }

    #[test]
    fn stopped_and_truncated_replies_say_so_and_complete_ones_do_not() {
        assert!(said(&outcome(Status::Stopped)).contains("You stopped this answer."));
        assert!(
            said(&Outcome { cut: true, ..outcome(Status::Complete) }).contains("maximum length")
        );
        assert_eq!(said(&outcome(Status::Complete)), "");
        assert_eq!(said(&outcome(Status::Streaming)), "");
    }

    #[test]
    fn a_reply_ended_by_the_budget_says_so() {
        let ended = Outcome { status: Status::Stopped, ..failed(true) };
        let html = said(&ended);
        assert!(html.contains("does not answer") && !html.contains("You stopped"), "{html}");
    }
}

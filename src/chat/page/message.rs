//! Questions and answers in the thread.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::api::{RetryReply, retry_reply};
use super::super::model::{MessageView, PersonaType, Status};
use super::live;
use super::state::{Chat, Entry, Outcome};
use crate::ui::Emblem;

/// A question the server has.
#[component]
pub fn Asked(message: Arc<MessageView>) -> impl IntoView {
    view! {
        <article class="message message-user" aria-label="You">
            <div class="message-body" dir="auto">
                {message.text.clone()}
            </div>
            <p class="message-meta">
                <time datetime=message.created_at.clone()>{message.created_human.clone()}</time>
            </p>
        </article>
    }
}

/// A question on its way, with the place where its answer will stand.
#[component]
pub fn Pending(persona: PersonaType, text: String) -> impl IntoView {
    view! {
        <article class="message message-user" aria-label="You">
            <div class="message-body" dir="auto">
                {text}
            </div>
            <p class="message-meta">"Sending…"</p>
        </article>
        <article
            class="message message-answer"
            data-persona=persona.slug()
            data-status="streaming"
            aria-label=persona.title()
            aria-busy="true"
        >
            <header class="message-head">
                <Emblem slug=persona.slug() />
                <h2 class="message-author">{persona.title()}</h2>
            </header>
            <div class="message-body typing"></div>
            <footer class="message-actions"></footer>
        </article>
    }
}

/// An answer, as far as it is written.
///
/// Its blocks are plain HTML to Leptos: the stream writes into them (`live`), so that nothing but the
/// open block is rendered again, and a long conversation has little to hydrate.
#[component]
pub fn Answer(chat: Chat, entry: Entry) -> impl IntoView {
    let blocks = NodeRef::<html::Div>::new();
    live::watch(chat, entry.clone(), blocks);
    let Entry { message, outcome, lost } = entry;
    let status = {
        let outcome = outcome.clone();
        Memo::new(move |_| outcome.with(|outcome| outcome.status))
    };
    let streams = move || status.get() == Status::Streaming;
    let persona = message.persona;
    let html = live::blocks_html(&message.blocks);
    let id = StoredValue::new(message.id.clone());
    let is_last = move || {
        chat.entries.with(|entries| {
            entries.last().is_some_and(|last| id.with_value(|id| last.message.id == *id))
        })
    };
    let holds_text = {
        let outcome = outcome.clone();
        move || outcome.with(may_hold_text)
    };
    let may_retry = {
        let outcome = outcome.clone();
        move || outcome.with(retry_helps) && is_last()
    };
    view! {
        <article
            class="message message-answer"
            data-persona=persona.slug()
            data-status=move || status.get().as_str()
            aria-label=persona.title()
            aria-busy=move || streams().then_some("true")
        >
            <header class="message-head">
                <Emblem slug=persona.slug() />
                <h2 class="message-author">{persona.title()}</h2>
                <time class="message-time" datetime=message.created_at.clone()>
                    {message.created_human.clone()}
                </time>
            </header>
            <div
                class="message-body"
                class:typing=streams
                dir="auto"
                node_ref=blocks
                inner_html=html
            ></div>
            {move || ending(&outcome.get())}
            <footer class="message-actions">
                <Show when=move || lost.get()>
                    <span class="message-meta">"Reconnecting…"</span>
                </Show>
                <Show when=holds_text>
                    <Copy blocks />
                </Show>
                <Show when=may_retry>
                    <Retry chat id=id.get_value() />
                </Show>
            </footer>
        </article>
    }
}

/// How an answer ended, where there is something to say.
fn ending(outcome: &Outcome) -> Option<AnyView> {
    let said = |text: String| view! { <p class="message-meta">{text}</p> }.into_any();
    let failed =
        |text: String| view! { <p class="message-meta message-failure">{text}</p> }.into_any();
    match (outcome.status, &outcome.failure) {
        (Status::Failed | Status::Interrupted, Some(failure)) => {
            Some(failed(failure.message.clone()))
        }
        (Status::Failed | Status::Interrupted, None) => {
            Some(failed("This answer was cut off. What came is kept.".to_owned()))
        }
        // The budget ended it, not the member.
        (Status::Stopped, Some(failure)) => Some(said(failure.message.clone())),
        (Status::Stopped, None) => Some(said("You stopped this answer.".to_owned())),
        (Status::Complete, _) if outcome.cut => Some(said(
            "This answer ends here because it reached the greatest length. Ask for the rest."
                .to_owned(),
        )),
        (Status::Complete | Status::Streaming, _) => None,
    }
}

/// Whether the answer has ended with something to copy, as far as its outcome tells.
fn may_hold_text(outcome: &Outcome) -> bool {
    outcome.status != Status::Streaming && outcome.failure.as_ref().is_none_or(|f| f.partial)
}

fn retry_helps(outcome: &Outcome) -> bool {
    match outcome.status {
        Status::Failed => outcome.failure.as_ref().is_none_or(|failure| failure.retryable),
        Status::Stopped | Status::Interrupted => true,
        Status::Complete | Status::Streaming => false,
    }
}

/// Asks the same question again.
#[component]
fn Retry(chat: Chat, id: String) -> impl IntoView {
    let pending = RwSignal::new(false);
    let message_id = id.clone();
    let retry = move |submit: SubmitEvent| {
        submit.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        chat.desk.refused.set(None);
        let (id, request_id) = (id.clone(), chat.request_id());
        spawn_local(async move {
            match retry_reply(id, request_id).await {
                Ok(sent) => chat.taken(sent),
                Err(error) => chat.desk.refuse(error),
            }
            pending.try_set(false);
        });
    };
    view! {
        <form method="post" action=RetryReply::url() on:submit=retry>
            <input type="hidden" name="message_id" value=message_id />
            <input type="hidden" name="client_request_id" value=chat.request_id() />
            <button class="button-quiet" aria-busy=move || pending.get().then_some("true")>
                "Retry"
            </button>
        </form>
    }
}

/// Copies an answer; only where scripts run.
#[component]
fn Copy(blocks: NodeRef<html::Div>) -> impl IntoView {
    let said = RwSignal::new(None);
    view! {
        <button type="button" class="button-quiet js-only" on:click=move |_| live::copy(blocks, said)>
            {move || said.get().unwrap_or("Copy")}
        </button>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::chat::model::ReplyFailure;
    use crate::error::Code;

    fn outcome(status: Status) -> Outcome {
        Outcome { status, failure: None, cut: false }
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
    fn a_failed_answer_says_why_as_text() {
        let html = said(&failed(true));
        assert!(html.contains("The model does not answer &lt;now&gt;."), "{html}");
    }

    #[test]
    fn a_stopped_or_cut_answer_says_so_and_a_whole_one_says_nothing() {
        assert!(said(&outcome(Status::Stopped)).contains("You stopped this answer."));
        assert!(said(&Outcome { cut: true, ..outcome(Status::Complete) }).contains("ends here"));
        assert_eq!(said(&outcome(Status::Complete)), "");
        assert_eq!(said(&outcome(Status::Streaming)), "");
    }

    #[test]
    fn an_answer_that_the_budget_ended_says_so() {
        let ended = Outcome { status: Status::Stopped, ..failed(true) };
        let html = said(&ended);
        assert!(html.contains("does not answer") && !html.contains("You stopped"), "{html}");
    }

    #[test]
    fn retry_is_offered_where_asking_again_may_help() {
        assert!(retry_helps(&failed(true)) && !retry_helps(&failed(false)));
        assert!(
            retry_helps(&outcome(Status::Stopped)) && retry_helps(&outcome(Status::Interrupted))
        );
        assert!(
            !retry_helps(&outcome(Status::Complete)) && !retry_helps(&outcome(Status::Streaming))
        );
    }
}

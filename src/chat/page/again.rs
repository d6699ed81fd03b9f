//! The buttons Retry, Regenerate, Continue and Ask to correct, and the menu Ask another adviser.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::{ReplyFailure, Sent, Status};
use super::super::server_fns::{
    ContinueReply, CorrectReply, RetryReply, continue_reply, correct_reply, retry_reply,
};
use super::entries::Outcome;
use super::state::OpenChat;
use crate::error::{AppError, Code};
use crate::personas::emblem::Emblem;
use crate::personas::model::Card;

/// An action of an ended reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Retries a reply that did not complete.
    Retry,
    /// Creates another version of a complete reply.
    Regenerate,
    /// Continues a reply that was cut off.
    Continue,
    /// Asks the adviser to correct the numbers that contradict their sources.
    Correct,
}

impl Again {
    const fn label(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Regenerate => "Regenerate",
            Self::Continue => "Continue",
            Self::Correct => "Ask to correct",
        }
    }

    fn url(self) -> &'static str {
        match self {
            Self::Retry | Self::Regenerate => RetryReply::url(),
            Self::Continue => ContinueReply::url(),
            Self::Correct => CorrectReply::url(),
        }
    }

    /// `by`: the slug of the adviser who writes another version, or empty for the reply's own.
    async fn ask(
        self,
        message_id: String,
        by: String,
        request_id: String,
    ) -> Result<Sent, AppError> {
        match self {
            Self::Retry | Self::Regenerate => retry_reply(message_id, request_id, by).await,
            Self::Continue => continue_reply(message_id, request_id).await,
            Self::Correct => correct_reply(message_id, request_id).await,
        }
    }

    /// Returns whether to offer it for a reply in this state.
    pub fn helps(self, outcome: &Outcome) -> bool {
        if is_gone(outcome) {
            return false;
        }
        match (self, outcome.status) {
            (_, Status::Streaming) => false,
            (Self::Correct, _) => outcome.conflicts,
            (Self::Retry, Status::Failed) => {
                outcome.failure.as_ref().is_none_or(|failure| failure.retryable)
            }
            (Self::Retry, status) => status != Status::Complete,
            (Self::Regenerate, status) => status == Status::Complete,
            (Self::Continue, Status::Complete) => outcome.cut,
            (Self::Continue, Status::Failed) => false,
            (Self::Continue, Status::Stopped | Status::Interrupted) => outcome.may_hold_text(),
        }
    }
}

/// Returns whether the conversation of the reply was deleted.
fn is_gone(outcome: &Outcome) -> bool {
    let is_gone = |failure: &ReplyFailure| failure.code == Code::ConversationNotFound;
    outcome.failure.as_ref().is_some_and(is_gone)
}

/// Returns whether another adviser may be asked for a version of a reply in this state.
pub fn may_ask_another(outcome: &Outcome) -> bool {
    outcome.status != Status::Streaming && !is_gone(outcome)
}

/// The menu of the advisers who may write another version of a reply. A disclosure, so that it opens without JavaScript.
#[component]
pub fn AskAnother(
    chat: OpenChat,
    /// The reply.
    id: String,
    /// The slug of its adviser.
    own: String,
) -> impl IntoView {
    let others = chat.advisers().into_iter().filter(|card| card.slug != own);
    let choices: Vec<_> = others
        .map(|card| {
            view! {
                <li data-colour=card.colour.clone()>
                    <AskAgain chat again=Again::Regenerate id=id.clone() by=card.clone() />
                </li>
            }
        })
        .collect();
    (!choices.is_empty()).then(|| {
        view! {
            <details class="ask-another">
                <summary class="button-quiet">"Ask another adviser"</summary>
                <ul>{choices}</ul>
            </details>
        }
    })
}

/// The button.
#[component]
pub fn AskAgain(
    chat: OpenChat,
    again: Again,
    /// The reply.
    id: String,
    /// The adviser to ask, if not the reply's own.
    #[prop(optional)]
    by: Option<Arc<Card>>,
) -> impl IntoView {
    let pending = RwSignal::new(false);
    let message_id = id.clone();
    let slug = by.as_ref().map(|card| card.slug.clone()).unwrap_or_default();
    let persona = slug.clone();
    let ask = move |submit: SubmitEvent| {
        submit.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        chat.desk.refused.set(None);
        let (id, by, request_id) = (id.clone(), slug.clone(), chat.request_id());
        spawn_local(async move {
            match again.ask(id, by, request_id).await {
                Ok(sent) => chat.taken(sent),
                Err(error) => chat.turned_away(error),
            }
            pending.try_set(false);
        });
    };
    view! {
        <form method="post" action=again.url() on:submit=ask>
            <input type="hidden" name="message_id" value=message_id />
            <input type="hidden" name="client_request_id" value=chat.request_id() />
            {(!persona.is_empty())
                .then(|| view! { <input type="hidden" name="persona" value=persona /> })}
            <button class="button-quiet" aria-busy=move || pending.get().then_some("true")>
                {match by {
                    Some(card) => view! { <Adviser card /> }.into_any(),
                    None => again.label().into_any(),
                }}
            </button>
        </form>
    }
}

/// An adviser in the menu.
#[component]
fn Adviser(card: Arc<Card>) -> impl IntoView {
    view! {
        <Emblem charge=card.charge.clone() />
        <span class="ask-another-name">{card.called().to_owned()}</span>
        <span class="ask-another-focus">{card.summary.clone()}</span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn failed(retryable: bool, partial: bool) -> Outcome {
        let failure = ReplyFailure {
            code: Code::UpstreamUnavailable,
            message: "The model does not answer.".to_owned(),
            retryable,
            partial,
        };
        Outcome { failure: Some(failure), ..outcome(Status::Failed) }
    }

    #[test]
    fn a_correction_is_offered_where_a_number_contradicts_its_source() {
        let conflicting = |status| Outcome { conflicts: true, ..outcome(status) };
        assert!(Again::Correct.helps(&conflicting(Status::Complete)));
        assert!(Again::Correct.helps(&conflicting(Status::Stopped)));
        assert!(!Again::Correct.helps(&conflicting(Status::Streaming)));
        assert!(!Again::Correct.helps(&outcome(Status::Complete)));
    }

    #[test]
    fn retry_is_offered_for_retryable_failures() {
        assert!(Again::Retry.helps(&failed(true, false)));
        assert!(!Again::Retry.helps(&failed(false, false)));
        assert!(Again::Retry.helps(&outcome(Status::Stopped)));
        assert!(Again::Retry.helps(&outcome(Status::Interrupted)));
        assert!(!Again::Retry.helps(&outcome(Status::Complete)));
    }

    #[test]
    fn regenerate_is_offered_only_for_complete_replies() {
        assert!(Again::Regenerate.helps(&outcome(Status::Complete)));
        assert!(!Again::Regenerate.helps(&outcome(Status::Stopped)));
    }

    #[test]
    fn continue_is_offered_for_truncated_replies() {
        assert!(Again::Continue.helps(&Outcome { cut: true, ..outcome(Status::Complete) }));
        assert!(Again::Continue.helps(&outcome(Status::Stopped)));
        assert!(!Again::Continue.helps(&outcome(Status::Complete)));
        let nothing = Outcome { status: Status::Interrupted, ..failed(true, false) };
        assert!(!Again::Continue.helps(&nothing));
        assert!(!Again::Continue.helps(&failed(true, true)));
    }

    #[test]
    fn another_adviser_may_be_asked_about_any_ended_reply() {
        for ended in [outcome(Status::Complete), outcome(Status::Stopped), failed(false, false)] {
            assert!(may_ask_another(&ended));
        }
        assert!(!may_ask_another(&outcome(Status::Streaming)));
        let mut deleted = failed(false, true);
        deleted.failure.iter_mut().for_each(|it| it.code = Code::ConversationNotFound);
        assert!(!may_ask_another(&deleted));
    }

    #[test]
    fn nothing_is_offered_while_the_reply_streams() {
        for again in [Again::Retry, Again::Regenerate, Again::Continue] {
            assert!(!again.helps(&outcome(Status::Streaming)));
        }
    }
}

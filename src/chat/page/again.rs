//! The buttons Retry, Regenerate, Continue and Ask to correct.

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

    async fn ask(self, message_id: String, request_id: String) -> Result<Sent, AppError> {
        match self {
            Self::Retry | Self::Regenerate => retry_reply(message_id, request_id).await,
            Self::Continue => continue_reply(message_id, request_id).await,
            Self::Correct => correct_reply(message_id, request_id).await,
        }
    }

    /// Returns whether to offer it for a reply in this state.
    pub fn helps(self, outcome: &Outcome) -> bool {
        let is_gone = |failure: &ReplyFailure| failure.code == Code::ConversationNotFound;
        if outcome.failure.as_ref().is_some_and(is_gone) {
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

/// The button.
#[component]
pub fn AskAgain(
    chat: OpenChat,
    again: Again,
    /// The reply.
    id: String,
) -> impl IntoView {
    let pending = RwSignal::new(false);
    let message_id = id.clone();
    let ask = move |submit: SubmitEvent| {
        submit.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        chat.desk.refused.set(None);
        let (id, request_id) = (id.clone(), chat.request_id());
        spawn_local(async move {
            match again.ask(id, request_id).await {
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
            <button class="button-quiet" aria-busy=move || pending.get().then_some("true")>
                {again.label()}
            </button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: Status) -> Outcome {
        Outcome { status, failure: None, cut: false, conflicts: false, follow_ups: Vec::new() }
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
    fn nothing_is_offered_while_the_reply_streams() {
        for again in [Again::Retry, Again::Regenerate, Again::Continue] {
            assert!(!again.helps(&outcome(Status::Streaming)));
        }
    }
}

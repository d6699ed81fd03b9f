//! The messages in the thread.

use std::sync::Arc;

use leptos::prelude::*;

use super::super::model::{Author, MessageView, Proposal, ReplyFailure, Status};
use super::live;
use super::state::Desk;

/// The state of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub status: Status,
    pub failure: Option<ReplyFailure>,
    pub cut: bool,
    /// Whether a number contradicts the fact that it cites.
    pub conflicts: bool,
    /// See [`MessageView::follow_ups`].
    pub follow_ups: Vec<String>,
    /// See [`MessageView::proposal`].
    pub proposal: Option<Proposal>,
}

impl Outcome {
    /// Returns whether there may be text, according to the outcome.
    pub fn may_hold_text(&self) -> bool {
        self.failure.as_ref().is_none_or(|failure| failure.partial)
    }

    /// Returns whether it has ended with text to copy, according to the outcome.
    pub fn has_ended_with_text(&self) -> bool {
        self.status != Status::Streaming && self.may_hold_text()
    }

    /// Returns the text for screen readers when the reply has ended.
    fn announcement(&self) -> String {
        match (self.status, &self.failure) {
            (_, Some(failure)) => failure.message.clone(),
            (Status::Stopped, None) => "Answer stopped.".to_owned(),
            (Status::Failed | Status::Interrupted, None) => "The answer was cut off.".to_owned(),
            (Status::Complete | Status::Streaming, None) => "Answer complete.".to_owned(),
        }
    }
}

/// A message in the thread. Its text is in the page; its changing properties are signals.
#[derive(Clone)]
pub struct Entry {
    pub message: Arc<MessageView>,
    pub outcome: ArcRwSignal<Outcome>,
    /// See [`MessageView::reasoning`].
    pub reasoning: ArcRwSignal<Option<String>>,
}

impl From<MessageView> for Entry {
    fn from(message: MessageView) -> Self {
        Self {
            outcome: ArcRwSignal::new(outcome_of(&message)),
            reasoning: ArcRwSignal::new(message.reasoning.clone()),
            message: Arc::new(message),
        }
    }
}

impl Entry {
    /// Returns whether it is a running reply as far as the page knows.
    pub fn is_running(&self) -> bool {
        self.outcome.with_untracked(|outcome| outcome.status == Status::Streaming)
    }

    /// Updates a running reply from the server's data. If it still runs, its stream continues.
    pub fn catch_up(&self, desk: Desk, message: &MessageView) {
        live::fill(&message.id, &live::blocks_html(&message.blocks));
        if message.status == Status::Streaming {
            return live::follow(&message.id);
        }
        self.end(desk, outcome_of(message), message.reasoning.clone());
    }

    /// Shows and announces how a running reply has ended.
    pub fn end(&self, desk: Desk, outcome: Outcome, reasoning: Option<String>) {
        desk.announce(outcome.announcement());
        self.reasoning.set(reasoning);
        self.outcome.set(outcome);
    }
}

/// Returns the state of the reply `message` when it was loaded.
pub fn outcome_of(message: &MessageView) -> Outcome {
    Outcome {
        status: message.status,
        failure: message.failure.clone(),
        cut: message.cut,
        conflicts: message.conflicts,
        follow_ups: message.follow_ups.clone(),
        proposal: message.proposal.clone(),
    }
}

/// Returns the id of the running reply.
pub fn running_of(entries: &[Entry]) -> Option<String> {
    entries
        .iter()
        .rev()
        .filter(|entry| entry.message.author == Author::Assistant)
        .find(|entry| entry.outcome.with(|outcome| outcome.status == Status::Streaming))
        .map(|entry| entry.message.id.clone())
}

/// Inserts a message after its parent and replaces what follows, unless it is there already, because a send may be
/// answered twice. Returns false if the parent is not shown.
pub fn graft(entries: &mut Vec<Entry>, message: MessageView) -> bool {
    if entries.iter().any(|entry| entry.message.id == message.id) {
        return true;
    }
    let at = match &message.parent_id {
        None => Some(0),
        Some(parent) => {
            entries.iter().position(|entry| entry.message.id == *parent).map(|above| above + 1)
        }
    };
    if let Some(at) = at {
        entries.truncate(at);
        entries.push(message.into());
    }
    at.is_some()
}

/// Returns whether the start of the adviser's memory is unchanged with this reply.
pub fn same_memory(entries: &[Entry], answer: &MessageView) -> bool {
    let last = entries.iter().rfind(|entry| entry.message.question_id.is_some());
    last.map_or(&None, |last| &last.message.memory_upto) == &answer.memory_upto
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn message(id: &str, parent_id: Option<&str>) -> MessageView {
        MessageView {
            id: id.to_owned(),
            author: Author::User,
            status: Status::Complete,
            persona: "ceo".to_owned(),
            text: String::new(),
            blocks: Vec::new(),
            waiting: None,
            parent_id: parent_id.map(str::to_owned),
            versions: vec![id.to_owned()],
            question_id: None,
            failure: None,
            cut: false,
            conflicts: false,
            follow_ups: Vec::new(),
            proposal: None,
            reasoning: None,
            memory_upto: None,
            memory_line: None,
            created_at: String::new(),
            created_human: String::new(),
        }
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.message.id.as_str()).collect()
    }

    #[test]
    fn a_message_replaces_what_followed_its_parent() {
        Owner::new().with(|| {
            let mut entries = Vec::new();
            assert!(graft(&mut entries, message("q", None)));
            assert!(graft(&mut entries, message("a", Some("q"))));
            assert!(graft(&mut entries, message("q2", Some("a"))));
            assert!(graft(&mut entries, message("a", Some("q"))), "it is there already");
            assert_eq!(ids(&entries), ["q", "a", "q2"]);
            assert!(graft(&mut entries, message("b", Some("q"))));
            assert_eq!(ids(&entries), ["q", "b"]);
            assert!(graft(&mut entries, message("other", None)));
            assert_eq!(ids(&entries), ["other"]);
        });
    }

    #[test]
    fn a_message_of_a_hidden_branch_is_not_inserted() {
        Owner::new().with(|| {
            let mut entries = vec![Entry::from(message("q", None))];
            assert!(!graft(&mut entries, message("a", Some("elsewhere"))));
            assert_eq!(ids(&entries), ["q"]);
        });
    }
}

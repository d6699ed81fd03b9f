//! Converts stored messages to the page's view.

use super::markdown::{self, Seam};
use super::model::{Author, ConversationView, MessageView, Remaining, Status};
use super::reasoning;
use super::rendered::Rendered;
use super::reply::Reply;
use super::reply::log::Snapshot;
use super::store::{ConversationRow, MessageRow};
use crate::analytics::zone::Zone;
use crate::platform::clock;
use crate::platform::limits::Allowance;

pub fn conversation(row: &ConversationRow, zone: &Zone) -> ConversationView {
    ConversationView {
        id: row.id.clone(),
        persona: row.persona.clone(),
        title: row.title.clone(),
        pinned: row.pinned != 0,
        updated_human: zone.human(row.updated_at),
        quota_note: None,
    }
}

/// Converts a message. `live`: the log of a reply that runs in this process. `before`: the text of the reply that it
/// continues. `reasoned`: its stored reasoning, if the adviser shows it.
pub fn message(
    row: &MessageRow,
    live: Option<&Reply>,
    before: &str,
    reasoned: Option<&str>,
    rendered: &Rendered,
    zone: &Zone,
) -> MessageView {
    let mut view = MessageView {
        id: row.id.clone(),
        author: row.author(),
        status: row.status(),
        persona: row.persona.clone(),
        text: String::new(),
        blocks: Vec::new(),
        waiting: None,
        parent_id: row.parent_id.clone(),
        versions: row.versions(),
        question_id: row.question_id.clone(),
        failure: row.failure(),
        cut: row.is_cut(),
        reasoning: reasoned.and_then(reasoning::disclosure),
        memory_upto: row.memory_upto.clone(),
        memory_line: None,
        created_at: clock::rfc3339(row.created_at),
        created_human: zone.human(row.created_at),
    };
    match (row.author(), live) {
        (Author::User, _) => view.text.clone_from(&row.content),
        (Author::Assistant, Some(reply)) => {
            add_log(&mut view, reply, &Seam::after(before, reply.known.clone()));
        }
        (Author::Assistant, None) => {
            view.blocks = rendered.blocks(row, before).to_vec();
            if view.status == Status::Streaming {
                // The reply is orphaned.
                view.status = Status::Interrupted;
                view.failure = Some(super::reply::interruption(!row.content.is_empty()));
            }
        }
    }
    view
}

fn add_log(view: &mut MessageView, reply: &Reply, seam: &Seam) {
    let Snapshot { text, end, .. } = reply.log.snapshot();
    view.blocks = match &end {
        Some(end) => markdown::render_blocks(seam, &text, end.is_cut()),
        // Rendered like the page's stream, which continues from here.
        None => markdown::BlockStream::resume(seam.clone(), &text).1,
    };
    view.waiting = reply.log.wait().filter(|_| end.is_none());
    if let Some(end) = end {
        view.status = end.status;
        view.cut = end.finish_reason.as_deref() == Some("length");
        view.failure = end.failure;
        if reply.meta.shows_reasoning {
            view.reasoning = reasoning::disclosure(&reply.log.reasoning().0);
        }
    }
}

/// Marks the first message that the last reply's prompt contains whole, unless it is the first of the branch.
pub fn mark_memory(rows: &[MessageRow], views: &mut [MessageView]) {
    let Some(last) = rows.iter().rfind(|row| row.author() == Author::Assistant) else { return };
    let upto = rows.iter().position(|row| Some(&row.id) == last.memory_upto.as_ref());
    let Some(first_whole) = upto.and_then(|upto| views.get_mut(upto + 1)) else { return };
    let line = match last.memory.as_deref() {
        Some("summary") => "Earlier messages are summarised for the adviser.",
        Some("extract") => "Of earlier messages the adviser sees only a short extract.",
        _ => "The adviser no longer sees earlier messages.",
    };
    first_whole.memory_line = Some(line.to_owned());
}

pub fn remaining(allowance: Allowance) -> Remaining {
    Remaining { limit: allowance.limit, remaining: allowance.remaining, reset: allowance.reset }
}

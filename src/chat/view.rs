//! Converts stored messages to the page's view, with a cache of rendered replies.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::markdown::{self, Seam};
use super::model::{Author, ConversationView, MessageView, Remaining, Status};
use super::reply::Reply;
use super::reply::log::Snapshot;
use super::store::{ConversationRow, MessageRow};
use crate::format::zone::Zone;
use crate::platform::clock;
use crate::platform::limits::Allowance;
use crate::ui::escape_html;

pub fn conversation(row: &ConversationRow, zone: &Zone) -> ConversationView {
    ConversationView {
        id: row.id.clone(),
        persona: row.persona.clone(),
        title: row.title.clone(),
        pinned: row.pinned != 0,
        archived: row.archived != 0,
        updated_human: zone.human(row.updated_at),
        updated_brief: zone.brief(row.updated_at, clock::now()),
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
        conflicts: row.conflicts(),
        follow_ups: Vec::new(),
        proposal: None,
        reasoning: reasoned.and_then(disclosure),
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
            view.reasoning = disclosure(&reply.log.reasoning().0);
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

/// Returns a model's reasoning as it is shown below the reply: folded, as plain text. `None` if there is none.
pub fn disclosure(reasoning: &str) -> Option<String> {
    let text = reasoning.trim();
    (!text.is_empty()).then(|| {
        format!(
            "<details class=\"reasoning\"><summary>Reasoning</summary>\
             <p class=\"reasoning-note\">What the model wrote before its answer. Nothing in it is checked against your numbers.</p>\
             <div class=\"reasoning-text\" dir=\"auto\">{}</div></details>",
            escape_html(text)
        )
    })
}

/// Maximum number of cached replies. A long one has about ten kilobytes.
const KEPT: NonZeroUsize = match NonZeroUsize::new(1_000) {
    Some(kept) => kept,
    None => NonZeroUsize::MIN,
};

/// The most recently shown replies, rendered. Ended replies never change. Clones share them.
#[derive(Clone)]
pub struct Rendered(Arc<Mutex<LruCache<String, Arc<Vec<String>>>>>);

impl Default for Rendered {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(KEPT))))
    }
}

impl Rendered {
    /// Returns the blocks of an ended reply. `before` is the text that it continues, see [`Seam`].
    pub fn blocks(&self, answer: &MessageRow, before: &str) -> Arc<Vec<String>> {
        if let Some(blocks) = self.lock().get(&answer.id) {
            return blocks.clone();
        }
        // Outside the lock: two pages may render the same reply, but none waits for another.
        let seam = Seam::after(before, Arc::new(answer.known()));
        let rendered = markdown::render_blocks(&seam, &answer.content, answer.ends_early());
        let blocks = Arc::new(rendered);
        self.lock().put(answer.id.clone(), blocks.clone());
        blocks
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<Vec<String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::disclosure;

    #[test]
    fn reasoning_is_folded_and_never_markup() {
        let html = disclosure("\n<script>alert(1)</script> **so** </details>").unwrap();
        assert!(html.starts_with("<details class=\"reasoning\"><summary>Reasoning</summary>"));
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt; **so** &lt;/details&gt;"),
            "{html}"
        );
        assert_eq!(disclosure(" \n"), None);
    }
}

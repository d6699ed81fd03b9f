//! Loads the data of the chat page.

use serde::{Deserialize, Serialize};

use super::model::{
    Author, Change, ChatView, ConversationView, Draft, EditDraft, MessageView, Remaining, Sent,
    Status, Undo,
};
use super::service::{Chat, Taken};
use super::store::{ConversationChange, ConversationRow, DeletedRow, ListFilter, MessageRow};
use super::{suggestions, view};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::personas::built_in;
use crate::personas::model::Persona;
use crate::personas::service::Adviser;
use crate::platform::forms::{self, Kept};
use crate::platform::ids;

/// Number of pinned conversations in the list, and of others.
const LISTED: i64 = 100;

/// The input of a send, kept over the redirect of a browser without JavaScript.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SendForm {
    pub conversation_id: String,
    pub persona: String,
    pub message: String,
}

/// The input of an edit, kept like [`SendForm`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditForm {
    pub message_id: String,
    pub edited: String,
}

/// Loads everything that the page shows.
pub async fn load(
    chat: &Chat,
    member: &Member,
    conversation_id: Option<String>,
    persona: Option<String>,
    deleted: Option<String>,
) -> Result<ChatView, AppError> {
    let (zone, rows, profile, advisers, kept, kept_edit, shown, shown_edit) = tokio::join!(
        chat.zone(member),
        listed_rows(chat, member),
        chat.business().profile(&member.tenant_id),
        chat.personas().list(&member.tenant_id),
        forms::take::<SendForm>("chat"),
        forms::take::<EditForm>("edit"),
        forms::take_shown::<SendForm>("chat"),
        forms::take_shown::<EditForm>("edit"),
    );
    let (open, messages) = match &conversation_id {
        None => (None, Vec::new()),
        Some(id) => {
            let open = chat.conversation(member, id).await?;
            (Some(open), messages(chat, member, id).await?)
        }
    };
    let zone = zone?;
    let profile = profile?.profile;
    let open = match &open {
        Some(open) => Some(opened(chat, member, open, &zone).await?),
        None => None,
    };
    let advisers = advisers?;
    let persona = asked_adviser(&advisers, open.as_ref(), persona.as_deref())?;
    let undo = match deleted {
        Some(id) => find_undo(chat, member, &id).await?,
        None => None,
    };
    let here = open.as_ref().map_or("", |conversation| conversation.id.as_str());
    Ok(ChatView {
        conversations: rows?.iter().map(|row| view::conversation(row, &zone)).collect(),
        draft: kept
            .map(|kept| (kept.typed, Some(kept.error)))
            .or_else(|| shown.map(|typed| (typed, None)))
            .filter(|(typed, _)| typed.conversation_id == here || typed.message.is_empty())
            .map(|(typed, error)| Draft { message: typed.message, error }),
        edit: kept_edit
            .map(|Kept { typed, error, .. }| (typed, Some(error)))
            .or_else(|| shown_edit.map(|typed| (typed, None)))
            .map(|(EditForm { message_id, edited }, error)| EditDraft {
                message_id,
                edited,
                error,
            }),
        suggestions: suggestions::for_persona(&persona.slug, &profile),
        profile_filled: profile.is_useful(),
        simulated: chat.simulated(),
        next_request_id: ids::new_id(),
        conversation: open,
        introduction: introduction(persona),
        persona: persona.slug.clone(),
        advisers: advisers.iter().map(|it| it.persona.card(it.archived)).collect(),
        messages,
        undo,
    })
}

/// Lists the conversations beside the thread: pinned ones first, then the newest.
pub async fn listed(chat: &Chat, member: &Member) -> Result<Vec<ConversationView>, AppError> {
    let zone = chat.zone(member).await?;
    let rows = listed_rows(chat, member).await?;
    Ok(rows.iter().map(|row| view::conversation(row, &zone)).collect())
}

async fn listed_rows(chat: &Chat, member: &Member) -> Result<Vec<ConversationRow>, AppError> {
    let filter =
        |pinned| ListFilter { limit: LISTED, pinned: Some(pinned), ..ListFilter::default() };
    let (pinned, others) = (filter(true), filter(false));
    let (pinned, others) =
        tokio::join!(chat.conversations(member, &pinned), chat.conversations(member, &others));
    let mut rows = pinned?;
    rows.extend(others?);
    Ok(rows)
}

/// Finds a deletion of this member that can be undone.
pub async fn find_undo(chat: &Chat, member: &Member, id: &str) -> Result<Option<Undo>, AppError> {
    let deleted = chat.deleted_conversations(member).await?.into_iter();
    let undo = |row: DeletedRow| Undo { id: row.id, title: row.title };
    Ok(deleted.map(undo).find(|undo| undo.id == id))
}

/// Pins, archives, deletes or restores a conversation.
pub async fn arrange(
    chat: &Chat,
    member: &Member,
    id: &str,
    change: Change,
) -> Result<(), AppError> {
    let place = ConversationChange::default();
    let place = match change {
        Change::Pin => ConversationChange { pinned: Some(true), ..place },
        Change::Unpin => ConversationChange { pinned: Some(false), ..place },
        Change::Archive => ConversationChange { archived: Some(true), ..place },
        Change::Unarchive => ConversationChange { archived: Some(false), ..place },
        Change::Delete => return chat.delete_conversation(member, id).await,
        Change::Restore => return chat.restore_conversation(member, id).await.map(drop),
    };
    chat.update_conversation(member, id, place).await.map(drop)
}

async fn opened(
    chat: &Chat,
    member: &Member,
    row: &ConversationRow,
    zone: &Zone,
) -> Result<ConversationView, AppError> {
    let quota_note = chat.quota_note(member, &row.id).await?;
    Ok(ConversationView { quota_note, ..view::conversation(row, zone) })
}

/// Returns the conversation's adviser. For a new one, the active adviser of that slug, or the first
/// active one.
fn asked_adviser<'a>(
    advisers: &'a [Adviser],
    open: Option<&ConversationView>,
    named: Option<&str>,
) -> Result<&'a Persona, AppError> {
    let of_slug = |slug: &str| advisers.iter().find(|it| it.persona.slug == slug);
    let asked = match (open, named) {
        (Some(open), _) => of_slug(&open.persona),
        (None, Some(name)) => of_slug(&name.trim().to_ascii_lowercase()).filter(|it| !it.archived),
        (None, None) => None,
    };
    let adviser = asked.or_else(|| advisers.iter().find(|it| !it.archived));
    adviser.map(|it| &it.persona).ok_or_else(|| AppError::internal("a tenant has no adviser"))
}

/// Loads the shown branch of a conversation.
pub async fn messages(
    chat: &Chat,
    member: &Member,
    id: &str,
) -> Result<Vec<MessageView>, AppError> {
    let zone = chat.zone(member).await?;
    let (mut views, mut rows) = (Vec::new(), Vec::new());
    let reasonings = chat.reasonings(member, id).await?;
    // All parts so far, in case the next reply continues them.
    let mut before = String::new();
    for mut row in chat.branch(member, id).await? {
        let live = chat.engine().find(&row.id);
        if live.is_none() && row.status() == Status::Streaming {
            // It has ended since the rows were read. Its end is stored before it is unregistered.
            row = chat.message(member, &row.id).await?;
        }
        if !row.continues() {
            before.clear();
        }
        let reasoned = reasonings.get(&row.id).map(String::as_str);
        views.push(view::message(&row, live.as_deref(), &before, reasoned, chat.rendered(), &zone));
        if row.author() == Author::Assistant {
            before.push_str(&row.content);
        }
        rows.push(row);
    }
    view::mark_memory(&rows, &mut views);
    if let (Some(view), Some(row)) = (views.last_mut(), rows.last()) {
        suggest(chat, member, row, view).await;
    }
    Ok(views)
}

/// Adds the suggested next questions and the proposal to the last message of a branch.
async fn suggest(chat: &Chat, member: &Member, row: &MessageRow, view: &mut MessageView) {
    if view.author != Author::Assistant || view.status != Status::Complete {
        return;
    }
    // The row may be older than the end of a reply that runs in this process.
    let live = chat.engine().find(&row.id).and_then(|reply| reply.grounded().cloned());
    let grounded = live.or_else(|| row.grounded());
    let Member { tenant_id, account_id, .. } = member;
    (view.follow_ups, view.proposal) = tokio::join!(
        chat.follow_ups(tenant_id, &row.persona, grounded.as_ref()),
        chat.proposal(tenant_id, account_id, &row.id),
    );
}

/// Returns the result of a send.
pub async fn sent(chat: &Chat, member: &Member, taken: Taken) -> Result<Sent, AppError> {
    let zone = chat.zone(member).await?;
    let meta = &taken.reply.meta;
    let conversation = chat.conversation(member, &meta.conversation_id).await?;
    let question = chat.message(member, &meta.question_id).await?;
    let answer = chat.message(member, &meta.message_id).await?;
    let before = chat.written_before(meta).await?;
    let remaining = match taken.allowance {
        Some(allowance) => view::remaining(allowance),
        // A repeated send costs nothing, so the limit is unchanged.
        None => Remaining { limit: u32::MAX, remaining: u32::MAX, reset: 0 },
    };
    Ok(Sent {
        conversation: opened(chat, member, &conversation, &zone).await?,
        question: view::message(&question, None, "", None, chat.rendered(), &zone),
        answer: view::message(&answer, Some(&taken.reply), &before, None, chat.rendered(), &zone),
        remaining,
        next_request_id: ids::new_id(),
    })
}

/// Introduces an adviser in a new conversation by its field.
fn introduction(persona: &Persona) -> String {
    // The business's own description takes precedence.
    let known = built_in::introduction(&persona.slug).filter(|_| persona.version == 0);
    let Persona { title, summary, .. } = persona;
    match (known, summary.as_str()) {
        (Some(known), _) => format!("Your {title} {known}"),
        (None, "") => format!("Ask your {title}."),
        (None, summary) => format!("Ask your {title} about {}.", inside_a_sentence(summary)),
    }
}

/// Lower-cases the first letter: `Contracts, hiring` becomes `contracts, hiring`, `AI, privacy` stays.
fn inside_a_sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_built_in_adviser_has_its_own_introduction_until_edited() {
        let cfo = built_in::find("cfo").unwrap();
        assert!(introduction(&cfo).starts_with("Your Chief Financial Officer follows the money."));
        let changed = Persona { version: 1, ..cfo };
        assert_eq!(
            introduction(&changed),
            "Ask your Chief Financial Officer about cash, margins, pricing."
        );
    }

    #[test]
    fn a_custom_adviser_is_introduced_by_its_summary() {
        let own = |summary: &str| {
            introduction(&Persona {
                title: "Counsel".into(),
                summary: summary.into(),
                ..Persona::default()
            })
        };
        assert_eq!(own("Contracts, hiring."), "Ask your Counsel about contracts, hiring.");
        assert_eq!(own("AI, privacy"), "Ask your Counsel about AI, privacy.");
        assert_eq!(own(""), "Ask your Counsel.");
    }
}

//! The pages of all conversations: the list, the archive, recently deleted ones, the search, and one conversation's
//! options. Plain pages; the chat page's list links to them.

mod list_page;
mod options_page;
mod search_results;

pub use list_page::ConversationsPage;
pub use options_page::OptionsPage;

use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};

use super::model::{Author, ConversationView, ExcerptPart, Undo};
use super::search::{QUERY_MAX_CHARS, Query};
use super::service::Found;
use super::store::{ConversationRow, DeletedRow, FoundMessage, ListFilter, MOST_PINNED};
use super::{Chat, page_data, view};
use crate::accounts::guard;
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::personas::model::Card;
use crate::platform::forms;
use crate::platform::query::parse_cursor;

/// Conversations on a page of the list.
const A_PAGE: i64 = 50;
/// Conversations in a search result.
const FOUND: usize = 30;

/// What the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shelf {
    #[default]
    Active,
    Archived,
    /// Those that can be restored.
    Deleted,
}

impl Shelf {
    pub const ALL: [Self; 3] = [Self::Active, Self::Archived, Self::Deleted];

    /// Returns its value of `?show=`, empty for the default.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Active => "",
            Self::Archived => "archived",
            Self::Deleted => "deleted",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Conversations",
            Self::Archived => "Archived",
            Self::Deleted => "Recently deleted",
        }
    }

    fn of_slug(slug: &str) -> Self {
        Self::ALL.into_iter().find(|shelf| shelf.slug() == slug).unwrap_or_default()
    }
}

/// The page's query.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What is searched for. `None`: the list is shown.
    pub q: Option<String>,
    pub show: Option<String>,
    pub cursor: Option<String>,
    /// The conversation whose deletion can be undone.
    pub deleted: Option<String>,
}

/// A conversation in a list, with its adviser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub conversation: ConversationView,
    pub adviser: Card,
}

/// A conversation that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundView {
    pub listed: Listed,
    pub title: Vec<ExcerptPart>,
    pub messages: Vec<FoundMessageView>,
    /// How many more of its messages match.
    pub more: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMessageView {
    pub id: String,
    /// `You`, or the adviser.
    pub who: String,
    pub created_human: String,
    /// Whether it is on the shown branch.
    pub shown: bool,
    pub excerpt: Vec<ExcerptPart>,
}

/// The data of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationsView {
    pub shelf: Shelf,
    /// What was searched for, empty for the list.
    pub query: String,
    /// `None` for the list.
    pub found: Option<Vec<FoundView>>,
    pub pinned: Vec<Listed>,
    pub others: Vec<Listed>,
    /// The cursor of the next page.
    pub next: Option<String>,
    pub undo: Option<Undo>,
    /// Why a form of the page was refused.
    pub error: Option<AppError>,
}

/// Loads the list or the search.
pub async fn load_conversations(asked: Asked) -> Result<ConversationsView, AppError> {
    let member = guard::member().await?;
    let chat: Chat = use_context().ok_or_else(|| AppError::abandoned("conversations"))?;
    let undo = match &asked.deleted {
        Some(id) => page_data::find_undo(&chat, &member, id).await?,
        None => None,
    };
    let advisers = Advisers::load(&chat, &member).await?;
    let refused = forms::take::<()>("arrange").await.map(|kept| kept.error);
    let view = ConversationsView {
        shelf: Shelf::of_slug(asked.show.as_deref().unwrap_or_default()),
        query: asked.q.iter().flat_map(|q| q.chars()).take(QUERY_MAX_CHARS).collect(),
        found: None,
        pinned: Vec::new(),
        others: Vec::new(),
        next: None,
        undo,
        error: refused,
    };
    match asked.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        Some(q) => searched(&chat, &member, &advisers, q, view).await,
        None => listed(&chat, &member, &advisers, asked.cursor.as_deref(), view).await,
    }
}

async fn searched(
    chat: &Chat,
    member: &Member,
    advisers: &Advisers,
    q: &str,
    view: ConversationsView,
) -> Result<ConversationsView, AppError> {
    let zone = chat.zone(member).await?;
    let found = match Query::parse(q) {
        Some(query) => {
            let found = chat.search(member, &query, FOUND).await?;
            found.into_iter().map(|it| found_view(it, &query, advisers, &zone)).collect()
        }
        // A query without a letter or digit matches nothing.
        None => Vec::new(),
    };
    Ok(ConversationsView { found: Some(found), ..view })
}

fn found_view(found: Found, query: &Query, advisers: &Advisers, zone: &Zone) -> FoundView {
    let Found { conversation, messages, more, .. } = found;
    let message = |message: FoundMessage| FoundMessageView {
        who: match message.author() {
            Author::User => "You".to_owned(),
            Author::Assistant => advisers.of_slug(&message.persona).short,
        },
        created_human: zone.human(message.created_at),
        shown: message.is_shown(),
        excerpt: query.excerpt(&message.content),
        id: message.id,
    };
    FoundView {
        title: query.mark(&conversation.title),
        messages: messages.into_iter().map(message).collect(),
        more,
        listed: advisers.listed(&conversation, zone),
    }
}

async fn listed(
    chat: &Chat,
    member: &Member,
    advisers: &Advisers,
    cursor: Option<&str>,
    view: ConversationsView,
) -> Result<ConversationsView, AppError> {
    let zone = chat.zone(member).await?;
    let of =
        |rows: &[ConversationRow]| rows.iter().map(|row| advisers.listed(row, &zone)).collect();
    if view.shelf == Shelf::Deleted {
        let deleted = chat.deleted_conversations(member).await?.into_iter();
        let others = deleted.map(|row| advisers.deleted(row, &zone)).collect();
        return Ok(ConversationsView { others, ..view });
    }
    // An outdated link leads to the first page.
    let before = cursor.and_then(|cursor| parse_cursor(cursor).ok());
    let archived = view.shelf == Shelf::Archived;
    let is_first = before.is_none();
    let pinned = match is_first && !archived {
        true => {
            let filter =
                ListFilter { pinned: Some(true), limit: MOST_PINNED, ..Default::default() };
            chat.conversations(member, &filter).await?
        }
        false => Vec::new(),
    };
    let filter = ListFilter {
        archived,
        // In the archive they are not set apart.
        pinned: (!archived).then_some(false),
        before,
        limit: A_PAGE + 1,
        ..Default::default()
    };
    let mut rows = chat.conversations(member, &filter).await?;
    let more = rows.len() as i64 > A_PAGE;
    rows.truncate(A_PAGE as usize);
    let next = rows.last().filter(|_| more).map(|row| format!("{}.{}", row.updated_at, row.id));
    Ok(ConversationsView { pinned: of(&pinned), others: of(&rows), next, ..view })
}

/// Loads one conversation for its options, and why its form was refused.
pub async fn load_options(id: String) -> Result<(Listed, Option<AppError>), AppError> {
    let member = guard::member().await?;
    let chat: Chat = use_context().ok_or_else(|| AppError::abandoned("conversations"))?;
    let loaded = async {
        let row = chat.conversation(&member, &id).await?;
        let (advisers, zone) = (Advisers::load(&chat, &member).await?, chat.zone(&member).await?);
        Ok(advisers.listed(&row, &zone))
    };
    let loaded: Result<Listed, AppError> = loaded.await;
    let listed = loaded.inspect_err(AppError::set_status)?;
    let mut refused = None;
    for form in ["rename", "arrange", "delete"] {
        refused = refused.or(forms::take::<()>(form).await.map(|kept| kept.error));
    }
    Ok((listed, refused))
}

/// The tenant's advisers, archived ones too.
struct Advisers(Vec<Card>);

impl Advisers {
    async fn load(chat: &Chat, member: &Member) -> Result<Self, AppError> {
        let advisers = chat.personas().list(&member.tenant_id).await?;
        Ok(Self(advisers.iter().map(|it| it.persona.card(it.archived)).collect()))
    }

    fn of_slug(&self, slug: &str) -> Card {
        self.0.iter().find(|card| card.slug == slug).cloned().unwrap_or_default()
    }

    fn listed(&self, row: &ConversationRow, zone: &Zone) -> Listed {
        Listed { conversation: view::conversation(row, zone), adviser: self.of_slug(&row.persona) }
    }

    fn deleted(&self, row: DeletedRow, zone: &Zone) -> Listed {
        let adviser = self.of_slug(&row.persona);
        let conversation = ConversationView {
            updated_human: format!("deleted {}", zone.human(row.deleted_at)),
            updated_brief: String::new(),
            id: row.id,
            persona: row.persona,
            title: row.title,
            pinned: false,
            archived: false,
            quota_note: None,
        };
        Listed { conversation, adviser }
    }
}

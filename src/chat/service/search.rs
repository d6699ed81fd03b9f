//! Searches a member's conversations.

use std::collections::HashMap;

use super::{Chat, owner};
use crate::accounts::model::Member;
use crate::chat::search::Query;
use crate::chat::store::{self, ConversationRow, FoundMessage, Hit};
use crate::error::AppError;

/// Maximum number of conversations in a result.
pub const MOST_FOUND: usize = 50;
/// Messages that are shown of each.
const MESSAGES_EACH: usize = 3;

/// A conversation that matches.
#[derive(Clone, Debug)]
pub struct Found {
    pub conversation: ConversationRow,
    pub is_title: bool,
    /// Its newest matching messages.
    pub messages: Vec<FoundMessage>,
    /// How many more of its messages match, as far as they were looked at.
    pub more: usize,
}

/// What matches in one conversation.
#[derive(Default)]
struct Matches {
    is_title: bool,
    messages: Vec<String>,
}

impl Chat {
    /// Returns at most `most` of this member's conversations whose title or messages match: those whose title matches
    /// first, then those with the newest matching message.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn search(
        &self,
        member: &Member,
        query: &Query,
        most: usize,
    ) -> Result<Vec<Found>, AppError> {
        let owner = owner(member);
        let mut found = Vec::new();
        for (id, matches) in grouped(store::search(&self.db, &owner, query).await?) {
            if found.len() >= most.min(MOST_FOUND) {
                break;
            }
            // `None` if it was deleted meanwhile.
            let row = store::find_conversation(&self.db, &owner, &id).await?;
            let Some(conversation) = row else { continue };
            let mut messages = Vec::new();
            for message in matches.messages.iter().take(MESSAGES_EACH) {
                messages.extend(store::find_found(&self.db, &owner, &id, message).await?);
            }
            let more = matches.messages.len().saturating_sub(MESSAGES_EACH);
            found.push(Found { conversation, is_title: matches.is_title, messages, more });
        }
        Ok(found)
    }
}

/// Groups hits by conversation, in the order of the first hit of each.
fn grouped(hits: Vec<Hit>) -> Vec<(String, Matches)> {
    let mut groups: Vec<(String, Matches)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for Hit { conversation_id, message_id } in hits {
        let place = *places.entry(conversation_id.clone()).or_insert_with(|| {
            groups.push((conversation_id, Matches::default()));
            groups.len() - 1
        });
        let Some((_, matches)) = groups.get_mut(place) else { continue };
        match message_id {
            Some(id) => matches.messages.push(id),
            None => matches.is_title = true,
        }
    }
    groups
}

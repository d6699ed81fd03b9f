//! Lists, creates, renames, deletes and restores conversations.

use std::time::Duration;

use super::{Chat, checked_title, conversation_id, conversation_not_found, owner};
use crate::accounts::model::Member;
use crate::chat::reply::notices::Notice;
use crate::chat::store::{
    self, ConversationChange, ConversationRow, DeletedRow, ListFilter, MessageRow,
};
use crate::error::AppError;
use crate::platform::clock::{self, Micros};
use crate::platform::ids;

/// How long a deleted conversation can be restored. The pages and `docs/API.md` say "10 minutes".
const RESTORABLE: Duration = Duration::from_secs(600);

impl Chat {
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn conversations(
        &self,
        member: &Member,
        filter: &ListFilter,
    ) -> Result<Vec<ConversationRow>, AppError> {
        Ok(store::list_conversations(&self.db, &owner(member), filter).await?)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn conversation(
        &self,
        member: &Member,
        id: &str,
    ) -> Result<ConversationRow, AppError> {
        let id = conversation_id(id)?;
        store::find_conversation(&self.db, &owner(member), &id)
            .await?
            .ok_or_else(conversation_not_found)
    }

    /// Returns a warning if a conversation is nearly full.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn quota_note(&self, member: &Member, id: &str) -> Result<Option<String>, AppError> {
        let messages = store::count_messages(self.db.read(), &member.tenant_id, id).await?;
        Ok(self.quotas_of(member).message_warning(messages))
    }

    /// Returns the shown branch of a conversation from its first to its last message.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn branch(&self, member: &Member, id: &str) -> Result<Vec<MessageRow>, AppError> {
        let conversation = self.conversation(member, id).await?;
        Ok(store::list_branch(&self.db, &member.tenant_id, &conversation.id).await?)
    }

    /// Returns the messages of all branches of a conversation, oldest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn messages(&self, member: &Member, id: &str) -> Result<Vec<MessageRow>, AppError> {
        let conversation = self.conversation(member, id).await?;
        Ok(store::list_messages(&self.db, &member.tenant_id, &conversation.id).await?)
    }

    /// Creates an empty conversation.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_conversation(
        &self,
        member: &Member,
        persona: &str,
        title: Option<&str>,
    ) -> Result<ConversationRow, AppError> {
        let persona = self.personas.active(&member.tenant_id, persona).await?;
        let title = match title {
            Some(title) => checked_title(title)?,
            None => format!("New conversation with the {}", persona.called()),
        };
        let (id, owner) = (ids::new_id(), owner(member));
        let begin = store::insert_conversation(
            &self.db,
            owner,
            id.clone(),
            persona.slug,
            title,
            self.quotas_of(member),
        );
        begin.await?;
        self.conversation(member, &id).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn update_conversation(
        &self,
        member: &Member,
        id: &str,
        mut change: ConversationChange,
    ) -> Result<ConversationRow, AppError> {
        let id = conversation_id(id)?;
        if let Some(title) = &change.title {
            change.title = Some(checked_title(title)?);
        }
        let is_renamed = change.title.is_some();
        if !store::update_conversation(&self.db, owner(member), id.clone(), change).await? {
            return Err(conversation_not_found());
        }
        let changed = self.conversation(member, &id).await?;
        if is_renamed {
            let notice = Notice::Renamed { conversation_id: id, title: changed.title.clone() };
            self.engine.notices().publish(&member.tenant_id, &member.account_id, notice);
        }
        Ok(changed)
    }

    /// Deletes a conversation and stops its running reply and summary. The member can restore it for [`RESTORABLE`].
    /// Notifies open pages of the deletion before the reply ends, so that they do not show it as stopped by the member.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete_conversation(&self, member: &Member, id: &str) -> Result<(), AppError> {
        let id = self.conversation(member, id).await?.id;
        let now = clock::now();
        if !store::delete_conversation(&self.db, owner(member), id.clone(), now).await? {
            return Err(conversation_not_found());
        }
        let notice = Notice::Deleted { conversation_id: id.clone() };
        self.engine.notices().publish(&member.tenant_id, &member.account_id, notice);
        self.engine.stop_all(&member.tenant_id, &id);
        Ok(())
    }

    /// Restores a conversation that this member deleted within [`RESTORABLE`]. Errors: not found; over a quota.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn restore_conversation(
        &self,
        member: &Member,
        id: &str,
    ) -> Result<ConversationRow, AppError> {
        let id = conversation_id(id)?;
        let restore = store::restore_conversation(
            &self.db,
            owner(member),
            id.clone(),
            restorable_since(),
            self.quotas_of(member),
        );
        if !restore.await? {
            return Err(conversation_not_found());
        }
        self.conversation(member, &id).await
    }

    /// Lists the conversations that this member can restore, the last deleted first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn deleted_conversations(
        &self,
        member: &Member,
    ) -> Result<Vec<DeletedRow>, AppError> {
        Ok(store::list_deleted(&self.db, &owner(member), restorable_since()).await?)
    }

    /// Removes conversations that can no longer be restored, with their messages. Call periodically. Returns their number.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn purge_deleted(&self) -> Result<u64, AppError> {
        Ok(store::purge_deleted(&self.db, restorable_since()).await?)
    }
}

/// Returns the moment since which a deletion can be undone.
fn restorable_since() -> Micros {
    clock::now() - RESTORABLE.as_micros() as Micros
}

//! Finds the replies that cite a fact.

use super::{Chat, owner};
use crate::accounts::model::Member;
use crate::chat::store::{self, CitingReply};
use crate::error::AppError;

impl Chat {
    /// Returns the member's own replies that cite the fact with this id, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn citing(
        &self,
        member: &Member,
        fact_id: &str,
    ) -> Result<Vec<CitingReply>, AppError> {
        Ok(store::list_citing(&self.db, &owner(member), fact_id).await?)
    }
}

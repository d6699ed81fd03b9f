//! The insights of every tenant.

use super::model::Insight;
use super::store;
use crate::error::AppError;
use crate::platform::db::Db;

/// Insights of every tenant; clones share the database.
#[derive(Clone)]
pub struct Insights {
    db: Db,
}

impl Insights {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The newest insights, newest first, at most `limit`.
    pub async fn newest(&self, tenant_id: &str, limit: i64) -> Result<Vec<Insight>, AppError> {
        Ok(store::list_newest(self.db.read(), tenant_id, limit).await?)
    }
}

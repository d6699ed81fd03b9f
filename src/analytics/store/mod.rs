//! The SQL of analytics.

pub mod changes;
pub mod metrics;
pub mod snapshots;
pub mod staging;
pub mod uploads;

use serde::Deserialize;

use crate::platform::db::DbError;

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Sql(sqlx::Error::Decode(Box::new(e))))
}

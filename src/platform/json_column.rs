//! Reads and writes JSON in text columns.

use serde::{Deserialize, Serialize};

use super::db::DbError;

pub fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Sql(sqlx::Error::Decode(Box::new(e))))
}

pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Sql(sqlx::Error::Encode(Box::new(e))))
}

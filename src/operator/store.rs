//! SQL for the operator page.

use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError};

/// A stored difference between requests to one server and model and the standard form.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AdjustmentRow {
    pub model: String,
    pub field: String,
    pub change: String,
    pub said: String,
    pub learned_at: Micros,
}

/// Lists the adjustments for a base URL, by model and field.
pub async fn list_adjustments(db: &Db, address: &str) -> Result<Vec<AdjustmentRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT model, field, change, said, learned_at FROM upstream_adjustments
         WHERE address = $1
         ORDER BY model, field",
    )
    .bind(address)
    .fetch_all(db.read())
    .await?)
}

/// Replaces all adjustments for a base URL.
pub async fn replace_adjustments(
    db: &Db,
    address: String,
    rows: Vec<AdjustmentRow>,
) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            sqlx::query("DELETE FROM upstream_adjustments WHERE address = $1")
                .bind(&address)
                .execute(&mut *tx)
                .await?;
            for row in rows {
                sqlx::query(
                    "INSERT INTO upstream_adjustments (address, model, field, change, said, learned_at)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(&address)
                .bind(row.model)
                .bind(row.field)
                .bind(row.change)
                .bind(row.said)
                .bind(row.learned_at)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    })
    .await
}

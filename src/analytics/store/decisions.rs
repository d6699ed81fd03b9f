//! How files with a certain header are read.

use sqlx::{Any, Executor};

use crate::analytics::model::Decision;
use crate::platform::clock::Micros;
use crate::platform::db::{DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

/// Maximum number of headers that are remembered for a tenant.
const MOST: i64 = 50;

/// Returns the decision about files with a header.
pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    header: &str,
) -> Result<Option<Decision>, DbError> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT decision FROM import_decisions WHERE tenant_id = $1 AND header = $2",
    )
    .bind(tenant_id)
    .bind(header)
    .fetch_optional(db)
    .await?;
    row.map(|(decision,)| from_json(&decision)).transpose()
}

/// Stores a decision, replacing the one with its header. Deletes the oldest ones beyond [`MOST`].
pub async fn save(
    tx: &mut Tx,
    tenant_id: &str,
    header: &str,
    decision: &Decision,
    now: Micros,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO import_decisions (tenant_id, header, decision, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, header) DO UPDATE SET
           decision = excluded.decision, updated_at = excluded.updated_at",
    )
    .bind(tenant_id)
    .bind(header)
    .bind(to_json(decision)?)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM import_decisions WHERE tenant_id = $1 AND header NOT IN (
           SELECT header FROM import_decisions WHERE tenant_id = $1
           ORDER BY updated_at DESC, header LIMIT CAST($2 AS BIGINT))",
    )
    .bind(tenant_id)
    .bind(MOST)
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::platform::db::Db;

    #[tokio::test]
    async fn the_newest_decisions_of_a_tenant_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        db.write(|tx| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO tenants VALUES ('t1', 'Aroma', 1), ('t2', 'Brick', 1)")
                    .execute(&mut *tx)
                    .await?;
                save(tx, "t2", "a", &Decision::default(), 1).await?;
                for n in 0..MOST + 10 {
                    save(tx, "t1", &format!("header {n}"), &Decision::default(), n + 1).await?;
                }
                let again = Decision {
                    answers: [("dateColumn".to_owned(), "Day".to_owned())].into(),
                    ..Decision::default()
                };
                save(tx, "t1", "header 30", &again, MOST + 20).await
            })
        })
        .await
        .unwrap();
        let kept =
            async |tenant: &str, header: &str| find(db.read(), tenant, header).await.unwrap();
        assert_eq!((kept("t1", "header 9").await, kept("t1", "a").await), (None, None));
        assert!(kept("t1", "header 10").await.is_some() && kept("t2", "a").await.is_some());
        assert_eq!(kept("t1", "header 30").await.unwrap().answers["dateColumn"], "Day");
    }
}

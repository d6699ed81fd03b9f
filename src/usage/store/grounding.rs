//! The grounding results stored with replies.

use crate::platform::db::{Db, DbError};
use crate::usage::report::Days;

/// Counts of the numbers in one adviser's replies.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Counted {
    pub persona: String,
    pub answers: i64,
    pub confirmed: i64,
    pub found: i64,
    pub worked_out: i64,
    pub conflict: i64,
    pub from_question: i64,
    pub from_earlier: i64,
    pub in_profile: i64,
    pub not_from_data: i64,
}

/// Sums the results of all checked replies by adviser. Replies of deleted conversations are not included.
pub async fn list(db: &Db, tenant_id: &str, days: &Days) -> Result<Vec<Counted>, DbError> {
    let counted = sqlx::query_as(
        "SELECT entry.persona AS persona, COUNT(*) AS answers,
                CAST(SUM(reply.confirmed) AS BIGINT) AS confirmed,
                CAST(SUM(reply.found) AS BIGINT) AS found,
                CAST(SUM(reply.worked_out) AS BIGINT) AS worked_out,
                CAST(SUM(reply.conflict) AS BIGINT) AS conflict,
                CAST(SUM(reply.from_question) AS BIGINT) AS from_question,
                CAST(SUM(reply.from_earlier) AS BIGINT) AS from_earlier,
                CAST(SUM(reply.in_profile) AS BIGINT) AS in_profile,
                CAST(SUM(reply.not_from_data) AS BIGINT) AS not_from_data
         FROM ledger_entries AS entry
         JOIN reply_grounding AS reply ON reply.message_id = entry.message_id AND reply.tenant_id = entry.tenant_id
         WHERE entry.tenant_id = $1 AND entry.day BETWEEN $2 AND $3 AND entry.kind = 'settle'
         GROUP BY entry.persona ORDER BY answers DESC, persona",
    );
    Ok(counted.bind(tenant_id).bind(days.from()).bind(days.to()).fetch_all(db.read()).await?)
}

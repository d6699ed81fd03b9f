//! Sums over the ledger, and the entries behind them.

use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};
use crate::usage::model::{GroupBy, Totals, Usage};
use crate::usage::report::Days;

#[derive(sqlx::FromRow)]
struct TotalsRow {
    key: String,
    replies: i64,
    failures: i64,
    prompt_tokens: i64,
    cached_tokens: i64,
    completion_tokens: i64,
    cost_micros: i64,
}

/// Inserts the column of a grouping into a query. The result is a constant string.
macro_rules! by_column {
    ($before:literal, $group:expr, $utc:expr, $after:literal) => {
        match $group {
            GroupBy::Day if $utc => {
                concat!($before, "CAST(asked_at / 86400000000 AS TEXT)", $after)
            }
            GroupBy::Day => concat!($before, "day", $after),
            GroupBy::Model => concat!($before, "model", $after),
            GroupBy::Persona => concat!($before, "persona", $after),
            GroupBy::Member => concat!($before, "account_id", $after),
        }
    };
}

/// Returns a tenant's usage by key, ordered by key.
pub async fn list_totals(
    db: &Db,
    tenant_id: &str,
    days: &Days,
    group: GroupBy,
) -> Result<Vec<(String, Totals)>, DbError> {
    let sql = by_column!(
        "SELECT key, CAST(SUM(is_reply) AS BIGINT) AS replies,
                CAST(SUM(CASE WHEN status IN ('failed', 'interrupted') THEN is_reply ELSE 0 END) AS BIGINT) AS failures,
                CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens,
                CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens,
                CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens,
                CAST(SUM(cost_micros) AS BIGINT) AS cost_micros
         FROM (SELECT ",
        group,
        days.is_utc(),
        " AS key, status, CASE purpose WHEN 'reply' THEN 1 ELSE 0 END AS is_reply, prompt_tokens, cached_tokens,
                      completion_tokens, cost_micros
               FROM ledger_entries
               WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 AND asked_at >= $4 AND asked_at < $5
                 AND kind = 'settle') AS entry
         GROUP BY key ORDER BY key"
    );
    let ((first, last), (from, end)) = (days.in_ledger(), days.asked_between());
    let rows: Vec<TotalsRow> = sqlx::query_as(sql)
        .bind(tenant_id)
        .bind(first)
        .bind(last)
        .bind(from)
        .bind(end)
        .fetch_all(db.read())
        .await?;
    let is_utc_day = group == GroupBy::Day && days.is_utc();
    let totals = |row: TotalsRow| {
        let totals = Totals {
            replies: natural(row.replies),
            failures: natural(row.failures),
            prompt_tokens: natural(row.prompt_tokens),
            cached_tokens: natural(row.cached_tokens),
            completion_tokens: natural(row.completion_tokens),
            cost_micros: row.cost_micros,
        };
        (if is_utc_day { utc_day(&row.key) } else { row.key }, totals)
    };
    Ok(rows.into_iter().map(totals).collect())
}

/// Formats a day that is given as days since 1970.
fn utc_day(key: &str) -> String {
    let day = key.parse().ok().and_then(|days: i64| days.checked_mul(86_400_000_000));
    day.map(|at| clock::iso_date(clock::date(at))).unwrap_or_default()
}

/// One settled reply.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryRow {
    pub account_id: String,
    pub conversation_id: String,
    pub persona: String,
    pub model: String,
    pub asked_at: Micros,
    pub status: String,
    prompt_tokens: i64,
    cached_tokens: i64,
    completion_tokens: i64,
    cost_micros: i64,
    estimated: i64,
    disputed: i64,
    purpose: String,
}

impl EntryRow {
    /// Returns whether the program asked for it itself, for a summary or a title, so that it is no reply.
    pub fn was_summary(&self) -> bool {
        self.purpose == "summary"
    }

    /// Returns whether the entry is a preview of an adviser. Such a reply belongs to no conversation.
    pub fn was_preview(&self) -> bool {
        self.conversation_id.is_empty()
    }

    pub fn usage(&self) -> Usage {
        Usage {
            prompt_tokens: natural(self.prompt_tokens),
            cached_tokens: natural(self.cached_tokens),
            completion_tokens: natural(self.completion_tokens),
            cost_micros: self.cost_micros,
            estimated: self.estimated != 0,
            disputed: self.disputed != 0,
        }
    }
}

/// Lists the replies of one key, newest first.
pub async fn list_entries(
    db: &Db,
    tenant_id: &str,
    days: &Days,
    (group, key): (GroupBy, &str),
    limit: i64,
) -> Result<Vec<EntryRow>, DbError> {
    let sql = by_column!(
        "SELECT account_id, conversation_id, persona, model, asked_at, status, prompt_tokens, cached_tokens,
                completion_tokens, cost_micros, estimated, disputed, purpose
         FROM ledger_entries
         WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 AND kind = 'settle' AND ",
        group,
        false,
        " = $4
         ORDER BY asked_at DESC, message_id DESC LIMIT CAST($5 AS BIGINT)"
    );
    Ok(sqlx::query_as(sql)
        .bind(tenant_id)
        .bind(days.from())
        .bind(days.to())
        .bind(key)
        .bind(limit)
        .fetch_all(db.read())
        .await?)
}

/// The disputed replies of one model in all tenants.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DisputedRow {
    pub model: String,
    pub replies: i64,
    pub latest: Micros,
}

/// Lists the models with disputed replies since a moment, latest first.
pub async fn list_disputed(
    db: &Db,
    since: Micros,
    limit: i64,
) -> Result<Vec<DisputedRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT model, COUNT(*) AS replies, MAX(created_at) AS latest
         FROM ledger_entries
         WHERE disputed = 1 AND created_at >= $1
         GROUP BY model ORDER BY latest DESC LIMIT CAST($2 AS BIGINT)",
    )
    .bind(since)
    .bind(limit)
    .fetch_all(db.read())
    .await?)
}

fn natural(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

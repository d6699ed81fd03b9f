//! The entries of the ledger. Database triggers keep the sums in `spending` up to date.

use crate::platform::clock::Micros;
use crate::platform::db::{Args, Db, DbError, Tx};
use crate::platform::money::MicroDollars;
use crate::usage::ledger::{Purpose, Reservation, Settlement};
use crate::usage::service::OpenReservation;

/// Returns the month of a day, as used in `spending`: `2026-11` of `2026-11-23`.
pub fn month_of(day: &str) -> &str {
    day.get(..7).unwrap_or(day)
}

/// Reserves the minimum of the requested amount and what each cap leaves. Inserts nothing if that is below
/// the required minimum. A missing cap is NULL, which `MIN` ignores. A tenant without a row in `budgets` gets
/// the operator's default cap.
pub const RESERVE: &str =
    "INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model,
                                 asked_at, day, created_at, prompt_bytes, held_micros, purpose)
     SELECT $1, 'reserve', $2, $3, $4, $5, $6, $7, $8, $7, $9, fit.micros, $14
     FROM (SELECT MIN(room.micros) AS micros FROM (
       SELECT CAST($10 AS BIGINT) AS micros
       UNION ALL
       SELECT CASE WHEN b.tenant_id IS NULL THEN CAST($15 AS BIGINT) ELSE b.monthly_micros END
         - $13 - COALESCE((SELECT s.held_micros + s.cost_micros FROM spending s
         WHERE s.tenant_id = $2 AND s.account_id = '' AND s.period = $11), 0)
       FROM (SELECT $2 AS id) AS t LEFT JOIN budgets b ON b.tenant_id = t.id
       UNION ALL
       SELECT b.daily_micros - $13 - COALESCE((SELECT s.held_micros + s.cost_micros FROM spending s
         WHERE s.tenant_id = $2 AND s.account_id = '' AND s.period = $8), 0)
       FROM budgets b WHERE b.tenant_id = $2 AND b.daily_micros IS NOT NULL
       UNION ALL
       SELECT b.member_monthly_micros - $13 - COALESCE((SELECT s.held_micros + s.cost_micros FROM spending s
         WHERE s.tenant_id = $2 AND s.account_id = $3 AND s.period = $11), 0)
       FROM budgets b WHERE b.tenant_id = $2 AND b.member_monthly_micros IS NOT NULL
       UNION ALL
       SELECT CAST($16 AS BIGINT) - $13 - CASE WHEN $16 IS NULL THEN 0 ELSE COALESCE((SELECT SUM(s.held_micros + s.cost_micros)
         FROM spending s WHERE s.account_id = '' AND s.period = $11), 0) END
       UNION ALL
       SELECT CAST($17 AS BIGINT) - $13 - CASE WHEN $17 IS NULL THEN 0 ELSE COALESCE((SELECT SUM(s.held_micros + s.cost_micros)
         FROM spending s WHERE s.account_id = '' AND s.period = $8), 0) END
     ) AS room) AS fit
     WHERE fit.micros >= $12
     RETURNING held_micros";

/// Returns the arguments of [`RESERVE`].
pub fn reserve_args(args: Args, reservation: &Reservation<'_>) -> Args {
    let day = reservation.day;
    let quote = reservation.quote;
    let (least, spare) = match reservation.purpose {
        Purpose::Reply => (quote.least_micros(), 0),
        Purpose::Summary { spare_micros } => (quote.whole_micros(), spare_micros),
    };
    args.bind(reservation.message_id)
        .bind(reservation.tenant_id)
        .bind(reservation.account_id)
        .bind(reservation.conversation_id)
        .bind(reservation.persona)
        .bind(reservation.model)
        .bind(reservation.now)
        .bind(day)
        .bind(integer(quote.prompt_bytes))
        .bind(quote.whole_micros())
        .bind(month_of(day))
        .bind(least)
        .bind(spare)
        .bind(reservation.purpose.as_str())
        .bind(quote.caps.default_monthly)
        .bind(quote.caps.monthly)
        .bind(quote.caps.daily)
}

pub async fn insert_reserve(
    tx: &mut Tx,
    reservation: &Reservation<'_>,
) -> Result<Option<MicroDollars>, DbError> {
    let args = reserve_args(Args::default(), reservation).values()?;
    let held: Option<(MicroDollars,)> =
        sqlx::query_as_with(RESERVE, args).fetch_optional(tx).await?;
    Ok(held.map(|(held,)| held))
}

/// Settles a reservation unless it is settled.
pub const SETTLE: &str =
    "INSERT INTO ledger_entries (message_id, kind, tenant_id, account_id, conversation_id, persona, model,
                                 asked_at, day, created_at, prompt_bytes, held_micros, cost_micros,
                                 prompt_tokens, cached_tokens, completion_tokens, estimated, disputed, status, purpose)
     SELECT r.message_id, 'settle', r.tenant_id, r.account_id, r.conversation_id, r.persona, $3,
            r.asked_at, r.day, $4, r.prompt_bytes, -r.held_micros, $5, $6, $7, $8, $9, $11, $10, r.purpose
     FROM ledger_entries r
     WHERE r.message_id = $1 AND r.kind = 'reserve' AND r.tenant_id = $2
     ON CONFLICT (message_id, kind) DO NOTHING";

/// Returns the arguments of [`SETTLE`].
pub fn settle_args(args: Args, settlement: &Settlement<'_>) -> Args {
    let usage = settlement.usage;
    args.bind(settlement.message_id)
        .bind(settlement.tenant_id)
        .bind(settlement.model)
        .bind(settlement.now)
        .bind(usage.cost_micros)
        .bind(integer(usage.prompt_tokens))
        .bind(integer(usage.cached_tokens))
        .bind(integer(usage.completion_tokens))
        .bind(i64::from(usage.estimated))
        .bind(settlement.status)
        .bind(i64::from(usage.disputed))
}

pub async fn insert_settle(tx: &mut Tx, settlement: &Settlement<'_>) -> Result<bool, DbError> {
    let args = settle_args(Args::default(), settlement).values()?;
    let done = sqlx::query_with(SETTLE, args).execute(tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Lists all tenants' unsettled reservations created before `before`. Reads only days with running replies,
/// so the cost does not grow with the ledger. `CROSS JOIN` makes SQLite keep this join order.
pub async fn list_open(db: &Db, before: Micros) -> Result<Vec<OpenReservation>, DbError> {
    let rows: Vec<(String, String, String, Micros, i64, MicroDollars)> = sqlx::query_as(
        "SELECT r.tenant_id, r.message_id, r.model, r.asked_at, r.prompt_bytes, r.held_micros
         FROM spending s CROSS JOIN ledger_entries r
         WHERE s.running > 0 AND s.account_id = '' AND r.tenant_id = s.tenant_id AND r.day = s.period
           AND r.kind = 'reserve' AND r.asked_at < $1
           AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.message_id = r.message_id AND e.kind = 'settle')",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    let open =
        |(tenant_id, message_id, model, asked_at, prompt_bytes, held_micros)| OpenReservation {
            tenant_id,
            message_id,
            model,
            asked_at,
            prompt_bytes: u64::try_from(prompt_bytes).unwrap_or(0),
            held_micros,
        };
    Ok(rows.into_iter().map(open).collect())
}

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

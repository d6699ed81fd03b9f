//! SQL for API tokens. Only their hashes are stored.

use super::MemberRow;
use crate::accounts::model::{ApiToken, Member, Scope};
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError};
use crate::platform::ids;

#[derive(sqlx::FromRow)]
struct HolderRow {
    #[sqlx(flatten)]
    member: MemberRow,
    scope: String,
    expires_at: Option<Micros>,
}

/// Whom a valid token speaks for.
pub struct Holder {
    pub member: Member,
    pub scope: Scope,
    /// `None`: does not expire.
    pub expires_at: Option<Micros>,
}

/// Finds the holder of a token. Returns `None` if it is unknown, revoked or expired.
pub async fn find_holder(db: &Db, hash: &str) -> Result<Option<Holder>, DbError> {
    let row: Option<HolderRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name, k.scope, k.expires_at,
                (SELECT COUNT(*) FROM operators o WHERE o.account_id = a.id) AS operator,
                (SELECT r.ends_at FROM trials r WHERE r.tenant_id = t.id) AS trial_ends_at
         FROM api_tokens k
         JOIN memberships m ON m.tenant_id = k.tenant_id AND m.account_id = k.account_id
         JOIN accounts a ON a.id = m.account_id
         JOIN tenants t ON t.id = m.tenant_id
         WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)",
    )
    .bind(hash)
    .bind(clock::now())
    .fetch_optional(db.read())
    .await?;
    // A CHECK constraint restricts the names; the narrowest scope is the safe fallback.
    Ok(row.map(|row| Holder {
        member: row.member.into(),
        scope: Scope::parse(&row.scope).unwrap_or(Scope::Read),
        expires_at: row.expires_at,
    }))
}

/// A new token as it is stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub hash: String,
    pub scope: Scope,
    pub created_at: Micros,
    /// `None`: does not expire.
    pub expires_at: Option<Micros>,
}

/// Stores a new token. Returns false without storing it if the member already has `most` that are not revoked; expired
/// ones count.
pub async fn insert(db: &Db, member: &Member, new: NewToken, most: i64) -> Result<bool, DbError> {
    let (tenant_id, account_id) = (member.tenant_id.clone(), member.account_id.clone());
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "INSERT INTO api_tokens (id, tenant_id, account_id, name, hash, scope, created_at, expires_at)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8
                 WHERE (SELECT COUNT(*) FROM api_tokens
                        WHERE tenant_id = $2 AND account_id = $3 AND revoked_at IS NULL) < $9",
            )
            .bind(ids::new_id())
            .bind(tenant_id)
            .bind(account_id)
            .bind(new.name)
            .bind(new.hash)
            .bind(new.scope.as_str())
            .bind(new.created_at)
            .bind(new.expires_at)
            .bind(most)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() == 1)
        })
    })
    .await
}

type TokenRow = (String, String, Micros, String, Option<Micros>);

/// Lists the member's tokens that are not revoked, newest first, with their times in `zone`.
pub async fn list(db: &Db, member: &Member, zone: &Zone) -> Result<Vec<ApiToken>, DbError> {
    let rows: Vec<TokenRow> = sqlx::query_as(
        "SELECT id, name, created_at, scope, expires_at FROM api_tokens
         WHERE tenant_id = $1 AND account_id = $2 AND revoked_at IS NULL
         ORDER BY created_at DESC, id DESC",
    )
    .bind(&member.tenant_id)
    .bind(&member.account_id)
    .fetch_all(db.read())
    .await?;
    let now = clock::now();
    let token = |(id, name, created_at, scope, expires_at): TokenRow| ApiToken {
        id,
        name,
        created: zone.human(created_at),
        created_at: clock::rfc3339(created_at),
        scope: Scope::parse(&scope).unwrap_or(Scope::Read),
        expires: expires_at.map(|at| zone.human(at)),
        expired: expires_at.is_some_and(|at| at <= now),
    };
    Ok(rows.into_iter().map(token).collect())
}

/// Revokes one of the member's tokens. Returns false if there is no such token.
pub async fn revoke(db: &Db, member: &Member, token_id: &str) -> Result<bool, DbError> {
    let (tenant_id, account_id) = (member.tenant_id.clone(), member.account_id.clone());
    let token_id = token_id.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let done = sqlx::query(
                "UPDATE api_tokens SET revoked_at = $1
                 WHERE id = $2 AND tenant_id = $3 AND account_id = $4 AND revoked_at IS NULL",
            )
            .bind(clock::now())
            .bind(token_id)
            .bind(tenant_id)
            .bind(account_id)
            .execute(tx)
            .await?;
            Ok(done.rows_affected() == 1)
        })
    })
    .await
}

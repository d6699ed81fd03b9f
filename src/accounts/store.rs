//! All SQL of accounts.

use crate::accounts::model::{Member, Role};
use crate::platform::db::{Db, DbError};

#[derive(sqlx::FromRow)]
struct MemberRow {
    account_id: String,
    tenant_id: String,
    role: String,
    name: String,
    email: String,
    tenant_name: String,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            // The table's own CHECK holds the names; the least role is the safe reading of any other.
            role: Role::parse(&row.role).unwrap_or(Role::Member),
            account_id: row.account_id,
            tenant_id: row.tenant_id,
            name: row.name,
            email: row.email,
            tenant_name: row.tenant_name,
        }
    }
}

/// The member that an account is in a tenant, if it (still) is one.
pub async fn find_member(
    db: &Db,
    tenant_id: &str,
    account_id: &str,
) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name
         FROM memberships m
         JOIN accounts a ON a.id = m.account_id
         JOIN tenants t ON t.id = m.tenant_id
         WHERE m.tenant_id = $1 AND m.account_id = $2",
    )
    .bind(tenant_id)
    .bind(account_id)
    .fetch_optional(db.read())
    .await?;
    Ok(row.map(Member::from))
}

/// The member a token speaks for, by the token's hash; none where it is unknown or revoked.
pub async fn find_member_by_token(db: &Db, hash: &str) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name
         FROM api_tokens k
         JOIN memberships m ON m.tenant_id = k.tenant_id AND m.account_id = k.account_id
         JOIN accounts a ON a.id = m.account_id
         JOIN tenants t ON t.id = m.tenant_id
         WHERE k.hash = $1 AND k.revoked_at IS NULL",
    )
    .bind(hash)
    .fetch_optional(db.read())
    .await?;
    Ok(row.map(Member::from))
}

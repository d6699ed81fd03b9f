//! SQL for accounts.

pub mod failures;
pub mod invitations;
pub mod recovery;
pub mod tokens;
pub mod trials;

use crate::accounts::model::{Member, Role};
use crate::platform::clock::{self, Micros};
use crate::platform::db::{Db, DbError, Tx};

/// Returns how many changes may have made a credential invalid so far.
pub async fn find_credential_changes(db: &Db) -> Result<i64, DbError> {
    let (version,) =
        sqlx::query_as("SELECT version FROM credential_changes").fetch_one(db.read()).await?;
    Ok(version)
}

/// Returns the name of a tenant's time zone, `None` before one is chosen.
pub async fn find_time_zone(db: &Db, tenant_id: &str) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT time_zone FROM time_zones WHERE tenant_id = $1")
            .bind(tenant_id)
            .fetch_optional(db.read())
            .await?;
    Ok(row.map(|(name,)| name))
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    account_id: String,
    tenant_id: String,
    role: String,
    name: String,
    email: String,
    tenant_name: String,
    operator: i64,
    trial_ends_at: Option<Micros>,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            // A CHECK constraint restricts the names; the lowest role is the safe fallback.
            role: Role::parse(&row.role).unwrap_or(Role::Member),
            account_id: row.account_id,
            tenant_id: row.tenant_id,
            name: row.name,
            email: row.email,
            tenant_name: row.tenant_name,
            operator: row.operator != 0,
            trial_ends_at: row.trial_ends_at,
        }
    }
}

/// Finds the membership of an account in a tenant.
pub async fn find_member(
    db: &Db,
    tenant_id: &str,
    account_id: &str,
) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name,
                (SELECT COUNT(*) FROM operators o WHERE o.account_id = a.id) AS operator,
                (SELECT r.ends_at FROM trials r WHERE r.tenant_id = t.id) AS trial_ends_at
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

/// Lists a tenant's members in the order in which they joined.
pub async fn list_members(db: &Db, tenant_id: &str) -> Result<Vec<Member>, DbError> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name,
                (SELECT COUNT(*) FROM operators o WHERE o.account_id = a.id) AS operator,
                (SELECT r.ends_at FROM trials r WHERE r.tenant_id = t.id) AS trial_ends_at
         FROM memberships m
         JOIN accounts a ON a.id = m.account_id
         JOIN tenants t ON t.id = m.tenant_id
         WHERE m.tenant_id = $1
         ORDER BY m.created_at, m.account_id",
    )
    .bind(tenant_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// Stores a new account with its tenant and membership, and consumes the invitation with that hash. Returns whether
/// the account became an operator, as the first one of the installation does.
///
/// Errors, with nothing stored: a unique violation if the address has an account; [`DbError::Refused`] if the
/// invitation is invalid.
pub async fn insert_account(
    db: &Db,
    member: &Member,
    password_hash: String,
    invitation: Option<String>,
) -> Result<bool, DbError> {
    let new = member.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let now = clock::now();
            if let Some(hash) = invitation {
                invitations::use_up_in(tx, hash, now).await?;
            }
            sqlx::query(
                "INSERT INTO accounts (id, email, name, password_hash, created_at)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(&new.account_id)
            .bind(&new.email)
            .bind(&new.name)
            .bind(password_hash)
            .bind(now)
            .execute(&mut *tx)
            .await?;
            let operator = sqlx::query(
                "INSERT INTO operators (account_id)
                 SELECT id FROM accounts WHERE id = $1 AND (SELECT COUNT(*) FROM accounts) - (SELECT COUNT(*) FROM trials) = 1",
            )
            .bind(&new.account_id)
            .execute(&mut *tx)
            .await?;
            insert_tenant_in(tx, &new, now).await?;
            Ok(operator.rows_affected() == 1)
        })
    })
    .await
}

/// Stores the tenant of a new account, and its membership.
async fn insert_tenant_in(tx: &mut Tx, new: &Member, now: Micros) -> Result<(), DbError> {
    sqlx::query("INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(&new.tenant_id)
        .bind(&new.tenant_name)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO memberships (tenant_id, account_id, role, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&new.tenant_id)
    .bind(&new.account_id)
    .bind(new.role.as_str())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// An account's id and password hash.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccountRow {
    pub id: String,
    pub password_hash: String,
}

/// Finds the account with exactly this address. A trial has none: nobody signs in to it, and no command names it.
pub async fn find_account(db: &Db, email: &str) -> Result<Option<AccountRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT id, password_hash FROM accounts WHERE email = $1 AND id NOT IN (SELECT account_id FROM trials)",
    )
    .bind(email)
    .fetch_optional(db.read())
    .await?)
}

pub async fn find_password_hash(db: &Db, account_id: &str) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT password_hash FROM accounts WHERE id = $1")
        .bind(account_id)
        .fetch_optional(db.read())
        .await?;
    Ok(row.map(|(hash,)| hash))
}

/// Finds the membership of an account in the tenant that it joined first.
pub async fn find_first_member(db: &Db, account_id: &str) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = sqlx::query_as(
        "SELECT a.id AS account_id, t.id AS tenant_id, m.role, a.name, a.email, t.name AS tenant_name,
                (SELECT COUNT(*) FROM operators o WHERE o.account_id = a.id) AS operator,
                (SELECT r.ends_at FROM trials r WHERE r.tenant_id = t.id) AS trial_ends_at
         FROM memberships m
         JOIN accounts a ON a.id = m.account_id
         JOIN tenants t ON t.id = m.tenant_id
         WHERE m.account_id = $1
         ORDER BY m.created_at, m.tenant_id
         LIMIT 1",
    )
    .bind(account_id)
    .fetch_optional(db.read())
    .await?;
    Ok(row.map(Member::from))
}

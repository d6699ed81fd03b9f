//! SQL for advisers.

use sqlx::{Any, Executor};

use super::built_in;
use super::model::Persona;
use crate::platform::clock::Micros;
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::json_column::{from_json, to_json};

/// The newest stored version of an adviser that a tenant has changed or added.
#[derive(Clone, Debug)]
pub struct Stored {
    pub persona: Persona,
    pub archived: bool,
    /// Name of the member who saved the newest version.
    pub saved_by: String,
    pub saved_at: Micros,
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    slug: String,
    version: i64,
    archived: i64,
    definition: String,
    saved_by: String,
    saved_at: Micros,
}

impl TryFrom<StoredRow> for Stored {
    type Error = DbError;

    fn try_from(row: StoredRow) -> Result<Self, DbError> {
        Ok(Self {
            persona: read(&row.definition, row.slug, row.version)?,
            archived: row.archived != 0,
            saved_by: row.saved_by,
            saved_at: row.saved_at,
        })
    }
}

macro_rules! stored {
    ($rest:literal) => {
        concat!(
            "SELECT p.slug, p.version, p.archived, v.definition, a.name AS saved_by, v.saved_at
             FROM personas p
             JOIN persona_versions v ON v.tenant_id = p.tenant_id AND v.slug = p.slug AND v.version = p.version
             JOIN account_names a ON a.id = v.saved_by
             WHERE p.tenant_id = $1 ",
            $rest
        )
    };
}

pub async fn list<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
) -> Result<Vec<Stored>, DbError> {
    let rows: Vec<StoredRow> = sqlx::query_as(stored!("ORDER BY p.position, p.slug"))
        .bind(tenant_id)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

pub async fn find<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    slug: &str,
) -> Result<Option<Stored>, DbError> {
    let row: Option<StoredRow> = sqlx::query_as(stored!("AND p.slug = $2"))
        .bind(tenant_id)
        .bind(slug)
        .fetch_optional(db)
        .await?;
    row.map(Stored::try_from).transpose()
}

/// A version as listed in the history.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VersionRow {
    pub version: i64,
    pub restored_from: Option<i64>,
    pub saved_by: String,
    pub saved_at: Micros,
}

/// Lists an adviser's stored versions, newest first.
pub async fn list_versions(
    db: &Db,
    tenant_id: &str,
    slug: &str,
    limit: i64,
) -> Result<Vec<VersionRow>, DbError> {
    Ok(sqlx::query_as(
        "SELECT v.version, v.restored_from, a.name AS saved_by, v.saved_at
         FROM persona_versions v JOIN account_names a ON a.id = v.saved_by
         WHERE v.tenant_id = $1 AND v.slug = $2
         ORDER BY v.version DESC LIMIT $3",
    )
    .bind(tenant_id)
    .bind(slug)
    .bind(limit)
    .fetch_all(db.read())
    .await?)
}

/// Returns an adviser at a stored version.
pub async fn find_version<'e>(
    db: impl Executor<'e, Database = Any>,
    tenant_id: &str,
    slug: &str,
    version: i64,
) -> Result<Option<Persona>, DbError> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT definition FROM persona_versions
         WHERE tenant_id = $1 AND slug = $2 AND version = $3",
    )
    .bind(tenant_id)
    .bind(slug)
    .bind(version)
    .fetch_optional(db)
    .await?;
    row.map(|(definition,)| read(&definition, slug.to_owned(), version)).transpose()
}

/// A version to store.
pub struct NewVersion<'a> {
    pub tenant_id: &'a str,
    pub account_id: &'a str,
    /// `persona.version` is the number to store.
    pub persona: &'a Persona,
    pub restored_from: Option<i64>,
    pub now: Micros,
    /// How many versions to keep, besides those that replies refer to.
    pub keep: i64,
}

/// Stores the first version of an adviser at `position`, or after all other advisers. Returns false and
/// stores nothing if the slug is taken.
pub async fn insert_first(
    tx: &mut Tx,
    new: &NewVersion<'_>,
    position: Option<i64>,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO personas (tenant_id, slug, version, position)
         SELECT $1, $2, $3,
                COALESCE($4, (SELECT MAX(position) + 1 FROM personas WHERE tenant_id = $1 AND position >= $5), $5)
         ON CONFLICT (tenant_id, slug) DO NOTHING",
    )
    .bind(new.tenant_id)
    .bind(&new.persona.slug)
    .bind(new.persona.version)
    .bind(position)
    .bind(built_in::COUNT)
    .execute(&mut *tx)
    .await?;
    insert_version(tx, new, done.rows_affected()).await
}

/// Stores the next version. Returns false and stores nothing if the newest stored version is not its
/// predecessor.
pub async fn insert_next(tx: &mut Tx, new: &NewVersion<'_>) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE personas SET version = $3 WHERE tenant_id = $1 AND slug = $2 AND version = $3 - 1",
    )
    .bind(new.tenant_id)
    .bind(&new.persona.slug)
    .bind(new.persona.version)
    .execute(&mut *tx)
    .await?;
    insert_version(tx, new, done.rows_affected()).await
}

async fn insert_version(tx: &mut Tx, new: &NewVersion<'_>, place: u64) -> Result<bool, DbError> {
    if place == 0 {
        return Ok(false);
    }
    let definition = to_json(new.persona)?;
    sqlx::query(
        "INSERT INTO persona_versions (tenant_id, slug, version, definition, restored_from, saved_by, saved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.tenant_id)
    .bind(&new.persona.slug)
    .bind(new.persona.version)
    .bind(definition)
    .bind(new.restored_from)
    .bind(new.account_id)
    .bind(new.now)
    .execute(&mut *tx)
    .await?;
    prune_versions(tx, new).await?;
    Ok(true)
}

/// Deletes versions older than the newest `keep`, except those that replies refer to.
async fn prune_versions(tx: &mut Tx, new: &NewVersion<'_>) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM persona_versions
         WHERE tenant_id = $1 AND slug = $2 AND version <= $3
           AND NOT EXISTS (SELECT 1 FROM message_personas m
                           WHERE m.tenant_id = $1 AND m.persona = $2
                             AND m.persona_version = persona_versions.version)",
    )
    .bind(new.tenant_id)
    .bind(&new.persona.slug)
    .bind(new.persona.version - new.keep)
    .execute(tx)
    .await?;
    Ok(())
}

/// Archives or restores an adviser. Returns false if the tenant has not stored the slug.
pub async fn set_archived(
    tx: &mut Tx,
    tenant_id: &str,
    slug: &str,
    archived: bool,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE personas SET archived = $3 WHERE tenant_id = $1 AND slug = $2")
        .bind(tenant_id)
        .bind(slug)
        .bind(i64::from(archived))
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Parses a definition. Slug and version come from the columns.
fn read(definition: &str, slug: String, version: i64) -> Result<Persona, DbError> {
    let persona: Persona = from_json(definition)?;
    Ok(Persona { slug, version, ..persona })
}

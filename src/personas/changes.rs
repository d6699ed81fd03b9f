//! Adds, edits, restores and archives advisers. Every change creates a version.

use super::form::Typed;
use super::model::Persona;
use super::service::{Adviser, Personas, not_found, with_built_in};
use super::store::{self, NewVersion};
use super::{built_in, slug};
use crate::accounts::model::{Member, Role};
use crate::accounts::{guard, zone};
use crate::error::{AppError, Code};
use crate::format::zone::Zone;
use crate::platform::clock;
use crate::platform::db::{DbError, Tx};

/// Maximum number of custom advisers per tenant, archived ones included.
pub const MOST_OWN: usize = 24;

impl Personas {
    /// Adds an adviser. Errors: [`Code::ValidationError`] by field.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn add(&self, member: &Member, typed: &Typed) -> Result<Persona, AppError> {
        guard::require(member, Role::Admin)?;
        let persona = self.check(typed)?;
        self.write(member, move |tx, by| {
            Box::pin(async move {
                let others = with_built_in(store::list(&mut *tx, &by.tenant_id).await?);
                if others.iter().filter(|it| !it.is_built_in()).count() >= MOST_OWN {
                    let reason = format!(
                        "A business can have {MOST_OWN} advisers of its own. Change one that you no longer need."
                    );
                    return Err(AppError::invalid_field("short", reason).into());
                }
                check_name(&persona, &others)?;
                let is_taken = |slug: &str| others.iter().any(|it| it.persona.slug == slug);
                let persona = Persona {
                    slug: slug::of(&persona.short, is_taken),
                    version: 1,
                    ..persona
                };
                store::insert_first(tx, &by.version(&persona, None), None).await?;
                Ok(persona)
            })
        })
        .await
    }

    /// Saves an adviser over version `base`. An unchanged one creates no version.
    ///
    /// Errors: [`Code::ValidationError`] by field; [`Code::EditConflict`] if another version was saved in
    /// the meantime; [`Code::PersonaNotFound`].
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn save(
        &self,
        member: &Member,
        slug: &str,
        base: i64,
        typed: &Typed,
    ) -> Result<Persona, AppError> {
        guard::require(member, Role::Admin)?;
        let persona = self.check(typed)?;
        let slug = slug::tidy(slug);
        self.write(member, move |tx, by| {
            Box::pin(async move {
                let all = with_built_in(store::list(&mut *tx, &by.tenant_id).await?);
                let stored = one(&all, &slug)?;
                let persona = Persona { slug, version: stored.persona.version, ..persona };
                if persona == stored.persona {
                    return Ok(persona);
                }
                check_base(stored, base, &by.zone)?;
                check_name(&persona, &all)?;
                store_next(tx, &by, persona, None).await
            })
        })
        .await
    }

    /// Restores an earlier version as a new one. Errors: as for [`Self::save`], and [`Code::NotFound`] if
    /// the version does not exist.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn restore(
        &self,
        member: &Member,
        slug: &str,
        version: i64,
        base: i64,
    ) -> Result<Persona, AppError> {
        guard::require(member, Role::Admin)?;
        let slug = slug::tidy(slug);
        let earlier = self.version(&member.tenant_id, &slug, version).await?;
        self.write(member, move |tx, by| {
            Box::pin(async move {
                let all = with_built_in(store::list(&mut *tx, &by.tenant_id).await?);
                let stored = one(&all, &slug)?;
                check_base(stored, base, &by.zone)?;
                let persona = Persona { version: base, ..earlier };
                if persona == stored.persona {
                    return Ok(persona);
                }
                check_name(&persona, &all)?;
                store_next(tx, &by, persona, Some(version)).await
            })
        })
        .await
    }

    /// Archives or restores a custom adviser. Replies in progress continue. Errors:
    /// [`Code::PersonaNotFound`]; [`Code::Forbidden`] for built-in advisers, so that a board is never
    /// empty.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_archived(
        &self,
        member: &Member,
        slug: &str,
        archived: bool,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let slug = slug::tidy(slug);
        if built_in::position(&slug).is_some() {
            return Err(AppError::forbidden(
                "Built-in advisers can't be archived. Edit this one instead.",
            ));
        }
        self.write(member, move |tx, by| {
            Box::pin(async move {
                match store::set_archived(tx, &by.tenant_id, &slug, archived).await? {
                    true => Ok(()),
                    false => Err(not_found().into()),
                }
            })
        })
        .await
    }

    async fn write<T, F>(&self, member: &Member, job: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(
                &'c mut Tx,
                By,
            ) -> futures_util::future::BoxFuture<'c, Result<T, DbError>>
            + Send
            + 'static,
    {
        let by = By {
            tenant_id: member.tenant_id.clone(),
            account_id: member.account_id.clone(),
            zone: zone::of(&self.db, &member.tenant_id).await?,
            now: clock::now(),
            versions: self.versions,
        };
        Ok(self.db.write(move |tx| job(tx, by)).await?)
    }
}

/// The author and time of a change.
struct By {
    tenant_id: String,
    account_id: String,
    /// The tenant's.
    zone: Zone,
    now: clock::Micros,
    /// How many versions are kept.
    versions: i64,
}

impl By {
    fn version<'a>(&'a self, persona: &'a Persona, restored_from: Option<i64>) -> NewVersion<'a> {
        NewVersion {
            tenant_id: &self.tenant_id,
            account_id: &self.account_id,
            persona,
            restored_from,
            now: self.now,
            keep: self.versions,
        }
    }
}

fn one<'a>(all: &'a [Adviser], slug: &str) -> Result<&'a Adviser, AppError> {
    all.iter().find(|it| it.persona.slug == slug).ok_or_else(not_found)
}

/// Requires a unique short name, because members tell advisers apart by it.
fn check_name(persona: &Persona, all: &[Adviser]) -> Result<(), AppError> {
    let name = persona.short.to_lowercase();
    let same = all
        .iter()
        .find(|it| it.persona.slug != persona.slug && it.persona.short.to_lowercase() == name);
    match same {
        None => Ok(()),
        Some(other) if other.archived => Err(AppError::invalid_field(
            "short",
            format!(
                "Short name: an archived adviser is called {}. Restore it, or choose another name.",
                other.persona.short
            ),
        )),
        Some(other) => Err(AppError::invalid_field(
            "short",
            format!(
                "Short name: there is an adviser called {}. Choose another name.",
                other.persona.short
            ),
        )),
    }
}

fn check_base(stored: &Adviser, base: i64, zone: &Zone) -> Result<(), AppError> {
    if stored.persona.version == base { Ok(()) } else { Err(conflict(stored, zone)) }
}

async fn store_next(
    tx: &mut Tx,
    by: &By,
    persona: Persona,
    restored_from: Option<i64>,
) -> Result<Persona, DbError> {
    let persona = Persona { version: persona.version + 1, ..persona };
    let new = by.version(&persona, restored_from);
    let stored = match persona.version {
        1 => store::insert_first(tx, &new, built_in::position(&persona.slug)).await?,
        _ => store::insert_next(tx, &new).await?,
    };
    if !stored {
        // Unreachable on SQLite, whose only writer runs one transaction at a time.
        let stored = store::find(tx, &by.tenant_id, &persona.slug).await?;
        return Err(stored
            .map_or_else(not_found, |stored| conflict(&Adviser::from(stored), &by.zone))
            .into());
    }
    Ok(persona)
}

/// Names the member whose save came first, and its time.
fn conflict(stored: &Adviser, zone: &Zone) -> AppError {
    let (who, when) = match &stored.saved {
        Some((who, at)) => (who.as_str(), zone.human(*at)),
        None => ("Somebody", "a moment ago".to_owned()),
    };
    AppError::new(
        Code::EditConflict,
        format!(
            "{who} saved this adviser after you opened it ({when}). Yours is not saved yet: compare the two below, then save again to put yours in its place."
        ),
    )
}

//! Business rules of advisers: listing, versioning and permissions.

use super::form::Typed;
use super::model::Persona;
use super::store::{self, NewVersion, Stored, VersionRow};
use super::{ModelRules, built_in, slug, validation};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::format::date;
use crate::platform::clock;
use crate::platform::db::{Db, DbError, Tx};
use crate::platform::fields::Checker;
use crate::platform::quotas::Quotas;

/// Maximum number of custom advisers per tenant, archived ones included.
pub const MOST_OWN: usize = 24;
/// Maximum number of versions in the history.
const LISTED: i64 = 100;

/// The advisers of all tenants. Cheap to clone.
///
/// Nothing is cached: reading an adviser is one indexed lookup, and always returns the latest version.
#[derive(Clone)]
pub struct Personas {
    db: Db,
    rules: ModelRules,
    /// How many versions of each adviser are kept, besides those that replies refer to.
    versions: i64,
}

/// A tenant's adviser.
#[derive(Clone, Debug)]
pub struct Adviser {
    pub persona: Persona,
    pub archived: bool,
    /// Who saved it last, and when; `None` for an unchanged built-in adviser.
    pub saved: Option<(String, clock::Micros)>,
}

impl From<Stored> for Adviser {
    fn from(stored: Stored) -> Self {
        let Stored { persona, archived, saved_by, saved_at } = stored;
        Self { persona, archived, saved: Some((saved_by, saved_at)) }
    }
}

impl From<Persona> for Adviser {
    /// An unchanged built-in adviser.
    fn from(persona: Persona) -> Self {
        Self { persona, archived: false, saved: None }
    }
}

impl Adviser {
    pub fn is_built_in(&self) -> bool {
        built_in::position(&self.persona.slug).is_some()
    }
}

impl Personas {
    pub fn new(db: Db) -> Self {
        let versions = Quotas::default().adviser_versions;
        Self { db, rules: ModelRules::default(), versions }
    }

    /// Sets the operator's limits.
    pub fn with_rules(self, rules: ModelRules) -> Self {
        Self { rules, ..self }
    }

    /// Sets how many versions of each adviser are kept, besides those that replies refer to.
    pub fn with_versions(self, versions: i64) -> Self {
        Self { versions, ..self }
    }

    pub fn rules(&self) -> &ModelRules {
        &self.rules
    }

    /// Validates a form against the field rules and the operator's limits. Returns the persona without slug
    /// and version. Errors: a reason per invalid field.
    pub fn check(&self, typed: &Typed) -> Result<Persona, AppError> {
        let persona = validation::check(typed)?;
        let mut checker = Checker::default();
        if let (Some(model), Some(allowed)) = (&persona.model, self.rules.names())
            && !self.rules.allows(model)
        {
            checker.refuse(
                "model",
                format!(
                    "Model: this one is not allowed on this installation. Choose one of: {allowed}."
                ),
            );
        }
        let most = self.rules.most_tokens;
        if persona.max_tokens.is_some_and(|tokens| tokens > most) {
            checker.refuse(
                "max_tokens",
                format!("Longest answer: this installation allows {most} tokens at most."),
            );
        }
        checker.finish(persona)
    }

    /// Lists a tenant's advisers, archived ones included: built-in ones first, then custom ones in order of
    /// creation.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list(&self, tenant_id: &str) -> Result<Vec<Adviser>, AppError> {
        Ok(with_built_in(store::list(self.db.read(), tenant_id).await?))
    }

    /// Returns an adviser, even if archived. Errors: [`Code::PersonaNotFound`].
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn find(&self, tenant_id: &str, slug: &str) -> Result<Adviser, AppError> {
        let slug = slug::tidy(slug);
        match store::find(self.db.read(), tenant_id, &slug).await? {
            Some(stored) => Ok(stored.into()),
            None => built_in::find(&slug).map(Adviser::from).ok_or_else(not_found),
        }
    }

    /// Returns an adviser that takes questions. Errors: [`Code::PersonaNotFound`],
    /// [`Code::PersonaArchived`].
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn active(&self, tenant_id: &str, slug: &str) -> Result<Persona, AppError> {
        let Adviser { persona, archived, .. } = self.find(tenant_id, slug).await?;
        if archived {
            let message = format!(
                "{} is archived and takes no more questions. Ask another adviser, or have an admin restore it.",
                persona.short
            );
            return Err(AppError::new(Code::PersonaArchived, message));
        }
        Ok(persona)
    }

    /// Lists an adviser's stored versions, newest first. Version 0 of a built-in adviser is not stored.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn versions(&self, tenant_id: &str, slug: &str) -> Result<Vec<VersionRow>, AppError> {
        Ok(store::list_versions(&self.db, tenant_id, slug, LISTED).await?)
    }

    /// Returns an adviser at a version; 0 is the default definition of a built-in one.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn version(
        &self,
        tenant_id: &str,
        slug: &str,
        version: i64,
    ) -> Result<Persona, AppError> {
        let stored = store::find_version(self.db.read(), tenant_id, slug, version).await?;
        stored
            .or_else(|| built_in::find(slug).filter(|_| version == 0))
            .ok_or_else(|| AppError::not_found("version of this adviser"))
    }

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
                check_base(stored, base)?;
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
                check_base(stored, base)?;
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

/// Merges stored advisers with the built-in ones: built-in first, each in its saved or default form, then
/// custom ones.
fn with_built_in(stored: Vec<Stored>) -> Vec<Adviser> {
    let (mut changed, own): (Vec<Adviser>, Vec<Adviser>) =
        stored.into_iter().map(Adviser::from).partition(Adviser::is_built_in);
    let built_in = built_in::all().map(|came| {
        match changed.iter().position(|it| it.persona.slug == came.slug) {
            Some(at) => changed.swap_remove(at),
            None => came.into(),
        }
    });
    built_in.into_iter().chain(own).collect()
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

fn check_base(stored: &Adviser, base: i64) -> Result<(), AppError> {
    if stored.persona.version == base { Ok(()) } else { Err(conflict(stored)) }
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
            .map_or_else(not_found, |stored| conflict(&Adviser::from(stored)))
            .into());
    }
    Ok(persona)
}

/// Names the member whose save came first, and its time.
fn conflict(stored: &Adviser) -> AppError {
    let (who, when) = match &stored.saved {
        Some((who, at)) => (who.as_str(), date::moment(*at)),
        None => ("Somebody", "a moment ago".to_owned()),
    };
    AppError::new(
        Code::EditConflict,
        format!(
            "{who} saved this adviser after you opened it ({when}). Yours is not saved yet: compare the two below, then save again to put yours in its place."
        ),
    )
}

fn not_found() -> AppError {
    AppError::new(Code::PersonaNotFound, "There is no such adviser. Choose one of your business.")
}

#[cfg(test)]
mod tests;

//! Reads advisers and their versions, and checks their forms.

use super::form::Typed;
use super::model::Persona;
use super::store::{self, Stored, VersionRow};
use super::{ModelRules, built_in, slug, validation};
use crate::error::{AppError, Code};
use crate::platform::clock;
use crate::platform::db::Db;
use crate::platform::fields::Checker;
use crate::platform::quotas::Quotas;

/// Maximum number of versions in the history.
const LISTED: i64 = 100;

/// The advisers of all tenants. Cheap to clone.
///
/// Nothing is cached: reading an adviser is one indexed lookup, and always returns the latest version.
#[derive(Clone)]
pub struct Personas {
    pub(super) db: Db,
    rules: ModelRules,
    /// How many versions of each adviser are kept, besides those that replies refer to.
    pub(super) versions: i64,
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
}

/// Merges stored advisers with the built-in ones: built-in first, each in its saved or default form, then
/// custom ones.
pub(super) fn with_built_in(stored: Vec<Stored>) -> Vec<Adviser> {
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

pub(super) fn not_found() -> AppError {
    AppError::new(Code::PersonaNotFound, "There is no such adviser. Choose one of your business.")
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

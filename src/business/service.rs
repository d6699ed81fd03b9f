//! Business rules of the profile.

use super::model::{Profile, ProfilePatch, SavedProfile};
use super::{store, validation};
use crate::accounts::model::Member;
use crate::error::{AppError, Code};
use crate::platform::clock;
use crate::platform::db::{Db, DbError, Tx};

/// The profiles of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Business {
    db: Db,
}

impl Business {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Returns the tenant's profile. Before the first save it has version 0 and contains only the tenant's
    /// name.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn profile(&self, tenant_id: &str) -> Result<SavedProfile, AppError> {
        store::find_profile(self.db.read(), tenant_id).await?.ok_or_else(no_tenant)
    }

    /// Saves the whole profile over version `base_version`.
    ///
    /// Errors: [`Code::ValidationError`] by field; [`Code::EditConflict`], with the differing fields in its
    /// details, if another version was saved in the meantime.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn save_profile(
        &self,
        member: &Member,
        profile: Profile,
        base_version: i64,
    ) -> Result<SavedProfile, AppError> {
        self.save(member, Some(base_version), |_| profile).await
    }

    /// Saves the fields in `patch`; the others keep their value. Errors: as for [`Self::save_profile`], but
    /// without a version in the patch there is no conflict.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn update_profile(
        &self,
        member: &Member,
        patch: ProfilePatch,
    ) -> Result<SavedProfile, AppError> {
        self.save(member, patch.version, |stored| patch.over(stored)).await
    }

    async fn save(
        &self,
        member: &Member,
        base_version: Option<i64>,
        change: impl FnOnce(Profile) -> Profile + Send + 'static,
    ) -> Result<SavedProfile, AppError> {
        let member = member.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let stored = stored_profile(tx, &member.tenant_id).await?;
                let profile = validation::check(change(stored.profile.clone()))?;
                if stored.version > 0 && profile == stored.profile {
                    // Keep the version and its author if nothing changes.
                    return Ok(stored);
                }
                if base_version.is_some_and(|base| base != stored.version) {
                    return Err(conflict(&profile, &stored).into());
                }
                store_profile(tx, &member, profile, stored.version).await
            })
        });
        Ok(save.await?)
    }
}

async fn stored_profile(tx: &mut Tx, tenant_id: &str) -> Result<SavedProfile, DbError> {
    store::find_profile(tx, tenant_id).await?.ok_or_else(|| no_tenant().into())
}

async fn store_profile(
    tx: &mut Tx,
    member: &Member,
    profile: Profile,
    base_version: i64,
) -> Result<SavedProfile, DbError> {
    let (tenant, account, now) = (&member.tenant_id, &member.account_id, clock::now());
    if !store::save_profile(&mut *tx, tenant, account, &profile, base_version, now).await? {
        // Unreachable on SQLite, whose only writer runs one transaction at a time.
        let stored = stored_profile(tx, tenant).await?;
        return Err(conflict(&profile, &stored).into());
    }
    stored_profile(tx, tenant).await
}

/// Names the member whose save came first, its time, and the fields that differ.
fn conflict(mine: &Profile, stored: &SavedProfile) -> AppError {
    let who = stored.updated_by.as_deref().unwrap_or("Somebody");
    let when = stored.updated_human.as_deref().unwrap_or("a moment ago");
    let message = format!(
        "{who} saved this profile after you opened it ({when}). Yours is not saved yet: compare the two and choose."
    );
    let details = mine
        .differing(&stored.profile)
        .into_iter()
        .map(|field| {
            (field.name().to_owned(), format!("{}: differs from what {who} saved.", field.label()))
        })
        .collect();
    AppError { details, ..AppError::new(Code::EditConflict, message) }
}

fn no_tenant() -> AppError {
    AppError::not_found("business")
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

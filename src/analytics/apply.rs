//! Applies a sheet to the stored days: compares them, and stores all of the sheet's days or none.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::csv::Sheet;
use super::import::gone;
use super::model::{Change, Counts, Portion, Preview, Snapshot};
use super::service::Analytics;
use super::store::generations::{self, DAYS_A_PART};
use super::store::{changes, samples, snapshots, uploads};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::clock;
use crate::platform::db::{DbError, Tx};

/// Maximum number of days shown in a preview.
const SHOWN: usize = 10;

impl Analytics {
    pub(super) async fn preview(
        &self,
        tenant_id: &str,
        sheet: Arc<Sheet>,
    ) -> Result<Preview, AppError> {
        let (from, to) = span(&sheet);
        let Plan { counts, changes } = self.plan(tenant_id, sheet).await?;
        let changes = changes.into_iter().take(SHOWN).collect();
        Ok(Preview { counts, from, to, changes })
    }

    /// Compares a sheet with what is stored, on a blocking thread: decoding the rows is CPU work too.
    async fn plan(&self, tenant_id: &str, sheet: Arc<Sheet>) -> Result<Plan, AppError> {
        let (db, tenant_id, runtime) = (self.db.clone(), tenant_id.to_owned(), Handle::current());
        let planning = move || {
            let (from, to) = span(&sheet);
            let span = (from.as_str(), to.as_str());
            let stored = async {
                // Storing the sheet removes sample data.
                if samples::is_loaded(db.read(), &tenant_id).await? {
                    return Ok(Vec::new());
                }
                snapshots::list(db.read(), &tenant_id, span, (i64::MAX, 0)).await
            };
            Ok::<_, DbError>(plan(runtime.block_on(stored)?, &sheet))
        };
        let plan = tokio::task::spawn_blocking(planning).await.map_err(AppError::internal)?;
        Ok(plan?)
    }

    /// Stores a sheet: all of its days or none. Of two imports at once the second sees what the first one stored. `told`
    /// hears how many days are written.
    pub(super) async fn store_sheet(
        &self,
        tenant_id: &str,
        sheet: Arc<Sheet>,
        told: impl Fn(Portion) + Send + Sync,
        end: AndThen,
    ) -> Result<Counts, AppError> {
        loop {
            let version = self.version(tenant_id).await?;
            let Plan { counts, changes } = self.plan(tenant_id, sheet.clone()).await?;
            let days: Vec<Snapshot> = changes.into_iter().map(|change| change.after).collect();
            let commit = Commit { tenant_id: tenant_id.to_owned(), version, counts, end: end.clone() };
            let stored = match days.len() {
                0..=DAYS_A_PART => self.store_few(commit, days).await?,
                _ => self.store_many(commit, days, &told).await?,
            };
            // Each turn means that another change of this tenant succeeded.
            if stored {
                return Ok(counts);
            }
        }
    }

    /// Stores days in the current generation, in one transaction. Returns false if the tenant's numbers have changed
    /// meanwhile.
    async fn store_few(&self, commit: Commit, days: Vec<Snapshot>) -> Result<bool, AppError> {
        let save = self.db.write_part(move |tx| {
            Box::pin(async move {
                if !commit.begin(tx).await? {
                    return Ok(false);
                }
                snapshots::save_all(&mut *tx, &commit.tenant_id, &days, clock::now()).await?;
                commit.end(tx).await?;
                Ok(true)
            })
        });
        Ok(save.await?)
    }

    /// Stores days in a new generation, in parts, so that other tenants' writes do not wait for long, and makes it the
    /// current one. Returns false if the tenant's numbers have changed meanwhile.
    async fn store_many(
        &self,
        commit: Commit,
        days: Vec<Snapshot>,
        told: &(impl Fn(Portion) + Send + Sync),
    ) -> Result<bool, AppError> {
        let tenant_id = commit.tenant_id.clone();
        let tenant = tenant_id.clone();
        let begin = self
            .db
            .write(move |tx| Box::pin(async move { generations::begin(tx, &tenant).await }));
        let generation = begin.await?;
        let stored = async {
            self.stage((&tenant_id, generation), days, told).await?;
            self.switch(commit, generation).await
        };
        let stored = stored.await;
        let gone = match stored {
            Ok(Some(before)) => before,
            Ok(None) | Err(_) => generation,
        };
        // The days of the import are stored, whatever becomes of the old ones: the clean-up deletes what is left.
        if let Err(cause) = generations::delete(&self.db, &tenant_id, gone).await {
            tracing::warn!(error.cause = %cause, "replaced days not deleted");
        }
        Ok(stored?.is_some())
    }

    async fn stage(
        &self,
        (tenant_id, generation): (&str, i64),
        days: Vec<Snapshot>,
        told: &(impl Fn(Portion) + Send + Sync),
    ) -> Result<(), AppError> {
        let of = u32::try_from(days.len()).unwrap_or(u32::MAX);
        let mut done = 0;
        let mut days = days.into_iter();
        loop {
            let part: Vec<Snapshot> = days.by_ref().take(DAYS_A_PART).collect();
            if part.is_empty() {
                break;
            }
            done += part.len() as u32;
            let tenant = tenant_id.to_owned();
            let save = self.db.write_part(move |tx| {
                Box::pin(async move {
                    generations::stage(tx, (&tenant, generation), &part, clock::now()).await
                })
            });
            save.await?;
            told(Portion { done, of });
        }
        // Storing the sheet removes sample data.
        if !samples::is_loaded(self.db.read(), tenant_id).await? {
            generations::copy_rest(&self.db, tenant_id, generation).await?;
        }
        Ok(())
    }

    /// Makes a new generation the current one. Returns the one before, or `None` if the tenant's numbers have changed
    /// meanwhile.
    async fn switch(&self, commit: Commit, generation: i64) -> Result<Option<i64>, AppError> {
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                if !commit.begin(tx).await? {
                    return Ok(None);
                }
                let before = generations::switch(&mut *tx, &commit.tenant_id, generation).await?;
                if before.is_some() {
                    commit.end(tx).await?;
                }
                Ok(before)
            })
        });
        Ok(save.await?)
    }
}

/// What the transaction that stores a sheet checks and does besides.
struct Commit {
    tenant_id: String,
    /// The version of the tenant's numbers with which the sheet was compared.
    version: i64,
    counts: Counts,
    end: AndThen,
}

impl Commit {
    /// Removes sample data. Returns false if the tenant's numbers have changed since they were compared.
    async fn begin(&self, tx: &mut Tx) -> Result<bool, DbError> {
        if changes::find_version(&mut *tx, &self.tenant_id).await? != self.version {
            return Ok(false);
        }
        samples::remove(tx, &self.tenant_id).await?;
        Ok(true)
    }

    async fn end(&self, tx: &mut Tx) -> Result<(), DbError> {
        self.end.run(tx, self.counts).await
    }
}

/// The changes of an import, in the order of the sheet.
struct Plan {
    counts: Counts,
    changes: Vec<Change>,
}

/// Lays a sheet over what is stored: own metrics without a column keep their values.
fn plan(stored: Vec<Snapshot>, sheet: &Sheet) -> Plan {
    let mut stored: HashMap<String, Snapshot> =
        stored.into_iter().map(|day| (day.date.clone(), day)).collect();
    let mut plan = Plan { counts: Counts::default(), changes: Vec::new() };
    for day in &sheet.days {
        let before = stored.remove(&day.date);
        let after = day
            .clone()
            .over(before.as_ref(), |slug| sheet.columns.iter().any(|column| column == slug));
        match &before {
            Some(before) if *before == after => {
                plan.counts.unchanged += 1;
                continue;
            }
            Some(_) => plan.counts.replaced += 1,
            None => plan.counts.added += 1,
        }
        plan.changes.push(Change { before, after });
    }
    plan
}

/// What the transaction that stores a sheet does besides.
#[derive(Clone, Debug)]
pub(super) enum AndThen {
    Nothing,
    /// Replaces the waiting file by the report of its import. The import fails if the file is gone.
    SaveReport {
        member: Member,
        upload_id: String,
    },
}

impl AndThen {
    async fn run(&self, tx: &mut Tx, counts: Counts) -> Result<(), DbError> {
        match self {
            Self::Nothing => Ok(()),
            Self::SaveReport { member, upload_id } => {
                match uploads::save_imported(tx, member, upload_id, counts).await? {
                    true => Ok(()),
                    false => Err(gone().into()),
                }
            }
        }
    }
}

/// Returns the first and the last date.
fn span(sheet: &Sheet) -> (String, String) {
    let dates = || sheet.days.iter().map(|day| day.date.as_str());
    (dates().min().unwrap_or("").to_owned(), dates().max().unwrap_or("").to_owned())
}

//! Applies a sheet to the stored days: compares, stages, and stores all of its days or none.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::exports::Sheet;
use super::import::gone;
use super::model::{Change, Counts, Portion, Preview, Reading, Snapshot};
use super::new_metrics::{self, Added};
use super::service::Analytics;
use super::store::staging::{self, DAYS_A_PART};
use super::store::{changes, metrics, samples, snapshots, uploads};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::clock;
use crate::platform::db::{DbError, Tx};
use crate::platform::ids;

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
        Ok(Preview { counts, from, to, changes, proposal: None })
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

    /// Stores a sheet: all of its days and the metrics that its reading adds, or nothing. Stages the days in parts and
    /// stores them by one statement, so that other tenants' writes do not wait for long. Of two imports at once the
    /// second sees what the first one stored. `told` hears how many days are staged.
    ///
    /// Errors: a metric that cannot be added.
    pub(super) async fn store_sheet(
        &self,
        tenant_id: &str,
        (sheet, reading): (Sheet, &Reading),
        told: impl Fn(Portion) + Send + Sync,
        end: AndThen,
    ) -> Result<Counts, AppError> {
        let sheet = Arc::new(sheet);
        loop {
            let version = self.version(tenant_id).await?;
            let added = new_metrics::of(reading, &self.metrics(tenant_id).await?)?;
            let sheet = new_metrics::with_slugs(&sheet, &added);
            let Plan { counts, changes } = self.plan(tenant_id, sheet).await?;
            let days: Vec<Snapshot> = changes.into_iter().map(|change| change.after).collect();
            let import_id = ids::new_id();
            let stored = async {
                self.stage(tenant_id, &import_id, days, &told).await?;
                let end = end.clone();
                self.store_staged((tenant_id, &import_id), version, added, counts, end).await
            };
            let stored = stored.await;
            staging::drop_days(&self.db, tenant_id, &import_id).await?;
            // Each turn means that another change of this tenant succeeded.
            if let Some(counts) = stored? {
                return Ok(counts);
            }
        }
    }

    async fn stage(
        &self,
        tenant_id: &str,
        import_id: &str,
        days: Vec<Snapshot>,
        told: &(impl Fn(Portion) + Send + Sync),
    ) -> Result<(), AppError> {
        let of = u32::try_from(days.len()).unwrap_or(u32::MAX);
        let mut done = 0;
        let mut days = days.into_iter();
        loop {
            let part: Vec<Snapshot> = days.by_ref().take(DAYS_A_PART).collect();
            if part.is_empty() {
                return Ok(());
            }
            done += part.len() as u32;
            let ids = (tenant_id.to_owned(), import_id.to_owned());
            let save = self.db.write(move |tx| {
                Box::pin(async move {
                    staging::stage_days(tx, (&ids.0, &ids.1), &part, clock::now()).await
                })
            });
            save.await?;
            told(Portion { done, of });
        }
    }

    /// Stores the staged days and the added metrics. `None` if the tenant's numbers or metrics have changed since
    /// `version`.
    async fn store_staged(
        &self,
        (tenant_id, import_id): (&str, &str),
        version: i64,
        added: Vec<Added>,
        counts: Counts,
        end: AndThen,
    ) -> Result<Option<Counts>, AppError> {
        let (tenant_id, import_id) = (tenant_id.to_owned(), import_id.to_owned());
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                if changes::find_version(&mut *tx, &tenant_id).await? != version {
                    return Ok(None);
                }
                samples::remove(&mut *tx, &tenant_id).await?;
                let now = clock::now();
                // Metrics are listed in the order of their creation.
                for (created, it) in (now..).zip(added.iter().filter(|it| it.is_new)) {
                    metrics::save(&mut *tx, &tenant_id, &it.metric, created).await?;
                }
                staging::store_staged(&mut *tx, &tenant_id, &import_id).await?;
                end.run(tx, counts).await?;
                Ok(Some(counts))
            })
        });
        Ok(save.await?)
    }
}

/// The changes of an import, in the order of the sheet.
struct Plan {
    counts: Counts,
    changes: Vec<Change>,
}

/// Lays a sheet over what is stored: empty cells and missing columns keep their values.
fn plan(stored: Vec<Snapshot>, sheet: &Sheet) -> Plan {
    let mut stored: HashMap<String, Snapshot> =
        stored.into_iter().map(|day| (day.date.clone(), day)).collect();
    let mut plan = Plan { counts: Counts::default(), changes: Vec::new() };
    for day in &sheet.days {
        let before = stored.remove(&day.date);
        let after = day.clone().keeping(before.as_ref());
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

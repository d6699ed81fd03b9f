//! Applies a sheet to what is stored: compares them, and stores all of the sheet's periods or none.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::exports::Sheet;
use super::import::gone;
use super::model::{Change, Counts, Grain, Portion, Preview, Reading, Snapshot};
use super::new_metrics::{self, Added};
use super::periods::Clock;
use super::service::{Analytics, Terms};
use super::store::generations::{self, DAYS_A_PART};
use super::store::imports::{self, Import};
use super::store::snapshots::Stored;
use super::store::{changes, metrics, samples, snapshots, uploads};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::clock::{self, Micros};
use crate::platform::db::{DbError, Tx};
use crate::platform::ids;

/// Maximum number of periods shown in a preview.
const SHOWN: usize = 10;

impl Analytics {
    pub(super) async fn preview(
        &self,
        tenant_id: &str,
        sheet: Arc<Sheet>,
    ) -> Result<Preview, AppError> {
        let (from, to) = span(&sheet.periods);
        let sheet = by_date(sheet);
        let remarks = self.remarks(tenant_id, &sheet).await?;
        let counts = Counts { grain: sheet.grain, ..Counts::default() };
        let mut preview = Preview { counts, from, to, remarks, ..Preview::default() };
        for part in parts(&sheet) {
            let Plan { counts, changes } = self.plan(tenant_id, (&sheet, part)).await?;
            preview.counts += counts;
            let more = SHOWN - preview.changes.len();
            preview.changes.extend(changes.into_iter().take(more));
        }
        Ok(preview)
    }

    /// Compares a part of a sheet with what is stored, on a blocking thread: decoding the rows is CPU work too.
    async fn plan(
        &self,
        tenant_id: &str,
        (sheet, part): (&Arc<Sheet>, Range<usize>),
    ) -> Result<Plan, AppError> {
        let Terms { today, zone, .. } = self.terms(tenant_id).await?;
        let clock = Clock { today, zone };
        let (db, tenant_id, runtime) = (self.db.clone(), tenant_id.to_owned(), Handle::current());
        let sheet = sheet.clone();
        let planning = move || {
            let (grain, periods) = (sheet.grain, sheet.periods.get(part).unwrap_or_default());
            let (from, to) = span(periods);
            let span = (from.as_str(), to.as_str());
            let stored = async {
                // Storing the sheet removes sample data.
                if samples::is_loaded(db.read(), &tenant_id).await? {
                    return Ok(Vec::new());
                }
                snapshots::list_stored(db.read(), &tenant_id, grain, span, (i64::MAX, 0)).await
            };
            Ok::<_, DbError>(plan(runtime.block_on(stored)?, (grain, periods), &clock))
        };
        let plan = tokio::task::spawn_blocking(planning).await.map_err(AppError::internal)?;
        Ok(plan?)
    }

    /// Stores a sheet: all of its periods and the metrics that its reading adds, or nothing; and how to undo it. Of two imports
    /// at once the second sees what the first one stored. `told` hears how many periods are written.
    ///
    /// Errors: a metric that cannot be added; periods that overlap stored ones.
    pub(super) async fn store_sheet(
        &self,
        (member, file_name): (&Member, &str),
        (sheet, reading): (Sheet, &Reading),
        told: impl Fn(Portion) + Send + Sync,
        end: AndThen,
    ) -> Result<Counts, AppError> {
        let sheet = by_date(Arc::new(sheet));
        loop {
            let tenant_id = member.tenant_id.clone();
            let version = self.version(&tenant_id).await?;
            let added = new_metrics::of(reading, &self.metrics(&tenant_id).await?)?;
            if let Some(reason) = self.overlap(&tenant_id, &sheet).await? {
                return Err(AppError::invalid_field("file", reason));
            }
            let sheet = new_metrics::with_slugs(&sheet, &added);
            let import = Import {
                id: ids::new_id(),
                account_id: member.account_id.clone(),
                file_name: file_name.to_owned(),
                added: 0,
                replaced: 0,
                grain: sheet.grain.name().to_owned(),
                generation: 0,
                created_at: clock::now(),
            };
            let counts = Counts { grain: sheet.grain, ..Counts::default() };
            let mut commit = Commit {
                tenant_id,
                version,
                grain: sheet.grain,
                added,
                counts,
                import,
                end: end.clone(),
            };
            let stored = match sheet.periods.len() {
                few @ 0..=DAYS_A_PART => {
                    let plan = self.plan(&commit.tenant_id, (&sheet, 0..few)).await?;
                    commit.count(plan.counts);
                    self.store_few(commit, plan.changes).await?
                }
                _ => self.store_many(commit, &sheet, &told).await?,
            };
            // Each turn means that another change of this tenant succeeded.
            if let Some(counts) = stored {
                return Ok(counts);
            }
        }
    }

    /// Stores periods in the current generation, in one transaction. Returns `None` if the tenant's numbers have
    /// changed meanwhile.
    async fn store_few(
        &self,
        mut commit: Commit,
        changes: Vec<Change>,
    ) -> Result<Option<Counts>, AppError> {
        let (tenant_id, counts) = (commit.tenant_id.clone(), commit.counts);
        let grain = commit.grain;
        let save = self.db.write_part(move |tx| {
            Box::pin(async move {
                if !commit.begin(tx).await? {
                    return Ok(None);
                }
                let replaced = changes.iter().filter(|change| change.before.is_some());
                let dates: Vec<String> = replaced.map(|change| change.after.date.clone()).collect();
                let periods: Vec<Snapshot> =
                    changes.into_iter().map(|change| change.after).collect();
                commit.import.generation =
                    generations::keep(&mut *tx, &commit.tenant_id, (grain, &dates)).await?;
                let (tenant_id, at) = (&commit.tenant_id, commit.import.created_at);
                snapshots::save_all(&mut *tx, tenant_id, (grain, &periods), at).await?;
                Ok(Some(commit.end(tx).await?))
            })
        });
        let Some(outdated) = save.await? else { return Ok(None) };
        self.delete_generations(&tenant_id, outdated).await;
        Ok(Some(counts))
    }

    /// Stores periods in a new generation, in parts, so that other tenants' writes do not wait for long, and makes it the
    /// current one. Returns `None` if the tenant's numbers have changed meanwhile.
    async fn store_many(
        &self,
        mut commit: Commit,
        sheet: &Arc<Sheet>,
        told: &(impl Fn(Portion) + Send + Sync),
    ) -> Result<Option<Counts>, AppError> {
        let tenant_id = commit.tenant_id.clone();
        let generation = self.begin_generation(&tenant_id).await?;
        let stored = async {
            let counts =
                self.stage((&tenant_id, generation), sheet, commit.import.created_at, told).await?;
            commit.count(counts);
            if counts.added + counts.replaced == 0 {
                let stored = self.store_few(commit, Vec::new()).await?;
                return Ok((stored, vec![generation]));
            }
            // Storing the sheet removes sample data.
            if !samples::is_loaded(self.db.read(), &tenant_id).await? {
                generations::copy_rest(&self.db, &tenant_id, generation).await?;
            }
            let switched = self.switch(commit, generation).await?;
            let stored = switched.is_some().then_some(counts);
            Ok::<_, AppError>((stored, switched.unwrap_or_else(|| vec![generation])))
        };
        let stored = stored.await;
        let outdated = stored.as_ref().map_or(vec![generation], |(_, outdated)| outdated.clone());
        self.delete_generations(&tenant_id, outdated).await;
        stored.map(|(counts, _)| counts)
    }

    /// Begins a generation; see [`generations::begin`].
    pub(super) async fn begin_generation(&self, tenant_id: &str) -> Result<i64, AppError> {
        let tenant_id = tenant_id.to_owned();
        let begin = self
            .db
            .write(move |tx| Box::pin(async move { generations::begin(tx, &tenant_id).await }));
        Ok(begin.await?)
    }

    /// Deletes listed generations. What the caller did is stored, so that an error is logged only: the hourly clean-up
    /// deletes what is left.
    pub(super) async fn delete_generations(&self, tenant_id: &str, outdated: Vec<i64>) {
        for generation in outdated {
            if let Err(cause) = generations::delete(&self.db, tenant_id, generation).await {
                tracing::warn!(error.cause = %cause, "replaced days not deleted");
            }
        }
    }

    /// Compares a sheet with the stored periods and writes those that change to a new generation, in parts.
    async fn stage(
        &self,
        (tenant_id, generation): (&str, i64),
        sheet: &Arc<Sheet>,
        written_at: Micros,
        told: &(impl Fn(Portion) + Send + Sync),
    ) -> Result<Counts, AppError> {
        let of = u32::try_from(sheet.periods.len()).unwrap_or(u32::MAX);
        let mut sum = Counts { grain: sheet.grain, ..Counts::default() };
        for part in parts(sheet) {
            let done = u32::try_from(part.end).unwrap_or(of);
            let Plan { counts, changes } = self.plan(tenant_id, (sheet, part)).await?;
            sum += counts;
            if !changes.is_empty() {
                let periods: Vec<Snapshot> =
                    changes.into_iter().map(|change| change.after).collect();
                let (tenant, grain) = (tenant_id.to_owned(), sheet.grain);
                let save = self.db.write_part(move |tx| {
                    Box::pin(async move {
                        let of = (&*tenant, generation);
                        snapshots::insert(tx, of, (grain, &periods), written_at).await
                    })
                });
                save.await?;
            }
            told(Portion { done, of });
        }
        Ok(sum)
    }

    /// Makes a new generation the current one. Returns the generations to delete, or `None` if the tenant's numbers have
    /// changed meanwhile.
    async fn switch(
        &self,
        mut commit: Commit,
        generation: i64,
    ) -> Result<Option<Vec<i64>>, AppError> {
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                if !commit.begin(tx).await? {
                    return Ok(None);
                }
                let switched = generations::switch(&mut *tx, &commit.tenant_id, generation).await?;
                let Some(before) = switched else { return Ok(None) };
                commit.import.generation = before;
                Ok(Some(commit.end(tx).await?))
            })
        });
        Ok(save.await?)
    }
}

/// The parts of the transaction that stores a sheet, besides its days.
struct Commit {
    tenant_id: String,
    /// The version of the tenant's numbers with which the sheet was compared.
    version: i64,
    /// Of the sheet's periods.
    grain: Grain,
    /// The metrics of the sheet's reading.
    added: Vec<Added>,
    counts: Counts,
    import: Import,
    end: AndThen,
}

impl Commit {
    fn count(&mut self, counts: Counts) {
        self.counts = counts;
        (self.import.added, self.import.replaced) = (counts.added.into(), counts.replaced.into());
    }

    /// Removes sample data and adds new metrics. Returns false if the tenant's numbers or metrics have changed since they
    /// were compared.
    async fn begin(&self, tx: &mut Tx) -> Result<bool, DbError> {
        if changes::find_version(&mut *tx, &self.tenant_id).await? != self.version {
            return Ok(false);
        }
        samples::remove(&mut *tx, &self.tenant_id).await?;
        // Metrics are listed in the order of their creation.
        let new = self.added.iter().filter(|it| it.is_new);
        for (created, it) in (self.import.created_at..).zip(new) {
            metrics::save(&mut *tx, &self.tenant_id, &it.metric, created).await?;
        }
        Ok(true)
    }

    /// Returns the generations that no import needs any more.
    async fn end(&self, tx: &mut Tx) -> Result<Vec<i64>, DbError> {
        self.end.run(&mut *tx, self.counts).await?;
        // A file without changes leaves nothing to undo.
        if self.counts.added + self.counts.replaced == 0 {
            generations::list_for_deletion(
                tx,
                (&self.tenant_id, self.import.generation),
                self.import.created_at,
            )
            .await?;
            return Ok(vec![self.import.generation]);
        }
        imports::save(tx, &self.tenant_id, &self.import).await
    }
}

/// The changes of an import, in the order of the sheet.
struct Plan {
    counts: Counts,
    changes: Vec<Change>,
}

/// Lays periods over what is stored: empty cells and missing columns keep their values.
fn plan(stored: Vec<Stored>, (grain, periods): (Grain, &[Snapshot]), clock: &Clock) -> Plan {
    let mut stored: HashMap<String, Stored> =
        stored.into_iter().map(|it| (it.snapshot.date.clone(), it)).collect();
    let counts = Counts { grain, ..Counts::default() };
    let mut plan = Plan { counts, changes: Vec::new() };
    for period in periods {
        let before = stored.remove(&period.date);
        // The value of a period that was not over is stored anew, as that of the whole period.
        let is_completed = before.as_ref().is_some_and(|it| clock.has_ended_since(grain, it));
        let before = before.map(|stored| stored.snapshot);
        let after = period.clone().keeping(before.as_ref());
        match &before {
            Some(before) if *before == after && !is_completed => {
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

/// Work at the end of the transaction that stores a sheet.
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

/// Sorts the periods of a sheet that is compared in parts, so that each part has its own span.
fn by_date(sheet: Arc<Sheet>) -> Arc<Sheet> {
    if sheet.periods.len() <= DAYS_A_PART {
        return sheet;
    }
    let mut sheet = Arc::unwrap_or_clone(sheet);
    sheet.periods.sort_unstable_by(|a, b| a.date.cmp(&b.date));
    Arc::new(sheet)
}

/// Returns the parts in which a sheet is compared and stored. They bound how many stored days are in memory.
fn parts(sheet: &Sheet) -> impl Iterator<Item = Range<usize>> + use<> {
    let count = sheet.periods.len();
    (0..count).step_by(DAYS_A_PART).map(move |from| from..count.min(from + DAYS_A_PART))
}

/// Returns the first and the last date.
fn span(periods: &[Snapshot]) -> (String, String) {
    let dates = || periods.iter().map(|period| period.date.as_str());
    (dates().min().unwrap_or("").to_owned(), dates().max().unwrap_or("").to_owned())
}

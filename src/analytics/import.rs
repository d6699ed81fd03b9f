//! File imports in two steps: a preview, then an import of all days or none.

use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::apply::AndThen;
use super::csv::{self, Sheet};
use super::model::{
    Counts, ImportView, Portion, Preview, ProgressView, Refusal, Report, Stage, Upload,
};
use super::runs::Teller;
use super::sample::sample_csv;
use super::service::{Analytics, Terms};
use super::store::staging::{self, BYTES_A_PART};
use super::store::{generations, uploads};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};
use crate::platform::ids;
use crate::platform::quotas::Stored;
use crate::platform::shares::Turn;
use crate::platform::spool::Spooled;

/// How long an upload awaits confirmation.
const WAITS_MICROS: Micros = 3_600 * 1_000_000;
/// An import that takes longer is shown on a page of its own.
const MOMENT: Duration = Duration::from_millis(500);
/// How long a file waits for others, of its tenant and of all.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
const MOST_FILE_NAME_CHARS: usize = 100;
/// The name of a file that a program sent.
const BY_A_PROGRAM: &str = "File sent by a program";

impl Analytics {
    /// Imports a file without a preview. Errors: a reason per fault, by its place, in which case nothing is
    /// stored; forbidden for members.
    pub async fn import(&self, member: &Member, content: Spooled) -> Result<Counts, AppError> {
        guard::require(member, Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        let _turn = self.import_turn(member).await?;
        let sheet = read_file(content.read(), &terms, |_| ()).await?.map_err(|it| refused(&it))?;
        self.store_sheet((member, BY_A_PROGRAM), sheet.into(), |_| (), AndThen::Nothing).await
    }

    /// Reads a file and stores it until the member decides, together with a preview of its changes or the
    /// reasons why it cannot be imported. Errors: forbidden for members; over a quota.
    pub async fn look_at(
        &self,
        member: &Member,
        file_name: &str,
        content: Spooled,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        let turn = self.import_turn(member).await?;
        let report = match read_file(content.read(), &terms, |_| ()).await? {
            Ok(sheet) => Report::Ready(self.preview(&member.tenant_id, sheet.into()).await?),
            Err(refusal) => Report::Refused(refusal),
        };
        drop(turn);
        let upload = Upload {
            id: ids::new_id(),
            file_name: file_name.chars().take(MOST_FILE_NAME_CHARS).collect(),
            report,
        };
        let waits = matches!(upload.report, Report::Ready(_));
        let before = self.upload(member).await?;
        if waits && let Err(error) = self.keep_content(member, &upload.id, &content).await {
            staging::drop_parts(&self.db, &member.tenant_id, &upload.id).await?;
            return Err(error);
        }
        let writer = member.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move { uploads::save(tx, &writer, &upload, waits, clock::now()).await })
        });
        save.await?;
        if let Some(before) = before {
            staging::drop_parts(&self.db, &member.tenant_id, &before.id).await?;
        }
        Ok(())
    }

    /// Stores the content of a file in parts.
    async fn keep_content(
        &self,
        member: &Member,
        upload_id: &str,
        content: &Spooled,
    ) -> Result<(), AppError> {
        let stored = Stored::find(self.db.read(), &member.tenant_id).await?;
        self.quotas.check_bytes(stored, i64::try_from(content.len()).unwrap_or(i64::MAX))?;
        let mut offset = 0;
        for number in 0.. {
            let part = content.read_part(offset, BYTES_A_PART).await?;
            if part.is_empty() {
                break;
            }
            offset += part.len() as u64;
            let (of, quotas) = ((member.tenant_id.clone(), upload_id.to_owned()), self.quotas);
            let save = self.db.write_part(move |tx| {
                Box::pin(async move {
                    let stored = Stored::find(&mut *tx, &of.0).await?;
                    quotas.check_bytes(stored, part.len() as i64)?;
                    staging::insert_part(tx, (&of.0, &of.1), number, part, clock::now()).await
                })
            });
            save.await?;
        }
        Ok(())
    }

    /// Stores why a member's file could not be read at all, so that the page can show it.
    pub async fn refuse_upload(&self, member: &Member, error: &AppError) -> Result<(), AppError> {
        let upload = Upload {
            id: ids::new_id(),
            file_name: String::new(),
            report: Report::Refused(csv::whole(&error.message)),
        };
        let member = member.clone();
        let save = self.db.write(move |tx| {
            Box::pin(async move { uploads::save(tx, &member, &upload, false, clock::now()).await })
        });
        Ok(save.await?)
    }

    /// Imports the file that [`Self::look_at`] stored, in a background task. Returns the counts, or `None` if
    /// it takes longer than `MOMENT`; then [`Self::progress`] reports the rest. A second call joins the
    /// running import.
    ///
    /// Errors: [`Code::EditConflict`] if the file was imported, replaced or removed meanwhile; its faults if
    /// metrics have changed since the preview; forbidden for members.
    pub async fn confirm(&self, member: &Member, id: &str) -> Result<Option<Counts>, AppError> {
        guard::require(member, Role::Admin)?;
        let upload = self.upload(member).await?.filter(|upload| upload.id == id);
        let upload = upload.ok_or_else(gone)?;
        let Report::Ready(Preview { counts, .. }) = upload.report else { return Err(gone()) };
        let days = counts.added + counts.replaced + counts.unchanged;
        let run = self.runs.begin(member, id, upload.file_name, |teller| {
            self.clone().import_waiting(member.clone(), id.to_owned(), days, teller)
        });
        run.end_within(MOMENT).await.transpose()
    }

    /// Returns the progress of a member's import. Errors: not found, also for another member's file.
    pub async fn progress(&self, member: &Member, id: &str) -> Result<ProgressView, AppError> {
        if let Some(run) = self.runs.find(member, id) {
            return Ok(run.view());
        }
        let none = || AppError::not_found("import");
        let upload = self.upload(member).await?.filter(|upload| upload.id == id);
        let Upload { file_name, report, .. } = upload.ok_or_else(none)?;
        let stage = match report {
            Report::Imported(counts) => Stage::Done(counts),
            Report::Ready(_) => Stage::CutOff,
            Report::Refused(_) => return Err(none()),
        };
        Ok(ProgressView { file_name, stage })
    }

    /// Returns whether a member's file is being imported.
    pub fn imports(&self, member: &Member, id: &str) -> bool {
        self.runs.find(member, id).is_some_and(|run| run.goes_on())
    }

    /// Waits until all running imports have ended.
    pub async fn imports_ended(&self) {
        self.runs.ended().await;
    }

    async fn import_waiting(
        self,
        member: Member,
        id: String,
        days: u32,
        teller: Teller,
    ) -> Result<Counts, AppError> {
        let content = async {
            let found = uploads::find_content(&self.db, &member, &id, waits_since()).await?;
            found.ok_or_else(gone)
        };
        let terms = self.terms(&member.tenant_id).await?;
        let reading = teller.clone();
        let told = move |done| tell(&reading, Stage::Reading(Portion { done, of: days }));
        let _turn = self.import_turn(&member).await?;
        let sheet = read_file(content, &terms, told).await?.map_err(|it| refused(&it))?;
        tell(&teller, Stage::Waiting);
        let told = |portion| tell(&teller, Stage::Writing(portion));
        let end = AndThen::SaveReport { member: member.clone(), upload_id: id.clone() };
        let file_name = self.upload(&member).await?.ok_or_else(gone)?.file_name;
        let counts = self.store_sheet((&member, &file_name), sheet.into(), told, end).await?;
        staging::drop_parts(&self.db, &member.tenant_id, &id).await?;
        Ok(counts)
    }

    /// Removes the file that [`Self::look_at`] stored.
    pub async fn discard(&self, member: &Member, id: &str) -> Result<(), AppError> {
        let (writer, upload_id) = (member.clone(), id.to_owned());
        let delete = self.db.write(move |tx| {
            Box::pin(async move { uploads::delete(tx, &writer, &upload_id).await })
        });
        if delete.await? {
            staging::drop_parts(&self.db, &member.tenant_id, id).await?;
        }
        Ok(())
    }

    /// Returns the data of the import page.
    pub async fn import_view(&self, member: &Member) -> Result<ImportView, AppError> {
        let waits = |upload: &Upload| !matches!(upload.report, Report::Imported(_));
        Ok(ImportView {
            may_write: member.role >= Role::Admin,
            trial: member.is_trial(),
            measures: self.terms(&member.tenant_id).await?.measures,
            upload: self.upload(member).await?.filter(waits),
            done: self.imports_done(&member.tenant_id).await?,
            error: None,
        })
    }

    /// Returns the member's last file, unless it has expired.
    async fn upload(&self, member: &Member) -> Result<Option<Upload>, AppError> {
        Ok(uploads::find(self.db.read(), member, waits_since()).await?)
    }

    /// Returns a CSV template: the header for the tenant's metrics, and one example line.
    pub async fn template(&self, tenant_id: &str) -> Result<String, AppError> {
        let terms = self.terms(tenant_id).await?;
        Ok(csv::template(&terms.measures, &clock::iso_date(terms.today)))
    }

    /// Returns sample data of a fictional business up to yesterday, for a first import.
    pub async fn sample(&self, tenant_id: &str) -> Result<String, AppError> {
        Ok(sample_csv(self.terms(tenant_id).await?.today))
    }

    /// Deletes expired uploads. Returns how many there were.
    pub async fn forget_uploads(&self) -> Result<u64, AppError> {
        let before = waits_since();
        self.runs.forget(before);
        let delete = self
            .db
            .write(move |tx| Box::pin(async move { uploads::delete_before(tx, before).await }));
        let count = delete.await?;
        staging::drop_before(&self.db, before).await?;
        self.forget_imports().await?;
        generations::delete_before(&self.db, before).await?;
        Ok(count)
    }

    /// Waits until the tenant reads no other file, and then for one of the `readers`.
    pub(super) async fn import_turn(
        &self,
        member: &Member,
    ) -> Result<(Turn, SemaphorePermit<'_>), AppError> {
        let share = self.imports.turn_within(&member.tenant_id, LONGEST_WAIT).await?;
        Ok((share, self.readers.acquire().await.map_err(AppError::internal)?))
    }
}

/// Parses a file on a blocking thread. The caller holds one of the `readers`, which bound how many files are in
/// memory. `told` receives the number of days read so far.
async fn read_file(
    content: impl Future<Output = Result<Vec<u8>, AppError>>,
    terms: &Terms,
    told: impl Fn(u32) + Send + 'static,
) -> Result<Result<Sheet, Refusal>, AppError> {
    let content = content.await?;
    let (measures, today) = (terms.measures.clone(), terms.today);
    let reading = move || csv::read(&content, &measures, today, told);
    tokio::task::spawn_blocking(reading).await.map_err(AppError::internal)
}

/// Publishes a stage, even if no receiver is left.
fn tell(teller: &Teller, stage: Stage) {
    teller.send_replace(stage);
}

/// Returns the time before which uploads have expired.
fn waits_since() -> Micros {
    clock::now() - WAITS_MICROS
}

/// Converts a refused file to an error, with each fault by its place.
fn refused(refusal: &Refusal) -> AppError {
    let details = refusal.faults.iter().map(|fault| {
        let place = Some(fault.place()).filter(|place| !place.is_empty());
        (place.unwrap_or_else(|| "file".to_owned()), fault.reason.clone())
    });
    let error = AppError::invalid(details.collect());
    let message = match (&refusal.faults[..], refusal.count) {
        ([fault], 1) if fault.line == 0 => fault.reason.clone(),
        ([fault], 1) => format!("{}: {} Nothing was imported.", fault.place(), fault.reason),
        (_, count) => format!("{count} cells have errors. Nothing was imported."),
    };
    AppError { message, ..error }
}

pub(super) fn gone() -> AppError {
    AppError::new(
        Code::EditConflict,
        "This file is no longer waiting: it was imported, replaced by another, or an hour has passed. Choose it again.",
    )
}

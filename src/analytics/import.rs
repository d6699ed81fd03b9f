//! File imports in two steps: a preview, then an import of all periods or none.

use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::apply::AndThen;
use super::exports;
use super::model::{
    Counts, Decision, ImportView, Portion, Preview, ProgressView, Proposal, Refusal, Report, Stage,
    Upload,
};
use super::readings::{on_file, read_otherwise};
use super::runs::Teller;
use super::sample::sample_csv;
use super::service::Analytics;
use super::store::staging::{self, BYTES_A_PART};
use super::store::{generations, uploads};
use super::template::template;
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::clock::{self, Micros};
use crate::platform::ids;
use crate::platform::limits::Tier;
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

impl Analytics {
    /// Reads a file and stores it until the member decides, together with a preview of its changes, the questions
    /// about it, or the reasons why it cannot be imported. Errors: forbidden for members; over a quota.
    pub async fn look_at(
        &self,
        member: &Member,
        file_name: &str,
        content: Spooled,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        let turn = self.import_turn(member).await?;
        let read = self.read_as_before(&member.tenant_id, &content, &terms).await?;
        let report = self.report(&member.tenant_id, read).await?;
        drop(turn);
        let upload = Upload {
            id: ids::new_id(),
            file_name: file_name.chars().take(MOST_FILE_NAME_CHARS).collect(),
            report,
        };
        let waits = matches!(upload.report, Report::Ready(_) | Report::Undecided(_));
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

    /// Checks that the tenant may store as much as a file has. Errors: [`Code::QuotaExceeded`](crate::error::Code).
    pub(super) async fn check_room(
        &self,
        tenant_id: &str,
        content: &Spooled,
    ) -> Result<(), AppError> {
        let stored = Stored::find(self.db.read(), tenant_id).await?;
        self.quotas.check_bytes(stored, i64::try_from(content.len()).unwrap_or(i64::MAX))
    }

    /// Stores the content of a file in parts.
    async fn keep_content(
        &self,
        member: &Member,
        upload_id: &str,
        content: &Spooled,
    ) -> Result<(), AppError> {
        self.check_room(&member.tenant_id, content).await?;
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
            report: Report::Refused(exports::whole(error.message.as_str())),
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
    /// Errors: [`Code::EditConflict`] if the file was imported, replaced, removed or read otherwise than in
    /// `revision` meanwhile; its faults if metrics have changed since the preview; forbidden for members.
    pub async fn confirm(
        &self,
        member: &Member,
        id: &str,
        revision: u32,
    ) -> Result<Option<Counts>, AppError> {
        guard::require(member, Role::Admin)?;
        let upload = self.upload(member).await?.filter(|upload| upload.id == id);
        let upload = upload.ok_or_else(gone)?;
        let Report::Ready(Preview { counts, proposal, .. }) = upload.report else {
            return Err(gone());
        };
        if proposal.as_ref().map_or(0, |proposal| proposal.revision) != revision {
            return Err(read_otherwise());
        }
        let days = counts.added + counts.replaced + counts.unchanged;
        let running = self.imports(member, id);
        if let Some(limits) = self.limits.as_ref().filter(|_| !running) {
            limits.check(Tier::Strict, &member.tenant_id)?;
        }
        let run = self.runs.begin(member, id, upload.file_name, |teller| {
            self.clone().import_waiting(member.clone(), id.to_owned(), proposal, days, teller)
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
            Report::Undecided(_) | Report::Refused(_) => return Err(none()),
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
        proposal: Option<Box<Proposal>>,
        days: u32,
        teller: Teller,
    ) -> Result<Counts, AppError> {
        let stored = self.store_waiting(&member, &id, proposal.as_deref(), days, &teller).await;
        match (&stored, proposal) {
            (Ok(_), proposal) => self.tidy_up(&member, &id, proposal.as_deref()).await,
            // Only stored imports count.
            (Err(_), _) => self.refund(&member.tenant_id),
        }
        stored
    }

    /// Removes the content of an imported file, and remembers how it was read. The days are stored, so that an error is
    /// logged only.
    async fn tidy_up(&self, member: &Member, id: &str, proposal: Option<&Proposal>) {
        if let Err(cause) = staging::drop_parts(&self.db, &member.tenant_id, id).await {
            tracing::warn!(error.cause = %cause, "imported file not removed");
        }
        let Some(proposal) = proposal else { return };
        if let Err(error) = self.remember(&member.tenant_id, proposal).await {
            tracing::warn!(error.message = %error.message, "decision about a file not remembered");
        }
    }

    async fn store_waiting(
        &self,
        member: &Member,
        id: &str,
        proposal: Option<&Proposal>,
        days: u32,
        teller: &Teller,
    ) -> Result<Counts, AppError> {
        let content = async {
            let found = uploads::find_content(&self.db, member, id, waits_since()).await?;
            found.ok_or_else(gone)
        };
        let terms = self.terms(&member.tenant_id).await?;
        let reading = teller.clone();
        let told = move |done| tell(&reading, Stage::Reading(Portion { done, of: days }));
        let _turn = self.import_turn(member).await?;
        let known = proposal.map(|proposal| proposal.reading.clone());
        let work = move |content: &[u8]| {
            let terms = terms.for_exports();
            // A file that waited since an earlier version is read if it needs no decision.
            let reading = match known {
                Some(reading) => reading,
                None => exports::propose(content, &terms, &Decision::default())?.0.reading,
            };
            exports::apply(content, &reading, &terms, told)
        };
        let sheet = on_file(content, work).await?.map_err(|it| refused(&it))?;
        tell(teller, Stage::Waiting);
        let told = |portion| tell(teller, Stage::Writing(portion));
        let end = AndThen::SaveReport { member: member.clone(), upload_id: id.to_owned() };
        let file_name = self.upload(member).await?.ok_or_else(gone)?.file_name;
        let reading = proposal.map(|proposal| proposal.reading.clone()).unwrap_or_default();
        self.store_sheet((member, &file_name), (sheet, &reading), told, end).await
    }

    /// Gives an import back that was not stored.
    pub(super) fn refund(&self, tenant_id: &str) {
        if let Some(limits) = &self.limits {
            limits.refund(Tier::Strict, tenant_id);
        }
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
    pub(super) async fn upload(&self, member: &Member) -> Result<Option<Upload>, AppError> {
        Ok(uploads::find(self.db.read(), member, waits_since()).await?)
    }

    /// Returns a CSV template: the header for the tenant's metrics, and one example line.
    pub async fn template(&self, tenant_id: &str) -> Result<String, AppError> {
        let terms = self.terms(tenant_id).await?;
        Ok(template(&terms.measures, &clock::iso_date(terms.today)))
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

/// Publishes a stage, even if no receiver is left.
fn tell(teller: &Teller, stage: Stage) {
    teller.send_replace(stage);
}

/// Returns the time before which uploads have expired.
pub(super) fn waits_since() -> Micros {
    clock::now() - WAITS_MICROS
}

/// Converts a refused file to an error, with each fault by its place.
pub(super) fn refused(refusal: &Refusal) -> AppError {
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

//! Imports as background tasks, whose progress a page can show.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::model::{Counts, ProgressView, Stage};
use crate::accounts::model::Member;
use crate::error::AppError;
use crate::platform::clock::{self, Micros};

/// The channel through which an import publishes its stage.
pub(super) type Teller = watch::Sender<Stage>;

/// The running imports and those that failed recently. Clones share them. The result of a successful import
/// is stored in the database, in the same transaction as its days.
#[derive(Clone, Default)]
pub(super) struct Runs {
    by_id: Arc<Mutex<HashMap<String, Run>>>,
    tasks: TaskTracker,
}

/// One import.
#[derive(Clone)]
pub(super) struct Run {
    tenant_id: String,
    account_id: String,
    file_name: String,
    begun: Micros,
    stage: watch::Receiver<Stage>,
}

impl Runs {
    /// Starts the import of a member's file, or returns the run that is already in progress.
    pub fn begin<F>(
        &self,
        member: &Member,
        id: &str,
        file_name: String,
        work: impl FnOnce(Teller) -> F,
    ) -> Run
    where
        F: Future<Output = Result<Counts, AppError>> + Send + 'static,
    {
        let mut runs = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = runs.get(id).filter(|run| !run.has_failed()) {
            return run.clone();
        }
        let (teller, stage) = watch::channel(Stage::Waiting);
        let run = Run {
            tenant_id: member.tenant_id.clone(),
            account_id: member.account_id.clone(),
            file_name,
            begun: clock::now(),
            stage,
        };
        runs.insert(id.to_owned(), run.clone());
        let (all, id, work) = (self.by_id.clone(), id.to_owned(), work(teller.clone()));
        let span = tracing::error_span!("import", upload.id = id);
        let running = async move {
            // A separate task, so that a panic in it is reported as a failure.
            let work = tokio::spawn(work.in_current_span());
            let result = work.await.map_err(AppError::internal).flatten();
            if result.is_ok() {
                all.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            }
            let _ = teller.send(result.map_or_else(Stage::Failed, Stage::Done));
        };
        self.tasks.spawn(running.instrument(span));
        run
    }

    /// Returns the run of a member's file.
    pub fn find(&self, member: &Member, id: &str) -> Option<Run> {
        let runs = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.get(id)?;
        let is_theirs = run.tenant_id == member.tenant_id && run.account_id == member.account_id;
        is_theirs.then(|| run.clone())
    }

    /// Removes failed runs that started before `before`.
    pub fn forget(&self, before: Micros) {
        let mut runs = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, run| run.begun >= before || !run.has_failed());
    }

    /// Waits until all runs have ended.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Run {
    fn has_failed(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Failed(_))
    }

    /// Returns whether the run is still in progress.
    pub fn goes_on(&self) -> bool {
        !self.has_failed() && !matches!(*self.stage.borrow(), Stage::Done(_))
    }

    /// Returns the current progress.
    pub fn view(&self) -> ProgressView {
        ProgressView { file_name: self.file_name.clone(), stage: self.stage.borrow().clone() }
    }

    /// Waits for the result. Returns `None` if it takes longer than `most`.
    pub async fn end_within(mut self, most: Duration) -> Option<Result<Counts, AppError>> {
        let ended = |stage: &Stage| matches!(stage, Stage::Done(_) | Stage::Failed(_));
        let stage = tokio::time::timeout(most, self.stage.wait_for(ended)).await.ok()?;
        match stage.ok()?.clone() {
            Stage::Done(counts) => Some(Ok(counts)),
            Stage::Failed(error) => Some(Err(error)),
            _ => None,
        }
    }
}

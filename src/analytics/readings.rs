//! How files are read: proposals, decisions of members, and what is remembered of them.

use sha2::{Digest, Sha256};

use super::exports::{self, Sheet};
use super::import::{gone, waits_since};
use super::model::{Decision, Preview, Proposal, Reading, Refusal, Report, Upload};
use super::new_metrics;
use super::service::{Analytics, Terms};
use super::store::{decisions, uploads};
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::{AppError, Code};
use crate::platform::clock;
use crate::platform::spool::Spooled;

/// A file's proposed reading, and its periods if the reading is safe.
pub(super) struct Read {
    pub proposal: Proposal,
    pub sheet: Option<Sheet>,
}

impl Terms {
    /// Returns what an export is read for.
    pub fn for_exports(&self) -> exports::Terms<'_> {
        let Self { measures, today, zone, calendar, .. } = self;
        exports::Terms { measures, today: *today, zone, calendar: *calendar }
    }
}

/// Proposes a reading, and reads the periods if it is safe. Errors: the file has no table.
pub(super) fn read(content: &[u8], terms: &Terms, decision: &Decision) -> Result<Read, Refusal> {
    let (proposal, sheet) = exports::propose(content, &terms.for_exports(), decision)?;
    Ok(Read { proposal, sheet })
}

/// Runs `work` on a file on a blocking thread. The caller holds a turn, which bounds how many files are in memory.
pub(super) async fn on_file<T: Send + 'static>(
    content: impl Future<Output = Result<Vec<u8>, AppError>>,
    work: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, AppError> {
    let content = content.await?;
    tokio::task::spawn_blocking(move || work(&content)).await.map_err(AppError::internal)
}

/// Returns the key under which decisions about files with these columns are remembered. `None` without a header, as
/// such a file does not say whether another one has the same columns.
fn header_key(reading: &Reading) -> Option<String> {
    if reading.header_line == 0 {
        return None;
    }
    let mut hash = Sha256::new();
    for column in &reading.columns {
        hash.update(column.name.as_bytes());
        hash.update([0x1f]);
    }
    Some(hex::encode(hash.finalize()))
}

impl Analytics {
    /// Reads a file as earlier ones with the same header were read.
    pub(super) async fn read_as_before(
        &self,
        tenant_id: &str,
        content: &Spooled,
        terms: &Terms,
    ) -> Result<Result<Read, Refusal>, AppError> {
        let known = terms.clone();
        let first =
            on_file(content.read(), move |content| read(content, &known, &Decision::default()))
                .await?;
        let found = match first {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(header) = header_key(&found.proposal.reading) else { return Ok(Ok(found)) };
        let Some(mut decision) = decisions::find(self.db.read(), tenant_id, &header).await? else {
            return Ok(Ok(found));
        };
        decision.answers.retain(|key, _| is_lasting(key));
        let known = terms.clone();
        on_file(content.read(), move |content| read(content, &known, &decision)).await
    }

    /// Remembers the decision about a file for later ones with the same header.
    pub(super) async fn remember(
        &self,
        tenant_id: &str,
        proposal: &Proposal,
    ) -> Result<(), AppError> {
        let mut decision = proposal.decision.clone();
        decision.answers.retain(|key, _| is_lasting(key));
        if decision == Decision::default() {
            return Ok(());
        }
        let Some(header) = header_key(&proposal.reading) else { return Ok(()) };
        let tenant_id = tenant_id.to_owned();
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                decisions::save(tx, &tenant_id, &header, &decision, clock::now()).await
            })
        });
        Ok(save.await?)
    }

    /// Returns the report of a file that was read.
    pub(super) async fn report(
        &self,
        tenant_id: &str,
        read: Result<Read, Refusal>,
    ) -> Result<Report, AppError> {
        let read = match read {
            Ok(read) => {
                let read = self.with_new_metrics(tenant_id, read).await?;
                Ok(self.without_overlap(tenant_id, read).await?)
            }
            Err(refusal) => Err(refusal),
        };
        Ok(match read {
            Ok(Read { proposal, sheet: Some(sheet) }) => {
                let preview = self.preview(tenant_id, sheet.into()).await?;
                Report::Ready(Preview { proposal: Some(Box::new(proposal)), ..preview })
            }
            Ok(Read { proposal, sheet: None }) => Report::Undecided(Box::new(proposal)),
            Err(refusal) => Report::Refused(refusal),
        })
    }

    /// Refuses a reading that adds a metric which cannot be added: for its name, its unit, or too many metrics.
    pub(super) async fn with_new_metrics(
        &self,
        tenant_id: &str,
        read: Read,
    ) -> Result<Read, AppError> {
        if read.sheet.is_none() || read.proposal.reading.new_metrics().is_empty() {
            return Ok(read);
        }
        let Err(error) = new_metrics::of(&read.proposal.reading, &self.metrics(tenant_id).await?)
        else {
            return Ok(read);
        };
        let refusal = Some(exports::whole(error.message));
        Ok(Read { proposal: Proposal { refusal, ..read.proposal }, sheet: None })
    }

    /// Reads the waiting file anew, with a member's answers and roles of columns besides those decided before.
    ///
    /// Errors: [`Code::EditConflict`] if the file is gone or being imported, or was read otherwise in another window
    /// meanwhile; forbidden for members.
    pub async fn decide(
        &self,
        member: &Member,
        id: &str,
        decided: Decision,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        if self.imports(member, id) {
            return Err(AppError::new(Code::EditConflict, "This file is being imported."));
        }
        let upload =
            self.upload(member).await?.filter(|upload| upload.id == id).ok_or_else(gone)?;
        let before = revision_of(&upload);
        let mut decision = match proposal_of(&upload) {
            Some(proposal) => merged(proposal, decided),
            None => decided,
        };
        bound(&mut decision);
        let terms = self.terms(&member.tenant_id).await?;
        let turn = self.import_turn(member).await?;
        let content = async {
            let found = uploads::find_content(&self.db, member, id, waits_since()).await?;
            found.ok_or_else(gone)
        };
        let mut read = on_file(content, move |content| read(content, &terms, &decision)).await?;
        if let Ok(Read { proposal, .. }) = &mut read {
            proposal.revision = before + 1;
        }
        drop(turn);
        let report = self.report(&member.tenant_id, read).await?;
        let (member, id) = (member.clone(), id.to_owned());
        let save = self.db.write(move |tx| {
            Box::pin(async move {
                let now = uploads::find(&mut *tx, &member, waits_since()).await?;
                if now.is_some_and(|now| now.id == id && revision_of(&now) != before) {
                    return Err(read_otherwise().into());
                }
                uploads::save_report(tx, &member, &id, &report).await
            })
        });
        if save.await? { Ok(()) } else { Err(gone()) }
    }
}

/// Returns whether the answer to a question holds for later files with the same header. How dates and numbers are
/// written, and what repeated rows are, is asked about each file.
fn is_lasting(key: &str) -> bool {
    key == "dateColumn" || key.starts_with("metric:") || key.starts_with("rows:")
}

/// Returns how the waiting file is read.
pub(super) fn proposal_of(upload: &Upload) -> Option<&Proposal> {
    match &upload.report {
        Report::Ready(Preview { proposal, .. }) => proposal.as_deref(),
        Report::Undecided(proposal) => Some(proposal),
        Report::Refused(_) | Report::Imported(_) => None,
    }
}

/// Returns how often a member decided about the waiting file.
pub(super) fn revision_of(upload: &Upload) -> u32 {
    proposal_of(upload).map_or(0, |proposal| proposal.revision)
}

/// The error of a decision or confirmation that another one preceded.
pub(super) fn read_otherwise() -> AppError {
    AppError::new(
        Code::EditConflict,
        "How this file is read was changed in another window. Look at the preview again, then import it.",
    )
}

/// Adds what a form says to what was decided before. A form has the role of each column; those that were proposed are
/// no decisions.
fn merged(proposal: &Proposal, decided: Decision) -> Decision {
    let mut decision = proposal.decision.clone();
    decision.answers.extend(decided.answers);
    let is_proposed = |name: &String, role: &super::model::Role| {
        proposal.columns.iter().any(|column| column.name == *name && column.role == *role)
    };
    decision
        .columns
        .extend(decided.columns.into_iter().filter(|(name, role)| !is_proposed(name, role)));
    decision
}

/// Maximum number of answers and of columns in a decision, and length of an answer in characters.
const MOST_DECIDED: usize = 500;
const MOST_ANSWER_CHARS: usize = 300;

/// Bounds what is stored of a decision.
fn bound(decision: &mut Decision) {
    decision.answers.retain(|key, answer| {
        key.chars().count() <= MOST_ANSWER_CHARS && answer.chars().count() <= MOST_ANSWER_CHARS
    });
    while decision.answers.len() > MOST_DECIDED {
        decision.answers.pop_last();
    }
    decision.columns.retain(|name, _| name.chars().count() <= MOST_ANSWER_CHARS);
    while decision.columns.len() > MOST_DECIDED {
        decision.columns.pop_last();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::model::{ColumnReading, Role};

    #[test]
    fn nothing_is_remembered_for_a_table_without_a_header() {
        let column = ColumnReading { name: "Column 1".to_owned(), ..ColumnReading::default() };
        let mut reading = Reading { columns: vec![column], ..Reading::default() };
        assert_eq!(header_key(&reading), None);
        reading.header_line = 1;
        assert!(header_key(&reading).is_some());
    }

    #[test]
    fn answers_about_one_file_are_not_remembered_for_the_next() {
        for key in ["metric:revenue", "rows:Status:pending", "dateColumn"] {
            assert!(is_lasting(key), "{key}");
        }
        for key in [
            "dates",
            "decimals",
            "grain",
            "repeats",
            "money:revenue",
            "table",
            "edges",
            "others:Type",
            "currency",
        ] {
            assert!(!is_lasting(key), "{key}");
        }
    }

    #[test]
    fn a_decision_is_bounded_before_it_is_stored() {
        let mut decision = Decision::default();
        for n in 0..2_000 {
            decision.answers.insert(format!("rows:{n}"), "counts".to_owned());
            decision.columns.insert(format!("Column {n}"), Role::LeaveOut);
        }
        decision.answers.insert("a".repeat(301), "counts".to_owned());
        decision.answers.insert("long".to_owned(), "a".repeat(301));
        decision.columns.insert("a".repeat(301), Role::LeaveOut);
        bound(&mut decision);
        assert_eq!((decision.answers.len(), decision.columns.len()), (500, 500));
        assert!(!decision.answers.contains_key("long"));
    }
}

//! Imports of the API: with a proposed reading, an edited one, or without storing anything.

use serde_json::{Value, json};

use super::apply::AndThen;
use super::exports;
use super::import::refused;
use super::model::{Decision, Proposal, Reading, Role};
use super::readings::{Read, on_file};
use super::service::Analytics;
use crate::accounts::guard;
use crate::accounts::model::{self as accounts, Member};
use crate::error::AppError;
use crate::platform::spool::Spooled;

/// The name of a file that a program sent, in the list of imports.
const BY_A_PROGRAM: &str = "File sent by a program";

/// A program's decision about how its file is read.
#[derive(Debug)]
pub enum Mapping {
    None,
    Decision(Decision),
    Reading(Box<Reading>),
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum Failure {
    Error(AppError),
    NeedsDecision(Box<Proposal>),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::Error(error)
    }
}

impl Analytics {
    /// Imports a file, or with `is_dry` says what an import would change. Returns the answer, and whether
    /// periods were stored.
    ///
    /// Errors: open questions; a reason per fault, by its place; forbidden for members.
    pub async fn import(
        &self,
        member: &Member,
        content: Spooled,
        mapping: Mapping,
        is_dry: bool,
    ) -> Result<(Value, bool), Failure> {
        guard::require(member, accounts::Role::Admin)?;
        let terms = self.terms(&member.tenant_id).await?;
        self.check_room(&member.tenant_id, &content).await?;
        let _turn = self.import_turn(member).await?;
        let work = move |content: &[u8]| match mapping {
            Mapping::None => exports::propose(content, &terms.for_exports(), &Decision::default()),
            Mapping::Decision(decision) => {
                exports::propose(content, &terms.for_exports(), &decision)
            }
            Mapping::Reading(reading) => {
                exports::propose_as(content, &terms.for_exports(), &reading)
            }
        };
        let read = on_file(content.read(), work).await?;
        let (proposal, sheet) = read.map_err(|refusal| refused(&refusal))?;
        let read = Read { proposal, sheet };
        let read = self.with_new_metrics(&member.tenant_id, read).await?;
        let Read { proposal, sheet } = self.without_overlap(&member.tenant_id, read).await?;
        let Some(sheet) = sheet else {
            if is_dry {
                return Ok((json!({ "proposal": proposal, "changes": null }), false));
            }
            return Err(match &proposal.refusal {
                Some(refusal) if proposal.reading.open.is_empty() => refused(refusal).into(),
                _ => Failure::NeedsDecision(Box::new(proposal)),
            });
        };
        let left_out = left_out(&proposal);
        if is_dry {
            let preview = self.preview(&member.tenant_id, sheet.into()).await?;
            let changes = json!({
                "grain": preview.counts.grain, "added": preview.counts.added, "replaced": preview.counts.replaced,
                "unchanged": preview.counts.unchanged, "from": preview.from, "to": preview.to,
                "remarks": preview.remarks,
            });
            return Ok((json!({ "proposal": proposal, "changes": changes }), false));
        }
        let read = (sheet, &proposal.reading);
        let by = (member, BY_A_PROGRAM);
        let counts = self.store_sheet(by, read, |_| (), AndThen::Nothing).await?;
        let answer = json!({
            "grain": counts.grain, "added": counts.added, "replaced": counts.replaced, "unchanged": counts.unchanged,
            "leftOut": left_out, "notes": proposal.notes,
        });
        Ok((answer, true))
    }
}

/// Lists the columns that are not imported.
fn left_out(proposal: &Proposal) -> Vec<String> {
    let left_out = proposal.reading.columns.iter().filter(|column| column.role == Role::LeaveOut);
    left_out.map(|column| column.name.clone()).collect()
}

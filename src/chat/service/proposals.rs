//! Proposes to save what a member says of the business in the profile. See `docs/adr/0033`.
//!
//! A proposal is worked out anew whenever it is shown or saved: from the reply's question, the profile as it is, and what the
//! member has declined. Only what a model found, and what was saved, is stored.

use std::collections::{HashMap, HashSet};

use super::corrections::is_correction;
use super::{Chat, owner};
use crate::accounts::model::Member;
use crate::business::model::{Field, ProfilePatch, SavedProfile};
use crate::business::proposals::{Action, Candidate, Change, candidates, change, passage};
use crate::chat::model::{Author, Decision, Proposal, ProposalAction, ProposalTerms, Status};
use crate::chat::reply::notices::Notice;
use crate::chat::store::{self, MessageRow, Owner, ProposalRow};
use crate::error::{AppError, Code};

/// After so many declined proposals a member gets no more, because no further one could be declined for good.
const MOST_DECLINED: usize = 500;
/// How often a save or an undo is tried while others save the profile.
const ATTEMPTS: usize = 5;

/// What a proposal depends on besides its reply.
struct Ground {
    profile: SavedProfile,
    declined: HashSet<String>,
    /// By reply.
    stored: HashMap<String, ProposalRow>,
}

/// A proposal of a reply at this moment.
struct Found {
    candidate: Candidate,
    change: Change,
    is_saved: bool,
}

impl Chat {
    /// Returns the proposal of a member's reply. `None` also if it cannot be worked out: a reply is shown without.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn proposal(
        &self,
        tenant_id: &str,
        account_id: &str,
        reply_id: &str,
    ) -> Option<Proposal> {
        let owner = Owner { tenant_id: tenant_id.to_owned(), account_id: account_id.to_owned() };
        let row = store::find_message(&self.db, &owner, reply_id).await.ok()??;
        self.proposals_of(&owner, std::slice::from_ref(&row)).await.remove(reply_id)
    }

    /// Returns the proposals of the replies among the messages of one conversation of this member, by reply.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn proposals(
        &self,
        member: &Member,
        rows: &[MessageRow],
    ) -> HashMap<String, Proposal> {
        self.proposals_of(&owner(member), rows).await
    }

    async fn proposals_of(&self, owner: &Owner, rows: &[MessageRow]) -> HashMap<String, Proposal> {
        let Some(first) = rows.iter().find(|row| is_complete_reply(row)) else {
            return HashMap::new();
        };
        let Ok(ground) = self.ground_of(owner, &first.conversation_id).await else {
            return HashMap::new();
        };
        let found = rows.iter().filter_map(|row| {
            let found = ground.find(row)?;
            Some((row.id.clone(), found.shown()))
        });
        found.collect()
    }

    /// Saves, undoes or declines the proposal of a reply. `shown` is what the member saw. Returns the conversation's id, and
    /// the proposal as it is then.
    ///
    /// Errors: not found; [`Code::EditConflict`] if the proposal or its field has changed since.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn decide_proposal(
        &self,
        member: &Member,
        message_id: &str,
        decision: Decision,
        shown: &ProposalTerms,
    ) -> Result<(String, Option<Proposal>), AppError> {
        let row = self.message(member, message_id).await?;
        let owner = owner(member);
        match decision {
            Decision::Save => self.save_proposal(member, &row, shown).await?,
            Decision::Undo => self.undo_proposal(member, &row).await?,
            Decision::Decline => {
                let ground = self.ground_of(&owner, &row.conversation_id).await?;
                // Nothing else is worth a row.
                if let Some(found) = ground.find(&row).filter(|found| found.is_as(shown)) {
                    let digest = found.candidate.digest();
                    let most = MOST_DECLINED as i64;
                    store::insert_declined(&self.db, owner.clone(), digest, most).await?;
                }
            }
        }
        let proposal = self.proposals_of(&owner, std::slice::from_ref(&row)).await.remove(&row.id);
        self.tell_of_proposal(member, &row.id, proposal.clone());
        Ok((row.conversation_id, proposal))
    }

    /// Shows another proposal of a reply, or none, in the member's open pages.
    pub(super) fn tell_of_proposal(
        &self,
        member: &Member,
        reply_id: &str,
        proposal: Option<Proposal>,
    ) {
        let (reply_id, proposal) = (reply_id.to_owned(), proposal.map(Box::new));
        let notice = Notice::Proposed { reply_id, proposal };
        self.engine.notices().publish(&member.tenant_id, &member.account_id, notice);
    }

    async fn save_proposal(
        &self,
        member: &Member,
        row: &MessageRow,
        shown: &ProposalTerms,
    ) -> Result<(), AppError> {
        let owner = owner(member);
        for _ in 0..ATTEMPTS {
            let ground = self.ground_of(&owner, &row.conversation_id).await?;
            let found = ground.find(row).filter(|found| found.is_as(shown));
            let Found { candidate, change, is_saved } = found.ok_or_else(changed)?;
            if is_saved {
                return Ok(());
            }
            // Nobody loses a text without having seen it.
            let was_shown = change.before.lines().eq(shown.before.lines());
            if change.action == Action::Replace && !was_shown {
                return Err(changed());
            }
            let version = ground.profile.version;
            // First: it counts only if the profile holds the text as well, so neither is true without the other.
            let stored = ProposalRow {
                message_id: row.id.clone(),
                field: candidate.field.name().to_owned(),
                text: candidate.text,
                field_before: Some(change.before),
                field_after: Some(change.after.clone()),
            };
            if !store::put_proposal(&self.db, owner.clone(), stored).await? {
                return Err(super::message_not_found());
            }
            if self.write_field(member, candidate.field, &change.after, version).await? {
                return Ok(());
            }
        }
        Err(changed())
    }

    async fn undo_proposal(&self, member: &Member, row: &MessageRow) -> Result<(), AppError> {
        let owner = owner(member);
        for _ in 0..ATTEMPTS {
            let mut ground = self.ground_of(&owner, &row.conversation_id).await?;
            let Some(stored) = ground.stored.remove(&row.id) else { return Ok(()) };
            let ProposalRow { field_before: Some(before), field_after: Some(after), .. } = &stored
            else {
                // It was undone already.
                return Ok(());
            };
            let field = Field::parse(&stored.field).ok_or_else(changed)?;
            if ground.profile.profile.text(field) != *after {
                return Err(AppError::new(
                    Code::EditConflict,
                    format!(
                        "{} was changed after you saved it, so nothing was undone. Change it in the profile.",
                        field.label()
                    ),
                ));
            }
            if self.write_field(member, field, before, ground.profile.version).await? {
                let open = ProposalRow { field_before: None, field_after: None, ..stored };
                store::put_proposal(&self.db, owner, open).await?;
                return Ok(());
            }
        }
        Err(changed())
    }

    /// Returns false if another save of the profile came first.
    async fn write_field(
        &self,
        member: &Member,
        field: Field,
        text: &str,
        version: i64,
    ) -> Result<bool, AppError> {
        let patch = ProfilePatch { version: Some(version), ..ProfilePatch::of(field, text) };
        match self.business.update_profile(member, patch).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == Code::EditConflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn ground_of(&self, owner: &Owner, conversation_id: &str) -> Result<Ground, AppError> {
        let (profile, declined, stored) = tokio::join!(
            self.business.profile(&owner.tenant_id),
            store::list_declined(&self.db, owner),
            store::list_proposals(&self.db, &owner.tenant_id, conversation_id),
        );
        let stored = stored?.into_iter().map(|row| (row.message_id.clone(), row)).collect();
        Ok(Ground { profile: profile?, declined: declined?, stored })
    }
}

impl Ground {
    fn find(&self, reply: &MessageRow) -> Option<Found> {
        if !is_complete_reply(reply) || is_correction(reply.asked()) {
            return None;
        }
        let stored = self.stored.get(&reply.id);
        if let Some(saved) = stored.and_then(|row| self.saved(row)) {
            return Some(saved);
        }
        if self.declined.len() >= MOST_DECLINED {
            return None;
        }
        let by_model = stored.and_then(|row| {
            let text = passage(reply.asked(), &row.text)?;
            Some(Candidate { field: Field::parse(&row.field)?, text })
        });
        let all = by_model.map_or_else(|| candidates(reply.asked()), |it| vec![it]);
        let mut open = all.into_iter().filter(|it| !self.declined.contains(&it.digest()));
        open.find_map(|candidate| {
            let change = change(&self.profile.profile, &candidate)?;
            Some(Found { candidate, change, is_saved: false })
        })
    }

    /// Returns a saved proposal while its field is as the save left it.
    fn saved(&self, row: &ProposalRow) -> Option<Found> {
        let field = Field::parse(&row.field)?;
        let after = row.field_after.clone()?;
        let before = row.field_before.clone()?;
        let candidate = Candidate { field, text: row.text.clone() };
        (self.profile.profile.text(field) == after).then(|| Found {
            change: Change::made(&candidate, before, after),
            candidate,
            is_saved: true,
        })
    }
}

impl Found {
    fn shown(self) -> Proposal {
        let Self { candidate: Candidate { field, text }, change, is_saved } = self;
        let Change { action, before, .. } = change;
        let (name, action) = (field.name().to_owned(), shown_action(action));
        let terms = ProposalTerms { field: name, text, action, before };
        Proposal { terms, label: field.label().to_owned(), saved: is_saved }
    }

    /// Returns whether it is what the member saw.
    fn is_as(&self, shown: &ProposalTerms) -> bool {
        let Candidate { field, text } = &self.candidate;
        let is_same_action = self.is_saved || shown_action(self.change.action) == shown.action;
        field.name() == shown.field && *text == shown.text && is_same_action
    }
}

const fn shown_action(action: Action) -> ProposalAction {
    match action {
        Action::Fill => ProposalAction::Fill,
        Action::Add => ProposalAction::Add,
        Action::Replace => ProposalAction::Replace,
    }
}

fn is_complete_reply(row: &MessageRow) -> bool {
    row.author() == Author::Assistant && row.status() == Status::Complete
}

fn changed() -> AppError {
    AppError::new(
        Code::EditConflict,
        "The profile was changed meanwhile, so nothing was saved. Look at the proposal again.",
    )
}

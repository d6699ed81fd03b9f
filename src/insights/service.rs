//! Business rules of insights. Every member may read them; owners and admins may send, dismiss and reopen
//! them.

use super::model::{Decision, Insight, InsightList, InsightQuery, NewInsight, Progress};
use super::store::{self, states};
use super::validation;
use crate::accounts::guard;
use crate::accounts::model::{Member, Role};
use crate::error::AppError;
use crate::format::zone::Zone;
use crate::platform::clock;
use crate::platform::db::Db;
use crate::platform::ids;

/// The insights of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Insights {
    pub(super) db: Db,
}

impl Insights {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Returns the newest open insights, at most `limit`, with their times in `zone`.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn newest_in(
        &self,
        tenant_id: &str,
        limit: i64,
        zone: &Zone,
    ) -> Result<Vec<Insight>, AppError> {
        let query = InsightQuery { dismissed: false, before: None, limit };
        Ok(self.list_in(tenant_id, &query, zone).await?.data)
    }

    /// Like [`Self::list`], with times in `zone`.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_in(
        &self,
        tenant_id: &str,
        query: &InsightQuery,
        zone: &Zone,
    ) -> Result<InsightList, AppError> {
        let mut list = self.list(tenant_id, query).await?;
        for insight in &mut list.data {
            let moments = [Some(&mut insight.created_at), insight.dismissed_at.as_mut()];
            for moment in moments.into_iter().flatten() {
                if let Some(at) = clock::parse_rfc3339(moment) {
                    *moment = zone.rfc3339(at);
                }
            }
        }
        Ok(list)
    }

    /// Returns a version that grows with each change to the tenant's insights; 0 before the first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn version(&self, tenant_id: &str) -> Result<i64, AppError> {
        Ok(states::find(self.db.read(), tenant_id).await?.version)
    }

    /// Lists insights as the API returns them, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list(
        &self,
        tenant_id: &str,
        query: &InsightQuery,
    ) -> Result<InsightList, AppError> {
        let one_more = InsightQuery { limit: query.limit + 1, ..query.clone() };
        let mut rows = store::list(self.db.read(), tenant_id, &one_more).await?;
        let more = rows.len() as i64 > query.limit;
        rows.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        let next_cursor =
            rows.last().filter(|_| more).map(|(at, insight)| format!("{at}.{}", insight.id));
        Ok(InsightList {
            data: rows.into_iter().map(|(_, insight)| insight).collect(),
            next_cursor,
        })
    }

    /// Stores an insight sent by a program.
    ///
    /// Errors: a reason per invalid field; [`crate::error::Code::Forbidden`] for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn add(&self, member: &Member, sent: NewInsight) -> Result<Insight, AppError> {
        guard::require(member, Role::Admin)?;
        let (tenant, new) = (member.tenant_id.clone(), validation::check(sent)?);
        let add = self.db.write(move |tx| {
            Box::pin(async move { store::insert(tx, &tenant, &new, clock::now()).await })
        });
        Ok(add.await?)
    }

    /// Dismisses or reopens an insight. Errors: not found; forbidden for members.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn decide(
        &self,
        member: &Member,
        id: &str,
        decision: Decision,
    ) -> Result<(), AppError> {
        guard::require(member, Role::Admin)?;
        let no_such = || AppError::not_found("insight");
        let (member, id) = (member.clone(), ids::parse(id).ok_or_else(no_such)?);
        let decide = self.db.write(move |tx| {
            Box::pin(async move { store::decide(tx, &member, &id, decision, clock::now()).await })
        });
        if decide.await? { Ok(()) } else { Err(no_such()) }
    }

    /// Returns how far the tenant's insights lag behind its metrics.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn progress(&self, tenant_id: &str, zone: &Zone) -> Result<Progress, AppError> {
        let state = states::find(self.db.read(), tenant_id).await?;
        Ok(match (state.due_at, state.computed_at) {
            (None, _) => Progress::Nothing,
            (Some(again), _) if state.failures > 0 => Progress::Failed { again: zone.human(again) },
            (Some(due), Some(at)) if due > clock::now() => {
                Progress::UpToDate { computed: zone.human(at) }
            }
            _ => Progress::Pending,
        })
    }
}

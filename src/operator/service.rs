//! The view of the model provider, for operators and for others.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::model::{
    AdjustedModel, AdjustmentView, Banner, DisputedView, FailureView, Moment, OutageView,
    ProviderView, StandInView, State, StorageView,
};
use crate::accounts::model::{Member, Role};
use crate::accounts::zone;
use crate::error::AppError;
use crate::fireworks::{Client, Health};
use crate::format::zone::Zone;
use crate::platform::clock::{self, Micros};
use crate::platform::db::Db;
use crate::platform::disk::Disk;
use crate::platform::disk_usage::{DiskUsage, size};
use crate::platform::spool::Spool;
use crate::usage::{DisputedRow, Ledger};

/// The operator's view of the installation. Cheap to clone.
#[derive(Clone)]
pub struct Operator {
    pub(super) db: Db,
    pub(super) client: Client,
    /// Whether the built-in emulator replies.
    simulated: bool,
    storage: Option<Storage>,
    ledger: Ledger,
}

/// What is measured for the operator's page.
#[derive(Clone)]
struct Storage {
    database: PathBuf,
    disk: Disk,
    spool: Spool,
}

/// How long disputed replies are listed.
const DISPUTED_FOR: Micros = 30 * 86_400 * 1_000_000;

/// How many tables the page lists.
const MOST_TABLES: usize = 10;

/// The largest database whose tables are looked through for a page.
const MOST_LOOKED_THROUGH: u64 = 256 * 1024 * 1024;

impl Operator {
    pub fn new(db: Db, client: Client, ledger: Ledger, simulated: bool) -> Self {
        Self { db, client, simulated, storage: None, ledger }
    }

    /// Shows what fills the disk of this database.
    pub fn with_storage(self, database: PathBuf, disk: Disk, spool: Spool) -> Self {
        Self { storage: Some(Storage { database, disk, spool }), ..self }
    }

    /// What fills the disk; none where nothing is known of it.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn storage(&self) -> Result<Option<StorageView>, AppError> {
        let Some(Storage { database, disk, spool }) = &self.storage else { return Ok(None) };
        let usage = DiskUsage::measure(&self.db, database, disk, MOST_LOOKED_THROUGH).await?;
        let row = |(name, bytes): (String, u64)| (name, size(bytes));
        Ok(Some(StorageView {
            is_low: usage.is_low(),
            free: usage.free.map(size),
            min_free: size(usage.min_free),
            database: size(usage.database),
            log: size(usage.log),
            arriving: size(spool.held()),
            tables: usage.tables.into_iter().take(MOST_TABLES).map(row).collect(),
        }))
    }

    /// Returns the models whose usage was disputed in the last 30 days, with times in `zone`.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn disputed(&self, zone: &Zone) -> Result<Vec<DisputedView>, AppError> {
        let rows = self.ledger.disputed(clock::now() - DISPUTED_FOR).await?;
        let view = |row: DisputedRow| DisputedView {
            model: row.model,
            replies: u32::try_from(row.replies).unwrap_or(u32::MAX),
            latest: moment(row.latest, zone),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Returns the time zone of the operator's business.
    pub async fn zone(&self, operator: &Member) -> Result<Zone, AppError> {
        zone::of(&self.db, &operator.tenant_id).await
    }

    /// Returns the provider's problems; empty if there are none.
    pub fn notices(&self) -> Vec<String> {
        self.client.health().notices()
    }

    /// Returns the banner for `member`. The provider's messages may name models and accounts, so only
    /// operators see them.
    pub fn banner(&self, member: &Member) -> Option<Banner> {
        let health = self.client.health();
        if member.operator {
            let notices = health.notices();
            return (!notices.is_empty()).then_some(Banner::Notices(notices));
        }
        (member.role >= Role::Admin && health.outage.is_some()).then_some(Banner::Unavailable)
    }

    /// Returns the provider's health and settings for the operator page, with times in `zone`.
    pub fn provider(&self, zone: &Zone) -> ProviderView {
        let moment = |time: OffsetDateTime| moment(micros(time), zone);
        let health = self.client.health();
        ProviderView {
            state: self.state(&health),
            address: self.client.address(),
            model: self.client.model().to_owned(),
            fallback: self.client.fallback_model().map(str::to_owned),
            last_answer: health.last_answer.map(|answer| (moment(answer.at), answer.model)),
            outage: health.outage.map(|outage| OutageView {
                cause: outage.advice.cause.to_owned(),
                what_to_do: outage.advice.what_to_do.to_owned(),
                said: outage.said,
                since: moment(outage.since),
            }),
            stand_ins: health
                .stand_ins
                .into_iter()
                .map(|it| StandInView { model: it.model, answered_by: it.answered_by })
                .collect(),
            adjusted: self
                .client
                .adjustments()
                .into_iter()
                .map(|(model, all)| AdjustedModel {
                    model,
                    adjustments: all
                        .into_iter()
                        .map(|it| AdjustmentView {
                            what: it.described(),
                            said: it.said,
                            learned: moment(it.learned_at),
                        })
                        .collect(),
                })
                .collect(),
            failures: health
                .failures
                .into_iter()
                .map(|failed| FailureView {
                    at: moment(failed.at),
                    model: failed.model,
                    kind: failed.failure.kind.as_str().to_owned(),
                    said: failed.failure.detail,
                })
                .collect(),
        }
    }

    fn state(&self, health: &Health) -> State {
        let newest_failed = health.failures.first().map(|failed| failed.at);
        let newest_answered = health.last_answer.as_ref().map(|answer| answer.at);
        match (newest_failed, newest_answered) {
            _ if health.outage.is_some() => State::Failing,
            (None, None) if self.simulated => State::Simulated,
            (None, None) => State::Unknown,
            (Some(failed), answered) if answered.is_none_or(|answered| failed > answered) => {
                State::Troubled
            }
            _ if !health.stand_ins.is_empty() => State::Troubled,
            _ if self.simulated => State::Simulated,
            _ => State::Answering,
        }
    }
}

/// Converts to the stored format. Fits until the year 294246.
pub(super) fn micros(at: OffsetDateTime) -> clock::Micros {
    (at.unix_timestamp_nanos() / 1_000) as clock::Micros
}

fn moment(at: Micros, zone: &Zone) -> Moment {
    Moment { text: zone.human(at), datetime: clock::rfc3339(at) }
}

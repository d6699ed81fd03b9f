//! Assembles the application and serves it.

mod address;
mod body_limit;
mod csrf;
mod error_page;
mod headers;
mod health;
mod in_flight;
mod openapi;
mod page_limit;
mod refusals;
mod replay;
mod request_log;
mod router;
mod serving;
mod session_cookie;
mod site;
mod sockets;
mod state;
mod upstream;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error_span};

use crate::accounts::{Accounts, EntryRules, SignUpWork};
use crate::analytics::Analytics;
use crate::business::Business;
use crate::chat::Chat;
use crate::chat::reply::Engine;
use crate::chat::service::{Grounds, ReplySettings};
use crate::facts::Facts;
use crate::fireworks::emulator::Emulator;
use crate::insights::Insights;
use crate::insights::job::Job;
use crate::onboarding::Trials;
use crate::operator::Operator;
use crate::personas::{ModelRules, Personas};
use crate::platform::config::{Config, ModelsAllowed};
use crate::platform::db::Db;
use crate::platform::disk::{self, Disk};
use crate::platform::disk_usage::DiskUsage;
use crate::platform::limits::Limits;
use crate::platform::session_store::DbSessionStore;
use crate::platform::shares::Shares;
use crate::platform::signing::SigningKey;
use crate::platform::spool::{Spool, SpoolCaps};
use crate::usage::{Ledger, OperatorCaps, Prices};

use health::LastNotices;
use page_limit::Ceilings;
use refusals::Refusals;
pub use replay::replay_command;
use serving::{AddressCounts, Caps};
use site::Site;
pub use state::App;
use state::AppState;

/// How long connections, imports and background jobs may take to end after all replies have ended.
const DRAIN: Duration = Duration::from_secs(3);
/// Interval at which expired sessions, expired uploads and idle limits are removed.
const TIDY_EVERY: Duration = Duration::from_secs(600);

/// Interval of the search for orphaned replies and ended trials.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Why the server, or a command that opens its database, could not start. Displays as one line, with the remedy where
/// one is known.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "can't listen on {addr}: {cause}. Stop what uses the port, or set ADDR to another address."
    )]
    Listen { addr: SocketAddr, cause: std::io::Error },
    #[error(
        "can't open the database {file}: {cause}. Check that the file is a SQLite database that this user may write to, and that the disk has room."
    )]
    Database { file: String, cause: String },
    #[error(
        "there is no database {file}. Set DATABASE_URL to the one that the server uses; it makes its own at its first start."
    )]
    NoDatabase { file: String },
    #[error("can't make the folder {folder} for the database: {cause}")]
    Folder { folder: String, cause: std::io::Error },
    #[error(
        "the browser files are not complete in {folder}: {reason}. Build them with `make build`, or set SITE_ROOT to the `site` folder that belongs to this program."
    )]
    Site { folder: String, reason: String },
    #[error("can't set up the client for the model: {0}")]
    Upstream(String),
}

/// A server whose port is bound.
pub struct Application {
    listener: TcpListener,
    addr: SocketAddr,
    state: AppState,
    closing: CancellationToken,
    /// Held so that the built-in emulator runs as long as the server.
    emulator: Option<Emulator>,
}

impl Application {
    /// Binds the port, opens the database and builds all parts. Serves nothing yet: connections wait in the listen
    /// backlog.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let site = Site::find(&config)?;
        let listener = sockets::listen(config.addr)
            .map_err(|cause| StartError::Listen { addr: config.addr, cause })?;
        let addr = listener
            .local_addr()
            .map_err(|cause| StartError::Listen { addr: config.addr, cause })?;
        let db = open_database(&config).await?;
        let (upstream, emulator) = upstream::connect(&config).await?;
        let closing = CancellationToken::new();
        let limits = Limits::new(config.limits.chat, config.limits.api, config.limits.strict)
            .with_all_chat(config.limits.all_chat);
        let analytics = Analytics::new(db.clone())
            .with_quotas(config.storage.quotas)
            .with_limits(limits.clone());
        let insights = Insights::new(db.clone());
        let business = Business::new(db.clone());
        let facts = Facts::new(db.clone(), business.clone(), analytics.clone(), insights.clone());
        let storage = &config.storage;
        let disk = Disk::of(&config.database, storage.min_free_disk);
        let caps = SpoolCaps { all: storage.spool, per_tenant: storage.spool_per_tenant };
        let spool = Spool::new(disk::folder_of(&config.database), disk.clone(), caps);
        let cannot_open = |error: &dyn std::fmt::Display| cannot_open(&config.database, error);
        let signing = SigningKey::load(&db).await.map_err(|error| cannot_open(&error))?;
        let mut entry = EntryRules::new(config.sign_up, config.limits.sign_up);
        if config.sign_up_work > 0 {
            entry = entry.with_work(SignUpWork::new(config.sign_up_work, signing.clone()));
        }
        let accounts = Accounts::new(db.clone(), config.limits.sign_in)
            .with_entry(entry)
            .with_disk(disk.clone())
            .with_trials(config.trials.most)
            .with_operators(&config.operators);
        accounts.adopt_addresses().await.map_err(|error| cannot_open(&error))?;
        let sessions = DbSessionStore::new(db.clone());
        sessions.hash_ids().await.map_err(|error| cannot_open(&error))?;
        // Nobody pays for the emulator's replies.
        let prices = match config.fireworks.simulated() && !config.emulator.priced {
            true => Prices::free(),
            false => Prices::new(config.prices.clone()),
        };
        let personas = Personas::new(db.clone())
            .with_rules(model_rules(&config, &prices))
            .with_versions(config.storage.quotas.adviser_versions);
        let caps = OperatorCaps {
            default_monthly: config.operator.default_budget,
            monthly: config.operator.monthly_budget,
            daily: config.operator.daily_budget,
        };
        let ledger =
            Ledger::new(db.clone(), prices, accounts.clone(), personas.clone(), analytics.clone());
        let ledger = ledger.with_caps(caps);
        let engine = Engine::new(db.clone(), upstream.clone(), ledger.clone());
        let settings = ReplySettings {
            model: config.fireworks.model.clone(),
            fallback_model: config.fireworks.fallback_model.clone(),
            max_tokens: config.fireworks.max_tokens,
            temperature: config.fireworks.temperature,
            context_tokens: config.fireworks.context_tokens,
            simulated: config.fireworks.simulated(),
            model_titles: config.fireworks.model_titles,
        };
        let operator = Operator::new(
            db.clone(),
            upstream.clone(),
            ledger.clone(),
            config.fireworks.simulated(),
        )
        .with_storage(config.database.clone(), disk, spool.clone());
        let grounds = Grounds { business: business.clone(), personas: personas.clone(), facts };
        let chat = Chat::new(db.clone(), grounds, limits.clone(), ledger.clone(), engine, settings)
            .with_quotas(config.storage.quotas);
        let trials = Trials {
            accounts: accounts.clone(),
            analytics: analytics.clone(),
            business: business.clone(),
            chat: chat.clone(),
            ledger: ledger.clone(),
            budget: config.trials.budget,
        };
        let app = App {
            accounts,
            analytics,
            chat,
            trials,
            business,
            insights,
            ledger,
            operator,
            limits,
            spool,
            shares: Shares::of_this_machine(),
            streams: Shares::new(config.connections.streams),
            ceilings: Ceilings::new(config.limits.pages),
            in_flight: AddressCounts::new(config.connections.per_address),
            refusals: Refusals::default(),
            personas,
            sessions,
            signing,
            db,
            closing: closing.clone(),
            last_notices: LastNotices::default(),
            leptos: site::leptos_options(addr),
            site,
            config,
        };
        Ok(Self { listener, addr, state: AppState::new(app), closing, emulator })
    }

    /// Returns the listening address, with the actual port if port 0 was requested.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the application state.
    pub fn app(&self) -> &App {
        &self.state
    }

    /// Serves until `stop` resolves, then shuts down in order: rejects new questions, ends event streams, waits the
    /// grace period for running replies, and stores the rest as interrupted.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let Self { listener, state, closing, emulator, .. } = self;
        match state.chat.interrupt_orphans().await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "replies of an earlier run interrupted"),
            Err(error) => tracing::error!(error = %error, "orphaned replies not marked"),
        }
        warn_of_operators_without_account(&state).await;
        if let Err(error) = state.operator.recall().await {
            tracing::warn!(error = %error, "request adjustments not loaded");
        }
        let learning = tokio::spawn(state.operator.clone().keep_learning(closing.clone()));
        let cause = "timer";
        let tidy = tokio::spawn(tidy(state.clone()).instrument(error_span!("clean-up", cause)));
        let sweep = tokio::spawn(sweep(state.clone()).instrument(error_span!("sweep", cause)));
        let job = Job::new(&state.insights, state.analytics.clone());
        let job = tokio::spawn(job.run(closing.clone()));
        let router = router::router(state.clone());
        let serving = serving::serve(listener, router, closing.clone(), caps(&state.config));
        let serving = tokio::spawn(serving);
        stop.await;
        tracing::info!(replies = state.chat.engine().running(), "shutting down");
        closing.cancel();
        state.chat.engine().shut_down(state.config.shutdown_grace).await;
        let imports = state.analytics.imports_ended();
        let _ =
            tokio::time::timeout(DRAIN, async { tokio::join!(serving, job, imports, learning) })
                .await;
        tidy.abort();
        sweep.abort();
        drop(emulator);
        Ok(())
    }
}

/// Opens an existing database and creates none, for commands that work beside a server.
pub async fn open_existing_database(config: &Config) -> Result<Db, StartError> {
    let file = &config.database;
    if !file.exists() {
        return Err(StartError::NoDatabase { file: file.display().to_string() });
    }
    Db::open_existing_sqlite(file).await.map_err(|error| cannot_open(file, error))
}

/// Returns the disk usage of an existing database.
pub async fn disk_usage(config: &Config) -> Result<DiskUsage, StartError> {
    let (db, file) = (open_existing_database(config).await?, &config.database);
    let disk = Disk::of(file, config.storage.min_free_disk);
    let usage = DiskUsage::measure(&db, file, &disk, u64::MAX).await;
    usage.map_err(|error| cannot_open(file, error))
}

/// Returns the caps on connections, limited by the open files that the system allows.
fn caps(config: &Config) -> Caps {
    let open_files = sockets::raise_open_files();
    let most = sockets::most_connections(config.connections.all, open_files);
    let per_address = config.connections.per_address;
    tracing::info!(open_files, connections = most, per_address, "connections capped");
    if most < config.connections.all {
        tracing::warn!(
            wanted = config.connections.all,
            connections = most,
            "fewer connections than MAX_CONNECTIONS: raise the hard limit of open files (ulimit -Hn)"
        );
    }
    let own = (config.trusted_proxies == 0).then(|| AddressCounts::new(per_address));
    Caps::new(most, own)
}

/// Returns which models advisers may use, and how long their replies may be. The configured model and its fallback are
/// always allowed.
fn model_rules(config: &Config, prices: &Prices) -> ModelRules {
    let fireworks = &config.fireworks;
    let own = std::iter::once(&fireworks.model).chain(&fireworks.fallback_model).cloned();
    let allowed = match &config.operator.models {
        ModelsAllowed::Any => None,
        ModelsAllowed::Priced => Some(own.chain(prices.known_models()).collect()),
        ModelsAllowed::Listed(names) => Some(own.chain(names.iter().cloned()).collect()),
    };
    ModelRules::new(allowed, config.operator.adviser_max_tokens)
}

async fn open_database(config: &Config) -> Result<Db, StartError> {
    let file = &config.database;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|cause| StartError::Folder { folder: folder.display().to_string(), cause })?;
    }
    Db::open_sqlite(file).await.map_err(|error| cannot_open(file, error))
}

fn cannot_open(file: &Path, error: impl std::fmt::Display) -> StartError {
    StartError::Database { file: file.display().to_string(), cause: error.to_string() }
}

/// Warns of addresses in `OPERATORS` without an account: the first person to sign up with one becomes an operator.
async fn warn_of_operators_without_account(state: &AppState) {
    match state.accounts.operators_without_account().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => tracing::warn!(
            count = missing.len(),
            "OPERATORS names addresses without an account: sign up with them, or take them out"
        ),
        Err(error) => tracing::warn!(error = %error, "OPERATORS not checked"),
    }
}

/// Interrupts orphaned replies and settles their reservations, removes deleted conversations that can no longer be
/// restored, and deletes ended trials, every `SWEEP_EVERY`.
async fn sweep(state: AppState) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        match state.chat.sweep().await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "orphaned replies interrupted"),
            Err(error) => tracing::warn!(error = %error, "orphaned replies not interrupted"),
        }
        match state.chat.purge_deleted().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted conversations purged"),
            Err(error) => tracing::warn!(error = %error, "deleted conversations not purged"),
        }
        match state.trials.delete_ended().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "ended trials deleted"),
            Err(error) => tracing::warn!(error = %error, "ended trials not deleted"),
        }
    }
}

async fn tidy(state: AppState) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        state.limits.shrink();
        state.accounts.shrink_limits();
        state.ceilings.shrink();
        match state.sessions.delete_expired().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "expired sessions deleted"),
            Err(error) => tracing::warn!(error.cause = %error, "expired sessions not deleted"),
        }
        match state.analytics.forget_uploads().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "unconfirmed uploads deleted"),
            Err(error) => tracing::warn!(error = %error, "unconfirmed uploads not deleted"),
        }
    }
}

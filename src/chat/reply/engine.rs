//! The running replies of this process.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::log::{End, Log};
use super::notices::{Notice, Notices};
use super::{generate, save};
use crate::chat::model::{Status, Usage};
use crate::fireworks::{ChatRequest, Client};
use crate::grounding::{Grounded, Known};
use crate::platform::clock::Micros;
use crate::platform::db::Db;
use crate::usage::Ledger;

/// The owner and context of a reply.
#[derive(Clone, Debug)]
pub struct ReplyMeta {
    pub tenant_id: String,
    /// The member who asked. Nobody else may read the reply.
    pub account_id: String,
    pub conversation_id: String,
    pub message_id: String,
    pub question_id: String,
    /// The reply that this one continues.
    pub continues: Option<String>,
    /// The adviser's slug.
    pub persona: String,
    /// The requested model.
    pub model: String,
    /// Whether the adviser shows reasoning.
    pub shows_reasoning: bool,
}

/// A running or ended reply.
#[derive(Debug)]
pub struct Reply {
    pub meta: ReplyMeta,
    pub log: Log,
    /// The facts that it may cite.
    pub known: Arc<Known>,
    /// Its grounding, set when it has ended. `None` inside if no facts were recorded for it.
    pub(in crate::chat) grounded: OnceLock<Option<Grounded>>,
    /// Cancelled when the member stops the reply.
    pub(super) stop: CancellationToken,
    /// How many events after the start are saved.
    pub(super) saved: AtomicU64,
}

impl Reply {
    pub fn new(meta: ReplyMeta, log: Log, known: Arc<Known>) -> Self {
        Self {
            meta,
            log,
            known,
            grounded: OnceLock::new(),
            stop: CancellationToken::new(),
            saved: AtomicU64::new(0),
        }
    }

    /// Creates an ended reply with its grounding.
    pub fn ended_on(self, grounded: Option<Grounded>) -> Self {
        Self { grounded: OnceLock::from(grounded), ..self }
    }

    /// Returns the grounding, `None` while the reply runs.
    pub fn grounded(&self) -> Option<&Grounded> {
        self.grounded.get().and_then(Option::as_ref)
    }

    /// Returns whether the reply belongs to this member.
    pub fn belongs_to(&self, tenant_id: &str, account_id: &str) -> bool {
        self.meta.tenant_id == tenant_id && self.meta.account_id == account_id
    }
}

/// The input of one reply.
pub struct Job {
    pub reply: Arc<Reply>,
    pub request: ChatRequest,
    /// When the question arrived. Durations are measured from here.
    pub sent_at: Instant,
    /// The same moment as a timestamp. Its prices apply.
    pub asked_at: Micros,
    /// Whether the budget limits the reply: then `request.max_tokens` is what the budget allows.
    pub short_of_budget: bool,
    /// Whether Retry can use a larger limit if reasoning uses up this one.
    pub may_grow: bool,
    /// Resolves when the question is stored, with an error if it could not be.
    pub stored: oneshot::Receiver<()>,
    /// Whether the upstream may be asked before.
    pub early: bool,
}

/// Starts, finds and stops replies. Clones share them.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) client: Client,
    pub(super) ledger: Ledger,
    running: Mutex<HashMap<String, Arc<Reply>>>,
    notices: Notices,
    /// The tasks of all replies, so that shutdown can wait for them.
    tasks: TaskTracker,
    /// Cancelled when shutdown starts.
    closing: CancellationToken,
    /// Cancelled when the grace period is over.
    pub(super) give_up: CancellationToken,
}

impl Engine {
    /// Must be called within a runtime, because it starts the task that saves running replies.
    pub fn new(db: Db, client: Client, ledger: Ledger) -> Self {
        let inner = Arc::new(Inner {
            db,
            client,
            ledger,
            running: Mutex::default(),
            notices: Notices::default(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            give_up: CancellationToken::new(),
        });
        tokio::spawn(save::keep_saving(Arc::downgrade(&inner)));
        Self(inner)
    }

    /// Returns the context size of a model in tokens, prompt and reply together, if its server reported one.
    pub fn learned_context(&self, model: &str) -> Option<u32> {
        self.0.client.learned_context(model)
    }

    /// Registers a reply before its row is stored, so that every reader of the row finds the reply.
    pub fn announce(&self, reply: Arc<Reply>) -> Announced {
        let id = reply.meta.message_id.clone();
        self.0.lock().insert(id.clone(), reply);
        Announced { inner: self.0.clone(), id: Some(id) }
    }

    /// Starts an announced reply. Its question may still be on its way to the disk: nobody reads of the reply before that
    /// is stored, and if it cannot be, the request to the upstream is dropped.
    pub fn start(&self, announced: Announced, job: Job) {
        let inner = self.0.clone();
        let span = tracing::error_span!(
            "reply",
            message.id = %job.reply.meta.message_id,
            persona = %job.reply.meta.persona,
            model = %job.reply.meta.model,
        );
        let writing = async move {
            generate::run(&inner, job).await;
            drop(announced);
        };
        self.0.tasks.spawn(writing.instrument(span));
    }

    /// Finds a reply that runs in this process.
    pub fn find(&self, message_id: &str) -> Option<Arc<Reply>> {
        self.0.lock().get(message_id).cloned()
    }

    /// Lists the running replies of a member.
    pub fn running_of(&self, tenant_id: &str, account_id: &str) -> Vec<Arc<Reply>> {
        let running = self.0.lock();
        let own = running.values().filter(|reply| reply.belongs_to(tenant_id, account_id));
        own.cloned().collect()
    }

    /// Returns the notices for members' pages.
    pub fn notices(&self) -> &Notices {
        &self.0.notices
    }

    /// Stops a reply. Returns false if it does not run in this process.
    pub fn stop(&self, message_id: &str) -> bool {
        let found = self.find(message_id);
        if let Some(reply) = &found {
            reply.stop.cancel();
        }
        found.is_some()
    }

    /// Stops all replies of a conversation.
    pub fn stop_all(&self, tenant_id: &str, conversation_id: &str) {
        for reply in self.0.replies() {
            if reply.meta.tenant_id == tenant_id && reply.meta.conversation_id == conversation_id {
                reply.stop.cancel();
            }
        }
    }

    /// Runs background work until shutdown starts.
    pub fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.0.closing.clone();
        let until_closing = async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = work => {}
            }
        };
        tokio::spawn(until_closing.in_current_span());
    }

    /// Returns whether the server is shutting down and accepts no more replies.
    pub fn is_closing(&self) -> bool {
        self.0.tasks.is_closed()
    }

    /// Returns the number of running replies.
    pub fn running(&self) -> usize {
        self.0.lock().len()
    }

    /// Waits up to `grace` for running replies, then interrupts the rest.
    pub async fn shut_down(&self, grace: Duration) {
        self.0.tasks.close();
        self.0.closing.cancel();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_err() {
            self.0.give_up.cancel();
            self.0.tasks.wait().await;
        }
    }
}

impl Inner {
    /// Returns the running replies.
    pub(super) fn replies(&self) -> Vec<Arc<Reply>> {
        self.lock().values().cloned().collect()
    }

    /// Tells the member's pages that a reply runs.
    pub(super) fn publish_start(&self, reply: &Arc<Reply>) {
        let ReplyMeta { tenant_id, account_id, .. } = &reply.meta;
        self.notices.publish(tenant_id, account_id, Notice::Started(reply.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Reply>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The registration of a reply. Dropping it removes the reply, and ends one that never started as
/// interrupted.
pub struct Announced {
    inner: Arc<Inner>,
    id: Option<String>,
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let reply = self.inner.lock().remove(&id);
            // For readers that found a reply which then never started.
            if let Some(reply) = reply {
                reply.log.end(End {
                    status: Status::Interrupted,
                    finish_reason: None,
                    usage: Usage::default(),
                    failure: None,
                });
            }
        }
    }
}

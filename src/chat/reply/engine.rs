//! The answers that are being written in this process.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::log::{End, Log};
use super::notices::{Notice, Notices};
use super::{generate, save};
use crate::chat::model::{Status, Usage};
use crate::facts::grounding::{Grounded, Known};
use crate::fireworks::{ChatRequest, Client};
use crate::platform::clock::Micros;
use crate::platform::db::Db;
use crate::usage::Ledger;

/// Whose answer it is and what it answers.
#[derive(Clone, Debug)]
pub struct ReplyMeta {
    pub tenant_id: String,
    /// The member who asked; nobody else may read.
    pub account_id: String,
    pub conversation_id: String,
    pub message_id: String,
    pub question_id: String,
    /// The answer whose rest it is.
    pub continues: Option<String>,
    /// The adviser's slug.
    pub persona: String,
    /// The model that is asked first.
    pub model: String,
    /// Whether its adviser shows how it reasoned.
    pub shows_reasoning: bool,
}

/// An answer, live or ended.
#[derive(Debug)]
pub struct Reply {
    pub meta: ReplyMeta,
    pub log: Log,
    /// What it may rest on.
    pub known: Arc<Known>,
    /// What it rests on, once it has ended; none where nothing is known of what it was told.
    pub(in crate::chat) grounded: OnceLock<Option<Grounded>>,
    /// Cancelled when the member stops the answer.
    pub(super) stop: CancellationToken,
    /// How many events behind the start the database has.
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

    /// An answer that has ended, with what it was found to rest on.
    pub fn ended_on(self, grounded: Option<Grounded>) -> Self {
        Self { grounded: OnceLock::from(grounded), ..self }
    }

    /// What it rests on; none while it is being written.
    pub fn grounded(&self) -> Option<&Grounded> {
        self.grounded.get().and_then(Option::as_ref)
    }

    /// Whether this member may see the answer at all.
    pub fn belongs_to(&self, tenant_id: &str, account_id: &str) -> bool {
        self.meta.tenant_id == tenant_id && self.meta.account_id == account_id
    }
}

/// What one answer is made from.
pub struct Job {
    pub reply: Arc<Reply>,
    pub request: ChatRequest,
    /// When the question arrived; times are counted from here.
    pub sent_at: Instant,
    /// The same moment by the calendar: its prices hold.
    pub asked_at: Micros,
    /// The budget has room for fewer tokens than an answer may have: `request.max_tokens` is what it
    /// has room for.
    pub short_of_budget: bool,
    /// Whether a retry can ask with a larger limit, should the model use this one up for thinking.
    pub may_grow: bool,
}

/// Starts, finds and stops answers; clones share them.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) client: Client,
    pub(super) ledger: Ledger,
    running: Mutex<HashMap<String, Arc<Reply>>>,
    notices: Notices,
    /// Every answer's task, so that a shutdown can wait for them.
    tasks: TaskTracker,
    /// Cancelled when a shutdown begins.
    closing: CancellationToken,
    /// Cancelled when running answers must end now.
    pub(super) give_up: CancellationToken,
}

impl Engine {
    /// Must be called inside the runtime: it starts the task that saves what is being written.
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

    /// How many tokens prompt and reply may have together, where the model's server said so.
    pub fn learned_context(&self, model: &str) -> Option<u32> {
        self.0.client.learned_context(model)
    }

    /// Makes an answer known before its row is, so that whoever sees the row finds the answer.
    pub fn announce(&self, reply: Arc<Reply>) -> Announced {
        let id = reply.meta.message_id.clone();
        self.0.lock().insert(id.clone(), reply);
        Announced { inner: self.0.clone(), id: Some(id) }
    }

    /// Begins to write an announced answer.
    pub fn start(&self, announced: Announced, job: Job) {
        let inner = self.0.clone();
        let ReplyMeta { tenant_id, account_id, .. } = &job.reply.meta;
        self.0.notices.publish(tenant_id, account_id, Notice::Started(job.reply.clone()));
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

    /// The answer of that id, where this process is writing it.
    pub fn find(&self, message_id: &str) -> Option<Arc<Reply>> {
        self.0.lock().get(message_id).cloned()
    }

    /// The replies of one member that are being written.
    pub fn running_of(&self, tenant_id: &str, account_id: &str) -> Vec<Arc<Reply>> {
        let running = self.0.lock();
        let own = running.values().filter(|reply| reply.belongs_to(tenant_id, account_id));
        own.cloned().collect()
    }

    /// What is told to the pages of members.
    pub fn notices(&self) -> &Notices {
        &self.0.notices
    }

    /// Ends an answer; false where it is not being written here.
    pub fn stop(&self, message_id: &str) -> bool {
        let found = self.find(message_id);
        if let Some(reply) = &found {
            reply.stop.cancel();
        }
        found.is_some()
    }

    /// Ends everything that is being written in a conversation.
    pub fn stop_all(&self, tenant_id: &str, conversation_id: &str) {
        for reply in self.0.replies() {
            if reply.meta.tenant_id == tenant_id && reply.meta.conversation_id == conversation_id {
                reply.stop.cancel();
            }
        }
    }

    /// Runs work that nobody waits for, until a shutdown begins.
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

    /// Whether the server shuts down: no answer may begin any more.
    pub fn is_closing(&self) -> bool {
        self.0.tasks.is_closed()
    }

    /// How many answers are being written.
    pub fn running(&self) -> usize {
        self.0.lock().len()
    }

    /// Waits up to `grace` for running answers, then ends them as interrupted with what they have.
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
    /// The answers being written at this moment.
    pub(super) fn replies(&self) -> Vec<Arc<Reply>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Reply>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps an answer known for as long as it lives: forgotten when it has ended, or was never begun.
pub struct Announced {
    inner: Arc<Inner>,
    id: Option<String>,
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let reply = self.inner.lock().remove(&id);
            // Of a reply that never began, for a reader that found it meanwhile.
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

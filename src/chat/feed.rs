//! The page's feed: one event stream for everything that changes in a member's conversations.
//!
//! A browser opens six connections to a host over HTTP/1.1. One stream for each running reply could
//! use all of them and leave none for pages and Stop, so one stream carries all replies, and a
//! browser's windows share it (`src/app/scripts/hub.js`, `docs/adr/0016`).

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, SelectAll, Stream};
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::events::{Events, respond};
use super::markdown::{BlockStream, Seam};
use super::model::{PageEvent, Proposal, Status};
use super::reply::Reply;
use super::reply::engine::ReplyMeta;
use super::reply::log::{End, Follower, Snapshot};
use super::reply::notices::{Notice, Subscription};
use super::service::Chat;
use super::stream::{Parting, parting};
use super::view;
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;
use crate::grounding;
use crate::platform::shares::Turn;

/// Minimum interval of sending blocks of one reply. Readers do not see more, and rendering costs.
const PACE: Duration = Duration::from_millis(40);

/// The feed of one caller.
pub struct Feed {
    pub chat: Chat,
    pub caller: Caller,
    pub accounts: Accounts,
    /// Whether the page supports [`PageEvent::Splice`].
    pub splices: bool,
    /// Cancelled at shutdown, so that readers reconnect to another process.
    pub closing: CancellationToken,
    /// Its permit among the member's event streams.
    pub _turn: Turn,
}

/// The data of one event.
#[derive(Serialize)]
#[serde(rename_all = "lowercase", untagged)]
enum Line<'a> {
    /// The first event: the running replies with their conversations. Each is then sent from its beginning.
    Hello {
        hello: Vec<[&'a str; 2]>,
    },
    /// A reply has started in a conversation.
    Asked {
        asked: &'a str,
        reply: &'a str,
    },
    Deleted {
        deleted: &'a str,
    },
    /// A conversation has another title.
    Renamed {
        renamed: &'a str,
        title: &'a str,
    },
    /// An ended reply has another proposal, or none any more.
    Proposed {
        proposed: &'a str,
        proposal: Option<&'a Proposal>,
    },
    Reply {
        reply: &'a str,
        #[serde(flatten)]
        event: &'a PageEvent,
    },
}

impl Line<'_> {
    fn event(&self) -> Bytes {
        let mut events = Events::default();
        events.push(None, None, self);
        events.into()
    }
}

impl Feed {
    pub fn open(self) -> Response {
        // Subscribe first, so that a reply which starts in between is seen twice rather than never.
        let subscription = self.chat.subscribe(&self.caller.member);
        let running = self.chat.running(&self.caller.member);
        let metas = running.iter().map(|reply| &reply.meta);
        let ids =
            metas.map(|meta| [meta.message_id.as_str(), meta.conversation_id.as_str()]).collect();
        let hello = Line::Hello { hello: ids }.event();
        let Self { chat, caller, accounts, splices, closing, _turn } = self;
        let mut state = State {
            chat,
            splices,
            parting: parting(accounts, caller, closing),
            subscription,
            replies: SelectAll::new(),
            followed: Vec::new(),
            ready: Some(hello),
            hinted: false,
            _turn,
        };
        running.into_iter().for_each(|reply| state.follow(reply));
        respond(stream::unfold(state, |mut state| async move {
            let event = state.next().await?;
            Some((event, state))
        }))
    }
}

/// An event of a followed reply, `None` if the reply cannot be read now.
type Told = Option<Bytes>;

struct State {
    chat: Chat,
    splices: bool,
    subscription: Subscription,
    replies: SelectAll<BoxStream<'static, Told>>,
    /// The replies that are or were followed and may still run.
    followed: Vec<Arc<Reply>>,
    parting: BoxFuture<'static, Parting>,
    ready: Option<Bytes>,
    hinted: bool,
    _turn: Turn,
}

impl State {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(event) = self.ready.take() {
            return Some(event);
        }
        if self.hinted {
            return None;
        }
        tokio::select! {
            biased;
            parting = &mut self.parting => {
                self.hinted = true;
                parting.last_words()
            }
            // A reader that fell behind reconnects and starts over.
            notice = self.subscription.next() => match notice? {
                Notice::Started(reply) => Some(self.started(reply)),
                Notice::Deleted { conversation_id } => {
                    Some(Line::Deleted { deleted: &conversation_id }.event())
                }
                Notice::Renamed { conversation_id, title } => {
                    Some(Line::Renamed { renamed: &conversation_id, title: &title }.event())
                }
                Notice::Proposed { reply_id, proposal } => {
                    Some(Line::Proposed { proposed: &reply_id, proposal: proposal.as_deref() }.event())
                }
            },
            Some(told) = self.replies.next(), if !self.replies.is_empty() => told,
        }
    }

    fn started(&mut self, reply: Arc<Reply>) -> Bytes {
        let meta = &reply.meta;
        let line = Line::Asked { asked: &meta.conversation_id, reply: &meta.message_id }.event();
        self.follow(reply);
        line
    }

    fn follow(&mut self, reply: Arc<Reply>) {
        self.followed.retain(|followed| !followed.log.position().1);
        if self.followed.iter().all(|followed| !Arc::ptr_eq(followed, &reply)) {
            self.followed.push(reply.clone());
            self.replies.push(told(self.chat.clone(), reply, self.splices).boxed());
        }
    }
}

/// Streams the events of a reply from its beginning to its end.
fn told(chat: Chat, reply: Arc<Reply>, splices: bool) -> impl Stream<Item = Told> + Send {
    stream::once(async move {
        let seam: Result<Seam, AppError> = async {
            let before = chat.written_before(&reply.meta).await?;
            Ok(Seam::after(&before, reply.known.clone()))
        }
        .await;
        match seam {
            Ok(seam) => Picture::new(chat, reply, seam, splices).events().left_stream(),
            // The reader reconnects, which reads the database again.
            Err(_) => stream::iter([None]).right_stream(),
        }
    })
    .flatten()
}

/// A cursor that renders a reply as blocks.
struct Picture {
    chat: Chat,
    reply: Arc<Reply>,
    follower: Follower,
    blocks: BlockStream,
    /// Number of withdrawn events at the last turn.
    withdrawn: u64,
    /// Whether the reader was told that no text arrives.
    waited: bool,
    not_before: Instant,
    ready: std::vec::IntoIter<PageEvent>,
}

impl Picture {
    fn new(chat: Chat, reply: Arc<Reply>, seam: Seam, splices: bool) -> Self {
        Self {
            chat,
            follower: Follower::new(&reply.log, 0),
            blocks: BlockStream::new(seam).with_splices(splices),
            withdrawn: 0,
            waited: false,
            not_before: Instant::now(),
            ready: Vec::new().into_iter(),
            reply,
        }
    }

    fn events(self) -> impl Stream<Item = Told> + Send {
        stream::unfold(self, |mut picture| async move {
            let event = picture.next().await?;
            let line = Line::Reply { reply: &picture.reply.meta.message_id, event: &event };
            Some((Some(line.event()), picture))
        })
    }

    async fn next(&mut self) -> Option<PageEvent> {
        loop {
            if let Some(event) = self.ready.next() {
                return Some(event);
            }
            if self.follower.has_ended() {
                return None;
            }
            self.follower.woken().await;
            tokio::time::sleep_until(self.not_before).await;
            self.not_before = Instant::now() + PACE;
            let mut events = self.turn();
            if let Some(PageEvent::End { status: Status::Complete, follow_ups, proposal, .. }) =
                events.last_mut()
            {
                let ReplyMeta { tenant_id, account_id, message_id, persona, .. } = &self.reply.meta;
                (*follow_ups, *proposal) = tokio::join!(
                    self.chat.follow_ups(tenant_id, persona, self.reply.grounded()),
                    self.chat.proposal(tenant_id, account_id, message_id),
                );
            }
            self.ready = events.into_iter();
        }
    }

    /// Returns what has changed since the last turn.
    fn turn(&mut self) -> Vec<PageEvent> {
        let Self { reply, follower, blocks, withdrawn, waited, .. } = self;
        follower.turn(|next| {
            let snapshot = reply.log.snapshot();
            let mut events = Vec::new();
            // Blocks replace each other by index, so a new reader needs no reset. A reply that
            // starts over needs one, because the reader may have more blocks than the new text.
            if snapshot.withdrawn != *withdrawn {
                *withdrawn = snapshot.withdrawn;
                blocks.restart();
                events.push(PageEvent::Reset {});
            }
            if snapshot.end.as_ref().is_some_and(End::is_cut) {
                blocks.cut_off();
            }
            events.extend(blocks.push(&snapshot.text, snapshot.end.is_some()));
            let wait = reply.log.wait().filter(|_| snapshot.end.is_none());
            events.extend(wait.filter(|_| !*waited).map(|seconds| PageEvent::Wait { seconds }));
            *waited = wait.is_some();
            let next = next.max(snapshot.events);
            events.extend(ended(reply, snapshot));
            (events, next)
        })
    }
}

/// Returns how the reply ended, if it has.
fn ended(reply: &Reply, snapshot: Snapshot) -> Option<PageEvent> {
    let end = snapshot.end?;
    let cut = end.finish_reason.as_deref() == Some("length");
    let shown = reply.meta.shows_reasoning.then(|| reply.log.reasoning().0);
    let reasoning = shown.as_deref().and_then(view::disclosure);
    let conflicts =
        reply.grounded().is_some_and(|it| it.grounding.count(grounding::State::Conflict) > 0);
    Some(PageEvent::End {
        status: end.status,
        failure: end.failure,
        cut,
        conflicts,
        follow_ups: Vec::new(),
        proposal: None,
        reasoning,
    })
}

//! A member who asks questions, and what they receive.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use csuite_load::Outcome;
use csuite_load::client::{Answer, Client, form, post, with_token};
use csuite_load::events::{Event, Events};
use http::header::COOKIE;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// A member with a token and a session. `server` may be the address of a proxy.
#[derive(Clone)]
pub struct Member {
    pub server: SocketAddr,
    pub cookie: String,
    pub token: String,
}

/// A question with a known reply: `w0 w1 …`, one word per token.
#[derive(Clone)]
pub struct Question {
    /// The `clientRequestId`.
    pub id: String,
    pub tokens: u64,
    text: String,
}

impl Question {
    /// `speed` is in tokens per second, 0 for all at once. `first` is the delay of the first token in
    /// milliseconds.
    pub fn new(rng: &mut StdRng, tokens: u64, speed: u32, first: u64) -> Self {
        let id = uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string();
        let text = format!("What now? #tokens={tokens} #speed={speed} #first={first}");
        Self { id, tokens, text }
    }

    /// Like [`Question::new`], but each word carries the time at which it was sent.
    pub fn stamped(rng: &mut StdRng, tokens: u64, speed: u32) -> Self {
        let plain = Self::new(rng, tokens, speed, 0);
        Self { text: format!("{} #stamp", plain.text), ..plain }
    }

    /// Returns the request body.
    pub fn body(&self) -> Value {
        json!({ "message": self.text, "clientRequestId": self.id })
    }

    /// Returns the complete reply.
    pub fn answer(&self) -> String {
        (0..self.tokens).map(|n| format!("w{n} ")).collect()
    }
}

impl Member {
    /// Returns the same member on another address.
    pub fn at(&self, server: SocketAddr) -> Self {
        Self { server, ..self.clone() }
    }

    /// Sends a question. Sending it again attaches to its reply.
    pub async fn send(&self, question: &Question) -> Outcome<Answer> {
        let call = post("/c-suite/ceo/chat", &self.token, &question.body())?;
        Client::connect(self.server).await?.send(call).await
    }

    /// Reads the events of a reply after event `after`.
    pub async fn follow(&self, message: &str, after: Option<u64>) -> Outcome<Answer> {
        let call = with_token(&format!("/c-suite/messages/{message}/events"), &self.token);
        let call = match after {
            // Half of the readers use the header, as browsers do, and half the parameter.
            Some(after) if after % 2 == 0 => call.header("last-event-id", after),
            Some(after) => call.uri(format!("/c-suite/messages/{message}/events?after={after}")),
            None => call,
        };
        Client::connect(self.server).await?.send(call.body(Full::default())?).await
    }

    pub async fn post(&self, path: &str) -> Outcome<Answer> {
        let call = post(path, &self.token, &json!({}))?;
        Client::connect(self.server).await?.send(call).await
    }

    /// Posts a form like a browser without JavaScript.
    pub async fn post_form(&self, function: &str, referer: &str, body: String) -> Outcome<Answer> {
        let mut call = form(&format!("/api/{function}"), referer, body)?;
        call.headers_mut().insert(COOKIE, HeaderValue::from_str(&self.cookie)?);
        Client::connect(self.server).await?.send(call).await
    }

    /// Returns the stored reply of a conversation with one question.
    pub async fn stored(&self, conversation: &str) -> Outcome<Stored> {
        let path = format!("/c-suite/conversations/{conversation}/messages");
        let call = with_token(&path, &self.token).body(Full::default())?;
        let list: Value =
            serde_json::from_slice(&Client::connect(self.server).await?.fetch(call).await?)?;
        let text = |message: usize, field: &str| {
            list["data"][message][field].as_str().unwrap_or_default().to_owned()
        };
        Ok(Stored { status: text(1, "status"), text: text(1, "content") })
    }
}

pub struct Stored {
    pub status: String,
    pub text: String,
}

/// Parses the body of a response as JSON; null if it is not JSON.
pub async fn json_of(answer: Answer) -> Outcome<Value> {
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

/// The ids in the first event. Receiving them acknowledges the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    pub conversation: String,
    pub message: String,
    pub question: String,
}

/// A reply as one reader received it, possibly over several connections.
#[derive(Default)]
pub struct Transcript {
    pub ids: Option<Ids>,
    /// Expected id of the next event.
    pub next: u64,
    /// Each chunk with its time of arrival.
    chunks: Vec<(Instant, String)>,
    /// Name and data of the last event.
    pub end: Option<(String, Value)>,
    /// Whether the last connection ended with the hint to reconnect.
    pub hinted: bool,
}

impl Transcript {
    /// Reads until the connection ends or breaks. Errors: a missing, duplicate or invalid event.
    pub async fn read(&mut self, answer: Answer) -> Outcome<()> {
        if answer.status() != StatusCode::OK {
            let status = answer.status();
            return Err(format!("answered {status}: {}", json_of(answer).await?).into());
        }
        let mut events = Events::new(answer.into_body());
        while let Ok(Some(event)) = events.next().await {
            self.take(&event, events.arrived)?;
        }
        self.hinted = events.hinted;
        Ok(())
    }

    fn take(&mut self, event: &Event, arrived: Instant) -> Outcome<()> {
        if event.id != Some(self.next) || self.end.is_some() {
            return Err(format!("event {:?} came where {} was due", event.id, self.next).into());
        }
        self.next += 1;
        let data: Value = serde_json::from_str(&event.data)?;
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        match event.name.as_str() {
            "start" => {
                self.ids = Some(Ids {
                    conversation: text("conversationId"),
                    message: text("messageId"),
                    question: text("userMessageId"),
                });
            }
            "chunk" => self.chunks.push((arrived, text("content"))),
            _ => self.end = Some((event.name.clone(), data)),
        }
        Ok(())
    }

    /// Returns the id of the last event, after which to resume.
    pub fn last(&self) -> Option<u64> {
        self.next.checked_sub(1)
    }

    pub fn text(&self) -> String {
        self.chunks.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Returns when the chunk after the first `bytes` of the text arrived.
    pub fn came_after(&self, bytes: usize) -> Option<Instant> {
        let mut length = 0;
        self.chunks.iter().find_map(|(at, text)| {
            length += text.len();
            (length > bytes).then_some(*at)
        })
    }

    /// Returns the milliseconds from stamp to arrival of each chunk that arrived after `since`.
    pub fn delays(&self, since: Instant) -> Vec<f64> {
        let now = (Instant::now(), SystemTime::now());
        let delay = |(arrived, text): &(Instant, String)| {
            let stamp: u64 = text.trim_end().split_once('@')?.1.parse().ok()?;
            let sent = UNIX_EPOCH + Duration::from_micros(stamp);
            // Convert to the system clock, which the stamps use.
            let arrived = now.1 - (now.0 - *arrived);
            Some(arrived.duration_since(sent).unwrap_or_default().as_secs_f64() * 1e3)
        };
        self.chunks.iter().filter(|(arrived, _)| *arrived > since).filter_map(delay).collect()
    }

    pub fn chunks(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Whether the reply completed.
    pub fn done(&self) -> bool {
        self.end.as_ref().is_some_and(|(name, _)| name == "done")
    }

    /// Whether the reader was told that the reply was interrupted.
    pub fn interrupted(&self) -> bool {
        self.end.as_ref().is_some_and(|(name, data)| {
            name == "error" && data["code"] == "SHUTTING_DOWN" && data["retryable"] == true
        })
    }
}

/// A question, and the reply as its first reader received it.
pub struct Asked {
    pub question: Question,
    pub seen: Transcript,
}

impl Asked {
    /// Asks, and reads until the reply ends or the connection breaks.
    pub async fn ask(member: &Member, question: Question) -> Outcome<Self> {
        let mut asked = Self { question, seen: Transcript::default() };
        // A server that dies before it responds has acknowledged nothing.
        if let Ok(answer) = member.send(&asked.question).await {
            asked.seen.read(answer).await?;
        }
        Ok(asked)
    }

    /// Repeats the question on a running server and reads the reply to its end.
    ///
    /// Errors: the reply differs from the first one, does not end, is not stored as read, is not a prefix
    /// of what was emitted, or is shorter than what its first reader received.
    pub async fn ask_again(&self, member: &Member) -> Outcome<Again> {
        let mut again = Transcript::default();
        let answer = member.send(&self.question).await?;
        let reading = again.read(answer);
        match tokio::time::timeout(Duration::from_secs(60), reading).await {
            Ok(read) => read?,
            Err(_) => return Err(format!("the answer to {} never ends", self.question.id).into()),
        }
        let Some(ids) = again.ids.clone() else { return Err("an answer without a start".into()) };
        if self.seen.ids.as_ref().is_some_and(|first| *first != ids) {
            return Err(format!("{:?} was answered twice: {ids:?}", self.seen.ids).into());
        }
        let stored = member.stored(&ids.conversation).await?;
        let told = match stored.status.as_str() {
            "complete" => again.done() && stored.text == self.question.answer(),
            "interrupted" => again.interrupted() && !self.seen.done(),
            _ => false,
        };
        if !told {
            return Err(
                format!("{} is {} and ended {:?}", ids.message, stored.status, again.end).into()
            );
        }
        if again.text() != stored.text || !self.question.answer().starts_with(&stored.text) {
            return Err(format!("{} is stored as {:?}", ids.message, stored.text).into());
        }
        Ok(Again {
            ids,
            chunks: again.chunks(),
            complete: stored.status == "complete",
            text: stored.text,
        })
    }
}

/// A reply as the second reader received it.
pub struct Again {
    pub ids: Ids,
    pub chunks: u64,
    pub complete: bool,
    pub text: String,
}

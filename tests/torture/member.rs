//! Somebody who asks, and what they saw.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use csuite_load::Outcome;
use csuite_load::client::{Answer, Client, form, post, with_token};
use csuite_load::events::{Event, Events};
use http::header::COOKIE;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// A member with a token and a session. `server` is where they turn to, which may be a proxy.
#[derive(Clone)]
pub struct Member {
    pub server: SocketAddr,
    pub cookie: String,
    pub token: String,
}

/// A question whose answer is known: `w0 w1 …`, one word a token.
#[derive(Clone)]
pub struct Question {
    /// The `clientRequestId`.
    pub id: String,
    pub tokens: u64,
    text: String,
}

impl Question {
    /// `speed` in tokens a second, 0 for all at once; `first` in milliseconds to the first one.
    pub fn new(rng: &mut StdRng, tokens: u64, speed: u32, first: u64) -> Self {
        let id = uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string();
        let text = format!("What now? #tokens={tokens} #speed={speed} #first={first}");
        Self { id, tokens, text }
    }

    /// As [`Question::new`], each word with the moment at which it was sent.
    pub fn stamped(rng: &mut StdRng, tokens: u64, speed: u32) -> Self {
        let plain = Self::new(rng, tokens, speed, 0);
        Self { text: format!("{} #stamp", plain.text), ..plain }
    }

    /// As it is sent.
    pub fn body(&self) -> Value {
        json!({ "message": self.text, "clientRequestId": self.id })
    }

    /// The whole answer.
    pub fn answer(&self) -> String {
        (0..self.tokens).map(|n| format!("w{n} ")).collect()
    }
}

impl Member {
    /// The same member, who turns to another address.
    pub fn at(&self, server: SocketAddr) -> Self {
        Self { server, ..self.clone() }
    }

    /// Sends a question; the same one again attaches to its answer.
    pub async fn send(&self, question: &Question) -> Outcome<Answer> {
        let call = post("/c-suite/ceo/chat", &self.token, &question.body())?;
        Client::connect(self.server).await?.send(call).await
    }

    /// Reads an answer's events behind number `after`.
    pub async fn follow(&self, message: &str, after: Option<u64>) -> Outcome<Answer> {
        let call = with_token(&format!("/c-suite/messages/{message}/events"), &self.token);
        let call = match after {
            // Half of the readers as a browser does, half as a program may.
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

    /// Posts a form as their browser without JavaScript does.
    pub async fn post_form(&self, function: &str, referer: &str, body: String) -> Outcome<Answer> {
        let mut call = form(&format!("/api/{function}"), referer, body)?;
        call.headers_mut().insert(COOKIE, HeaderValue::from_str(&self.cookie)?);
        Client::connect(self.server).await?.send(call).await
    }

    /// The answer of a conversation with one question, as it is stored.
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

/// The body of a response as JSON; null where it is none.
pub async fn json_of(answer: Answer) -> Outcome<Value> {
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

/// The ids that the first event tells: from here on the question counts as acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    pub conversation: String,
    pub message: String,
    pub question: String,
}

/// An answer as one reader saw it, maybe over many connections.
#[derive(Default)]
pub struct Transcript {
    pub ids: Option<Ids>,
    /// The number of the next event.
    pub next: u64,
    /// Each piece with the moment it came.
    chunks: Vec<(Instant, String)>,
    /// The last event's name and data.
    pub end: Option<(String, Value)>,
    /// The last connection ended with the hint to come back.
    pub hinted: bool,
}

impl Transcript {
    /// Reads on until the connection ends or breaks. Errors: an event that is missing, doubled or odd.
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

    /// Number of the last event, to go on behind.
    pub fn last(&self) -> Option<u64> {
        self.next.checked_sub(1)
    }

    pub fn text(&self) -> String {
        self.chunks.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// When the piece came that follows the first `bytes` of the text.
    pub fn came_after(&self, bytes: usize) -> Option<Instant> {
        let mut length = 0;
        self.chunks.iter().find_map(|(at, text)| {
            length += text.len();
            (length > bytes).then_some(*at)
        })
    }

    /// Milliseconds from the stamp of each stamped piece to its arrival, of those that came after `since`.
    pub fn delays(&self, since: Instant) -> Vec<f64> {
        let now = (Instant::now(), SystemTime::now());
        let delay = |(arrived, text): &(Instant, String)| {
            let stamp: u64 = text.trim_end().split_once('@')?.1.parse().ok()?;
            let sent = UNIX_EPOCH + Duration::from_micros(stamp);
            // Both on the calendar's clock, as the stamp is.
            let arrived = now.1 - (now.0 - *arrived);
            Some(arrived.duration_since(sent).unwrap_or_default().as_secs_f64() * 1e3)
        };
        self.chunks.iter().filter(|(arrived, _)| *arrived > since).filter_map(delay).collect()
    }

    pub fn chunks(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Whether the answer came to its own end.
    pub fn done(&self) -> bool {
        self.end.as_ref().is_some_and(|(name, _)| name == "done")
    }

    /// Whether it was told that the answer was cut off.
    pub fn interrupted(&self) -> bool {
        self.end.as_ref().is_some_and(|(name, data)| {
            name == "error" && data["code"] == "SHUTTING_DOWN" && data["retryable"] == true
        })
    }
}

/// A question and what its first reader saw of the answer.
pub struct Asked {
    pub question: Question,
    pub seen: Transcript,
}

impl Asked {
    /// Asks, and reads until the answer ends or the connection breaks.
    pub async fn ask(member: &Member, question: Question) -> Outcome<Self> {
        let mut asked = Self { question, seen: Transcript::default() };
        // A server that is dead before it answers has acknowledged nothing.
        if let Ok(answer) = member.send(&asked.question).await {
            asked.seen.read(answer).await?;
        }
        Ok(asked)
    }

    /// Asks the same again, of a server that lives, and reads to the end.
    ///
    /// Errors: another answer than the first time, an answer that does not end, one that is not stored
    /// as it was read, one that is no beginning of what was emitted, and one that holds less than its
    /// first reader had been shown.
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

/// An answer as it was found again.
pub struct Again {
    pub ids: Ids,
    pub chunks: u64,
    pub complete: bool,
    pub text: String,
}

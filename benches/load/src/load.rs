//! Asks questions of the server, or of the emulator directly, and checks the replies.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::Outcome;
use crate::client::{Call, Client, post};
use crate::events::{Event, Events};
use crate::world::{Member, Server, World};

/// The program that is asked.
#[derive(Clone)]
pub struct Target {
    pub addr: SocketAddr,
    /// The token for the server; `None` for the emulator, directly or through a relay.
    token: Option<String>,
    /// The messages of a prompt that the server sent, to ask the emulator the same.
    prompt: Option<Arc<Vec<Value>>>,
}

/// The requested reply: `tokens` deltas at `speed` per second, 0 for all at once.
#[derive(Clone, Copy)]
pub struct Pace {
    pub tokens: u64,
    pub speed: u32,
    pub words: Words,
}

/// The words of a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Each word includes the time at which it was sent.
    Stamped,
    /// Prose that cites numbers of the prompt, different for each question.
    Prose,
}

impl Pace {
    pub const fn stamped(tokens: u64, speed: u32) -> Self {
        Self { tokens, speed, words: Words::Stamped }
    }

    pub const fn prose(tokens: u64, speed: u32) -> Self {
        Self { tokens, speed, words: Words::Prose }
    }

    /// Returns a question that nobody asked before.
    fn question(self) -> String {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        let Self { tokens, speed, words } = self;
        let number = ASKED.fetch_add(1, Ordering::Relaxed);
        let words = match words {
            Words::Stamped => "#stamp",
            Words::Prose => "#prose",
        };
        format!(
            "What should we focus on in week {number}? #tokens={tokens} #speed={speed} #first=0 {words}"
        )
    }
}

/// A complete reply.
#[derive(Default)]
pub struct Reply {
    /// From sending the question to the first text.
    pub first: Duration,
    /// From each chunk's stamp to its arrival, in microseconds.
    pub delays: Vec<u64>,
    /// When the last event arrived.
    pub ended: Option<Instant>,
    /// The server's ids; empty for the emulator.
    pub conversation: String,
    pub message: String,
    pub text: String,
}

impl Target {
    pub fn emulator(world: &World) -> Self {
        Self { addr: world.emulator.addr, token: None, prompt: None }
    }

    /// The same through a relay at `addr`.
    pub fn through(self, addr: SocketAddr) -> Self {
        Self { addr, ..self }
    }

    pub fn server(server: &Server, member: &Member) -> Self {
        Self { addr: server.addr(), token: Some(member.token.clone()), prompt: None }
    }

    /// The emulator at `addr`, asked with this prompt instead of a short one.
    pub fn upstream(addr: SocketAddr, prompt: &Arc<Vec<Value>>) -> Self {
        Self { addr, token: None, prompt: Some(Arc::clone(prompt)) }
    }

    /// Builds the request for a question in a new conversation.
    fn call(&self, pace: Pace) -> Outcome<Call> {
        let question = pace.question();
        if let Some(token) = &self.token {
            return post("/c-suite/ceo/chat", token, &json!({ "message": question }));
        }
        let mut completion = completion(&question);
        if let Some(prompt) = &self.prompt {
            let mut messages = (**prompt).clone();
            messages.push(json!({ "role": "user", "content": question }));
            completion["messages"] = messages.into();
        }
        post("/v1/chat/completions", "bench", &completion)
    }
}

/// Builds a request similar to what the server sends upstream.
fn completion(question: &str) -> Value {
    json!({
        "model": "bench",
        "messages": [
            {"role": "system", "content": "You are the CEO of Crumb & Co. ".repeat(60)},
            {"role": "user", "content": question},
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 2_048,
    })
}

/// Asks a question and reads the reply. Errors: a reply that is not exactly as requested.
pub async fn ask(client: &mut Client, target: &Target, pace: Pace) -> Outcome<Reply> {
    let call = target.call(pace)?;
    send(client, target, pace, call, Instant::now()).await
}

/// Sends a question and reads the reply, whose first text counts from `due` on.
async fn send(
    client: &mut Client,
    target: &Target,
    pace: Pace,
    call: Call,
    due: Instant,
) -> Outcome<Reply> {
    let response = client.send(call).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("a question was answered {}", response.status()).into());
    }
    let mut events = Events::new(response.into_body());
    let stamped = pace.words == Words::Stamped;
    let mut check = Check { expected: pace.tokens, stamped, ..Check::default() };
    while let Some(event) = events.next().await? {
        let first = check.words == 0;
        match &target.token {
            Some(_) => check.server_event(&event, events.arrived_at)?,
            None => check.emulator_event(&event, events.arrived_at)?,
        }
        if first && check.words > 0 {
            check.reply.first = events.arrived - due;
        }
    }
    check.reply.ended = Some(events.arrived);
    check.finish()
}

/// Checks that every chunk of a reply arrives exactly once and in order.
#[derive(Default)]
struct Check {
    expected: u64,
    stamped: bool,
    events: u64,
    words: u64,
    done: bool,
    reply: Reply,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    conversation_id: String,
    message_id: String,
}

#[derive(Deserialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Upstream {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

impl Check {
    fn server_event(&mut self, event: &Event, arrived_at: u64) -> Outcome<()> {
        if event.id != Some(self.events) {
            return Err(format!("event {:?} came where {} was due", event.id, self.events).into());
        }
        self.events += 1;
        match event.name.as_str() {
            "start" => {
                let start: Start = serde_json::from_str(&event.data)?;
                self.reply.conversation = start.conversation_id;
                self.reply.message = start.message_id;
            }
            "chunk" => {
                let chunk: Content = serde_json::from_str(&event.data)?;
                self.text(&chunk.content, arrived_at)?;
            }
            "done" => self.done = true,
            other => return Err(format!("{other}: {}", event.data).into()),
        }
        Ok(())
    }

    fn emulator_event(&mut self, event: &Event, arrived_at: u64) -> Outcome<()> {
        if event.data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk: Upstream = serde_json::from_str(&event.data)?;
        for choice in chunk.choices {
            self.text(choice.delta.content.as_deref().unwrap_or_default(), arrived_at)?;
        }
        Ok(())
    }

    /// Counts a chunk. Checks words such as `w7@1700000000000000`.
    fn text(&mut self, text: &str, arrived_at: u64) -> Outcome<()> {
        self.reply.text.push_str(text);
        if !self.stamped {
            self.words += u64::from(!text.is_empty());
            return Ok(());
        }
        for word in text.split_whitespace() {
            let (index, stamp) = word
                .strip_prefix('w')
                .and_then(|word| word.split_once('@'))
                .and_then(|(index, stamp)| {
                    Some((index.parse::<u64>().ok()?, stamp.parse::<u64>().ok()?))
                })
                .ok_or_else(|| format!("{word:?} is no stamped word"))?;
            if index != self.words {
                return Err(format!("chunk {index} came where {} was due", self.words).into());
            }
            self.words += 1;
            self.reply.delays.push(arrived_at.saturating_sub(stamp));
        }
        Ok(())
    }

    fn finish(self) -> Outcome<Reply> {
        if !self.done || self.words != self.expected {
            let Self { words, expected, events, done, reply, .. } = self;
            return Err(format!(
                "{words} of {expected} chunks came in {events} events of answer {:?}, its end: {done}",
                reply.message
            )
            .into());
        }
        Ok(self.reply)
    }
}

/// A number of concurrent clients.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub clients: u32,
    /// The period over which the clients start, evenly spread.
    pub spread: Duration,
    /// Each client asks again until this time has passed; zero means one question each.
    pub lasting: Duration,
    pub pace: Pace,
}

/// Runs a crowd with one connection per client, and returns all replies.
pub async fn run(target: &Target, crowd: Crowd) -> Outcome<Vec<Reply>> {
    let mut clients = Vec::new();
    for _ in 0..crowd.clients {
        clients.push(Client::connect(target.addr).await?);
    }
    let target = Rc::new(target.clone());
    let begin = Instant::now();
    let tasks = LocalSet::new();
    let mut running = Vec::new();
    for (number, client) in (0..).zip(clients) {
        let wait = crowd.spread * number / crowd.clients;
        let target = Rc::clone(&target);
        running.push(tasks.spawn_local(async move {
            tokio::time::sleep(wait).await;
            ask_until(client, &target, crowd.pace, begin + crowd.lasting).await
        }));
    }
    tasks
        .run_until(async {
            let mut replies = Vec::new();
            for client in running {
                replies.extend(client.await??);
            }
            Ok(replies)
        })
        .await
}

async fn ask_until(
    mut client: Client,
    target: &Target,
    pace: Pace,
    end: Instant,
) -> Outcome<Vec<Reply>> {
    let mut replies = Vec::new();
    loop {
        replies.push(ask(&mut client, target, pace).await?);
        if Instant::now() >= end {
            return Ok(replies);
        }
    }
}

/// Questions that arrive at random times, however long earlier replies take.
#[derive(Clone, Copy)]
pub struct Arrivals {
    pub a_second: f64,
    pub lasting: Duration,
    pub pace: Pace,
}

impl Arrivals {
    /// Returns the same moments for every run: exponential gaps, as of many independent askers.
    fn moments(self) -> Vec<Duration> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut at = Duration::ZERO;
        let mut moments = Vec::new();
        while at < self.lasting {
            moments.push(at);
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            #[allow(clippy::cast_precision_loss)]
            let chance = (state >> 11) as f64 / (1_u64 << 53) as f64;
            at += Duration::from_secs_f64(-(1.0 - chance).ln() / self.a_second);
        }
        moments
    }
}

/// Asks at the moments of `arrivals` and returns all replies. Times count from when a question was due.
pub async fn run_open(target: &Target, arrivals: Arrivals) -> Outcome<Vec<Reply>> {
    let idle = Rc::new(RefCell::new(Vec::<Client>::new()));
    let target = Rc::new(target.clone());
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            let begin = Instant::now();
            let mut running = Vec::new();
            for moment in arrivals.moments() {
                let due = begin + moment;
                tokio::time::sleep_until(due.into()).await;
                let (target, idle) = (Rc::clone(&target), Rc::clone(&idle));
                running.push(tasks.spawn_local(async move {
                    let call = target.call(arrivals.pace)?;
                    let free = idle.borrow_mut().pop();
                    let mut client = match free {
                        Some(client) => client,
                        None => Client::connect(target.addr).await?,
                    };
                    let reply = send(&mut client, &target, arrivals.pace, call, due).await?;
                    idle.borrow_mut().push(client);
                    Outcome::Ok(reply)
                }));
            }
            let mut replies = Vec::new();
            for reply in running {
                replies.push(reply.await??);
            }
            Ok(replies)
        })
        .await
}

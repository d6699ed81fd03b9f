//! Tenants that load pages and ask questions during an attack.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use csuite_load::Outcome;
use csuite_load::client::{Client, get, post};
use futures_util::future::join_all;
use http::StatusCode;
use http::header::COOKIE;
use http_body_util::{BodyExt, Full};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::member::Member;
use crate::world::{Server, World};

/// Duration of the measurement before an attack.
pub const ALONE: Duration = Duration::from_secs(7);
const COUNT: u8 = 12;
const PAGE_EVERY: Duration = Duration::from_millis(300);
/// Below the default limit of ten questions a minute per business.
const SEND_EVERY: Duration = Duration::from_millis(6_300);
/// Timeout. A longer wait counts as an error.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Bystanders<'a> {
    server: &'a Server,
    all: Vec<(IpAddr, Member)>,
}

/// Response times in milliseconds, and errors.
#[derive(Default)]
pub struct Felt {
    pages: Vec<f64>,
    sends: Vec<f64>,
    pub errors: Vec<String>,
    /// Maximum resident memory of the server in bytes.
    pub most_memory: u64,
}

impl Felt {
    pub fn pages(&self) -> &[f64] {
        &self.pages
    }

    pub fn sends(&self) -> &[f64] {
        &self.sends
    }
}

impl<'a> Bystanders<'a> {
    /// Signs up the bystanders, each from its own address.
    pub async fn arrive(world: &World, server: &'a Server) -> Outcome<Self> {
        let mut all = Vec::new();
        for number in 1..=COUNT {
            let source = Ipv4Addr::new(127, 0, 9, number).into();
            let name = format!("bystander{number}");
            all.push((source, world.sign_up_from(source, server, &name).await?));
        }
        Ok(Self { server, all })
    }

    /// Measures the bystanders until `meanwhile` ends.
    pub async fn feel<T>(&self, meanwhile: impl Future<Output = T>) -> Outcome<(Felt, T)> {
        let (ended, _) = tokio::sync::watch::channel(false);
        let members = self.all.iter().enumerate().map(|(number, (source, member))| {
            let (source, ended) = (*source, ended.subscribe());
            let offset = SEND_EVERY * number as u32 / u32::from(COUNT);
            tokio::spawn(live(source, member.clone(), offset, ended))
        });
        let members: Vec<_> = members.collect();
        let watching = async {
            let mut most = 0;
            while !*ended.borrow() {
                most = most.max(self.server.process.resident()?);
                sleep(Duration::from_millis(50)).await;
            }
            Ok::<u64, csuite_load::Failure>(most)
        };
        let working = async {
            let result = meanwhile.await;
            ended.send_replace(true);
            result
        };
        let (most_memory, result) = tokio::join!(watching, working);
        let mut felt = Felt { most_memory: most_memory?, ..Felt::default() };
        for member in join_all(members).await {
            let one = member?;
            felt.pages.extend(one.pages);
            felt.sends.extend(one.sends);
            felt.errors.extend(one.errors);
        }
        Ok((felt, result))
    }
}

/// Loads pages and asks questions as one member until `ended`.
async fn live(
    source: IpAddr,
    member: Member,
    offset: Duration,
    mut ended: tokio::sync::watch::Receiver<bool>,
) -> Felt {
    let mut felt = Felt::default();
    let (mut pages, mut sends) = (
        interval(PAGE_EVERY),
        tokio::time::interval_at(tokio::time::Instant::now() + offset, SEND_EVERY),
    );
    pages.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sends.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ended.changed() => return felt,
            _ = sends.tick() => note(&mut felt.errors, &mut felt.sends, send(source, &member)).await,
            _ = pages.tick() => note(&mut felt.errors, &mut felt.pages, page(source, &member)).await,
        }
    }
}

async fn note(
    errors: &mut Vec<String>,
    times: &mut Vec<f64>,
    act: impl Future<Output = Outcome<Duration>>,
) {
    match tokio::time::timeout(PATIENCE, act).await {
        Ok(Ok(took)) => times.push(took.as_secs_f64() * 1e3),
        Ok(Err(error)) => errors.push(error.to_string()),
        Err(_) => errors.push(format!("no answer in {PATIENCE:?}")),
    }
}

/// Loads a page over a new connection. Returns the time until it has arrived.
async fn page(source: IpAddr, member: &Member) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut client = Client::connect_from(source, member.server).await?;
    let call = get("/dashboard").header(COOKIE, &member.cookie).body(Full::default())?;
    client.fetch(call).await?;
    Ok(begun.elapsed())
}

/// Asks a question and reads the reply to its end. Returns the time until the server accepted the
/// question.
async fn send(source: IpAddr, member: &Member) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut client = Client::connect_from(source, member.server).await?;
    let body = json!({ "message": "What now? #tokens=5 #speed=0" });
    let answer = client.send(post("/c-suite/ceo/chat", &member.token, &body)?).await?;
    let took = begun.elapsed();
    let status = answer.status();
    let events = answer.into_body().collect().await?.to_bytes();
    let is_whole = events.windows(11).any(|part| part == b"event: done");
    match status {
        StatusCode::OK if is_whole => Ok(took),
        _ => Err(format!("a question got {status}: {}", String::from_utf8_lossy(&events)).into()),
    }
}

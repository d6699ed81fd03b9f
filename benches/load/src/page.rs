//! The server-rendered chat page under an open loop: requests are sent at a fixed rate regardless of
//! earlier responses.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{ACCEPT_ENCODING, COOKIE};
use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use crate::Outcome;
use crate::client::{Call, Client, get, post};
use crate::events::Events;
use crate::report::{Report, Row, Target as Goal};
use crate::stats::{median, quantile};
use crate::world::{Member, Server, World};

const EXCHANGES: u32 = 25;
const PACE: Pace = Pace { a_second: 100, seconds: 10 };

/// The rate and duration of page requests.
#[derive(Clone, Copy)]
pub struct Pace {
    pub a_second: u32,
    pub seconds: u32,
}

pub async fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: the chat page with {} messages", EXCHANGES * 2);
    let server = world.server("page")?;
    let member = world.member(&server).await?;
    let path = format!("/chat/{}", converse(&server, &member).await?);
    let bytes = check_page(&server, &member, &path).await?;
    let before = server.process.cpu()?;
    let times = ask_steadily(server.addr(), &member, &path, PACE).await?;
    let used = (server.process.cpu()? - before).as_secs_f64() / f64::from(PACE.seconds);
    let name = format!("chat page with {} messages, {}/s, p99", EXCHANGES * 2, PACE.a_second);
    let note = format!(
        "median {:.2}, worst {:.2}; {} KB of HTML, sent compressed; {:.0} % of its core",
        median(&times),
        quantile(&times, 1.0),
        bytes / 1_000,
        used * 100.0
    );
    report.add(Row::new(name, Goal::AtMost(10.0), quantile(&times, 0.99), "ms").note(note));
    Ok(())
}

/// Creates a conversation with Markdown replies from the emulator, and returns its id.
async fn converse(server: &Server, member: &Member) -> Outcome<String> {
    let mut client = Client::connect(server.addr()).await?;
    let mut conversation: Option<String> = None;
    for number in 0..EXCHANGES {
        let mut body = json!({ "message": format!("{} #speed=0", question(number)) });
        if let Some(id) = &conversation {
            body["conversationId"] = id.as_str().into();
        }
        let response = client.send(post("/c-suite/ceo/chat", &member.token, &body)?).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("question {number} was answered {}", response.status()).into());
        }
        let mut events = Events::new(response.into_body());
        let mut last = String::new();
        while let Some(event) = events.next().await? {
            if event.name == "start" {
                let start: serde_json::Value = serde_json::from_str(&event.data)?;
                conversation = start["conversationId"].as_str().map(str::to_owned);
            }
            last = event.name;
        }
        if last != "done" {
            return Err(format!("answer {number} ended with {last}").into());
        }
    }
    conversation.ok_or_else(|| "no conversation began".into())
}

fn question(number: u32) -> String {
    format!("Bench question {number}: what should we focus on?")
}

/// Checks that the page contains the whole conversation, and returns its size in bytes.
async fn check_page(server: &Server, member: &Member, path: &str) -> Outcome<usize> {
    let mut client = Client::connect(server.addr()).await?;
    let call = get(path).header(COOKIE, &member.cookie).body(Full::default())?;
    let body = client.fetch(call).await?;
    let text = String::from_utf8_lossy(&body);
    match (0..EXCHANGES).find(|number| !text.contains(&question(*number))) {
        Some(missing) => Err(format!("the page lacks question {missing}").into()),
        None => Ok(body.len()),
    }
}

/// Returns the milliseconds from the time each request was due until its page had arrived.
pub async fn ask_steadily(
    addr: SocketAddr,
    member: &Member,
    path: &str,
    pace: Pace,
) -> Outcome<Vec<f64>> {
    let idle = Rc::new(RefCell::new(Vec::<Client>::new()));
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            let begin = Instant::now() + Duration::from_millis(100);
            let mut running = Vec::new();
            for number in 0..pace.a_second * pace.seconds {
                let due = begin + Duration::from_secs(1) * number / pace.a_second;
                sleep_until(due).await;
                let call = get(path)
                    .header(COOKIE, &member.cookie)
                    .header(ACCEPT_ENCODING, "gzip, deflate, br, zstd")
                    .body(Full::default())?;
                running.push(tasks.spawn_local(fetch(addr, Rc::clone(&idle), call, due)));
            }
            let mut times = Vec::new();
            for page in running {
                times.push(page.await??);
            }
            Ok(times)
        })
        .await
}

async fn fetch(
    addr: SocketAddr,
    idle: Rc<RefCell<Vec<Client>>>,
    call: Call,
    due: Instant,
) -> Outcome<f64> {
    let free = idle.borrow_mut().pop();
    let mut client = match free {
        Some(client) => client,
        None => Client::connect(addr).await?,
    };
    client.fetch(call).await?;
    let took = due.elapsed();
    idle.borrow_mut().push(client);
    Ok(took.as_secs_f64() * 1e3)
}

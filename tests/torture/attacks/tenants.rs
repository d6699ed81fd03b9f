//! Attacks by one business on the others.

use std::fmt::Write;
use std::time::{Duration, Instant};

use bytes::Bytes;
use csuite_load::Outcome;
use csuite_load::client::{get, post, with_token};
use futures_util::future::join_all;
use http::StatusCode;
use http::header::{CONTENT_TYPE, COOKIE};
use http_body_util::{BodyExt, Full};
use serde_json::{Map, Value, json};
use time::{Date, Duration as Days};
use tokio::io::AsyncWriteExt;

use super::{client, connection};
use crate::ensure;
use crate::member::Member;
use crate::world::{Server, World};

const LASTING: Duration = Duration::from_secs(10);

async fn attacker(world: &World, server: &Server) -> Outcome<Member> {
    world.sign_up(server, "attacker").await
}

/// Reads a list of the API with a cookie, over 16 connections.
pub async fn api_reads(world: &World, server: &Server) -> Outcome<String> {
    let member = attacker(world, server).await?;
    let (member, until) = (&member, Instant::now() + LASTING);
    let workers = (0..16).map(|_| async move {
        let mut client = client(server).await?;
        let (mut read, mut limited) = (0_u32, 0_u32);
        while Instant::now() < until {
            let call = get("/c-suite/conversations").header(COOKIE, &member.cookie);
            let answer = client.send(call.body(Full::default())?).await?;
            match answer.status() {
                StatusCode::OK => read += 1,
                _ => limited += 1,
            }
            answer.into_body().collect().await?;
        }
        Ok::<_, csuite_load::Failure>((read, limited))
    });
    let (mut read, mut limited) = (0, 0);
    for ended in join_all(workers).await {
        let (one, other) = ended?;
        (read, limited) = (read + one, limited + other);
    }
    // The limit is 100 requests in 15 minutes, one of which is returned every nine seconds.
    ensure!(read <= 102, "{read} reads of the API in {LASTING:?}");
    Ok(format!("reads with a cookie over 16 connections: {read} served, {limited} refused"))
}

/// Loads the whole history repeatedly.
pub async fn heavy_pages(world: &World, server: &Server) -> Outcome<String> {
    const LOOPS: usize = 24;
    let member = attacker(world, server).await?;
    import(server, &member, days(10_000)).await?;
    let (member, until) = (&member, Instant::now() + LASTING);
    let loops = (0..LOOPS).map(|_| async move {
        let mut client = client(server).await?;
        let mut loaded = 0_u32;
        while Instant::now() < until {
            let call = get("/analytics?range=all").header(COOKIE, &member.cookie);
            let answer = client.send(call.body(Full::default())?).await?;
            loaded += u32::from(answer.status() == StatusCode::OK);
            answer.into_body().collect().await?;
        }
        Ok::<u32, csuite_load::Failure>(loaded)
    });
    let mut loaded = 0;
    for ended in join_all(loops).await {
        loaded += ended?;
    }
    Ok(format!("{LOOPS} loops over the page of 10,000 days; {loaded} loaded"))
}

/// Imports as much as the strict rate limit allows, concurrently.
pub async fn imports(world: &World, server: &Server) -> Outcome<String> {
    const FILES: usize = 5;
    const DAYS: usize = 100_000;
    let member = attacker(world, server).await?;
    let file = days(DAYS);
    let begun = Instant::now();
    let imports = join_all((0..FILES).map(|_| import(server, &member, file.clone()))).await;
    let stored = imports.iter().filter(|import| import.is_ok()).count();
    ensure!(stored > 0, "no import succeeded: {:?}", imports.first());
    Ok(format!(
        "{FILES} files of {DAYS} days at once; {stored} imported in {:.1} s",
        begun.elapsed().as_secs_f64()
    ))
}

/// Starts uploads and never completes them.
pub async fn stalled_uploads(world: &World, server: &Server) -> Outcome<String> {
    const UPLOADS: usize = 40;
    const SENT: usize = 10_000_000;
    let member = attacker(world, server).await?;
    let head = format!(
        "POST /c-suite/analytics/import HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\ncontent-length: 50000000\r\n\r\n",
        member.token
    );
    let (part, begun) = (vec![b'x'; SENT], Instant::now());
    let mut held = Vec::new();
    for _ in 0..UPLOADS {
        let mut stream = connection(server).await?;
        stream.write_all(head.as_bytes()).await?;
        // The server may refuse an upload before all of it has arrived.
        let sent = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&part));
        let _ = sent.await;
        held.push(stream);
    }
    tokio::time::sleep(LASTING.saturating_sub(begun.elapsed())).await;
    Ok(format!("{UPLOADS} uploads that stop after {} MB", SENT / 1_000_000))
}

/// Sends bodies with tens of thousands of unknown fields, over 16 connections.
pub async fn many_faults(world: &World, server: &Server) -> Outcome<String> {
    let member = attacker(world, server).await?;
    let metrics: Map<String, Value> = (0..30_000).map(|n| (format!("m{n}"), n.into())).collect();
    let body = json!({ "date": "2026-11-01", "metrics": metrics });
    let (member, body, until) = (&member, &body, Instant::now() + LASTING);
    let workers = (0..16).map(|_| async move {
        let (mut all, mut largest) = (0_u32, 0);
        while Instant::now() < until {
            let mut client = client(server).await?;
            let answer = client.send(post("/c-suite/analytics", &member.token, body)?).await?;
            largest = answer.into_body().collect().await?.to_bytes().len().max(largest);
            all += 1;
        }
        Ok::<_, csuite_load::Failure>((all, largest))
    });
    let (mut all, mut largest) = (0, 0);
    for ended in join_all(workers).await {
        let (one, size) = ended?;
        (all, largest) = (all + one, largest.max(size));
    }
    ensure!(largest <= 64 * 1_024, "an error of {largest} bytes");
    Ok(format!("{all} bodies with 30,000 unknown metrics; errors of at most {largest} bytes"))
}

/// Opens far more of the page's feeds than one member may have.
pub async fn event_streams(world: &World, server: &Server) -> Outcome<String> {
    const STREAMS: usize = 240;
    let member = attacker(world, server).await?;
    let (mut held, mut opened) = (Vec::new(), 0);
    for _ in 0..STREAMS {
        let mut client = client(server).await?;
        let call = get("/chat/feed").header(COOKIE, &member.cookie).body(Full::default())?;
        let answer = client.send(call).await?;
        opened += usize::from(answer.status() == StatusCode::OK);
        held.push((client, answer));
    }
    tokio::time::sleep(LASTING).await;
    ensure!(opened < STREAMS, "all {opened} streams were opened");
    Ok(format!("{STREAMS} feeds of one member; {opened} opened"))
}

/// Asks questions that a tokenizer expands, under a budget of two cents.
pub async fn growing_questions(world: &World, server: &Server) -> Outcome<String> {
    let member = attacker(world, server).await?;
    let mut asked = 0;
    let begun = Instant::now();
    for _ in 0..10 {
        let body = json!({ "message": "\u{fb2c}".repeat(5_000) });
        let mut client = client(server).await?;
        let answer = client.send(post("/c-suite/ceo/chat", &member.token, &body)?).await?;
        asked += u32::from(answer.status() == StatusCode::OK);
        answer.into_body().collect().await?;
    }
    tokio::time::sleep(LASTING.saturating_sub(begun.elapsed())).await;
    Ok(format!("10 questions of 5,000 × U+FB2C under a budget of $0.02; {asked} answered"))
}

async fn import(server: &Server, member: &Member, file: Bytes) -> Outcome<()> {
    let call = with_token("/c-suite/analytics/import", &member.token).method("POST");
    let call = call.header(CONTENT_TYPE, "text/csv").body(Full::new(file))?;
    let mut client = client(server).await?;
    client.fetch(call).await?;
    Ok(())
}

/// Builds a file with `count` days up to 1 Nov 2026, no two of which have the same numbers.
fn days(count: usize) -> Bytes {
    let mut file = "date,sessions,users,conversions,revenue\n".to_owned();
    let last = Date::from_calendar_date(2026, time::Month::November, 1).unwrap_or(Date::MIN);
    for number in 0..count {
        let date = last - Days::days(number as i64);
        let _ = writeln!(
            file,
            "{:04}-{:02}-{:02},{},{},{},{}.5",
            date.year(),
            u8::from(date.month()),
            date.day(),
            number % 977 + 100,
            number % 499 + 50,
            number % 50,
            number % 9_973
        );
    }
    Bytes::from(file)
}

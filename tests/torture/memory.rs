//! Attacks on memory: for any input at any speed, resident memory stays below a limit during the
//! attacks, and is below it again afterwards.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use csuite_load::Outcome;
use csuite_load::client::{Client, form, post, with_token};
use csuite_load::people;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full};
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::member::Member;
use crate::world::{Server, World};
use crate::{Finding, Scale, ensure};

const UPLOADS: usize = 40;
/// Bytes sent of each stalled upload, and size of each whole file.
const FILE_BYTES: usize = 10_000_000;
const ERRORS: usize = 20;
const SIGN_INS: usize = 100;
/// Maximum size of an error's body.
const MOST_ERROR_BYTES: usize = 64 * 1024;
/// Returns the limit for resident memory in bytes, during and after the attacks: a base, plus the
/// hashing thread's blocks and the allocator's heaps for each core.
fn most_held() -> u64 {
    const BASE: u64 = 450_000_000;
    const A_CORE: u64 = 32_000_000;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    BASE + A_CORE * cores as u64
}

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let settings = [("MAX_UPLOADS", "4096"), ("MAX_UPLOADS_PER_BUSINESS", "4096")];
    let world = World::new(scale, "memory", &settings)?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let before = server.process.resident()?;
    let mut told = Vec::new();
    let mut note = |attack: &str, most: u64| -> Outcome<()> {
        told.push(format!("{attack} {:.0} MB", most as f64 / 1e6));
        ensure!(most <= most_held(), "{attack}: {most} bytes resident");
        Ok(())
    };
    note("stalled uploads", highest(&server, stall(&member)).await?)?;
    note("errors", highest(&server, provoke(&member)).await?)?;
    note("sign-ins", highest(&server, sign_in(member.server)).await?)?;
    note("imports", highest(&server, import(&member)).await?)?;
    let after = settled(&server).await?;
    ensure!(after <= most_held(), "{after} bytes resident after the attacks");
    Ok(Finding {
        done: format!(
            "{UPLOADS} stalled uploads, {ERRORS} requests with 30,000 faults, {SIGN_INS} sign-ins and {UPLOADS} imports at once"
        ),
        found: format!(
            "resident memory {:.0} MB before; at most: {}; {:.0} MB after",
            before as f64 / 1e6,
            told.join(", "),
            after as f64 / 1e6
        ),
    })
}

/// Returns the server's maximum resident memory in bytes while `attack` runs.
async fn highest(server: &Server, attack: impl Future<Output = Outcome<()>>) -> Outcome<u64> {
    let ended = Arc::new(AtomicBool::new(false));
    let watching = async {
        let mut most = 0;
        while !ended.load(Ordering::Relaxed) {
            most = most.max(server.process.resident()?);
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<u64, csuite_load::Failure>(most)
    };
    let attacking = async {
        let result = attack.await;
        ended.store(true, Ordering::Relaxed);
        result
    };
    let (most, attacked) = tokio::join!(watching, attacking);
    attacked?;
    most
}

/// Returns the resident memory in bytes as soon as it is within the limit, or after ten seconds.
async fn settled(server: &Server) -> Outcome<u64> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let resident = server.process.resident()?;
        if resident <= most_held() || Instant::now() > until {
            return Ok(resident);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Starts uploads of 50 MB that stall after [`FILE_BYTES`].
async fn stall(member: &Member) -> Outcome<()> {
    let head = format!(
        "POST /c-suite/analytics/import HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\ncontent-length: 50000000\r\n\r\n",
        member.token
    );
    let part = vec![b'x'; FILE_BYTES];
    let mut stalled = Vec::new();
    for _ in 0..UPLOADS {
        let mut stream = TcpStream::connect(member.server).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&part).await?;
        stalled.push(stream);
    }
    sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// Sends bodies with far more faults than an error can list.
async fn provoke(member: &Member) -> Outcome<()> {
    let metrics: Map<String, Value> = (0..30_000).map(|n| (format!("m{n}"), n.into())).collect();
    let body = json!({ "date": "2026-11-01", "metrics": metrics });
    let attempts = (0..ERRORS).map(|_| async {
        let call = post("/c-suite/analytics", &member.token, &body)?;
        let answer = Client::connect(member.server).await?.send(call).await?;
        ensure!(answer.status() == StatusCode::BAD_REQUEST, "faults got {}", answer.status());
        let bytes = answer.into_body().collect().await?.to_bytes().len();
        ensure!(bytes <= MOST_ERROR_BYTES, "an error of {bytes} bytes");
        Ok(())
    });
    all(attempts).await
}

async fn sign_in(server: SocketAddr) -> Outcome<()> {
    let attempts = (0..SIGN_INS).map(|_| async {
        let body = "email=owner%40torture.example&password=not-the-right-one-at-all";
        let call = form("/api/sign_in", "/signin", body.to_owned())?;
        let answer = Client::connect(server).await?.send(call).await?;
        // 503 is acceptable: the hashing queue may be full.
        ensure!(!answer.status().is_informational(), "no answer");
        Ok(())
    });
    all(attempts).await?;
    people::sign_up(server, "second@torture.example").await.map(|_| ())
}

/// Imports files that consist of one day and many empty lines.
async fn import(member: &Member) -> Outcome<()> {
    let mut file = b"date,sessions,users,conversions,revenue\n2026-11-01,1,1,1,1\n".to_vec();
    file.resize(FILE_BYTES, b'\n');
    let file = Bytes::from(file);
    let attempts = (0..UPLOADS).map(|_| async {
        let call = with_token("/c-suite/analytics/import", &member.token).method("POST");
        let call = call.header(CONTENT_TYPE, "text/csv").body(Full::new(file.clone()))?;
        let answer = Client::connect(member.server).await?.send(call).await?;
        ensure!(answer.status() == StatusCode::OK, "an import got {}", answer.status());
        Ok(())
    });
    all(attempts).await
}

/// Runs all attempts concurrently. Errors: the first failure.
async fn all(attempts: impl Iterator<Item = impl Future<Output = Outcome<()>>>) -> Outcome<()> {
    futures_util::future::try_join_all(attempts).await.map(|_| ())
}

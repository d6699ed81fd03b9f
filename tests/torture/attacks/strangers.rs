//! Attacks that need no account.

use std::time::{Duration, Instant};

use csuite_load::Outcome;
use csuite_load::client::{Call, form, get};
use csuite_load::people;
use futures_util::future::join_all;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::{client, connection};
use crate::ensure;
use crate::world::{Server, World};

const LASTING: Duration = Duration::from_secs(10);
const HEAD: &str = "POST /api/sign_in HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100000\r\n\r\n";

/// Sends the head of a form and never its body, over as many connections as possible.
pub async fn stalled_bodies(server: &Server) -> Outcome<String> {
    let mut held = Vec::new();
    for _ in 0..1_300 {
        if let Ok(mut stream) = connection(server).await {
            // The server may refuse a connection beyond the cap in any way.
            let _ = stream.write_all(HEAD.as_bytes()).await;
            held.push(stream);
        }
    }
    sleep(LASTING).await;
    Ok(format!("{} sockets from one address for {} s", held.len(), LASTING.as_secs()))
}

/// Sends bodies a byte at a time.
pub async fn slow_senders(server: &Server) -> Outcome<String> {
    let mut held = Vec::new();
    for _ in 0..1_000 {
        if let Ok(mut stream) = connection(server).await {
            let _ = stream.write_all(HEAD.as_bytes()).await;
            held.push(stream);
        }
    }
    let begun = Instant::now();
    while begun.elapsed() < LASTING {
        for stream in &mut held {
            // The server closes those that are too slow.
            let _ = stream.write_all(b"x").await;
        }
        sleep(Duration::from_millis(500)).await;
    }
    Ok("1,000 bodies of 2 bytes a second from one address".to_owned())
}

/// Signs up as fast as possible.
pub async fn sign_ups(world: &World, server: &Server) -> Outcome<String> {
    const TRIES: usize = 200;
    let tries = (0..TRIES).map(|number| async move {
        people::sign_up_over(client(server).await?, &format!("taken{number}@attack.example")).await
    });
    let made = join_all(tries).await.into_iter().filter(Result::is_ok).count();
    let stored = world.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'taken%'").await?;
    ensure!(made as i64 == stored && stored <= 5, "{stored} accounts were made");
    sleep(Duration::from_secs(2)).await;
    Ok(format!("{TRIES} sign-ups at once from one address; {made} accounts were made"))
}

/// Tries passwords as fast as possible.
pub async fn sign_ins(server: &Server) -> Outcome<String> {
    let refused = flood(server, 64, |number| {
        let email = format!("bystander{}%40torture.example", number % 12 + 1);
        let body = format!("email={email}&password=not-the-right-one-{number}");
        form("/api/sign_in", "/signin", body)
    });
    Ok(format!("passwords guessed over 64 connections: {}", refused.await))
}

/// Sends large forms that are refused.
pub async fn refused_forms(server: &Server) -> Outcome<String> {
    let text = "x".repeat(7_000);
    let sent = flood(server, 32, |_| {
        form(
            "/api/sign_up",
            "/signup",
            format!("name={text}&email=none&password=x&business_name={text}"),
        )
    });
    Ok(format!("forms of 14 KB over 32 connections: {}", sent.await))
}

/// Requests addresses that do not exist.
pub async fn unknown(server: &Server) -> Outcome<String> {
    let sent =
        flood(server, 64, |number| Ok(get(&format!("/none/{number}")).body(Full::default())?));
    Ok(format!("addresses that do not exist over 64 connections: {}", sent.await))
}

/// Requests addresses that do not exist over HTTP/2, with many concurrent requests on each
/// connection.
pub async fn unknown_over_http2(server: &Server) -> Outcome<String> {
    const CONNECTIONS: usize = 16;
    const AT_ONCE: usize = 128;
    let until = Instant::now() + LASTING;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (address, port) = (super::address(), server.addr().port());
    let mut workers = Vec::new();
    for _ in 0..CONNECTIONS {
        // A client uses one HTTP/2 connection.
        let client =
            reqwest::Client::builder().http2_prior_knowledge().local_address(address).build()?;
        workers.extend((0..AT_ONCE).map(|number| {
            let (client, url) = (client.clone(), format!("http://{address}:{port}/none/{number}"));
            async move {
                let (mut limited, mut all) = (0, 0);
                while Instant::now() < until {
                    let Ok(answer) = client.get(&url).send().await else { continue };
                    all += 1;
                    limited += usize::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
                }
                (limited, all)
            }
        }));
    }
    let ended = join_all(workers).await;
    let limited: usize = ended.iter().map(|(limited, _)| limited).sum();
    let all: usize = ended.iter().map(|(_, all)| all).sum();
    Ok(format!(
        "{AT_ONCE} requests at once on each of {CONNECTIONS} connections: {all} requests, {limited} of them refused by a limit"
    ))
}

/// Sends requests over `connections` from one address, sequentially on each. Returns a summary of
/// the outcomes.
async fn flood(
    server: &Server,
    connections: usize,
    call: impl Fn(usize) -> Outcome<Call>,
) -> String {
    let until = Instant::now() + LASTING;
    let call = &call;
    let workers = (0..connections).map(|worker| async move {
        let (mut limited, mut all) = (0, 0);
        while Instant::now() < until {
            let Ok(mut client) = client(server).await else {
                continue;
            };
            while Instant::now() < until {
                let Ok(call) = call(worker + connections * all) else { break };
                let Ok(answer) = client.send(call).await else { break };
                let status = answer.status();
                let _ = answer.into_body().collect().await;
                all += 1;
                limited += usize::from(matches!(
                    status,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                ));
            }
        }
        (limited, all)
    });
    let ended = join_all(workers).await;
    let limited: usize = ended.iter().map(|(limited, _)| limited).sum();
    let all: usize = ended.iter().map(|(_, all)| all).sum();
    format!("{all} requests, {limited} of them refused by a limit")
}

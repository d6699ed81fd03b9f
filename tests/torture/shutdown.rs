//! SIGTERM while replies stream, once and twice. Readers must be told to reconnect, and must find what they
//! had received.

use std::time::{Duration, Instant};

use csuite_load::Outcome;
use futures_util::{StreamExt, TryStreamExt, stream};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::member::{Again, Asked, Member, Question};
use crate::world::{Server, World};
use crate::{Finding, Scale, ensure};

/// Time limit for the server's exit.
const HANGS: Duration = Duration::from_secs(30);
/// Exit status of a server that received two signals.
const AT_ONCE: i32 = 130;

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let streams = if scale.long { 200 } else { 20 };
    let mut rng = scale.rng("shutdown");
    let world = World::new(scale, "shutdown", &[])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let (server, once) = in_order(&world, server, &member, streams, &mut rng).await?;
    let twice = at_once(&world, server, &member, streams, &mut rng, scale).await?;
    Ok(Finding {
        done: format!("SIGTERM under {streams} streams, once and twice; restart"),
        found: format!("once: {once}; twice: {twice}; 0 acknowledged lost"),
    })
}

/// One signal: every reader is told to reconnect, and no text that was shown is lost.
async fn in_order(
    world: &World,
    mut server: Server,
    member: &Member,
    streams: u32,
    rng: &mut StdRng,
) -> Outcome<(Server, String)> {
    let readers = ask(member.at(server.addr()), streams, rng).await;
    let told = Instant::now();
    server.process.terminate()?;
    let asked = all(readers).await?;
    let ended = server.process.ended_within(HANGS)?;
    ensure!(ended.is_some_and(|status| status.success()), "the server ended {ended:?}");
    let took = told.elapsed();
    let server = world.serve()?;
    let again = ask_again(&member.at(server.addr()), &asked).await?;
    for (asked, again) in asked.iter().zip(&again) {
        let message = &again.ids.message;
        ensure!(again.text.starts_with(&asked.seen.text()), "{message} lost what was shown");
        // A reader without a response has nothing to resume, and asks again.
        let answered = asked.seen.ids.is_some();
        let knows = asked.seen.hinted || asked.seen.end.is_some();
        ensure!(knows || !answered, "a reader of {message} was not told to come back");
    }
    let hinted = asked.iter().filter(|asked| asked.seen.hinted).count();
    let found = format!(
        "ended in {:.1} s (1 s of grace), {hinted} readers told to come back, {}",
        took.as_secs_f64(),
        summary(&again)
    );
    Ok((server, found))
}

/// Two signals: the server exits immediately, as in a crash.
async fn at_once(
    world: &World,
    mut server: Server,
    member: &Member,
    streams: u32,
    rng: &mut StdRng,
    scale: &Scale,
) -> Outcome<String> {
    let readers = ask(member.at(server.addr()), streams, rng).await;
    server.process.terminate()?;
    // The kernel merges signals that arrive together.
    sleep(Duration::from_millis(50)).await;
    let told = Instant::now();
    server.process.terminate()?;
    let asked = all(readers).await?;
    let ended = server.process.ended_within(HANGS)?;
    ensure!(ended.is_some_and(|status| status.code() == Some(AT_ONCE)), "it ended {ended:?}");
    let server = world.serve()?;
    let again = ask_again(&member.at(server.addr()), &asked).await?;
    for (asked, again) in asked.iter().zip(&again) {
        let lost = asked.seen.came_after(again.text.len());
        let lost = lost.map_or(Duration::ZERO, |came| told.saturating_duration_since(came));
        ensure!(lost <= scale.may_lose, "{} had been shown for {lost:?}", again.ids.message);
    }
    Ok(format!("ended at once, {}", summary(&again)))
}

/// Asks, and lets the replies run for a second.
async fn ask(member: Member, streams: u32, rng: &mut StdRng) -> Vec<JoinHandle<Outcome<Asked>>> {
    let mut readers = Vec::new();
    for _ in 0..streams {
        let (tokens, speed) = (rng.random_range(20..400), rng.random_range(40..200));
        let question = Question::new(rng, tokens, speed, 0);
        let member = member.clone();
        readers.push(tokio::spawn(async move { Asked::ask(&member, question).await }));
    }
    sleep(Duration::from_secs(1)).await;
    readers
}

async fn all(readers: Vec<JoinHandle<Outcome<Asked>>>) -> Outcome<Vec<Asked>> {
    let mut asked = Vec::new();
    for reader in readers {
        asked.push(reader.await??);
    }
    Ok(asked)
}

async fn ask_again(member: &Member, asked: &[Asked]) -> Outcome<Vec<Again>> {
    stream::iter(asked.iter().map(|asked| asked.ask_again(member))).buffered(64).try_collect().await
}

fn summary(again: &[Again]) -> String {
    let complete = again.iter().filter(|again| again.complete).count();
    format!("{complete} answers complete, {} interrupted with their text", again.len() - complete)
}

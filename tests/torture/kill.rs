//! `kill -9` at random moments. No acknowledged message may be lost or duplicated, and no reply may stream
//! forever. A complete reply is charged between what was delivered and what was emitted; an interrupted one
//! is charged for its saved text.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use csuite_load::Outcome;
use futures_util::{StreamExt, TryStreamExt, stream};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::Connection;
use tokio::time::sleep;

use crate::flushes::Flushes;
use crate::member::{Again, Asked, Member, Question};
use crate::world::World;
use crate::{Finding, Scale, ensure};

/// Time limit for ending replies of an earlier run after a start.
const ORPHANS_END: Duration = Duration::from_secs(5);

/// Time before a kill in which a flush may have delayed the last save.
const AROUND_KILL: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Tally {
    asked: usize,
    acknowledged: usize,
    cut: usize,
    /// Age of the oldest lost chunk at the time of the kill.
    most_lost: Duration,
    /// The slowest flush of the disk around a kill.
    slowest_flush: Duration,
    delivered: u64,
    charged: u64,
    emitted: u64,
}

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("kill");
    let world = World::new(scale, "kill", &[])?;
    let mut server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let mut tally = Tally::default();
    let flushes = Flushes::measure(world.folder())?;
    for _ in 0..scale.kills {
        let member = member.at(server.addr());
        let clients: Vec<_> = (0..scale.streams)
            .map(|_| StdRng::from_rng(&mut rng))
            .map(|rng| tokio::spawn(ask_until_dead(member.clone(), rng)))
            .collect();
        sleep(rng.random_range(Duration::from_millis(50)..scale.most_life)).await;
        let killed = Instant::now();
        server.process.kill()?;
        let mut asked = Vec::new();
        for client in clients {
            asked.append(&mut client.await??);
        }
        server = world.serve()?;
        orphans_end(&world).await?;
        let member = member.at(server.addr());
        let flush = flushes.slowest(killed - AROUND_KILL, killed);
        tally.slowest_flush = tally.slowest_flush.max(flush);
        // A save waits for the running commit and then for its own, so two flushes delay it.
        let may_lose = scale.may_lose + 2 * flush;
        check_cycle(&world, &member, &asked, killed, may_lose, &mut tally).await?;
    }
    check_counts(&world, &tally).await?;
    let Tally { asked, acknowledged, cut, most_lost, slowest_flush, delivered, charged, emitted } =
        tally;
    Ok(Finding {
        done: format!(
            "{} × kill -9 under {} streams; {asked} questions sent, each twice",
            scale.kills, scale.streams
        ),
        found: format!(
            "0 of {acknowledged} acknowledged lost, 0 doubled, {cut} answers cut off, interrupted and charged for the text that was saved, \
             at most the last {} ms of a text lost (slowest flush of the disk: {} ms); of the others tokens delivered {delivered} ≤ charged {charged} ≤ emitted {emitted}",
            most_lost.as_millis(),
            slowest_flush.as_millis()
        ),
    })
}

/// Asks questions sequentially until the server is gone.
async fn ask_until_dead(member: Member, mut rng: StdRng) -> Outcome<Vec<Asked>> {
    let mut all = Vec::new();
    sleep(Duration::from_millis(rng.random_range(0..400))).await;
    loop {
        let (tokens, speed) = (rng.random_range(1..150), rng.random_range(40..400));
        let first = rng.random_range(0..200);
        let question = Question::new(&mut rng, tokens, speed, first);
        let asked = Asked::ask(&member, question).await?;
        let ended = asked.seen.done();
        all.push(asked);
        if !ended {
            return Ok(all);
        }
    }
}

async fn orphans_end(world: &World) -> Outcome<()> {
    let started = Instant::now();
    while world.number("SELECT COUNT(*) FROM messages WHERE status = 'streaming'").await? > 0 {
        ensure!(started.elapsed() < ORPHANS_END, "answers of an earlier run stream for ever");
        sleep(Duration::from_millis(20)).await;
    }
    let held = world.number("SELECT COALESCE(SUM(held_micros + running), 0) FROM spending").await?;
    ensure!(held == 0, "{held} is held for answers that nobody writes");
    Ok(())
}

async fn check_cycle(
    world: &World,
    member: &Member,
    asked: &[Asked],
    killed: Instant,
    may_lose: Duration,
    tally: &mut Tally,
) -> Outcome<()> {
    let again: Vec<Again> = stream::iter(asked.iter().map(|asked| asked.ask_again(member)))
        .buffered(64)
        .try_collect()
        .await?;
    let mut emitted = HashMap::new();
    let answered = again.iter().filter(|again| again.chunks > 0);
    let conversations = answered.map(|again| again.ids.conversation.as_str());
    world.note_emitted(&mut emitted, conversations).await?;
    let mut database = world.database().await?;
    for (asked, again) in asked.iter().zip(&again) {
        let lost = asked.seen.came_after(again.text.len());
        let lost = lost.map_or(Duration::ZERO, |came| killed.saturating_duration_since(came));
        ensure!(
            lost <= may_lose,
            "{} had been shown for {lost:?} when the server was killed, and is lost (may be: {may_lose:?})",
            again.ids.message
        );
        let charged: Vec<(i64,)> = sqlx::query_as(
            "SELECT completion_tokens FROM ledger_entries WHERE message_id = $1 AND kind = 'settle'",
        )
        .bind(&again.ids.message)
        .fetch_all(&mut database)
        .await?;
        let [(charged,)] = charged[..] else {
            return Err(format!("{} was charged {} times", again.ids.message, charged.len()).into());
        };
        let charged = u64::try_from(charged)?;
        let emitted = emitted.get(&again.ids.conversation).copied().unwrap_or(0);
        // The upstream's token count is unknown for interrupted replies.
        let saved = tokens(&again.text)?;
        let is_fair = match again.complete {
            true => again.chunks <= charged && charged <= emitted,
            false => charged == saved,
        };
        ensure!(
            is_fair,
            "{}: delivered {}, charged {charged}, emitted {emitted}, saved {saved}",
            again.ids.message,
            again.chunks
        );
        tally.asked += 1;
        tally.acknowledged += usize::from(asked.seen.ids.is_some());
        tally.cut += usize::from(!again.complete);
        tally.most_lost = tally.most_lost.max(lost);
        if again.complete {
            tally.delivered += again.chunks;
            tally.charged += charged;
            tally.emitted += emitted;
        }
    }
    Ok(database.close().await?)
}

/// Counts tokens as the product does.
fn tokens(text: &str) -> Outcome<u64> {
    let encoding = tiktoken::get_encoding("qwen2").ok_or("no vocabulary")?;
    Ok(u64::try_from(encoding.count(text))?)
}

/// Checks that every question is stored once, with one reply.
async fn check_counts(world: &World, tally: &Tally) -> Outcome<()> {
    let asked = i64::try_from(tally.asked)?;
    for (what, sql) in [
        ("questions", "SELECT COUNT(*) FROM messages WHERE role = 'user'"),
        (
            "answers",
            "SELECT COUNT(DISTINCT client_request_id) FROM messages WHERE role = 'assistant'",
        ),
        ("messages, halved", "SELECT COUNT(*) / 2 FROM messages"),
        ("conversations", "SELECT COUNT(*) FROM conversations"),
        ("reservations", "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'reserve'"),
        ("settlements", "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'settle'"),
    ] {
        let stored = world.number(sql).await?;
        ensure!(stored == asked, "{asked} questions were asked, and {stored} {what} are stored");
    }
    let apart = "SELECT (SELECT SUM(cost_micros) FROM ledger_entries) - (SELECT SUM(cost_micros) FROM messages)";
    ensure!(world.number(apart).await? == 0, "ledger and messages tell other costs");
    Ok(())
}

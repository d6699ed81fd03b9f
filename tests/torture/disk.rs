//! The disk is full, or another process locks the database, while replies stream. Members must get an
//! error, no acknowledged message may be lost, and replies must continue when writes work again.

use std::process::Command;
use std::time::Duration;

use csuite_load::Outcome;
use http::StatusCode;
use rand::rngs::StdRng;
use sqlx::Connection;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::member::{Asked, Member, Question, json_of};
use crate::world::{Server, World};
use crate::{Finding, Scale, ensure};

/// How long writes fail while replies run; some of the replies end in that time.
const SHORTLY: Duration = Duration::from_secs(2);
/// Longer than SQLite's busy timeout.
const LONGER: Duration = Duration::from_secs(8);

/// Tests a full disk.
pub async fn prove_full(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("full");
    let world = World::new(scale, "full", &[])?;
    let server = world.serve_on_a_disk_that_can_be_full()?;
    let member = world.sign_up(&server, "owner").await?;
    let readers = ask(&member, &mut rng).await;
    set_room(&server, false)?;
    let refused = Question::new(&mut rng, 5, 0, 0);
    is_refused(&member, &refused).await?;
    sleep(SHORTLY).await;
    set_room(&server, true)?;
    let streams = all_done(&member, readers).await?;
    Asked::ask(&member, refused).await?.ask_again(&member).await?;
    ensure!(questions(&world).await? == streams + 1, "a question was lost or doubled");
    let mut found = format!(
        "a send got 503 DATABASE_UNAVAILABLE and passed later, {streams} running answers went on and are stored whole"
    );
    if scale.long {
        let told = full_to_the_end(&world, server, &member, &mut rng).await?;
        found += &format!("; full for good, then kill -9: {told}");
    }
    Ok(Finding { done: "disk full for 2 s in mid-stream".into(), found })
}

/// Keeps the disk full until the server gives up storing the ends of replies, then kills the server.
async fn full_to_the_end(
    world: &World,
    server: Server,
    member: &Member,
    rng: &mut StdRng,
) -> Outcome<String> {
    let readers = ask(member, rng).await;
    set_room(&server, false)?;
    let mut asked = Vec::new();
    for reader in readers {
        let reader = reader.await??;
        let told = reader.seen.end.as_ref().map(|(name, data)| (name.as_str(), &data["code"]));
        ensure!(
            told.is_some_and(|(name, code)| name == "error" && code == "DATABASE_UNAVAILABLE"),
            "an answer whose end could not be stored ended {told:?}"
        );
        asked.push(reader);
    }
    server.process.kill()?;
    let server = world.serve()?;
    let member = member.at(server.addr());
    for asked in &asked {
        let again = asked.ask_again(&member).await?;
        ensure!(!again.complete && !again.text.is_empty(), "{} is lost", again.ids.message);
    }
    Ok(format!("{} members told, their answers interrupted with their text", asked.len()))
}

/// Tests a database that is locked by another process.
pub async fn prove_locked(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("locked");
    let world = World::new(scale, "locked", &[])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let readers = ask(&member, &mut rng).await;
    let mut other = world.database().await?;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await?;
    let question = Question::new(&mut rng, 5, 0, 0);
    let waiting = {
        let (member, question) = (member.clone(), question.clone());
        tokio::spawn(async move { member.send(&question).await })
    };
    let held = if scale.long { LONGER } else { SHORTLY };
    sleep(held).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await?;
    other.close().await?;
    let answer = waiting.await??;
    let told = answer.status();
    let fits = if scale.long { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    ensure!(told == fits, "a send was answered {told}: {}", json_of(answer).await?);
    let streams = all_done(&member, readers).await?;
    Asked::ask(&member, question).await?.ask_again(&member).await?;
    ensure!(questions(&world).await? == streams + 1, "a question was lost or doubled");
    Ok(Finding {
        done: format!(
            "database locked by another connection for {} s in mid-stream",
            held.as_secs()
        ),
        found: format!(
            "a send meanwhile was answered {told} and is stored once; {streams} running answers went on and are stored whole"
        ),
    })
}

/// Starts replies of which half end within a second, and half later.
async fn ask(member: &Member, rng: &mut StdRng) -> Vec<JoinHandle<Outcome<Asked>>> {
    let mut readers = Vec::new();
    for (tokens, speed) in
        [(60, 60), (80, 80), (100, 100), (60, 80), (150, 40), (200, 50), (180, 60), (240, 60)]
    {
        let question = Question::new(rng, tokens, speed, 0);
        let member = member.clone();
        readers.push(tokio::spawn(async move { Asked::ask(&member, question).await }));
    }
    sleep(Duration::from_millis(500)).await;
    readers
}

async fn is_refused(member: &Member, question: &Question) -> Outcome<()> {
    let answer = member.send(question).await?;
    let status = answer.status();
    let body = json_of(answer).await?;
    ensure!(
        status == StatusCode::SERVICE_UNAVAILABLE && body["code"] == "DATABASE_UNAVAILABLE",
        "a send that could not be stored was answered {status}: {body}"
    );
    Ok(())
}

/// Checks that every reader received a complete reply and that it is stored. Returns their number.
async fn all_done(member: &Member, readers: Vec<JoinHandle<Outcome<Asked>>>) -> Outcome<i64> {
    let mut count = 0;
    for reader in readers {
        let asked = reader.await??;
        ensure!(asked.seen.done(), "an answer ended {:?}", asked.seen.end);
        let again = asked.ask_again(member).await?;
        ensure!(again.complete, "{} is not complete", again.ids.message);
        count += 1;
    }
    Ok(count)
}

async fn questions(world: &World) -> Outcome<i64> {
    world.number("SELECT COUNT(*) FROM messages WHERE role = 'user'").await
}

/// Allows or forbids the server's files to grow. A file size limit of the process fails writes like a full
/// disk, needs no privileges, and can be changed from outside.
fn set_room(server: &Server, room: bool) -> Outcome<()> {
    let limit = if room { "--fsize=unlimited:" } else { "--fsize=1:" };
    let id = server.process.id().to_string();
    let set = Command::new("prlimit").args(["--pid", &id, limit]).status()?;
    if set.success() { Ok(()) } else { Err("prlimit could not set a limit".into()) }
}

//! Stalled readers next to live ones. The server must drop the stalled ones, and they must not delay the
//! live ones.

use std::time::{Duration, Instant};

use csuite_load::Outcome;
use csuite_load::stats::quantile;
use rand::rngs::StdRng;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::member::{Asked, Ids, Member, Question, Transcript};
use crate::world::{Server, World};
use crate::{Finding, Scale, ensure};

const STALLED: usize = 500;
const LIVE: u32 = 50;
/// Time limit for dropping stalled readers.
const GONE: Duration = Duration::from_secs(30);
/// Duration of each of the two rounds in seconds.
const ROUND: u32 = 30;
/// Time until all live readers are reading.
const SETTLE: Duration = Duration::from_secs(3);
const SPEED: u32 = 50;
/// Tokens, and tokens per second, of the reply that the stalled readers request. It runs through both
/// rounds, and already exceeds every buffer when they connect.
const LONG: (u64, u32) = (130_000, 1_500);

pub async fn prove(scale: &Scale) -> Outcome<Finding> {
    let mut rng = scale.rng("stalled");
    let world = World::new(scale, "stalled", &[("FIREWORKS_MAX_TOKENS", "131072")])?;
    let server = world.serve()?;
    let member = world.sign_up(&server, "owner").await?;
    let ids = begin(&member, &mut rng).await?;

    let live = read(&member, &mut rng);
    sleep(SETTLE).await;
    let alone = delays(live, Instant::now()).await?;

    let live = read(&member, &mut rng);
    sleep(SETTLE).await;
    let (files, before) = (server.process.open_files()?, server.process.resident()?);
    let stalled = stall_all(&member, &ids).await?;
    let opened = Instant::now();
    let watching = tokio::spawn(watch(server, files));
    let beside = delays(live, opened + SETTLE).await?;
    let (server, gone, most) = watching.await??;
    ensure!(gone - opened <= GONE, "stalled readers stayed for {:?}", gone - opened);
    drop(stalled);

    // The allocator may keep freed memory, but must be able to reuse it.
    let files = server.process.open_files()?;
    let stalled = stall_all(&member, &ids).await?;
    let (server, _, again) = watch(server, files).await?;
    drop(stalled);
    let after = server.process.resident()?;
    ensure!(again <= most + most / 10, "memory grew from {most} to {again} bytes");
    let held = most.saturating_sub(before) as f64 / 1e3 / STALLED as f64;
    ensure!(held <= 64.0, "{held:.0} KB were held for each stalled reader");
    let (alone, beside) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    Ok(Finding {
        done: format!("{STALLED} readers that take nothing beside {LIVE} live ones"),
        found: format!(
            "the stalled ones are gone after {:.0} s; {held:.0} KB held for each; resident memory \
             {:.0} MB before, {:.0} at most, {:.0} at most under as many again, {:.0} after; p99 delay of a chunk for the live ones \
             {alone:.2} ms without, {beside:.2} ms with the stalled ones ({:+.0} %)",
            (gone - opened).as_secs_f64(),
            before as f64 / 1e6,
            most as f64 / 1e6,
            again as f64 / 1e6,
            after as f64 / 1e6,
            (beside / alone - 1.0) * 100.0
        ),
    })
}

/// Starts the live readers, each with its own reply.
fn read(member: &Member, rng: &mut StdRng) -> Vec<JoinHandle<Outcome<Asked>>> {
    let reader = |_| {
        let question = Question::stamped(rng, (SPEED * ROUND).into(), SPEED);
        let member = member.clone();
        tokio::spawn(async move { Asked::ask(&member, question).await })
    };
    (0..LIVE).map(reader).collect()
}

/// Returns the milliseconds from stamp to arrival of each chunk that arrived after `since`.
async fn delays(readers: Vec<JoinHandle<Outcome<Asked>>>, since: Instant) -> Outcome<Vec<f64>> {
    let mut delays = Vec::new();
    for reader in readers {
        let seen = reader.await??.seen;
        ensure!(seen.done(), "a live reader's answer ended {:?}", seen.end);
        delays.extend(seen.delays(since));
    }
    Ok(delays)
}

/// Starts the long reply and disconnects.
async fn begin(member: &Member, rng: &mut StdRng) -> Outcome<Ids> {
    let question = Question::new(rng, LONG.0, LONG.1, 0);
    let mut seen = Transcript::default();
    let answer = member.send(&question).await?;
    let reading = seen.read(answer);
    // The reply continues without a reader.
    let _ = tokio::time::timeout(Duration::from_millis(500), reading).await;
    seen.ids.ok_or_else(|| "an answer without a start".into())
}

async fn stall_all(member: &Member, ids: &Ids) -> Outcome<Vec<TcpStream>> {
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(stall(member, ids).await?);
    }
    Ok(stalled)
}

/// Requests the reply without reading from the socket.
async fn stall(member: &Member, ids: &Ids) -> Outcome<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4 * 1_024)?;
    let mut stream = socket.connect(member.server).await?;
    let Ids { message, .. } = ids;
    let request = format!(
        "GET /c-suite/messages/{message}/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        member.token
    );
    stream.write_all(request.as_bytes()).await?;
    ensure!(SockRef::from(&stream).recv_buffer_size()? <= 16 * 1_024, "the buffer is too large");
    Ok(stream)
}

/// Polls the server until the stalled readers were connected and are gone, by its number of open files.
/// Returns the time and the maximum of resident memory.
async fn watch(server: Server, files: usize) -> Outcome<(Server, Instant, u64)> {
    let (limit, mut most) = (Instant::now() + 2 * GONE, 0);
    let mut seen_all = false;
    loop {
        most = most.max(server.process.resident()?);
        let open = server.process.open_files()?;
        let gone = open <= files + 10;
        seen_all |= open >= files + STALLED;
        if seen_all && gone {
            return Ok((server, Instant::now(), most));
        }
        ensure!(Instant::now() < limit, "{open} files are open, of {files} before");
        sleep(Duration::from_millis(100)).await;
    }
}

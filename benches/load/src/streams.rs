//! The overhead of the server on streams: time to the first token, delay per chunk, and processor time per
//! chunk.

use std::time::Duration;

use crate::Outcome;
use crate::load::{Crowd, Pace, Reply, Target, run};
use crate::report::{Report, Row, Target as Goal};
use crate::stats::{median, quantile};
use crate::world::{Server, World};

/// Number of alternating rounds on emulator and server. The median of the rounds is reported.
const ROUNDS: usize = 3;
const SPEED: u32 = 50;

/// The same quantile of both, in milliseconds.
#[derive(Clone, Copy)]
struct Pair {
    alone: f64,
    through: f64,
}

/// Measures the added time to the first text of a reply.
pub async fn measure_first_texts(world: &World, report: &mut Report) -> Outcome<()> {
    let both = Both::new(world, "first").await?;
    for (clients, tokens) in [(1, 5), (8, 10), (64, 50)] {
        both.first_text(clients, tokens, report).await?;
    }
    Ok(())
}

/// Measures the added delay and the processor time per chunk.
pub async fn measure_chunks(world: &World, report: &mut Report) -> Outcome<()> {
    let both = Both::new(world, "chunks").await?;
    both.chunks(64, Goal::AtMost(2.0), report).await?;
    both.chunks(256, Goal::AtMost(10.0), report).await
}

/// The emulator alone, and the server in front of it.
struct Both {
    alone: Target,
    through: Target,
    server: Server,
}

impl Both {
    async fn new(world: &World, name: &str) -> Outcome<Self> {
        let server = world.server(name)?;
        let member = world.member(&server).await?;
        let through = Target::server(&server, &member);
        Ok(Self { alone: Target::emulator(world), through, server })
    }

    async fn first_text(&self, clients: u32, tokens: u64, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: time to first token, {clients} streams");
        let crowd = Crowd {
            clients,
            spread: Duration::from_secs(1),
            lasting: Duration::from_secs(4),
            pace: Pace::stamped(tokens, SPEED),
        };
        self.warm_up(crowd).await?;
        let (mut medians, mut tails) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let alone = firsts(&run(&self.alone, crowd).await?);
            let through = firsts(&run(&self.through, crowd).await?);
            medians.push(Pair::of(&alone, &through, 0.5));
            tails.push(Pair::of(&alone, &through, 0.99));
        }
        let name = |what| format!("added time to first token, {}, {what}", streams(clients));
        report.add(Pair::row(name("median"), Goal::AtMost(1.0), &medians));
        report.add(Pair::row(name("p99"), Goal::AtMost(5.0), &tails));
        Ok(())
    }

    /// Measures the p99 delay of chunks and the processor time per chunk. The latter has a target with 64
    /// streams only.
    async fn chunks(&self, clients: u32, goal: Goal, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: delay of a chunk, {clients} streams of {SPEED} tokens a second");
        let crowd = Crowd {
            clients,
            spread: Duration::from_secs(1),
            lasting: Duration::ZERO,
            pace: Pace::stamped(250, SPEED),
        };
        self.warm_up(crowd).await?;
        let (mut tails, mut costs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let alone = delays(&run(&self.alone, crowd).await?);
            let before = self.server.process.cpu()?;
            let through = delays(&run(&self.through, crowd).await?);
            let used = self.server.process.cpu()? - before;
            tails.push(Pair::of(&alone, &through, 0.99));
            #[allow(clippy::cast_precision_loss)]
            costs.push(used.as_secs_f64() * 1e6 / through.len() as f64);
        }
        let name = format!("added delay of a chunk, {}, p99", streams(clients));
        report.add(Pair::row(name, goal, &tails));
        let goal = if clients == 64 { Goal::AtMost(30.0) } else { Goal::None };
        let name = format!("processor time of a chunk, {}", streams(clients));
        report.add(Row::new(name, goal, median(&costs), "µs"));
        Ok(())
    }

    /// Opens the connections between server and emulator, and warms caches.
    async fn warm_up(&self, crowd: Crowd) -> Outcome<()> {
        let pace = Pace { tokens: 25, ..crowd.pace };
        let short = Crowd { spread: Duration::ZERO, lasting: Duration::ZERO, pace, ..crowd };
        run(&self.alone, short).await?;
        run(&self.through, short).await?;
        Ok(())
    }
}

impl Pair {
    fn of(alone: &[f64], through: &[f64], share: f64) -> Self {
        Self { alone: quantile(alone, share), through: quantile(through, share) }
    }

    /// Builds a row from the medians over all rounds.
    fn row(name: String, goal: Goal, rounds: &[Self]) -> Row {
        let over = |value: fn(&Self) -> f64| median(&rounds.iter().map(value).collect::<Vec<_>>());
        let note = format!(
            "{:.2} through the server, {:.2} from the emulator itself",
            over(|pair| pair.through),
            over(|pair| pair.alone)
        );
        Row::new(name, goal, over(|pair| pair.through - pair.alone), "ms").note(note)
    }
}

fn streams(clients: u32) -> String {
    if clients == 1 { "1 stream".to_owned() } else { format!("{clients} streams") }
}

/// Returns the milliseconds to the first text.
fn firsts(replies: &[Reply]) -> Vec<f64> {
    replies.iter().map(|reply| reply.first.as_secs_f64() * 1e3).collect()
}

/// Returns the milliseconds from each chunk's stamp to its arrival.
#[allow(clippy::cast_precision_loss)]
fn delays(replies: &[Reply]) -> Vec<f64> {
    replies.iter().flat_map(|reply| &reply.delays).map(|micros| *micros as f64 / 1e3).collect()
}

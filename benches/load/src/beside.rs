//! The server beside nginx, which relays the same upstream on the same core: what storing, charging and
//! grounding replies adds to moving their bytes.
//!
//! Both get the same prompts and the same random arrivals, in turns. Ratios are comparable between machines,
//! the figures themselves are not.

#![allow(clippy::cast_precision_loss)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::Method;
use hyper::header::CONTENT_TYPE;
use serde_json::json;
use tokio::time::sleep;

use crate::Outcome;
use crate::client::{Client, with_token};
use crate::load::{Arrivals, Crowd, Pace, Reply, Target, ask, run, run_open};
use crate::memory::{megabytes, of_a_further_stream};
use crate::nginx;
use crate::numbers::{import, sheet, until_insights};
use crate::process::Program;
use crate::replies::check_stored;
use crate::report::{Report, Row, Target as Goal};
use crate::stats::{median, quantile};
use crate::world::{Member, SERVER_CORE, Server, World};

const ROUNDS: usize = 3;
const SPEED: u32 = 50;
const STREAMS: u32 = 256;
/// Words of a long reply, five seconds of it.
const LONG: u64 = 250;
/// Words of a short reply.
const SHORT: u64 = 8;
/// How long short replies are asked for without a pause, and for how long questions arrive.
const LASTING: Duration = Duration::from_secs(5);
const BUSY: Duration = Duration::from_secs(8);
/// Time after which memory that is going to be returned has been.
const SETTLE: Duration = Duration::from_secs(5);

pub async fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: beside nginx");
    let server = world.server("beside")?;
    let member = world.member(&server).await?;
    give_facts(&server, &member).await?;
    let through = Target::server(&server, &member);
    let mut client = Client::connect(through.addr).await?;
    let first = ask(&mut client, &through, Pace::prose(SHORT, 0)).await?;
    let prompt = Arc::new(world.prompt(&server, &first.message)?);
    let nginx = nginx::start(&world.folder().join("nginx"), SERVER_CORE, world.emulator.addr)?;
    let sides = Sides {
        alone: Target::upstream(world.emulator.addr, &prompt),
        relayed: Target::upstream(nginx.addr, &prompt),
        through,
        server,
        nginx,
    };
    sides.warm_up().await?;
    sides.chunks(report).await?;
    sides.short_replies(&member, report).await?;
    sides.first_texts(report).await?;
    sides.first_texts_under_load(report).await?;
    drop(sides);
    memory(world, report).await
}

/// Gives the business a profile, a year of numbers and their insights, so that prompts hold facts.
async fn give_facts(server: &Server, member: &Member) -> Outcome<()> {
    let profile = json!({
        "industry": "Bakery",
        "size": "2–5",
        "goals": ["Open a second shop by spring", "Sell out by six on weekdays"],
        "sells": "Bread, pastries and coffee, over the counter and to twelve restaurants",
        "customers": "Families within ten minutes on foot, and offices for breakfast",
        "challenges": "Flour prices, and nobody to bake on Sundays",
    });
    let call = with_token("/c-suite/profile", &member.token)
        .method(Method::PUT)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(profile.to_string()))?;
    Client::connect(server.addr()).await?.fetch(call).await?;
    import(server, member, sheet(400, 0)).await?;
    until_insights(server, member).await?;
    Ok(())
}

/// The same upstream: directly, relayed by nginx, and through the server.
struct Sides {
    alone: Target,
    relayed: Target,
    through: Target,
    server: Server,
    nginx: Program,
}

impl Sides {
    async fn warm_up(&self) -> Outcome<()> {
        let pace = Pace::prose(25, SPEED);
        let none = Duration::ZERO;
        let crowd = Crowd { clients: STREAMS, spread: none, lasting: none, pace };
        for target in [&self.alone, &self.relayed, &self.through] {
            run(target, crowd).await?;
        }
        Ok(())
    }

    /// Measures the processor time of a chunk of long replies.
    async fn chunks(&self, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: {STREAMS} streams of prose");
        let crowd = Crowd {
            clients: STREAMS,
            spread: Duration::from_secs(2),
            lasting: Duration::ZERO,
            pace: Pace::prose(LONG, SPEED),
        };
        let (mut own, mut relayed) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            relayed.push(cost(&self.nginx, run(&self.relayed, crowd)).await? / LONG as f64);
            own.push(cost(&self.server.process, run(&self.through, crowd)).await? / LONG as f64);
        }
        let (own, relayed) = (median(&own), median(&relayed));
        let name = format!("processor time of a chunk, {STREAMS} streams, of nginx's");
        let note = format!("{own:.1} µs, nginx {relayed:.1} µs");
        report.add(Row::new(name, Goal::AtMost(1.8), own / relayed, "×").note(note));
        Ok(())
    }

    /// Measures replies of a few chunks that are asked for without a pause.
    async fn short_replies(&self, member: &Member, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: short replies of prose");
        let none = Duration::ZERO;
        let crowd =
            Crowd { clients: 64, spread: none, lasting: LASTING, pace: Pace::prose(SHORT, 0) };
        let (mut costs, mut rates) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for _ in 0..ROUNDS {
            let sides = [(&self.server.process, &self.through), (&self.nginx, &self.relayed)];
            for (side, (process, target)) in sides.into_iter().enumerate() {
                let (begin, before) = (Instant::now(), process.cpu()?);
                let replies = run(target, crowd).await?;
                costs[side].push(each(process.cpu()? - before, replies.len()));
                let in_time = |it: &&Reply| it.ended.is_some_and(|at| at <= begin + LASTING);
                let count = replies.iter().filter(in_time).count();
                rates[side].push(count as f64 / LASTING.as_secs_f64());
                if side == 0 {
                    check_stored(&self.server, member, &replies).await?;
                }
            }
        }
        let [cost, relayed] = costs.map(|it| median(&it));
        let [rate, relay_rate] = rates.map(|it| median(&it));
        let name = format!("processor time of a reply of {SHORT} chunks");
        let note = format!("nginx {relayed:.0} µs");
        report.add(Row::new(name, Goal::AtMost(400.0), cost, "µs").note(note));
        let name = format!("short replies of {SHORT} chunks of prose, stored");
        let note = format!("nginx, not stored, {relay_rate:.0}/s");
        report.add(Row::new(name, Goal::AtLeast(2_000.0), rate, "/s").note(note));
        Ok(())
    }

    /// Measures the time to the first text while about 64 streams run.
    async fn first_texts(&self, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: time to first token, replies arriving at random");
        let arrivals =
            Arrivals { a_second: 64.0 / 4.0, lasting: BUSY, pace: Pace::prose(200, SPEED) };
        let mut firsts = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (side, target) in
                [&self.alone, &self.relayed, &self.through].into_iter().enumerate()
            {
                firsts[side].extend(milliseconds(&run_open(target, arrivals).await?));
            }
        }
        report.add(added("64 streams, median", &firsts, 0.5, 0.8));
        report.add(added("64 streams, p99", &firsts, 0.99, 5.0));
        Ok(())
    }

    /// Measures the same for 200 short replies a second beside 256 streams.
    async fn first_texts_under_load(&self, report: &mut Report) -> Outcome<()> {
        eprintln!("bench: time to first token, {STREAMS} streams and 200 replies a second");
        let arrivals = Arrivals { a_second: 200.0, lasting: BUSY, pace: Pace::prose(SHORT, 0) };
        let crowd = Crowd {
            clients: STREAMS,
            spread: Duration::from_secs(2),
            lasting: BUSY,
            pace: Pace::prose(LONG, SPEED),
        };
        let mut firsts = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..2 {
            for (side, target) in
                [&self.alone, &self.relayed, &self.through].into_iter().enumerate()
            {
                let short = async {
                    sleep(crowd.spread).await;
                    run_open(target, arrivals).await
                };
                let (streams, short) = tokio::join!(run(target, crowd), short);
                streams?;
                firsts[side].extend(milliseconds(&short?));
            }
        }
        let name = |what| format!("{STREAMS} streams and 200 new replies a second, {what}");
        report.add(added(&name("median"), &firsts, 0.5, f64::INFINITY));
        report.add(added(&name("p99"), &firsts, 0.99, 8.0));
        Ok(())
    }
}

/// Measures what stays resident after many streams, and what a further one takes, in fresh processes.
async fn memory(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: memory beside nginx");
    let server = world.server("beside-memory")?;
    let member = world.member(&server).await?;
    give_facts(&server, &member).await?;
    let through = Target::server(&server, &member);
    let nginx =
        nginx::start(&world.folder().join("nginx-memory"), SERVER_CORE, world.emulator.addr)?;
    let relayed = Target::emulator(world).through(nginx.addr);
    let sides = [(&server.process, &through), (&nginx, &relayed)];
    let crowd = Crowd {
        clients: STREAMS,
        spread: Duration::from_secs(2),
        lasting: Duration::ZERO,
        pace: Pace::prose(LONG, SPEED),
    };
    let (mut rest, mut further, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (process, target) in sides {
        run(target, crowd).await?;
        sleep(SETTLE).await;
        rest.push(megabytes(process.resident()?));
        let each = of_a_further_stream(process, target).await?;
        further.push(each.kilobytes);
        notes.push(each.note());
    }
    let name = format!("resident after {STREAMS} streams went");
    let note = format!("nginx {:.1} MB", rest[1]);
    report.add(Row::new(name, Goal::AtMost(45.0), rest[0], "MB").note(note));
    let note = format!("{}; nginx {:.1} KB", notes[0], further[1]);
    let name = "memory of a further live stream, beside nginx".to_owned();
    report.add(Row::new(name, Goal::AtMost(30.0), further[0], "KB").note(note));
    Ok(())
}

/// Returns the processor time that `process` used for each reply, in microseconds.
async fn cost(
    process: &Program,
    replies: impl Future<Output = Outcome<Vec<Reply>>>,
) -> Outcome<f64> {
    let before = process.cpu()?;
    let count = replies.await?.len();
    Ok(each(process.cpu()? - before, count))
}

fn each(used: Duration, count: usize) -> f64 {
    used.as_secs_f64() * 1e6 / count as f64
}

/// Builds the row of a quantile that nginx and the server add to the upstream's own.
fn added(what: &str, firsts: &[Vec<f64>; 3], share: f64, goal: f64) -> Row {
    let [alone, relayed, through] = firsts.each_ref().map(|times| quantile(times, share));
    let goal = if goal.is_finite() { Goal::AtMost(goal) } else { Goal::None };
    let note = format!(
        "nginx adds {:.2}; {through:.2} through the server, {alone:.2} from the emulator itself",
        relayed - alone
    );
    Row::new(format!("added time to first token, {what}"), goal, through - alone, "ms").note(note)
}

fn milliseconds(replies: &[Reply]) -> Vec<f64> {
    replies.iter().map(|reply| reply.first.as_secs_f64() * 1e3).collect()
}

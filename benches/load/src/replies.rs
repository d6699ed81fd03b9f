//! Throughput of short, stored replies on one core of the server.

use std::time::{Duration, Instant};

use http_body_util::Full;
use serde_json::Value;

use crate::Outcome;
use crate::client::{Client, with_token};
use crate::load::{Crowd, Pace, Reply, Target, run};
use crate::process::own_cpu;
use crate::report::{Report, Row, Target as Goal};
use crate::stats::median;
use crate::world::{Member, Server, World};

const ROUNDS: usize = 3;
const LASTING: Duration = Duration::from_secs(5);
/// Number of replies that are read back.
const SAMPLES: usize = 20;

pub async fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: short replies a second");
    let server = world.server("replies")?;
    let member = world.member(&server).await?;
    let target = Target::server(&server, &member);
    let crowd =
        Crowd { clients: 64, spread: Duration::ZERO, lasting: LASTING, pace: Pace::stamped(8, 0) };
    run(&target, Crowd { lasting: Duration::from_secs(1), ..crowd }).await?;
    let (mut rates, mut server_shares, mut other_shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (begin, server_before) = (Instant::now(), server.process.cpu()?);
        let others_before = own_cpu()? + world.emulator.cpu()?;
        let replies = run(&target, crowd).await?;
        let took = begin.elapsed().as_secs_f64();
        let in_time =
            replies.iter().filter(|reply| reply.ended.is_some_and(|at| at <= begin + LASTING));
        #[allow(clippy::cast_precision_loss)]
        rates.push(in_time.count() as f64 / LASTING.as_secs_f64());
        server_shares.push((server.process.cpu()? - server_before).as_secs_f64() / took);
        let others = own_cpu()? + world.emulator.cpu()? - others_before;
        other_shares.push(others.as_secs_f64() / took);
        check_stored(&server, &member, &replies).await?;
    }
    let note = format!(
        "of its core the server used {:.0} %, emulator and load {:.0} % of theirs",
        median(&server_shares) * 100.0,
        median(&other_shares) * 100.0
    );
    let name = "short replies of 8 chunks, stored".to_owned();
    report.add(Row::new(name, Goal::AtLeast(1_000.0), median(&rates), "/s").note(note));
    Ok(())
}

/// Reads a sample of the replies back and checks that they are stored completely.
pub async fn check_stored(server: &Server, member: &Member, replies: &[Reply]) -> Outcome<()> {
    let mut client = Client::connect(server.addr()).await?;
    for reply in replies.iter().step_by((replies.len() / SAMPLES).max(1)) {
        let path = format!("/c-suite/conversations/{}/messages", reply.conversation);
        let call = with_token(&path, &member.token).body(Full::default())?;
        let list: Value = serde_json::from_slice(&client.fetch(call).await?)?;
        let stored = list["data"].as_array().into_iter().flatten().any(|message| {
            message["id"] == reply.message.as_str()
                && message["status"] == "complete"
                && message["content"] == reply.text.as_str()
        });
        if !stored {
            return Err(format!("answer {} is not stored as it was sent", reply.message).into());
        }
    }
    Ok(())
}

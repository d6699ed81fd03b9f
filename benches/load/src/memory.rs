//! The server's memory at rest and per live stream.

use std::time::Duration;

use tokio::time::sleep;

use crate::Outcome;
use crate::client::Client;
use crate::load::{Pace, Target, ask};
use crate::process::Program;
use crate::report::{Report, Row, Target as Goal};
use crate::world::World;

const FEW: u32 = 64;
const MANY: u32 = 1_064;
/// Lasts longer than the measurement, at one token per second.
const PACE: Pace = Pace::stamped(600, 1);
const SETTLE: Duration = Duration::from_secs(3);

pub async fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: memory");
    let server = world.server("memory")?;
    let fresh = server.process.resident()?;
    let member = world.member(&server).await?;
    let target = Target::server(&server, &member);
    ask(&mut Client::connect(target.addr).await?, &target, Pace::stamped(8, 0)).await?;
    sleep(SETTLE).await;
    let rest = server.process.resident()?;
    let note = format!("after a sign-up and an answer; {:.1} as started", megabytes(fresh));
    let name = "resident memory at rest".to_owned();
    report.add(Row::new(name, Goal::AtMost(40.0), megabytes(rest), "MB").note(note));

    let further = of_a_further_stream(&server.process, &target).await?;
    let name = "memory of a further live stream".to_owned();
    report.add(Row::new(name, Goal::AtMost(30.0), further.kilobytes, "KB").note(further.note()));
    Ok(())
}

/// What further live streams take.
pub struct Further {
    pub kilobytes: f64,
    few: u64,
    many: u64,
}

impl Further {
    pub fn note(&self) -> String {
        let [few, many] = [self.few, self.many].map(|bytes| megabytes(bytes).round());
        format!("{few} MB with {FEW} streams, {many} with {MANY}")
    }
}

/// Measures the growth of a process over a thousand slow streams.
pub async fn of_a_further_stream(process: &Program, target: &Target) -> Outcome<Further> {
    let mut streams = Vec::new();
    let mut resident = Vec::new();
    for level in [FEW, MANY] {
        while streams.len() < level as usize {
            let target = target.clone();
            let mut client = Client::connect(target.addr).await?;
            streams
                .push(tokio::spawn(async move { ask(&mut client, &target, PACE).await.map(drop) }));
            sleep(Duration::from_millis(2)).await;
        }
        sleep(SETTLE).await;
        resident.push(process.resident()?);
    }
    if let Some(ended) = streams.iter().position(tokio::task::JoinHandle::is_finished) {
        streams.swap_remove(ended).await??;
        return Err("a slow stream ended too early".into());
    }
    streams.iter().for_each(tokio::task::JoinHandle::abort);
    let (few, many) = (resident[0], resident[1]);
    #[allow(clippy::cast_precision_loss)]
    let kilobytes = many.saturating_sub(few) as f64 / 1_000.0 / f64::from(MANY - FEW);
    Ok(Further { kilobytes, few, many })
}

#[allow(clippy::cast_precision_loss)]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

//! Torture tests of the guarantees for replies: real processes over real sockets are killed, disconnected,
//! and denied disk space and locks. `scripts/torture` runs the long form and `make test` the short one.
//! Both print a table and the seed that reproduces the run. `CSUITE_BIN` names the program.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod attacks;
mod budget;
mod disk;
mod flushes;
mod kill;
mod member;
mod memory;
mod proxy;
mod resume;
mod shutdown;
mod stalled;
mod world;
mod writes;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use csuite_load::Outcome;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Returns an error from a proof if the condition does not hold.
macro_rules! ensure {
    ($holds:expr, $($reason:tt)+) => {
        let holds: bool = $holds;
        if !holds {
            return Err(format!($($reason)+).into());
        }
    };
}
pub(crate) use ensure;

/// The size of a run.
pub struct Scale {
    /// Folder of this run. Kept if a proof fails.
    pub folder: PathBuf,
    pub long: bool,
    seed: u64,
    pub kills: u32,
    /// Concurrent streams when the server is killed.
    pub streams: u32,
    /// Maximum lifetime of a server before it is killed.
    pub most_life: Duration,
    /// How long a chunk may have been shown and still be lost by a kill. The short form allows more,
    /// because other work on the machine may delay a save.
    pub may_lose: Duration,
    pub resumes: u32,
    pub sends: u32,
}

impl Scale {
    /// Returns the random numbers of one proof. They depend only on the seed and the proof's name.
    pub fn rng(&self, proof: &str) -> StdRng {
        let mut hasher = DefaultHasher::new();
        (self.seed, proof).hash(&mut hasher);
        StdRng::seed_from_u64(hasher.finish())
    }
}

/// Slow proofs: they run in the long form, or if named.
const LONG_ONLY: [&str; 1] = ["stalled"];
/// Runs if named, and prints a table of its own. `attacks=PART` runs the attacks whose names contain the part.
const ATTACKS: &str = "attacks";

/// The result of a successful proof.
pub struct Finding {
    pub done: String,
    pub found: String,
}

type Proof = for<'a> fn(&'a Scale) -> Pin<Box<dyn Future<Output = Outcome<Finding>> + 'a>>;

const PROOFS: [(&str, Proof); 9] = [
    ("kill", |scale| Box::pin(kill::prove(scale))),
    ("resume", |scale| Box::pin(resume::prove(scale))),
    ("budget", |scale| Box::pin(budget::prove(scale))),
    ("shutdown", |scale| Box::pin(shutdown::prove(scale))),
    ("full", |scale| Box::pin(disk::prove_full(scale))),
    ("locked", |scale| Box::pin(disk::prove_locked(scale))),
    ("writes", |scale| Box::pin(writes::prove(scale))),
    ("memory", |scale| Box::pin(memory::prove(scale))),
    ("stalled", |scale| Box::pin(stalled::prove(scale))),
];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("torture: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the selected proofs. Returns whether all of them hold.
async fn run() -> Outcome<bool> {
    let folder = world::folder()?;
    let (scale, wanted) = options(folder.path().to_owned(), std::env::args().skip(1))?;
    let mut rows = Vec::new();
    let mut failed = false;
    for part in wanted.iter().filter_map(|wanted| wanted.strip_prefix(ATTACKS)) {
        failed |= !attacks::run(&scale, part.trim_start_matches('=')).await?;
    }
    for (name, prove) in PROOFS {
        let named = wanted.iter().any(|wanted| wanted == name);
        let usual = wanted.is_empty() && (scale.long || !LONG_ONLY.contains(&name));
        if !named && !usual {
            continue;
        }
        let begun = Instant::now();
        eprintln!("torture: {name}");
        let outcome = prove(&scale).await;
        eprintln!("torture: {name} took {:.1} s", begun.elapsed().as_secs_f64());
        failed |= outcome.is_err();
        rows.push(match outcome {
            Ok(Finding { done, found }) => [name.to_owned(), done, found],
            Err(reason) => [name.to_owned(), "FAILED".to_owned(), reason.to_string()],
        });
    }
    if !rows.is_empty() {
        print(rows, scale.seed);
    }
    if failed {
        println!("Databases and logs of this run are in {}", folder.keep().display());
    }
    Ok(!failed)
}

/// Parses `--long`, `--seed N`, `--kills N`, `--resumes N`, `--sends N` and names of proofs.
fn options(
    folder: PathBuf,
    mut arguments: impl Iterator<Item = String>,
) -> Outcome<(Scale, Vec<String>)> {
    let mut scale = Scale {
        folder,
        long: false,
        seed: rand::random::<u32>().into(),
        kills: 100,
        streams: 16,
        most_life: Duration::from_millis(500),
        may_lose: Duration::from_secs(1),
        resumes: 1_000,
        sends: 1_000,
    };
    let mut wanted = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Outcome<u32> {
            let number = arguments.next().and_then(|number| number.parse().ok());
            Ok(number.ok_or_else(|| format!("{argument} takes a number"))?)
        };
        match argument.as_str() {
            "--long" => {
                scale = Scale {
                    long: true,
                    kills: 1_000,
                    streams: 64,
                    most_life: Duration::from_millis(1_500),
                    may_lose: Duration::from_millis(250),
                    resumes: 10_000,
                    sends: 10_000,
                    ..scale
                };
            }
            "--seed" => scale.seed = number()?.into(),
            "--kills" => scale.kills = number()?,
            "--resumes" => scale.resumes = number()?,
            "--sends" => scale.sends = number()?,
            name if name.starts_with('-') => return Err(format!("unknown option {name}").into()),
            _ => wanted.push(argument),
        }
    }
    Ok((scale, wanted))
}

fn print(rows: Vec<[String; 3]>, seed: u64) {
    let head = ["proof", "what was done", "result"].map(str::to_owned);
    println!("\n| {} |\n|---|---|---|", head.join(" | "));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!("\nThis run again: --seed {seed}");
}

//! Benchmarks a release build of C-Suite: real processes, real sockets, the emulator as upstream.
//!
//! The server has the first core to itself; emulator and load generator share the others. Figures through
//! the server are compared with the emulator alone, alternating within the same run.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod beside;
mod browser;
mod load;
mod memory;
mod nginx;
mod numbers;
mod page;
mod prompt;
mod replies;
mod report;
mod site;
mod streams;
mod world;

use std::process::ExitCode;

use csuite_load::{Outcome, client, events, people, process, stats};
use report::Report;
use world::World;

/// The parts that can be selected on the command line. All of them run by default.
const PARTS: [&str; 11] = [
    "prompt",
    "memory",
    "first",
    "chunks",
    "replies",
    "nginx",
    "page",
    "numbers",
    "site",
    "browser",
    "streaming",
];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| !PARTS.contains(&name.as_str())) {
        eprintln!("bench: no part is called {unknown:?}; there are: {}", PARTS.join(", "));
        return ExitCode::FAILURE;
    }
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|name| name == part);
    match measure(wanted) {
        Ok(report) => {
            report.print();
            if report.reached() { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        Err(reason) => {
            eprintln!("bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Single-threaded, so that the load generator takes at most one core from the emulator.
#[tokio::main(flavor = "current_thread")]
async fn measure(wanted: impl Fn(&str) -> bool) -> Outcome<Report> {
    let world = World::start()?;
    let mut report = Report::new(&world);
    if wanted("prompt") {
        prompt::measure(&mut report)?;
    }
    if wanted("memory") {
        memory::measure(&world, &mut report).await?;
    }
    if wanted("first") {
        streams::measure_first_texts(&world, &mut report).await?;
    }
    if wanted("chunks") {
        streams::measure_chunks(&world, &mut report).await?;
    }
    if wanted("replies") {
        replies::measure(&world, &mut report).await?;
    }
    if wanted("nginx") {
        beside::measure(&world, &mut report).await?;
    }
    if wanted("page") {
        page::measure(&world, &mut report).await?;
    }
    if wanted("numbers") {
        numbers::measure(&world, &mut report).await?;
    }
    if wanted("site") {
        site::measure(&world, &mut report)?;
    }
    if wanted("browser") {
        browser::measure(&world, &mut report, "measure.mjs")?;
    }
    if wanted("streaming") {
        browser::measure(&world, &mut report, "streaming.mjs")?;
    }
    Ok(report)
}

//! The time to build a prompt, measured by the separate program `benches/prompt`.

use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Outcome;
use crate::report::{Report, Row, Target};

/// The program's line of output.
#[derive(Deserialize)]
struct Line {
    median: f64,
    p99: f64,
    facts: u32,
    bytes: u32,
}

pub fn measure(report: &mut Report) -> Outcome<()> {
    let program = std::env::current_exe()?.with_file_name("csuite-prompt");
    let output = Command::new(program).stderr(Stdio::inherit()).output()?;
    let line: Line = serde_json::from_slice(&output.stdout)?;
    let Line { median, p99, facts, bytes } = line;
    let note = format!("{facts} facts, five long exchanges, {bytes} bytes; p99 {p99:.2} ms");
    let name = "building a prompt with full context, median".to_owned();
    report.add(Row::new(name, Target::AtMost(1.0), median, "ms").note(note));
    Ok(())
}

//! Browser measurements: Lighthouse, layout shifts, and the work of the page while a reply streams.

use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Outcome;
use crate::report::{Report, Row, Target as Goal};
use crate::world::World;

/// One line of output from a script in `benches/lighthouse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    #[serde(default)]
    unit: String,
    value: f64,
    at_least: Option<f64>,
    at_most: Option<f64>,
    note: Option<String>,
}

/// Runs a script and reports its figures.
pub fn measure(world: &World, report: &mut Report, script: &str) -> Outcome<()> {
    let folder = std::env::var("BENCH_BROWSER").map_err(|_| "BENCH_BROWSER is not set")?;
    let server = world.server(script)?;
    // The browser needs several cores and the server hardly any time, so ignore the usual split.
    let output = Command::new("taskset")
        .args([
            "-c".to_owned(),
            world.all_cores(),
            "node".to_owned(),
            format!("{folder}/{script}"),
            format!("http://{}", server.addr()),
        ])
        .stderr(Stdio::inherit())
        .output()?;
    for line in String::from_utf8(output.stdout)?.lines() {
        let line: Line = serde_json::from_str(line)?;
        let goal = match (line.at_least, line.at_most) {
            (Some(least), _) => Goal::AtLeast(least),
            (None, Some(most)) => Goal::AtMost(most),
            (None, None) => Goal::None,
        };
        let row = Row::new(line.name, goal, line.value, line.unit);
        report.add(match line.note {
            Some(note) => row.note(note),
            None => row,
        });
    }
    if output.status.success() {
        Ok(())
    } else {
        Err("the measurement in the browser failed".into())
    }
}

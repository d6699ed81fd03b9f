//! The table of figures.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

use crate::Outcome;
use crate::stats::median;
use crate::world::World;

/// The target of a figure.
#[derive(Clone, Copy)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// No target; printed for comparison.
    None,
}

/// A figure in the table.
pub struct Row {
    name: String,
    target: Target,
    value: f64,
    unit: Cow<'static, str>,
    note: String,
}

impl Row {
    pub fn new(
        name: String,
        target: Target,
        value: f64,
        unit: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { name, target, value, unit: unit.into(), note: String::new() }
    }

    /// Sets the note in the last column.
    pub fn note(self, note: String) -> Self {
        Self { note, ..self }
    }

    fn reached(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.value <= most,
            Target::AtLeast(least) => self.value >= least,
            Target::None => true,
        }
    }

    fn cells(&self) -> [String; 5] {
        let unit = &self.unit;
        let target = match self.target {
            Target::AtMost(most) => format!("≤ {} {unit}", short(most)),
            Target::AtLeast(least) => format!("≥ {} {unit}", short(least)),
            Target::None => String::new(),
        };
        let verdict = match (self.target, self.reached()) {
            (Target::None, _) => "",
            (_, true) => "yes",
            (_, false) => "NO",
        };
        let measured = format!("{} {unit}", short(self.value));
        [
            self.name.clone(),
            target.trim().into(),
            measured.trim().into(),
            verdict.into(),
            self.note.clone(),
        ]
    }
}

/// Formats a value with about three digits.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v == v.round() || v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// All figures of a run.
pub struct Report {
    about: Vec<String>,
    rows: Vec<Row>,
}

impl Report {
    pub fn new(world: &World) -> Self {
        let mut about = vec![world.machine()];
        if let Ok(time) = flush_time(world) {
            about.push(format!(
                "a flush to this disk takes {time:.2} ms (median of 100 writes of 4 KB)"
            ));
        }
        Self { about, rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        let [name, _, measured, ..] = row.cells();
        eprintln!("bench:   {name}: {measured} ({})", row.note);
        self.rows.push(row);
    }

    /// Whether every figure reaches its target.
    pub fn reached(&self) -> bool {
        self.rows.iter().all(Row::reached)
    }

    /// Prints the figures as a Markdown table.
    pub fn print(&self) {
        let head = ["figure", "target", "measured", "reached", ""].map(str::to_owned);
        let cells: Vec<_> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let widths: [usize; 5] = std::array::from_fn(|column| {
            cells
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        });
        println!();
        for line in &self.about {
            println!("{line}");
        }
        println!();
        for (number, row) in cells.iter().enumerate() {
            let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
            if number == 0 {
                println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
            }
        }
    }
}

/// Measures the milliseconds for a small write to reach the disk, a lower bound for storing a message.
fn flush_time(world: &World) -> Outcome<f64> {
    let path = world.folder().join("flush");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let begin = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    Ok(median(&times))
}

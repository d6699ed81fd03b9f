//! Counts faults by kind: `32 cells such as “10/20/2026”`.

use crate::analytics::model::{Fault, Refusal};

/// Maximum number of kinds that are kept.
const MOST_KINDS: usize = 50;

#[derive(Debug)]
struct Group {
    column: String,
    kind: String,
    count: u32,
    line: u32,
    cell: String,
}

/// All faults of a file, grouped by column and kind.
#[derive(Debug, Default)]
pub struct Faults {
    count: u32,
    groups: Vec<Group>,
}

impl Faults {
    /// Adds a fault. `kind` is a sentence about one cell.
    pub fn add(&mut self, line: u32, column: &str, cell: &str, kind: &str) {
        self.count = self.count.saturating_add(1);
        if let Some(group) =
            self.groups.iter_mut().find(|it| it.kind == kind && it.column == column)
        {
            group.count += 1;
        } else if self.groups.len() < MOST_KINDS {
            let group = Group {
                column: shown(column, 60),
                kind: kind.to_owned(),
                count: 1,
                line,
                cell: shown(cell, 30),
            };
            self.groups.push(group);
        }
    }

    /// Returns the faults in the order of their first lines. `None` without faults.
    pub fn refusal(mut self) -> Option<Refusal> {
        self.groups.sort_by_key(|group| group.line);
        let faults = self.groups.into_iter().map(|group| {
            let Group { column, kind, count, line, cell } = group;
            let cell = if cell.is_empty() { String::new() } else { format!("“{cell}”: ") };
            let more = match count {
                1 => String::new(),
                2 => " One more cell is like this.".to_owned(),
                count => format!(" {} more cells are like this.", count - 1),
            };
            Fault { line, column, reason: format!("{cell}{kind}{more}") }
        });
        (self.count > 0).then(|| Refusal { count: self.count, faults: faults.collect() })
    }
}

/// Returns a text without control characters, cut to `most` characters.
pub fn shown(text: &str, most: usize) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    if text.chars().count() > most { format!("{shown}…") } else { shown }
}

/// Returns a refusal of the file as a whole.
pub fn whole(reason: impl Into<String>) -> Refusal {
    Refusal { count: 1, faults: vec![Fault { reason: reason.into(), ..Fault::default() }] }
}

//! Counts faults by kind: `32 cells such as “10/20/2026”`.

use crate::analytics::model::{Fault, Refusal};

/// Maximum number of kinds that are kept.
const MOST_KINDS: usize = 50;
/// Maximum length of a column's name in a fault.
const MOST_COLUMN_CHARS: usize = 60;

#[derive(Debug)]
struct Group {
    name: String,
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
        let same = |it: &&mut Group| it.kind == kind && it.name == column;
        if let Some(group) = self.groups.iter_mut().find(same) {
            group.count += 1;
        } else if self.groups.len() < MOST_KINDS {
            let group = Group {
                name: column.to_owned(),
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
            let Group { name, kind, count, line, cell } = group;
            let column = shown(&name, MOST_COLUMN_CHARS);
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

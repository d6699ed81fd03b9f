//! What the rows with certain texts do to the sums of their day.

use std::collections::HashMap;

use super::table::Table;
use crate::analytics::model::{Counting, Reading};

/// The rules of a reading, by column and text.
pub struct Rules<'a>(Vec<(usize, HashMap<&'a str, Counting>)>);

impl<'a> Rules<'a> {
    /// Groups the rules by column. Of several about a text the strongest applies.
    pub fn new(reading: &'a Reading) -> Self {
        let mut all: Vec<(usize, HashMap<&str, Counting>)> = Vec::new();
        for rule in reading.list.iter().flat_map(|list| &list.rows) {
            let at =
                all.iter().position(|(column, _)| *column == rule.column).unwrap_or_else(|| {
                    all.push((rule.column, HashMap::new()));
                    all.len() - 1
                });
            let known = all[at].1.entry(rule.value.as_str()).or_insert(rule.counting);
            if rank(rule.counting) > rank(*known) {
                *known = rule.counting;
            }
        }
        Self(all)
    }

    /// Returns what a row does to the sums of its day.
    pub fn of(&self, table: &Table<'_>, record: usize) -> Counting {
        let apply =
            self.0.iter().filter_map(|(column, rules)| rules.get(table.cell(record, *column)));
        apply.copied().max_by_key(|counting| rank(*counting)).unwrap_or(Counting::Counts)
    }
}

/// Returns how strongly a rule applies beside others.
const fn rank(counting: Counting) -> u8 {
    match counting {
        Counting::Counts => 0,
        Counting::Adds => 1,
        Counting::Subtracts => 2,
        Counting::LeftOut => 3,
    }
}

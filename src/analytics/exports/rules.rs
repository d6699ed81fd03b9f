//! What the rows with certain texts do to the sums of their day.

use std::collections::HashMap;

use super::table::Table;
use crate::analytics::model::{Counting, Reading};

/// The rules of a reading.
pub struct Rules<'a> {
    by_column: Vec<(usize, HashMap<&'a str, Counting>)>,
    /// The strongest rule of each order, by column. It applies to further lines, which have no text.
    of_orders: HashMap<(usize, &'a str), Counting>,
}

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
        Self { by_column: all, of_orders: HashMap::new() }
    }

    /// Learns the rules of an order from one of its lines.
    pub fn learn(&mut self, table: &Table<'a>, record: usize, order: &'a str) {
        for (column, rules) in &self.by_column {
            let Some(counting) = rules.get(table.cell(record, *column)) else { continue };
            let known = self.of_orders.entry((*column, order)).or_insert(*counting);
            if rank(*counting) > rank(*known) {
                *known = *counting;
            }
        }
    }

    /// Returns what a row does to the sums of its day.
    pub fn of(&self, table: &Table<'a>, record: usize, order: Option<&'a str>) -> Counting {
        let apply = self.by_column.iter().filter_map(|(column, rules)| {
            let text = table.cell(record, *column);
            let of_order = || self.of_orders.get(&(*column, order.filter(|_| text.is_empty())?));
            rules.get(text).or_else(of_order)
        });
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

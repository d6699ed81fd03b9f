//! Recognises rows that stand for the time between two dates: `Start date` and `End date`.

use super::dates;
use super::faults::whole;
use super::table::Table;
use super::words;
use crate::analytics::model::Refusal;

const STARTS: [&str; 10] =
    ["start", "starts", "from", "begin", "von", "beginn", "debut", "desde", "inicio", "inizio"];
const ENDS: [&str; 9] = ["end", "ends", "to", "until", "bis", "ende", "fin", "hasta", "fine"];

/// Errors: the date is the start or the end of a longer time, of which the row has the values. An order with such dates,
/// such as a booking, is one of a day.
pub fn check(table: &Table<'_>, names: &[String], date_column: usize) -> Result<(), Refusal> {
    let is_order = |name: &String| words::id_rank(name).is_some_and(|rank| rank < 2);
    if table.is_across() || names.iter().any(is_order) {
        return Ok(());
    }
    let date = &names[date_column];
    let is_other = |column: &usize| are_edges(date, &names[*column]);
    let Some(other) = (0..names.len()).find(is_other) else { return Ok(()) };
    let day = |record: usize, column: usize| {
        dates::parse(table.cell(record, column)).map(|stamp| stamp.what)
    };
    let differ = |record: usize| {
        let (date, other) = (day(record, date_column), day(record, other));
        date.is_some() && other.is_some() && date != other
    };
    if !(0..table.len()).any(differ) {
        return Ok(());
    }
    Err(whole(format!(
        "Rows of this table stand for several days, between {date} and {}. Which period they stand for is not clear. Export the same numbers with one date for each day, week or month.",
        names[other]
    )))
}

/// Returns whether one header names the start and the other the end of the same.
fn are_edges(a: &str, b: &str) -> bool {
    let rest = |name: &str, edges: &[&str]| -> Option<Vec<String>> {
        let key = words::key(name);
        let mut parts: Vec<String> = key.split(' ').map(str::to_owned).collect();
        let at = parts.iter().position(|part| edges.contains(&part.as_str()))?;
        parts.remove(at);
        Some(parts)
    };
    let are = |start: &str, end: &str| {
        rest(start, &STARTS).is_some_and(|start| Some(start) == rest(end, &ENDS))
    };
    are(a, b) || are(b, a)
}

//! Detects the separator and the columns of a file.

use csv::{Reader, ReaderBuilder};

use super::{Faults, Refusal, whole};
use crate::analytics::model::Measure;
use crate::analytics::validation::is_built_in;

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The layout of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    pub separator: u8,
    /// The header of each column.
    pub names: Vec<String>,
    /// The meaning of each column.
    pub columns: Vec<Column>,
    /// The line number of the header, from 1.
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Date,
    /// The index of a metric.
    Measure(usize),
}

/// Returns a reader of the whole text, including the header.
pub fn reader(text: &str, separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// Reads the header. Errors: unknown, missing and repeated columns, by name.
pub fn find(text: &str, measures: &[Measure]) -> Result<Layout, Refusal> {
    let (separator, head) = SEPARATORS
        .into_iter()
        .filter_map(|separator| Some((separator, reader(text, separator).records().next()?.ok()?)))
        // If several separators yield the same number of columns, the first one is used.
        .rev()
        .max_by_key(|(_, head)| head.len())
        .ok_or_else(|| whole("The first line cannot be read. It must name the columns."))?;
    let names: Vec<String> = head.iter().map(|name| name.trim().to_owned()).collect();
    let leading = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let line = 1 + text[..leading].matches('\n').count() as u32;
    let mut faults = Faults::default();
    let columns = identify(&names, line, measures, &mut faults);
    faults.or(Layout { separator, names, columns, line })
}

fn identify(names: &[String], line: u32, measures: &[Measure], faults: &mut Faults) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in names {
        match column(name, measures) {
            None if name.is_empty() => {
                faults.add(line, "", "A column has no name. Name it or remove it.");
            }
            None => faults.add(line, name, unknown(measures)),
            Some(column) if columns.contains(&column) => {
                faults.add(line, name, "This column appears twice. Remove one of them.");
            }
            Some(column) => columns.push(column),
        }
    }
    if !columns.contains(&Column::Date) {
        faults.add(line, "date", "This column is missing: the date of each day, as 2026-11-23.");
    }
    for (place, measure) in measures.iter().enumerate() {
        if is_built_in(&measure.slug) && !columns.contains(&Column::Measure(place)) {
            let reason =
                "This column is missing. Add it, and leave a cell empty where a value is unknown.";
            faults.add(line, &measure.slug, reason);
        }
    }
    columns
}

fn column(name: &str, measures: &[Measure]) -> Option<Column> {
    let name = name.to_lowercase();
    if name == "date" {
        return Some(Column::Date);
    }
    let is_named = |measure: &Measure| measure.slug == name || measure.name.to_lowercase() == name;
    measures.iter().position(is_named).map(Column::Measure)
}

fn unknown(measures: &[Measure]) -> String {
    let known: Vec<&str> = measures.iter().map(|measure| measure.slug.as_str()).collect();
    format!("There is no such metric. The columns are: date, {}.", known.join(", "))
}

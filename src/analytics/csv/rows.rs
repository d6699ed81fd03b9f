//! Parses the lines below the header.

use std::collections::HashMap;

use csv::{ByteRecord, StringRecord};
use time::Date;

use super::layout::{self, Column, Layout};
use super::{Faults, Refusal, Sheet};
use crate::analytics::model::{Measure, Snapshot};
use crate::analytics::numbers::{self, Mark, Reading};
use crate::analytics::validation;
use crate::platform::clock;

/// Number of days between two progress reports.
const TOLD_EVERY: usize = 1_000;

/// Parses all days. Errors: every invalid cell, by line and column.
pub fn read(
    text: &str,
    layout: &Layout,
    measures: &[Measure],
    today: Date,
    told: impl Fn(u32),
) -> Result<Sheet, Refusal> {
    let mut rows = Rows::new(layout, measures, today, decimal_mark(text, layout, measures));
    each_line(text, layout, |line, record| {
        rows.row(line, record);
        if rows.days.len().is_multiple_of(TOLD_EVERY) {
            told(u32::try_from(rows.days.len()).unwrap_or(u32::MAX));
        }
    });
    let Rows { days, mut faults, .. } = rows;
    if days.is_empty() && faults.count == 0 {
        faults.add(layout.line, "", "The file names its columns but has no days.");
    }
    let columns = layout.columns.iter().filter_map(|column| match column {
        Column::Date => None,
        Column::Measure(place) => Some(measures[*place].slug.clone()),
    });
    faults.or(Sheet { days, columns: columns.collect() })
}

/// Calls `f` with each non-blank line below the header, and its line number.
fn each_line(text: &str, layout: &Layout, mut f: impl FnMut(u32, &StringRecord)) {
    let mut reader = layout::reader(text, layout.separator);
    let mut record = ByteRecord::new();
    let mut is_head = true;
    // Neither reading nor conversion can fail, because the text is valid UTF-8.
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let Some(position) = record.position() else { continue };
        let line = position.line() + blank_lines(text, position.byte());
        if std::mem::take(&mut is_head) || record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        if let Ok(record) = StringRecord::from_byte_record(record.clone()) {
            f(u32::try_from(line).unwrap_or(u32::MAX), &record);
        }
    }
}

/// Returns how many blank lines the reader skipped before the record that starts at `byte`.
fn blank_lines(text: &str, byte: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|byte| text.as_bytes().get(byte..));
    let blank = rest.into_iter().flatten().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    blank.filter(|byte| **byte == b'\n').count() as u64
}

/// Determines the decimal mark by the first unambiguous number. Without one, the mark is a point if cells are
/// separated by commas, because that is what programs write.
fn decimal_mark(text: &str, layout: &Layout, measures: &[Measure]) -> Option<Mark> {
    let mut found = None;
    each_line(text, layout, |_, record| {
        for (cell, column) in record.iter().zip(&layout.columns) {
            let Column::Measure(place) = column else { continue };
            if found.is_none() && cell.contains(['.', ',']) {
                found = match numbers::read(cell) {
                    Ok(Some(Reading::With(mark, _))) => Some(mark),
                    Ok(Some(Reading::Either { mark, .. })) if measures[*place].is_count => {
                        Some(mark.other())
                    }
                    _ => None,
                };
            }
        }
    });
    found.or((layout.separator == b',').then_some(Mark::Point))
}

struct Rows<'a> {
    layout: &'a Layout,
    measures: &'a [Measure],
    today: Date,
    mark: Option<Mark>,
    days: Vec<Snapshot>,
    /// The line number of each date.
    seen: HashMap<Date, u32>,
    faults: Faults,
}

impl<'a> Rows<'a> {
    fn new(layout: &'a Layout, measures: &'a [Measure], today: Date, mark: Option<Mark>) -> Self {
        Self {
            layout,
            measures,
            today,
            mark,
            days: Vec::new(),
            seen: HashMap::new(),
            faults: Faults::default(),
        }
    }

    fn row(&mut self, line: u32, record: &StringRecord) {
        let layout = self.layout;
        let (cells, wanted) = (record.len(), layout.columns.len());
        if cells != wanted {
            let reason = format!(
                "This line has {cells} cells, the first one has {wanted}. Is a separator or a quotation mark missing?"
            );
            return self.faults.add(line, "", reason);
        }
        let before = self.faults.count;
        let mut day = Snapshot::default();
        for ((cell, column), name) in record.iter().zip(&layout.columns).zip(&layout.names) {
            let result = match column {
                Column::Date => self.date(line, cell.trim()).map(|date| day.date = date),
                Column::Measure(place) => self.number(cell, *place, &mut day),
            };
            if let Err(reason) = result {
                self.faults.add(line, name, reason);
            }
        }
        if self.faults.count == before && day.is_empty() {
            return self.faults.add(line, "", "This day has no values. Remove the line.");
        }
        self.days.push(day);
    }

    fn date(&mut self, line: u32, cell: &str) -> Result<String, String> {
        let date = validation::date(cell, self.today)?;
        match self.seen.insert(date, line) {
            None => Ok(clock::iso_date(date)),
            Some(first) => {
                self.seen.insert(date, first);
                Err(format!("Line {first} has the same date. Keep one of them."))
            }
        }
    }

    fn number(&self, cell: &str, place: usize, day: &mut Snapshot) -> Result<(), String> {
        let measure = &self.measures[place];
        let Some(reading) = numbers::read(cell)? else { return Ok(()) };
        let n = match self.mark {
            Some(mark) => reading.under(mark)?,
            None => reading.alone(measure.is_count)?,
        };
        validation::place(day, measure, n)
    }
}

//! Bounds OpenDocument sheets before they are read.

use std::io::{BufRead, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::grid::MOST_TEXT;
use super::workbook::{MOST_CELLS, MOST_UNPACKED, damaged, too_many};

/// Bounds the cells that an OpenDocument file repeats: a few bytes of it can stand for millions of cells.
pub fn bound(content: &[u8]) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(damaged)?;
    let part = archive.by_name("content.xml").map_err(damaged)?;
    bound_xml(BufReader::new(part.take(MOST_UNPACKED)))
}

fn bound_xml(xml: impl BufRead) -> Result<(), String> {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut sheet = Repeats::default();
    // Positions in the text tell the length of a row, so that it counts as often as it is repeated.
    let mut row_start = 0;
    loop {
        let at = reader.buffer_position() as usize;
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(damaged)? {
            Event::Start(tag) if tag.local_name().as_ref() == "table-row" => {
                row_start = at;
                sheet.row(repeated(&tag, "number-rows-repeated")?);
            }
            Event::Empty(tag) if tag.local_name().as_ref() == "table-row" => {
                sheet.row(repeated(&tag, "number-rows-repeated")?);
            }
            Event::End(tag) if tag.local_name().as_ref() == "table-row" => {
                sheet.end_row(at.saturating_sub(row_start));
            }
            Event::End(tag) if tag.local_name().as_ref() == "table" => sheet.end_table(),
            Event::Start(tag) if is_cell(tag.local_name().as_ref()) => {
                sheet.cell(repeated(&tag, "number-columns-repeated")?, true);
            }
            Event::Empty(tag) if is_cell(tag.local_name().as_ref()) => {
                let has_value = tag.attributes().flatten().any(|it| {
                    matches!(
                        it.key.local_name().as_ref(),
                        "value"
                            | "value-type"
                            | "date-value"
                            | "string-value"
                            | "boolean-value"
                            | "time-value"
                            | "formula"
                    )
                });
                sheet.cell(repeated(&tag, "number-columns-repeated")?, has_value);
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
        if sheet.is_too_large() {
            return Err(too_many());
        }
    }
}

fn is_cell(name: &str) -> bool {
    matches!(name, "table-cell" | "covered-table-cell")
}

/// Returns how often a row or a cell is repeated. Errors: the number is none.
fn repeated(tag: &BytesStart<'_>, name: &str) -> Result<usize, String> {
    let mut count = 1;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(damaged)?;
        if attribute.key.local_name().as_ref() == name {
            count = attribute.value.trim().parse().map_err(damaged)?;
        }
    }
    Ok(count)
}

/// Counts the cells of a sheet that have values, and those between them. Rows and cells at the end of a sheet are
/// repeated without any, and are not expanded.
#[derive(Default)]
struct Repeats {
    rows: usize,
    rows_so_far: usize,
    columns_so_far: usize,
    widest: usize,
    of_row: usize,
    most_repeated: usize,
    has_value: bool,
    cells: usize,
    text: usize,
}

impl Repeats {
    fn row(&mut self, repeated: usize) {
        (self.columns_so_far, self.of_row, self.has_value) = (0, repeated, false);
        self.rows_so_far = self.rows_so_far.saturating_add(repeated);
    }

    fn cell(&mut self, repeated: usize, has_value: bool) {
        self.columns_so_far = self.columns_so_far.saturating_add(repeated);
        if has_value {
            self.has_value = true;
            self.rows = self.rows_so_far;
            self.widest = self.widest.max(self.columns_so_far);
            // The text of a cell is cloned for each repetition; its length is that of the row at most.
            self.most_repeated = self.most_repeated.max(repeated);
        }
    }

    fn end_row(&mut self, bytes: usize) {
        if self.has_value {
            let times = self.of_row.saturating_mul(self.most_repeated.max(1));
            self.text =
                self.text.saturating_add(if times > 1 { bytes.saturating_mul(times) } else { 0 });
        }
        self.most_repeated = 0;
    }

    fn end_table(&mut self) {
        let cells = self.rows.saturating_mul(self.widest);
        *self =
            Self { cells: self.cells.saturating_add(cells), text: self.text, ..Self::default() };
    }

    fn is_too_large(&self) -> bool {
        self.cells.saturating_add(self.rows.saturating_mul(self.widest)) > MOST_CELLS
            || self.text > MOST_TEXT
    }
}

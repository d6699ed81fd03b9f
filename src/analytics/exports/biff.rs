//! Bounds the memory that an Excel workbook in the format before 2007 (.xls) takes, before it is read.
//!
//! Its stream is a sequence of records. The reader reserves memory for all cells between the first and the last one of a
//! sheet; it copies a shared text into each cell that has it, and the names of sheets and of ranges into each formula
//! that mentions them.

use std::collections::HashSet;

use super::compound::{u16_at, u32_at, workbook_stream};

/// Records of one cell: row, column, and the rest.
const CELLS: [u16; 10] =
    [0x0203, 0x027e, 0x00fd, 0x0204, 0x0006, 0x0205, 0x00be, 0x0201, 0x00d6, 0x0004];
/// A row of numbers, from one column to another.
const NUMBERS: u16 = 0x00bd;
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000a;
const CONTINUE: u16 = 0x003c;
const SHEET: u16 = 0x0085;
const NAME: u16 = 0x0018;
const DIMENSIONS: u16 = 0x0200;
const SHARED_TEXTS: u16 = 0x00fc;
const SHARED_TEXT: u16 = 0x00fd;
/// Cells with a text of their own.
const LABELS: [u16; 2] = [0x0204, 0x00d6];
const FORMULA: u16 = 0x0006;
const TEXT_OF_FORMULA: u16 = 0x0207;

/// Maximum number of parts of one record. The reader moves all of them for each one.
const MOST_CONTINUED: usize = 20_000;
/// Maximum number of parts of a workbook within each other: a sheet, and a chart in it.
const MOST_NESTED: usize = 50;
/// Bytes of a formula that can stand for a name.
const BYTES_OF_NAME: u64 = 5;
/// Length that other parts of formulas have at most, in bytes.
const PART_OF_FORMULA: u64 = 40;

/// The limits for a workbook.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub sheets: usize,
    pub cells: u64,
    /// Bytes.
    pub text: u64,
}

/// Returns whether a workbook takes at most `most`. `None` if it is damaged.
pub fn fits(content: &[u8], most: Most) -> Option<bool> {
    let stream = workbook_stream(content)?;
    let mut sheets = HashSet::new();
    for (_, kind, body) in records(&stream) {
        // A sheet that is listed twice would be read twice.
        if kind == SHEET && (sheets.len() >= most.sheets || !sheets.insert(u32_at(body, 0)?)) {
            return (sheets.len() >= most.sheets).then_some(false);
        }
    }
    let mut counted = Counted { open: vec![Span::default()], ..Counted::default() };
    let mut records = records(&stream).peekable();
    while let Some((at, kind, body)) = records.next() {
        let mut parts = vec![body];
        while let Some((_, _, more)) = records.next_if(|(_, kind, _)| *kind == CONTINUE) {
            parts.push(more);
        }
        if parts.len() > MOST_CONTINUED {
            return None;
        }
        if kind == BEGIN {
            u32::try_from(at).ok().map(|at| sheets.remove(&at));
        }
        if kind == SHARED_TEXTS {
            if !counted.texts.is_empty() {
                return None;
            }
            counted.texts = shared_texts(parts)?;
            if counted.texts.len() as u64 > most.cells {
                return Some(false);
            }
        }
        counted.record(kind, body)?;
        if counted.cells() > most.cells || counted.text() > most.text {
            return Some(false);
        }
    }
    // A sheet that begins within a record would be read otherwise than it was counted.
    sheets.is_empty().then_some(true)
}

/// Lists the records of a stream: position, kind and content.
fn records(stream: &[u8]) -> impl Iterator<Item = (usize, u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(stream, at)?, usize::from(u16_at(stream, at + 2)?));
        let start = at + 4;
        let body = stream.get(start..(start + length).min(stream.len()))?;
        let found = (at, kind, body);
        at = start + length;
        Some(found)
    })
}

/// The cells of a sheet, as a rectangle.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    rows: u64,
    columns: u64,
}

impl Span {
    fn take_in(&mut self, rows: u64, columns: u64) {
        *self = Self { rows: self.rows.max(rows), columns: self.columns.max(columns) };
    }

    const fn cells(self) -> u64 {
        self.rows.saturating_mul(self.columns)
    }
}

#[derive(Debug, Default)]
struct Counted {
    /// Cells of the sheets that have ended.
    ended: u64,
    /// The sheet that is read, and what it stands in.
    open: Vec<Span>,
    /// Bytes of each shared text.
    texts: Vec<u32>,
    copied: u64,
    formulas: u64,
    longest_name: u64,
}

impl Counted {
    fn record(&mut self, kind: u16, body: &[u8]) -> Option<()> {
        match kind {
            BEGIN if self.open.len() > MOST_NESTED => return None,
            BEGIN => self.open.push(Span::default()),
            END if self.open.len() > 1 => {
                self.ended = self.ended.saturating_add(self.open.pop()?.cells());
            }
            DIMENSIONS => {
                let (rows, columns) = dimensions(body)?;
                self.open.last_mut()?.take_in(rows, columns);
            }
            NUMBERS if body.len() >= 6 => {
                let last = u16_at(body, body.len() - 2)?;
                let columns = u64::from(u16_at(body, 2)?.max(last)) + 1;
                self.open.last_mut()?.take_in(u64::from(u16_at(body, 0)?) + 1, columns);
            }
            kind if CELLS.contains(&kind) && body.len() >= 4 => {
                let (row, column) = (u16_at(body, 0)?, u16_at(body, 2)?);
                self.open.last_mut()?.take_in(u64::from(row) + 1, u64::from(column) + 1);
            }
            _ => {}
        }
        let of_label = |at: usize| u16_at(body, at).map_or(0, |chars| u64::from(chars) * 3);
        let is_name = kind == NAME || kind == SHEET;
        match kind {
            SHARED_TEXT if body.len() >= 10 => {
                let text = self.texts.get(u32_at(body, 6)? as usize).copied();
                self.copied = self.copied.saturating_add(text.unwrap_or(0).into());
            }
            // Memory is reserved for the stated length.
            kind if LABELS.contains(&kind) => self.copied += of_label(6),
            TEXT_OF_FORMULA => self.copied += of_label(0),
            FORMULA => self.formulas += body.len() as u64,
            _ if is_name => {
                let chars = body.get(if kind == NAME { 3 } else { 6 }).copied().unwrap_or(0);
                self.longest_name = self.longest_name.max(u64::from(chars) * 3);
                // The name of a range has that of its sheet before it.
                self.formulas += body.len() as u64 + BYTES_OF_NAME;
            }
            _ => {}
        }
        Some(())
    }

    fn cells(&self) -> u64 {
        self.open.iter().fold(self.ended, |all, span| all.saturating_add(span.cells()))
    }

    fn text(&self) -> u64 {
        let part = self.longest_name.max(PART_OF_FORMULA);
        self.copied.saturating_add((self.formulas / BYTES_OF_NAME).saturating_mul(part))
    }
}

/// Returns the rows and columns that a sheet states: the reader reserves memory for them. `None` if it ends before it
/// begins.
fn dimensions(body: &[u8]) -> Option<(u64, u64)> {
    let (first, last, columns) = match body.len() {
        10 => (u16_at(body, 0)?.into(), u16_at(body, 2)?.into(), u16_at(body, 6)?),
        _ => (u32_at(body, 0)?, u32_at(body, 4)?, u16_at(body, 10)?),
    };
    (first <= last).then_some((last.into(), columns.into()))
}

/// Returns the length of each shared text in bytes at most. `None` if they are damaged.
fn shared_texts(parts: Vec<&[u8]>) -> Option<Vec<u32>> {
    let mut texts = Vec::new();
    let mut parts = parts.into_iter();
    let mut rest = parts.next()?.get(8..)?;
    loop {
        if rest.is_empty() {
            match parts.next() {
                Some(part) => rest = part,
                None => return Some(texts),
            }
        }
        let mut bytes = 0;
        if !rest.is_empty() {
            let (mut chars, flags) = (usize::from(u16_at(rest, 0)?), *rest.get(2)?);
            let (mut at, mut is_wide) = (3, flags & 1 != 0);
            let mut skipped = 0;
            if flags & 8 != 0 {
                skipped += usize::from(u16_at(rest, at)?) * 4;
                at += 2;
            }
            if flags & 4 != 0 {
                skipped += u32_at(rest, at)? as usize;
                at += 4;
            }
            rest = rest.get(at..)?;
            loop {
                let width = if is_wide { 2 } else { 1 };
                let read = chars.min(rest.len() / width);
                // Upper bound of what the reader allocates for a character: its copy of two bytes, which narrow text is
                // widened to, and its UTF-8.
                bytes += read * (2 * width + 2);
                rest = rest.get(read * width..)?;
                chars -= read;
                if chars == 0 {
                    break;
                }
                let (flags, part) = parts.next()?.split_first()?;
                (rest, is_wide) = (part, flags & 1 != 0);
            }
            while skipped > 0 {
                if rest.is_empty() {
                    rest = parts.next()?;
                }
                let read = skipped.min(rest.len());
                rest = &rest[read..];
                skipped -= read;
            }
        }
        texts.push(u32::try_from(bytes).ok()?);
    }
}

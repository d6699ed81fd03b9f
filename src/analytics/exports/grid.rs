//! The cells of a text file or of a sheet, in one buffer.

/// What a cell of a workbook holds. All cells of a text file are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A number, written with a decimal point.
    Number,
    /// A date, written as `2026-10-20` or `2026-10-20T13:05:00`.
    Date,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// The index of the first cell.
    start: u32,
    /// From 1, as an editor counts.
    line: u32,
    /// Whether blank lines precede it.
    after_gap: bool,
    /// Whether it has more cells than are read.
    is_cut: bool,
}

/// Maximum number of bytes of all texts, and of one. Positions are stored in 32 bits.
pub const MOST_TEXT: usize = 200 * 1024 * 1024;
const MOST_CELL_BYTES: usize = 1024 * 1024;
/// Maximum number of rows: more than a sheet of Excel has.
const MOST_ROWS: usize = 1_500_000;

/// Rows of cells. Blank rows are left out.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// The name of the sheet.
    pub sheet: Option<String>,
    pub separator: Option<char>,
    text: String,
    ends: Vec<u32>,
    kinds: Vec<Kind>,
    rows: Vec<Row>,
}

impl Grid {
    /// Returns the empty grid of a text file.
    pub fn of_text(separator: char) -> Self {
        Self { separator: Some(separator), ..Self::default() }
    }

    /// Returns the empty grid of a sheet.
    pub fn of_sheet(name: &str) -> Self {
        Self { sheet: Some(name.to_owned()), ..Self::default() }
    }

    /// Starts a row at `line`. Errors: there are too many.
    pub fn begin_row(&mut self, line: u32, after_gap: bool) -> Result<(), String> {
        if self.rows.len() >= MOST_ROWS {
            return Err(format!(
                "This file has more than {} rows. Split it, and import one after another.",
                crate::format::number::grouped(MOST_ROWS as f64)
            ));
        }
        self.rows.push(Row { start: self.ends.len() as u32, line, after_gap, is_cut: false });
        Ok(())
    }

    /// Notes that the last row has more cells than are read.
    pub fn cut_row(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.is_cut = true;
        }
    }

    /// Adds a cell to the last row. Errors: the texts are larger than can be read.
    pub fn push(&mut self, text: &str, kind: Kind) -> Result<(), String> {
        let text = text.trim();
        if text.len() > MOST_CELL_BYTES || self.text.len() + text.len() > MOST_TEXT {
            return Err(
                "The texts of this file are too large. Export the columns with dates and numbers only.".to_owned()
            );
        }
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        if kind != Kind::Text || !self.kinds.is_empty() {
            self.kinds.resize(self.ends.len() - 1, Kind::Text);
            self.kinds.push(kind);
        }
        Ok(())
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        let start = |row: usize| self.rows.get(row).map(|row| row.start as usize);
        let end = start(row.saturating_add(1)).unwrap_or(self.ends.len());
        start(row).unwrap_or(end)..end
    }

    /// Returns the number of cells in a row.
    pub fn width(&self, row: usize) -> usize {
        self.range(row).len()
    }

    /// Returns the trimmed text of a cell; empty for a missing one.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let range = self.range(row);
        let at = range.start + column;
        if at >= range.end {
            return "";
        }
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }

    pub fn kind(&self, row: usize, column: usize) -> Kind {
        let range = self.range(row);
        let at = range.start + column;
        if at >= range.end { Kind::Text } else { self.kinds.get(at).copied().unwrap_or(Kind::Text) }
    }

    /// Returns the cells of a row.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = &str> + '_ {
        (0..self.width(row)).map(move |column| self.cell(row, column))
    }

    /// Returns the line of a row, from 1.
    pub fn line(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |row| row.line)
    }

    /// Returns whether a row has values beyond the first `most` cells.
    pub fn is_wider_than(&self, row: usize, most: usize) -> bool {
        self.rows.get(row).is_some_and(|row| row.is_cut)
            || (most..self.width(row)).any(|column| !self.cell(row, column).is_empty())
    }

    pub fn after_gap(&self, row: usize) -> bool {
        self.rows.get(row).is_some_and(|row| row.after_gap)
    }

    /// Returns whether the cells state their kinds, as those of a workbook do.
    pub fn is_typed(&self) -> bool {
        self.sheet.is_some()
    }
}

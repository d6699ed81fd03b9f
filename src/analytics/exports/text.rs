//! Splits a text file into rows and cells.

use csv::{ByteRecord, ReaderBuilder};

use super::dates;
use super::grid::{Grid, Kind};
use super::numerals;

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// How many rows and cells decide the separator.
const SAMPLED: usize = 300;
const SAMPLED_CELLS: usize = 50_000;
/// Maximum number of cells.
pub const MOST_CELLS: usize = 10_000_000;

/// Splits a text. Errors: why it is no table.
pub fn split(text: &str) -> Result<Grid, String> {
    split_within(text, MOST_CELLS)
}

/// Splits a text of at most `most` cells.
pub fn split_within(text: &str, most: usize) -> Result<Grid, String> {
    let (hint, skipped) = separator_line(text);
    let separator = match hint {
        Some(separator) => separator,
        None => separator_of(text),
    };
    let grid = with_separator(text, separator, skipped, Extent::Whole(most))?;
    if grid.len() == 0 {
        return Err("This file is empty.".to_owned());
    }
    Ok(grid)
}

/// Parses Excel's hint `sep=;` in the first line. Returns the separator, and the bytes of the line.
fn separator_line(text: &str) -> (Option<char>, usize) {
    let line = text.split(['\r', '\n']).next().unwrap_or_default();
    let rest = line.trim().trim_matches('"');
    let hint = rest.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &rest[4..]);
    match hint.map(|hint| (hint.chars().next(), hint.chars().count())) {
        Some((Some(separator), 1)) if SEPARATORS.contains(&separator) => {
            (Some(separator), line.len())
        }
        // `sep=	` is trimmed to nothing.
        Some((None, _)) if line.contains('\t') => (Some('\t'), line.len()),
        _ => (None, 0),
    }
}

/// Returns the separator that yields the most dates and numbers.
fn separator_of(text: &str) -> char {
    let score = |separator: char| {
        let Ok(grid) = with_separator(text, separator, 0, Extent::Sample) else { return (0, 0) };
        let (mut found, mut cells) = (0, 0);
        for row in (0..grid.len()).filter(|row| grid.width(*row) > 1) {
            for cell in grid.cells(row).filter(|cell| !cell.is_empty()) {
                cells += 1;
                found += usize::from(dates::is_like(cell) || numerals::is_like(cell));
            }
        }
        (found, cells)
    };
    // If several yield as much, the first one is used.
    SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator)).unwrap_or(',')
}

/// How much of a text is split.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Sample,
    /// All of it, if it has at most this number of cells.
    Whole(usize),
}

fn with_separator(
    text: &str,
    separator: char,
    skip: usize,
    extent: Extent,
) -> Result<Grid, String> {
    let body = &text[skip..];
    let mut reader = ReaderBuilder::new()
        .delimiter(separator as u8)
        .has_headers(false)
        .flexible(true)
        .from_reader(body.as_bytes());
    let mut record = ByteRecord::new();
    let mut grid = Grid::of_text(separator);
    let mut lines = Lines { text: body, at: 0, line: 1 };
    let (mut cells, mut previous_end) = (0, 1);
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let Some(position) = record.position() else { continue };
        let start = position.byte() as usize;
        let blank = body.as_bytes()[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        let start = start + blank.count();
        let line = lines.of(start);
        let after_gap = line > previous_end + 1;
        let end = lines.of(reader.position().byte() as usize);
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            // The next row is after a gap.
            continue;
        }
        cells += record.len();
        if matches!(extent, Extent::Whole(most) if cells > most) {
            return Err(
                "This file has too many cells. Split it, and import one after another.".to_owned()
            );
        }
        grid.begin_row(line, after_gap)?;
        let read = if extent == Extent::Sample { SAMPLED_CELLS } else { usize::MAX };
        for cell in record.iter().take(read) {
            grid.push(std::str::from_utf8(cell).unwrap_or_default(), Kind::Text)?;
        }
        previous_end = end.saturating_sub(1).max(line);
        if extent == Extent::Sample && (grid.len() >= SAMPLED || cells >= SAMPLED_CELLS) {
            break;
        }
    }
    if let Some(line) = open_quote(body, &grid, &lines) {
        return Err(format!(
            "Line {line}: a quotation mark (\") is opened and never closed. Close or remove it."
        ));
    }
    Ok(grid)
}

/// Returns the line of a last row that runs to the end of the file within a quoted cell.
fn open_quote(text: &str, grid: &Grid, lines: &Lines<'_>) -> Option<u32> {
    let last = grid.len().checked_sub(1)?;
    let spans = grid.cells(last).any(|cell| cell.contains('\n'));
    let rows = text.split('\n').skip(grid.line(last).saturating_sub(1) as usize);
    let quotes: usize = rows.map(|row| row.matches('"').count()).sum();
    (spans && lines.at <= text.len() && quotes % 2 == 1).then(|| grid.line(last))
}

/// Counts lines up to growing positions.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, position: usize) -> u32 {
        let bytes = self.text.as_bytes();
        while self.at < position.min(bytes.len()) {
            let lone_return = bytes[self.at] == b'\r' && bytes.get(self.at + 1) != Some(&b'\n');
            self.line += u32::from(bytes[self.at] == b'\n' || lone_return);
            self.at += 1;
        }
        self.line
    }
}

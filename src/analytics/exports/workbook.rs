//! Reads the sheets of Excel and OpenDocument workbooks.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe};

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, SheetVisible, Xls, Xlsx, XlsxError};
use zip::ZipArchive;

use super::biff;
use super::grid::{Grid, Kind, MOST_TEXT};
use super::repeats_in_sheets;
use super::table::MOST_COLUMNS;

/// Maximum number of unpacked bytes: what a workbook of the permitted size has, and far less than a zip bomb has.
pub const MOST_UNPACKED: u64 = 400 * 1024 * 1024;
/// Maximum number of files in a workbook.
const MOST_PARTS: usize = 5_000;
/// Maximum number of cells of all sheets.
pub const MOST_CELLS: usize = 5_000_000;
/// Maximum number of sheets, and of bytes in the name of one. Excel permits 31 characters.
const MOST_SHEETS: usize = 1_000;
const MOST_NAME_BYTES: usize = 255;

const ZIP: &[u8] = b"PK\x03\x04";
/// A compound file: an Excel workbook before 2007, or one with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

pub fn is_workbook(content: &[u8]) -> bool {
    content.starts_with(ZIP) || content.starts_with(&COMPOUND[..4])
}

/// Reads all visible sheets. Errors: why the file cannot be read.
pub fn read(content: &[u8]) -> Result<Vec<Grid>, String> {
    read_within(content, MOST_UNPACKED)
}

/// Reads a workbook that unpacks to at most `most` bytes.
pub fn read_within(content: &[u8], most: u64) -> Result<Vec<Grid>, String> {
    if !content.starts_with(ZIP) {
        return caught(|| compound(content));
    }
    let grids = match kind(content, most)? {
        Format::Excel => caught(|| excel(content))?,
        Format::OpenDocument => caught(|| open_document(content))?,
    };
    if grids.is_empty() {
        return Err("The visible sheets of this workbook are empty.".to_owned());
    }
    Ok(grids)
}

/// Runs the reader of workbooks, which panics on some damaged ones.
fn caught<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged(())))
}

fn compound(content: &[u8]) -> Result<Vec<Grid>, String> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if memchr::memmem::find(content, &name).is_some() {
        return Err(WITH_PASSWORD.to_owned());
    }
    let most = biff::Most { sheets: MOST_SHEETS, cells: MOST_CELLS as u64, text: MOST_TEXT as u64 };
    match biff::fits(content, most) {
        Some(true) => {}
        Some(false) => return Err(too_many()),
        None => return Err(damaged(())),
    }
    let mut workbook: Xls<_> = Xls::new(Cursor::new(content)).map_err(|error| match error {
        calamine::XlsError::Password => WITH_PASSWORD.to_owned(),
        other => damaged(other),
    })?;
    whole_sheets(&mut workbook)
}

const WITH_PASSWORD: &str =
    "This workbook has a password. Remove it, save the workbook, and import it again.";

/// Reads the visible sheets, each as a whole.
fn whole_sheets<R: Read + Seek, W: Reader<R>>(workbook: &mut W) -> Result<Vec<Grid>, String> {
    let mut grids = Vec::new();
    for sheet in visible(workbook.sheets_metadata())? {
        let range = workbook.worksheet_range(&sheet).map_err(damaged)?;
        grids.extend(rows_of(&sheet, &range)?);
    }
    Ok(grids)
}

/// Collects the cells of a sheet that was read as a whole.
fn rows_of(sheet: &str, range: &calamine::Range<Data>) -> Result<Option<Grid>, String> {
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let mut rows = Rows::new(sheet);
    for (row, column, value) in range.used_cells() {
        let (text, kind) = match value {
            Data::Int(n) => (n.to_string(), Kind::Number),
            Data::Float(n) => number(*n),
            Data::String(text) | Data::DurationIso(text) => (text.clone(), Kind::Text),
            Data::Bool(it) => (it.to_string(), Kind::Text),
            Data::DateTime(at) => moment(at),
            Data::DateTimeIso(text) => (text.clone(), Kind::Date),
            Data::Error(error) => (error.to_string(), Kind::Text),
            Data::Empty => continue,
        };
        rows.push(row as u32 + first_row, column as u32 + first_column, &text, kind)?;
    }
    Ok(rows.end())
}

enum Format {
    Excel,
    OpenDocument,
}

pub fn damaged<E>(_: E) -> String {
    "This workbook is damaged. Open it, save it again, and import that file.".to_owned()
}

/// Tells what a zip archive is, and unpacks it once to bound its size.
fn kind(content: &[u8], most: u64) -> Result<Format, String> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(damaged)?;
    if archive.len() > MOST_PARTS {
        return Err("This archive has too many files to be a workbook.".to_owned());
    }
    let names: Vec<String> =
        archive.file_names().flatten().map(std::borrow::Cow::into_owned).collect();
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let format = if has("xl/workbook.xml") {
        Format::Excel
    } else if has("content.xml") {
        Format::OpenDocument
    } else if has("xl/workbook.bin") {
        return Err(
            "This is a binary workbook (.xlsb). Save it as .xlsx, and import that file.".to_owned()
        );
    } else if names.iter().any(|name| name.ends_with(".iwa")) {
        return Err("This is a Numbers document. Export it as Excel or CSV, and import that file."
            .to_owned());
    } else {
        return Err("This is a zip archive, not a workbook. Unpack it, and import its files one after another.".to_owned());
    };
    // The sizes that an archive states can be wrong, so that the bytes are counted.
    let mut left = most;
    let mut texts = 0;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| {
            "This workbook has a password or is damaged. Save it without a password, and import that file.".to_owned()
        })?;
        let mut part = part.take(left + 1);
        let mut counted = Counted::default();
        let bytes = std::io::copy(&mut part, &mut counted).map_err(damaged)?;
        if counted.most > bytes {
            return Err(damaged(()));
        }
        texts += counted.texts;
        if texts > MOST_CELLS {
            return Err(too_many());
        }
        if bytes > left {
            let most = most / 1024 / 1024;
            return Err(format!(
                "Unpacked, this workbook is larger than {most} MB. Import a part of it, or a CSV file."
            ));
        }
        left -= bytes;
    }
    Ok(format)
}

/// Finds the largest number of texts that a part states to have, for which the reader reserves memory, and counts the
/// shared texts, which it keeps.
#[derive(Default)]
struct Counted {
    /// The end of what was written before, in which the attribute can begin.
    before: Vec<u8>,
    most: u64,
    texts: usize,
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        const NAME: &[u8] = b"uniqueCount";
        const LONGEST: usize = 256;
        let known = self.before.len();
        self.before.extend_from_slice(bytes);
        // `<si>`, with or without a namespace. A tag that was counted before ends in the bytes that are kept.
        let is_tag =
            |at: &usize| at + 2 > known && *at > 0 && matches!(self.before[at - 1], b'<' | b':');
        self.texts += memchr::memmem::find_iter(&self.before, b"si").filter(is_tag).count();
        for at in memchr::memmem::find_iter(&self.before, NAME) {
            let after = self.before[at + NAME.len()..].iter();
            let mut rest = after.skip_while(|it| it.is_ascii_whitespace());
            if rest.next() != Some(&b'=') {
                continue;
            }
            let digits = rest
                .skip_while(|it| it.is_ascii_whitespace() || matches!(it, b'"' | b'\'' | b'+'))
                .take_while(|it| it.is_ascii_digit());
            let count = digits.fold(0_u64, |count, digit| {
                count.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
            });
            self.most = self.most.max(count);
        }
        let kept = self.before.len().saturating_sub(LONGEST);
        self.before.drain(..kept);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The bytes of an archive. Sheets that share a part would be unpacked once for each, so that reading ends with an error
/// after a few times its length.
struct Metered<'a> {
    content: Cursor<&'a [u8]>,
    left: usize,
}

impl<'a> Metered<'a> {
    const TIMES: usize = 4;
    /// For searching the list of parts of a small archive.
    const MORE: usize = 128 * 1024;

    const fn new(content: &'a [u8]) -> Self {
        let left = content.len().saturating_mul(Self::TIMES).saturating_add(Self::MORE);
        Self { content: Cursor::new(content), left }
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.content.read(buffer)?;
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| std::io::Error::other("read too often"))?;
        Ok(bytes)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.content.seek(to)
    }
}

fn excel(content: &[u8]) -> Result<Vec<Grid>, String> {
    let mut workbook: Xlsx<_> = Xlsx::new(Metered::new(content)).map_err(damaged)?;
    let mut left = MOST_CELLS;
    let mut grids = Vec::new();
    for sheet in visible(workbook.sheets_metadata())? {
        let mut cells = match workbook.worksheet_cells_reader(&sheet) {
            Ok(cells) => cells,
            // A chart.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(damaged(error)),
        };
        let mut rows = Rows::new(&sheet);
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            let (row, column) = cell.get_position();
            let (text, kind) = match cell.get_value() {
                DataRef::Int(n) => (n.to_string(), Kind::Number),
                DataRef::Float(n) => number(*n),
                DataRef::String(text) => (text.clone(), Kind::Text),
                DataRef::SharedString(text) => ((*text).to_owned(), Kind::Text),
                DataRef::Bool(it) => (it.to_string(), Kind::Text),
                DataRef::DateTime(at) => moment(at),
                DataRef::DateTimeIso(text) => (text.clone(), Kind::Date),
                DataRef::DurationIso(text) => (text.clone(), Kind::Text),
                DataRef::Error(error) => (error.to_string(), Kind::Text),
                DataRef::Empty => continue,
            };
            left = left.checked_sub(1).ok_or_else(too_many)?;
            rows.push(row, column, &text, kind)?;
        }
        grids.extend(rows.end());
    }
    Ok(grids)
}

fn open_document(content: &[u8]) -> Result<Vec<Grid>, String> {
    repeats_in_sheets::bound(content)?;
    let mut workbook: Ods<_> = Ods::new(Metered::new(content)).map_err(|error| match error {
        calamine::OdsError::Password => WITH_PASSWORD.to_owned(),
        other => damaged(other),
    })?;
    whole_sheets(&mut workbook)
}

pub fn too_many() -> String {
    "This workbook has too many cells. Save the sheet with the numbers as CSV, and import that file.".to_owned()
}

/// Lists the names of the visible sheets. Errors: there are too many; one is too long to be shown and stored.
fn visible(sheets: &[calamine::Sheet]) -> Result<Vec<String>, String> {
    let visible = || sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    if sheets.len() > MOST_SHEETS {
        return Err(format!(
            "This workbook has more than {MOST_SHEETS} sheets. Save the one with the numbers as CSV, and import that file."
        ));
    }
    if visible().any(|sheet| sheet.name.len() > MOST_NAME_BYTES) {
        return Err(
            "The name of a sheet is too long. Rename it, and import the file again.".to_owned()
        );
    }
    Ok(visible().map(|sheet| sheet.name.clone()).collect())
}

fn number(n: f64) -> (String, Kind) {
    (n.to_string(), Kind::Number)
}

/// Writes a date cell. A time without a day is text.
fn moment(at: &ExcelDateTime) -> (String, Kind) {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    if at.is_duration() || at.as_f64() < 1.0 {
        return (format!("{hour:02}:{minute:02}:{second:02}"), Kind::Text);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return (date, Kind::Date);
    }
    (format!("{date}T{hour:02}:{minute:02}:{second:02}"), Kind::Date)
}

/// Collects the cells of a sheet, which are in order.
struct Rows {
    grid: Grid,
    /// The row and the next column.
    at: Option<(u32, u32)>,
}

impl Rows {
    fn new(sheet: &str) -> Self {
        Self { grid: Grid::of_sheet(sheet), at: None }
    }

    fn push(&mut self, row: u32, column: u32, text: &str, kind: Kind) -> Result<(), String> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let mut next = match self.at {
            Some((current, next)) if current == row => next,
            Some((current, _)) if current > row => return Err(damaged(())),
            before => {
                let after_gap = before.map_or(row > 0, |(current, _)| row > current + 1);
                self.grid.begin_row(row + 1, after_gap)?;
                0
            }
        };
        if column < next {
            return Err(damaged(()));
        }
        if column as usize >= MOST_COLUMNS {
            self.grid.cut_row();
            self.at = Some((row, next.max(column)));
            return Ok(());
        }
        while next < column {
            self.grid.push("", Kind::Text)?;
            next += 1;
        }
        self.grid.push(text, kind)?;
        self.at = Some((row, next + 1));
        Ok(())
    }

    fn end(self) -> Option<Grid> {
        (self.grid.len() > 0).then_some(self.grid)
    }
}

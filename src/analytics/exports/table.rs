//! Finds the tables in a grid: the header, the column or row of periods, and the rows between titles and footers.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::dates;
use super::grid::{Grid, Kind};
use super::numerals::{self, Numeral};
use super::words;

/// Where a table is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    pub header: Option<usize>,
    /// Rows below the header. Of a table across, those with values.
    pub rows: Vec<usize>,
    /// Of a table across: the columns with a period in the header.
    pub periods: Vec<usize>,
    /// The columns that can hold the date, the likeliest first.
    pub dates: Vec<usize>,
    /// Whether the table has more columns than are read.
    pub is_cut: bool,
}

/// A table of which each record is a period or an entry.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    pub grid: &'a Grid,
    pub place: &'a Place,
}

/// How many rows at either end of a table decide what its columns are.
const SAMPLED: usize = 150;
/// Maximum number of columns.
pub const MOST_COLUMNS: usize = 400;
/// Maximum length of a column's name.
const MOST_NAME_CHARS: usize = 80;
/// Maximum number of parts of a sheet that can be tables.
const MOST_SEGMENTS: usize = 500;
/// How many of a part's first rows can have its periods, and how many of them are tried.
const FIRST_ROWS: usize = 20;
const MOST_TRIED: usize = 5;

impl<'a> Table<'a> {
    pub fn is_across(&self) -> bool {
        !self.place.periods.is_empty()
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        if self.is_across() { self.place.periods.len() } else { self.place.rows.len() }
    }

    fn at(&self, record: usize, column: usize) -> (usize, usize) {
        let Place { header, rows, periods, .. } = self.place;
        match (self.is_across(), column) {
            (false, _) => (rows[record], column),
            (true, 0) => (header.unwrap_or(0), periods[record]),
            (true, _) => (rows.get(column - 1).copied().unwrap_or(usize::MAX), periods[record]),
        }
    }

    pub fn cell(&self, record: usize, column: usize) -> &'a str {
        let (row, column) = self.at(record, column);
        self.grid.cell(row, column)
    }

    pub fn kind(&self, record: usize, column: usize) -> Kind {
        let (row, column) = self.at(record, column);
        self.grid.kind(row, column)
    }

    pub fn line(&self, record: usize, column: usize) -> u32 {
        self.grid.line(self.at(record, column).0)
    }

    /// Returns the number of cells of a record.
    pub fn width(&self, record: usize) -> usize {
        if self.is_across() {
            self.place.rows.len() + 1
        } else {
            self.grid.width(self.place.rows[record])
        }
    }

    /// Returns all cells of a record as one text, to tell records apart.
    pub fn text(&self, record: usize) -> String {
        (0..self.width(record))
            .map(|column| self.cell(record, column))
            .collect::<Vec<_>>()
            .join("\u{1f}")
    }

    /// Returns the value of a cell.
    pub fn numeral(&self, record: usize, column: usize) -> Numeral {
        let text = self.cell(record, column);
        match self.kind(record, column) {
            Kind::Number => {
                text.parse().map_or(Numeral::Other, |n| Numeral::Number(numerals::Number::exact(n)))
            }
            Kind::Date => Numeral::Other,
            Kind::Text => numerals::parse(text),
        }
    }

    /// Returns the name of each column. Names are unique.
    pub fn names(&self) -> Vec<String> {
        let Place { header, rows, periods, .. } = self.place;
        let mut names: Vec<String> = if self.is_across() {
            let label = |row: &usize| {
                let labels = (0..periods.first().copied().unwrap_or(1))
                    .map(|column| self.grid.cell(*row, column));
                labels.filter(|label| !label.is_empty()).collect::<Vec<_>>().join(" ")
            };
            std::iter::once(String::new()).chain(rows.iter().map(label)).collect()
        } else {
            let width = header.map_or_else(
                || rows.iter().take(SAMPLED).map(|row| self.grid.width(*row)).max().unwrap_or(0),
                |header| self.grid.width(header),
            );
            (0..width.min(MOST_COLUMNS))
                .map(|column| header.map_or("", |row| self.grid.cell(row, column)).to_owned())
                .collect()
        };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (column, name) in names.iter_mut().enumerate() {
            if name.is_empty() {
                *name = match self.is_across() {
                    true => "Period".to_owned(),
                    false => format!("Column {}", column + 1),
                };
            }
            let short: String = name.chars().take(MOST_NAME_CHARS).collect();
            name.clone_from(&short);
            while known.contains_key(name) {
                let number = known.entry(short.clone()).or_insert(1);
                *number += 1;
                *name = format!("{short} ({number})");
            }
            known.insert(name.clone(), 1);
        }
        names
    }

    /// Returns whether the header names a column, or is absent.
    pub fn is_named(&self, column: usize) -> bool {
        self.is_across()
            || self.place.header.is_none_or(|row| !self.grid.cell(row, column).is_empty())
    }
}

/// Lists all tables. Errors: there are too many parts that can be one.
pub fn find(grid: &Grid) -> Result<Vec<Place>, String> {
    let segments = segments(grid);
    if segments.len() > MOST_SEGMENTS {
        return Err(format!(
            "This file has more than {MOST_SEGMENTS} tables. Save the one with the numbers as a file of its own."
        ));
    }
    let place = |segment| across(grid, segment).or_else(|| down(grid, segment));
    Ok(segments.iter().filter_map(place).collect())
}

/// Rows that belong together: texts above, and the rows below them.
#[derive(Debug, Default)]
struct Segment {
    heads: Vec<usize>,
    body: Vec<usize>,
}

fn filled(grid: &Grid, row: usize) -> usize {
    grid.cells(row).filter(|cell| !cell.is_empty()).count()
}

fn is_comment(grid: &Grid, row: usize) -> bool {
    let first = grid.cells(row).find(|cell| !cell.is_empty()).unwrap_or_default();
    let after = first.trim_start_matches('#').trim_start();
    // `#1001` is an order.
    first.starts_with('#')
        && !after.starts_with(|c: char| c.is_ascii_digit())
        && filled(grid, row) <= 1
        || first.starts_with("# ") && !after.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns whether a row has a date or a number.
fn has_data(grid: &Grid, row: usize) -> bool {
    (0..grid.width(row)).any(|column| {
        let cell = grid.cell(row, column);
        grid.kind(row, column) != Kind::Text || dates::is_like(cell) || numerals::is_like(cell)
    })
}

/// Returns a hash of the cells of a row.
pub fn hash(grid: &Grid, row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    grid.cells(row).for_each(|cell| cell.hash(&mut hasher));
    hasher.finish()
}

fn segments(grid: &Grid) -> Vec<Segment> {
    let (mut all, mut current) = (Vec::new(), Segment::default());
    let mut boundary = false;
    let mut widest = 0;
    // The rows of names above a table are looked up for each row of texts below it.
    let mut heads: HashMap<u64, usize> = HashMap::new();
    let mut has_header = false;
    for row in 0..grid.len() {
        if is_comment(grid, row) {
            boundary = true;
            continue;
        }
        boundary |= grid.after_gap(row);
        let count = filled(grid, row);
        if has_data(grid, row) {
            widest = widest.max(count);
            current.body.push(row);
            boundary = false;
            continue;
        }
        let hash = hash(grid, row);
        if current.body.is_empty() {
            current.heads.push(row);
            heads.entry(hash).or_insert(row);
            has_header |= count > 1;
        } else if count > 1
            && heads.get(&hash).is_some_and(|head| grid.cells(*head).eq(grid.cells(row)))
        {
            // The header again, as printed pages repeat it.
        } else if count > 1 && (boundary || !has_header || count > widest) {
            all.push(std::mem::replace(
                &mut current,
                Segment { heads: vec![row], body: Vec::new() },
            ));
            widest = 0;
            heads = HashMap::from([(hash, row)]);
            has_header = true;
        } else {
            current.body.push(row);
        }
        boundary = false;
    }
    all.push(current);
    all
}

/// Lists rows at the start, in the middle and at the end.
fn sample(rows: &[usize]) -> Vec<usize> {
    let step = (rows.len() / SAMPLED).max(1);
    let is_sampled =
        |at: usize| at < SAMPLED || at + SAMPLED >= rows.len() || at.is_multiple_of(step);
    let sampled = rows.iter().enumerate().filter(|(at, _)| is_sampled(*at));
    sampled.map(|(_, row)| *row).collect()
}

fn down(grid: &Grid, segment: &Segment) -> Option<Place> {
    let header = header(grid, segment);
    let sampled: Vec<usize> =
        sample(&segment.body).into_iter().filter(|row| has_data(grid, *row)).collect();
    let width = sampled.iter().map(|row| grid.width(*row)).max()?.min(MOST_COLUMNS);
    // A date beyond the header would have no name.
    let named = header.or(segment.body.first().copied()).map_or(0, |row| grid.width(row));
    let width = width.min(named);
    let mut dates: Vec<(usize, (u8, usize))> = (0..width)
        .filter_map(|column| {
            let name = header.map_or("", |row| grid.cell(row, column));
            let rank = words::date_rank(name);
            let (mut cells, mut found, mut stated) = (0, 0, false);
            for row in sampled.iter().filter(|row| !grid.cell(**row, column).is_empty()) {
                let cell = grid.cell(*row, column);
                if words::is_total(cell) {
                    continue;
                }
                cells += 1;
                let is_date = match grid.kind(*row, column) {
                    Kind::Date => true,
                    Kind::Number | Kind::Text if rank > 0 => dates::parse(cell).is_some(),
                    Kind::Text => dates::is_like(cell),
                    Kind::Number => false,
                };
                found += usize::from(is_date);
                stated |= is_date;
            }
            let filled = found * 10 / sampled.len().max(1);
            (stated && found * 2 >= cells).then_some((column, (rank, filled)))
        })
        .collect();
    // Sorting is stable: of equally likely columns the first one is taken.
    dates.sort_by_key(|(_, (rank, filled))| std::cmp::Reverse((*filled >= 5, *rank, *filled)));
    let dates: Vec<usize> = dates.into_iter().map(|(column, _)| column).collect();
    let has_values = sampled.iter().any(|row| grid.width(*row) > 1);
    (!dates.is_empty() && has_values).then(|| Place {
        header,
        rows: segment.body.clone(),
        periods: Vec::new(),
        dates,
        is_cut: header.is_some_and(|row| grid.is_wider_than(row, MOST_COLUMNS))
            || segment
                .body
                .iter()
                .any(|row| grid.is_wider_than(*row, MOST_COLUMNS) && has_data(grid, *row)),
    })
}

/// Returns the row of names: the last one that is about as wide as the widest, and is not a row of units.
fn header(grid: &Grid, segment: &Segment) -> Option<usize> {
    let widest =
        segment.heads.iter().map(|row| filled(grid, *row)).max().filter(|count| *count > 1)?;
    let is_unit = |cell: &str| numerals::currency(cell).is_some() || cell == "%" || cell == "#";
    let heads = segment.heads.iter().rev();
    heads
        .filter(|row| filled(grid, **row) * 2 > widest && filled(grid, **row) > 1)
        .find(|row| !grid.cells(**row).all(|cell| cell.is_empty() || is_unit(cell)))
        .copied()
}

/// Finds a table of which the columns are periods.
fn across(grid: &Grid, segment: &Segment) -> Option<Place> {
    let rows: Vec<usize> = segment.heads.iter().chain(&segment.body).copied().collect();
    let first = rows.iter().take(FIRST_ROWS).enumerate();
    let tried = first.filter_map(|(at, row)| Some((*row, &rows[at + 1..], periods(grid, *row)?)));
    let mut tables = tried.take(MOST_TRIED);
    tables.find_map(|(row, below, periods)| table_across(grid, row, below, periods))
}

/// Returns the columns of a row that are periods, if it can be the header of a table across.
fn periods(grid: &Grid, row: usize) -> Option<Vec<usize>> {
    let is_period = |column: &usize| {
        let cell = grid.cell(row, *column);
        let is_date = |stamp: dates::Stamp| !matches!(stamp.what, dates::What::Serial(_));
        grid.kind(row, *column) == Kind::Date || dates::parse(cell).is_some_and(is_date)
    };
    let periods: Vec<usize> = (1..grid.width(row).min(MOST_COLUMNS)).filter(is_period).collect();
    let others = filled(grid, row).saturating_sub(periods.len());
    (periods.len() >= 2 && others <= 3 && !is_period(&0)).then_some(periods)
}

/// Returns the table of which `row` has the periods, if most of the cells below these are numbers.
fn table_across(grid: &Grid, row: usize, below: &[usize], periods: Vec<usize>) -> Option<Place> {
    let (mut numbers, mut others) = (0, 0);
    for row in sample(below) {
        for column in &periods {
            match (grid.kind(row, *column), numerals::parse(grid.cell(row, *column))) {
                (Kind::Number, _) | (Kind::Text, Numeral::Number(_)) => numbers += 1,
                (Kind::Text, Numeral::Nothing) => {}
                _ => others += 1,
            }
        }
    }
    if numbers == 0 || others * 5 >= numbers {
        return None;
    }
    let has_label = |row: &usize| (0..periods[0]).any(|column| !grid.cell(*row, column).is_empty());
    let has_number = |row: &usize| {
        periods.iter().any(|column| {
            grid.kind(*row, *column) == Kind::Number || numerals::is_like(grid.cell(*row, *column))
        })
    };
    let valued = below.iter().copied().filter(|row| has_label(row) && has_number(row));
    let rows: Vec<usize> = valued.take(MOST_COLUMNS + 1).collect();
    let is_cut = rows.len() > MOST_COLUMNS || grid.is_wider_than(row, MOST_COLUMNS);
    let place = Place { header: Some(row), rows, periods, dates: vec![0], is_cut };
    (!place.rows.is_empty()).then_some(place)
}

//! Workbooks in the format before 2007: what they take is bounded before they are read.

use super::*;

/// Builds a compound file with a workbook's stream.
fn compound_file(stream: &[u8]) -> Vec<u8> {
    let sectors = stream.len().div_ceil(512).max(8);
    let tables = (sectors + 1).div_ceil(127);
    let mut content = vec![0; 512];
    content[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    let mut put = |at: usize, bytes: &[u8]| content[at..at + bytes.len()].copy_from_slice(bytes);
    put(24, &[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    put(44, &(tables as u32).to_le_bytes());
    put(48, &(tables as u32).to_le_bytes());
    put(56, &4_096_u32.to_le_bytes());
    put(60, &0xffff_fffe_u32.to_le_bytes());
    put(68, &0xffff_fffe_u32.to_le_bytes());
    for place in 0..109_usize {
        let table = if place < tables { place as u32 } else { u32::MAX };
        put(76 + place * 4, &table.to_le_bytes());
    }
    let first = tables + 1;
    let mut numbers: Vec<u32> = vec![0xffff_fffd; tables];
    numbers.push(0xffff_fffe);
    numbers.extend((1..sectors).map(|next| (first + next) as u32));
    numbers.push(0xffff_fffe);
    numbers.resize(tables * 128, u32::MAX);
    content.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
    let entry = |name: &str, kind: u8, child: u32, start: u32, size: u32| {
        let mut entry = vec![0; 128];
        let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        entry[..name.len()].copy_from_slice(&name);
        entry[64] = name.len() as u8;
        entry[66] = kind;
        for (at, n) in [(68, u32::MAX), (72, u32::MAX), (76, child), (116, start), (120, size)] {
            entry[at..at + 4].copy_from_slice(&n.to_le_bytes());
        }
        entry
    };
    let size = (sectors * 512) as u32;
    content.extend(entry("Root Entry", 5, 1, 0xffff_fffe, 0));
    content.extend(entry("Workbook", 2, u32::MAX, first as u32, size));
    content.resize(content.len() + 256, 0);
    content.extend_from_slice(stream);
    content.resize((first + sectors + 1) * 512, 0);
    content
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), body].concat()
}

fn begin(kind: u16) -> Vec<u8> {
    let mut body = [0; 16];
    body[..4].copy_from_slice(&[0, 6, kind as u8, 0]);
    record(0x0809, &body)
}

fn end() -> Vec<u8> {
    record(0x000a, &[])
}

fn sheet_at(position: usize, name: &str) -> Vec<u8> {
    let head = [&(position as u32).to_le_bytes()[..], &[0, 0, name.len() as u8, 0]].concat();
    record(0x0085, &[&head, name.as_bytes()].concat())
}

fn cell(kind: u16, row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
    let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
    record(kind, &[&place, rest].concat())
}

fn number(row: u16, column: u16, n: f64) -> Vec<u8> {
    cell(0x0203, row, column, &n.to_le_bytes())
}

fn shared(row: u16, column: u16, text: u32) -> Vec<u8> {
    cell(0x00fd, row, column, &text.to_le_bytes())
}

/// Returns the records of shared texts. Those after the first 8,000 bytes are in further records.
fn texts(all: &[&str]) -> Vec<u8> {
    let mut records = Vec::new();
    let mut body = vec![0; 8];
    let mut kind = 0x00fc;
    for text in all {
        let mut rest = text.as_bytes();
        body.extend([&(text.len() as u16).to_le_bytes()[..], &[0]].concat());
        while body.len() + rest.len() > 8_000 {
            let (part, after) = rest.split_at(8_000 - body.len());
            body.extend(part);
            records.extend(record(kind, &body));
            (body, kind, rest) = (vec![0], 0x003c, after);
        }
        body.extend(rest);
    }
    records.extend(record(kind, &body));
    records
}

/// Builds a workbook of one sheet. `globals` are the records before the sheets, with the list of sheets by the position
/// of the first one.
fn workbook(globals: impl Fn(usize) -> Vec<u8>, sheet: &[u8]) -> Vec<u8> {
    let build = |position: usize| [begin(5), globals(position), end()].concat();
    let before = build(build(0).len());
    compound_file(&[before, begin(0x10), sheet.to_vec(), end()].concat())
}

fn days() -> Vec<u8> {
    [
        shared(0, 0, 0),
        shared(0, 1, 1),
        shared(1, 0, 2),
        number(1, 1, 120.0),
        shared(2, 0, 3),
        number(2, 1, 125.0),
    ]
    .concat()
}

const TEXTS: [&str; 4] = ["Date", "Sessions", "2026-10-20", "2026-10-21"];

#[test]
fn shared_texts_are_read_also_across_records() {
    let long = "x".repeat(30_000);
    for all in [TEXTS.to_vec(), [&TEXTS[..], &[long.as_str()]].concat()] {
        let globals = |at: usize| [sheet_at(at, "Days"), texts(&all)].concat();
        let (days, _) = answered(&workbook(globals, &days()), &[]);
        assert_eq!((days.len(), days["2026-10-21"]["sessions"]), (2, 125.0));
    }
}

#[test]
fn a_text_that_many_cells_share_is_counted_for_each() {
    let long = "x".repeat(60_000);
    let all = [&TEXTS[..], &[long.as_str()]].concat();
    let cells: Vec<u8> = (3..2_000).flat_map(|row| shared(row, 2, 4)).collect();
    let globals = |at: usize| [sheet_at(at, "Days"), texts(&all)].concat();
    assert!(refused(&workbook(globals, &[days(), cells].concat()), &[]).contains("too many cells"));
}

#[test]
fn texts_that_are_longer_than_their_records_reserve_no_memory() {
    let cells: Vec<u8> =
        (3..5_000).flat_map(|row| cell(0x0204, row, 2, &[0xff, 0xff, 0, b'x'])).collect();
    let globals = |at: usize| [sheet_at(at, "Days"), texts(&TEXTS)].concat();
    assert!(refused(&workbook(globals, &[days(), cells].concat()), &[]).contains("too many cells"));
}

#[test]
fn names_that_many_formulas_mention_are_counted_for_each() {
    let name = "n".repeat(250);
    let formula = [&[0; 14][..], &[0x40, 0x1f], &[0x23, 0, 0, 0, 0].repeat(1_600)].concat();
    let cells: Vec<u8> = (3..600).flat_map(|row| cell(0x0006, row, 2, &formula)).collect();
    let globals = |at: usize| [sheet_at(at, &name), texts(&TEXTS)].concat();
    assert!(refused(&workbook(globals, &[days(), cells].concat()), &[]).contains("too many cells"));
}

#[test]
fn cells_far_apart_are_counted_also_in_rows_of_numbers_and_around_charts() {
    let globals = |at: usize| [sheet_at(at, "Days"), texts(&TEXTS)].concat();
    let row: Vec<u8> = [0_u16, 0].into_iter().flat_map(u16::to_le_bytes).collect();
    let row = record(0x00bd, &[row, vec![0; 6 * 1_000], 999_u16.to_le_bytes().to_vec()].concat());
    let wide = [days(), row, number(u16::MAX, 0, 1.0)].concat();
    assert!(refused(&workbook(globals, &wide), &[]).contains("too many cells"));
    let chart = [begin(0x20), end()].concat();
    let around = [days(), number(0, 255, 1.0), chart, number(u16::MAX, 0, 1.0)].concat();
    assert!(refused(&workbook(globals, &around), &[]).contains("too many cells"));
}

#[test]
fn sheets_that_are_listed_twice_or_begin_within_a_record_are_damaged() {
    let twice = |at: usize| [sheet_at(at, "A"), sheet_at(at, "B"), texts(&TEXTS)].concat();
    assert!(refused(&workbook(twice, &days()), &[]).contains("damaged"));
    let within = |at: usize| [sheet_at(at + 4, "A"), texts(&TEXTS)].concat();
    assert!(refused(&workbook(within, &days()), &[]).contains("damaged"));
    let many = |at: usize| (0..1_001).flat_map(|n| sheet_at(at + n, "A")).collect();
    assert!(refused(&workbook(many, &days()), &[]).contains("too many cells"));
}

#[test]
fn a_workbook_that_its_reader_cannot_read_is_damaged() {
    let short_name = |at: usize| [sheet_at(at, "A"), record(0x0018, &[0]), texts(&TEXTS)].concat();
    assert!(refused(&workbook(short_name, &days()), &[]).contains("damaged"));
    let many_parts = |at: usize| {
        let parts = record(0x003c, &[]).repeat(20_001);
        [sheet_at(at, "A"), texts(&TEXTS), parts].concat()
    };
    assert!(refused(&workbook(many_parts, &days()), &[]).contains("damaged"));
    let twice = |at: usize| [sheet_at(at, "A"), texts(&TEXTS), texts(&TEXTS)].concat();
    assert!(refused(&workbook(twice, &days()), &[]).contains("damaged"));
}

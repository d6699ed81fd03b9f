//! Workbooks: dates as cells, hidden sheets, macros, passwords, and archives that are none.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

struct Sheet<'a> {
    name: &'a str,
    hidden: bool,
    /// Cells as `A1=text`, `B2=#12.5` for a number, `A2=@46315` for a date, `C3==` for a formula without a value.
    cells: &'a str,
}

fn sheet_xml(cells: &str) -> String {
    let mut rows: BTreeMap<u32, String> = BTreeMap::new();
    for cell in cells.split_whitespace() {
        let (place, value) = cell.split_once('=').unwrap();
        let row: u32 = place.trim_start_matches(|c: char| c.is_alphabetic()).parse().unwrap();
        let value = value.replace('_', " ");
        let xml = match value.split_at(value.chars().next().map_or(0, char::len_utf8)) {
            ("#", n) => format!("<c r=\"{place}\"><v>{n}</v></c>"),
            ("@", n) => format!("<c r=\"{place}\" s=\"1\"><v>{n}</v></c>"),
            ("=", _) => format!("<c r=\"{place}\"><f>SUM(B1:B9)</f></c>"),
            _ => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{value}</t></is></c>"),
        };
        rows.entry(row).or_default().push_str(&xml);
    }
    let rows: String =
        rows.iter().map(|(row, cells)| format!("<row r=\"{row}\">{cells}</row>")).collect();
    format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
    )
}

fn excel(sheets: &[Sheet<'_>], since_1904: bool, more: &[(&str, &[u8])]) -> Vec<u8> {
    let list: String = sheets
        .iter()
        .enumerate()
        .map(|(place, sheet)| {
            let state = if sheet.hidden { " state=\"hidden\"" } else { "" };
            format!(
                "<sheet name=\"{}\" sheetId=\"{}\" r:id=\"r{place}\"{state}/>",
                sheet.name,
                place + 1
            )
        })
        .collect();
    let date = if since_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
    let workbook = format!(
        "<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{date}<sheets>{list}</sheets></workbook>"
    );
    let rels: String = (0..sheets.len()).map(|place| format!("<Relationship Id=\"r{place}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{place}.xml\"/>")).collect();
    let rels = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{rels}</Relationships>"
    );
    let styles = "<?xml version=\"1.0\"?><styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    let root = "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    let names: Vec<String> =
        (0..sheets.len()).map(|place| format!("xl/worksheets/sheet{place}.xml")).collect();
    let xml: Vec<String> = sheets.iter().map(|sheet| sheet_xml(sheet.cells)).collect();
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
    ];
    parts.extend(names.iter().zip(&xml).map(|(name, xml)| (name.as_str(), xml.as_bytes())));
    parts.extend(more);
    archive(&parts)
}

fn one(cells: &str) -> Vec<u8> {
    excel(&[Sheet { name: "Days", hidden: false, cells }], false, &[])
}

const DAYS: &str =
    "A1=Date B1=Sessions C1=Revenue A2=@46315 B2=#120 C2=#1.234 A3=@46316 B3=#125 C3=#12.5";

#[test]
fn cells_of_dates_and_numbers_need_no_decision() {
    let (days, _) = answered(&one(DAYS), &[]);
    assert_eq!(days["2026-10-20"]["revenue"], 1.234, "three decimals of a number are no question");
    assert_eq!(days["2026-10-21"]["sessions"], 125.0);
}

#[test]
fn dates_since_1904_are_of_the_same_day() {
    let sheets =
        [Sheet { name: "Days", hidden: false, cells: "A1=Date B1=Sessions A2=@44853 B2=#120" }];
    let (days, _) = answered(&excel(&sheets, true, &[]), &[]);
    assert_eq!(days["2026-10-20"]["sessions"], 120.0);
}

#[test]
fn texts_and_unformatted_numbers_of_a_workbook_are_dates_too() {
    let (days, _) =
        answered(&one("A1=Date B1=Sessions A2=20.10.2026 B2=#120 A3=21.10.2026 B3=1.125,0"), &[]);
    assert_eq!(days["2026-10-21"]["sessions"], 1_125.0);
    let (days, _) = answered(&one("A1=Date B1=Sessions A2=#46315 B2=#120 A3=#46316 B3=#125"), &[]);
    assert_eq!(days["2026-10-21"]["sessions"], 125.0);
}

#[test]
fn dates_half_as_cells_and_half_as_text_are_refused() {
    let cells = "A1=Date B1=Sessions A2=@46032 B2=#1 A3=@46063 B3=#2 A4=13/10/2026 B4=#3";
    assert!(refused(&one(cells), &[]).contains("written otherwise"));
}

#[test]
fn formulas_without_a_value_and_totals_are_left_out() {
    let cells = "A1=Numbers_of_the_shop A3=Date B3=Sessions A4=@46315 B4=#120 A5=@46316 B5=#125 A6=Total B6==";
    let (days, _) = answered(&one(cells), &[]);
    assert_eq!(days.len(), 2);
}

#[test]
fn hidden_sheets_are_not_read_and_of_several_the_member_chooses() {
    let other = "A1=Date B1=Sessions A2=@46315 B2=#7";
    let sheet = |name, hidden, cells| Sheet { name, hidden, cells };
    let hidden = excel(&[sheet("Old", true, other), sheet("Days", false, DAYS)], false, &[]);
    assert_eq!(answered(&hidden, &[]).0["2026-10-20"]["sessions"], 120.0);
    let notes =
        excel(&[sheet("Notes", false, "A1=Read_me"), sheet("Days", false, DAYS)], false, &[]);
    assert_eq!(answered(&notes, &[]).0["2026-10-20"]["sessions"], 120.0);
    let two = excel(&[sheet("North", false, other), sheet("South", false, DAYS)], false, &[]);
    assert_eq!(asked(&two, &[]), ["sheet"]);
    assert_eq!(answered(&two, &[("sheet", "North")]).0["2026-10-20"]["sessions"], 7.0);
    let none = excel(&[sheet("Old", true, DAYS)], false, &[]);
    assert!(refused(&none, &[]).contains("visible sheets"));
}

#[test]
fn a_macro_workbook_is_read_without_its_macros() {
    let sheets = [Sheet { name: "Days", hidden: false, cells: DAYS }];
    let content = excel(&sheets, false, &[("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")]);
    assert_eq!(answered(&content, &[]).0.len(), 2);
}

#[test]
fn an_open_document_is_read() {
    let cell = |kind: &str, value: &str| {
        format!(
            "<table:table-cell office:value-type=\"{kind}\" office:{kind_attribute}=\"{value}\"><text:p>{value}</text:p></table:table-cell>",
            kind_attribute = if kind == "date" { "date-value" } else { "value" }
        )
    };
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let rows = format!(
        "<table:table-row>{}{}</table:table-row><table:table-row>{}{}</table:table-row><table:table-row>{}{}</table:table-row>{}",
        text("Date"),
        text("Sessions"),
        cell("date", "2026-10-20"),
        cell("float", "120"),
        cell("date", "2026-10-21"),
        cell("float", "125"),
        "<table:table-row table:number-rows-repeated=\"1048573\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>"
    );
    let document = |rows: &str| {
        let content = format!(
            "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"Days\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
        );
        let manifest = "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/></manifest:manifest>";
        archive(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", manifest.as_bytes()),
            ("content.xml", content.as_bytes()),
        ])
    };
    let (days, _) = answered(&document(&rows), &[]);
    assert_eq!((days.len(), days["2026-10-21"]["sessions"]), (2, 125.0));
    let bomb = "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell table:number-columns-repeated=\"16000\" office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    assert!(refused(&document(bomb), &[]).contains("too many cells"));
}

#[test]
fn a_workbook_of_the_format_before_2007_is_read_and_bounded() {
    let content = include_bytes!("../fixtures/days.xls");
    let (days, _) = answered(content, &[]);
    assert_eq!((days.len(), days["2026-10-20"]["sessions"]), (3, 120.0));
    assert_eq!(days["2026-10-21"]["revenue"], 1_234.5);
    let spans = |cells| {
        let most = super::super::biff::Most { sheets: 10, cells, text: 10_000_000 };
        super::super::biff::fits(content, most)
    };
    assert_eq!((spans(5_000), spans(5)), (Some(true), Some(false)));
    for cut in [100, 600, content.len() / 2] {
        assert!(!refused(&content[..cut], &[]).is_empty());
    }
    let far = include_bytes!("../fixtures/far_apart.xls");
    assert!(refused(far, &[]).contains("too many cells"));
}

#[test]
fn a_zip_bomb_is_not_unpacked_to_its_end() {
    let spaces = vec![b' '; 3 * 1024 * 1024];
    let sheets = [Sheet { name: "Days", hidden: false, cells: DAYS }];
    let content = excel(&sheets, false, &[("xl/media/x", &spaces)]);
    assert!(content.len() < 100 * 1024);
    let most = 2 * 1024 * 1024;
    assert!(
        super::super::workbook::read_within(&content, most)
            .unwrap_err()
            .contains("larger than 2 MB")
    );
    assert!(super::super::workbook::read_within(&content, 2 * most).is_ok());
}

#[test]
fn two_cells_far_apart_cost_no_memory() {
    let content = one(&format!("{DAYS} A1048576=note XFD1048576=far"));
    assert_eq!(answered(&content, &[]).0.len(), 2);
    let wide = one(&format!("{DAYS} XFD2=5"));
    assert!(refused(&wide, &[]).contains("400 columns"));
}

#[test]
fn other_archives_are_refused_by_their_kind() {
    let utf_16: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let compound = |rest: &[u8]| [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", rest].concat();
    for (content, word) in [
        (archive(&[("numbers.csv", b"date,sessions\n")]), "Unpack it"),
        (archive(&[("xl/workbook.bin", b"x")]), ".xlsb"),
        (archive(&[("Index/Document.iwa", b"x")]), "Numbers"),
        (archive(&[("xl/workbook.xml", b"<x")]), "damaged"),
        (b"PK\x03\x04\x14\0\0\0".to_vec(), "damaged"),
        (compound(&utf_16), "password"),
        (compound(b"rest"), "damaged"),
    ] {
        assert!(refused(&content, &[]).contains(word), "{word}: {}", refused(&content, &[]));
    }
    // The name of a file says nothing: a text is read as text, a workbook as a workbook.
    assert_eq!(answered(b"date,sessions\n2026-10-20,5\n", &[]).0.len(), 1);
}

#[test]
fn a_stated_number_of_texts_reserves_no_memory() {
    for count in ["4000000000", "99999999999999999999999"] {
        let texts = format!(
            "<?xml version=\"1.0\"?><sst xmlns=\"x\" uniqueCount=\"{count}\"><si><t>a</t></si></sst>"
        );
        let sheets = [Sheet { name: "Days", hidden: false, cells: DAYS }];
        let content = excel(&sheets, false, &[("xl/sharedStrings.xml", texts.as_bytes())]);
        assert!(refused(&content, &[]).contains("damaged"));
    }
}

#[test]
fn a_sheet_that_ends_before_it_begins_is_damaged() {
    let mut content = include_bytes!("../fixtures/days.xls").to_vec();
    let head = [0x00, 0x02, 14, 0];
    let at = content.windows(4).position(|it| it == head).unwrap();
    content[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refused(&content, &[]).contains("damaged"));
}

fn document(rows: &str) -> Vec<u8> {
    let xml = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"Days\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", xml.as_bytes()),
    ])
}

#[test]
fn repeated_cells_and_their_texts_are_bounded() {
    let text = "x".repeat(10_000);
    for rows in [
        format!("<table:table-row table:number-rows-repeated=\"30000\"><table:table-cell><text:p>{text}</text:p></table:table-cell></table:table-row>"),
        format!("<table:table-row><table:table-cell table:number-columns-repeated = '30000'><text:p>{text}</text:p></table:table-cell></table:table-row>"),
        "<table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='100'><text:p>1</text:p></table:table-cell></table:table-row>".to_owned(),
    ] {
        assert!(refused(&document(&rows), &[]).contains("too many cells"));
    }
}

#[test]
fn sheets_that_share_a_part_do_not_multiply_its_size() {
    let noise: String =
        (0_u64..9_000).map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let names: Vec<String> = (0..40).map(|n| format!("S{n}")).collect();
    let build = |count: usize| {
        let sheets: Vec<Sheet<'_>> =
            names[..count].iter().map(|name| Sheet { name, hidden: false, cells: DAYS }).collect();
        let content = excel(&sheets, false, &[]);
        let mut parts = Vec::new();
        let mut archive_of = zip::ZipArchive::new(Cursor::new(content)).unwrap();
        for at in 0..archive_of.len() {
            let mut part = archive_of.by_index(at).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut part, &mut text).unwrap();
            // All sheets are the first part.
            let text = (1..count).fold(text, |text, n| {
                text.replace(&format!("worksheets/sheet{n}.xml"), "worksheets/sheet0.xml")
            });
            let text = text.replace("<sheetData>", &format!("<!--{noise}--><sheetData>"));
            let name = part.name().unwrap().into_owned();
            if !name.contains("/sheet") || name.ends_with("sheet0.xml") {
                parts.push((name, text));
            }
        }
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        archive(&parts)
    };
    assert_eq!(asked(&build(2), &[]), ["sheet"]);
    assert!(refused(&build(40), &[]).contains("damaged"));
}

#[test]
fn sheets_and_their_names_are_bounded() {
    let long = "n".repeat(256);
    let named = |name| excel(&[Sheet { name, hidden: false, cells: DAYS }], false, &[]);
    assert!(refused(&named(&long), &[]).contains("name of a sheet is too long"));
    assert_eq!(answered(&named(&long[1..]), &[]).0.len(), 2);
    let many: Vec<Sheet<'_>> =
        (0..1_001).map(|_| Sheet { name: "x", hidden: true, cells: "" }).collect();
    assert!(refused(&excel(&many, false, &[]), &[]).contains("1000 sheets"));
}

#[test]
fn parts_and_shared_texts_are_bounded() {
    let parts: Vec<String> = (0..5_001).map(|n| format!("xl/{n}")).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(refused(&archive(&parts), &[]).contains("too many files"));
    let texts = "<si/>".repeat(5_000_001);
    let sheets = [Sheet { name: "Days", hidden: false, cells: DAYS }];
    let content = excel(&sheets, false, &[("xl/sharedStrings.xml", texts.as_bytes())]);
    assert!(refused(&content, &[]).contains("too many cells"));
}

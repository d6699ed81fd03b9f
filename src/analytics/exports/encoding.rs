//! Decodes a file's text, regardless of the program that wrote it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Other file types, by their first bytes. Workbooks are read elsewhere.
const NOT_TEXT: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "This file is compressed with gzip. Unpack it first."),
    (b"%PDF", "This is a PDF. Export the numbers as CSV or as a workbook instead."),
    (b"\x89PNG", "This is a picture. Export the numbers as CSV or as a workbook instead."),
    (b"\xff\xd8\xff", "This is a picture. Export the numbers as CSV or as a workbook instead."),
    (b"SQLite format 3\0", "This is a database. Export the numbers as CSV instead."),
    (b"7z\xbc\xaf", "This is a 7z archive. Unpack it first."),
];

/// Web pages and XML that programs save with the name of a workbook.
const MARKUP: [&str; 6] = ["<!doctype html", "<html", "<table", "<?xml", "<head", "<meta"];

/// Decodes UTF-8, UTF-16 or, as a fallback, Windows-1252. Errors: why the file is not text.
pub fn decode(content: &[u8]) -> Result<Cow<'_, str>, String> {
    if let Some((_, reason)) = NOT_TEXT.iter().find(|(start, _)| content.starts_with(start)) {
        return Err((*reason).to_owned());
    }
    let text = match Encoding::for_bom(content) {
        Some((encoding, bom)) => encoding
            .decode_without_bom_handling_and_without_replacement(&content[bom..])
            .ok_or_else(|| format!("This file says it is {}, but is not.", encoding.name()))?,
        None => decode_unmarked(content)?,
    };
    if text.contains('\0') {
        return Err(
            "This is not a text file. Export the numbers as CSV or as a workbook.".to_owned()
        );
    }
    if text.trim().is_empty() {
        return Err("This file is empty.".to_owned());
    }
    let start: String = text.trim_start().chars().take(20).collect::<String>().to_lowercase();
    if MARKUP.iter().any(|markup| start.starts_with(markup)) {
        return Err("This is a web page or XML, even if its name ends in .xls. Open it, and save it as .xlsx or CSV.".to_owned());
    }
    Ok(text)
}

fn decode_unmarked(content: &[u8]) -> Result<Cow<'_, str>, String> {
    // The text is mostly ASCII, so in UTF-16 every other byte is zero.
    let zeros = |first: usize| content.iter().skip(first).step_by(2).take(8).all(|b| *b == 0);
    let utf_16 = match content.len() {
        0..4 => None,
        _ if zeros(1) => Some(UTF_16LE),
        _ if zeros(0) => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = utf_16 {
        return encoding
            .decode_without_bom_handling_and_without_replacement(content)
            .ok_or_else(|| "This file is truncated. Export it again.".to_owned());
    }
    Ok(match std::str::from_utf8(content) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(content).0,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "date;Umsätze\n2026-11-01;5 €\n";

    fn utf_16(order: fn(u16) -> [u8; 2], bom: bool) -> Vec<u8> {
        let mark = bom.then_some(0xfeff);
        mark.into_iter().chain(TEXT.encode_utf16()).flat_map(order).collect()
    }

    #[test]
    fn every_common_encoding_is_decoded() {
        let utf_8_with_bom = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
        let windows = b"date;Ums\xe4tze\n2026-11-01;5 \x80\n".to_vec();
        for content in [
            TEXT.as_bytes().to_vec(),
            utf_8_with_bom,
            windows,
            utf_16(u16::to_le_bytes, true),
            utf_16(u16::to_be_bytes, true),
            utf_16(u16::to_le_bytes, false),
            utf_16(u16::to_be_bytes, false),
        ] {
            assert_eq!(decode(&content).unwrap(), TEXT);
        }
    }

    #[test]
    fn binary_files_are_refused_by_their_kind() {
        for (content, word) in [
            (&b"%PDF-1.7"[..], "PDF"),
            (b"<html><table>", "web page"),
            (b"\xef\xbb\xbf\xff\xfe", "UTF-8"),
            (b"date,\0\x01\x02users", "not a text"),
            (b"", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b" \r\n\n", "empty"),
        ] {
            assert!(decode(content).unwrap_err().contains(word), "{content:?}");
        }
    }
}

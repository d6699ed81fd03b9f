//! Maps digits of other scripts (`١٢٫٥٪`, `１２％`) to ASCII and keeps track of their original positions.

use std::borrow::Cow;
use std::ops::Range;

/// The zero of each supported script; its other nine digits follow it (Unicode category `Nd`).
const ZEROS: [u32; 22] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810, 0xa8d0, 0xa9d0, 0xabf0, 0xff10,
];
/// Mathematical digits: five styles, one after the other.
const STYLED: Range<u32> = 0x1d7ce..0x1d800;

/// A text with its digits mapped to ASCII.
pub(super) struct Plain<'a> {
    pub text: Cow<'a, str>,
    /// One entry per mapped character: its end in this text, and its end in the original.
    shifts: Vec<(usize, usize)>,
}

impl<'a> Plain<'a> {
    pub fn new(original: &'a str) -> Self {
        if !original.chars().any(|c| digit(c).is_some()) {
            return Self { text: Cow::Borrowed(original), shifts: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut shifts = Vec::new();
        let mut chars = original.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let is_between = text.ends_with(|c: char| c.is_ascii_digit())
                && chars.peek().is_some_and(|(_, c)| digit(*c).is_some());
            let plain = match c {
                '٫' | '．' if is_between => Some('.'),
                '٬' | '，' if is_between => Some(','),
                c => digit(c),
            };
            text.push(plain.unwrap_or(c));
            if plain.is_some() {
                shifts.push((text.len(), at + c.len_utf8()));
            }
        }
        Self { text: Cow::Owned(text), shifts }
    }

    /// Maps a range of this text to the original.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let was = |at: usize| {
            let behind = self.shifts.partition_point(|(now, _)| *now <= at);
            let (now, was) = behind.checked_sub(1).map_or((0, 0), |last| self.shifts[last]);
            was + (at - now)
        };
        was(range.start)..was(range.end)
    }

    /// Maps a range of the original, whose ends are not within a mapped character, to this text.
    pub fn reached(&self, range: Range<usize>) -> Range<usize> {
        let now = |at: usize| {
            let behind = self.shifts.partition_point(|(_, was)| *was <= at);
            let (now, was) = behind.checked_sub(1).map_or((0, 0), |last| self.shifts[last]);
            now + (at - was)
        };
        now(range.start)..now(range.end)
    }
}

/// Returns the ASCII digit for a digit of another script.
fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    if code < ZEROS[0] {
        return None;
    }
    let value = match STYLED.contains(&code) {
        true => (code - STYLED.start) % 10,
        false => ZEROS.iter().map(|zero| code.wrapping_sub(*zero)).find(|value| *value < 10)?,
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_are_recognised() {
        for (original, plain, number) in [
            ("انخفض ١٢٫٥٪ هنا", "انخفض 12.5٪ هنا", "12.5"),
            ("売上は１２，３４５円", "売上は12,345円", "12,345"),
            ("१२ बिक्री", "12 बिक्री", "12"),
            ("𝟏𝟗 euros", "19 euros", "19"),
            ("12 %", "12 %", "12"),
        ] {
            let read = Plain::new(original);
            assert_eq!(read.text, plain);
            let start = plain.find(number).unwrap_or_default();
            let range = read.original(start..start + number.len());
            let there: String = original[range.clone()].into();
            assert_eq!(Plain::new(&there).text, number, "{original}");
            assert_eq!(
                original[range.end..].chars().next(),
                plain[start + number.len()..].chars().next()
            );
        }
        assert_eq!(Plain::new("完了，次は１．").text, "完了，次は1．", "marks of a sentence stay");
    }
}

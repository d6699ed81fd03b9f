//! Validates and normalises form input, with an error at each invalid field.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{AppError, MOST_DETAILS};

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    ControlCharacters,
    /// A line break or tab in a text of one line.
    Lines,
    TooLong {
        /// In characters.
        length: usize,
        most: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacters => f.write_str(
                "this contains invisible control characters. Type it again, or paste it as plain text.",
            ),
            Self::Lines => f.write_str("this has more than one line, or a tab. Keep it to one line, without tabs."),
            Self::TooLong { length, most } => {
                write!(f, "this is {length} characters long. Shorten it to {most} characters.")
            }
        }
    }
}

impl From<Fault> for String {
    /// Returns the message of a field that has no label in front of it.
    fn from(fault: Fault) -> Self {
        fault.to_string().replacen("this", "This", 1)
    }
}

/// Trims a text and normalises line ends to `\n`. Refuses control characters and more than `most` characters.
pub fn text(typed: &str, most: usize) -> Result<String, Fault> {
    let text = tidy(typed);
    if text.chars().any(is_forbidden) {
        return Err(Fault::ControlCharacters);
    }
    let length = text.chars().count();
    if length > most { Err(Fault::TooLong { length, most }) } else { Ok(text) }
}

/// Like [`text`], but also refuses line breaks and tabs.
pub fn line(typed: &str, most: usize) -> Result<String, Fault> {
    if tidy(typed).contains(['\n', '\t']) { Err(Fault::Lines) } else { text(typed, most) }
}

/// Like [`line`], but also refuses an empty text. `what` names the field in that error, as in "your name".
///
/// Errors: the message for the field.
pub fn required_line(typed: &str, most: usize, what: &str) -> Result<String, String> {
    match line(typed, most)? {
        text if text.is_empty() => Err(format!("Enter {what}.")),
        text => Ok(text),
    }
}

/// Errors of fields. Counts all of them and keeps the first [`MOST_DETAILS`], so that memory does not grow with the
/// request.
#[derive(Debug, Default)]
pub struct Reasons {
    count: usize,
    first: BTreeMap<String, String>,
}

impl Reasons {
    /// Keeps the first error of a field. `reason` is called only if it is kept.
    pub fn add(&mut self, name: impl Into<String>, reason: impl FnOnce() -> String) {
        let name = name.into();
        if self.first.contains_key(&name) {
            return;
        }
        self.count += 1;
        if self.first.len() < MOST_DETAILS {
            self.first.insert(name, reason());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns `checked`, or all errors.
    pub fn finish<T>(self, checked: T) -> Result<T, AppError> {
        if self.is_empty() {
            Ok(checked)
        } else {
            Err(AppError::invalid_of(self.count, self.first))
        }
    }
}

/// Collects the errors of a form's fields, so that all are reported together.
#[derive(Default)]
pub struct Checker {
    reasons: Reasons,
}

impl Checker {
    /// Keeps the first error of a field.
    pub fn refuse(&mut self, name: &str, reason: impl Into<String>) {
        self.reasons.add(name, || reason.into());
    }

    /// Checks a text as [`text`] does. `label` is the field's name in the error.
    pub fn text(&mut self, name: &str, label: &str, typed: &str, most: usize) -> String {
        self.take(name, label, typed, text(typed, most))
    }

    /// Checks a text as [`line`] does. `label` is the field's name in the error.
    pub fn line(&mut self, name: &str, label: &str, typed: &str, most: usize) -> String {
        self.take(name, label, typed, line(typed, most))
    }

    /// Returns the checked text, or else the typed one, so that other checks of the field see it.
    fn take(
        &mut self,
        name: &str,
        label: &str,
        typed: &str,
        checked: Result<String, Fault>,
    ) -> String {
        checked.unwrap_or_else(|fault| {
            self.refuse(name, format!("{label}: {fault}"));
            tidy(typed)
        })
    }

    /// Returns `checked`, or all errors.
    pub fn finish<T>(self, checked: T) -> Result<T, AppError> {
        self.reasons.finish(checked)
    }
}

/// Trims a text and normalises line ends to `\n`. Browsers send CR LF.
fn tidy(typed: &str) -> String {
    typed.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_stored_trimmed_with_newlines() {
        let mut checker = Checker::default();
        let text = checker.text("sells", "Sells", "\r\nBread\r\n\tRolls\rCakes \n", 20);
        assert_eq!(checker.finish(text).unwrap(), "Bread\n\tRolls\nCakes");
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        let name = |typed: &str| required_line(typed, 100, "your name");
        assert_eq!(name(" Grace Hopper ").unwrap(), "Grace Hopper");
        assert_eq!(name(" ").unwrap_err(), "Enter your name.");
        assert!(name(&"ü".repeat(100)).is_ok());
        assert_eq!(
            name(&"ü".repeat(101)).unwrap_err(),
            "This is 101 characters long. Shorten it to 100 characters."
        );
        for hostile in ["a\u{0}b", "a\u{1b}[2J", "a\u{85}b"] {
            assert_eq!(line(hostile, 100), Err(Fault::ControlCharacters), "{hostile:?}");
        }
        for lines in ["a\nb", "a\r\nb", "a\rb", "a\tb"] {
            assert_eq!(line(lines, 100), Err(Fault::Lines), "{lines:?}");
        }
    }

    #[test]
    fn excess_field_errors_are_counted_and_the_first_are_kept() {
        let mut reasons = Reasons::default();
        let mut made = 0;
        for n in 0..47_000 {
            reasons.add(format!("metrics.{n}"), || {
                made += 1;
                "Unknown.".to_owned()
            });
        }
        let error = reasons.finish(()).unwrap_err();
        assert_eq!((made, error.details.len()), (MOST_DETAILS, MOST_DETAILS));
        assert!(error.message.starts_with("47000 "), "{}", error.message);
    }

    #[test]
    fn each_field_reports_its_first_error() {
        let mut checker = Checker::default();
        checker.line("short", "Short", "two\nlines", 3);
        checker.text("voice", "Voice", "a\0b", 3);
        checker.text("focus", "Focus", "éééé", 3);
        let error = checker.finish(()).unwrap_err();
        assert!(error.field("short").unwrap().contains("one line"));
        assert!(error.field("voice").unwrap().contains("control"));
        assert!(error.field("focus").unwrap().contains("4 characters long"));
    }
}

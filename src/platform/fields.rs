//! Validates and normalises form input, with an error at each invalid field.

use std::collections::BTreeMap;

use crate::error::{AppError, MOST_DETAILS};

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

    /// Trims a text and normalises line ends to `\n`. Refuses control characters and more than `most` characters.
    pub fn text(&mut self, name: &str, label: &str, typed: &str, most: usize) -> String {
        let text = tidy(typed);
        if text.chars().any(is_forbidden) {
            self.refuse(
                name,
                format!("{label}: this contains invisible control characters. Type it again, or paste it as plain text."),
            );
        }
        let length = text.chars().count();
        if length > most {
            self.refuse(
                name,
                format!(
                    "{label}: this is {length} characters long. Shorten it to {most} characters."
                ),
            );
        }
        text
    }

    /// Like [`Self::text`], but also refuses line breaks and tabs.
    pub fn line(&mut self, name: &str, label: &str, typed: &str, most: usize) -> String {
        if tidy(typed).contains(['\n', '\t']) {
            self.refuse(name, format!("{label}: keep this to one line, without tabs."));
        }
        self.text(name, label, typed, most)
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

//! Validates the names in the account forms.

/// Returns the trimmed text, which must be one line of 1 to `most` characters. `what` names the field in the error, as
/// in "your name".
///
/// Errors: the message for the field.
pub fn line(typed: &str, most: usize, what: &str) -> Result<String, String> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(format!("Enter {what}."));
    }
    if text.chars().any(char::is_control) {
        return Err("Leave out line breaks and other control characters.".to_owned());
    }
    let length = text.chars().count();
    if length > most {
        return Err(format!("Use at most {most} characters; this has {length}."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(line(" Grace Hopper ", 100, "your name").unwrap(), "Grace Hopper");
        assert_eq!(line(" ", 100, "your name").unwrap_err(), "Enter your name.");
        assert!(line(&"ü".repeat(100), 100, "your name").is_ok());
        assert!(line(&"ü".repeat(101), 100, "your name").unwrap_err().contains("this has 101"));
        for hostile in ["a\u{0}b", "a\nb", "a\u{1b}[2J"] {
            assert!(line(hostile, 100, "your name").unwrap_err().contains("control"));
        }
    }
}

//! What people may type into the forms of accounts: each function gives the text as it is stored, or
//! the reason that stands at its field.

use super::model::MOST_EMAIL_CHARS;

/// An e-mail address, trimmed and in lower case. Whether it exists only a letter to it could tell.
pub fn email(typed: &str) -> Result<String, String> {
    let address = typed.trim().to_lowercase();
    if address.is_empty() {
        return Err("Enter your e-mail address.".to_owned());
    }
    if address.chars().count() > MOST_EMAIL_CHARS {
        return Err(format!("An e-mail address has at most {MOST_EMAIL_CHARS} characters."));
    }
    let has_two_sides = address
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !has_two_sides || address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("Enter an e-mail address such as name@example.com.".to_owned());
    }
    Ok(address)
}

/// One line of 1 to `most` characters, trimmed. `what` names it, as in "your name".
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
        return Err(format!("Use at most {most} characters; these are {length}."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_stored_trimmed_and_in_lower_case() {
        assert_eq!(email("  Grace@Example.COM ").unwrap(), "grace@example.com");
        assert_eq!(email("a@b").unwrap(), "a@b");
        assert_eq!(email("jürgen@müller.example").unwrap(), "jürgen@müller.example");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for typed in ["grace", "@example.com", "grace@", "a@b@c", "a b@c", "a@b\u{0}c", "a@\nb"] {
            assert!(email(typed).unwrap_err().contains("such as"), "{typed:?}");
        }
        assert_eq!(email("  ").unwrap_err(), "Enter your e-mail address.");
        let longest = format!("{}@example.com", "a".repeat(242));
        assert!(email(&longest).is_ok());
        assert!(email(&format!("a{longest}")).unwrap_err().contains("254"));
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(line(" Grace Hopper ", 100, "your name").unwrap(), "Grace Hopper");
        assert_eq!(line(" ", 100, "your name").unwrap_err(), "Enter your name.");
        assert!(line(&"ü".repeat(100), 100, "your name").is_ok());
        assert!(line(&"ü".repeat(101), 100, "your name").unwrap_err().contains("these are 101"));
        for hostile in ["a\u{0}b", "a\nb", "a\u{1b}[2J"] {
            assert!(line(hostile, 100, "your name").unwrap_err().contains("control"));
        }
    }
}

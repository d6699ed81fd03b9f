//! Normalises e-mail addresses, so that spellings that look the same are one address.

use unicode_normalization::UnicodeNormalization;

use super::model::MOST_EMAIL_CHARS;

const NO_ADDRESS: &str = "Enter an e-mail address such as name@example.com.";
const INVISIBLE: &str =
    "This address contains an invisible character, perhaps from copying it. Type it by hand.";

/// Invisible characters and those that change the display order of others: Unicode's Default_Ignorable_Code_Point
/// (which includes the bidirectional controls), the interlinear annotation marks (U+FFF9 to U+FFFB), the blank Braille
/// pattern (U+2800), the Egyptian hieroglyph format controls (U+13430 to U+1345F) and the null notehead (U+1D159).
const INVISIBLE_RANGES: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

fn is_invisible(c: char) -> bool {
    INVISIBLE_RANGES.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Returns the address as it is stored and compared: trimmed, in lower case, in NFC, with the host in Unicode
/// rather than Punycode. Does not check that the mailbox exists.
///
/// Errors: the message for the field.
pub fn normalise(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("Enter your e-mail address.".to_owned());
    }
    // First, because the cost of the other checks grows with the length.
    if typed.len() > 4 * MOST_EMAIL_CHARS || typed.chars().count() > MOST_EMAIL_CHARS {
        return Err(too_long());
    }
    if typed.chars().any(is_invisible) {
        return Err(INVISIBLE.to_owned());
    }
    let (local, host) = typed.split_once('@').ok_or(NO_ADDRESS)?;
    let local: String = local.nfc().collect::<String>().to_lowercase().nfc().collect();
    let (host, known) = idna::domain_to_unicode(host);
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !is_invisible(c);
    let is_part =
        |part: &str| !part.is_empty() && !part.contains('@') && part.chars().all(is_plain);
    let length = local.chars().count() + 1 + host.chars().count();
    if length > MOST_EMAIL_CHARS {
        return Err(too_long());
    }
    if known.is_err() || !is_part(&local) || !host.split('.').all(is_part) {
        return Err(NO_ADDRESS.to_owned());
    }
    Ok(format!("{local}@{host}"))
}

fn too_long() -> String {
    format!("An e-mail address has at most {MOST_EMAIL_CHARS} characters.")
}

/// Returns an address in the form that earlier versions stored.
pub fn as_once_stored(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// Normalises an address that an earlier version stored. Returns `None` if it is no longer valid.
pub fn adopted(stored: &str) -> Option<String> {
    normalise(&stored.chars().filter(|c| !is_invisible(*c)).collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equivalent_spellings_are_one_address() {
        let cases: [(&str, &[&str]); 5] = [
            (
                "grace@example.com",
                &["  Grace@Example.COM ", "grace@ｅｘａｍｐｌｅ.com", "grace@example。com"],
            ),
            ("a@b", &["A@B"]),
            (
                "jürgen@müller.example",
                &[
                    "ju\u{308}rgen@mu\u{308}ller.example",
                    "JÜRGEN@xn--mller-kva.example",
                    "Jürgen@MÜLLER.example",
                ],
            ),
            ("i\u{307}@example.com", &["İ@example.com"]),
            ("ω@example.com", &["Ω@example.com", "\u{2126}@example.com"]),
        ];
        for (stored, spellings) in cases {
            for typed in spellings {
                assert_eq!(normalise(typed).as_deref(), Ok(stored), "{typed:?}");
            }
        }
    }

    #[test]
    fn an_invisible_character_is_refused_with_a_reason_of_its_own() {
        for hidden in "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{61c}\u{115f}\u{3164}\u{ffa0}\u{fe0f}\u{180e}\u{e0041}\u{2800}\u{fff9}".chars() {
            for typed in [
                format!("gra{hidden}ce@example.com"),
                format!("grace@exa{hidden}mple.com"),
                format!("{hidden}grace@example.com"),
                format!("grace@example.com{hidden}"),
            ] {
                assert_eq!(normalise(&typed), Err(INVISIBLE.to_owned()), "{typed:?}");
            }
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for typed in [
            "grace",
            "@example.com",
            "grace@",
            "a@b@c",
            "a b@c",
            "a@b\u{0}c",
            "a@\nb",
            "a@b.",
            "a@.b",
            "a@b..c",
            "a\u{a0}b@c",
            "a@b＠c",
            "a@\u{a8}b",
            "a@xn--99999999",
        ] {
            assert_eq!(normalise(typed), Err(NO_ADDRESS.to_owned()), "{typed:?}");
        }
        assert_eq!(normalise("  ").unwrap_err(), "Enter your e-mail address.");
        let longest = format!("{}@example.com", "a".repeat(242));
        assert!(normalise(&longest).is_ok());
        assert!(normalise(&format!("a{longest}")).unwrap_err().contains("254"));
    }

    #[test]
    fn a_stored_address_loses_invisible_characters() {
        assert_eq!(adopted("gra\u{200b}ce@example.com").unwrap(), "grace@example.com");
        assert_eq!(adopted("ju\u{308}rgen@example.com").unwrap(), "jürgen@example.com");
        assert_eq!(adopted("grace@example..com"), None);
    }

    proptest! {
        #[test]
        fn a_normal_address_stays_as_it_is(typed in "\\PC{1,12}@\\PC{1,12}") {
            if let Ok(once) = normalise(&typed) {
                prop_assert_eq!(normalise(&once), Ok(once.clone()));
                prop_assert!(once.chars().all(|c| !is_invisible(c)));
            }
        }
    }
}

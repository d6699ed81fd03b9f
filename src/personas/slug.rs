//! Slugs: the names of advisers in URLs.

/// Path segments that occur next to `/c-suite/{persona}/…` and `/advisers/{persona}`, or may in the future.
const RESERVED: [&str; 24] = [
    "admin",
    "advisers",
    "analytics",
    "api",
    "chat",
    "conversations",
    "documents",
    "facts",
    "import",
    "insights",
    "members",
    "messages",
    "metrics",
    "modules",
    "new",
    "persona",
    "personas",
    "preview",
    "profile",
    "replies",
    "reports",
    "settings",
    "tokens",
    "usage",
];
/// Stands for an adviser in preview before it is added. Never an adviser's slug.
pub const NEW: &str = "new";

const MOST_CHARS: usize = 32;

/// Derives an unused slug from a name: `Legal & HR` becomes `legal-hr`. Drops non-ASCII letters; a name
/// without any ASCII letter or digit becomes `adviser`.
pub fn of(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let words: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    let joined = words.split_whitespace().collect::<Vec<_>>().join("-");
    let cut = joined.get(..MOST_CHARS).unwrap_or(&joined).trim_end_matches('-');
    let base = match cut {
        "" => "adviser".to_owned(),
        word if RESERVED.contains(&word) => format!("{word}-adviser"),
        word => word.to_owned(),
    };
    let is_free = |slug: &String| !is_taken(slug);
    let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(is_free).unwrap_or(base)
}

/// Whether the text has only the characters of a slug and needs no escaping in a URL.
pub fn is_plain(slug: &str) -> bool {
    slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Normalises a slug typed by a member or sent by a program.
pub fn tidy(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

/// Whether the slug would collide with another path of the API.
pub fn is_reserved(slug: &str) -> bool {
    RESERVED.contains(&slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_unique() {
        let free = |name| of(name, |_| false);
        assert_eq!(free("Legal & HR"), "legal-hr");
        assert_eq!(free("¡Größe!"), "gr-e");
        assert_eq!(free("יועץ"), "adviser");
        assert_eq!(free(&"Counsel ".repeat(9)), "counsel-counsel-counsel-counsel");
        let taken = ["legal", "legal-2", "cfo"];
        assert_eq!(of("Legal", |slug| taken.contains(&slug)), "legal-3");
        assert_eq!(of("CFO", |slug| taken.contains(&slug)), "cfo-2");
    }

    #[test]
    fn no_slug_is_a_reserved_path() {
        for name in RESERVED {
            assert!(!is_reserved(&of(name, |_| false)), "{name}");
        }
    }
}

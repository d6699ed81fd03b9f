//! Finds the pages where members enter what advisers miss: `/analytics/import`, `/profile#size`.
//!
//! The prompt names them beside what is missing. Other paths of this site stay text, so that a reply cannot send members to
//! a page that changes something.

use super::address;

const PAGES: [(&str, &str); 4] = [
    ("/analytics/import", "Import numbers"),
    ("/analytics/metrics", "Metrics and currency"),
    ("/analytics", "Numbers"),
    ("/profile", "Business profile"),
];
const MOST_FIELD: usize = 40;

/// Returns the name of the page with this path, which may name a field behind `#`.
pub(super) fn name(path: &str) -> Option<&'static str> {
    let (page, field) = path.split_once('#').unwrap_or((path, ""));
    let is_field = field.len() <= MOST_FIELD && field.bytes().all(|b| b.is_ascii_alphanumeric());
    PAGES.iter().find(|(it, _)| is_field && *it == page).map(|(_, name)| *name)
}

/// Parses the path at `at`. Returns its end.
pub(super) fn find(text: &str, at: usize) -> Option<usize> {
    if !address::may_begin(&text[..at]) {
        return None;
    }
    let rest = &text[at..];
    let continues = |c: char| c.is_ascii_alphanumeric() || "/#".contains(c);
    let length = rest.find(|c| !continues(c)).unwrap_or(rest.len());
    let mut behind = rest[length..].chars();
    let is_end = match behind.next() {
        // The end of a sentence, not of another path: `/profile.html`, `/profile?x=1`.
        Some('.' | '?' | '!' | ':') => !behind.next().is_some_and(char::is_alphanumeric),
        Some(c) => !(c.is_alphanumeric() || "-_=&%@~+".contains(c)),
        None => true,
    };
    (is_end && name(&rest[..length]).is_some()).then_some(at + length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_as_a_whole() {
        for (text, path) in [
            ("Enter it at /analytics/import.", "/analytics/import"),
            ("(see /profile#size)", "/profile#size"),
            ("under /analytics, then", "/analytics"),
            ("at /analytics/metrics?", "/analytics/metrics"),
            ("/profile", "/profile"),
            ("**/profile**", "/profile"),
        ] {
            let at = text.find('/').unwrap();
            assert_eq!(find(text, at).map(|end| &text[at..end]), Some(path), "{text}");
        }
    }

    #[test]
    fn other_paths_stay_text() {
        for text in [
            "x/profile",
            "https://a.example/profile",
            "/profiles",
            "/profile/delete",
            "/profile.html",
            "/profile?x=1",
            "/profile-old",
            "/profile#a-b",
            "/account",
            "/",
            "//profile",
            "[a](/profile)",
            "/profilé",
        ] {
            let mut slashes = text.match_indices('/').map(|(at, _)| at);
            assert!(slashes.all(|at| find(text, at).is_none()), "{text}");
        }
    }
}

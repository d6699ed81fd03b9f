//! The advisers' shields, each with an emblem, and the logo.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

const SHIELD: &str = "M4 3h16v8.4c0 5-3.3 8.2-8 10-4.7-1.8-8-5-8-10z";

/// The drawing on a 24 × 24 shield as SVG paths: filled and stroked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub filled: String,
    pub drawn: String,
}

impl Charge {
    /// Returns the charge with this name in [`CHARGES`], or an empty one.
    #[cfg(feature = "ssr")]
    pub fn named(name: &str) -> Self {
        let (filled, drawn) = paths(name);
        Self { filled: filled.to_owned(), drawn: drawn.to_owned() }
    }
}

/// The available charges: name and label.
#[cfg(feature = "ssr")]
pub const CHARGES: [(&str, &str); 16] = [
    ("star", "Star"),
    ("pales", "Rising bars"),
    ("banner", "Banner"),
    ("fret", "Fret"),
    ("scales", "Scales"),
    ("gear", "Gear"),
    ("leaf", "Leaf"),
    ("key", "Key"),
    ("compass", "Compass"),
    ("lantern", "Lantern"),
    ("people", "People"),
    ("ship", "Ship"),
    ("wheat", "Wheat"),
    ("anvil", "Anvil"),
    ("quill", "Quill"),
    ("tower", "Tower"),
];

/// The available shield colours: name and label. Each is a design token with contrast in light and dark
/// mode.
#[cfg(feature = "ssr")]
pub const COLOURS: [(&str, &str); 8] = [
    ("wine", "Wine"),
    ("pine", "Pine"),
    ("plum", "Plum"),
    ("steel", "Steel"),
    ("brass", "Brass"),
    ("teal", "Teal"),
    ("rust", "Rust"),
    ("slate", "Slate"),
];

/// Returns the filled and the stroked path of a charge.
#[cfg(feature = "ssr")]
fn paths(name: &str) -> (&'static str, &'static str) {
    match name {
        "star" => ("M12 5l1.6 4 4 1.6-4 1.6L12 16.2l-1.6-4-4-1.6 4-1.6z", ""),
        "pales" => ("M7 11.4h2.4v4H7zM10.8 8.5h2.4v6.9h-2.4zM14.6 5.6H17v9.8h-2.4z", ""),
        "banner" => ("M8.8 5.6h8.6l-2.3 2.9 2.3 2.9H8.8z", "M8.8 5.6v11"),
        // interlaced strands
        "fret" => ("", "M12 5.8l4.9 4.9-4.9 4.9-4.9-4.9zM7.5 6.2l9 9M16.5 6.2l-9 9"),
        "scales" => (
            "M6 12h4.4a2.2 2.2 0 0 1-4.4 0zM13.6 12H18a2.2 2.2 0 0 1-4.4 0z",
            "M12 5.4v10.8M9.6 16.2h4.8M7.6 7.6h8.8M8.2 7.8L6.4 12M8.2 7.8l1.8 4.2M15.8 7.8L14 12M15.8 7.8l1.8 4.2",
        ),
        "gear" => (
            "",
            "M12 8a2.9 2.9 0 1 1 0 5.8A2.9 2.9 0 0 1 12 8zM12 5.4V8M12 13.8v2.6M6.5 10.9h2.6M14.9 10.9h2.6M8.1 7l1.9 1.9M14 12.9l1.9 1.9M15.9 7L14 8.9M10 12.9l-1.9 1.9",
        ),
        "leaf" => (
            "M16.8 5.8c.6 5.4-1.6 8.4-6.6 8.2-2.2-4.6.8-7.8 6.6-8.2z",
            "M7.4 16.2c1.4-2.6 3-4.4 5.4-6.2",
        ),
        "key" => (
            "M12 11h3.4v1.8H12zM12 14h2.8v1.8H12z",
            "M12 5.2a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4zM12 10.6v5.8",
        ),
        "compass" => {
            ("M12 7l1.7 4-1.7 4-1.7-4z", "M12 5.4a5.6 5.6 0 1 1 0 11.2 5.6 5.6 0 0 1 0-11.2z")
        }
        "lantern" => (
            "M12 9.2c1.6 1.8 1.6 3.6 0 4.6-1.6-1-1.6-2.8 0-4.6z",
            "M8.8 8.2h6.4l.6 7.6H8.2zM10 8.2a2 2 0 0 1 4 0M12 5v1.2",
        ),
        "people" => (
            "M9.3 6.2a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM14.7 6.2a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM6.2 14.6c0-2.6 1.1-4.2 3.1-4.2 1.2 0 2.1.6 2.7 1.6.6-1 1.5-1.6 2.7-1.6 2 0 3.1 1.6 3.1 4.2z",
            "",
        ),
        "ship" => (
            "M6.2 13.2h11.6c-.6 1.9-1.9 3-3.7 3H9.9c-1.8 0-3.1-1.1-3.7-3zM12.6 5.4c2.8 1.4 4 3.6 3.8 6.4h-3.8zM11.4 6.8v5H7.6c.4-2.2 1.6-3.8 3.8-5z",
            "",
        ),
        "wheat" => (
            "M12 4.8c1.2 1.2 1.2 2.4 0 3.4-1.2-1-1.2-2.2 0-3.4zM8.2 7.6c1.9 0 3 .9 3.2 2.6-1.9 0-3-.9-3.2-2.6zM15.8 7.6c-1.9 0-3 .9-3.2 2.6 1.9 0 3-.9 3.2-2.6zM8.2 11c1.9 0 3 .9 3.2 2.6-1.9 0-3-.9-3.2-2.6zM15.8 11c-1.9 0-3 .9-3.2 2.6 1.9 0 3-.9 3.2-2.6z",
            "M12 8.4v8.4",
        ),
        "anvil" => {
            ("M6 7.4h12c-.4 2-1.8 3-3.8 3.2v2l2 2.6H7.8l2-2.6v-2C7.6 10.4 6.4 9.4 6 7.4z", "")
        }
        "quill" => {
            ("M17.4 5.2c-4.8 0-8 2.8-8.4 7.6 4.8 0 7.8-2.8 8.4-7.6z", "M7 16.2l4.6-5.2M9.6 16.2h6")
        }
        "tower" => (
            "M8 5.4h2v1.8h1V5.4h2v1.8h1V5.4h2v4h-1l.8 6.8h-2.6v-2.4a1.2 1.2 0 0 0-2.4 0v2.4H8.2L9 9.4H8z",
            "",
        ),
        _ => ("", ""),
    }
}

/// A shield with its charge. Decorative; takes its colour from the surrounding element.
#[component]
pub fn Emblem(charge: Charge) -> impl IntoView {
    let Charge { filled, drawn } = charge;
    view! {
        <svg class="emblem" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=SHIELD fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" />
            <path d=filled fill="currentColor" />
            <path d=drawn fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" />
        </svg>
    }
}

/// The logo: the quartered shield in one colour.
#[cfg(feature = "ssr")]
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=SHIELD fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" />
            <path d="M4.8 3.8H12v8H4.8zM12 11.8h7.2c0 4.2-2.9 7.2-7.2 8.9z" fill="currentColor" />
        </svg>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn every_charge_has_a_distinct_drawing() {
        let drawn: std::collections::BTreeSet<_> =
            CHARGES.iter().map(|(name, _)| paths(name)).collect();
        assert_eq!(drawn.len(), CHARGES.len());
        assert!(!drawn.contains(&("", "")));
    }

    #[test]
    fn every_colour_is_a_token_in_light_and_dark() {
        let tokens = include_str!("../../style/_tokens.scss");
        let listed =
            tokens.split_once("@each $colour in ").and_then(|(_, rest)| rest.split_once('{'));
        let listed: Vec<&str> = listed
            .map(|(names, _)| names.split(',').map(|name| name.trim().trim_matches('"')).collect())
            .unwrap_or_default();
        for (name, _) in COLOURS {
            assert!(tokens.contains(&format!("--{name}: light-dark(")), "{name}");
            assert!(listed.contains(&name), "{name} in {listed:?}");
        }
    }
}

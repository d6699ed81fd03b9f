//! The introduction of an adviser in a new conversation.

use crate::personas::built_in;
use crate::personas::model::Persona;

/// Returns a short description of the adviser's field.
pub fn of(persona: &Persona) -> String {
    // The business's own description takes precedence.
    let known = built_in::introduction(&persona.slug).filter(|_| persona.version == 0);
    let Persona { title, summary, .. } = persona;
    match (known, summary.as_str()) {
        (Some(known), _) => format!("Your {title} {known}"),
        (None, "") => format!("Ask your {title}."),
        (None, summary) => format!("Ask your {title} about {}.", inside_a_sentence(summary)),
    }
}

/// Lower-cases the first letter: `Contracts, hiring` becomes `contracts, hiring`, `AI, privacy` stays.
fn inside_a_sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_built_in_adviser_has_its_own_introduction_until_edited() {
        let cfo = built_in::find("cfo").unwrap();
        assert!(of(&cfo).starts_with("Your Chief Financial Officer follows the money."));
        let changed = Persona { version: 1, ..cfo };
        assert_eq!(of(&changed), "Ask your Chief Financial Officer about cash, margins, pricing.");
    }

    #[test]
    fn a_custom_adviser_is_introduced_by_its_summary() {
        let own = |summary: &str| {
            of(&Persona { title: "Counsel".into(), summary: summary.into(), ..Persona::default() })
        };
        assert_eq!(own("Contracts, hiring."), "Ask your Counsel about contracts, hiring.");
        assert_eq!(own("AI, privacy"), "Ask your Counsel about AI, privacy.");
        assert_eq!(own(""), "Ask your Counsel.");
    }
}

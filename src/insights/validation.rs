//! Validates insights sent by programs.

use super::model::{
    HIGHLIGHT_MAX_CHARS, MODULE_SLUG_MAX_CHARS, MOST_HIGHLIGHTS, NewInsight, SUMMARY_MAX_CHARS,
    Severity,
};
use super::modules;
use crate::error::AppError;
use crate::platform::fields::{self, Reasons};

/// Returns the trimmed insight. Errors: a reason per invalid field; highlights are named `highlights[2]`,
/// counted from 0.
pub fn check(sent: NewInsight) -> Result<NewInsight, AppError> {
    let mut reasons = Reasons::default();
    let mut refuse = |field: String, reason: String| reasons.add(field, || reason);
    let checked = NewInsight {
        module_slug: sent.module_slug.trim().to_owned(),
        summary: sent.summary.trim().to_owned(),
        highlights: sent.highlights.iter().map(|text| text.trim().to_owned()).collect(),
        severity: sent.severity.map(|severity| severity.trim().to_owned()),
    };
    if let Err(reason) = slug(&checked.module_slug) {
        refuse("moduleSlug".to_owned(), reason);
    }
    if let Err(reason) = sentence(&checked.summary, SUMMARY_MAX_CHARS) {
        refuse("summary".to_owned(), reason);
    }
    if checked.highlights.len() > MOST_HIGHLIGHTS {
        refuse(
            "highlights".to_owned(),
            format!("Keep the {MOST_HIGHLIGHTS} highlights that matter most."),
        );
    }
    // If there are too many, the reasons for the first ones suffice.
    for (place, text) in checked.highlights.iter().take(MOST_HIGHLIGHTS).enumerate() {
        if let Err(reason) = sentence(text, HIGHLIGHT_MAX_CHARS) {
            refuse(format!("highlights[{place}]"), reason);
        }
    }
    if checked.severity.as_deref().is_some_and(|slug| Severity::parse(slug).is_none()) {
        let slugs = Severity::ALL.map(Severity::slug).join(", ");
        refuse("severity".to_owned(), format!("Choose one of: {slugs}."));
    }
    reasons.finish(checked)
}

fn slug(text: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if text.is_empty() || text.len() > MODULE_SLUG_MAX_CHARS || !text.chars().all(is_plain) {
        return Err(format!(
            "Name the module in 1 to {MODULE_SLUG_MAX_CHARS} lower-case letters, digits, - and _, such as stock-watch."
        ));
    }
    // A program must not impersonate a built-in module.
    if let Some(module) = modules::ALL.iter().find(|module| module.slug() == text) {
        let name = module.name();
        return Err(format!(
            "This is the name of a module of C-Suite itself, “{name}”. Name yours otherwise, such as stock-watch."
        ));
    }
    Ok(())
}

/// Requires a single non-empty line of at most `most` characters.
fn sentence(text: &str, most: usize) -> Result<(), String> {
    match fields::line(text, most)? {
        text if text.is_empty() => Err("This says nothing. Write a sentence.".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn sent() -> NewInsight {
        NewInsight {
            module_slug: "stock-watch".into(),
            summary: " Flour runs out on Friday. ".into(),
            highlights: vec!["Rye too. ".into()],
            severity: Some("warning".into()),
        }
    }

    #[test]
    fn a_valid_insight_is_trimmed() {
        let stored = check(sent()).unwrap();
        assert_eq!(stored.summary, "Flour runs out on Friday.");
        assert_eq!(stored.highlights, ["Rye too."]);
        let plain = NewInsight { highlights: Vec::new(), severity: None, ..sent() };
        assert_eq!(check(plain).unwrap().severity, None);
    }

    #[test]
    fn each_invalid_field_is_named() {
        let cases: [(NewInsight, &str); 11] = [
            (NewInsight { module_slug: String::new(), ..sent() }, "moduleSlug"),
            (NewInsight { module_slug: "Stock Watch".into(), ..sent() }, "moduleSlug"),
            (NewInsight { module_slug: "x".repeat(61), ..sent() }, "moduleSlug"),
            (NewInsight { module_slug: " growth-pulse".into(), ..sent() }, "moduleSlug"),
            (NewInsight { summary: " \n ".into(), ..sent() }, "summary"),
            (NewInsight { summary: "a\0b".into(), ..sent() }, "summary"),
            (NewInsight { summary: "é".repeat(501), ..sent() }, "summary"),
            (NewInsight { highlights: vec!["x".into(); 11], ..sent() }, "highlights"),
            (NewInsight { highlights: vec!["x".into(), String::new()], ..sent() }, "highlights[1]"),
            (NewInsight { highlights: vec!["x\ny".into()], ..sent() }, "highlights[0]"),
            (NewInsight { severity: Some("fatal".into()), ..sent() }, "severity"),
        ];
        for (sent, field) in cases {
            let error = check(sent.clone()).unwrap_err();
            assert_eq!(error.details.keys().collect::<Vec<_>>(), [field], "{sent:?}");
        }
        let longest = NewInsight { summary: "é".repeat(500), ..sent() };
        assert!(check(longest).is_ok());
    }
}

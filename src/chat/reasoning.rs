//! Renders a model's reasoning: folded, below the reply, as plain text.

use crate::ui::escape_html;

/// Returns the disclosure, `None` if it would be empty.
pub fn disclosure(reasoning: &str) -> Option<String> {
    let text = reasoning.trim();
    (!text.is_empty()).then(|| {
        format!(
            "<details class=\"reasoning\"><summary>Reasoning</summary>\
             <p class=\"reasoning-note\">What the model wrote before its answer. Nothing in it is checked against your numbers.</p>\
             <div class=\"reasoning-text\" dir=\"auto\">{}</div></details>",
            escape_html(text)
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::disclosure;

    #[test]
    fn reasoning_is_folded_and_never_markup() {
        let html = disclosure("\n<script>alert(1)</script> **so** </details>").unwrap();
        assert!(html.starts_with("<details class=\"reasoning\"><summary>Reasoning</summary>"));
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt; **so** &lt;/details&gt;"),
            "{html}"
        );
        assert_eq!(disclosure(" \n"), None);
    }
}

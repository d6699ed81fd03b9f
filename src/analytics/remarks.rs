//! What a member should know of a sheet before importing it.

use super::exports::Sheet;
use super::model::Grain;
use super::service::Analytics;
use crate::error::AppError;
use crate::platform::clock;

impl Analytics {
    /// Returns sentences about a sheet of longer periods: that one is not over.
    pub(super) async fn remarks(
        &self,
        tenant_id: &str,
        sheet: &Sheet,
    ) -> Result<Vec<String>, AppError> {
        let grain = sheet.grain;
        if grain == Grain::Day {
            return Ok(Vec::new());
        }
        let today = self.today(tenant_id).await?;
        let running = sheet
            .periods
            .iter()
            .filter_map(|period| clock::parse_date(&period.date))
            .find(|first| grain.last_day(*first) >= today);
        Ok(running.map(|first| not_over(&grain.label(first))).into_iter().collect())
    }
}

/// Says that a period is not over.
fn not_over(label: &str) -> String {
    format!(
        "{} is not over. Its values are stored as so far, and your advisers do not compare them, until you import it again.",
        sentence(label)
    )
}

/// Returns a text with a capital first letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

//! The CSV template: the header for a tenant's metrics, and one example line.

use super::model::{BUILT_IN, Measure};

/// Returns the template.
pub fn template(measures: &[Measure], today: &str) -> String {
    let slugs = measures.iter().map(|measure| measure.slug.as_str());
    let head: Vec<&str> = std::iter::once("date").chain(slugs).collect();
    let own = ",".repeat(measures.len() - BUILT_IN.len());
    format!("{}\r\n{today},120,85,6,940.50{own}\r\n", head.join(","))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::date;

    use super::*;
    use crate::analytics::exports;
    use crate::analytics::model::{Metric, Settings, measures};

    #[test]
    fn the_template_can_be_imported_unchanged() {
        let churn = Metric { slug: "churn".into(), name: "Churn rate".into(), ..Metric::default() };
        let measures = measures(&[churn], &Settings::default());
        let template = template(&measures, "2026-11-23");
        assert!(template.starts_with("date,sessions,users,conversions,revenue,churn\r\n"));
        let sheet =
            exports::read_plain(template.as_bytes(), &measures, date!(2026 - 11 - 23)).unwrap();
        assert_eq!(sheet.periods.len(), 1);
    }
}

//! What a member should know of a sheet of longer periods before importing it.

use time::Date;

use super::exports::Sheet;
use super::model::{Aggregation, Grain, Measure, Snapshot};
use super::service::{Analytics, Terms};
use super::store::{samples, snapshots};
use crate::error::AppError;
use crate::format::amount::amount;
use crate::platform::clock;

/// Maximum number of periods that are compared with their days, the newest first, and of sentences about them.
const MOST_COMPARED: usize = 60;
const MOST_TOLD: usize = 5;
/// Differences up to this part of a value can come from rounding.
const ROUNDING: f64 = 0.005;

impl Analytics {
    /// Returns sentences about a sheet: which period is not over, and which values differ from those of the stored days.
    pub(super) async fn remarks(
        &self,
        tenant_id: &str,
        sheet: &Sheet,
    ) -> Result<Vec<String>, AppError> {
        let grain = sheet.grain;
        if grain == Grain::Day {
            return Ok(Vec::new());
        }
        let Terms { measures, today, .. } = self.terms(tenant_id).await?;
        let mut periods: Vec<(Date, &Snapshot)> = sheet
            .periods
            .iter()
            .filter_map(|period| Some((clock::parse_date(&period.date)?, period)))
            .collect();
        periods.sort_unstable_by_key(|(first, _)| std::cmp::Reverse(*first));
        let running = periods.iter().filter(|(first, _)| grain.last_day(*first) >= today);
        let mut remarks: Vec<String> = running.map(|(first, _)| not_over(grain, *first)).collect();
        // Storing the sheet removes sample data.
        if samples::is_loaded(self.db.read(), tenant_id).await? {
            return Ok(remarks);
        }
        let over = periods.into_iter().filter(|(first, _)| grain.last_day(*first) < today);
        let mut different = Vec::new();
        for (first, period) in over.take(MOST_COMPARED) {
            let (from, to) = (clock::iso_date(first), clock::iso_date(grain.last_day(first)));
            let (db, span) = (self.db.read(), (from.as_str(), to.as_str()));
            let days = snapshots::list(db, tenant_id, Grain::Day, span, (i64::MAX, 0)).await?;
            let length = grain.last_day(first).to_julian_day() - first.to_julian_day() + 1;
            // Without each of its days, a period has another value for good reason.
            if usize::try_from(length).is_ok_and(|length| days.len() == length) {
                let told = |measure: &Measure| compared(measure, (grain, first), period, &days);
                different.extend(measures.iter().filter_map(told));
            }
        }
        let more = different.len().saturating_sub(MOST_TOLD);
        remarks.extend(different.into_iter().take(MOST_TOLD));
        if more > 0 {
            let values = if more == 1 { "value differs" } else { "values differ" };
            remarks.push(format!("{more} more {values} from the stored days."));
        }
        Ok(remarks)
    }
}

/// Says that a period is not over.
fn not_over(grain: Grain, first: Date) -> String {
    let label = grain.sentence(first.to_julian_day());
    format!(
        "{label} is not over. Its values are stored as so far, and your advisers do not use them, until you import it again."
    )
}

/// Compares the value of a period with that of its days, of which all are known. `days` are newest first. `None` if they
/// agree, or if days do not make the value.
fn compared(
    measure: &Measure,
    (grain, first): (Grain, Date),
    period: &Snapshot,
    days: &[Snapshot],
) -> Option<String> {
    let value = period.value(&measure.slug)?;
    let of_days: Vec<f64> =
        days.iter().map(|day| day.value(&measure.slug)).collect::<Option<_>>()?;
    let (of_days, what) = match measure.aggregation {
        Aggregation::Sum => {
            (super::windows::sum(of_days.iter().copied()), "the sum of its stored days is")
        }
        Aggregation::Last => (*of_days.first()?, "its last stored day has"),
        Aggregation::Mean | Aggregation::Distinct => return None,
    };
    let is_same = (value - of_days).abs() <= ROUNDING * value.abs().max(of_days.abs());
    let text = |n: f64| amount(n, &measure.unit);
    (!is_same).then(|| {
        format!(
            "{}, {}: this file has {}, and {what} {}. Both are kept, and your advisers use the days.",
            grain.sentence(first.to_julian_day()),
            measure.name,
            text(value),
            text(of_days)
        )
    })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_month_that_differs_from_its_days_is_told_with_both_numbers() {
        let measure = |aggregation| Measure {
            slug: "revenue".to_owned(),
            name: "Revenue".to_owned(),
            unit: "EUR".to_owned(),
            aggregation,
            ..Measure::default()
        };
        let of = |revenue: f64| Snapshot { revenue: Some(revenue), ..Snapshot::default() };
        let days: Vec<Snapshot> = (0..28).map(|_| of(10.0)).collect();
        let month = (Grain::Month, date!(2026 - 02 - 01));
        let told = |aggregation, value| compared(&measure(aggregation), month, &of(value), &days);
        let text = told(Aggregation::Sum, 300.0).unwrap_or_default();
        assert!(text.starts_with("February 2026, Revenue: this file has"), "{text}");
        assert!(text.contains("300") && text.contains("the sum of its stored days is"), "{text}");
        assert!(text.contains("280"), "{text}");
        assert_eq!(told(Aggregation::Sum, 280.0), None);
        assert_eq!(told(Aggregation::Sum, 280.5), None, "rounded");
        assert_eq!(told(Aggregation::Last, 10.0), None);
        assert!(told(Aggregation::Last, 280.0).is_some());
        assert_eq!(told(Aggregation::Distinct, 300.0), None);
    }
}

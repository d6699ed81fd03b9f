//! What a sheet of longer periods has in common with the stored ones, and with the stored days.

use time::Date;

use super::exports::Sheet;
use super::model::Grain;
use super::readings::Read;
use super::service::Analytics;
use super::store::snapshots;
use crate::error::AppError;
use crate::platform::clock;

impl Analytics {
    /// Refuses a sheet with periods that overlap stored ones of the same grain, or each other.
    pub(super) async fn without_overlap(
        &self,
        tenant_id: &str,
        mut read: Read,
    ) -> Result<Read, AppError> {
        let Some(sheet) = &read.sheet else { return Ok(read) };
        if let Some(reason) = self.overlap(tenant_id, sheet).await? {
            read.proposal.refusal = Some(super::exports::whole(reason));
            read.sheet = None;
        }
        Ok(read)
    }

    /// Returns why periods of a sheet overlap others: weeks that begin on another day, or years in another month.
    pub(super) async fn overlap(
        &self,
        tenant_id: &str,
        sheet: &Sheet,
    ) -> Result<Option<String>, AppError> {
        let grain = sheet.grain;
        // Days and months begin where all others do.
        if matches!(grain, Grain::Day | Grain::Month) {
            return Ok(None);
        }
        let new = dates(sheet.periods.iter().map(|period| period.date.as_str()));
        if let Some((a, b)) = overlapping(grain, &new, &new) {
            return Ok(Some(format!(
                "Two {}s of this file overlap: {} and {}.",
                grain.name(),
                grain.label(a),
                grain.label(b)
            )));
        }
        let (Some(first), Some(last)) = (new.first(), new.last()) else { return Ok(None) };
        let from = clock::iso_date(grain.previous(*first).unwrap_or(*first));
        let to = clock::iso_date(grain.last_day(*last));
        let span = (from.as_str(), to.as_str());
        let all = (i64::MAX, 0);
        let stored = snapshots::list(self.db.read(), tenant_id, grain, span, all).await?;
        let stored = dates(stored.iter().map(|period| period.date.as_str()));
        Ok(overlapping(grain, &new, &stored).map(|(new, stored)| {
            format!(
                "The {} of this file overlaps a stored one: {} and {}. Delete the stored {}s first, or import the same ones.",
                grain.name(),
                grain.label(new),
                grain.label(stored),
                grain.name()
            )
        }))
    }
}

/// Parses and sorts dates.
fn dates<'a>(all: impl Iterator<Item = &'a str>) -> Vec<Date> {
    let mut dates: Vec<Date> = all.filter_map(clock::parse_date).collect();
    dates.sort_unstable();
    dates
}

/// Returns the first two periods that overlap, and are not the same. Both lists are sorted.
fn overlapping(grain: Grain, a: &[Date], b: &[Date]) -> Option<(Date, Date)> {
    a.iter().find_map(|first| {
        let last = grain.last_day(*first);
        // Those that begin within this period, and the one that begins before it.
        let from = b.partition_point(|other| other < first);
        let before = from.checked_sub(1).and_then(|at| b.get(at));
        let before = before.filter(|other| grain.last_day(**other) >= *first);
        let inside = b.iter().skip(from).find(|other| *other != first);
        let inside = inside.filter(|other| **other <= last);
        before.or(inside).map(|other| (*first, *other))
    })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn periods_that_share_a_day_overlap() {
        let weeks = [date!(2026 - 10 - 05), date!(2026 - 10 - 12)];
        assert_eq!(overlapping(Grain::Week, &weeks, &weeks), None);
        let sunday = date!(2026 - 10 - 11);
        assert_eq!(overlapping(Grain::Week, &[sunday], &weeks), Some((sunday, weeks[0])));
        assert_eq!(overlapping(Grain::Week, &weeks, &[sunday]), Some((weeks[0], sunday)));
        assert_eq!(overlapping(Grain::Week, &[date!(2026 - 10 - 19)], &weeks), None);
        let (year, fiscal) = (date!(2026 - 01 - 01), date!(2025 - 04 - 01));
        assert_eq!(overlapping(Grain::Year, &[year], &[fiscal]), Some((year, fiscal)));
        assert_eq!(overlapping(Grain::Year, &[year], &[date!(2025 - 01 - 01)]), None);
    }
}

//! Metrics that an import adds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exports::{self, Sheet};
use super::metrics::{check_room, slug};
use super::model::{ColumnReading, Metric, NewMetric, Reading, Role, TypedMetric};
use super::validation::{self, Checked};
use crate::error::AppError;

/// A metric with a column in a sheet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Added {
    /// The slug of its values in the sheet.
    provisional: String,
    pub metric: Metric,
    /// Whether it must be stored. Another import can have added it since the preview.
    pub is_new: bool,
}

/// Returns the metrics that a reading adds to the `stored` ones. Errors: `name` or `unit` of one that cannot be added.
pub(super) fn of(reading: &Reading, stored: &[Metric]) -> Result<Vec<Added>, AppError> {
    let mut all = stored.to_vec();
    let mut added = Vec::new();
    for NewMetric { name, unit, aggregation } in reading.new_metrics() {
        let provisional = exports::provisional_slug(name);
        let tidied = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_same = |it: &&Metric| {
            let is_entered = !it.archived && it.formula.is_none();
            it.name == tidied && it.unit == unit.trim() && is_entered
        };
        if let Some(metric) = stored.iter().find(is_same).cloned() {
            let is_taken =
                |it: &ColumnReading| it.role == Role::Metric { slug: metric.slug.clone() };
            if reading.columns.iter().any(is_taken)
                || added.iter().any(|it: &Added| it.metric == metric)
            {
                let reason =
                    format!("Two columns are chosen for the metric “{name}”. Choose one of them.");
                return Err(AppError::invalid_field("name", reason));
            }
            added.push(Added { provisional, metric, is_new: false });
            continue;
        }
        let typed = TypedMetric {
            name: name.to_owned(),
            unit: unit.to_owned(),
            aggregation: aggregation.name().to_owned(),
            ..TypedMetric::default()
        };
        let metric = checked(&typed, &all).map_err(|error| {
            let reason = error.details.values().next().unwrap_or(&error.message);
            let reason = format!("The metric “{name}” cannot be added. {reason}");
            AppError { message: reason, ..error }
        })?;
        all.push(metric.clone());
        added.push(Added { provisional, metric, is_new: true });
    }
    Ok(added)
}

fn checked(typed: &TypedMetric, stored: &[Metric]) -> Result<Metric, AppError> {
    let others: Vec<&Metric> = stored.iter().collect();
    let Checked { name, unit, aggregation, .. } = validation::metric(typed, None, &others)?;
    check_room(stored, true)?;
    let slug = slug(&name, stored);
    Ok(Metric { slug, name, unit, higher_is_better: true, aggregation, ..Metric::default() })
}

/// Puts the values of added metrics under their slugs.
pub(super) fn with_slugs(sheet: &Arc<Sheet>, added: &[Added]) -> Arc<Sheet> {
    if added.is_empty() {
        return sheet.clone();
    }
    let slugs: BTreeMap<&str, &str> =
        added.iter().map(|it| (it.provisional.as_str(), it.metric.slug.as_str())).collect();
    let renamed = |slug: String| slugs.get(slug.as_str()).map_or(slug, |it| (*it).to_owned());
    let mut sheet = Sheet::clone(sheet);
    sheet.columns = sheet.columns.into_iter().map(renamed).collect();
    for day in &mut sheet.periods {
        let metrics = std::mem::take(&mut day.metrics);
        day.metrics = metrics.into_iter().map(|(slug, n)| (renamed(slug), n)).collect();
    }
    Arc::new(sheet)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::analytics::model::{Aggregation, Grain, Snapshot};

    fn reading(names: &[(&str, &str)]) -> Reading {
        let column = |(name, unit): &(&str, &str)| ColumnReading {
            name: (*name).to_owned(),
            role: Role::NewMetric {
                name: (*name).to_owned(),
                unit: (*unit).to_owned(),
                aggregation: Aggregation::Last,
            },
            ..ColumnReading::default()
        };
        Reading { columns: names.iter().map(column).collect(), ..Reading::default() }
    }

    fn metric(slug: &str, name: &str, unit: &str) -> Metric {
        let (slug, name, unit) = (slug.to_owned(), name.to_owned(), unit.to_owned());
        Metric { slug, name, unit, higher_is_better: true, ..Metric::default() }
    }

    #[test]
    fn names_and_slugs_of_added_metrics_are_unique() {
        let added = of(&reading(&[("Tips", "EUR"), ("¡Tips!", "")]), &[]);
        assert!(added.unwrap_err().message.contains("Begin the name with a letter"));
        let added = of(&reading(&[("Tips", "EUR"), ("Tips!", "")]), &[]).unwrap();
        let slugs: Vec<&str> = added.iter().map(|it| it.metric.slug.as_str()).collect();
        assert_eq!(slugs, ["tips", "tips-2"]);
        assert_eq!(added[0].metric.aggregation, Aggregation::Last, "as its column was decided");
        let twice = of(&reading(&[("Tips", "EUR"), ("tips", "")]), &[]).unwrap_err();
        assert!(twice.message.contains("already have"), "{twice:?}");
    }

    #[test]
    fn a_metric_that_was_added_meanwhile_is_used_if_its_unit_is_the_same() {
        let stored = [metric("tips", "Tips", "EUR")];
        let added = of(&reading(&[("Tips", "EUR")]), &stored).unwrap();
        assert_eq!((&added[0].metric, added[0].is_new), (&stored[0], false));
        assert!(of(&reading(&[("Tips", "USD")]), &stored).is_err());
        let twice = of(&reading(&[("Tips", "EUR"), ("Tips ", "EUR")]), &stored);
        assert!(twice.unwrap_err().message.contains("Two columns"));
        let archived = [Metric { archived: true, ..stored[0].clone() }];
        assert!(of(&reading(&[("Tips", "EUR")]), &archived).is_err());
    }

    #[test]
    fn values_are_put_under_the_slugs_of_their_metrics() {
        let day = Snapshot {
            metrics: [("new:Tips!".to_owned(), 5.0), ("leads".to_owned(), 2.0)].into(),
            ..Snapshot::default()
        };
        let columns = vec!["new:Tips!".to_owned(), "leads".to_owned()];
        let sheet = Arc::new(Sheet { grain: Grain::Day, periods: vec![day], columns });
        let added = of(&reading(&[("Tips!", "")]), &[metric("tips", "Tips", "")]).unwrap();
        let sheet = with_slugs(&sheet, &added);
        assert_eq!(sheet.columns, ["tips-2", "leads"]);
        assert_eq!(sheet.periods[0].metrics["tips-2"], 5.0);
    }
}

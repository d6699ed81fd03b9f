//! How the values of days become the value of a longer period.

use serde::{Deserialize, Serialize};

/// How the values of a metric's days become its value for a longer period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// A flow: the sum of the days. Orders, revenue, hours worked.
    Sum,
    /// A level: the value at the end. Cash, stock, subscribers.
    Last,
    /// A rate or a rating: the mean of the days, weighted if the metric names a weight.
    #[default]
    Mean,
    /// Counts each thing once a day, so that days cannot be added up: the mean of the days. Users.
    Distinct,
}

impl Aggregation {
    pub const ALL: [Self; 4] = [Self::Sum, Self::Last, Self::Mean, Self::Distinct];

    /// Returns the name in the database, in JSON and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Last => "last",
            Self::Mean => "mean",
            Self::Distinct => "distinct",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregation| aggregation.name() == name)
    }

    /// Returns the choice as forms offer it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sum => "Add the days up (orders, hours, spend)",
            Self::Last => "Take the last value (cash, stock, subscribers)",
            Self::Mean => "Average (ratings, temperatures, rates)",
            Self::Distinct => "Never add up; average (distinct people)",
        }
    }

    /// Returns how days are combined, as part of a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Sum => "days are added up",
            Self::Last => "the last day counts",
            Self::Mean => "days are averaged",
            Self::Distinct => "days are averaged, never added up",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregation_has_one_name_in_forms_and_in_json() {
        for aggregation in Aggregation::ALL {
            assert_eq!(Aggregation::parse(aggregation.name()), Some(aggregation));
            let json = serde_json::to_string(&aggregation).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", aggregation.name()));
        }
        assert_eq!(Aggregation::parse("median"), None);
    }
}

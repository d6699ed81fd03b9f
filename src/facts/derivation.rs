//! Facts together with how they follow from the stored data. A [`Fact`] is stored with every reply that got
//! it; its derivation is only needed by the page that shows the fact, which builds it anew.

use super::model::Fact;
use crate::analytics::model::{Aggregation, Formula, Grain};
use crate::analytics::windows::Window;
use crate::insights::model::Basis;

/// A fact and its derivation.
#[derive(Clone, Debug)]
pub struct Derived {
    pub fact: Fact,
    pub from: Derivation,
    /// Where members can see and change what the fact is made from: a path on this site.
    pub entered: String,
}

/// How a fact follows from the stored data. Metrics are named by slug.
#[derive(Clone, Debug, PartialEq)]
pub enum Derivation {
    /// A field of the profile, or a sentence of an insight with the ids of the insight's numbers.
    Text {
        numbers: Vec<String>,
    },
    /// The number of one day.
    Day {
        of: String,
    },
    /// The value of a window.
    Window {
        of: String,
        window: Window,
        aggregation: Aggregation,
    },
    /// The change between the means of two windows, or between the ends of a level.
    Change {
        of: String,
        now: Window,
        before: Window,
        aggregation: Aggregation,
    },
    /// The value of a longer period.
    Period {
        of: String,
        grain: Grain,
        value: PeriodValue,
    },
    /// The change between two longer periods.
    PeriodChange {
        of: String,
        grain: Grain,
        now: PeriodValue,
        before: PeriodValue,
    },
    /// The sum of consecutive months.
    PeriodTotal {
        of: String,
        /// Oldest first.
        months: Vec<PeriodValue>,
    },
    /// The ratio of two metrics' sums over the same days.
    Ratio {
        pair: Pair,
        now: Sums,
    },
    RatioChange {
        pair: Pair,
        now: Sums,
        before: Sums,
    },
    /// The value of a derived metric.
    Formula {
        /// Of the derived metric.
        name: String,
        formula: Formula,
        unit: String,
        now: Computed,
    },
    FormulaChange {
        formula: Formula,
        unit: String,
        now: Computed,
        before: Computed,
    },
    /// A number of an insight.
    Basis(Box<Basis>),
}

impl Derivation {
    /// Returns the ids of the numbers behind it that are facts themselves: those of the insight that a sentence belongs
    /// to, or the operands of a formula.
    pub fn numbers(&self) -> Vec<String> {
        match self {
            Self::Text { numbers } => numbers.clone(),
            Self::Formula { now, .. } | Self::FormulaChange { now, .. } => {
                let days = now.last - now.first + 1;
                now.operands.iter().map(|it| format!("K.{}.{days}d", it.of)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The value of a metric for a longer period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodValue {
    /// Julian days, both inclusive.
    pub first: i32,
    pub last: i32,
    pub value: f64,
    /// Whether all of its days are known and make the value. Otherwise it was imported.
    pub is_from_days: bool,
}

/// A window of a derived metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// `None` if the formula gives none that means anything: the runway of a business that burns no cash.
    pub value: Option<f64>,
    /// Number of days that flows were added up over.
    pub known: u32,
    pub operands: Vec<Operand>,
    /// Julian days, both inclusive.
    pub first: i32,
    pub last: i32,
}

/// A metric of a formula, by slug, with its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    pub of: String,
    pub window: Window,
    pub aggregation: Aggregation,
}

impl Operand {
    pub fn value(&self) -> f64 {
        self.window.value(self.aggregation)
    }
}

/// The two metrics of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub of: &'static str,
    pub per: &'static str,
    /// True if it is shown as a percentage: conversions per session.
    pub is_share: bool,
}

/// The sums of two metrics over the days of a window that have both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    pub of: Window,
    pub per: Window,
}

impl Sums {
    /// Returns the ratio. `per` is positive.
    pub fn ratio(&self, pair: Pair) -> f64 {
        let scale = if pair.is_share { 100.0 } else { 1.0 };
        self.of.sum / self.per.sum * scale
    }
}

/// Returns the path of the page that shows a fact. Its `to` names the last day that the fact covers, so that a
/// link keeps its meaning when newer numbers come: `K.revenue.30d` alone is always the newest window.
pub fn address(fact: &Fact) -> String {
    match &fact.span {
        Some((_, to)) if !fact.id.ends_with(&format!("@{to}")) => {
            format!("/knowledge/{}?to={to}", fact.id)
        }
        _ => format!("/knowledge/{}", fact.id),
    }
}

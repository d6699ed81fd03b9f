//! The data model of a tenant's observations, shared by the pages and the API.

mod aggregation;
mod catalogue;
mod day;
mod exports;
mod formula;
mod grain;
mod import;
mod measure;
mod view;

pub use aggregation::Aggregation;
pub use catalogue::{CATALOGUE, Group, Origin, RUNWAY, Standard};
pub use day::{FIRST_YEAR, MOST, Snapshot, SnapshotList, SnapshotQuery, TypedDay, field_name};
pub use exports::{
    Anchor, Choice, ColumnReading, ColumnView, Counting, DateFormat, Decimals, Decision,
    FiscalNames, ListReading, NewMetric, Proposal, Question, Reading, Role, RowRule, Sample,
};
pub use formula::{FORMULA_MAX_CHARS, Fault as FormulaFault, Formula, Undefined};
pub use grain::{Calendar, Grain, WeekStart, add_months};
pub use import::{
    Change, Counts, DoneImport, Fault, ImportView, MOST_FILE_BYTES, Portion, Preview, ProgressView,
    Refusal, Report, Stage, Undone, Upload,
};
pub use measure::{
    BUILT_IN, BuiltIn, DERIVED, METRIC_NAME_MAX_CHARS, MOST_METRICS, MOST_METRICS_EVER, Measure,
    Metric, REVENUE, Settings, TypedMetric, UNIT_MAX_CHARS, formulas, is_percentage, measures,
};
pub use view::{
    AnalyticsView, Card, Chart, DayView, Delta, MetricsView, Period, PeriodPage, Range,
    SampleNotice, TablePage, Trend, ViewQuery,
};

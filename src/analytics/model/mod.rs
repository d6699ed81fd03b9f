//! The data model of a tenant's observations, shared by the pages and the API.

mod aggregation;
mod catalogue;
mod day;
mod exports;
mod formula;
mod import;
mod measure;
mod view;

pub use aggregation::Aggregation;
pub use catalogue::{CATALOGUE, Group, Origin, RUNWAY, Standard};
pub use day::{FIRST_YEAR, MOST, Snapshot, SnapshotList, SnapshotQuery, TypedDay, field_name};
pub use exports::{
    Choice, ColumnReading, ColumnView, Counting, DateFormat, Decimals, Decision, Grain,
    ListReading, NewMetric, Proposal, Question, Reading, Role, RowRule, Sample,
};
pub use formula::{FORMULA_MAX_CHARS, Fault as FormulaFault, Formula, Undefined};
pub use import::{
    Change, Counts, DoneImport, Fault, ImportView, MOST_FILE_BYTES, Portion, Preview, ProgressView,
    Refusal, Report, Stage, Undone, Upload,
};
pub use measure::{
    BUILT_IN, BuiltIn, DERIVED, METRIC_NAME_MAX_CHARS, MOST_METRICS, MOST_METRICS_EVER, Measure,
    Metric, REVENUE, Settings, TypedMetric, UNIT_MAX_CHARS, formulas, is_percentage, measures,
};
pub use view::{
    AnalyticsView, Card, Chart, DayView, Delta, MetricsView, Range, SampleNotice, TablePage, Trend,
    ViewQuery,
};

//! The model of the first page.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The input of the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// What the business sells and to whom.
    #[serde(default)]
    pub sells: String,
    /// One of [`crate::business::model::SIZES`] or empty.
    #[serde(default)]
    pub size: String,
    /// The first question.
    #[serde(default)]
    pub decision: String,
    /// ISO 4217, or empty.
    #[serde(default)]
    pub currency: String,
    /// IANA name.
    #[serde(default)]
    pub time_zone: String,
    /// `yes` to load sample data.
    #[serde(default)]
    pub sample: String,
}

/// What the landing page says of trials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialOffer {
    /// Whether a visitor may start one.
    pub open: bool,
    /// Why the last one could not be started.
    pub error: Option<AppError>,
}

/// The data of the first page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub business_name: String,
    pub typed: Typed,
    pub error: Option<AppError>,
    /// IANA names.
    pub time_zones: Vec<String>,
    /// The request id of the first question, so that a repeated submit asks it once.
    pub request_id: String,
}

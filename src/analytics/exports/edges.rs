//! Asks about days that the conversion of times may have cut.

use super::Terms;
use super::asking::{Asking, choice};
use super::dates::Stamp;
use crate::analytics::model::Reading;
use crate::format::date;

/// Asks about the first and the last day of entries whose times are converted: the file begins and ends at midnight of
/// another zone, so that it has a part of these days only.
pub fn ask(reading: &mut Reading, stamps: &[&Stamp], terms: &Terms<'_>, asking: &mut Asking<'_>) {
    let Some(format) = reading.date_format else { return };
    let (mut edges, mut is_moved) = (None, false);
    for stamp in stamps {
        let Some((written, _)) = stamp.resolve(format) else { continue };
        let day = stamp.day_in(written, reading.times_in_utc, terms.zone);
        is_moved |= stamp.is_moved(written, reading.times_in_utc, terms.zone);
        edges = match edges {
            None => Some((day, day)),
            Some((first, last)) => Some((day.min(first), day.max(last))),
        };
    }
    let Some((first, last)) = edges.filter(|_| is_moved) else { return };
    let choices = vec![
        choice("leaveOut", "Leave these two days out"),
        choice("import", "Both days are complete: import them"),
    ];
    let text = format!(
        "The times of this file are of another time zone than your business. Its first day, {}, and its last, {}, may lack some hours. Do you import them?",
        date::day(first),
        date::day(last)
    );
    reading.skips_edges = asking.ask("edges", text, choices).as_deref() == Some("leaveOut");
}

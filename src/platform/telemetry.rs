//! Logs: pretty on a terminal, one JSON object a line otherwise. `RUST_LOG` filters.
//!
//! A log line holds identifiers, sizes and durations; never message text, passwords, tokens or keys.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// `filter` without what a stranger can write at will: the session library warns of each cookie whose session
/// is unknown. A filter that names the library stays as it is.
fn quieted(filter: &str) -> String {
    match filter.contains("tower_sessions") {
        true => filter.to_owned(),
        false => format!("{filter},tower_sessions=error"),
    }
}

/// Installs the logger for the whole process; a second call changes nothing.
pub fn init(filter: &str) {
    let filter = EnvFilter::try_new(quieted(filter)).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log that can't be written, on a full disk for instance, is lost. To complain of it on the
        // same stream would fail as well, and that is a panic in whatever was being logged.
        .log_internal_errors(false);
    let _ = if std::io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(true).try_init()
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_sessions_are_logged_on_request_only() {
        assert_eq!(quieted("info"), "info,tower_sessions=error");
        assert_eq!(quieted("warn,tower_sessions=debug"), "warn,tower_sessions=debug");
        assert!(EnvFilter::try_new(quieted("info")).is_ok());
    }
}

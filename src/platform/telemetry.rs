//! Logging to standard error: readable text on a terminal, otherwise one JSON object per line. `RUST_LOG` filters.
//!
//! Log lines contain identifiers, sizes and durations, but never message text, passwords, tokens or keys.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Filters for libraries that warn about requests anybody can send: cookies of unknown sessions, paths that are not
/// file names, reset streams.
const NOISY: [&str; 3] = ["tower_sessions=error", "tower_http=off", "h2=error"];

/// Adds the [`NOISY`] filters to `filter`, except for libraries that `filter` names.
fn quieted(filter: &str) -> String {
    let added = NOISY.iter().filter(|rule| {
        let library = rule.split('=').next().unwrap_or(rule);
        !filter.split(',').any(|own| own.trim().starts_with(library))
    });
    added.fold(filter.to_owned(), |filter, rule| format!("{filter},{rule}"))
}

/// Installs the logger for the whole process. Later calls have no effect. An invalid filter falls back to `info`.
pub fn init(filter: &str) {
    let filter = EnvFilter::try_new(quieted(filter)).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Lose lines that can't be written, for example on a full disk. Reporting the failure on the same stream would
        // fail too, and panic in the code that logs.
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
    fn events_that_strangers_can_cause_are_logged_only_at_debug() {
        assert_eq!(quieted("info"), "info,tower_sessions=error,tower_http=off,h2=error");
        assert_eq!(
            quieted("warn, tower_sessions=debug,h2=info"),
            "warn, tower_sessions=debug,h2=info,tower_http=off"
        );
        assert!(EnvFilter::try_new(quieted("info")).is_ok());
    }
}

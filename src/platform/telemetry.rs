//! Logs: pretty on a terminal, one JSON object a line otherwise. `RUST_LOG` filters.
//!
//! A log line holds identifiers, sizes and durations; never message text, passwords, tokens or keys.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Libraries that warn of what any stranger can send: cookies of unknown sessions, paths that are no file names,
/// streams that are reset.
const NOISY: [&str; 3] = ["tower_sessions=error", "tower_http=off", "h2=error"];

/// Adds [`NOISY`] to `filter`, except libraries that it names.
fn quieted(filter: &str) -> String {
    let added = NOISY.iter().filter(|rule| {
        let library = rule.split('=').next().unwrap_or(rule);
        !filter.split(',').any(|own| own.trim().starts_with(library))
    });
    added.fold(filter.to_owned(), |filter, rule| format!("{filter},{rule}"))
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
    fn what_strangers_can_cause_is_logged_on_request_only() {
        assert_eq!(quieted("info"), "info,tower_sessions=error,tower_http=off,h2=error");
        assert_eq!(
            quieted("warn, tower_sessions=debug,h2=info"),
            "warn, tower_sessions=debug,h2=info,tower_http=off"
        );
        assert!(EnvFilter::try_new(quieted("info")).is_ok());
    }
}

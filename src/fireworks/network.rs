//! Classifies connection errors.

use std::error::Error;
use std::io;

use super::failure::FailureKind;

/// Returns the class of a network error, judged by its causes.
pub(super) fn kind_of_network(error: &reqwest::Error) -> FailureKind {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(kind) = kind_of(error) {
            return kind;
        }
        cause = error.source();
    }
    FailureKind::Unreachable
}

fn kind_of(error: &(dyn Error + 'static)) -> Option<FailureKind> {
    if error.is::<rustls::Error>() {
        return Some(FailureKind::TlsFailed);
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            return Some(FailureKind::ConnectionRefused);
        }
        // `source` of an I/O error skips the error that it wraps, so that one is examined here.
        if let Some(kind) = error.get_ref().and_then(|inner| kind_of(inner)) {
            return Some(kind);
        }
    }
    let said = error.to_string();
    if said.contains("dns error") || said.contains("failed to lookup address") {
        return Some(FailureKind::UnknownHost);
    }
    said.contains("tls handshake").then_some(FailureKind::TlsFailed)
}

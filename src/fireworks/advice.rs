//! What an operator should do about each class of failure.

use super::failure::FailureKind;

/// The cause of an outage, and its remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// One sentence.
    pub cause: &'static str,
    pub what_to_do: &'static str,
}

impl FailureKind {
    /// Returns what an operator must do to restore service. Returns `None` if the failure is temporary or
    /// caused by the question.
    pub fn advice(self) -> Option<Advice> {
        let (cause, what_to_do) = match self {
            Self::KeyRefused => (
                "The API key is refused.",
                "Set a valid key in FIREWORKS_API_KEY and restart the server.",
            ),
            Self::Suspended => (
                "The account at the model provider is suspended or out of credit.",
                "Add credit or raise the spending limit with the provider. Nothing needs to be restarted.",
            ),
            Self::ModelMissing => (
                "No model is served.",
                "Check FIREWORKS_MODEL, FIREWORKS_FALLBACK_MODEL and FIREWORKS_BASE_URL.",
            ),
            Self::BadRequest => (
                "The model server refuses our requests.",
                "Check that FIREWORKS_MODEL names a chat model. The server's message below says what it refuses.",
            ),
            Self::Blocked => (
                "A firewall or proxy before the model server refuses our requests.",
                "Let this machine through there, or set FIREWORKS_BASE_URL to an address behind it.",
            ),
            Self::Redirected => (
                "The model server redirects to another address.",
                "If you trust that address, set FIREWORKS_BASE_URL to it. The key is never sent to an address that is not configured.",
            ),
            Self::NotAnApi => (
                "FIREWORKS_BASE_URL does not lead to a chat completions API.",
                "Set it to the API's base address, which often ends in /v1.",
            ),
            Self::UnknownHost => (
                "DNS does not know the host in FIREWORKS_BASE_URL.",
                "Correct the host, or this machine's DNS settings.",
            ),
            Self::ConnectionRefused => (
                "Nothing listens at FIREWORKS_BASE_URL.",
                "Start the model server, or correct host and port.",
            ),
            Self::TlsFailed => (
                "No secure (TLS) connection to the model server can be made.",
                "Renew its certificate, or make this machine trust the authority that issued it. Where the server speaks plain HTTP, begin FIREWORKS_BASE_URL with http://.",
            ),
            Self::Unreachable => (
                "The model server cannot be reached.",
                "Check that it runs, and the network and firewalls between this machine and FIREWORKS_BASE_URL.",
            ),
            _ => return None,
        };
        Some(Advice { cause, what_to_do })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_failures_need_no_operator() {
        for kind in [FailureKind::Busy, FailureKind::Loading, FailureKind::PromptTooLong] {
            assert_eq!(kind.advice(), None, "{kind:?}");
        }
    }

    #[test]
    fn messages_mention_the_operator_only_if_the_operator_is_notified() {
        for kind in [
            FailureKind::KeyRefused,
            FailureKind::Suspended,
            FailureKind::ModelMissing,
            FailureKind::BadRequest,
            FailureKind::Blocked,
            FailureKind::Redirected,
            FailureKind::NotAnApi,
            FailureKind::UnknownHost,
            FailureKind::ConnectionRefused,
            FailureKind::TlsFailed,
            FailureKind::Unreachable,
        ] {
            assert!(kind.member_message(false).contains("The operator"), "{kind:?}");
            assert!(kind.advice().is_some(), "{kind:?}");
        }
    }
}

//! The end of a reply: what the member sees and what is charged.

use super::engine::Reply;
use super::log::{End, Log};
use crate::chat::model::{ReplyFailure, Status, Usage};
use crate::error::Code;
use crate::fireworks::{self, Failure, FailureKind, FinishReason};
use crate::platform::clock::Micros;
use crate::platform::tokens;
use crate::usage::Ledger;
use crate::usage::plausible::Evidence;
use crate::usage::service::Tokens;

/// How the upstream's stream ended.
pub(super) enum Outcome {
    Finished {
        reason: FinishReason,
        usage: Option<fireworks::Usage>,
    },
    Stopped,
    /// The budget is used up.
    BudgetReached {
        usage: Option<fireworks::Usage>,
    },
    Interrupted,
    Failed(Failure),
}

/// The basis of charging a reply.
pub(super) struct Bill<'a> {
    pub ledger: &'a Ledger,
    pub asked_at: Micros,
    pub messages: usize,
    pub prompt_bytes: u64,
    /// Counted with the tokenizer.
    pub prompt_tokens: u64,
    pub max_tokens: u32,
    /// Whether Retry can use a larger limit.
    pub may_grow: bool,
}

/// Determines the end of a reply. `model`: the one that answered.
pub(super) fn conclude(reply: &Reply, outcome: Outcome, model: &str, bill: &Bill<'_>) -> End {
    let received = Received::of(&reply.log);
    let partial = received.has_text;
    let charge = |usage| bill.charge(model, usage, &received);
    let failed = |kind: FailureKind, usage| End {
        status: Status::Failed,
        // Retry uses this to choose a larger limit.
        finish_reason: (kind == FailureKind::ReasoningLimit).then(|| "length".to_owned()),
        usage: charge(usage),
        failure: Some(failure(kind, partial, bill.may_grow)),
    };
    match outcome {
        Outcome::Finished { reason, usage } => match shortfall(reason, &received) {
            Some(kind) => failed(kind, usage),
            None => End {
                status: Status::Complete,
                finish_reason: Some(
                    if reason == FinishReason::Length { "length" } else { "stop" }.to_owned(),
                ),
                usage: charge(usage),
                failure: None,
            },
        },
        Outcome::Failed(failure) => failed(failure.kind, None),
        Outcome::Stopped => End {
            status: Status::Stopped,
            finish_reason: Some("stopped".into()),
            usage: charge(None),
            failure: None,
        },
        Outcome::BudgetReached { usage } => End {
            status: Status::Stopped,
            finish_reason: Some("stopped".into()),
            usage: charge(usage),
            failure: Some(budget_end(partial)),
        },
        Outcome::Interrupted => End {
            status: Status::Interrupted,
            finish_reason: None,
            usage: charge(None),
            failure: Some(interruption(partial)),
        },
    }
}

/// Returns why a reply that ended normally is not an answer.
fn shortfall(reason: FinishReason, received: &Received) -> Option<FailureKind> {
    match reason {
        FinishReason::ContentFilter => Some(FailureKind::Filtered),
        FinishReason::Refusal => Some(FailureKind::Declined),
        _ if received.has_text => None,
        FinishReason::Length => Some(FailureKind::ReasoningLimit),
        FinishReason::ToolCalls => Some(FailureKind::NoAnswer),
        _ if received.reasoning_bytes > 0 => Some(FailureKind::OnlyReasoning),
        _ => Some(FailureKind::Empty),
    }
}

fn failure(kind: FailureKind, partial: bool, may_grow: bool) -> ReplyFailure {
    let mut message = kind.member_message(partial).to_owned();
    if kind == FailureKind::ReasoningLimit {
        message.push_str(if may_grow {
            " Retry asks with a larger limit."
        } else {
            " Ask for less at once, or have an admin raise this adviser's longest answer or choose another model."
        });
    }
    ReplyFailure {
        code: Code::UpstreamUnavailable,
        message,
        retryable: kind.retryable_by_member(),
        partial,
    }
}

/// The delivered text of a reply.
pub(super) struct Received {
    text: String,
    has_text: bool,
    /// The kept beginning of the reasoning.
    reasoning: String,
    /// Total bytes of the reasoning.
    reasoning_bytes: u64,
}

impl Received {
    pub fn of(log: &Log) -> Self {
        let text = log.snapshot().text;
        let (reasoning, reasoning_bytes) = log.reasoning();
        Self { has_text: !text.trim().is_empty(), text, reasoning, reasoning_bytes }
    }

    fn bytes(&self) -> u64 {
        self.text.len() as u64 + self.reasoning_bytes
    }

    /// Counts tokens with the tokenizer. Reasoning that was not kept is extrapolated from what was.
    pub fn tokens(&self) -> u64 {
        let kept = self.reasoning.len().max(1) as u64;
        let reasoning = u64::from(tokens::count(&self.reasoning)) * self.reasoning_bytes / kept;
        u64::from(tokens::count(&self.text)) + reasoning
    }
}

impl Bill<'_> {
    /// Returns the usage: the provider's counts if they are plausible, otherwise counts of the delivered text.
    fn charge(&self, model: &str, told: Option<fireworks::Usage>, received: &Received) -> Usage {
        let told = told.map(|usage| Tokens {
            prompt: usage.prompt_tokens,
            cached: usage.cached_tokens,
            completion: usage.completion_tokens,
        });
        let evidence = Evidence {
            messages: self.messages,
            prompt_bytes: self.prompt_bytes,
            max_tokens: self.max_tokens,
            received_bytes: received.bytes(),
        };
        self.ledger.charge(model, self.asked_at, told, &evidence, || Tokens {
            prompt: self.prompt_tokens,
            cached: 0,
            completion: received.tokens(),
        })
    }
}

/// The message of a reply that ended with the budget.
fn budget_end(partial: bool) -> ReplyFailure {
    let message = if partial {
        "The answer ends here because the budget is used up."
    } else {
        "The budget was used up by thinking before the answer began."
    };
    ReplyFailure { code: Code::BudgetExceeded, message: message.into(), retryable: true, partial }
}

/// The message of a reply that a shutdown or a crash interrupted.
pub(crate) fn interruption(partial: bool) -> ReplyFailure {
    ReplyFailure {
        code: Code::ShuttingDown,
        message: "The server was restarted while this answer was being written.".into(),
        retryable: true,
        partial,
    }
}

//! What a reply tells whoever reads it.

/// What a reply consists of, in this order: `Started`, then any mix of `Delta` and `Reasoning`,
/// then `Finished`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first token is about to come.
    Started {
        /// The model that answers: the one asked for, or the fallback.
        model: String,
    },
    /// A piece of the answer, never empty.
    Delta(String),
    /// A piece of reasoning: billed, kept apart from the answer, never sent back.
    Reasoning(String),
    /// Every `Delta` so far was reasoning: the upstream left out the mark that opens it. The answer begins now.
    AnswerWasReasoning,
    /// Every `Reasoning` so far was the answer, which is here as a whole: the model is one that begins to
    /// reason without a mark, and this time it did not.
    ReasoningWasAnswer(String),
    /// The end. Nothing follows.
    Finished {
        /// Why the model stopped.
        finish_reason: FinishReason,
        /// What the provider says that it bills, where it said anything. Not bounded by anything.
        usage: Option<Usage>,
    },
}

/// The provider's count of tokens, as it was told: a number may be missing (0), and may be absurd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the prompt, those from the cache included.
    pub prompt_tokens: u64,
    /// Those of them that came from the prompt cache, at a lower price.
    pub cached_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
}

impl Usage {
    /// Of two totals the later one counts, but a zero takes back nothing.
    pub(super) fn after(self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let later = |now: u64, before: u64| if now > 0 { now } else { before };
        Self {
            prompt_tokens: later(self.prompt_tokens, earlier.prompt_tokens),
            cached_tokens: later(self.cached_tokens, earlier.cached_tokens),
            completion_tokens: later(self.completion_tokens, earlier.completion_tokens),
        }
    }
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It met `max_tokens`.
    Length,
    /// A filter of the provider's cut it off.
    ContentFilter,
    /// It declined to answer; what it said is its text.
    Refusal,
    /// It wants to call a tool.
    ToolCalls,
    /// It broke down.
    Error,
    /// Another reason, or none was given.
    Other,
}

impl FinishReason {
    /// By the names that servers give them; none of an empty one.
    pub(super) fn of(reason: &str) -> Option<Self> {
        const NAMES: [(&str, FinishReason); 30] = [
            ("stop", FinishReason::Stop),
            ("length", FinishReason::Length),
            ("eos", FinishReason::Stop),
            ("eos_token", FinishReason::Stop),
            ("end_turn", FinishReason::Stop),
            ("stop_sequence", FinishReason::Stop),
            ("complete", FinishReason::Stop),
            ("max_tokens", FinishReason::Length),
            ("max_output_tokens", FinishReason::Length),
            ("max_length", FinishReason::Length),
            ("model_length", FinishReason::Length),
            ("content_filter", FinishReason::ContentFilter),
            ("safety", FinishReason::ContentFilter),
            ("sensitive", FinishReason::ContentFilter),
            ("recitation", FinishReason::ContentFilter),
            ("blocklist", FinishReason::ContentFilter),
            ("prohibited_content", FinishReason::ContentFilter),
            ("spii", FinishReason::ContentFilter),
            ("refusal", FinishReason::Refusal),
            ("tool_calls", FinishReason::ToolCalls),
            ("tool_use", FinishReason::ToolCalls),
            ("function_call", FinishReason::ToolCalls),
            ("malformed_function_call", FinishReason::ToolCalls),
            ("error", FinishReason::Error),
            ("abort", FinishReason::Error),
            ("server_error", FinishReason::Error),
            ("network_error", FinishReason::Error),
            ("insufficient_system_resource", FinishReason::Error),
            ("model_context_window_exceeded", FinishReason::Length),
            ("context_length", FinishReason::Length),
        ];
        if reason.is_empty() {
            return None;
        }
        let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(reason));
        Some(known.map_or(Self::Other, |(_, reason)| *reason))
    }
}

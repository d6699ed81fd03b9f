//! The events of a reply.

/// An event of a reply. Order: `Started`, then any mix of the others, then `Finished`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first token is about to follow.
    Started {
        /// The model that replies: the requested one or the fallback.
        model: String,
    },
    /// A chunk of the reply's text, never empty.
    Delta(String),
    /// A chunk of reasoning: billed, kept apart from the reply's text, never sent back to the model.
    Reasoning(String),
    /// Every `Delta` so far was reasoning, because the upstream omitted the opening tag. The reply's text
    /// starts now.
    AnswerWasReasoning,
    /// Every `Reasoning` so far was the reply's text, which this event holds as a whole. Sent for a model
    /// that usually starts to reason without an opening tag, but did not this time.
    ReasoningWasAnswer(String),
    /// The reply is complete. Nothing follows.
    Finished {
        finish_reason: FinishReason,
        /// The usage that the provider reports, if any. Its values are not validated.
        usage: Option<Usage>,
    },
}

/// The provider's token counts as reported. Missing counts are 0, and counts may be absurdly large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All prompt tokens, including cached ones.
    pub prompt_tokens: u64,
    /// Prompt tokens read from the prompt cache, which cost less.
    pub cached_tokens: u64,
    /// Completion tokens, including reasoning.
    pub completion_tokens: u64,
}

impl Usage {
    /// Merges a later total into an earlier one. The later value wins unless it is zero.
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
    /// The reply is complete.
    Stop,
    /// The reply reached `max_tokens` or the context size.
    Length,
    /// The provider's content filter stopped the reply.
    ContentFilter,
    /// The model declined; the text explains it.
    Refusal,
    /// The model tries to call a tool.
    ToolCalls,
    /// Generation failed.
    Error,
    /// Another reason, or none.
    Other,
}

impl FinishReason {
    /// Parses the names that servers use. Returns `None` for an empty name.
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

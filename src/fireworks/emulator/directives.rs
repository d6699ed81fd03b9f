//! Parses the directives of a question: `#fault=cut #speed=50`.

use std::time::Duration;

use super::shapes::Shape;

/// The directives of one question in order, and the question without them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Directives {
    pub faults: Vec<Fault>,
    /// `#speed=`: tokens per second; 0 for no delay.
    pub tokens_per_second: Option<f64>,
    /// `#first=`: milliseconds until the first token.
    pub first_token: Option<Duration>,
    /// `#tokens=`: reply with this many filler words, one per delta.
    pub tokens: Option<u64>,
    /// `#markdown=`: reply with this many tokens of mixed Markdown.
    pub markdown: Option<u64>,
    /// `#shape=`: reply like another server.
    pub shape: Option<Shape>,
    /// `#think=`: how long to reason before the reply's text.
    pub thinking: Option<Duration>,
    /// `#stamp`: each filler word includes the time it was sent.
    pub stamp: bool,
    /// `#prose`: the words are prose that cites facts of the prompt.
    pub prose: bool,
    /// `#summary=fails`: a summary of a conversation that contains this is refused.
    pub summary_fails: bool,
    /// The question without its directives.
    pub question: String,
}

/// One `#fault=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: FaultKind,
    /// Number of tries that it affects; `None` for all.
    pub count: Option<u32>,
}

/// The known faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Refusal(Refusal),
    Stream(StreamFault),
}

/// Error responses instead of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Http(u16),
    PromptTooLong,
    StringError,
    PlainText,
    HtmlGateway,
    RetryAfter,
    ModelMissing,
    NotAStream,
}

/// Deviations of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamFault {
    ErrorFirst,
    ErrorMid,
    ErrorEmptyChoices,
    CutFirst,
    Cut,
    Reset,
    StallFirst,
    StallMid,
    Malformed,
    LongEvent,
    NoDone,
    Crlf,
    Cr,
    Bom,
    Comments,
    Split,
    UsageFinish,
    UsageExtra,
    UsageNone,
    Reasoning,
    Length,
    Echo,
    Turns,
}

impl Directives {
    /// Parses the directives among the words of a message. Unknown ones stay in the question.
    pub fn parse(message: &str) -> Self {
        let mut directives = Self::default();
        if !message.contains('#') {
            directives.question = message.trim().to_owned();
            return directives;
        }
        let mut question = String::with_capacity(message.len());
        for word in message.split_inclusive(char::is_whitespace) {
            if !directives.take(word.trim_end()) {
                question.push_str(word);
            }
        }
        directives.question = question.trim().to_owned();
        directives
    }

    fn take(&mut self, word: &str) -> bool {
        self.try_take(word).is_some()
    }

    fn try_take(&mut self, word: &str) -> Option<()> {
        let flag = match word {
            "#stamp" => Some(&mut self.stamp),
            "#prose" => Some(&mut self.prose),
            _ => None,
        };
        if let Some(flag) = flag {
            *flag = true;
            return Some(());
        }
        let (name, value) = word.strip_prefix('#')?.split_once('=')?;
        match name {
            "fault" => self.faults.push(Fault::parse(value)?),
            "speed" => {
                let speed = value.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0)?;
                self.tokens_per_second = Some(speed);
            }
            "first" => self.first_token = Some(Duration::from_millis(value.parse().ok()?)),
            "shape" => self.shape = Some(Shape::named(value)?),
            "think" => self.thinking = Some(Duration::from_millis(value.parse().ok()?)),
            "tokens" => self.tokens = Some(value.parse().ok()?),
            "markdown" => self.markdown = Some(value.parse().ok()?),
            "summary" if value == "fails" => self.summary_fails = true,
            _ => return None,
        }
        Some(())
    }
}

impl Fault {
    fn parse(value: &str) -> Option<Self> {
        let (name, count) = match value.split_once('*') {
            Some((name, count)) => (name, Some(count.parse().ok()?)),
            None => (value, None),
        };
        Some(Self { kind: FaultKind::parse(name)?, count })
    }
}

impl FaultKind {
    fn parse(name: &str) -> Option<Self> {
        if let Some(status) = name.strip_prefix("http-") {
            let status = status.parse().ok().filter(|status| (300..=599).contains(status))?;
            return Some(Self::Refusal(Refusal::Http(status)));
        }
        let refusal = Refusal::NAMES.iter().find(|(known, _)| *known == name);
        let stream = StreamFault::NAMES.iter().find(|(known, _)| *known == name);
        refusal
            .map(|(_, refusal)| Self::Refusal(*refusal))
            .or_else(|| stream.map(|(_, fault)| Self::Stream(*fault)))
    }
}

impl Refusal {
    const NAMES: [(&str, Self); 7] = [
        ("prompt-too-long", Self::PromptTooLong),
        ("string-error", Self::StringError),
        ("plain-text", Self::PlainText),
        ("html-gateway", Self::HtmlGateway),
        ("retry-after", Self::RetryAfter),
        ("model-missing", Self::ModelMissing),
        ("not-a-stream", Self::NotAStream),
    ];
}

impl StreamFault {
    const NAMES: [(&str, Self); 23] = [
        ("error-first", Self::ErrorFirst),
        ("error-mid", Self::ErrorMid),
        ("error-empty-choices", Self::ErrorEmptyChoices),
        ("cut-first", Self::CutFirst),
        ("cut", Self::Cut),
        ("reset", Self::Reset),
        ("stall-first", Self::StallFirst),
        ("stall-mid", Self::StallMid),
        ("malformed", Self::Malformed),
        ("long-event", Self::LongEvent),
        ("no-done", Self::NoDone),
        ("crlf", Self::Crlf),
        ("cr", Self::Cr),
        ("bom", Self::Bom),
        ("comments", Self::Comments),
        ("split", Self::Split),
        ("usage-finish", Self::UsageFinish),
        ("usage-extra", Self::UsageExtra),
        ("usage-none", Self::UsageNone),
        ("reasoning", Self::Reasoning),
        ("length", Self::Length),
        ("echo", Self::Echo),
        ("turns", Self::Turns),
    ];
}

/// Returns the faults of the `attempt`-th try (from 0) of a question. Refusals use up their tries one after
/// the other; the counts of stream faults start after them.
pub(super) fn plan(faults: &[Fault], attempt: u32) -> Result<Vec<StreamFault>, Refusal> {
    let mut left = attempt;
    for fault in faults {
        let FaultKind::Refusal(refusal) = fault.kind else {
            continue;
        };
        // Depends on the model rather than on tries; see the caller.
        if refusal == Refusal::ModelMissing {
            continue;
        }
        match fault.count {
            None => return Err(refusal),
            Some(count) if left < count => return Err(refusal),
            Some(count) => left -= count,
        }
    }
    let active = |fault: &&Fault| fault.count.is_none_or(|count| left < count);
    let stream = |fault: &Fault| match fault.kind {
        FaultKind::Stream(fault) => Some(fault),
        FaultKind::Refusal(_) => None,
    };
    Ok(faults.iter().filter(active).filter_map(stream).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_taken_out_of_the_question() {
        let parsed = Directives::parse(
            "How are we?\n#fault=http-503*2 #speed=50 #first=20 #tokens=200 Well?",
        );
        assert_eq!(parsed.question, "How are we?\nWell?");
        assert_eq!(parsed.tokens_per_second, Some(50.0));
        assert_eq!(parsed.first_token, Some(Duration::from_millis(20)));
        assert_eq!(parsed.tokens, Some(200));
        let kind = FaultKind::Refusal(Refusal::Http(503));
        assert_eq!(parsed.faults, [Fault { kind, count: Some(2) }]);
    }

    #[test]
    fn unknown_directives_stay_in_the_question() {
        for text in ["We are #1", "#fault=unknown", "#fault=cut*many", "# Heading", "#speed=-1"] {
            let parsed = Directives::parse(text);
            assert_eq!(parsed.question, text);
            assert_eq!(parsed.faults, []);
        }
    }

    #[test]
    fn counted_refusals_fail_consecutive_attempts() {
        let faults = Directives::parse("#fault=http-503*2 #fault=http-429*1 #fault=cut*1").faults;
        let outcomes: Vec<_> = (0..5).map(|attempt| plan(&faults, attempt)).collect();
        assert_eq!(
            outcomes,
            [
                Err(Refusal::Http(503)),
                Err(Refusal::Http(503)),
                Err(Refusal::Http(429)),
                Ok(vec![StreamFault::Cut]),
                Ok(vec![]),
            ]
        );
    }
}

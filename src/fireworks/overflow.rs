//! Parses from a server's error message by how much a prompt is too long.

use serde_json::Value;

use super::client::{ChatRequest, Message};

/// Minimum tokens of a reply that is worth requesting.
const LEAST_REPLY: u32 = 256;
/// Smallest context size. Smaller numbers in an error mean something else.
const LEAST_CONTEXT: u32 = 512;

/// Phrases directly before the prompt's token count.
const BEFORE_PROMPT: [&str; 8] = [
    "resulted in",
    "input token count",
    "input token count is",
    "prompt is too long:",
    "prompt contains",
    "keep the first",
    "given:",
    "your request has",
];
/// Phrases directly after the prompt's token count.
const AFTER_PROMPT: [&str; 7] = [
    "in the messages",
    "in your prompt",
    "in the prompt",
    "input tokens",
    "`inputs` tokens",
    "tokens in the messages",
    "prompt tokens",
];
/// Phrases directly before the context size (tokens of prompt and reply together).
const BEFORE_LIMIT: [&str; 9] = [
    "maximum context length is",
    "maximum context length of",
    "maximum context length:",
    "context length of only",
    "available context size",
    "must be <=",
    "maximum number of tokens allowed",
    "context window of",
    "context limit:",
];
/// Phrases directly after the context size.
const AFTER_LIMIT: [&str; 1] = ["maximum context length"];

/// What a server reported about a prompt that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overflow {
    /// The context size: maximum tokens of prompt and reply together.
    pub limit: Option<u32>,
    /// Tokens of the prompt.
    pub prompt: Option<u32>,
}

impl Overflow {
    /// Parses the body of an error response that says that the prompt is too long.
    pub fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).to_lowercase();
        // The message ends at the end of its JSON string.
        let text = text.replace('"', "\n");
        let mut found = Self::of_text(&text);
        if let Ok(document) = serde_json::from_slice::<Value>(body) {
            let error = document.get("error").unwrap_or(&document);
            let field = |name: &str| error.get(name)?.as_u64()?.try_into().ok();
            found.limit = found.limit.or(field("n_ctx"));
            found.prompt = found.prompt.or(field("n_prompt_tokens"));
        }
        found.limit = found.limit.filter(|limit| *limit >= LEAST_CONTEXT);
        found
    }

    fn of_text(text: &str) -> Self {
        let numbers: Vec<Number<'_>> = numbers(text).collect();
        let sum = numbers.windows(3).find_map(|three| match three {
            [a, b, c] if a.until(b) == "+" && b.until(c).contains('>') => Some((a.value, c.value)),
            [_, b, c] if b.until(c) == "-" => Some((c.value, b.value)),
            _ => None,
        });
        if let Some((prompt, limit)) = sum {
            return Self { limit: Some(limit), prompt: Some(prompt) };
        }
        let find = |before: &[&str], after: &[&str]| {
            let number = numbers.iter().find(|number| number.stands_between(before, after));
            number.map(|number| number.value)
        };
        let more_than = numbers.windows(2).find_map(|two| match two {
            [a, b] if matches!(a.until(b), "tokens >" | ">") => Some((a.value, b.value)),
            _ => None,
        });
        Self {
            limit: find(&BEFORE_LIMIT, &AFTER_LIMIT).or(more_than.map(|(_, limit)| limit)),
            prompt: find(&BEFORE_PROMPT, &AFTER_PROMPT).or(more_than.map(|(prompt, _)| prompt)),
        }
    }

    /// Shrinks the request so that it fits: shortens the reply if the prompt alone fits, otherwise drops
    /// history. Returns `None` if nothing more can be dropped.
    pub fn shorten(&self, request: &ChatRequest) -> Option<ChatRequest> {
        if let (Some(limit), Some(prompt)) = (self.limit, self.prompt) {
            let room = limit.saturating_sub(prompt);
            if (LEAST_REPLY..request.max_tokens).contains(&room) {
                return Some(ChatRequest { max_tokens: room, ..request.clone() });
            }
        }
        let keep = request.history.saturating_sub(self.surplus(request));
        request.with_history(keep)
    }

    /// Returns how many of the oldest history messages to drop. Returns all of them if the counts are
    /// unknown.
    fn surplus(&self, request: &ChatRequest) -> usize {
        let (Some(limit), Some(prompt)) = (self.limit, self.prompt.filter(|prompt| *prompt > 0))
        else {
            return request.history;
        };
        let bytes = |messages: &[Message]| messages.iter().map(|it| it.content.len() as u64).sum();
        let all: u64 = bytes(&request.messages);
        let room = limit.saturating_sub(request.max_tokens.min(limit / 4));
        // 5% margin, because the number of bytes per token varies between texts.
        let fits = all.saturating_mul(u64::from(room)) / u64::from(prompt) / 20 * 19;
        let history = request.messages.get(1..=request.history).unwrap_or_default();
        let mut left = all;
        let mut gone = 0;
        for turn in history.chunks(2) {
            if left <= fits {
                break;
            }
            left -= bytes(turn);
            gone += turn.len();
        }
        // At least one turn is dropped; otherwise the same request would be sent again.
        gone.max(history.len().min(2))
    }
}

/// A number in a text, with its position.
pub(super) struct Number<'a> {
    pub value: u32,
    text: &'a str,
    start: usize,
    end: usize,
}

impl Number<'_> {
    /// Returns the text between two numbers, trimmed.
    fn until(&self, next: &Self) -> &str {
        self.text.get(self.end..next.start).unwrap_or_default().trim()
    }

    fn stands_between(&self, before: &[&str], after: &[&str]) -> bool {
        let left = self.text.get(..self.start).unwrap_or_default();
        let left = left.trim_end_matches([' ', '(', '`', '\'']);
        let right = self.text.get(self.end..).unwrap_or_default();
        let right = right.trim_start_matches([' ', ')']);
        before.iter().any(|words| left.ends_with(words))
            || after.iter().any(|words| right.starts_with(words))
    }
}

/// Finds the standalone integers of a text, including those with thousands separators.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = Number<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let start = at + rest.find(|c: char| c.is_ascii_digit())?;
            let digits = text.get(start..)?;
            let is_part = |c: char| c.is_ascii_digit() || c == ',';
            let length = digits.find(|c| !is_part(c)).unwrap_or(digits.len());
            let digits = digits.get(..length)?.trim_end_matches(',');
            let end = start + digits.len();
            at = end;
            let touches = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
            let before = text.get(..start)?.chars().next_back();
            let mut behind = text.get(end..)?.chars();
            let is_fraction = |c: Option<char>, next: Option<char>| {
                c == Some('.') && next.is_some_and(|c| c.is_ascii_digit())
            };
            let (next, second) = (behind.next(), behind.next());
            let alone = !before.is_some_and(|c| touches(c) || c == '.')
                && !next.is_some_and(touches)
                && !is_fraction(next, second);
            if let Ok(value) = digits.replace(',', "").parse()
                && alone
            {
                return Some(Number { value, text, start, end });
            }
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::client::Role;
    use super::*;

    #[test]
    fn overflow_numbers_are_parsed_from_each_servers_wording() {
        let cases = [
            (
                "This model's maximum context length is 4096 tokens. However, you requested 4200 tokens (2152 in the messages, 2048 in the completion). Please reduce the length of the messages or completion.",
                (Some(4096), Some(2152)),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 4096 tokens and your request has 2152 input tokens (2048 > 4096 - 2152).",
                (Some(4096), Some(2152)),
            ),
            (
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 `inputs` tokens and 2048 `max_new_tokens`",
                (Some(4096), Some(3000)),
            ),
            (
                "The input token count (1,200,000) exceeds the maximum number of tokens allowed (1048576).",
                (Some(1_048_576), Some(1_200_000)),
            ),
            (
                "The prompt is too long: 798932, model maximum context length: 262143",
                (Some(262_143), Some(798_932)),
            ),
            ("prompt is too long: 210000 tokens > 200000 maximum", (Some(200_000), Some(210_000))),
            (
                "input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000, decrease input length",
                (Some(200_000), Some(198_000)),
            ),
            (
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                (Some(32_768), Some(40_000)),
            ),
            (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                (Some(8_192), Some(9_000)),
            ),
            ("Please reduce the length of the messages or completion.", (None, None)),
        ];
        for (message, (limit, prompt)) in cases {
            let body = serde_json::json!({"error": {"message": message, "code": 400}}).to_string();
            assert_eq!(Overflow::of(body.as_bytes()), Overflow { limit, prompt }, "{message}");
        }
        let llama = r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#;
        let expected = Overflow { limit: Some(8_192), prompt: Some(9_000) };
        assert_eq!(Overflow::of(llama.as_bytes()), expected);
    }

    #[test]
    fn numbers_in_names_versions_and_ids_do_not_count() {
        let text = "gpt-4-0314 v1.5 at 0197c0de-7000 wants 1,024, not 12 or 2.5 of max_2";
        let found: Vec<u32> = numbers(text).map(|number| number.value).collect();
        assert_eq!(found, [1_024, 12]);
        assert_eq!(numbers("99999999999").count(), 0);
    }

    fn request(exchanges: usize) -> ChatRequest {
        let message = |role| Message { role, content: "x".repeat(1_000) };
        let mut messages = vec![message(Role::System)];
        for _ in 0..exchanges {
            messages.extend([message(Role::User), message(Role::Assistant)]);
        }
        messages.push(message(Role::User));
        ChatRequest {
            model: None,
            messages,
            history: 2 * exchanges,
            max_tokens: 1_000,
            temperature: 0.7,
            user: String::new(),
            conversation: String::new(),
        }
    }

    #[test]
    fn if_the_prompt_alone_fits_the_reply_is_shortened() {
        let overflow = Overflow { limit: Some(4_096), prompt: Some(3_500) };
        let shorter = overflow.shorten(&request(3)).unwrap();
        assert_eq!((shorter.max_tokens, shorter.history), (596, 6));
    }

    #[test]
    fn otherwise_only_as_much_history_is_dropped_as_needed() {
        // 12 messages of 1,000 bytes are 6,000 tokens, and 3,096 tokens are available.
        let overflow = Overflow { limit: Some(4_096), prompt: Some(6_000) };
        let shorter = overflow.shorten(&request(5)).unwrap();
        assert_eq!((shorter.history, shorter.messages.len()), (2, 4));
        let unknown = Overflow::default().shorten(&request(5)).unwrap();
        assert_eq!((unknown.history, unknown.messages.len()), (0, 2));
    }

    #[test]
    fn a_request_gets_shorter_each_time_until_nothing_can_go() {
        for overflow in [
            Overflow::default(),
            Overflow { limit: Some(4_096), prompt: Some(6_000) },
            Overflow { limit: Some(1_000_000), prompt: Some(1_000_001) },
            Overflow { limit: Some(512), prompt: Some(4_000_000_000) },
            Overflow { limit: Some(4_096), prompt: Some(0) },
        ] {
            let mut request = request(20);
            let mut rounds = 0;
            while let Some(shorter) = overflow.shorten(&request) {
                assert!(
                    shorter.history < request.history || shorter.max_tokens < request.max_tokens
                );
                request = shorter;
                rounds += 1;
                assert!(rounds < 50);
            }
            assert!(rounds > 0, "{overflow:?}");
        }
    }
}

use proptest::prelude::*;

use super::*;

/// Returns the answer text, the reasoning and the observed habit for a reply that arrived in these chunks.
fn read(pieces: &[&str], begins_untold: bool, reason: FinishReason) -> (String, String, Habit) {
    let mut splitter = Splitter::new(begins_untold);
    let mut out = VecDeque::new();
    for piece in pieces {
        splitter.push((*piece).to_owned(), &mut out);
    }
    splitter.finish(Some(reason), &mut out);
    let (mut answer, mut reasoning) = (String::new(), String::new());
    for event in out {
        match event {
            Event::Delta(text) => {
                assert!(!text.is_empty());
                answer.push_str(&text);
            }
            Event::Reasoning(text) => reasoning.push_str(&text),
            Event::AnswerWasReasoning => reasoning.push_str(&std::mem::take(&mut answer)),
            Event::ReasoningWasAnswer(text) => {
                reasoning.clear();
                answer.push_str(&text);
            }
            Event::Started { .. } | Event::Finished { .. } => unreachable!(),
        }
    }
    (answer, reasoning, splitter.habit())
}

fn told(text: &str) -> (String, String) {
    let (answer, reasoning, _) = read(&[text], false, FinishReason::Stop);
    (answer, reasoning)
}

/// Text, the answer text in it, the reasoning in it.
const REPLIES: [(&str, &str, &str); 27] = [
    ("plain", "plain", ""),
    ("  indented\n", "  indented\n", ""),
    ("a < b and <b>bold</b> <|", "a < b and <b>bold</b> <|", ""),
    ("<think>hm</think>Hi", "Hi", "hm"),
    ("\n<think>\nhm\n</think>\n\nHi", "Hi", "\nhm\n"),
    ("<thinking>hm</thinking>Hi", "Hi", "hm"),
    ("<mm:think>hm</mm:think>Hi", "Hi", "hm"),
    ("<think></think>Hi", "Hi", ""),
    ("<think>a < b <i></think>Hi", "Hi", "a < b <i>"),
    ("<think>hm", "", "hm"),
    ("<think>hm</thi", "", "hm</thi"),
    ("so it is 4\n</think>\n\nFour", "Four", "so it is 4\n"),
    ("</think>Four", "Four", ""),
    ("<think>a</think></think>Hi", "Hi", "a"),
    ("One\n<think>hm</think>\nTwo", "One\n\nTwo", "hm"),
    ("Use `<think>` and `</think>` tags", "Use `<think>` and `</think>` tags", ""),
    ("The <think> tag", "The <think> tag", ""),
    ("```html\n<think>x</think>\n```\nDone", "```html\n<think>x</think>\n```\nDone", ""),
    ("- ~~~\n  <think>\n  ~~~\n", "- ~~~\n  <think>\n  ~~~\n", ""),
    ("<think>an open ` tick</think>Hi", "Hi", "an open ` tick"),
    ("<think>a</think>Hi </think> there", "Hi </think> there", "a"),
    (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hi",
        "Hi",
        "hm",
    ),
    ("<|start|>assistant<|channel|>final<|message|>Hi<|return|>", "Hi", ""),
    ("<|channel|>analysis<|message|>hm<|end|>", "", "hm"),
    ("<|channel|>commentary to=functions.x <|constrain|>json<|message|>{}<|call|>", "", "{}"),
    ("Cite `<|channel|>` so", "Cite `<|channel|>` so", ""),
    ("   ", "", ""),
];

#[test]
fn reasoning_is_separated_from_the_reply() {
    for (text, answer, reasoning) in REPLIES {
        let whole = (answer.to_owned(), reasoning.to_owned());
        assert_eq!(told(text), whole, "{text:?}");
    }
}

#[test]
fn chunk_boundaries_do_not_change_the_separation() {
    for (text, answer, reasoning) in REPLIES {
        let places = || (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        for first in places() {
            for second in places().filter(|second| *second >= first) {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                let (said, thought, _) = read(&pieces, false, FinishReason::Stop);
                assert_eq!((said.as_str(), thought.as_str()), (answer, reasoning), "{pieces:?}");
            }
        }
    }
}

#[test]
fn a_model_without_an_opening_mark_is_detected_and_then_buffered() {
    let (.., habit) = read(&["hm</think>Hi"], false, FinishReason::Stop);
    assert_eq!(habit, Habit::BeginsUntold);
    let mut splitter = Splitter::new(true);
    let mut out = VecDeque::new();
    splitter.push("hm ".into(), &mut out);
    assert_eq!(out, [Event::Reasoning("hm ".into())], "nothing is shown as the answer");
    for pieces in [&["hm ", "so</think>Hi"][..], &["<think>hm so</think>Hi"]] {
        let (answer, reasoning, _) = read(pieces, true, FinishReason::Stop);
        assert_eq!((answer.as_str(), reasoning.as_str()), ("Hi", "hm so"), "{pieces:?}");
    }
}

#[test]
fn buffered_text_is_the_reply_unless_the_limit_cut_it() {
    let (answer, reasoning, habit) = read(&["Hi ", "there"], true, FinishReason::Stop);
    assert_eq!((answer.as_str(), reasoning.as_str()), ("Hi there", ""));
    assert_eq!(habit, Habit::Answers);
    let (answer, reasoning, _) = read(&["hm ", "hm"], true, FinishReason::Length);
    assert_eq!((answer.as_str(), reasoning.as_str()), ("", "hm hm"));
}

#[test]
fn separate_reasoning_ends_the_buffering() {
    let mut splitter = Splitter::new(true);
    let mut out = VecDeque::new();
    splitter.came_apart();
    splitter.push("Hi".into(), &mut out);
    assert_eq!(out, [Event::Delta("Hi".into())]);
}

#[test]
fn an_overlong_header_ends_at_the_same_place_for_any_chunking() {
    for length in 240..280 {
        let header = "x".repeat(length);
        let text = format!("<|channel|>{header}`a <b><|message|>hm` c<|message|>d");
        let whole = read(&[&text], false, FinishReason::Stop);
        let characters: Vec<&str> =
            text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect();
        assert_eq!(read(&characters, false, FinishReason::Stop), whole, "{length}");
    }
}

proptest! {
    /// Text without marks is unchanged.
    #[test]
    fn plain_text_passes_unchanged(pieces in prop::collection::vec("[a-z `~\n*é-]{0,6}", 0..20)) {
        let whole = pieces.concat();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let (answer, reasoning, _) = read(&pieces, false, FinishReason::Stop);
        let expected = if whole.trim().is_empty() { "" } else { whole.as_str() };
        prop_assert_eq!((answer.as_str(), reasoning.as_str()), (expected, ""));
    }

    /// The result does not depend on where the text is split into chunks.
    #[test]
    fn any_chunking_gives_the_same_result(
        parts in prop::collection::vec(prop_oneof![
            Just("<think>"), Just("</think>"), Just("<|channel|>"), Just("analysis"), Just("final"),
            Just("<|message|>"), Just("<|end|>"), Just("`"), Just("```"), Just("\n"), Just(" "),
            Just("<"), Just("</"), Just("word"), Just("é"),
        ], 0..24),
        sizes in prop::collection::vec(1usize..9, 1..12),
        untold in any::<bool>(),
    ) {
        let text = parts.concat();
        let whole = read(&[&text], untold, FinishReason::Stop);
        let mut rest = text.as_str();
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(*size.min(&rest.len())));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(read(&pieces, untold, FinishReason::Stop), whole);
    }
}

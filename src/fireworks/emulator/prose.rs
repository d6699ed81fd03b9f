//! Composes prose of a requested length, for measurements.
//!
//! The text varies with the question, has words of ordinary length, and states facts of the prompt with their
//! numbers and citations, so that what the server does with a reply costs what it costs for a real one.

use super::brief::{Brief, Fact};
use super::compose::hash;
use super::text::Text;

/// A fact is stated after this many other sentences.
const SENTENCES_A_FACT: usize = 4;
/// Sentences of one paragraph.
const SENTENCES_A_PARAGRAPH: usize = 5;

/// Composes a text of exactly `count` chunks. The caller bounds `count`.
pub(super) fn compose(brief: &Brief, count: u64) -> Text {
    let facts: Vec<&Fact> = brief.facts.iter().filter(|fact| is_number(fact)).collect();
    let seed = usize::try_from(hash(&brief.question) % 1_000_003).unwrap_or(0);
    let (mut text, mut chunks) = (String::new(), 0);
    for number in 0.. {
        if chunks >= count {
            break;
        }
        let start = text.len();
        if number > 0 {
            let ends_paragraph = number % SENTENCES_A_PARAGRAPH == 0;
            text.push_str(if ends_paragraph { "\n\n" } else { " " });
        }
        let at = seed + number * 7;
        match facts.get(at % facts.len().max(1)) {
            Some(fact) if number % SENTENCES_A_FACT == SENTENCES_A_FACT - 1 => {
                state(&mut text, fact)
            }
            _ => text.push_str(SENTENCES.get(at % SENTENCES.len()).copied().unwrap_or_default()),
        }
        // Sentences begin with whitespace and end with none, so no chunk spans two of them.
        chunks += Text::chunks(text.get(start..).unwrap_or_default());
    }
    Text::first_words(text, count)
}

fn is_number(fact: &Fact) -> bool {
    fact.id.as_deref().is_some_and(|id| id.starts_with("K.")) && fact.value.len() < 40
}

fn state(text: &mut String, Fact { label, value, id }: &Fact) {
    let id = id.as_deref().unwrap_or_default();
    text.push_str(&format!("The figure to watch is **{label}**, now at {value} [{id}]."));
}

const SENTENCES: [&str; 20] = [
    "Before you commit to a second location, look at what the first one earns on an ordinary Tuesday.",
    "Regular customers forgive a late delivery once, and they tell their neighbours about the second.",
    "I would rather raise prices a little twice than a lot once, because nobody notices the former.",
    "Ask the two people at the counter which question they hear most; that is your next campaign.",
    "The margin on seasonal goods looks better than it is, since the unsold rest is booked elsewhere.",
    "A supplier who answers the phone at six in the morning is worth a percent or two.",
    "Cash leaves in the first week of the month and returns in the third, so plan the gap between them.",
    "Your website loads slowly on a phone, and that is where almost all of your visitors are.",
    "Write down who decides what, then let them decide it without asking you again.",
    "Hiring for the busy season in the busy season means training people when nobody has time for it.",
    "If a report is read by no one, stop producing it and wait to see who complains.",
    "The bank will ask for the same three documents every time; keep them current and within reach.",
    "Discounts bring in people who come for the discount, and they leave when it ends.",
    "What you measure every day improves quietly, provided that somebody is responsible for it.",
    "A waiting list is the cheapest evidence that the price could be higher.",
    "Repairs postponed in spring become replacements in autumn, usually during your best week.",
    "Talk to three customers who left; they are kinder and more precise than any survey.",
    "An extra delivery round costs fuel and an hour, and it brings back the restaurants you lost.",
    "Keep the plan to one page, since anything longer is read once and never opened again.",
    "Set a date on which you will look at this again, and decide then with the numbers beside you.",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(count: u64, question: &str) -> String {
        let prompt =
            "- [K.revenue.30d] Revenue, 30 days: 1,234.50 EUR (old)\n- [P.name] Name: Crumb";
        let brief = Brief::read([prompt].into_iter(), question.to_owned());
        match compose(&brief, count) {
            Text::Words { text, ends } => {
                assert_eq!((ends.len() as u64, ends.last()), (count, Some(&text.len())));
                text
            }
            Text::Filler { .. } => String::new(),
        }
    }

    #[test]
    fn prose_has_the_requested_length_and_varies_with_the_question() {
        for count in [1, 8, 250] {
            assert!(!text(count, "What now?").is_empty());
        }
        assert_eq!(text(250, "What now?"), text(250, "What now?"));
        assert_ne!(text(250, "What now?"), text(250, "What next?"));
    }

    #[test]
    fn prose_cites_the_numbers_of_the_prompt() {
        let text = text(250, "What now?");
        assert!(text.contains("1,234.50 EUR [K.revenue.30d]."), "{text}");
    }
}

//! A reply that shows what the prompt held: the persona's view, the profile's values, the question.
//!
//! The same prompt always gets the same reply.

use std::fmt::Write;

use super::brief::{Brief, Fact};
use super::voices::{Voice, voice};

/// Stands at the beginning of every composed reply.
pub(super) const SIMULATED: &str = "*Simulated reply: no model was asked.*";

/// The most facts that are quoted, and the most characters of a quotation.
const FACTS: usize = 5;
const QUOTED_CHARS: usize = 160;

/// Composes a reply in Markdown.
pub(super) fn compose(brief: &Brief) -> String {
    let voice = voice(brief.persona);
    let seed = hash(&brief.question);
    let fill = |template: &str| fill(template, brief);
    let mut text = format!("{SIMULATED}\n\n");
    let question = quote(&brief.question);
    if !question.is_empty() {
        let _ = write!(text, "> {question}\n\n");
    }
    let _ = write!(text, "{}\n\n", fill(pick(&voice.openings, seed)));
    let _ = write!(text, "## {}\n\n", pick(&voice.headings, seed));
    for (number, (title, body)) in voice.points.iter().enumerate() {
        let _ = writeln!(text, "{}. **{title}** {}", number + 1, fill(body));
    }
    write_facts(&mut text, brief, voice);
    let _ = write!(text, "\n## Next step\n\n{}\n", fill(pick(&voice.closings, seed / 7)));
    text
}

fn write_facts(text: &mut String, brief: &Brief, voice: &Voice) {
    text.push_str("\n## What this rests on\n\n");
    if brief.facts.is_empty() {
        text.push_str(
            "The profile is still empty, so all of this is general. Each field you fill in makes the next answer more specific.\n",
        );
        return;
    }
    let _ = writeln!(text, "| From your profile | Value | {} |\n|---|---|---|", voice.reading);
    for (fact, reading) in brief.facts.iter().take(FACTS).zip(voice.readings.iter().cycle()) {
        let Fact { label, value, id } = fact;
        let cited = id.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
        let _ = writeln!(text, "| {} | {}{cited} | {reading} |", quote(label), quote(value));
    }
}

/// Puts the profile's values in the places of a template, or words for their absence.
fn fill(template: &str, brief: &Brief) -> String {
    let places: [(&str, &[&str], &str); 7] = [
        ("{name}", &["business name", "name"], "your business"),
        ("{industry}", &["industry", "sector"], "your line of business"),
        ("{goal}", &["goal"], "the goal that the profile does not name yet"),
        ("{challenge}", &["challenge"], "what holds you back, which the profile does not say yet"),
        ("{customers}", &["customer"], "the customers you know best"),
        ("{competitors}", &["competitor"], "the nearest alternative"),
        ("{offer}", &["sells", "sell", "offer", "product"], "what you sell"),
    ];
    let mut text = template.to_owned();
    for (place, labels, without) in places {
        if text.contains(place) {
            let value = brief.fact(labels).map(|fact| quote(&fact.value));
            text = text.replace(place, value.as_deref().unwrap_or(without));
        }
    }
    text
}

/// Foreign text as plain text on one line of Markdown, shortened.
fn quote(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        if count > 0 {
            out.push(' ');
        }
        for c in word.chars() {
            count += 1;
            if count > QUOTED_CHARS {
                out.push('…');
                return out;
            }
            if matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '!'
            ) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

fn pick<'a>(choices: &[&'a str], seed: u64) -> &'a str {
    let length = choices.len().max(1) as u64;
    let index = usize::try_from(seed % length).unwrap_or(0);
    choices.get(index).copied().unwrap_or_default()
}

/// FNV-1a: the same in every build, unlike the standard library's hash.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(role: &str, question: &str) -> Brief {
        let prompt = format!(
            "You are the {role}.\n- Business name: Crumb & Co\n- Industry: Bakery\n- Goals: Open a second shop\n- Challenges: Flour prices\n- Customers: Families nearby\n"
        );
        Brief::read([prompt.as_str()].into_iter(), question.to_owned())
    }

    #[test]
    fn a_reply_says_that_it_is_simulated_and_quotes_profile_and_question() {
        for role in ["CEO", "CFO", "CMO", "CTO"] {
            let text = compose(&brief(role, "What should we do first?"));
            assert!(text.starts_with(SIMULATED));
            assert!(text.contains("> What should we do first?"));
            for value in ["Bakery", "Open a second shop", "Flour prices"] {
                assert!(text.contains(value), "{role} lacks {value}:\n{text}");
            }
            let words = text.split_whitespace().count();
            assert!((150..=300).contains(&words), "{role}: {words} words");
            assert!(!text.contains('{'), "{text}");
        }
    }

    #[test]
    fn personas_differ_and_the_same_prompt_gets_the_same_reply() {
        let reply = |role| compose(&brief(role, "What now?"));
        assert_ne!(reply("CEO"), reply("CFO"));
        assert_ne!(reply("CMO"), reply("CTO"));
        assert_eq!(reply("CEO"), reply("CEO"));
    }

    #[test]
    fn an_empty_profile_is_said_to_be_empty() {
        let text = compose(&Brief::read(["You are the CTO."].into_iter(), "Well?".into()));
        assert!(text.contains("still empty"));
        assert!(text.split_whitespace().count() >= 100);
    }

    #[test]
    fn foreign_text_is_quoted_as_text() {
        assert_eq!(
            quote("<script>\n[a](javascript:b) |"),
            "\\<script\\> \\[a\\](javascript:b) \\|"
        );
        assert_eq!(quote(&"x".repeat(500)).chars().count(), QUOTED_CHARS + 1);
    }
}

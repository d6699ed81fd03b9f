//! Validates and normalises advisers.

use super::emblem::{CHARGES, COLOURS};
use super::form::Typed;
use super::model::Persona;
use super::priorities::split;
use crate::error::AppError;
use crate::platform::fields::Checker;

pub const SHORT_MAX_CHARS: usize = 24;
pub const TITLE_MAX_CHARS: usize = 60;
pub const SUMMARY_MAX_CHARS: usize = 80;
/// Limit of tone and of focus.
pub const CHARACTER_MAX_CHARS: usize = 1_000;
/// About 2,000 tokens, which are sent with every question.
pub const INSTRUCTIONS_MAX_CHARS: usize = 8_000;
pub const MOST_FACTS_FIRST: usize = 12;
const FACT_MAX_CHARS: usize = 80;
const MODEL_MAX_CHARS: usize = 200;
const HIGHEST_TEMPERATURE: f64 = 2.0;
/// Longer replies are not read, and each token costs money.
pub const MOST_TOKENS: u32 = 8_192;

/// Returns the persona without slug and version. Errors: a reason per invalid field.
pub fn check(typed: &Typed) -> Result<Persona, AppError> {
    let mut checker = Checker::default();
    let persona = Persona {
        slug: String::new(),
        short: named(&mut checker, "short", "Short name", &typed.short, SHORT_MAX_CHARS),
        title: named(&mut checker, "title", "Title", &typed.title, TITLE_MAX_CHARS),
        emblem: choice(&mut checker, "emblem", "Emblem", &typed.emblem, &CHARGES),
        colour: choice(&mut checker, "colour", "Colour", &typed.colour, &COLOURS),
        summary: checker.line("summary", "In a few words", &typed.summary, SUMMARY_MAX_CHARS),
        voice: checker.text("voice", "Tone", &typed.voice, CHARACTER_MAX_CHARS),
        focus: checker.text("focus", "Focus", &typed.focus, CHARACTER_MAX_CHARS),
        instructions: instructions(&mut checker, &typed.instructions),
        facts_first: facts_first(&mut checker, &typed.facts_first),
        model: model(&mut checker, &typed.model),
        temperature: temperature(&mut checker, &typed.temperature),
        max_tokens: max_tokens(&mut checker, &typed.max_tokens),
        show_reasoning: !typed.show_reasoning.is_empty(),
        version: 0,
    };
    checker.finish(persona)
}

fn named(checker: &mut Checker, name: &str, label: &str, typed: &str, most: usize) -> String {
    let text = checker.line(name, label, typed, most);
    if text.is_empty() {
        checker.refuse(name, format!("{label}: give the adviser one."));
    } else if !text.chars().any(char::is_alphanumeric) {
        checker.refuse(name, format!("{label}: use letters or digits."));
    }
    text
}

/// Instructions are required: without them an adviser is the bare model under a name.
fn instructions(checker: &mut Checker, typed: &str) -> String {
    const NAME: &str = "instructions";
    let text = checker.text(NAME, "Instructions", typed, INSTRUCTIONS_MAX_CHARS);
    if text.is_empty() {
        checker.refuse(
            NAME,
            "Instructions: say how this adviser works; two or three lines are enough. Without them it would answer like any other.",
        );
    }
    text
}

fn choice(
    checker: &mut Checker,
    name: &str,
    label: &str,
    typed: &str,
    options: &[(&str, &str)],
) -> String {
    let text = typed.trim();
    if !options.iter().any(|(option, _)| *option == text) {
        checker.refuse(name, format!("{label}: choose one of those shown."));
    }
    text.to_owned()
}

fn facts_first(checker: &mut Checker, typed: &str) -> Vec<String> {
    const NAME: &str = "facts_first";
    let mut facts: Vec<String> = Vec::new();
    for word in split(typed) {
        if !is_fact_prefix(word) {
            let shown: String = word.chars().filter(|c| !c.is_control()).take(40).collect();
            checker.refuse(
                NAME,
                format!("Prioritised facts: “{shown}” is not a fact. Clear it and save again."),
            );
        } else if !facts.iter().any(|fact| fact == word) {
            facts.push(word.to_owned());
        }
    }
    if facts.len() > MOST_FACTS_FIRST {
        checker.refuse(
            NAME,
            format!("Prioritised facts: keep the {MOST_FACTS_FIRST} that matter most."),
        );
    }
    facts
}

fn model(checker: &mut Checker, typed: &str) -> Option<String> {
    let text = typed.trim();
    let is_id = |c: char| c.is_ascii_alphanumeric() || "._-/:#@".contains(c);
    if !text.chars().all(is_id) || text.len() > MODEL_MAX_CHARS {
        checker.refuse(
            "model",
            "Model: write the provider's id of it, without spaces, as in accounts/fireworks/models/gpt-oss-120b.",
        );
    }
    (!text.is_empty()).then(|| text.to_owned())
}

fn temperature(checker: &mut Checker, typed: &str) -> Option<f64> {
    let text = typed.trim().replace(',', ".");
    if text.is_empty() {
        return None;
    }
    let number = text.parse::<f64>().ok();
    let number = number.filter(|t| (0.0..=HIGHEST_TEMPERATURE).contains(t));
    if number.is_none() {
        checker.refuse("temperature", "Temperature: write a number from 0 to 2, such as 0.7.");
    }
    number
}

fn max_tokens(checker: &mut Checker, typed: &str) -> Option<u32> {
    let text = typed.trim();
    if text.is_empty() {
        return None;
    }
    let number = text.parse::<u32>().ok().filter(|n| (1..=MOST_TOKENS).contains(n));
    if number.is_none() {
        checker.refuse(
            "max_tokens",
            format!("Longest answer: write a whole number of tokens from 1 to {MOST_TOKENS}."),
        );
    }
    number
}

/// Whether the word can be a prefix of a fact id: `I.`, `P.goals`, `K.revenue.30d`.
pub fn is_fact_prefix(word: &str) -> bool {
    let kind = word.split('.').next().unwrap_or_default();
    ["P", "K", "I"].contains(&kind)
        && word.contains('.')
        && word.len() <= FACT_MAX_CHARS
        && word.chars().all(|c| c.is_ascii_alphanumeric() || ".-_@".contains(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::personas::built_in;

    fn legal() -> Typed {
        Typed {
            short: "Legal".into(),
            title: "Legal Counsel".into(),
            instructions: "Name the law.\r\nSay when to see a lawyer.".into(),
            ..Typed::blank()
        }
    }

    fn reason(typed: &Typed, field: &str) -> String {
        let error = check(typed).unwrap_err();
        error.field(field).unwrap_or_else(|| panic!("{field} is not named in {error:?}")).to_owned()
    }

    #[test]
    fn a_name_a_title_and_instructions_are_enough() {
        let persona = check(&legal()).unwrap();
        assert_eq!(persona.instructions, "Name the law.\nSay when to see a lawyer.");
        assert_eq!((persona.model, persona.temperature, persona.max_tokens), (None, None, None));
    }

    #[test]
    fn the_built_in_advisers_pass_their_own_form_unchanged() {
        for persona in built_in::all() {
            let again = check(&Typed::from(&persona)).unwrap();
            assert_eq!(Persona { slug: persona.slug.clone(), ..again }, persona);
        }
    }

    #[test]
    fn invalid_fields_are_refused_by_name() {
        let with = |change: &dyn Fn(&mut Typed)| {
            let mut typed = legal();
            change(&mut typed);
            typed
        };
        let cases: [(&str, Typed); 19] = [
            ("short", with(&|it| it.short = "  ".into())),
            ("short", with(&|it| it.short = "x".repeat(25))),
            ("short", with(&|it| it.short = "two\nlines".into())),
            ("short", with(&|it| it.short = "—!".into())),
            ("title", with(&|it| it.title = String::new())),
            ("summary", with(&|it| it.summary = "a\0b".into())),
            ("emblem", with(&|it| it.emblem = "skull".into())),
            ("colour", with(&|it| it.colour = "red; background: url(x)".into())),
            ("instructions", with(&|it| it.instructions = " \r\n".into())),
            ("instructions", with(&|it| it.instructions = "x".repeat(100_000))),
            ("instructions", with(&|it| it.instructions = "a\u{1b}[31m".into())),
            ("voice", with(&|it| it.voice = "x".repeat(1_001))),
            ("facts_first", with(&|it| it.facts_first = "revenue".into())),
            ("facts_first", with(&|it| it.facts_first = "K.<script>".into())),
            ("model", with(&|it| it.model = "gpt oss".into())),
            ("temperature", with(&|it| it.temperature = "2.01".into())),
            ("temperature", with(&|it| it.temperature = "NaN".into())),
            ("max_tokens", with(&|it| it.max_tokens = "0".into())),
            ("max_tokens", with(&|it| it.max_tokens = "8193".into())),
        ];
        for (field, typed) in cases {
            assert!(!reason(&typed, field).is_empty());
        }
        assert!(
            reason(&with(&|it| it.instructions = "x".repeat(100_000)), "instructions")
                .contains("100000")
        );
    }

    #[test]
    fn numbers_and_facts_are_read_as_people_write_them() {
        let typed = Typed {
            temperature: " 0,7 ".into(),
            max_tokens: "900".into(),
            facts_first: "K.revenue, P.goals\r\nK.revenue\nI.".into(),
            ..legal()
        };
        let persona = check(&typed).unwrap();
        assert_eq!((persona.temperature, persona.max_tokens), (Some(0.7), Some(900)));
        assert_eq!(persona.facts_first, ["K.revenue", "P.goals", "I."]);
    }
}

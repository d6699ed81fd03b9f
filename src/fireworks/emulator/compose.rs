//! Composes a reply from the prompt: the adviser's view, the profile's values, the question.
//!
//! Deterministic per prompt.

use std::fmt::Write;

use super::brief::{Brief, Fact};
use super::voices::{Voice, voice};

/// First line of every composed reply.
pub(super) const SIMULATED: &str = "*Simulated reply: no model was asked.*";

/// First line of a continued reply.
pub(super) const SIMULATED_REST: &str = "*Simulated reply, continued: no model was asked.*";

/// Maximum number of metrics described in sentences.
const MEASURES: usize = 3;
/// Maximum number of facts in the table; maximum number of characters quoted there and in a sentence.
const FACTS: usize = 6;
const QUOTED_CHARS: usize = 160;
const FILLED_CHARS: usize = 80;
/// How many words of the earlier text a continued reply quotes.
const LAST_WORDS: usize = 8;

/// Composes a reply in Markdown.
pub(super) fn compose(brief: &Brief) -> String {
    let voice = voice(brief.persona);
    let seed = hash(&brief.question);
    let fill = |template: &str| fill(template, brief);
    let mut text = format!("{SIMULATED}\n\n");
    let question = quote(&brief.question, QUOTED_CHARS);
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

/// Composes the continuation of a reply that was interrupted after `partial`.
pub(super) fn compose_rest(brief: &Brief, partial: &str) -> String {
    let voice = voice(brief.persona);
    let mut words: Vec<&str> = partial.split_whitespace().rev().take(LAST_WORDS).collect();
    words.reverse();
    let last = quote(&words.join(" "), QUOTED_CHARS);
    let closing = fill(pick(&voice.closings, hash(partial)), brief);
    // Starts a new paragraph, because the text may be cut anywhere.
    format!("\n\n{SIMULATED_REST}\n\nThis continues the answer behind “{last}”.\n\n{closing}\n")
}

fn write_facts(text: &mut String, brief: &Brief, voice: &Voice) {
    text.push_str("\n## What this rests on\n\n");
    if brief.facts.is_empty() {
        text.push_str(
            "The profile is still empty, so all of this is general. Each field you fill in makes the next answer more specific.\n",
        );
        return;
    }
    write_statements(text, brief, voice);
    let _ = writeln!(text, "| From your records | Value | {} |\n|---|---|---|", voice.reading);
    let facts = chosen(brief, voice);
    for (fact, reading) in facts.into_iter().zip(voice.readings.iter().cycle()) {
        let Fact { label, value, id } = fact;
        let cited = cite(id.as_deref());
        let (label, value) = (quote(label, QUOTED_CHARS), quote(value, QUOTED_CHARS));
        let _ = writeln!(text, "| {label} | {value}{cited} | {reading} |");
    }
    if let Some(insight) = brief.facts.iter().find(|fact| is_insight(fact)) {
        let words = quote(&insight.value, QUOTED_CHARS);
        let cited = cite(insight.id.as_deref());
        let _ = write!(text, "\nThe newest insight says: “{words}”{cited}\n");
    }
}

/// Writes the totals and means of the metrics that this adviser prefers, each with its change if the prompt
/// holds one, and cites both. Then relates the first metric to the first goal.
fn write_statements(text: &mut String, brief: &Brief, voice: &Voice) {
    let find = |id: &str| brief.facts.iter().find(|fact| fact.id.as_deref() == Some(id));
    let mut facts: Vec<(&str, &Fact)> = Vec::new();
    for fact in ranked(brief, voice) {
        match fact.id.as_deref() {
            Some(id) if id.starts_with("K.") && id.ends_with(".30d") => facts.push((id, fact)),
            _ => {}
        }
    }
    facts.truncate(MEASURES);
    for (id, fact) in &facts {
        let _ = write!(text, "{}: {} [{id}]", quote(&fact.label, QUOTED_CHARS), fact.value);
        let change = format!("{id}.change");
        if let Some(fact) = find(&change) {
            let _ = write!(text, "; against the 30 days before, that is {} [{change}]", fact.value);
        }
        text.push_str(".\n\n");
    }
    if let (Some((id, fact)), Some(goal)) = (facts.first(), find("P.goals.1")) {
        let measure = fact.label.split(',').next().unwrap_or_default();
        let (goal, measure) = (quote(&goal.value, FILLED_CHARS), quote(measure, FILLED_CHARS));
        let _ = write!(
            text,
            "Whether “{goal}” is within reach shows in {measure} first [P.goals.1] [{id}].\n\n"
        );
    }
}

/// ` [P.industry]`
fn cite(id: Option<&str>) -> String {
    id.map(|id| format!(" [{id}]")).unwrap_or_default()
}

fn is_insight(fact: &Fact) -> bool {
    fact.id.as_deref().is_some_and(|id| id.starts_with("I."))
}

/// Returns the facts for the table, those that this adviser prefers first.
fn chosen<'a>(brief: &'a Brief, voice: &Voice) -> Vec<&'a Fact> {
    let mut facts = ranked(brief, voice);
    facts.truncate(FACTS);
    facts
}

fn ranked<'a>(brief: &'a Brief, voice: &Voice) -> Vec<&'a Fact> {
    let rank = |fact: &Fact| {
        let label = fact.label.to_lowercase();
        let rank = voice.looks_at.iter().position(|word| label.contains(word));
        rank.unwrap_or(voice.looks_at.len())
    };
    let mut facts: Vec<_> = brief.facts.iter().filter(|fact| !is_insight(fact)).collect();
    facts.sort_by_key(|fact| rank(fact));
    facts
}

/// How a profile value is inserted into a sentence.
#[derive(Clone, Copy)]
enum Place {
    /// Unchanged, for names.
    Name,
    /// With a lower-case first letter.
    Word,
    /// In quotation marks, because members write goals in any grammatical form.
    Quoted,
}

/// Replaces the placeholders of a template by values of the profile, or by generic words if a value is
/// missing.
fn fill(template: &str, brief: &Brief) -> String {
    let places: [(&str, &[&str], Place, &str); 7] = [
        ("{name}", &["business name", "name"], Place::Name, "your business"),
        ("{industry}", &["industry", "sector"], Place::Word, "your line of business"),
        ("{goal}", &["goal"], Place::Quoted, "our main goal"),
        ("{challenge}", &["challenge"], Place::Quoted, "our hardest problem"),
        ("{customers}", &["customer"], Place::Word, "the customers you know best"),
        ("{competitors}", &["competitor"], Place::Name, "the nearest alternative"),
        ("{offer}", &["sells", "offer", "product"], Place::Word, "what you sell"),
    ];
    let mut text = template.to_owned();
    for (mark, labels, place, without) in places {
        if text.contains(mark) {
            let value = brief.fact(labels).map(|fact| place.set(&fact.value));
            text = text.replace(mark, value.as_deref().unwrap_or(without));
        }
    }
    text
}

impl Place {
    fn set(self, value: &str) -> String {
        let value = quote(value.trim_end_matches(['.', '!', ';']), FILLED_CHARS);
        match self {
            Self::Name => value,
            Self::Quoted => format!("“{value}”"),
            Self::Word => {
                let mut chars = value.chars();
                let first = chars.next().map(char::to_lowercase);
                // `IT services` keeps its capitals.
                let is_word = chars.clone().next().is_some_and(char::is_lowercase);
                first
                    .filter(|_| is_word)
                    .map_or(value.clone(), |first| first.chain(chars).collect())
            }
        }
    }
}

/// Escapes untrusted text for one line of Markdown, and cuts it at `most` characters.
fn quote(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        if count > 0 {
            out.push(' ');
        }
        for c in word.chars() {
            count += 1;
            if count > most {
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

/// FNV-1a. Unlike the standard library's hash, it is the same in every build.
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
    fn the_rest_of_a_reply_says_that_it_continues_and_behind_what() {
        let text = compose_rest(&brief("CFO", "What now?"), "First, the *cash* you");
        assert!(text.trim_start().starts_with(SIMULATED_REST));
        assert!(text.contains("behind “First, the \\*cash\\* you”"), "{text}");
    }

    #[test]
    fn an_empty_profile_is_said_to_be_empty() {
        let text = compose(&Brief::read(["You are the CTO."].into_iter(), "Well?".into()));
        assert!(text.contains("still empty"));
        assert!(text.split_whitespace().count() >= 100);
    }

    #[test]
    fn values_are_phrased_by_their_kind() {
        assert_eq!(Place::Word.set("Families nearby."), "families nearby");
        assert_eq!(Place::Word.set("IT services"), "IT services");
        assert_eq!(Place::Name.set("Tesco"), "Tesco");
        assert_eq!(Place::Quoted.set("Open a shop"), "“Open a shop”");
    }

    #[test]
    fn numbers_and_insights_show_in_the_answer() {
        let prompt = "You are the CFO.\n- A: 1\n- B: 2\n- C: 3\n- D: 4\n- E: 5\n- F: 6\n- [P.goals.1] Goal 1 of 1:\n  > Grow\n- [K.revenue.30d] Revenue, 30 days to 1 Nov 2026, total: 1,234.50 EUR (old)\n- [K.revenue.30d.change] Revenue, change: −4.2%\n- [I.pulse.1] Insight from pulse:\n  > Sales went up\n";
        let text = compose(&Brief::read([prompt].into_iter(), "Well?".into()));
        for part in [
            "| Revenue, 30 days to 1 Nov 2026, total | 1,234.50 EUR [K.revenue.30d] |",
            "total: 1,234.50 EUR [K.revenue.30d]; against the 30 days before, that is −4.2% [K.revenue.30d.change].",
            "“Grow” is within reach shows in Revenue first [P.goals.1] [K.revenue.30d].",
            "“Sales went up” [I.pulse.1]",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }

    #[test]
    fn the_cfo_looks_at_cash_margin_and_runway_first() {
        let days = "30 days to 1 Nov 2026";
        let prompt = format!(
            "You are the CFO.\n- [K.revenue.30d] Revenue, {days}, total: 9,000 EUR\n- [K.runway.30d] “Runway”, {days}, by formula: 10 months (computed as “Cash balance” ÷ ((“Payroll” − Revenue) ÷ days × 30))\n- [K.gross-margin.30d] “Gross margin”, {days}, by formula: 70%\n- [K.cash-balance.30d] “Cash balance”, {days}, at the end of 1 Nov 2026: 60,000 EUR\n"
        );
        let text = compose(&Brief::read([prompt.as_str()].into_iter(), "Can we hire?".into()));
        let at = |part: &str| text.find(part).unwrap_or(usize::MAX);
        let [cash, margin, runway] = [
            "at the end of 1 Nov 2026: 60,000 EUR [K.cash-balance.30d].",
            "by formula: 70% [K.gross-margin.30d].",
            "by formula: 10 months [K.runway.30d].",
        ]
        .map(at);
        assert!(cash < margin && margin < runway && runway < usize::MAX, "{text}");
    }

    #[test]
    fn foreign_text_is_quoted_as_text() {
        assert_eq!(
            quote("<script>\n[a](javascript:b) |", 99),
            "\\<script\\> \\[a\\](javascript:b) \\|"
        );
        assert_eq!(quote(&"x".repeat(500), QUOTED_CHARS).chars().count(), QUOTED_CHARS + 1);
    }
}

//! Parses a prompt: who replies, which facts it holds, and what is asked.

/// The adviser that replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persona {
    Ceo,
    Cfo,
    Cmo,
    Cto,
}

/// One fact of the prompt: `- [id] Label: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub label: String,
    pub value: String,
    /// `P.industry` of `- [P.industry] Industry: Bakery`; the id that a citation uses.
    pub id: Option<String>,
}

/// A parsed prompt.
#[derive(Debug)]
pub(super) struct Brief {
    pub persona: Persona,
    pub facts: Vec<Fact>,
    pub question: String,
}

impl Brief {
    pub fn read<'a>(system: impl Iterator<Item = &'a str>, question: String) -> Self {
        let mut brief = Self { persona: Persona::Ceo, facts: Vec::new(), question };
        for (index, text) in system.enumerate() {
            if index == 0 {
                brief.persona = Persona::named_in(text);
            }
            brief.facts.extend(facts(text));
        }
        brief
    }

    /// Returns the first fact whose label contains one of the words. Earlier words take precedence.
    pub fn fact(&self, words: &[&str]) -> Option<&Fact> {
        words.iter().find_map(|word| {
            self.facts.iter().find(|fact| fact.label.to_lowercase().contains(word))
        })
    }
}

/// Returns the facts in the prompt's section about the business, or in the whole prompt if it has no such
/// section. A label without a value is followed by quoted lines, of which the first is used as the value.
fn facts(text: &str) -> Vec<Fact> {
    let business = text.rsplit_once("\n# The business\n").map_or(text, |(_, business)| business);
    let lines: Vec<&str> = business.lines().collect();
    let next = |index: usize| lines.get(index + 1).copied().unwrap_or_default().trim();
    let joined = |(index, line): (usize, &&str)| match next(index).strip_prefix("> ") {
        Some(quoted) if line.trim_end().ends_with(':') => {
            Fact::of_line(&format!("{line} {quoted}"))
        }
        _ => Fact::of_line(line),
    };
    lines.iter().enumerate().filter_map(joined).collect()
}

impl Persona {
    /// Returns the adviser whose name occurs first. A prompt names its own adviser before the colleagues.
    fn named_in(text: &str) -> Self {
        let names = [
            ("CEO", Self::Ceo),
            ("Chief Executive", Self::Ceo),
            ("CFO", Self::Cfo),
            ("Chief Financial", Self::Cfo),
            ("CMO", Self::Cmo),
            ("Chief Marketing", Self::Cmo),
            ("CTO", Self::Cto),
            ("Chief Technology", Self::Cto),
        ];
        let found = names.iter().filter_map(|(name, persona)| Some((text.find(name)?, *persona)));
        found.min_by_key(|(at, _)| *at).map_or(Self::Ceo, |(_, persona)| persona)
    }
}

impl Fact {
    /// Parses `- Label: value`, with or without an id in brackets before the label or at the end.
    fn of_line(line: &str) -> Option<Self> {
        let line = line.trim();
        let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))?;
        let (leading, line) = leading_id(line.trim());
        let (label, value) = line.split_once(':')?;
        let label = label.trim().trim_matches('*').trim();
        let (trailing, value) = trailing_id(value.trim());
        let plausible = !label.is_empty() && label.chars().count() <= 160 && !value.is_empty();
        let id = leading.or(trailing);
        let is_number = id.is_some_and(|id| id.starts_with("K."));
        plausible.then(|| Self {
            label: label.to_owned(),
            value: if is_number { without_note(value) } else { value }.to_owned(),
            id: id.map(str::to_owned),
        })
    }
}

/// Returns a value without the note after it: `12 EUR` of `12 EUR (27 of 30 days)`.
fn without_note(value: &str) -> &str {
    match value.split_once(" (") {
        Some((number, note)) if note.ends_with(')') => number,
        _ => value,
    }
}

fn leading_id(text: &str) -> (Option<&str>, &str) {
    let split = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    match split {
        Some((id, rest)) if is_id(id) => (Some(id), rest.trim_start()),
        _ => (None, text),
    }
}

fn trailing_id(text: &str) -> (Option<&str>, &str) {
    let split = text.strip_suffix(']').and_then(|text| text.rsplit_once('['));
    match split {
        Some((rest, id)) if is_id(id) => (Some(id), rest.trim_end()),
        _ => (None, text),
    }
}

fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    text.contains('.') && text.chars().all(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_parsed_anywhere_in_the_prompt() {
        let prompt = "You are the CFO; the CEO is your colleague.\n\n## Profile\n- Business name: Crumb & Co\n- [P.industry] Industry: Bakery: bread\n* **Goals**: Grow [P.goals.1]\n- no colon\n- Empty:\n";
        let brief = Brief::read([prompt].into_iter(), "Why?".into());
        assert_eq!(brief.persona, Persona::Cfo);
        let facts: Vec<_> = brief
            .facts
            .iter()
            .map(|f| (f.label.as_str(), f.value.as_str(), f.id.as_deref()))
            .collect();
        assert_eq!(
            facts,
            [
                ("Business name", "Crumb & Co", None),
                ("Industry", "Bakery: bread", Some("P.industry")),
                ("Goals", "Grow", Some("P.goals.1")),
            ]
        );
        assert_eq!(brief.fact(&["sector", "industry"]).unwrap().value, "Bakery: bread");
    }

    #[test]
    fn rules_are_not_facts_and_quoted_lines_belong_to_their_label() {
        let prompt = "# Ground rules\n\n- Write Markdown: short.\n\n# The business\n\n- Name: Crumb\n- Goals, most important first:\n  > A second shop\n  > Less waste\n";
        let brief = Brief::read([prompt].into_iter(), "Why?".into());
        let labels: Vec<_> = brief.facts.iter().map(|fact| fact.label.as_str()).collect();
        assert_eq!(labels, ["Name", "Goals, most important first"]);
        assert_eq!(brief.fact(&["goal"]).unwrap().value, "A second shop");
        let prompt = "# Ground rules\n\n# The business\n\n- [K.users.7d] Users, 7 days: 12 (a total of the 5 known days of 7)\n- [P.sells] What the business sells:\n  > Bread: good (and dear)\n";
        let brief = Brief::read([prompt].into_iter(), "Why?".into());
        let facts: Vec<_> =
            brief.facts.iter().map(|f| (f.id.as_deref(), f.value.as_str())).collect();
        assert_eq!(
            facts,
            [(Some("K.users.7d"), "12"), (Some("P.sells"), "Bread: good (and dear)")]
        );
    }

    #[test]
    fn a_prompt_without_a_role_is_answered_by_the_ceo() {
        let brief = Brief::read(["Hello"].into_iter(), String::new());
        assert_eq!(brief.persona, Persona::Ceo);
    }
}

//! Reads the words of a passage: tokens with what they mean, in sentences.

use std::ops::Range;

use super::lexicon::{self, Language, Meaning};
use super::subject::OwnNames;

/// A word, a run of digits or a mark.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// Byte range in the text.
    pub range: Range<usize>,
    pub kind: Kind,
    /// Whether it begins with a capital.
    pub is_capital: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Word(Meaning),
    /// A compound of two: `Umsatzrückgang`.
    Compound(Meaning, Meaning),
    /// A further word of the phrase before it.
    Part,
    /// A word that the lexicon does not have.
    Unknown,
    /// A number that is judged, by its index.
    Claim(usize),
    Digits,
    Mark(char),
    /// A citation, by its index.
    Cite(usize),
}

impl Token {
    /// Returns the meanings of a word.
    pub fn meanings(&self) -> impl Iterator<Item = Meaning> {
        let (first, second) = match self.kind {
            Kind::Word(meaning) => (Some(meaning), None),
            Kind::Compound(first, second) => (Some(first), Some(second)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    pub fn is(&self, meaning: Meaning) -> bool {
        self.meanings().any(|it| it == meaning)
    }

    pub fn is_mark(&self, marks: &[char]) -> bool {
        matches!(self.kind, Kind::Mark(c) if marks.contains(&c))
    }

    pub fn is_word(&self) -> bool {
        matches!(self.kind, Kind::Word(_) | Kind::Compound(..) | Kind::Part | Kind::Unknown)
    }
}

/// A passage in tokens.
#[derive(Debug)]
pub(super) struct Reading {
    /// In lower case, with the byte offsets of the text.
    pub lower: String,
    pub tokens: Vec<Token>,
    /// Ranges of tokens.
    pub sentences: Vec<Range<usize>>,
    pub language: Option<Language>,
}

impl Reading {
    /// Reads a text. `claims` and `cites` are byte ranges in it, both in order. `usual` is the language of the reply so
    /// far, which is used and updated.
    pub fn of(
        text: &str,
        claims: &[Range<usize>],
        cites: &[Range<usize>],
        own: &OwnNames,
        usual: &mut Option<Language>,
    ) -> Self {
        let lower = lowered(text);
        let mut tokens = tokens(&lower, claims, cites);
        for token in &mut tokens {
            token.is_capital =
                text[token.range.clone()].chars().next().is_some_and(char::is_uppercase);
        }
        if let Some(language) = language(&lower, &tokens) {
            *usual = Some(language);
        }
        assign(&lower, &mut tokens, own, *usual);
        let sentences = sentences(text, &tokens);
        Self { lower, tokens, sentences, language: *usual }
    }

    pub fn word(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .and_then(|token| self.lower.get(token.range.clone()))
            .unwrap_or_default()
    }
}

/// Returns the text in lower case, leaving characters whose length would change.
fn lowered(text: &str) -> String {
    let lower = |c: char| {
        let mut all = c.to_lowercase();
        match (all.next(), all.next()) {
            (Some(lower), None) if lower.len_utf8() == c.len_utf8() => lower,
            _ => c,
        }
    };
    text.chars().map(lower).collect()
}

fn tokens(lower: &str, claims: &[Range<usize>], cites: &[Range<usize>]) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(lower.len() / 5);
    let (mut claims, mut cites) =
        (claims.iter().enumerate().peekable(), cites.iter().enumerate().peekable());
    let mut at = 0;
    while let Some(c) = lower.get(at..).and_then(|rest| rest.chars().next()) {
        while claims.next_if(|(_, claim)| claim.start < at).is_some() {}
        if let Some((index, claim)) = claims.next_if(|(_, claim)| claim.start == at)
            && claim.end > at
        {
            tokens.push(Token {
                range: claim.clone(),
                kind: Kind::Claim(index),
                is_capital: false,
            });
            at = claim.end;
            continue;
        }
        while cites.next_if(|(_, cite)| cite.start < at).is_some() {}
        if let Some((index, cite)) = cites.next_if(|(_, cite)| cite.start == at)
            && cite.end > at
        {
            tokens.push(Token { range: cite.clone(), kind: Kind::Cite(index), is_capital: false });
            at = cite.end;
            continue;
        }
        // A token ends where the next claim or citation begins.
        let next_claim = claims.peek().map_or(lower.len(), |(_, claim)| claim.start);
        let next_cite = cites.peek().map_or(lower.len(), |(_, cite)| cite.start);
        let rest = &lower[at..next_claim.min(next_cite)];
        let (length, kind) = match c {
            c if c.is_alphabetic() => {
                (rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()), Some(Kind::Unknown))
            }
            c if c.is_ascii_digit() => (digits(rest), Some(Kind::Digits)),
            c if c.is_whitespace() => (c.len_utf8(), None),
            c => (c.len_utf8(), Some(Kind::Mark(c))),
        };
        let length = length.max(c.len_utf8());
        if let Some(kind) = kind {
            tokens.push(Token { range: at..at + length, kind, is_capital: false });
        }
        at += length;
    }
    tokens
}

/// Returns the length of the digits at the start, with separators between them: `2026-10-31`, `12,345.67`.
fn digits(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while is_digit(end) || bytes.get(end).is_some_and(|b| b".,/-".contains(b)) && is_digit(end + 1)
    {
        end += 1;
    }
    end
}

/// Returns the language that knows most of the words, if one does.
fn language(lower: &str, tokens: &[Token]) -> Option<Language> {
    let mut scores = [0_u32; lexicon::COUNT];
    for token in tokens.iter().filter(|token| token.kind == Kind::Unknown) {
        for phrase in
            lexicon::phrases(&lower[token.range.clone()]).iter().filter(|it| it.rest.is_empty())
        {
            // Names of metrics are borrowed.
            let points = if matches!(phrase.meaning, Meaning::Metric(_)) { 1 } else { 3 };
            scores[usize::from(phrase.language) % lexicon::COUNT] += points;
        }
    }
    let most = *scores.iter().max()?;
    let mut best = (0..).zip(scores).filter(|(_, score)| *score == most);
    let first = best.next().map(|(language, _)| language);
    first.filter(|_| most > 1 && best.next().is_none())
}

/// Gives the words their meanings.
fn assign(lower: &str, tokens: &mut [Token], own: &OwnNames, language: Option<Language>) {
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].kind != Kind::Unknown {
            at += 1;
            continue;
        }
        let (kind, count) = meaning(lower, &tokens[at..], own, language);
        tokens[at].kind = kind;
        for part in tokens.iter_mut().skip(at + 1).take(count - 1) {
            part.kind = Kind::Part;
        }
        at += count;
    }
}

/// Returns the meaning of the longest phrase at the start, and how many tokens it takes.
fn meaning(
    lower: &str,
    tokens: &[Token],
    own: &OwnNames,
    language: Option<Language>,
) -> (Kind, usize) {
    let word = |token: &Token| &lower[token.range.clone()];
    let Some(first) = tokens.first() else { return (Kind::Unknown, 1) };
    // The words behind the first, without the dashes and apostrophes between them.
    let mut behind: [(&str, usize); 5] = [("", 0); 5];
    let mut count = 0;
    for (place, token) in tokens.iter().enumerate().skip(1).take(10) {
        match token.kind {
            Kind::Unknown if count < behind.len() => {
                behind[count] = (word(token), place + 1);
                count += 1;
            }
            Kind::Mark('-' | '‑' | '’' | '\'') => {}
            _ => break,
        }
    }
    let behind = &behind[..count];
    let named = (!own.is_empty())
        .then(|| own.find(word(first), behind.iter().map(|(word, _)| *word)))
        .flatten()
        .map(|(names, words)| (Kind::Word(Meaning::Metric(names)), words));
    let listed = lexicon::phrases(word(first)).iter().filter(|phrase| {
        let rest = &phrase.rest;
        rest.len() <= behind.len() && rest.iter().zip(behind).all(|(a, (b, _))| a == b)
    });
    let mut best: Option<&lexicon::Phrase> = None;
    for phrase in listed {
        let is_ours = language.is_none_or(|language| phrase.language == language);
        let is_better = best.is_none_or(|best| {
            phrase.rest.len() == best.rest.len()
                && Some(phrase.language) == language
                && Some(best.language) != language
        });
        let may_borrow = matches!(phrase.meaning, Meaning::Metric(_) | Meaning::Other);
        if (is_ours || may_borrow) && is_better {
            best = Some(phrase);
        }
    }
    let listed = best.map(|phrase| {
        let kind = match phrase.second {
            Some(second) => Kind::Compound(phrase.meaning, second),
            None => Kind::Word(phrase.meaning),
        };
        (kind, phrase.rest.len() + 1)
    });
    let (kind, words) = match (named, listed) {
        (Some(named), Some(listed)) if listed.1 > named.1 => listed,
        (Some(named), _) => named,
        (None, Some(listed)) => listed,
        (None, None) => return (Kind::Unknown, 1),
    };
    let taken =
        words.checked_sub(2).and_then(|last| behind.get(last)).map_or(1, |(_, taken)| *taken);
    (kind, taken)
}

/// Splits the tokens into sentences. A citation behind the full stop belongs to the sentence before it.
fn sentences(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < tokens.len() {
        let ends = match tokens[at].kind {
            Kind::Mark('!' | '?' | '。' | '！' | '？' | '…' | '؟') => true,
            Kind::Mark('.') => ends_sentence(text, tokens, at),
            _ => false,
        };
        at += 1;
        if ends {
            while tokens.get(at).is_some_and(|token| {
                matches!(token.kind, Kind::Cite(_))
                    || token.is_mark(&['"', '”', '’', '»', '*', ')', '.'])
            }) {
                at += 1;
            }
            found.push(start..at);
            start = at;
        }
    }
    if start < tokens.len() {
        found.push(start..tokens.len());
    }
    found
}

fn ends_sentence(text: &str, tokens: &[Token], at: usize) -> bool {
    let Some(next) = tokens.get(at + 1) else { return true };
    let end = tokens[at].range.end;
    if next.range.start == end {
        return matches!(next.kind, Kind::Cite(_));
    }
    let before = at.checked_sub(1).map(|at| &tokens[at]);
    let starts_sentence = match next.kind {
        Kind::Cite(_) => return true,
        Kind::Mark(_) | Kind::Digits | Kind::Claim(_) => true,
        _ => text[next.range.clone()].chars().next().is_some_and(|c| !c.is_lowercase()),
    };
    // `31. Oktober`, `z. B.`, `approx. 12`, `2. Close`
    let is_short = before.is_some_and(|token| match token.kind {
        Kind::Digits | Kind::Claim(_) => {
            token.range.len() <= 2
                && (next.is_word() || before.is_some_and(|it| it.range.start == 0))
        }
        Kind::Mark(_) | Kind::Cite(_) => false,
        _ => {
            token.range.len() <= 2
                || SHORTENED.contains(&text[token.range.clone()].to_lowercase().as_str())
        }
    });
    starts_sentence && !is_short
}

/// Words that a full stop shortens.
const SHORTENED: [&str; 14] = [
    "approx",
    "circa",
    "tsd",
    "mio",
    "mrd",
    "vgl",
    "bzw",
    "inkl",
    "env",
    "aprox",
    "approssim",
    "nov",
    "sept",
    "oct",
];

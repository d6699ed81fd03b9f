//! Search queries and the excerpts of what they find.
//!
//! A query is reduced to words, so nothing that is typed becomes syntax of the index. The index splits texts at the
//! characters that are no letters or digits; scripts that write words without spaces are searched as parts of the text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::markdown::plain_line;
use super::model::ExcerptPart;

/// Maximum length of a query in characters. The rest is ignored.
pub const QUERY_MAX_CHARS: usize = 200;
/// Maximum number of words that are searched for. Further ones are ignored.
const MOST_WORDS: usize = 8;
/// Maximum number of parts of scripts without spaces.
const MOST_RUNS: usize = 3;
/// Minimum length of a word that also finds the longer words that begin with it.
const PREFIX_CHARS: usize = 3;

/// Characters of an excerpt, and how many of them precede the first match.
const EXCERPT_CHARS: usize = 200;
const BEFORE_CHARS: usize = 50;

/// What is searched for: texts with all of its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
    /// Parts of scripts without spaces.
    runs: Vec<String>,
}

impl Query {
    /// Returns `None` if the text has no letter or digit.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().take(QUERY_MAX_CHARS).collect();
        let mut query = Self::default();
        for piece in pieces(&text).filter(|piece| piece.kind != Kind::Gap) {
            let (all, most) = match piece.kind {
                Kind::Run => (&mut query.runs, MOST_RUNS),
                _ => (&mut query.words, MOST_WORDS),
            };
            if all.len() < most && !all.iter().any(|it| it == piece.text) {
                all.push(piece.text.to_owned());
            }
        }
        (!query.words.is_empty() || !query.runs.is_empty()).then_some(query)
    }

    /// Returns whether the index can find it.
    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Returns the expression that finds texts in a column of the index, of one member only. All words are quoted, and hold
    /// no quotes.
    pub fn expression(&self, scope: &str, column: &str) -> String {
        let words = self.words.iter().map(|word| {
            let star = if word.chars().count() >= PREFIX_CHARS { "*" } else { "" };
            format!("\"{word}\"{star}")
        });
        let words = words.collect::<Vec<_>>().join(" AND ");
        format!("scope : \"{scope}\" AND {column} : ({words})")
    }

    /// Returns patterns for `LIKE … ESCAPE '!'` that the text must match besides.
    pub fn patterns(&self) -> [String; MOST_RUNS] {
        // Letters need no escaping.
        std::array::from_fn(|at| self.runs.get(at).map_or("%".to_owned(), |run| format!("%{run}%")))
    }

    /// Returns the title with its matches.
    pub fn mark(&self, title: &str) -> Vec<ExcerptPart> {
        self.parts(title)
    }

    /// Returns the part of a message around its first match, in one line without markup.
    pub fn excerpt(&self, markdown: &str) -> Vec<ExcerptPart> {
        let line = plain_line(markdown);
        let first = self.matches(&line).first().map_or(0, |(from, _)| *from);
        let chars: Vec<(usize, char)> = line.char_indices().collect();
        let at = chars.partition_point(|(byte, _)| *byte < first);
        let from = word_start(&chars, at.saturating_sub(BEFORE_CHARS), at);
        let to = word_end(&chars, (from + EXCERPT_CHARS).min(chars.len()), at);
        let byte = |at: usize| chars.get(at).map_or(line.len(), |(byte, _)| *byte);
        let mut parts = self.parts(line.get(byte(from)..byte(to)).unwrap_or_default().trim());
        if from > 0 {
            parts.insert(0, ExcerptPart { text: "… ".to_owned(), is_match: false });
        }
        if to < chars.len() {
            parts.push(ExcerptPart { text: " …".to_owned(), is_match: false });
        }
        parts
    }

    fn parts(&self, text: &str) -> Vec<ExcerptPart> {
        let mut parts = Vec::new();
        let mut push = |text: Option<&str>, is_match| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                parts.push(ExcerptPart { text: text.to_owned(), is_match });
            }
        };
        let mut done = 0;
        for (from, to) in self.matches(text) {
            push(text.get(done..from), false);
            push(text.get(from..to), true);
            done = to;
        }
        push(text.get(done..), false);
        parts
    }

    /// Returns the byte ranges of matches, in order and without overlaps.
    fn matches(&self, text: &str) -> Vec<(usize, usize)> {
        let words: Vec<String> = self.words.iter().map(|word| folded(word)).collect();
        let is_match = |word: &str| {
            let word = folded(word);
            words.iter().any(|it| match it.chars().count() >= PREFIX_CHARS {
                true => word.starts_with(it.as_str()),
                false => word == *it,
            })
        };
        let mut found = Vec::new();
        for piece in pieces(text) {
            let end = piece.at + piece.text.len();
            match piece.kind {
                Kind::Word if is_match(piece.text) => found.push((piece.at, end)),
                Kind::Run => {
                    for run in &self.runs {
                        let within = piece.text.match_indices(run.as_str());
                        found.extend(
                            within.map(|(from, it)| (piece.at + from, piece.at + from + it.len())),
                        );
                    }
                }
                _ => {}
            }
        }
        found.sort_unstable();
        let mut done = 0;
        found.retain(|&(from, to)| {
            let is_free = from >= done;
            if is_free {
                done = to;
            }
            is_free
        });
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// Of a script without spaces.
    Run,
    Gap,
}

struct Piece<'a> {
    at: usize,
    text: &'a str,
    kind: Kind,
}

/// Splits a text into words, runs and what is between them.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (at, first) = rest.next()?;
        let kind = kind(first);
        let mut end = at + first.len_utf8();
        while let Some(&(next, c)) = rest.peek() {
            // Marks belong to the letter before them.
            if self::kind(c) != kind && !(is_combining_mark(c) && kind != Kind::Gap) {
                break;
            }
            end = next + c.len_utf8();
            rest.next();
        }
        Some(Piece { at, text: text.get(at..end)?, kind })
    })
}

fn kind(c: char) -> Kind {
    if is_unspaced(c) {
        Kind::Run
    } else if c.is_alphanumeric() {
        Kind::Word
    } else {
        Kind::Gap
    }
}

/// Scripts that write words without spaces: Thai, Lao, Burmese, Khmer, Chinese and Japanese.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

/// Returns the word without case and diacritics, like the index.
fn folded(word: &str) -> String {
    word.nfd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase).collect()
}

/// Returns the start of the first word from `from` on, at most `most`.
fn word_start(chars: &[(usize, char)], from: usize, most: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let space = (from..most).find(|&at| chars.get(at).is_some_and(|(_, c)| *c == ' '));
    space.map_or(from, |at| at + 1)
}

/// Returns the end of the last word before `to`, unless that would remove the match at `least`.
fn word_end(chars: &[(usize, char)], to: usize, least: usize) -> usize {
    if to == chars.len() {
        return to;
    }
    let space = (least..to).rev().find(|&at| chars.get(at).is_some_and(|(_, c)| *c == ' '));
    space.filter(|&at| at > least).unwrap_or(to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn shown(parts: &[ExcerptPart]) -> String {
        let mark = |part: &ExcerptPart| match part.is_match {
            true => format!("[{}]", part.text),
            false => part.text.clone(),
        };
        parts.iter().map(mark).collect()
    }

    #[test]
    fn typed_syntax_becomes_words() {
        let query = Query::parse("title:\"price\" OR NEAR(a b, 2) -tax*").unwrap();
        let expression = query.expression("s", "body");
        assert_eq!(
            expression,
            "scope : \"s\" AND body : (\"title\"* AND \"price\"* AND \"OR\" AND \"NEAR\"* AND \"a\" AND \"b\" AND \"2\" AND \"tax\"*)"
        );
        for nothing in ["", "  ", "\"", "* -- ^", "\0", "…"] {
            assert_eq!(Query::parse(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_query_is_bounded() {
        let many = Query::parse(&(0..100).map(|n| format!("w{n} ")).collect::<String>()).unwrap();
        assert_eq!(many.words.len(), MOST_WORDS);
        let long = Query::parse(&"x".repeat(5_000)).unwrap();
        assert_eq!(long.words[0].len(), QUERY_MAX_CHARS);
    }

    #[test]
    fn matches_are_marked_whatever_their_case_and_accents() {
        let query = Query::parse("cafe price").unwrap();
        assert_eq!(
            shown(&query.mark("The Café's PRICES, priced")),
            "The [Café]'s [PRICES], [priced]"
        );
        let short = Query::parse("ai").unwrap();
        assert_eq!(shown(&short.mark("AI aims")), "[AI] aims");
    }

    #[test]
    fn words_without_spaces_are_found_within_the_text() {
        let query = Query::parse("AI 売上").unwrap();
        assert!(query.has_words());
        assert_eq!(query.patterns()[0], "%売上%");
        assert_eq!(shown(&query.mark("今月の売上とAI")), "今月の[売上]と[AI]");
        assert!(!Query::parse("売上").unwrap().has_words());
    }

    #[test]
    fn an_excerpt_shows_the_first_match_in_one_line_without_markup() {
        let text = format!(
            "# Plan\n\n{}**Raise** the price of [bread](https://x.example) by `3 %` [K.revenue.7d].\n\n{}",
            "words before ".repeat(20),
            "words behind ".repeat(20)
        );
        let excerpt = shown(&Query::parse("raise").unwrap().excerpt(&text));
        assert!(excerpt.starts_with("… before words before"), "{excerpt}");
        assert!(excerpt.contains("[Raise] the price of bread by 3 %"), "{excerpt}");
        assert!(excerpt.ends_with("words behind …") && excerpt.chars().count() < 215, "{excerpt}");
        assert_eq!(shown(&Query::parse("x").unwrap().excerpt("Short")), "Short");
    }

    proptest! {
        #[test]
        fn no_text_breaks_an_excerpt(text in "(?s).{0,300}", query in "\\PC{0,20}") {
            if let Some(query) = Query::parse(&query) {
                let parts = query.excerpt(&text);
                prop_assert!(parts.iter().all(|part| !part.text.is_empty()));
                let expression = query.expression("s", "body");
                prop_assert_eq!(expression.matches('"').count() % 2, 0);
            }
        }
    }
}

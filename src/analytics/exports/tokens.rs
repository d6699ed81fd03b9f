//! The parts of dates: digits, words and marks; times and their zones.

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Digits(&'a str),
    Word(&'a str),
    Mark(char),
}

impl Token<'_> {
    pub fn number(self) -> Option<u16> {
        match self {
            Self::Digits(digits) if digits.len() <= 4 => digits.parse().ok(),
            _ => None,
        }
    }
}

/// Words and marks between the parts of a date.
pub const FILLERS: [&str; 14] =
    ["de", "del", "of", "the", "le", "den", "st", "nd", "rd", "th", "er", "do", "der", "d"];

/// Splits a text into digits, words and marks. Runs of spaces are one mark.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => 0,
        c if c.is_alphabetic() => 1,
        c if c.is_whitespace() => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match kind(first) {
            3 => first.len_utf8(),
            wanted => rest.find(|c| kind(c) != wanted).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        match kind(first) {
            0 => tokens.push(Token::Digits(token)),
            1 => tokens.push(Token::Word(token)),
            2 => tokens.push(Token::Mark(' ')),
            _ => tokens.push(Token::Mark(first)),
        }
        rest = after;
    }
    tokens
}

/// Parses the time and zone after a date. `None` if anything else follows.
pub fn time_after(tokens: &[Token<'_>]) -> Option<(Option<u32>, Option<i32>)> {
    let mut rest: &[Token<'_>] = tokens;
    let skip = |rest: &mut &[Token<'_>]| {
        while let [
            Token::Mark(' ' | ',' | '(' | ')') | Token::Word("t" | "at" | "um" | "uhr" | "a"),
            after @ ..,
        ] = *rest
        {
            *rest = after;
        }
    };
    skip(&mut rest);
    if rest.is_empty() {
        return Some((None, None));
    }
    let [hour, Token::Mark(':' | '.'), minute, after @ ..] = rest else { return None };
    rest = after;
    let mut second = 0;
    if let [Token::Mark(':' | '.'), Token::Digits(digits), after @ ..] = rest {
        second = digits.get(..2)?.parse().ok()?;
        rest = after;
        if let [Token::Mark('.' | ','), Token::Digits(_), after @ ..] = rest {
            rest = after;
        }
    }
    while let [Token::Mark(' '), after @ ..] = rest {
        rest = after;
    }
    let mut hour = u32::from(hour.number()?);
    let half = half_of_day(rest);
    if let Some((half, after)) = half {
        hour = hour % 12 + if half == 'p' { 12 } else { 0 };
        rest = after;
    }
    let minute = u32::from(minute.number()?);
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    skip(&mut rest);
    let offset = if rest.is_empty() { None } else { Some(offset(rest)?) };
    Some((Some(hour * 3_600 + minute * 60 + second), offset))
}

/// Parses `PM`, `p.m.` and `p. m.` after a time. Returns the first letter, and what follows.
fn half_of_day<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<(char, &'b [Token<'a>])> {
    let (half, after) = match tokens {
        [Token::Word(half @ ("am" | "pm")), after @ ..] => (half, after),
        [
            Token::Word(half @ ("a" | "p")),
            Token::Mark('.'),
            Token::Mark(' '),
            Token::Word("m"),
            after @ ..,
        ]
        | [Token::Word(half @ ("a" | "p")), Token::Mark('.' | ' '), Token::Word("m"), after @ ..] => {
            (half, after)
        }
        _ => return None,
    };
    let after = if let [Token::Mark('.'), after @ ..] = after { after } else { after };
    Some((if half.starts_with('p') { 'p' } else { 'a' }, after))
}

/// Parses `Z`, `UTC`, `+0100`, `GMT-7`, `PDT`.
fn offset(tokens: &[Token<'_>]) -> Option<i32> {
    let mut rest: Vec<Token<'_>> = tokens
        .iter()
        .copied()
        .filter(|token| !matches!(token, Token::Mark(' ' | '(' | ')')))
        .collect();
    let mut named = None;
    if let [Token::Word(word), ..] = rest[..] {
        named = Some(zone_hours(word)?);
        rest.remove(0);
    }
    let (sign, digits) = match rest[..] {
        [] => return named.map(|hours| (hours * 3_600.0) as i32),
        [Token::Mark('+'), ref digits @ ..] => (1, digits),
        [Token::Mark('-' | '−'), ref digits @ ..] => (-1, digits),
        _ => return None,
    };
    if named.is_some_and(|hours| hours != 0.0) {
        return None;
    }
    let (hours, minutes): (i32, i32) = match digits {
        [Token::Digits(hours)] if hours.len() <= 2 => (hours.parse().ok()?, 0),
        [Token::Digits(both)] if both.len() == 4 => {
            (both[..2].parse().ok()?, both[2..].parse().ok()?)
        }
        [Token::Digits(hours), Token::Mark(':'), Token::Digits(minutes)] => {
            (hours.parse().ok()?, minutes.parse().ok()?)
        }
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Returns whether a header names a zone other than UTC: `Time (GMT+2)`, `Created (PST)`.
pub fn names_other_zone(name: &str) -> bool {
    let name = super::months::plain(name);
    let tokens: Vec<Token<'_>> =
        tokens(&name).into_iter().filter(|token| *token != Token::Mark(' ')).collect();
    let is_zone = |word: &str| match zone_hours(word) {
        Some(hours) => hours != 0.0,
        None => ["cst", "ist"].contains(&word),
    };
    let in_brackets = tokens.windows(3).any(|window| {
        matches!(window, [Token::Mark('(' | '['), Token::Word(word), Token::Mark(')' | ']')] if is_zone(word))
    });
    let is_moved = |at: usize| {
        let [Token::Word("utc" | "gmt"), Token::Mark('+' | '-' | '−'), rest @ ..] = &tokens[at..]
        else {
            return false;
        };
        let mut digits =
            rest.iter().take_while(|it| matches!(it, Token::Digits(_) | Token::Mark(':')));
        digits.any(|it| matches!(it, Token::Digits(all) if all.contains(|c: char| c != '0')))
    };
    in_brackets || (0..tokens.len()).any(is_moved)
}

/// Returns the hours east of UTC of an abbreviation that names one zone.
fn zone_hours(word: &str) -> Option<f64> {
    Some(match word {
        "z" | "utc" | "gmt" | "wet" => 0.0,
        "bst" | "cet" | "mez" | "west" => 1.0,
        "cest" | "mesz" | "eet" => 2.0,
        "eest" => 3.0,
        "jst" => 9.0,
        "aest" => 10.0,
        "aedt" => 11.0,
        "edt" => -4.0,
        "est" | "cdt" => -5.0,
        "mdt" => -6.0,
        "mst" | "pdt" => -7.0,
        "pst" => -8.0,
        _ => return None,
    })
}

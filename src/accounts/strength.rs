//! Password strength: 12 to 128 characters that zxcvbn rates as hard to guess, also for somebody who knows the person
//! and the business.

use zxcvbn::feedback::Warning;
use zxcvbn::matching::Match;
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::{Entropy, Score, zxcvbn};

use super::model::{MOST_PASSWORD_CHARS, SHORTEST_PASSWORD_CHARS};

/// Well-known passwords that are not in the word lists, and the product's names.
const WELL_KNOWN: [&str; 8] = [
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "correct-horse-battery-staple",
    "thisisapassword",
    "mypasswordis",
    "trustno1",
    "csuite",
    "c-suite",
];

/// How many characters of each end of a password are estimated.
const JUDGED_CHARS: usize = 32;
/// Shorter words occur in too many passwords by chance.
const SHORTEST_WORD_CHARS: usize = 3;

/// Returns why a new password is refused, `None` if it is strong enough.
///
/// `email` is the stored address; `names` are those of the person and the businesses.
pub fn refusal(password: &str, email: &str, names: &[&str]) -> Option<String> {
    if let Some(reason) = length_refusal(password) {
        return Some(reason);
    }
    let words = own_words(email, names);
    let inputs: Vec<&str> =
        WELL_KNOWN.iter().copied().chain(words.iter().map(String::as_str)).collect();
    let found = strongest(password, &inputs)?;
    // 3: at least 10^8 guesses. At about 30 ms for each hash, that is a month on one core.
    if found.score() >= Score::Three {
        return None;
    }
    let why = if found.sequence().iter().any(|part| is_own(part, &words)) {
        "It contains your name, your business's name or your e-mail address."
    } else {
        found.feedback().and_then(|feedback| feedback.warning()).map_or("", reason)
    };
    let advice = "Four or more unrelated words are easy to remember and hard to guess.";
    Some(format!("This password is too easy to guess. {why} {advice}").replace("  ", " "))
}

/// Returns why a new password is refused for its length.
pub fn length_refusal(password: &str) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD_CHARS {
        return Some(match length {
            0 => "Choose a password.".to_owned(),
            _ => format!("Use at least {SHORTEST_PASSWORD_CHARS} characters; this has {length}."),
        });
    }
    if length > MOST_PASSWORD_CHARS {
        return Some(format!("Use at most {MOST_PASSWORD_CHARS} characters; this has {length}."));
    }
    None
}

/// Returns the estimate of the stronger end of the password. The cost of zxcvbn grows with the cube of the length, so
/// it gets [`JUDGED_CHARS`] characters of each end. A password is at least as hard to guess as its parts.
fn strongest(password: &str, inputs: &[&str]) -> Option<Entropy> {
    let length = password.chars().count();
    let first: String = password.chars().take(JUDGED_CHARS).collect();
    let last: String = password.chars().skip(length.saturating_sub(JUDGED_CHARS)).collect();
    let ends = if first == last { vec![first] } else { vec![first, last] };
    ends.iter().filter_map(|end| weakest(end, inputs)).max_by_key(Entropy::guesses)
}

/// Returns the lower estimate of the text with and without its punctuation and spaces.
fn weakest(text: &str, inputs: &[&str]) -> Option<Entropy> {
    [Some(text.to_owned()), undecorated(text)]
        .into_iter()
        .flatten()
        .map(|text| zxcvbn(&with_few_substitutes(text), inputs))
        .min_by_key(Entropy::guesses)
}

/// Characters that stand for the same letter, such as `@` for `a`.
const SUBSTITUTES: [&[char]; 7] = [
    &['4', '@'],
    &['(', '{', '[', '<'],
    &['6', '9'],
    &['1', '!', '|'],
    &['7', '1', '|'],
    &['$', '5'],
    &['+', '7'],
];
/// Maximum number of combinations of substitutes that zxcvbn tries.
const MOST_COMBINATIONS: usize = 16;

/// Returns the text with one substitute a letter if it has many. zxcvbn tries every combination of those that occur, up
/// to hundreds, each as slowly as an ordinary password. With fewer characters the text is no harder to guess.
fn with_few_substitutes(text: String) -> String {
    if combinations(&text) <= MOST_COMBINATIONS {
        return text;
    }
    let first = |c: char| SUBSTITUTES.iter().find(|all| all.contains(&c)).map_or(c, |all| all[0]);
    text.chars().map(first).collect()
}

/// Returns the number of ways to replace the substitutes that occur in the text by letters.
fn combinations(text: &str) -> usize {
    let occurring = |all: &&[char]| all.iter().filter(|c| text.contains(**c)).count().max(1);
    SUBSTITUTES.iter().map(occurring).product()
}

/// Returns the password without its punctuation and spaces, if they are the minority: zxcvbn overrates them around
/// words.
fn undecorated(password: &str) -> Option<String> {
    let bare: String = password.chars().filter(|c| c.is_alphanumeric()).collect();
    (bare.chars().count() * 2 > password.chars().count()).then_some(bare)
}

/// Returns the words that somebody who knows the person would try.
fn own_words(email: &str, names: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for text in names.iter().copied().chain([email]).chain(email.split('@')) {
        let text = text.to_lowercase();
        let parts = text.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.map(str::to_owned));
        words.push(text.chars().filter(|c| c.is_alphanumeric()).collect());
        words.push(text);
    }
    words.retain(|word| word.chars().count() >= SHORTEST_WORD_CHARS);
    words
}

fn is_own(part: &Match, words: &[String]) -> bool {
    match &part.pattern {
        MatchPattern::Dictionary(found) => words.contains(&found.matched_word),
        MatchPattern::Repeat(found) => found.base_matches.iter().any(|part| is_own(part, words)),
        _ => false,
    }
}

fn reason(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess
        | Warning::ShortKeyboardPatternsAreEasyToGuess => "It follows a row of keys.",
        Warning::RepeatsLikeAaaAreEasyToGuess
        | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => "It repeats itself.",
        Warning::SequencesLikeAbcAreEasyToGuess => "It counts or goes through the alphabet.",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => {
            "It is mostly a date."
        }
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => "It is mostly a name.",
        Warning::AWordByItselfIsEasyToGuess => "It is mostly one word.",
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => "It is a common password.",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(password: &str) -> Option<String> {
        refusal(password, "grace.h@example.com", &["Grace Hopper", "Harbour Bakery"])
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        assert!(refused("größe-über-ä").is_none(), "12 characters, 16 bytes");
        assert!(refused("größe-über-").unwrap().contains("at least 12"));
        let long: String = ('!'..='~').chain('!'..='~').take(129).collect();
        assert!(refused(&long).unwrap().contains("at most 128"));
        assert_eq!(refused("").unwrap(), "Choose a password.");
    }

    #[test]
    fn a_password_of_many_substitutes_is_estimated_with_few() {
        let hostile = "4@8({[<3690|!17|5$+7%2";
        let reduced = with_few_substitutes(hostile.to_owned());
        assert_eq!(reduced.chars().count(), hostile.chars().count());
        assert!(combinations(&reduced) <= MOST_COMBINATIONS, "{reduced}");
        assert!(combinations(hostile) > MOST_COMBINATIONS);
        for ordinary in ["P@ssw0rd1234!", "teal-otter-paints-fences", "7+5$ (grün) 1!"] {
            assert_eq!(with_few_substitutes(ordinary.to_owned()), ordinary);
        }
    }

    #[test]
    fn common_passwords_are_refused_in_any_disguise() {
        for password in [
            "password1234",
            "Password2026!",
            "P@ssw0rd1234",
            "!!welcome2026",
            "correcthorsebatterystaple",
            "CorrectHorseBatteryStaple",
            "correct horse battery staple",
            "iloveyou123456",
            "monkeymonkey1",
            "trustno1trustno1",
            "Thisisapassword",
            "aaaaaaaaaaaa",
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "qwertyuiopas",
            "1qaz2wsx3edc4rfv",
            "harvestharvest",
            "112211221122",
            "1234567890qwerty",
        ] {
            let reason = refused(password);
            assert!(reason.is_some_and(|it| it.contains("too easy to guess")), "{password}");
        }
    }

    #[test]
    fn a_long_password_is_as_good_as_its_better_end() {
        assert!(refused(&"a".repeat(128)).is_some());
        assert!(refused(&"harbourbakery".repeat(2)).is_some());
        assert!(refused(&"0123456789".repeat(12)).is_some());
        let strong = "seven brown herons wait";
        assert_eq!(refused(&format!("{}{strong}", "a".repeat(60))), None);
        assert_eq!(refused(&format!("{strong}{}", "a".repeat(60))), None);
    }

    #[test]
    fn a_password_containing_the_members_own_words_is_refused() {
        for password in [
            "GraceHopper1906",
            "harbour-bakery-1",
            "gracegracegrace",
            "grace.h@example.com",
            "Hopper-Harbour",
        ] {
            let reason = refused(password).unwrap_or_default();
            assert!(reason.contains("your name"), "{password}: {reason}");
        }
    }

    #[test]
    fn an_unremarkable_sentence_is_accepted() {
        for password in [
            "seven brown herons wait",
            "seven-brown-herons-wait",
            "tulip-anchor-9-violin",
            "teal-otter-paints-fences",
            "вечером пьём чай",
            "a-=[;'/.,p2!~(}",
            "Xk2#vP9!qLm4",
        ] {
            assert_eq!(refused(password), None, "{password}");
        }
    }
}

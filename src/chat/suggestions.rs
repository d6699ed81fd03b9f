//! Suggests questions for an adviser, based on the profile.

use crate::business::model::Profile;

/// Number of suggested questions.
const COUNT: usize = 4;
/// Maximum characters of a quoted value.
const QUOTE_MAX_CHARS: usize = 60;

/// Returns four questions for the adviser with this slug: first those based on the profile, then
/// general ones. Deterministic per profile.
pub fn for_persona(slug: &str, profile: &Profile) -> Vec<String> {
    let known = Known::of(profile);
    let (own, general) = match slug {
        "ceo" => ceo(&known),
        "cfo" => cfo(&known),
        "cmo" => cmo(&known),
        "cto" => cto(&known),
        _ => any(&known),
    };
    own.into_iter().flatten().chain(general.map(str::to_owned)).take(COUNT).collect()
}

/// Questions that quote a value, if it is known, and general questions.
type Questions = ([Option<String>; 4], [&'static str; COUNT]);

/// The values that questions quote, shortened to one line.
struct Known {
    goal: Option<String>,
    second_goal: Option<String>,
    challenge: Option<String>,
    sells: Option<String>,
    customers: Option<String>,
    competitors: Option<String>,
    industry: Option<String>,
    revenue_range: Option<String>,
    tone: Option<String>,
    stage: Option<String>,
    alone: bool,
}

impl Known {
    fn of(profile: &Profile) -> Self {
        let mut goals = profile.goals.iter().filter_map(|goal| quote(goal));
        Self {
            goal: goals.next(),
            second_goal: goals.next(),
            challenge: quote(&profile.challenges),
            sells: quote(&profile.sells),
            customers: quote(&profile.customers),
            competitors: quote(&profile.competitors),
            industry: quote(&profile.industry),
            revenue_range: quote(&profile.revenue_range),
            tone: quote(&profile.tone),
            stage: quote(&profile.stage),
            alone: profile.size == "Just me",
        }
    }
}

fn ceo(known: &Known) -> Questions {
    let goals = known.goal.as_ref().map(|goal| match &known.second_goal {
        Some(second) => {
            format!("Which comes first, “{goal}” or “{second}”, and what must wait for it?")
        }
        None => format!("What are the three steps that bring us closest to “{goal}”?"),
    });
    let challenge = known
        .challenge
        .as_ref()
        .map(|challenge| format!("What would you decide about this first: “{challenge}”?"));
    let stage = known.stage.as_deref().and_then(|stage| match stage {
        "Idea" => Some("What must we find out before we put more into this idea?"),
        "Starting up" => Some("What can we leave undone in our first year?"),
        "Growing" => Some("What will break first if we keep growing like this?"),
        "Established" => Some("Where could we grow without risking what works?"),
        "Turning around" => Some("What should we stop doing at once to turn this around?"),
        _ => None,
    });
    let alone =
        known.alone.then(|| "When should I take on the first person, and for what?".to_owned());
    (
        [goals, challenge, stage.map(str::to_owned), alone],
        [
            "What should I focus on this quarter?",
            "What should we stop doing?",
            "What is the biggest risk to the business, and how do we lower it?",
            "How will I know in a month whether we are on the right track?",
        ],
    )
}

fn cfo(known: &Known) -> Questions {
    let sells = known
        .sells
        .as_ref()
        .map(|sells| format!("How do I work out what we really earn on “{sells}”?"));
    let goal =
        known.goal.as_ref().map(|goal| format!("What would “{goal}” cost, and what if it fails?"));
    let revenue = known.revenue_range.as_deref().map(|range| match range {
        "Nothing yet" => "How much money do we need until the first sales carry us?".to_owned(),
        range => format!("With revenue of {} a year, how much cash should we keep?", lower(range)),
    });
    let challenge = known
        .challenge
        .as_ref()
        .map(|challenge| format!("What does this cost us in money: “{challenge}”?"));
    (
        [sells, goal, revenue, challenge],
        [
            "Which five numbers should I look at each week?",
            "How long would our cash last if sales fell by a third?",
            "Should I raise prices, and how do I find out by how much?",
            "How do I tell which customers and products make money?",
        ],
    )
}

fn cmo(known: &Known) -> Questions {
    let customers = known
        .customers
        .as_ref()
        .map(|customers| format!("Where do we reach more customers like “{customers}”?"));
    let competitors = known
        .competitors
        .as_ref()
        .map(|competitors| format!("Why should anyone choose us over “{competitors}”?"));
    let sells = known.sells.as_ref().map(|sells| match &known.tone {
        Some(tone) => format!("Write an offer for “{sells}” in our tone: “{tone}”."),
        None => format!("Write three headlines for “{sells}” that we can test."),
    });
    let goal = known
        .goal
        .as_ref()
        .map(|goal| format!("Which small campaign would bring us closer to “{goal}”?"));
    (
        [customers, competitors, sells, goal],
        [
            "Who is our best customer, and how do I find out?",
            "What is one marketing test I can run in two weeks for little money?",
            "How do I get more customers to come back?",
            "Which two channels should a business like ours do well?",
        ],
    )
}

fn cto(known: &Known) -> Questions {
    let challenge = known
        .challenge
        .as_ref()
        .map(|challenge| format!("Could better tools help with this: “{challenge}”?"));
    let industry = known
        .industry
        .as_ref()
        .map(|industry| format!("Which work do businesses in “{industry}” automate first?"));
    let goal = known.goal.as_ref().map(|goal| {
        format!("Which systems do we need for “{goal}”, and should we buy or build them?")
    });
    let alone =
        known.alone.then(|| "What happens to our data if I am ill for two weeks?".to_owned());
    (
        [challenge, industry, goal, alone],
        [
            "Which of our routine tasks should we automate first?",
            "What would we lose if our main computer broke today?",
            "How do we protect customer data with little effort?",
            "When is it worth building our own software rather than buying it?",
        ],
    )
}

/// Returns the questions for a custom adviser, whose field is not known here.
fn any(known: &Known) -> Questions {
    let goal = known
        .goal
        .as_ref()
        .map(|goal| format!("What do you see in “{goal}” that the others may not?"));
    let challenge = known
        .challenge
        .as_ref()
        .map(|challenge| format!("From where you stand, what can we do about “{challenge}”?"));
    let sells = known
        .sells
        .as_ref()
        .map(|sells| format!("What would you look at first in how we offer “{sells}”?"));
    (
        [goal, challenge, sells, None],
        [
            "What should we look at first?",
            "What do businesses like ours often get wrong in your field?",
            "What do you need to know of us to advise us well?",
            "Which one thing could we improve this month?",
        ],
    )
}

/// Lower-cases the first letter for use inside a sentence: `500 thousand to 2 million`.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the first line with content, truncated between words to [`QUOTE_MAX_CHARS`] characters.
pub(super) fn quote(value: &str) -> Option<String> {
    let words = value.lines().map(words).find(|line| !line.is_empty())?;
    let chars: Vec<char> = words.chars().collect();
    if chars.len() <= QUOTE_MAX_CHARS {
        return Some(words.trim_end_matches(['.', ',', ';', ':']).to_owned());
    }
    let most = QUOTE_MAX_CHARS - 1;
    let end = (most / 2..=most).rev().find(|&at| chars[at] == ' ').unwrap_or(most);
    let cut: String = chars[..end].iter().collect();
    Some(format!("{}…", cut.trim_end_matches(['.', ',', ';', ':'])))
}

/// Normalises white space and removes the bullet, quotation marks and control characters.
fn words(line: &str) -> String {
    let plain: String = line
        .chars()
        .filter(
            |c| !matches!(c, '“' | '”' | '"' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        )
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let plain = plain.trim_start_matches(|c: char| c.is_whitespace() || "-*•".contains(c));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISERS: [&str; 5] = ["ceo", "cfo", "cmo", "cto", "legal"];

    fn bakery() -> Profile {
        Profile {
            industry: "Bakery".into(),
            size: "Just me".into(),
            stage: "Growing".into(),
            revenue_range: "Under 100 thousand".into(),
            goals: vec!["A second shop by spring.".into(), "Less waste".into()],
            sells: "- Sourdough \"bread\"\n- Cakes".into(),
            customers: "Families within a mile".into(),
            competitors: "The supermarket".into(),
            challenges: "Flour is dear".into(),
            tone: "Warm, never cute".into(),
            ..Profile::default()
        }
    }

    #[test]
    fn every_adviser_has_four_different_questions_for_every_profile() {
        for profile in [
            Profile::default(),
            bakery(),
            Profile { goals: vec!["x".into()], ..Profile::default() },
        ] {
            let mut all = Vec::new();
            for persona in ADVISERS {
                let questions = for_persona(persona, &profile);
                assert_eq!(questions.len(), 4);
                assert_eq!(questions, for_persona(persona, &profile));
                all.extend(questions);
            }
            let count = all.len();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count, "no question is suggested twice");
        }
    }

    #[test]
    fn questions_are_about_what_the_profile_says() {
        let of = |persona| for_persona(persona, &bakery());
        assert_eq!(
            of("ceo")[0],
            "Which comes first, “A second shop by spring” or “Less waste”, and what must wait for it?"
        );
        assert_eq!(of("cfo")[0], "How do I work out what we really earn on “Sourdough bread”?");
        assert!(of("cfo")[2].contains("revenue of under 100 thousand a year"));
        assert_eq!(of("cmo")[1], "Why should anyone choose us over “The supermarket”?");
        assert_eq!(of("cto")[0], "Could better tools help with this: “Flour is dear”?");
        assert!(of("cto").iter().any(|question| question.contains("if I am ill")));
    }

    #[test]
    fn a_long_value_is_cut_between_words() {
        let long = "selling bread and butter to people who like bread and butter very much indeed";
        assert_eq!(
            quote(long).as_deref(),
            Some("selling bread and butter to people who like bread and…")
        );
        assert_eq!(quote(&"x".repeat(4_000)).map(|q| q.chars().count()), Some(60));
    }

    #[test]
    fn a_value_of_only_marks_is_empty() {
        for nothing in ["", " \n\t", "- \n * ", "\0", "“”"] {
            assert_eq!(quote(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn suggested_questions_are_one_valid_line() {
        let text = "a\0b\r\u{2028}\u{202e}".repeat(500);
        let profile = Profile {
            goals: vec![text.clone(), text.clone()],
            sells: text.clone(),
            challenges: text,
            ..Profile::default()
        };
        for persona in ADVISERS {
            for question in for_persona(persona, &profile) {
                assert!(
                    question.chars().count() <= 200 && !question.contains(char::is_control),
                    "{question:?}"
                );
            }
        }
    }
}

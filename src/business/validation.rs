//! Validates and normalises profiles.

use super::model::{
    Field, GOAL_MAX_CHARS, LINE_MAX_CHARS, MOST_GOALS, Profile, REVENUE_RANGES, SIZES, STAGES,
    TEXT_MAX_CHARS,
};
use crate::error::AppError;
use crate::platform::fields::Checker;

/// Returns the normalised profile: trimmed, with `\n` line ends and without empty goals. Errors: a reason
/// per invalid field; goals are named `goals[2]`, counted from 0 as sent.
pub fn check(typed: Profile) -> Result<Profile, AppError> {
    let mut checker = Checker::default();
    let business_name = line(&mut checker, Field::BusinessName, &typed.business_name);
    if business_name.is_empty() {
        checker.refuse(Field::BusinessName.name(), "Enter the name of your business.");
    }
    let profile = Profile {
        business_name,
        industry: line(&mut checker, Field::Industry, &typed.industry),
        size: choice(&mut checker, Field::Size, &typed.size, &SIZES),
        stage: choice(&mut checker, Field::Stage, &typed.stage, &STAGES),
        revenue_range: choice(
            &mut checker,
            Field::RevenueRange,
            &typed.revenue_range,
            &REVENUE_RANGES,
        ),
        goals: goals(&mut checker, &typed.goals),
        sells: text(&mut checker, Field::Sells, &typed.sells),
        customers: text(&mut checker, Field::Customers, &typed.customers),
        competitors: text(&mut checker, Field::Competitors, &typed.competitors),
        challenges: text(&mut checker, Field::Challenges, &typed.challenges),
        tone: text(&mut checker, Field::Tone, &typed.tone),
    };
    checker.finish(profile)
}

fn line(checker: &mut Checker, field: Field, typed: &str) -> String {
    checker.line(field.name(), field.label(), typed, LINE_MAX_CHARS)
}

fn text(checker: &mut Checker, field: Field, typed: &str) -> String {
    checker.text(field.name(), field.label(), typed, TEXT_MAX_CHARS)
}

fn choice(checker: &mut Checker, field: Field, typed: &str, options: &[&str]) -> String {
    let text = typed.trim().to_owned();
    if !text.is_empty() && !options.contains(&text.as_str()) {
        checker.refuse(
            field.name(),
            format!("{}: choose one of: {}.", field.label(), options.join(", ")),
        );
    }
    text
}

fn goals(checker: &mut Checker, typed: &[String]) -> Vec<String> {
    let mut goals = Vec::new();
    for (place, goal) in typed.iter().enumerate() {
        let label = format!("Goal {}", place + 1);
        let goal = checker.line(&format!("goals[{place}]"), &label, goal, GOAL_MAX_CHARS);
        if !goal.is_empty() {
            goals.push(goal);
        }
    }
    if goals.len() > MOST_GOALS {
        checker.refuse(Field::Goals.name(), format!("Goals: keep at most {MOST_GOALS}."));
    }
    goals
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::error::Code;

    fn named(name: &str) -> Profile {
        Profile { business_name: name.into(), ..Profile::default() }
    }

    fn reason(profile: Profile, field: &str) -> String {
        let error = check(profile).unwrap_err();
        assert_eq!(error.code, Code::ValidationError);
        error.field(field).unwrap_or_else(|| panic!("{field} is not named in {error:?}")).to_owned()
    }

    #[test]
    fn a_name_is_all_a_profile_needs() {
        assert_eq!(check(named("  Aroma Bakery ")).unwrap(), named("Aroma Bakery"));
        assert!(reason(named("  "), "businessName").contains("Enter the name"));
    }

    #[test]
    fn line_ends_become_newlines_and_the_ends_are_trimmed() {
        let profile = Profile { sells: "\r\nBread\r\n\tRolls\rCakes \n".into(), ..named("A") };
        assert_eq!(check(profile).unwrap().sells, "Bread\n\tRolls\nCakes");
    }

    #[test]
    fn empty_goals_are_left_out_and_the_order_stays() {
        let goals = ["", " Second shop ", "  ", "Hire"].map(String::from).to_vec();
        let saved = check(Profile { goals, ..named("A") }).unwrap();
        assert_eq!(saved.goals, ["Second shop", "Hire"]);
    }

    #[test]
    fn each_length_is_counted_in_characters_not_bytes() {
        let at_most = Profile {
            industry: "é".repeat(LINE_MAX_CHARS),
            goals: vec!["🥐".repeat(GOAL_MAX_CHARS)],
            sells: "ש".repeat(TEXT_MAX_CHARS),
            ..named("A")
        };
        assert!(check(at_most.clone()).is_ok());
        let industry = "é".repeat(LINE_MAX_CHARS + 1);
        assert!(reason(Profile { industry, ..at_most.clone() }, "industry").contains("121"));
        let goals = vec![String::new(), "🥐".repeat(GOAL_MAX_CHARS + 1)];
        assert!(reason(Profile { goals, ..at_most.clone() }, "goals[1]").starts_with("Goal 2"));
        let sells = "ש".repeat(TEXT_MAX_CHARS + 1);
        assert!(reason(Profile { sells, ..at_most }, "sells").contains("4000"));
    }

    #[test]
    fn too_many_goals_are_refused() {
        let goals = vec!["Grow".to_owned(); MOST_GOALS + 1];
        assert!(reason(Profile { goals, ..named("A") }, "goals").contains('8'));
    }

    #[test]
    fn a_choice_is_one_of_its_list_or_empty() {
        let size = SIZES[1].to_owned();
        assert!(check(Profile { size, ..named("A") }).is_ok());
        let stage = "Enormous".to_owned();
        assert!(reason(Profile { stage, ..named("A") }, "stage").contains("Growing"));
    }

    #[test]
    fn control_characters_are_refused_at_their_field() {
        for bad in ["a\0b", "a\u{1b}[31m", "a\u{7f}b", "a\u{85}b"] {
            reason(Profile { tone: bad.into(), ..named("A") }, "tone");
            reason(named(bad), "businessName");
            reason(Profile { goals: vec![bad.into()], ..named("A") }, "goals[0]");
        }
        reason(named("two\nlines"), "businessName");
    }

    #[test]
    fn all_reasons_come_at_once() {
        let profile = Profile { size: "huge".into(), tone: "\0".into(), ..Profile::default() };
        let error = check(profile).unwrap_err();
        let fields: Vec<_> = error.details.keys().map(String::as_str).collect();
        assert_eq!(fields, ["businessName", "size", "tone"]);
    }

    proptest! {
        #[test]
        fn validation_is_idempotent(
            name in any::<String>(), tone in any::<String>(), goals in prop::collection::vec(any::<String>(), 0..10)
        ) {
            let typed = Profile { tone, goals, ..named(&name) };
            if let Ok(once) = check(typed) {
                prop_assert_eq!(check(once.clone()).unwrap(), once);
            }
        }
    }
}

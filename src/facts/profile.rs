//! Facts from the business profile.

use super::derivation::{Derivation, Derived};
use super::model::{Fact, Missing};
use super::text;
use crate::business::model::{Field, Profile, TEXT_MAX_CHARS};

/// Returns a fact for each filled field and each goal, and lists empty fields as missing.
pub fn derive(profile: &Profile) -> (Vec<Derived>, Vec<Missing>) {
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for field in Field::ALL {
        let facts = match field {
            Field::Goals => goals(profile),
            _ => value(profile, field).into_iter().collect(),
        };
        if facts.is_empty() {
            let what = label(field).to_owned();
            missing.push(Missing { what, source: source(field) });
        }
        all.extend(facts.into_iter().map(|fact| Derived {
            entered: source(field),
            from: Derivation::Text { numbers: Vec::new() },
            fact,
        }));
    }
    (all, missing)
}

fn value(profile: &Profile, field: Field) -> Option<Fact> {
    let text = profile.text(field);
    let text = match field {
        Field::Sells | Field::Customers | Field::Competitors | Field::Challenges | Field::Tone => {
            text::lines(&text, TEXT_MAX_CHARS)
        }
        _ => text::one_line(&text),
    };
    (!text.is_empty()).then(|| Fact {
        id: format!("P.{}", field.name()),
        label: label(field).to_owned(),
        text,
        ..Fact::default()
    })
}

fn goals(profile: &Profile) -> Vec<Fact> {
    let goals: Vec<String> =
        profile.goals.iter().map(|goal| text::one_line(goal)).filter(|g| !g.is_empty()).collect();
    let count = goals.len();
    let fact = |(place, text)| Fact {
        id: format!("P.goals.{}", place + 1),
        label: match place {
            0 if count > 1 => format!("Goal 1 of {count}, the most important"),
            _ => format!("Goal {} of {count}", place + 1),
        },
        text,
        ..Fact::default()
    };
    goals.into_iter().enumerate().map(fact).collect()
}

/// Labels for advisers. Some form labels address the member and do not fit a prompt.
fn label(field: Field) -> &'static str {
    match field {
        Field::Size => "People in the business",
        Field::Sells => "What the business sells",
        other => other.label(),
    }
}

fn source(field: Field) -> String {
    format!("/profile#{}", field.name())
}

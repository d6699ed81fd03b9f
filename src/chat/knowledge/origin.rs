//! How a fact was made, in one line, for the card that a citation opens.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::fact::check_id;
use crate::accounts::guard;
use crate::chat::{Chat, markdown};
use crate::error::AppError;
use crate::facts::Explained;
use crate::platform::clock;

/// How a fact follows from the data as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The calculation with its operands, or where a text was entered.
    pub made: String,
    /// The value, shortened as citations show it. Differs from a citation's value if the data has changed since.
    pub value: String,
}

/// Returns how a fact was made. `to` is the last day that it covers (ISO), or empty. `None` if the data no longer contains
/// the fact.
#[server(endpoint = "explain_fact")]
pub async fn explain_fact(
    id: String,
    #[server(default)] to: String,
) -> Result<Option<Origin>, AppError> {
    let member = guard::member().await?;
    let chat: Chat = use_context().ok_or_else(|| AppError::abandoned("conversations"))?;
    let explained = async {
        check_id(&id)?;
        chat.facts().explain(&member.tenant_id, &id, clock::parse_date(&to)).await
    };
    Ok(explained.await.inspect_err(AppError::set_status)?.map(origin))
}

fn origin(Explained { fact, working, .. }: Explained) -> Origin {
    let entered = match fact.id.split('.').next() {
        Some("P") => "As entered in your business profile",
        _ => "A sentence of an insight on your dashboard",
    };
    let made = working.line().unwrap_or_else(|| entered.to_owned());
    Origin { made, value: markdown::one_line(&fact.text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::model::Fact;
    use crate::facts::working::{Step, Working};

    fn explained(id: &str, steps: &[(&str, &str)]) -> Explained {
        let step = |(what, is): &(&str, &str)| Step { what: (*what).into(), is: (*is).into() };
        Explained {
            fact: Fact { id: id.into(), text: "411.52 EUR".into(), ..Fact::default() },
            entered: String::new(),
            working: Working { steps: steps.iter().map(step).collect(), tables: Vec::new() },
            numbers: Vec::new(),
        }
    }

    #[test]
    fn a_number_was_made_by_its_last_step() {
        let steps = [
            ("Sum of all 30 days", "12,345.67 EUR"),
            ("Mean", "12,345.67 EUR ÷ 30 days = 411.52 EUR"),
        ];
        let made = origin(explained("K.price.30d", &steps)).made;
        assert_eq!(made, "Mean: 12,345.67 EUR ÷ 30 days = 411.52 EUR");
    }

    #[test]
    fn a_text_was_entered_or_is_of_an_insight() {
        assert!(origin(explained("P.sells", &[])).made.contains("business profile"));
        assert!(origin(explained("I.growth-pulse.1", &[])).made.contains("insight"));
    }
}

//! Asks an adviser to correct the numbers of a reply that contradict their sources.

use std::time::Instant;

use super::sending::{Request, reply_in_progress};
use super::{Chat, Taken, checked_message};
use crate::accounts::model::Member;
use crate::chat::model::Status;
use crate::chat::store::NewSend;
use crate::error::AppError;
use crate::facts::model::Fact;
use crate::grounding::{Checked, Grounded, Reason, State};
use crate::platform::limits::Tier;

/// The first words of the question.
const BEGINNING: &str = "These statements of your answer contradict the sources that they cite:";
/// Maximum number of contradictions in one question.
const MOST: usize = 8;
/// Maximum characters of a quoted statement and of a fact's value.
const MOST_CHARS: usize = 160;

impl Chat {
    /// Sends a question that states the contradictions of a reply, at the end of the shown branch. Limits and budgets
    /// apply as to any question. Errors: invalid if nothing in the reply contradicts its sources.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn correct(
        &self,
        member: &Member,
        message_id: &str,
        client_request_id: Option<&str>,
    ) -> Result<Taken, AppError> {
        let sent_at = Instant::now();
        let (answer, _) = self.answer(member, message_id).await?;
        if answer.status() == Status::Streaming {
            return Err(reply_in_progress());
        }
        let message = answer.grounded().and_then(|it| question(&it, &answer.content));
        let message = message.ok_or_else(|| {
            AppError::invalid_field("id", "No number of this answer contradicts its source.")
        })?;
        let request = Request::new(client_request_id, &["correct", answer.id.as_str()])?;
        if let Some(taken) = self.repeated(member, &request).await? {
            return Ok(taken);
        }
        // Whoever wrote the reply corrects it, also if the conversation is another adviser's.
        let persona = self.personas.active(&member.tenant_id, &answer.persona).await?;
        let conversation = self.conversation(member, &answer.conversation_id).await?;
        let allowance = self.limits.check(Tier::Chat, &member.tenant_id)?;
        let send = NewSend {
            parent_id: conversation.leaf_id,
            at_end: true,
            question: Some(checked_message(&message)?),
            ..self.answer_to_come(member, answer.conversation_id, persona, request)
        };
        self.take(member, send, allowance, sent_at).await
    }
}

/// Returns whether a question was worded here: it repeats texts of the business's data, and none of its member's.
pub(super) fn is_correction(question: &str) -> bool {
    question.starts_with(BEGINNING)
}

/// Words the contradictions of a reply. `None` if there are none.
fn question(grounded: &Grounded, content: &str) -> Option<String> {
    let conflicts = grounded.grounding.numbers.iter();
    let conflicts = conflicts.filter(|number| number.verdict.state == State::Conflict).take(MOST);
    let lines: Vec<String> =
        conflicts.map(|number| disagreement(number, &grounded.facts, content)).collect();
    (!lines.is_empty()).then(|| {
        format!(
            "{BEGINNING}\n\n{}\n\nPlease correct them, and say whether \
             your advice changes. Answer in the language of that answer.",
            lines.join("\n")
        )
    })
}

/// `- “Revenue rose by 11.6 % …”: “11.6 %” goes the other direction than its source (K.revenue.30d.change), which says …`
fn disagreement(number: &Checked, facts: &[Fact], content: &str) -> String {
    let Checked { text, at, verdict, .. } = number;
    let statement = at.and_then(|at| line_at(content, at as usize)).unwrap_or_default();
    let quoted = match statement.is_empty() {
        true => String::new(),
        false => format!("“{}”: ", short(&statement)),
    };
    if verdict.reason == Some(Reason::Arithmetic) {
        let right = verdict.calculation.as_deref().unwrap_or_default();
        return format!("- {quoted}“{text}” is a wrong result. The calculation gives {right}");
    }
    let what = match verdict.reason {
        Some(Reason::Metric) => "is said of another metric than",
        Some(Reason::Window) => "is said of another period than",
        Some(Reason::Date) => "is said of another date than",
        Some(Reason::Direction) => "goes the other direction than",
        Some(Reason::Unit) => "is in another unit than",
        _ => "is stated otherwise than",
    };
    let fact = verdict.fact.as_deref().and_then(|id| facts.iter().find(|fact| fact.id == id));
    let says = fact.map(|Fact { id, label, text, .. }| {
        format!(" ({id}), which says: {label}: {}", short(text))
    });
    format!("- {quoted}“{text}” {what} its source{}", says.unwrap_or_default())
}

/// Returns the line of the content around a character.
fn line_at(content: &str, at: usize) -> Option<String> {
    let byte = content.char_indices().nth(at).map(|(byte, _)| byte)?;
    let (before, behind) = content.split_at(byte);
    let start = before.rfind(['\n', '|']).map_or(0, |end| end + 1);
    let end = behind.find(['\n', '|']).unwrap_or(behind.len());
    Some(content.get(start..byte + end)?.trim().to_owned())
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or(&line).trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::grounding::{Grounding, Verdict};

    fn grounded(state: State, reason: Option<Reason>) -> Grounded {
        let fact = Fact {
            id: "K.revenue.30d.change".into(),
            label: "Revenue, change of the 30 days".into(),
            text: "−11.6%".into(),
            ..Fact::default()
        };
        let number = Checked {
            text: "11.6 %".into(),
            block: 0,
            passage: 0,
            start: 16,
            at: Some(22),
            verdict: Verdict::of(state, &fact.id, reason),
        };
        let grounding = Grounding { numbers: vec![number], ..Grounding::default() };
        Grounded { grounding, facts: vec![fact] }
    }

    #[test]
    fn a_contradiction_is_put_in_words_with_the_statement_and_its_source() {
        let content = "First.\nRevenue rose by 11.6 % [K.revenue.30d.change].\nLast.";
        let asked = question(&grounded(State::Conflict, Some(Reason::Direction)), content).unwrap();
        assert!(asked.contains("“Revenue rose by 11.6 % [K.revenue.30d.change].”"), "{asked}");
        assert!(asked.contains("“11.6 %” goes the other direction than its source"), "{asked}");
        assert!(asked.contains("Revenue, change of the 30 days: −11.6%"), "{asked}");
    }

    #[test]
    fn without_a_contradiction_nothing_is_asked() {
        assert_eq!(question(&grounded(State::Found, Some(Reason::Words)), "x"), None);
    }
}

//! The grounding of a reply as JSON of the API.

use serde_json::{Map, Value, json};

use crate::facts::model::Fact;
use crate::grounding::{Checked, Grounded, State};

/// Returns the cited facts in the order of their first citation.
pub fn citations(grounded: Option<&Grounded>) -> Vec<Value> {
    grounded.iter().flat_map(|it| &it.facts).map(citation).collect()
}

/// Returns the states of a reply's numbers. Null if no facts were recorded for it, and while it runs. `states` and `numbers`
/// are null for a reply that was checked before there were any.
pub fn summary(grounded: Option<&Grounded>) -> Value {
    let Some(Grounded { grounding, .. }) = grounded else { return Value::Null };
    json!({
        "cited": grounding.cited.len(),
        "matched": grounding.matched,
        "fromQuestion": grounding.from_question,
        "unmatched": grounding.unmatched,
        "states": grounding.states.as_ref().map(|states| {
            let count = |state: &State| (state.name().to_owned(), states.get(state).copied().unwrap_or(0).into());
            State::ALL.iter().map(count).collect::<Map<String, Value>>()
        }),
        "numbers": grounding
            .states
            .as_ref()
            .map(|_| grounding.numbers.iter().map(number).collect::<Vec<_>>()),
    })
}

fn number(number: &Checked) -> Value {
    let Checked { text, block, at, verdict, .. } = number;
    let length = text.chars().count();
    json!({
        "text": text,
        "block": block,
        "position": at.map(|at| json!({ "start": at, "end": at as usize + length })),
        "state": verdict.state.name(),
        "fact": verdict.fact,
        "reason": verdict.reason.map(|reason| reason.name()),
        "calculation": verdict.calculation,
    })
}

fn citation(fact: &Fact) -> Value {
    let Fact { id, label, text, number, span, source, note } = fact;
    json!({
        "id": id,
        "label": label,
        "text": text,
        "value": number.as_ref().map(|number| number.value),
        "unit": number.as_ref().map(|number| &number.unit),
        "span": span.as_ref().map(|(from, to)| json!({ "from": from, "to": to })),
        "source": source,
        "note": note,
    })
}

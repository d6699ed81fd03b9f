//! The grounding of a reply as JSON of the API.

use serde_json::{Value, json};

use crate::facts::model::Fact;
use crate::grounding::Grounded;

/// Returns the cited facts in the order of their first citation.
pub fn citations(grounded: Option<&Grounded>) -> Vec<Value> {
    grounded.iter().flat_map(|it| &it.facts).map(citation).collect()
}

/// Returns how many of a reply's numbers are supported by a cited fact. Null if no facts were recorded for it, and while
/// it runs.
pub fn summary(grounded: Option<&Grounded>) -> Value {
    let Some(Grounded { grounding, .. }) = grounded else { return Value::Null };
    json!({
        "cited": grounding.cited.len(),
        "matched": grounding.matched,
        "fromQuestion": grounding.from_question,
        "unmatched": grounding.unmatched,
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

//! The goals: an ordered list of inputs. The script (`app/plain.js`) adds, moves and removes rows; without
//! it the form has a few empty rows.

use leptos::prelude::*;

use super::state::FormState;
use crate::business::model::{Field, GOAL_MAX_CHARS, MOST_GOALS};

/// Number of empty rows, so that goals can be added without JavaScript.
const SPARE_ROWS: usize = 3;

/// Returns the goals and the spare rows, at most [`MOST_GOALS`] unless there are more goals already.
fn lines(goals: &[String]) -> Vec<String> {
    // Empty rows at the end of a refused form already count as spare.
    let filled = goals.iter().rposition(|goal| !goal.is_empty()).map_or(0, |last| last + 1);
    let rows = goals.len().max(MOST_GOALS.min(filled + SPARE_ROWS));
    goals.iter().cloned().chain(std::iter::repeat(String::new())).take(rows).collect()
}

#[component]
pub fn Goals(state: FormState) -> impl IntoView {
    let reason = state.with_value(|shown| shown.reason(Field::Goals));
    let rows = state
        .with_value(|shown| lines(&shown.typed.goals))
        .into_iter()
        .enumerate()
        .map(|(place, text)| {
            let reason = state.with_value(|shown| shown.reason_at(&input_id(place)));
            view! { <Row place text reason /> }
        })
        .collect_view();
    let refused = reason.is_some();
    view! {
        <div
            class="goals"
            class:field-invalid=refused
            id=Field::Goals.name()
            data-most=MOST_GOALS
        >
            <ol class="goal-rows">{rows}</ol>
            <template>
                <Row place=MOST_GOALS text=String::new() reason=None />
            </template>
            {reason.map(|reason| view! { <p class="field-error">{reason}</p> })}
            <button type="button" class="button-quiet needs-script" data-go="add">
                "Add goal"
            </button>
            <p class="visually-hidden" role="status"></p>
        </div>
    }
}

#[component]
fn Row(place: usize, text: String, reason: Option<String>) -> impl IntoView {
    let error_id = format!("goal-{place}-error");
    let refused = reason.is_some();
    view! {
        <li class="goal" class:field-invalid=refused>
            <input
                type="text"
                id=input_id(place)
                name="goals[]"
                dir="auto"
                value=text
                maxlength=GOAL_MAX_CHARS as u32
                aria-label=format!("Goal {}", place + 1)
                aria-invalid=refused.then_some("true")
                aria-describedby=refused.then(|| error_id.clone())
            />
            <span class="goal-moves needs-script">
                <MoveButton place way="up" sign="↑" verb="Move up" />
                <MoveButton place way="down" sign="↓" verb="Move down" />
                <MoveButton place way="away" sign="×" verb="Remove" />
            </span>
            {reason.map(|reason| view! { <p class="field-error" id=error_id>{reason}</p> })}
        </li>
    }
}

#[component]
fn MoveButton(
    place: usize,
    way: &'static str,
    sign: &'static str,
    verb: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="goal-move"
            data-go=way
            aria-label=format!("{verb}: goal {}", place + 1)
        >
            <span aria-hidden="true">{sign}</span>
        </button>
    }
}

/// Returns the id of the input at a 0-based position, which is also its name in [`AppError::details`].
fn input_id(place: usize) -> String {
    format!("{}[{place}]", Field::Goals.name())
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn spare_rows_do_not_exceed_the_number_of_goals() {
        for (count, rows) in [(0, 3), (2, 5), (6, 8), (8, 8), (9, 9)] {
            assert_eq!(lines(&vec!["Goal".to_owned(); count]).len(), rows, "{count} goals");
        }
    }

    #[test]
    fn empty_rows_of_a_refused_form_are_spare_rows() {
        for (goals, rows) in [(&["", "", ""][..], 3), (&["Goal", "", ""], 4), (&["", "Goal"], 5)] {
            let goals: Vec<String> = goals.iter().map(|goal| (*goal).to_owned()).collect();
            assert_eq!(lines(&goals).len(), rows, "{goals:?}");
        }
    }
}

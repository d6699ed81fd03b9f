//! The goals: a list of lines whose order counts.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use super::state::FormState;
use crate::business::model::{Field, GOAL_MAX_CHARS, MOST_GOALS};

/// Empty rows that wait below the goals, so that a form without JavaScript can take more.
const SPARE_ROWS: usize = 3;

/// One line of the list. Its text lives in the page's own input; this is what it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalRow {
    /// Tells rows apart however they move.
    key: u32,
    text: String,
}

impl GoalRow {
    /// Rows for these goals and a few more, but never more than there may be goals.
    pub fn fill(goals: &[String]) -> Vec<Self> {
        let rows = goals.len().max(MOST_GOALS.min(goals.len() + SPARE_ROWS));
        let texts = goals.iter().cloned().chain(std::iter::repeat(String::new()));
        (0..).zip(texts).map(|(key, text)| Self { key, text }).take(rows).collect()
    }
}

/// Where a row goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Up,
    Down,
    Away,
}

impl Move {
    const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Away => "away",
        }
    }

    /// Moves the row of that key; tells what happened, for those who do not see it.
    fn apply(self, rows: &mut Vec<GoalRow>, key: u32) -> Option<String> {
        let place = rows.iter().position(|row| row.key == key)?;
        let target = match self {
            Self::Away => {
                rows.remove(place);
                return Some(format!("Goal {} removed.", place + 1));
            }
            Self::Up => place.checked_sub(1)?,
            Self::Down => Some(place + 1).filter(|&next| next < rows.len())?,
        };
        rows.swap(place, target);
        Some(format!("Moved to place {}.", target + 1))
    }
}

#[component]
pub fn Goals(state: FormState) -> impl IntoView {
    let rows = state.goals;
    let news = RwSignal::new(String::new());
    let reason = state.reason(Field::Goals);
    let full = move || rows.with(|rows| rows.len() >= MOST_GOALS);
    let add = move |_| {
        let key = rows.with_untracked(|rows| rows.iter().map(|row| row.key + 1).max().unwrap_or(0));
        rows.update(|rows| rows.push(GoalRow { key, text: String::new() }));
        focus_soon(input_id(rows.with_untracked(Vec::len) - 1));
    };
    view! {
        <div class="goals" id=Field::Goals.name() class:field-invalid=move || reason.with(Option::is_some)>
            <ol class="goal-rows">
                <ForEnumerate
                    each=move || rows.get()
                    key=|row| row.key
                    children=move |index, row| view! { <Row state index row news /> }
                />
            </ol>
            {move || reason.get().map(|reason| view! { <p class="field-error">{reason}</p> })}
            <button type="button" class="button-quiet needs-script" on:click=add disabled=full>
                "Add a goal"
            </button>
            <p class="visually-hidden" role="status">
                {news}
            </p>
        </div>
    }
}

#[component]
fn Row(
    state: FormState,
    index: ReadSignal<usize>,
    row: GoalRow,
    news: RwSignal<String>,
) -> impl IntoView {
    let GoalRow { key, text } = row;
    let reason = state.reason_at(move || input_id(index.get()));
    let refused = move || reason.with(Option::is_some);
    let error_id = move || format!("goal-{key}-error");
    let go = move |way: Move| {
        let mut told = None;
        state.goals.update(|rows| told = way.apply(rows, key));
        if let Some(told) = told {
            news.set(told);
            focus_soon(match way {
                Move::Away => input_id(index.get_untracked().saturating_sub(1)),
                _ => button_id(way, key),
            });
        }
    };
    view! {
        <li class="goal" class:field-invalid=refused>
            <input
                type="text"
                id=move || input_id(index.get())
                name="goals[]"
                dir="auto"
                value=text
                maxlength=GOAL_MAX_CHARS as u32
                aria-label=move || format!("Goal {}", index.get() + 1)
                aria-invalid=move || refused().then_some("true")
                aria-describedby=move || refused().then(error_id)
            />
            <span class="goal-moves needs-script">
                <MoveButton way=Move::Up key index sign="↑" verb="Move up" go />
                <MoveButton way=Move::Down key index sign="↓" verb="Move down" go />
                <MoveButton way=Move::Away key index sign="×" verb="Remove" go />
            </span>
            {move || {
                reason.get().map(|reason| view! { <p class="field-error" id=error_id()>{reason}</p> })
            }}
        </li>
    }
}

#[component]
fn MoveButton(
    way: Move,
    key: u32,
    index: ReadSignal<usize>,
    sign: &'static str,
    verb: &'static str,
    go: impl Fn(Move) + Copy + 'static,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="goal-move"
            id=button_id(way, key)
            aria-label=move || format!("{verb}: goal {}", index.get() + 1)
            on:click=move |_| go(way)
        >
            <span aria-hidden="true">{sign}</span>
        </button>
    }
}

/// The id of the input in that place, counted from 0: the name of its reason in an error.
fn input_id(place: usize) -> String {
    format!("{}[{place}]", Field::Goals.name())
}

fn button_id(way: Move, key: u32) -> String {
    format!("goal-{key}-{}", way.name())
}

/// Moves the focus to that element once the page shows the change: a row that moves loses it.
fn focus_soon(id: String) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(&id) {
            // An element that cannot take the focus leaves it where it was.
            let _ = element.unchecked_into::<HtmlElement>().focus();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("Goal {n}")).collect()
    }

    fn keys(rows: &[GoalRow]) -> Vec<u32> {
        rows.iter().map(|row| row.key).collect()
    }

    #[test]
    fn a_few_empty_rows_wait_but_never_more_rows_than_goals_allowed() {
        for (count, rows) in [(0, 3), (2, 5), (6, 8), (8, 8), (9, 9)] {
            assert_eq!(GoalRow::fill(&goals(count)).len(), rows, "{count} goals");
        }
    }

    #[test]
    fn a_row_moves_up_down_and_away_and_says_so() {
        let mut rows = GoalRow::fill(&[]);
        assert_eq!(Move::Down.apply(&mut rows, 0).as_deref(), Some("Moved to place 2."));
        assert_eq!(keys(&rows), [1, 0, 2]);
        assert_eq!(Move::Up.apply(&mut rows, 2).as_deref(), Some("Moved to place 2."));
        assert_eq!(keys(&rows), [1, 2, 0]);
        assert_eq!(Move::Away.apply(&mut rows, 1).as_deref(), Some("Goal 1 removed."));
        assert_eq!(keys(&rows), [2, 0]);
    }

    #[test]
    fn a_row_at_the_end_of_the_list_stays_there() {
        let mut rows = GoalRow::fill(&[]);
        assert_eq!(Move::Up.apply(&mut rows, 0), None);
        assert_eq!(Move::Down.apply(&mut rows, 2), None);
        assert_eq!(Move::Away.apply(&mut rows, 9), None);
        assert_eq!(keys(&rows), [0, 1, 2]);
    }
}

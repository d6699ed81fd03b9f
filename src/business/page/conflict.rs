//! Two people saved at once: theirs beside mine.

use leptos::prelude::*;

use super::state::FormState;
use crate::business::model::{Field, SavedProfile};
use crate::ui::SubmitButton;

/// Shows each differing field twice and asks which one stays. Part of the form, so that the choice
/// is sent with it and needs no JavaScript.
#[component]
pub fn Conflict(state: FormState, #[prop(into)] pending: Signal<bool>) -> impl IntoView {
    move || state.theirs.get().map(|theirs| view! { <Comparison state theirs pending /> })
}

#[component]
fn Comparison(state: FormState, theirs: SavedProfile, pending: Signal<bool>) -> impl IntoView {
    let who = theirs.updated_by.clone().unwrap_or_else(|| "Somebody else".to_owned());
    let mine = state.typed.get_untracked();
    let fields = mine
        .differing(&theirs.profile)
        .into_iter()
        .map(|field| {
            let (who, theirs, mine) = (who.clone(), theirs.profile.text(field), mine.text(field));
            view! { <Difference field who theirs mine /> }
        })
        .collect_view();
    view! {
        <section class="conflict" aria-labelledby="conflict-title">
            <h2 id="conflict-title">{format!("{who}’s version and yours")}</h2>
            <p class="conflict-hint">
                {format!("Tick what of {who}’s should stay; the rest is saved as you wrote it.")}
            </p>
            <ul class="conflict-fields">{fields}</ul>
            <p class="actions">
                <SubmitButton label="Save mine anyway" pending />
                // A whole load: what was typed here goes, also where it was not sent yet.
                <a class="button-quiet" href="/profile" rel="external">
                    "Take theirs"
                </a>
            </p>
        </section>
    }
}

#[component]
fn Difference(field: Field, who: String, theirs: String, mine: String) -> impl IntoView {
    let title = format!("conflict-{}", field.name());
    view! {
        <li class="conflict-field">
            <h3 id=title.clone()>{field.label()}</h3>
            <div class="conflict-sides">
                <Side whose=format!("{who} wrote") text=theirs />
                <Side whose="You wrote".to_owned() text=mine />
            </div>
            <label class="conflict-choice">
                <input type="checkbox" name="theirs[]" value=field.name() aria-describedby=title />
                {format!("Keep {who}’s")}
            </label>
        </li>
    }
}

#[component]
fn Side(whose: String, text: String) -> impl IntoView {
    let empty = text.is_empty();
    view! {
        <div class="conflict-side">
            <p class="conflict-whose">{whose}</p>
            <p class="conflict-text" class:conflict-empty=empty dir="auto">
                {if empty { "Nothing".to_owned() } else { text }}
            </p>
        </div>
    }
}

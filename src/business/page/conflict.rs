//! The conflict view: the stored profile beside the typed one.

use leptos::prelude::*;

use super::state::FormState;
use crate::business::model::Field;
use crate::ui::SubmitButton;

/// Shows both values of each differing field and lets the member choose. It is part of the form, so the
/// choice is submitted with it and needs no JavaScript.
#[component]
pub fn Conflict(state: FormState) -> impl IntoView {
    let (mine, theirs) = state.with_value(|shown| (shown.typed.clone(), shown.saved.clone()));
    let who = theirs.updated_by.clone().unwrap_or_else(|| "Somebody else".to_owned());
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
                {format!("Tick each part of {who}’s version to keep. The rest is saved as you wrote it.")}
            </p>
            <ul class="conflict-fields">{fields}</ul>
            <p class="actions">
                <SubmitButton label="Save my version" />
                <a class="button-quiet" href="/profile">
                    "Discard my version"
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

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::Conflict;
    use crate::business::model::{Profile, SavedProfile};
    use crate::business::page::state::{FormState, Shown};

    fn html(mine: Profile, saved: SavedProfile) -> String {
        Owner::new().with(|| {
            let shown = Shown { typed: mine, saved, version: 2, error: None, stored: false };
            view! { <Conflict state=FormState::new(shown) /> }.to_html()
        })
    }

    #[test]
    fn only_differing_fields_are_shown_side_by_side() {
        let theirs = SavedProfile {
            profile: Profile {
                industry: "<b>Bread".into(),
                tone: "Warm".into(),
                ..Profile::default()
            },
            updated_by: Some("Ana".into()),
            ..SavedProfile::default()
        };
        let mine = Profile { tone: "Warm".into(), ..Profile::default() };
        let html = html(mine, theirs);
        assert!(html.contains("Ana wrote") && html.contains("&lt;b&gt;Bread"), "{html}");
        assert!(html.contains("You wrote") && html.contains("Nothing"), "{html}");
        assert!(html.contains("name=\"theirs[]\" value=\"industry\""), "{html}");
        assert!(!html.contains("value=\"tone\""), "{html}");
        assert!(html.contains("Save my version") && html.contains("Discard my version"), "{html}");
    }
}

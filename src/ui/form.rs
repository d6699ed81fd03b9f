//! What a form says as a whole, and how it is sent.

use leptos::html;
use leptos::prelude::*;

use crate::error::AppError;

/// Why the form was refused: announced, focused when it appears, and leading to each refused field.
#[component]
pub fn FormNotice(#[prop(into)] error: Signal<Option<AppError>>) -> impl IntoView {
    let notice = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if error.with(Option::is_some)
            && let Some(notice) = notice.get()
        {
            // A notice that cannot take the focus is still announced.
            let _ = notice.focus();
        }
    });
    move || {
        error.get().map(|error| {
            view! {
                <div class="notice notice-error" role="alert" tabindex="-1" node_ref=notice>
                    <p>{error.message.clone()}</p>
                    {(error.details.len() > 1).then(|| view! { <Reasons error /> })}
                </div>
            }
        })
    }
}

/// Each refused field's reason, as a link to the field: `external` leaves it to the browser, which
/// moves the focus there.
#[component]
fn Reasons(error: AppError) -> impl IntoView {
    let reasons = error
        .details
        .into_iter()
        .map(|(field, reason)| view! { <li><a href=format!("#{field}") rel="external">{reason}</a></li> })
        .collect_view();
    view! { <ul>{reasons}</ul> }
}

/// Sends the form. It stays enabled and keeps its text while the answer is pending, so that focus
/// stays put, and takes no second press.
#[component]
pub fn SubmitButton(label: &'static str, #[prop(into)] pending: Signal<bool>) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button"
            aria-busy=move || pending.get().then_some("true")
            on:click=move |press| {
                if pending.get_untracked() {
                    press.prevent_default();
                }
            }
        >
            {label}
        </button>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::collections::BTreeMap;

    use leptos::prelude::*;

    use super::{FormNotice, SubmitButton};
    use crate::error::AppError;

    #[test]
    fn a_refused_form_announces_why_and_leads_to_each_field() {
        let error = AppError::invalid(BTreeMap::from([
            ("email".to_owned(), "Enter an e-mail address.".to_owned()),
            ("name".to_owned(), "Enter <your> name.".to_owned()),
        ]));
        let html = Owner::new()
            .with(|| view! { <FormNotice error=Signal::stored(Some(error)) /> }.to_html());
        assert!(html.contains("role=\"alert\"") && html.contains("tabindex=\"-1\""), "{html}");
        assert!(
            html.contains("href=\"#email\" rel=\"external\">Enter an e-mail address."),
            "{html}"
        );
        assert!(html.contains("Enter &lt;your&gt; name."), "{html}");
    }

    #[test]
    fn a_form_that_was_not_refused_says_nothing() {
        let html =
            Owner::new().with(|| view! { <FormNotice error=Signal::stored(None) /> }.to_html());
        assert!(!html.contains("alert"), "{html}");
    }

    #[test]
    fn a_button_whose_answer_is_pending_is_busy_but_keeps_its_text() {
        let html = Owner::new().with(|| {
            view! { <SubmitButton label="Save" pending=Signal::stored(true) /> }.to_html()
        });
        assert!(html.contains("aria-busy=\"true\"") && html.contains(">Save<"), "{html}");
        assert!(!html.contains("disabled"), "{html}");
    }
}

//! What a form says as a whole, and what sends it.

use leptos::prelude::*;

use crate::error::AppError;

/// Why the form was refused: announced, focused in the page that is loaded with it, and leading to each
/// refused field.
#[component]
pub fn FormNotice(error: Option<AppError>) -> impl IntoView {
    error.map(|error| {
        view! {
            <div class="notice notice-error" role="alert" tabindex="-1" autofocus>
                <p>{error.message.clone()}</p>
                {(error.details.len() > 1).then(|| view! { <Reasons error /> })}
            </div>
        }
    })
}

/// Each refused field's reason, as a link to the field.
#[component]
fn Reasons(error: AppError) -> impl IntoView {
    let reasons = error
        .details
        .into_iter()
        .map(|(field, reason)| view! { <li><a href=format!("#{field}")>{reason}</a></li> })
        .collect_view();
    view! { <ul>{reasons}</ul> }
}

/// Stands ready for the script (`app/plain.js`), which looks whether the form can be saved before the
/// browser sends it: what was typed would go with the page.
#[component]
pub fn Unsent() -> impl IntoView {
    view! {
        <div class="notice notice-error" role="alert" tabindex="-1" data-unsent hidden>
            <p>
                "This is not saved yet: you are signed out, or the server cannot be reached. "
                <a href="/signin" target="_blank">
                    "Sign in"
                </a> " in another window, then save again. What you typed stays here."
            </p>
        </div>
    }
}

/// Sends the form.
#[component]
pub fn SubmitButton(label: &'static str) -> impl IntoView {
    view! {
        <button type="submit" class="button">
            {label}
        </button>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::collections::BTreeMap;

    use leptos::prelude::*;

    use super::FormNotice;
    use crate::error::AppError;

    #[test]
    fn a_refused_form_announces_why_and_leads_to_each_field() {
        let error = AppError::invalid(BTreeMap::from([
            ("email".to_owned(), "Enter an e-mail address.".to_owned()),
            ("name".to_owned(), "Enter <your> name.".to_owned()),
        ]));
        let html = Owner::new().with(|| view! { <FormNotice error=Some(error) /> }.to_html());
        assert!(
            html.contains("role=\"alert\"") && html.contains("tabindex=\"-1\" autofocus"),
            "{html}"
        );
        assert!(html.contains("href=\"#email\">Enter an e-mail address."), "{html}");
        assert!(html.contains("Enter &lt;your&gt; name."), "{html}");
    }

    #[test]
    fn a_form_that_was_not_refused_says_nothing() {
        let html = Owner::new().with(|| view! { <FormNotice error=None /> }.to_html());
        assert!(!html.contains("alert"), "{html}");
    }
}

//! The error summary of a form, and its submit button.

use leptos::prelude::*;

use crate::error::{AppError, Code};

/// Shows why the form was refused. Announced by screen readers, focused after the page is loaded, and
/// linked to each refused field.
#[component]
pub fn FormNotice(error: Option<AppError>) -> impl IntoView {
    error.map(|error| {
        let is_budget = error.code == Code::BudgetExceeded;
        view! {
            <div
                class="notice notice-error"
                role="alert"
                tabindex="-1"
                autofocus
                data-budget=is_budget.then_some("")
            >
                <p>{error.message.clone()} <RaiseBudget error=error.clone() /></p>
                {(error.details.len() > 1).then(|| view! { <Reasons error /> })}
            </div>
        }
    })
}

/// The link to raise the budget that refused the request, for members who may.
#[component]
pub fn RaiseBudget(error: AppError) -> impl IntoView {
    error.raised_at().map(str::to_owned).map(|page| {
        view! {
            " "
            <a href=page rel="external">
                "Raise budget"
            </a>
        }
    })
}

/// Lists each field's error as a link to the field.
#[component]
fn Reasons(error: AppError) -> impl IntoView {
    let reasons = error
        .details
        .into_iter()
        .map(|(field, reason)| view! { <li><a href=format!("#{field}")>{reason}</a></li> })
        .collect_view();
    view! { <ul>{reasons}</ul> }
}

/// A hidden notice that the script (`app/plain.js`) shows if a check before submitting fails. Submitting
/// anyway would leave the page and lose the input.
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

#[component]
pub fn SubmitButton(#[prop(into)] label: String) -> impl IntoView {
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
    use crate::error::{AppError, Code};

    #[test]
    fn a_refused_form_announces_its_reason_and_links_each_field() {
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
    fn a_refused_budget_links_to_where_it_is_raised_for_those_who_may() {
        let refused = |details| {
            let error = AppError { details, ..AppError::new(Code::BudgetExceeded, "Used up.") };
            Owner::new().with(|| view! { <FormNotice error=Some(error) /> }.to_html())
        };
        let raise = ("raise".to_owned(), "/admin/usage#budgets".to_owned());
        let may = refused(BTreeMap::from([raise]));
        assert!(
            may.contains("href=\"/admin/usage#budgets\"") && may.contains("Raise budget"),
            "{may}"
        );
        assert!(may.contains("data-budget") && !may.contains("<ul>"), "{may}");
        assert!(!refused(BTreeMap::new()).contains("<a "), "a member asks somebody");
    }

    #[test]
    fn an_accepted_form_shows_no_notice() {
        let html = Owner::new().with(|| view! { <FormNotice error=None /> }.to_html());
        assert!(!html.contains("alert"), "{html}");
    }
}

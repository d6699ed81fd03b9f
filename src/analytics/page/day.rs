//! `/analytics/day`: the form of one day.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::{Below, refused};
use crate::analytics::model::{DayView, Measure, field_name};
use crate::analytics::server_fns::{DeleteDay, SaveDay, load_day};
use crate::error::AppError;
use crate::ui::{FormNotice, PageTitle, SubmitButton, TextField, load};

/// The form of a day. `?date=` selects the day; the default is today.
#[component]
pub fn DayPage() -> impl IntoView {
    let view = load(load_day(use_query_map().with_untracked(|query| query.get("date"))));
    view! {
        <PageTitle text="Enter a day · C-Suite" />
        <main class="page analytics">
            <Below title="Enter a day" about="" />
            {Suspend::new(async move {
                match view.await {
                    Ok(view) if view.may_write => view! { <DayForm view /> }.into_any(),
                    Ok(_) => refused(AppError::forbidden("Ask an owner or admin of your business to enter numbers.")),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn DayForm(view: DayView) -> impl IntoView {
    let DayView { measures, typed, error, stored, today, .. } = view;
    let reason = |name: &str| Some(error.as_ref()?.field(name)?.to_owned());
    let fields = measures
        .iter()
        .map(|measure| {
            let name = field_name(&measure.slug);
            let error = reason(&name);
            view! {
                <TextField
                    name
                    label=label(measure)
                    value=typed.text(&measure.slug).to_owned()
                    error
                    inputmode=if measure.is_count { "numeric" } else { "decimal" }
                    autocomplete="off"
                />
            }
        })
        .collect_view();
    let date = typed.date.clone();
    view! {
        <section class="card">
            <form method="post" action=SaveDay::url() class="analytics-day">
                <FormNotice error=error.clone() />
                <TextField
                    name="date"
                    label="Day"
                    kind="date"
                    value=typed.date.clone()
                    error=reason("date")
                    hint=format!("Up to {today}. A day that is stored already is replaced.")
                    required=true
                />
                {fields}
                <p class="usage-note">
                    "Leave a field empty if you do not know the value: unknown is not 0."
                </p>
                <SubmitButton label="Save day" />
            </form>
        </section>
        {stored.then(|| view! { <Remove date /> })}
    }
}

fn label(measure: &Measure) -> String {
    match measure.unit.as_str() {
        "" => measure.name.clone(),
        unit => format!("{} ({unit})", measure.name),
    }
}

#[component]
fn Remove(date: String) -> impl IntoView {
    view! {
        <form method="post" action=DeleteDay::url()>
            <input type="hidden" name="date" value=date.clone() />
            <button type="submit" class="button-danger">
                {format!("Delete {date}")}
            </button>
        </form>
    }
}

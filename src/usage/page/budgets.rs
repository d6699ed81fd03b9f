//! The budgets: the spend against each cap, and the form that sets them.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::cost::Cost;
use crate::error::AppError;
use crate::format::money::{dollars, rounded_dollars};
use crate::ui::{FormNotice, SubmitButton, TextField};
use crate::usage::model::{BudgetView, CapView, Spent, TypedBudgets};
use crate::usage::server_fns::SetBudgets;

#[component]
pub fn BudgetSection(budget: BudgetView) -> impl IntoView {
    let BudgetView { caps, typed, error } = budget;
    let caps = caps.into_iter().map(|cap| view! { <Cap cap /> }).collect_view();
    view! {
        <section class="card usage-budgets" id="budgets" aria-labelledby="budgets-title">
            <h2 id="budgets-title">"Budgets"</h2>
            <div class="usage-caps">{caps}</div>
            <BudgetForm typed error />
        </section>
    }
}

#[component]
fn Cap(cap: CapView) -> impl IntoView {
    let CapView { period, cap_micros, spent: Spent { cost_micros, held_micros }, resets } = cap;
    let of = match cap_micros {
        Some(micros) => format!(" of {}", dollars(micros)),
        None => ", no limit".to_owned(),
    };
    let named = format!("{period}: spent {}{of}", rounded_dollars(cost_micros));
    view! {
        <div class="usage-cap">
            <h3>{period}</h3>
            <p>
                <strong>
                    <Cost micros=cost_micros />
                </strong>
                {of}
            </p>
            {cap_micros
                .map(|micros| {
                    view! {
                        <progress
                            aria-label=named
                            max=micros.max(1).to_string()
                            value=cost_micros.min(micros.max(1)).to_string()
                        ></progress>
                    }
                })}
            <p class="usage-note">
                {(held_micros > 0)
                    .then(|| {
                        view! { <Cost micros=held_micros /> " reserved for answers being written. " }
                    })} {format!("Resets on {resets}.")}
            </p>
        </div>
    }
}

#[component]
fn BudgetForm(typed: TypedBudgets, error: Option<AppError>) -> impl IntoView {
    let reason = |field: &str| Some(error.as_ref()?.field(field)?.to_owned());
    let saved = use_query_map().with_untracked(|query| query.get("saved").is_some());
    let TypedBudgets { monthly, daily, member_monthly } = typed;
    view! {
        <form method="post" action=SetBudgets::url() class="usage-budget-form">
            <FormNotice error=error.clone() />
            {(saved && error.is_none()).then(|| view! { <Saved /> })}
            <TextField
                name="monthly"
                label="Per month"
                value=monthly
                error=reason("monthly")
                hint="Dollars, for the whole business."
                autocomplete="off"
            />
            <TextField
                name="daily"
                label="Per day"
                value=daily
                error=reason("daily")
                hint="Dollars, for the whole business."
                autocomplete="off"
            />
            <TextField
                name="member_monthly"
                label="Per member and month"
                value=member_monthly
                error=reason("member_monthly")
                hint="Dollars, for every member alike."
                autocomplete="off"
            />
            <p class="usage-note">
                "An empty field means no limit; 0 stops all answers. Once a budget is spent, questions are refused until it resets; what was typed stays."
            </p>
            <SubmitButton label="Set budgets" />
        </form>
    }
}

#[component]
fn Saved() -> impl IntoView {
    view! {
        <p class="notice notice-success" role="status" tabindex="-1" autofocus>
            "Budgets set."
        </p>
    }
}

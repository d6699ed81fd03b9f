//! `/admin/usage`: usage, cost and budgets, for owners and admins.

mod budgets;
mod grounding;
mod plot;
mod tables;
mod warning;

pub use warning::WarningBanner;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::model::{GroupBy, UsageQuery, UsageReport, UsageView};
use super::server_fns::load_usage;
use crate::error::Code;
use crate::ui::{FormNotice, PageTitle, TextField, load, redirect_to_sign_in};
use budgets::BudgetSection;
use grounding::Grounding;
use plot::Plot;
use tables::{Replies, Summary};

/// The usage page. Query parameters: `from`, `to` and `group` select the sums, `row` the replies that are
/// listed. `saved=1` follows after budgets were saved.
#[component]
pub fn UsagePage() -> impl IntoView {
    let query = use_query_map();
    let asked = query.with_untracked(|query| UsageQuery {
        from: query.get("from"),
        to: query.get("to"),
        time_zone: None,
        group: query.get("group"),
        row: query.get("row"),
    });
    let view = load(load_usage(asked));
    view! {
        <PageTitle text="Usage · C-Suite" />
        <main class="page usage">
            <header class="usage-head">
                <h1>"Usage"</h1>
                <p>"Tokens and cost of your advisers' answers."</p>
            </header>
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Usage view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Usage(view: UsageView) -> impl IntoView {
    let UsageView { report, bars, drill_down, grounding, budget, range_error } = view;
    let place = Place::of(&report);
    let group = report.group;
    let total = report.totals.cost_micros;
    let heading = format!("Cost by {}", group.label().to_lowercase());
    let days = format!("Days in {}.", report.time_zone);
    view! {
        <BudgetSection budget />
        <section class="usage-sums" aria-labelledby="sums-title">
            <h2 id="sums-title">{heading}</h2>
            <p class="usage-note">{days}</p>
            <FormNotice error=range_error />
            <RangeForm place=place.clone() />
            <Groups place=place.clone() />
            {report.data.is_empty().then(|| view! { <p class="empty">"No answers in this period."</p> })}
            {(total > 0).then(|| view! { <Plot group bars /> })}
            {(!report.data.is_empty()).then(|| view! { <Summary report place=place.clone() /> })}
        </section>
        {drill_down.map(|answers| view! { <Replies answers /> })}
        <Grounding rows=grounding />
    }
}

/// The page's state, as in its URL.
#[derive(Clone)]
struct Place {
    from: String,
    to: String,
    group: GroupBy,
}

impl Place {
    fn of(report: &UsageReport) -> Self {
        Self { from: report.from.clone(), to: report.to.clone(), group: report.group }
    }

    fn address(&self, group: GroupBy) -> String {
        format!("/admin/usage?from={}&to={}&group={}", self.from, self.to, group.slug())
    }

    /// Returns the URL that lists the replies of one row.
    fn row_address(&self, key: &str) -> String {
        let key = leptos_router::location::Url::escape(key);
        format!("{}&row={key}#replies", self.address(self.group))
    }
}

/// The range form. It submits a plain GET, so that the range is in the URL of the next page.
#[component]
fn RangeForm(place: Place) -> impl IntoView {
    let Place { from, to, group } = place;
    view! {
        <form class="usage-range" method="get" action="/admin/usage">
            <TextField name="from" label="From" kind="date" value=from error=None />
            <TextField name="to" label="To" kind="date" value=to error=None />
            <input type="hidden" name="group" value=group.slug() />
            <button type="submit" class="button-quiet">
                "Show"
            </button>
        </form>
    }
}

#[component]
fn Groups(place: Place) -> impl IntoView {
    let links = GroupBy::ALL
        .into_iter()
        .map(|group| {
            let current = (group == place.group).then_some("true");
            view! {
                <li>
                    <a href=place.address(group) aria-current=current>
                        {group.label()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="usage-groups" aria-label="Group by">
            <ul>{links}</ul>
        </nav>
    }
}

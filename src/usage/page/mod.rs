//! `/admin/usage`: usage, cost and budgets, for owners and admins.

mod budgets;
mod cost;
mod grounding;
mod plot;
mod tables;
mod warning;

pub use warning::WarningBanner;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use time::Date;

use super::model::{GroupBy, Preset, Totals, UsageQuery, UsageReport, UsageView};
use super::server_fns::load_usage;
use crate::error::Code;
use crate::format::money::brief_dollars;
use crate::format::{date, number};
use crate::platform::clock;
use crate::ui::{FormNotice, PageTitle, TextField, load, redirect_to_sign_in};
use budgets::BudgetSection;
use cost::{Cost, ExactAmounts};
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
                <p>"What your advisers' answers cost, and your budgets."</p>
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
    let UsageView { report, presets, bars, drill_down, grounding, budget, range_error } = view;
    let place = Place::of(&report);
    let group = report.group;
    let total = report.totals.cost_micros;
    let heading = format!("Cost by {}", group.label().to_lowercase());
    let days = format!("Days in {}.", report.time_zone);
    view! {
        <ExactAmounts />
        <BudgetSection budget />
        <section class="usage-sums" aria-labelledby="sums-title">
            <h2 id="sums-title">{heading}</h2>
            <FormNotice error=range_error />
            <Presets group presets=presets.clone() />
            <RangeForm place=place.clone() is_open=!presets.iter().any(|preset| preset.is_shown) />
            <Reading totals=report.totals from=report.from.clone() to=report.to.clone() />
            <p class="usage-note">{days}</p>
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

/// The ranges as links, so that the range is in the URL.
#[component]
fn Presets(group: GroupBy, presets: Vec<Preset>) -> impl IntoView {
    let links = presets
        .into_iter()
        .map(|Preset { label, from, to, is_shown }| {
            let place = Place { from, to, group };
            view! {
                <li>
                    <a href=place.address(group) aria-current=is_shown.then_some("true")>
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Period">
            <ul class="segmented-links">{links}</ul>
        </nav>
    }
}

/// Any other range. The form submits a plain GET.
#[component]
fn RangeForm(place: Place, is_open: bool) -> impl IntoView {
    let Place { from, to, group } = place;
    view! {
        <details class="usage-dates" open=is_open>
            <summary>"Other dates"</summary>
            <form class="usage-range" method="get" action="/admin/usage">
                <TextField name="from" label="From" kind="date" value=from error=None />
                <TextField name="to" label="To" kind="date" value=to error=None />
                <input type="hidden" name="group" value=group.slug() />
                <button type="submit" class="button-quiet">
                    "Apply dates"
                </button>
            </form>
        </details>
    }
}

/// The range in one sentence: `34 answers cost $0.14 from 1 to 23 Nov 2026, about $0.0042 each.`
#[component]
fn Reading(totals: Totals, from: String, to: String) -> impl IntoView {
    let Totals { replies, cost_micros, .. } = totals;
    let day = |iso: &str| clock::parse_date(iso).map(Date::to_julian_day);
    let (first, last) = (day(&from)?, day(&to)?);
    let mean = cost::each(cost_micros, replies)?;
    let answers = match replies {
        1 => "1 answer".to_owned(),
        count => format!("{} answers", number::count(count)),
    };
    let days = if first == last { "on" } else { "from" };
    let each =
        if replies == 1 { String::new() } else { format!(", about {} each", brief_dollars(mean)) };
    Some(view! {
        <p class="usage-reading">
            {answers} " cost " <Cost micros=cost_micros />
            {format!(" {days} {}{each}.", date::span(first, last))}
        </p>
    })
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

//! `/dashboard`: the newest metrics and insights, for every member. Static HTML.

mod insight;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::model::{DashboardView, Insight, Progress};
use super::modules;
use super::server_fns::{ReopenInsight, load_dashboard};
use crate::analytics::model::{Card, Range, ViewQuery};
use crate::analytics::page::{Cards, LoadSampleData, TrendSection};
use crate::error::Code;
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};
use insight::{DismissedInsight, OpenInsight};

const PAGE: &str = "/dashboard";

/// The dashboard. `?metric=&range=` select the chart; `?dismissed=` is the id of an insight that was just
/// dismissed.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| ViewQuery {
        metric: query.get("metric"),
        range: query.get("range"),
        page: None,
    });
    let view = load(load_dashboard(asked));
    view! {
        <PageTitle text="Dashboard · C-Suite" />
        <main class="page dashboard">
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Dashboard view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Dashboard(view: DashboardView) -> impl IntoView {
    let DashboardView { may_write, progress, trend, open, has_more, dismissed, error } = view;
    let has_numbers = !trend.shown.is_empty();
    let is_empty = !has_numbers && open.is_empty() && dismissed.is_empty();
    let (cards, range) = (trend.cards.clone(), trend.range);
    view! {
        <header class="dashboard-head">
            <h1>"Dashboard"</h1>
            <p>"Your numbers, and what needs attention in them."</p>
        </header>
        <FormNotice error />
        <DismissedNotice dismissed=dismissed.clone() may_write />
        {if is_empty {
            view! { <Empty may_write /> }.into_any()
        } else {
            view! {
                {has_numbers.then(|| view! { <TrendSection trend page=PAGE /> })}
                <Open open has_more progress may_write />
                <Newest cards range />
                <Dismissed dismissed may_write />
            }
                .into_any()
        }}
        <About />
    }
}

/// Confirms a dismissal and offers to undo it.
#[component]
fn DismissedNotice(dismissed: Vec<Insight>, may_write: bool) -> impl IntoView {
    let id = use_query_map().with_untracked(|query| query.get("dismissed"));
    let insight = dismissed.into_iter().find(|insight| Some(&insight.id) == id.as_ref());
    insight.filter(|_| may_write).map(|insight| {
        view! {
            <div class="notice notice-success insight-aside" role="status" tabindex="-1" autofocus>
                <p>"Insight dismissed. You find it below, under Dismissed."</p>
                <form method="post" action=ReopenInsight::url()>
                    <input type="hidden" name="id" value=insight.id />
                    <button type="submit" class="button-quiet">
                        "Restore"
                    </button>
                </form>
            </div>
        }
    })
}

#[component]
fn Empty(may_write: bool) -> impl IntoView {
    let what = if may_write {
        view! {
            <p>"Enter a day by hand, or import a file with all the days you have."</p>
            <p class="actions">
                <a class="button" href="/analytics/import">
                    "Import a file"
                </a>
                <a class="button-quiet" href="/analytics/day">
                    "Enter a day"
                </a>
            </p>
            <LoadSampleData />
        }
        .into_any()
    } else {
        view! { <p>"Ask an owner or admin of your business to enter them."</p> }.into_any()
    };
    view! {
        <section class="card">
            <h2>"No numbers yet"</h2>
            <p>
                "Enter two weeks of sessions, users, conversions or revenue to see their growth here, and five weeks to see unusual days."
            </p>
            {what}
        </section>
    }
}

#[component]
fn Open(open: Vec<Insight>, has_more: bool, progress: Progress, may_write: bool) -> impl IntoView {
    let count = open.len();
    let is_empty = open.is_empty();
    let items =
        open.into_iter().map(|insight| view! { <OpenInsight insight may_write /> }).collect_view();
    view! {
        <section class="dashboard-insights" id="insights" aria-labelledby="insights-title">
            <div class="dashboard-section-head">
                <h2 id="insights-title">"Insights"</h2>
                <State progress />
            </div>
            {is_empty
                .then(|| {
                    view! { <p class="empty">"No insights need your attention."</p> }
                })}
            <ul class="insights">{items}</ul>
            {has_more
                .then(|| {
                    view! {
                        <p class="usage-note">
                            {format!("These are the newest {count}. Dismiss some to see more.")}
                        </p>
                    }
                })}
        </section>
    }
}

/// Whether the insights are current.
#[component]
fn State(progress: Progress) -> impl IntoView {
    match progress {
        Progress::Nothing => ().into_any(),
        Progress::UpToDate { computed } => view! {
            <p class="dashboard-state" data-state="current">
                {format!("Up to date with your numbers; computed {computed}.")}
            </p>
        }
        .into_any(),
        Progress::Pending => view! {
            <p class="dashboard-state" data-state="pending">
                "Your numbers have changed: insights are being computed again, which takes a moment. "
                <a href="/dashboard">"Reload"</a>
            </p>
        }
        .into_any(),
        Progress::Failed { again } => view! {
            <p class="dashboard-state" data-state="failed">
                {format!(
                    "Insights could not be computed again, and these may be old. The next try is at {again}.",
                )}
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Newest(cards: Vec<Card>, range: Range) -> impl IntoView {
    if cards.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="dashboard-numbers">
            <Cards cards range page=PAGE />
            <p>
                <a href="/analytics">"All numbers, day by day"</a>
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Dismissed(dismissed: Vec<Insight>, may_write: bool) -> impl IntoView {
    let title = format!("Dismissed ({})", dismissed.len());
    (!dismissed.is_empty()).then(|| {
        let items = dismissed
            .into_iter()
            .map(|insight| view! { <DismissedInsight insight may_write /> })
            .collect_view();
        view! {
            <details class="dashboard-more">
                <summary>{title}</summary>
                <ul class="insights-aside">{items}</ul>
            </details>
        }
    })
}

/// Describes each module.
#[component]
fn About() -> impl IntoView {
    let about = modules::ALL
        .into_iter()
        .map(|module| {
            view! {
                <div>
                    <dt>{module.name()}</dt>
                    <dd>
                        <p>{format!("Reads: {}", module.reads())}</p>
                        <p>{format!("Reports: {}", module.emits())}</p>
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <details class="dashboard-more">
            <summary>"How insights are computed"</summary>
            <p>
                "Insights are computed only from your numbers, whenever these change and when a new day begins. A period with values on less than half of its days is not reported, and a missing day never counts as zero. Your own programs can add insights through the API."
            </p>
            <dl>{about}</dl>
        </details>
    }
}

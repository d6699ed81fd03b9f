//! `/analytics`: the tenant's observations, visible to every member and changed by owners and admins. Plain
//! HTML.

mod cards;
mod catalogue;
mod chart;
mod day;
mod history;
mod import;
mod metric_form;
mod metrics;
mod periods;
mod progress;
mod reading;
mod sample;
mod table;
mod trend;

pub use cards::Cards;
pub use chart::Plot;
pub use day::DayPage;
pub use import::ImportPage;
pub use metrics::MetricsPage;
pub use progress::ProgressPage;
pub use sample::LoadSampleData;
pub use trend::TrendSection;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::model::{AnalyticsView, Grain, ViewQuery};
use super::server_fns::load_analytics;
use crate::error::{AppError, Code};
use crate::platform::clock;
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};
use periods::PeriodTable;
use table::Days;

/// The analytics page. `?metric=&range=` select the chart, `page` the rows of the table. `?added=`,
/// `?replaced=`, `?removed=`, `?imported=` and `?undone=` confirm the last action.
#[component]
pub fn AnalyticsPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| ViewQuery {
        metric: query.get("metric"),
        range: query.get("range"),
        page: query.get("page"),
    });
    let view = load(load_analytics(asked));
    view! {
        <PageTitle text="Numbers · C-Suite" />
        <main class="page analytics">
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Numbers view /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

/// The header of a subpage. `about` explains the page if the title is not sufficient.
#[component]
fn Below(title: &'static str, #[prop(into)] about: String) -> impl IntoView {
    view! {
        <header class="analytics-head">
            <p>
                <a href="/analytics">"Numbers"</a>
            </p>
            <h1>{title}</h1>
            {(!about.is_empty()).then(|| view! { <p>{about}</p> })}
        </header>
    }
}

/// Renders an error in place of a page.
fn refused(error: AppError) -> AnyView {
    if error.code == Code::Unauthenticated {
        return redirect_to_sign_in();
    }
    view! { <FormNotice error=Some(error) /> }.into_any()
}

#[component]
fn Numbers(view: AnalyticsView) -> impl IntoView {
    let AnalyticsView { may_write, trend, table, periods } = view;
    let (measures, cards, range) = (trend.measures.clone(), trend.cards.clone(), trend.range);
    let (has_days, is_empty) = (table.count > 0, table.count == 0 && periods.is_empty());
    let tables = periods
        .into_iter()
        .map(|table| view! { <PeriodTable measures=measures.clone() table may_write /> })
        .collect_view();
    view! {
        <Head may_write />
        <Done />
        {if is_empty {
            view! { <Empty may_write /> }.into_any()
        } else {
            view! {
                <Cards cards range page="/analytics" />
                <TrendSection trend page="/analytics" />
                {has_days.then(|| view! { <Days measures=measures.clone() table may_write /> })}
                {tables}
            }
                .into_any()
        }}
    }
}

#[component]
fn Head(may_write: bool) -> impl IntoView {
    view! {
        <header class="analytics-head">
            <h1>"Numbers"</h1>
            <p>
                "Metrics of your business, by day or by longer periods. Your advisers answer from "
                <a href="/knowledge">"the facts computed from them"</a> "."
                {(!may_write).then_some(" Owners and admins of your business enter them.")}
            </p>
            {may_write
                .then(|| {
                    view! {
                        <p class="actions">
                            <a class="button" href="/analytics/day">
                                "Enter a day"
                            </a>
                            <a class="button-quiet" href="/analytics/import">
                                "Import a file"
                            </a>
                            <a class="button-quiet" href="/analytics/metrics">
                                "Metrics and currency"
                            </a>
                        </p>
                    }
                })}
        </header>
    }
}

/// Confirms the last action.
#[component]
fn Done() -> impl IntoView {
    let text = use_query_map().with_untracked(|query| {
        let day = |name| query.get(name).filter(|date| clock::parse_date(date).is_some());
        if let Some(date) = day("added") {
            return Some(format!("{date} added."));
        }
        if let Some(date) = day("replaced") {
            return Some(format!("{date} replaced."));
        }
        if let Some(what) = query.get("removed") {
            let grain = Grain::parse(&what).unwrap_or_default();
            return Some(format!("{} deleted.", grain.capitalized()));
        }
        let imported = query.get("imported").and_then(|counts| imported(&counts));
        imported.or_else(|| query.get("undone").and_then(|counts| undone(&counts)))
    });
    let may_undo = use_query_map().with_untracked(|query| query.get("imported").is_some());
    text.map(|text| {
        view! {
            <p class="notice notice-success" role="status" tabindex="-1" autofocus>
                {text}
                {may_undo
                    .then(|| {
                        view! {
                            " "
                            <a href="/analytics/import#imports">"Undo"</a>
                        }
                    })}
            </p>
        }
    })
}

/// Parses three counts and their grain, such as `12.3.0` for days and `12.3.0.month`.
fn counts(text: &str) -> Option<([u32; 3], Grain)> {
    let mut parts = text.split('.');
    let mut next = || parts.next()?.parse().ok();
    let counts = [next()?, next()?, next()?];
    let grain = parts.next().map_or(Some(Grain::Day), Grain::parse)?;
    Some((counts, grain))
}

/// Formats counts such as `12.3.0` as a sentence.
fn imported(text: &str) -> Option<String> {
    let ([added, replaced, unchanged], grain) = counts(text)?;
    Some(format!(
        "File imported: {} added, {replaced} replaced, {unchanged} unchanged.",
        grain.counted(added)
    ))
}

/// Formats the counts of an undo, such as `12.3.0`, as sentences.
fn undone(text: &str) -> Option<String> {
    let ([removed, restored, kept], grain) = counts(text)?;
    let (removed, restored) = (grain.counted(removed), grain.counted(restored));
    let undone = format!("Import undone: {removed} deleted, {restored} restored.");
    let kept_as_they_are = grain.counted(kept);
    Some(match kept {
        0 => undone,
        1 => {
            format!("{undone} {kept_as_they_are} was changed since the import and stays as it is.")
        }
        _ => format!(
            "{undone} {kept_as_they_are} were changed since the import and stay as they are."
        ),
    })
}

#[component]
fn Empty(may_write: bool) -> impl IntoView {
    view! {
        <section class="card">
            <h2>"No numbers yet"</h2>
            <p>
                "Enter sessions, users, conversions and revenue for each day. Your advisers then base their answers on them."
            </p>
            {if may_write {
                view! {
                    <p>
                        <a href="/analytics/day">"Enter today"</a>
                        " by hand, or download the "
                        <a href="/analytics/template.csv" download>
                            "template"
                        </a>
                        ", fill it in a spreadsheet, and "
                        <a href="/analytics/import">"import it"</a>
                        "."
                    </p>
                    <LoadSampleData />
                }
                    .into_any()
            } else {
                view! { <p>"Ask an owner or admin of your business to enter them."</p> }.into_any()
            }}
        </section>
    }
}

/// A region in which a wide table scrolls, also by keyboard.
#[component]
fn Scrolling(label: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="usage-scroll" role="region" aria-label=label tabindex="0">
            {children()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_counts_are_formatted_as_a_sentence() {
        assert_eq!(
            imported("1200.3.0").as_deref(),
            Some("File imported: 1,200 days added, 3 replaced, 0 unchanged.")
        );
        assert_eq!(imported("<b>"), None);
        assert_eq!(
            imported("12.1.0.month").as_deref(),
            Some("File imported: 12 months added, 1 replaced, 0 unchanged.")
        );
        assert_eq!(
            undone("11.1.1.month").as_deref(),
            Some(
                "Import undone: 11 months deleted, 1 month restored. 1 month was changed since the import and stays as it is."
            )
        );
        assert_eq!(imported("12.1.0.<b>"), None);
        assert_eq!(
            undone("1200.1.1").as_deref(),
            Some(
                "Import undone: 1,200 days deleted, 1 day restored. 1 day was changed since the import and stays as it is."
            )
        );
        assert_eq!(undone("1.2"), None);
    }
}

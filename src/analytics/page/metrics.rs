//! `/analytics/metrics`: custom metrics, currency, time zone and calendar.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use time::Month;

use super::catalogue::Catalogue;
use super::metric_form::{MetricForm, weights};
use super::{Below, refused};
use crate::analytics::model::{
    BUILT_IN, Formula, MOST_METRICS, Metric, MetricsView, Settings, WeekStart,
};
use crate::analytics::server_fns::{ArchiveMetric, SaveAnalyticsSettings, load_metrics};
use crate::error::AppError;
use crate::ui::{FormNotice, PageTitle, SubmitButton, TextField, load};

/// The metrics page. `?edit=` is the slug of the metric to edit; `?saved=1` follows after a change was saved, with `anew`
/// and `days` if it changed the windows of a metric, and `?added=1` after a standard metric was added.
#[component]
pub fn MetricsPage() -> impl IntoView {
    let query = use_query_map();
    let view = load(load_metrics(query.with_untracked(|query| query.get("edit"))));
    let saved = query.with_untracked(|query| query.get("saved").is_some());
    let added = query.with_untracked(|query| query.get("added").is_some());
    let anew = query.with_untracked(|query| {
        Some((query.get("anew")?, query.get("days")?.parse::<u32>().ok()?))
    });
    view! {
        <PageTitle text="Metrics · C-Suite" />
        <main class="page analytics">
            <Below
                title="Metrics"
                about=format!(
                    "Metrics of your own besides sessions, users, conversions and revenue: up to {MOST_METRICS}.",
                )
            />
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Metrics view saved added anew /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn Metrics(
    view: MetricsView,
    saved: bool,
    /// Whether a standard metric was just added.
    added: bool,
    /// Slug of the metric whose windows changed, and the number of its days.
    anew: Option<(String, u32)>,
) -> impl IntoView {
    let MetricsView { may_write, metrics, typed, error, settings, settings_error, time_zones } =
        view;
    let is_refused = error.is_some() || settings_error.is_some();
    let (saved, added) = (saved && !is_refused, added && !is_refused);
    let anew = anew.and_then(|(slug, days)| {
        let metric = metrics.iter().find(|metric| metric.slug == slug)?;
        let s = if days == 1 { "" } else { "s" };
        Some(format!(
            " Totals and averages of {} were computed anew for {days} day{s}.",
            metric.name
        ))
    });
    let stored = metrics.clone();
    let (old, used): (Vec<Metric>, Vec<Metric>) = metrics.into_iter().partition(|it| it.archived);
    let is_empty = used.is_empty();
    let weights = weights(&used, &typed.slug);
    let problems = used.iter().map(|metric| problem(metric, &used)).collect::<Vec<_>>();
    view! {
        {saved
            .then(|| {
                view! {
                    <p class="notice notice-success" role="status" tabindex="-1" autofocus>
                        "Saved." {anew}
                    </p>
                }
            })}
        <section class="analytics-metrics" aria-labelledby="used-title">
            <h2 id="used-title">"In use"</h2>
            {is_empty.then(|| view! { <p class="empty">"No metrics of your own yet. Add one below."</p> })}
            {(!is_empty)
                .then(|| view! { <p class="usage-note">{format!("{} of {MOST_METRICS} own metrics.", used.len())}</p> })}
            <List metrics=used problems may_write />
        </section>
        <Catalogue stored may_write added />
        {may_write.then(|| view! { <MetricForm typed weights error /> })}
        {(!old.is_empty())
            .then(|| {
                view! {
                    <section class="analytics-metrics" aria-labelledby="archived-title">
                        <h2 id="archived-title">"Archived"</h2>
                        <p class="usage-note">"Their values are kept."</p>
                        <List metrics=old problems=Vec::new() may_write />
                    </section>
                }
            })}
        {may_write.then(|| view! { <SettingsForm settings error=settings_error time_zones /> })}
    }
}

/// Says why a derived metric has no value: a metric of its formula was archived.
fn problem(metric: &Metric, used: &[Metric]) -> Option<String> {
    let formula = Formula::parse(metric.formula.as_deref()?).ok()?;
    let is_there = |slug: &&str| {
        BUILT_IN.iter().any(|it| it.slug == *slug) || used.iter().any(|it| it.slug == **slug)
    };
    let gone = formula.metrics().into_iter().find(|slug| !is_there(slug))?;
    Some(format!("It has no value, because its formula uses {gone}, which is archived."))
}

#[component]
fn List(
    metrics: Vec<Metric>,
    /// Why each has no value; may be shorter than the list.
    problems: Vec<Option<String>>,
    may_write: bool,
) -> impl IntoView {
    let problems = problems.into_iter().chain(std::iter::repeat(None));
    let items = metrics
        .into_iter()
        .zip(problems)
        .map(|(metric, problem)| view! { <Item metric problem may_write /> })
        .collect_view();
    view! { <ul class="tokens">{items}</ul> }
}

#[component]
fn Item(metric: Metric, problem: Option<String>, may_write: bool) -> impl IntoView {
    let Metric { slug, name, unit, higher_is_better, aggregation, formula, archived, .. } = metric;
    let unit = if unit.is_empty() { String::new() } else { format!("in {unit}, ") };
    let better = if higher_is_better { "higher is better" } else { "lower is better" };
    let edit = format!("/analytics/metrics?edit={slug}#metric");
    let verb = if archived { "Restore" } else { "Archive" };
    let named = format!("{verb} {name}");
    let change = format!("Edit {name}");
    view! {
        <li class="token">
            <div>
                <p class="token-name" dir="auto">
                    {name}
                </p>
                <p class="token-created">
                    {match formula {
                        Some(formula) => {
                            view! {
                                {format!("{unit}{better}; computed as ")}
                                <code>{formula}</code>
                            }
                                .into_any()
                        }
                        None => {
                            view! {
                                {format!("{unit}{better}; {}; in files ", aggregation.told())}
                                <code>{slug.clone()}</code>
                            }
                                .into_any()
                        }
                    }}
                </p>
                {problem.map(|problem| view! { <p class="field-error">{problem}</p> })}
            </div>
            {may_write
                .then(|| {
                    view! {
                        <div class="actions">
                            <a class="button-quiet" href=edit rel="external" aria-label=change>
                                "Edit"
                            </a>
                            <form method="post" action=ArchiveMetric::url()>
                                <input type="hidden" name="slug" value=slug />
                                <input type="hidden" name="archived" value=(!archived).to_string() />
                                <button type="submit" class="button-quiet" aria-label=named>
                                    {verb}
                                </button>
                            </form>
                        </div>
                    }
                })}
        </li>
    }
}

#[component]
fn SettingsForm(
    settings: Settings,
    error: Option<AppError>,
    time_zones: Vec<String>,
) -> impl IntoView {
    let reason = |field: &str| Some(error.as_ref()?.field(field)?.to_owned());
    let Settings { currency, time_zone, week_start, fiscal_year_start } = settings;
    let zone_error = reason("time_zone");
    let refused = zone_error.is_some();
    let zones = time_zones
        .into_iter()
        .map(|zone| {
            let selected = zone == time_zone;
            view! {
                <option value=zone.clone() selected=selected>
                    {zone.clone()}
                </option>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="settings-title">
            <h2 id="settings-title">"Currency, time zone and calendar"</h2>
            <form method="post" action=SaveAnalyticsSettings::url()>
                <FormNotice error=error.clone() />
                <TextField
                    name="currency"
                    label="Currency of revenue"
                    value=currency
                    error=reason("currency")
                    hint="Three letters, such as EUR, GBP or USD."
                    autocomplete="off"
                    maxlength=3
                />
                <div class="field" class:field-invalid=refused>
                    <label for="time_zone">"Time zone"</label>
                    <p class="field-hint" id="time_zone-hint">
                        "Where a day of your business begins and ends."
                    </p>
                    <select
                        id="time_zone"
                        name="time_zone"
                        aria-invalid=refused.then_some("true")
                        aria-describedby=if refused { "time_zone-error time_zone-hint" } else { "time_zone-hint" }
                    >
                        {zones}
                    </select>
                    {zone_error
                        .map(|reason| {
                            view! {
                                <p class="field-error" id="time_zone-error">
                                    {reason}
                                </p>
                            }
                        })}
                </div>
                <CalendarFields week_start fiscal_year_start />
                <SubmitButton label="Save settings" />
            </form>
        </section>
    }
}

#[component]
fn CalendarFields(week_start: WeekStart, fiscal_year_start: u8) -> impl IntoView {
    let starts = WeekStart::ALL
        .map(|start| {
            view! {
                <option value=start.name() selected=start == week_start>
                    {start.weekday().to_string()}
                </option>
            }
        })
        .collect_view();
    let months = (1..=12_u8)
        .filter_map(|number| Some((number, Month::try_from(number).ok()?)))
        .map(|(number, month)| {
            view! {
                <option value=number.to_string() selected=number == fiscal_year_start>
                    {month.to_string()}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="week_start">"Weeks begin on"</label>
            <select id="week_start" name="week_start">
                {starts}
            </select>
        </div>
        <div class="field">
            <label for="fiscal_year_start">"The fiscal year begins in"</label>
            <p class="field-hint" id="fiscal_year_start-hint">
                "Decides which months an imported quarter or year stands for."
            </p>
            <select
                id="fiscal_year_start"
                name="fiscal_year_start"
                aria-describedby="fiscal_year_start-hint"
            >
                {months}
            </select>
        </div>
    }
}

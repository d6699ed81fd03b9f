//! `/analytics/metrics`: custom metrics, currency, time zone and calendar.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use time::Month;

use super::{Below, refused};
use crate::analytics::model::{
    Aggregation, BUILT_IN, METRIC_NAME_MAX_CHARS, MOST_METRICS, Metric, MetricsView, Settings,
    TypedMetric, UNIT_MAX_CHARS, WeekStart,
};
use crate::analytics::server_fns::{
    ArchiveMetric, SaveAnalyticsSettings, SaveMetric, load_metrics,
};
use crate::error::AppError;
use crate::ui::{FormNotice, PageTitle, SubmitButton, TextField, load};

/// The metrics page. `?edit=` is the slug of the metric to edit; `?saved=1` follows after a change was saved.
#[component]
pub fn MetricsPage() -> impl IntoView {
    let query = use_query_map();
    let view = load(load_metrics(query.with_untracked(|query| query.get("edit"))));
    let saved = query.with_untracked(|query| query.get("saved").is_some());
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
                    Ok(view) => view! { <Metrics view saved /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn Metrics(view: MetricsView, saved: bool) -> impl IntoView {
    let MetricsView { may_write, metrics, typed, error, settings, settings_error, time_zones } =
        view;
    let saved = saved && error.is_none() && settings_error.is_none();
    let (old, used): (Vec<Metric>, Vec<Metric>) = metrics.into_iter().partition(|it| it.archived);
    let is_empty = used.is_empty();
    let weights = weights(&used, &typed.slug);
    view! {
        {saved
            .then(|| {
                view! {
                    <p class="notice notice-success" role="status" tabindex="-1" autofocus>
                        "Saved."
                    </p>
                }
            })}
        <section class="analytics-metrics" aria-labelledby="used-title">
            <h2 id="used-title">"In use"</h2>
            {is_empty.then(|| view! { <p class="empty">"No metrics of your own yet. Add one below."</p> })}
            {(!is_empty)
                .then(|| view! { <p class="usage-note">{format!("{} of {MOST_METRICS} own metrics.", used.len())}</p> })}
            <List metrics=used may_write />
        </section>
        {may_write.then(|| view! { <MetricForm typed weights error /> })}
        {(!old.is_empty())
            .then(|| {
                view! {
                    <section class="analytics-metrics" aria-labelledby="archived-title">
                        <h2 id="archived-title">"Archived"</h2>
                        <p class="usage-note">"Their values are kept."</p>
                        <List metrics=old may_write />
                    </section>
                }
            })}
        {may_write.then(|| view! { <SettingsForm settings error=settings_error time_zones /> })}
    }
}

#[component]
fn List(metrics: Vec<Metric>, may_write: bool) -> impl IntoView {
    let items =
        metrics.into_iter().map(|metric| view! { <Item metric may_write /> }).collect_view();
    view! { <ul class="tokens">{items}</ul> }
}

#[component]
fn Item(metric: Metric, may_write: bool) -> impl IntoView {
    let Metric { slug, name, unit, higher_is_better, aggregation, archived, .. } = metric;
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
                    {format!("{unit}{better}; {}; in files ", aggregation.told())}
                    <code>{slug.clone()}</code>
                </p>
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
fn MetricForm(
    typed: TypedMetric,
    /// Slug and name of the metrics that can weight a mean.
    weights: Vec<(String, String)>,
    error: Option<AppError>,
) -> impl IntoView {
    let reason = |field: &str| Some(error.as_ref()?.field(field)?.to_owned());
    let TypedMetric { slug, name, unit, better, aggregation, weight } = typed;
    let is_new = slug.is_empty();
    let title = if is_new { "New metric" } else { "Edit metric" };
    let lower = better == "lower";
    view! {
        <section class="card" id="metric" aria-labelledby="metric-title">
            <h2 id="metric-title">{title}</h2>
            <form method="post" action=SaveMetric::url()>
                <FormNotice error=error.clone() />
                <input type="hidden" name="slug" value=slug />
                <TextField
                    name="name"
                    label="Name"
                    value=name
                    error=reason("name")
                    hint="For example: Churn rate, Hours open, Average basket."
                    autocomplete="off"
                    required=true
                    maxlength=METRIC_NAME_MAX_CHARS as u32
                />
                <TextField
                    name="unit"
                    label="Unit"
                    value=unit
                    error=reason("unit")
                    hint="For example: %, hours, EUR. May stay empty."
                    autocomplete="off"
                    maxlength=UNIT_MAX_CHARS as u32
                />
                <AggregationField chosen=aggregation error=reason("aggregation") />
                <WeightField chosen=weight weights error=reason("weight") />
                <fieldset class="analytics-better">
                    <legend>"Better when"</legend>
                    <label>
                        <input type="radio" name="better" value="higher" checked=!lower />
                        "Higher"
                    </label>
                    <label>
                        <input type="radio" name="better" value="lower" checked=lower />
                        "Lower"
                    </label>
                </fieldset>
                <SubmitButton label=if is_new { "Add metric" } else { "Save metric" } />
            </form>
        </section>
    }
}

/// Asks how days become a longer period. A new metric has no answer yet.
#[component]
fn AggregationField(chosen: String, error: Option<String>) -> impl IntoView {
    let refused = error.is_some();
    let choices = Aggregation::ALL.map(|it| {
        let is_chosen = chosen == it.name();
        view! {
            <label>
                <input
                    type="radio"
                    name="aggregation"
                    value=it.name()
                    checked=is_chosen
                    required
                    aria-describedby=refused.then_some("aggregation-error")
                />
                {it.label()}
            </label>
        }
    });
    view! {
        <fieldset class="analytics-better analytics-aggregation" class:field-invalid=refused>
            <legend>"A week or a month is made from its days by"</legend>
            {Vec::from(choices)}
            {error
                .map(|reason| {
                    view! {
                        <p class="field-error" id="aggregation-error">
                            {reason}
                        </p>
                    }
                })}
        </fieldset>
    }
}

/// Asks what weights the days of a mean.
#[component]
fn WeightField(
    chosen: String,
    weights: Vec<(String, String)>,
    error: Option<String>,
) -> impl IntoView {
    let refused = error.is_some();
    let options = weights
        .into_iter()
        .map(|(slug, name)| {
            let selected = slug == chosen;
            view! {
                <option value=slug selected=selected>
                    {name}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field" class:field-invalid=refused>
            <label for="weight">"Weight of an average"</label>
            <p class="field-hint" id="weight-hint">
                "For averages only. A bounce rate weighted by sessions counts a busy day more than a quiet one."
            </p>
            <select
                id="weight"
                name="weight"
                aria-invalid=refused.then_some("true")
                aria-describedby=if refused { "weight-error weight-hint" } else { "weight-hint" }
            >
                <option value="">"None: every day counts the same"</option>
                {options}
            </select>
            {error
                .map(|reason| {
                    view! {
                        <p class="field-error" id="weight-error">
                            {reason}
                        </p>
                    }
                })}
        </div>
    }
}

/// Lists the metrics that can weight the means of the edited one: those that count something.
fn weights(used: &[Metric], edited: &str) -> Vec<(String, String)> {
    let counts = |it: Aggregation| matches!(it, Aggregation::Sum | Aggregation::Distinct);
    let built_in = BUILT_IN.iter().map(|it| (it.slug.to_owned(), it.name.to_owned()));
    let own = used.iter().filter(|it| counts(it.aggregation) && it.slug != edited);
    built_in.chain(own.map(|it| (it.slug.clone(), it.name.clone()))).collect()
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

//! The form of a custom metric.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::analytics::model::{
    Aggregation, BUILT_IN, DERIVED, FORMULA_MAX_CHARS, METRIC_NAME_MAX_CHARS, Metric, TypedMetric,
    UNIT_MAX_CHARS,
};
use crate::analytics::server_fns::SaveMetric;
use crate::error::AppError;
use crate::ui::{FormNotice, SubmitButton, TextField};

#[component]
pub fn MetricForm(
    typed: TypedMetric,
    /// Slug and name of the metrics that can weight a mean.
    weights: Vec<(String, String)>,
    error: Option<AppError>,
) -> impl IntoView {
    let reason = |field: &str| Some(error.as_ref()?.field(field)?.to_owned());
    let is_new = typed.slug.is_empty();
    let TypedMetric { slug, name, unit, better, aggregation, weight, formula } = typed;
    // A metric stays what it was made as: entered, or computed.
    let is_derived = !is_new && (!formula.is_empty() || aggregation == DERIVED);
    let is_entered = !is_new && !is_derived;
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
                {match is_derived {
                    true => {
                        view! { <input type="hidden" name="aggregation" value=DERIVED /> }.into_any()
                    }
                    false => {
                        view! {
                            <AggregationField chosen=aggregation is_new error=reason("aggregation") />
                            <WeightField chosen=weight weights error=reason("weight") />
                        }
                            .into_any()
                    }
                }}
                {(!is_entered)
                    .then(|| {
                        view! {
                            <TextField
                                name="formula"
                                label="Formula"
                                value=formula
                                error=reason("formula")
                                hint="Only if it is computed, for example: (revenue - cost-of-goods) / revenue * 100. Use the names that files use, + - * / and parentheses. A minus needs spaces around it. The word days stands for the number of days added up."
                                autocomplete="off"
                                maxlength=FORMULA_MAX_CHARS as u32
                            />
                        }
                    })}
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
fn AggregationField(chosen: String, is_new: bool, error: Option<String>) -> impl IntoView {
    let refused = error.is_some();
    let all = Aggregation::ALL.map(|it| (it.name(), it.label())).into_iter();
    let derived = is_new.then_some((DERIVED, "Compute it by a formula (margins, runway)"));
    let choices = all.chain(derived).map(|(name, label)| {
        let is_chosen = chosen == name;
        view! {
            <label>
                <input
                    type="radio"
                    name="aggregation"
                    value=name
                    checked=is_chosen
                    required
                    aria-describedby=refused.then_some("aggregation-error")
                />
                {label}
            </label>
        }
    });
    view! {
        <fieldset class="analytics-better analytics-aggregation" class:field-invalid=refused>
            <legend>"A week or a month is made from its days by"</legend>
            {choices.collect_view()}
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
pub fn weights(used: &[Metric], edited: &str) -> Vec<(String, String)> {
    let counts = |it: Aggregation| matches!(it, Aggregation::Sum | Aggregation::Distinct);
    let built_in = BUILT_IN.iter().map(|it| (it.slug.to_owned(), it.name.to_owned()));
    let is_weight =
        |it: &&Metric| counts(it.aggregation) && it.formula.is_none() && it.slug != edited;
    let own = used.iter().filter(is_weight);
    built_in.chain(own.map(|it| (it.slug.clone(), it.name.clone()))).collect()
}

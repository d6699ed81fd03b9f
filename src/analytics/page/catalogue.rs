//! The standard metrics, each with a button that switches it on.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::analytics::model::{CATALOGUE, Formula, Group, Metric, Standard};
use crate::analytics::server_fns::AddStandardMetric;

/// The catalogue by groups. It is open until the business has a metric of its own, and after one was added here.
#[component]
pub fn Catalogue(
    /// All metrics of the business, archived ones included.
    stored: Vec<Metric>,
    may_write: bool,
    /// Whether a standard metric was just added.
    added: bool,
) -> impl IntoView {
    let is_open = stored.is_empty() || added;
    let groups = Group::ALL.map(|group| {
        let items = CATALOGUE
            .iter()
            .filter(|standard| standard.group == group)
            .map(|standard| item(standard, &stored, may_write))
            .collect_view();
        view! {
            <h3>{group.name()}</h3>
            <ul class="tokens">{items}</ul>
        }
    });
    view! {
        <section class="card analytics-catalogue" id="catalogue" aria-labelledby="catalogue-title">
            <h2 id="catalogue-title">"Standard metrics"</h2>
            {added
                .then(|| {
                    view! {
                        <p class="notice notice-success" role="status" tabindex="-1" autofocus>
                            "Added."
                        </p>
                    }
                })}
            <p class="usage-note">
                "Metrics that many businesses record. Amounts are in the currency of revenue, below."
            </p>
            <details open=is_open>
                <summary>{format!("Show {} standard metrics", CATALOGUE.len())}</summary>
                {Vec::from(groups)}
            </details>
        </section>
    }
}

fn item(standard: &Standard, stored: &[Metric], may_write: bool) -> impl IntoView + use<> {
    let Standard { slug, name, about, .. } = *standard;
    let formula = standard.formula(stored);
    let own = stored.iter().find(|metric| metric.slug == slug);
    let state = match own {
        Some(metric) if metric.archived => "Archived",
        Some(_) => "You have this",
        None => "",
    };
    let needs = formula.as_deref().map(|formula| needs(formula, stored)).unwrap_or_default();
    let needs =
        (state.is_empty() && !needs.is_empty()).then(|| format!(" Adds {} too.", needs.join(", ")));
    let formula = formula.map(|formula| {
        view! {
            " Computed as " <code>{formula}</code> "." {needs}
        }
    });
    let can_add = may_write && own.is_none_or(|metric| metric.archived);
    let verb = if own.is_some() { "Restore" } else { "Add" };
    let named = format!("{verb} {name}");
    view! {
        <li class="token">
            <div>
                <p class="token-name">{name}</p>
                <p class="token-created">{about} {formula}</p>
            </div>
            <div class="actions">
                {(!state.is_empty()).then(|| view! { <p class="token-created">{state}</p> })}
                {can_add
                    .then(|| {
                        view! {
                            <form method="post" action=AddStandardMetric::url()>
                                <input type="hidden" name="slug" value=slug />
                                <button type="submit" class="button-quiet" aria-label=named>
                                    {verb}
                                </button>
                            </form>
                        }
                    })}
            </div>
        </li>
    }
}

/// Returns the names of the standard metrics that a formula uses and the business does not have in use.
fn needs(formula: &str, stored: &[Metric]) -> Vec<&'static str> {
    let Ok(formula) = Formula::parse(formula) else { return Vec::new() };
    let is_used = |slug: &&str| stored.iter().any(|it| it.slug == **slug && !it.archived);
    let missing = formula.metrics().into_iter().filter(|slug| !is_used(slug));
    missing.filter_map(Standard::find).map(|standard| standard.name).collect()
}

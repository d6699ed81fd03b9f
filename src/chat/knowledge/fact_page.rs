//! `/knowledge/{id}`: one fact, large, with how it was made: its calculation and its days, as plain HTML.
//! Citations lead here.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::fact::{Cited, Explanation, FactView, load_fact};
use crate::error::{AppError, Code};
use crate::facts::days;
use crate::facts::model::Fact;
use crate::facts::working::{Day, Step, Table, Working};
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};

/// The page. `?to=` selects the window that ends with this day.
#[component]
pub fn FactPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let to = use_query_map().with_untracked(|query| query.get("to"));
    let view = load(load_fact(id, to));
    view! {
        <PageTitle text="A fact and how it was made · C-Suite" />
        <main class="page knowledge">
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <FactDetails view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <Refused error /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Refused(error: AppError) -> impl IntoView {
    view! {
        <Head title="Fact".to_owned() />
        <FormNotice error=Some(error) />
        <p>
            "It may have been computed from numbers that were deleted since. "
            <a href="/knowledge">"See what your advisers know today"</a> "."
        </p>
    }
}

#[component]
fn Head(title: String) -> impl IntoView {
    view! {
        <header class="knowledge-head">
            <p>
                <a href="/knowledge">"What your advisers know"</a>
            </p>
            <h1 dir="auto">{title}</h1>
        </header>
    }
}

#[component]
fn FactDetails(view: FactView) -> impl IntoView {
    let changed = view.changed().cloned();
    let FactView { shown, newest, cited, may_write } = view;
    let Some(shown) = shown else {
        return view! { <Gone newest cited /> }.into_any();
    };
    let Explanation { fact, entered, working, numbers } = shown;
    let what = if fact.number.is_some() { "What it is made from" } else { "Where it was entered" };
    let is_from_numbers = fact.id.starts_with("K.");
    // Days are entered by owners and admins only, and other members can see their table.
    let entered = match is_from_numbers && entered.starts_with("/analytics/day") && !may_write {
        true => "/analytics#days".to_owned(),
        false => entered,
    };
    view! {
        <Head title=fact.label.clone() />
        <Value fact />
        {changed.map(|cited| view! { <Changed cited /> })}
        {newest.map(|newest| view! { <Newest newest /> })}
        <How working=working.clone() />
        <Numbers facts=numbers />
        <Tables tables=working.tables may_write />
        <Citations cited />
        <p>
            <a href=entered rel="external">
                {what}
            </a>
        </p>
    }
    .into_any()
}

/// The value, highlighted.
#[component]
fn Value(fact: Fact) -> impl IntoView {
    let days = days(&fact);
    let Fact { id, text, number, note, .. } = fact;
    let class = if number.is_some() { "fact-value is-number" } else { "fact-value" };
    view! {
        <section class="fact-card" aria-label="Value">
            <p class=class dir="auto">
                <mark>{text}</mark>
            </p>
            {days.map(|days| view! { <p class="fact-days">{days}</p> })}
            {note.map(|note| view! { <p class="knowledge-note">{sentence(&note)}</p> })}
            <code>{id}</code>
        </section>
    }
}

/// Notes are written to follow a value in parentheses.
fn sentence(note: &str) -> String {
    let mut rest = note.chars();
    rest.next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), rest.as_str()))
}

/// Says that a reply cites another value than the data gives now.
#[component]
fn Changed(cited: Cited) -> impl IntoView {
    let Cited { conversation_id, at, fact, .. } = cited;
    view! {
        <div class="notice fact-changed">
            <p>
                "This has changed since it was cited. On " {at} ", "
                <a href=format!("/chat/{conversation_id}") rel="external">
                    "a reply"
                </a> " was given " <b dir="auto">{fact.text}</b>
                "; above is what your data says now."
            </p>
        </div>
    }
}

/// Leads to the fact of today.
#[component]
fn Newest(newest: Fact) -> impl IntoView {
    let Fact { label, text, source, .. } = newest;
    view! {
        <div class="notice">
            <p>
                "There are newer numbers. " <a href=source rel="external" dir="auto">
                    {label}
                </a> ": " <b dir="auto">{text}</b>
            </p>
        </div>
    }
}

/// In place of a fact that does not exist any more.
#[component]
fn Gone(newest: Option<Fact>, cited: Vec<Cited>) -> impl IntoView {
    let last = cited.first().map(|cited| cited.fact.clone());
    let title = last.as_ref().map_or_else(|| "Fact".to_owned(), |fact| fact.label.clone());
    view! {
        <Head title />
        <div class="notice">
            <p>
                "Your data no longer contains this fact: its days were deleted, its metric was archived, or the insight no longer applies. "
                {last.is_some().then_some("Below is the value that a reply was given.")}
            </p>
        </div>
        {last.map(|fact| view! { <Value fact /> })}
        {newest.map(|newest| view! { <Newest newest /> })}
        <Citations cited />
    }
}

/// The calculation.
#[component]
fn How(working: Working) -> impl IntoView {
    let Working { steps, .. } = working;
    let is_rounded = steps.len() > 1 || steps.iter().any(|step| step.is.contains(" = "));
    let rows = steps
        .into_iter()
        .map(|Step { what, is }| {
            view! {
                <div>
                    <dt>{what}</dt>
                    <dd dir="auto">{is}</dd>
                </div>
            }
        })
        .collect_view();
    (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="how">
                <h2 id="how">"How it was made"</h2>
                <dl class="fact-steps">{rows}</dl>
                {is_rounded
                    .then(|| {
                        view! {
                            <p class="knowledge-about">
                                "Numbers are shown rounded; the calculation uses them unrounded."
                            </p>
                        }
                    })}
            </section>
        }
    })
}

/// The numbers of the insight that a sentence belongs to.
#[component]
fn Numbers(facts: Vec<Fact>) -> impl IntoView {
    let items = facts
        .into_iter()
        .map(|Fact { label, text, source, .. }| {
            view! {
                <div>
                    <dt>
                        <a href=source rel="external" dir="auto">
                            {label}
                        </a>
                    </dt>
                    <dd dir="auto">{text}</dd>
                </div>
            }
        })
        .collect_view();
    (!items.is_empty()).then(|| {
        view! {
            <section aria-labelledby="numbers">
                <h2 id="numbers">"The numbers behind it"</h2>
                <dl class="fact-steps">{items}</dl>
            </section>
        }
    })
}

#[component]
fn Tables(tables: Vec<Table>, may_write: bool) -> impl IntoView {
    let is_empty = tables.is_empty();
    let has_periods = tables.iter().flat_map(|table| &table.days).any(|day| day.date.is_empty());
    let title = if has_periods { "Periods" } else { "Days" };
    let tables =
        tables.into_iter().map(|table| view! { <DaysOfWindow table may_write /> }).collect_view();
    (!is_empty).then(|| {
        view! {
            <section aria-labelledby="days">
                <h2 id="days">{title}</h2>
                <div class="fact-tables">{tables}</div>
            </section>
        }
    })
}

#[component]
fn DaysOfWindow(table: Table, may_write: bool) -> impl IntoView {
    let Table { title, columns, days, sums, means } = table;
    let first = if days.iter().any(|day| day.date.is_empty()) { "Period" } else { "Day" };
    let head =
        columns.into_iter().map(|column| view! { <th scope="col">{column}</th> }).collect_view();
    let totals = [("Sum", sums), ("Mean", means)]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| {
            let cells = values.into_iter().map(|value| view! { <td>{value}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    let rows = days.into_iter().map(|day| row(day, may_write)).collect_view();
    let name = title.clone();
    view! {
        <div class="usage-scroll" role="region" aria-label=name tabindex="0">
            <table class="usage-table">
                <caption>{title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{first}</th>
                        {head}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                {(!totals.is_empty()).then(|| view! { <tfoot>{totals}</tfoot> })}
            </table>
        </div>
    }
}

fn row(day: Day, may_write: bool) -> impl IntoView + use<> {
    let Day { date, label, values } = day;
    let cells = values
        .into_iter()
        .map(|value| match value {
            Some(value) => view! { <td>{value}</td> }.into_any(),
            None => view! { <td class="fact-unknown">"no number"</td> }.into_any(),
        })
        .collect_view();
    let label = match may_write && !date.is_empty() {
        true => view! { <a href=format!("/analytics/day?date={date}")>{label}</a> }.into_any(),
        false => label.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            {cells}
        </tr>
    }
}

#[component]
fn Citations(cited: Vec<Cited>) -> impl IntoView {
    let items = cited
        .into_iter()
        .map(|Cited { conversation_id, persona, at, fact }| {
            let adviser = persona.to_uppercase();
            view! {
                <li>
                    <a href=format!("/chat/{conversation_id}") rel="external">
                        {at}
                    </a>
                    {format!(", {adviser}: ")}
                    <b dir="auto">{fact.text}</b>
                </li>
            }
        })
        .collect_view();
    (!items.is_empty()).then(|| {
        view! {
            <section aria-labelledby="cited">
                <h2 id="cited">"Your replies that cite it"</h2>
                <ul class="fact-cited">{items}</ul>
            </section>
        }
    })
}

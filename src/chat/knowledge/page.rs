//! `/knowledge`: shows what the advisers know, as plain HTML.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{KnowledgeView, load_knowledge};
use crate::error::Code;
use crate::facts::model::{Fact, Missing};
use crate::personas::model::Persona;
use crate::ui::{FormNotice, PageTitle, load, redirect_to_sign_in};

/// The page. `?persona=` selects the adviser.
#[component]
pub fn KnowledgePage() -> impl IntoView {
    let slug = use_query_map().with_untracked(|query| query.get("persona"));
    let view = load(load_knowledge(slug));
    view! {
        <PageTitle text="What your advisers know · C-Suite" />
        <main class="page knowledge">
            <header class="knowledge-head">
                <h1>"What your advisers know"</h1>
                <p>
                    "The facts about your business that an adviser gets, word for word, before each answer, and that answers cite. Besides them it knows only your conversation."
                </p>
            </header>
            {Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Knowledge view /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Knowledge(view: KnowledgeView) -> impl IntoView {
    let KnowledgeView { advisers, adviser, today, first, rest, left_out, missing, system } = view;
    let count = first.len() + rest.len();
    let is_empty = count + left_out.len() == 0;
    let short = adviser.short.clone();
    let rest_title = if first.is_empty() { "Facts" } else { "Other facts" };
    view! {
        <Advisers advisers chosen=adviser.slug.clone() />
        <p class="knowledge-sum">
            {format!("{} ({}) gets {}, as of {today}.", adviser.title, adviser.short, facts(count))}
        </p>
        {is_empty.then(|| view! { <p class="empty">"No facts yet. Add the missing information below."</p> })}
        <Facts id="first" title=format!("What matters most to the {short}") told=first />
        <Facts id="rest" title=rest_title.to_owned() told=rest />
        <LeftOut facts=left_out short />
        <Unknown missing />
        <details class="knowledge-prompt">
            <summary>"Instructions, as the model reads them"</summary>
            <pre dir="auto" tabindex="0" role="region" aria-label="Instructions">
                {system}
            </pre>
        </details>
    }
}

/// Formats `1 fact`, `12 facts`.
fn facts(count: usize) -> String {
    if count == 1 { "1 fact".to_owned() } else { format!("{count} facts") }
}

#[component]
fn Advisers(advisers: Vec<Persona>, chosen: String) -> impl IntoView {
    let links = advisers
        .into_iter()
        .map(|Persona { slug, short, summary, colour, .. }| {
            let current = (slug == chosen).then_some("page");
            view! {
                <li>
                    <a
                        href=format!("/knowledge?persona={slug}")
                        data-colour=colour
                        aria-current=current
                        title=summary
                    >
                        {short}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="knowledge-advisers" aria-label="Adviser">
            <ul>{links}</ul>
        </nav>
    }
}

#[component]
fn Facts(id: &'static str, title: String, told: Vec<Fact>) -> impl IntoView {
    (!told.is_empty()).then(|| {
        view! {
            <section aria-labelledby=id>
                <h2 id=id>{title}</h2>
                <ul class="knowledge-facts">
                    {told.into_iter().map(|fact| view! { <FactItem fact /> }).collect_view()}
                </ul>
            </section>
        }
    })
}

/// A fact: its label, linked to its source, its value, its note and its id.
#[component]
fn FactItem(fact: Fact) -> impl IntoView {
    let Fact { id, label, text, number, source, note, .. } = fact;
    let class = if number.is_some() { "knowledge-fact is-number" } else { "knowledge-fact" };
    view! {
        <li class=class>
            <a class="knowledge-label" href=source rel="external" dir="auto">
                {label}
            </a>
            <p class="knowledge-value" dir="auto">
                {text}
            </p>
            {note.map(|note| view! { <p class="knowledge-note">{note}</p> })}
            <code>{id}</code>
        </li>
    }
}

#[component]
fn LeftOut(facts: Vec<Fact>, short: String) -> impl IntoView {
    let title = format!("Facts left out for the {short}");
    (!facts.is_empty()).then(|| {
        view! {
            <section aria-labelledby="left-out">
                <h2 id="left-out">{title}</h2>
                <p class="knowledge-about">
                    "All facts together exceed what the model can read. The least relevant for this adviser are left out."
                </p>
                <ul class="knowledge-facts">
                    {facts.into_iter().map(|fact| view! { <FactItem fact /> }).collect_view()}
                </ul>
            </section>
        }
    })
}

#[component]
fn Unknown(missing: Vec<Missing>) -> impl IntoView {
    let items = missing
        .into_iter()
        .map(|Missing { what, source }| {
            view! {
                <li>
                    <a href=source rel="external" dir="auto">
                        {what}
                    </a>
                </li>
            }
        })
        .collect_view();
    (!items.is_empty()).then(|| {
        view! {
            <section aria-labelledby="missing">
                <h2 id="missing">"Missing information"</h2>
                <p class="knowledge-about">
                    "Each link leads to the page where you can add it. An adviser without it says so, or asks."
                </p>
                <ul class="knowledge-missing">{items}</ul>
            </section>
        }
    })
}

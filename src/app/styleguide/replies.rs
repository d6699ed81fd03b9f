//! Questions and replies, their citations, and the states of their numbers, rendered and checked as any reply is.

use std::sync::Arc;

use leptos::prelude::*;

use super::Specimen;
use crate::chat::markdown::{Seam, render_blocks};
use crate::facts::model::{Fact, Number};
use crate::grounding::Known;
use crate::personas::built_in;
use crate::personas::emblem::Emblem;

const QUESTION: &str = "How was the last month? We want to spend 500 EUR on advertising.";

/// One paragraph for each state of a number.
const REPLY: &str = "Revenue was 12,345.67 EUR in 30 days [K.revenue.30d], which is **confirmed**.

The oven was 12,345.67 EUR [K.revenue.30d]: *found*, the sentence names no metric.

Sessions were 12,345.67 EUR [K.revenue.30d]: a *conflict* with the source.

12,345.67 EUR / 30 = 411.52 EUR a day, *worked out* again.

Your 500 EUR are *from the question*, and 20 % dearer coffee is in the *profile*.

A usual shop converts 3.7 % of visitors: *not from your data*.

| Step | When |
|---|---|
| Raise prices | January |
| Open on Sundays | `later` |

> Check what matters before you act on it.";

fn facts() -> Vec<Fact> {
    vec![
        Fact {
            id: "K.revenue.30d".to_owned(),
            label: "Revenue, 30 days to 24 Nov 2026, total".to_owned(),
            text: "12,345.67 EUR".to_owned(),
            number: Some(Number { value: 12_345.67, unit: "EUR".to_owned() }),
            span: Some(("2026-10-26".to_owned(), "2026-11-24".to_owned())),
            source: "/knowledge".to_owned(),
            ..Fact::default()
        },
        Fact {
            id: "P.challenges".to_owned(),
            label: "Challenges".to_owned(),
            text: "Green coffee became 20 % dearer this year.".to_owned(),
            source: "/profile".to_owned(),
            ..Fact::default()
        },
    ]
}

pub fn replies() -> impl IntoView {
    let checked = html(Known::new(Arc::new(facts()), QUESTION), REPLY);
    view! {
        <div class="guide-thread">
            <Question text=QUESTION />
            <Reply status="complete" html=checked ending="" failed=false />
        </div>
        <Specimen name="Waiting, being written, stopped, failed">
            <div class="guide-thread">
                <Reply status="streaming" html=String::new() ending="" failed=false />
                <Reply status="streaming" html=plain("Revenue rose in") ending="" failed=false />
                <Reply
                    status="stopped"
                    html=plain("Revenue rose")
                    ending="You stopped this answer."
                    failed=false
                />
                <Reply
                    status="failed"
                    html=String::new()
                    ending="The model does not answer at the moment. Try again in a minute."
                    failed=true
                />
            </div>
        </Specimen>
    }
}

fn html(known: Known, text: &str) -> String {
    let blocks = render_blocks(&Seam::after("", Arc::new(known)), text, false);
    blocks.iter().map(|block| format!("<div class=\"block\">{block}</div>")).collect()
}

fn plain(text: &str) -> String {
    html(Known::default(), text)
}

#[component]
fn Question(text: &'static str) -> impl IntoView {
    view! {
        <article class="message message-user" aria-label="You">
            <div class="message-body">{text}</div>
        </article>
    }
}

/// A reply as `chat::page::message` renders it, without the app.
#[component]
fn Reply(status: &'static str, html: String, ending: &'static str, failed: bool) -> impl IntoView {
    let card = built_in::all().into_iter().find(|it| it.slug == "cfo")?.card(false);
    let class = if failed { "message-meta message-failure" } else { "message-meta" };
    let label = card.title.clone();
    Some(view! {
        <article
            class="message message-answer"
            data-colour=card.colour
            data-status=status
            aria-label=label
        >
            <header class="message-head">
                <Emblem charge=card.charge />
                <h3 class="message-author">{card.title}</h3>
                <time class="message-time">"25 Nov 2026, 07:32 CET"</time>
            </header>
            <div class="message-body" inner_html=html></div>
            <p class="message-wait">"Thinking…"</p>
            {(!ending.is_empty()).then(|| view! { <p class=class>{ending}</p> })}
        </article>
    })
}

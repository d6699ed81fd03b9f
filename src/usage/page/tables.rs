//! The tables: sums by group, and the replies of one group.

use leptos::prelude::*;

use super::Place;
use super::cost::{Cost, CostEach};
use crate::format::number::count;
use crate::usage::model::{DrillDown, ReplyRow, Totals, UsageReport, UsageRow};

/// The sums, one row per group.
#[component]
pub fn Summary(report: UsageReport, place: Place) -> impl IntoView {
    let UsageReport { data, totals, group, .. } = report;
    let rows = data.into_iter().map(|row| summary_row(row, &place)).collect_view();
    view! {
        <Scrolling label="Usage by group">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">{group.label()}</th>
                        <th scope="col">"Cost"</th>
                        <th scope="col">"Cost per answer"</th>
                        <th scope="col">"Answers"</th>
                        <th scope="col">"Failures"</th>
                        <th scope="col">"Prompt tokens"</th>
                        <th scope="col">"Cached"</th>
                        <th scope="col">"Answer tokens"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"Total"</th>
                        {cells(totals)}
                    </tr>
                </tfoot>
            </table>
        </Scrolling>
    }
}

fn summary_row(row: UsageRow, place: &Place) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">
                // `external` makes the browser navigate, so that it scrolls to the list of replies.
                <a href=place.row_address(&row.key) rel="external" dir="auto">
                    {row.label}
                </a>
            </th>
            {cells(row.totals)}
        </tr>
    }
}

fn cells(totals: Totals) -> impl IntoView {
    let Totals { replies, failures, prompt_tokens, cached_tokens, completion_tokens, cost_micros } =
        totals;
    let numbers = [replies, failures, prompt_tokens, cached_tokens, completion_tokens]
        .map(|n| view! { <td>{count(n)}</td> })
        .collect_view();
    view! {
        <td>
            <Cost micros=cost_micros />
        </td>
        <td>
            <CostEach micros=cost_micros replies />
        </td>
        {numbers}
    }
}

/// The replies of one row.
#[component]
pub fn Replies(answers: DrillDown) -> impl IntoView {
    let DrillDown { label, replies, has_more } = answers;
    let listed = replies.len();
    let rows = replies.into_iter().map(reply_row).collect_view();
    view! {
        <section class="usage-replies" id="replies" tabindex="-1" aria-labelledby="replies-title">
            <h2 id="replies-title">"Answers: " <bdi>{label}</bdi></h2>
            {has_more
                .then(|| {
                    view! {
                        <p class="empty">
                            {format!("The newest {listed}. Choose fewer days to see older ones.")}
                        </p>
                    }
                })}
            <Scrolling label="Answers">
                <table class="usage-table">
                    <thead>
                        <tr>
                            <th scope="col">"Asked"</th>
                            <th scope="col">"Cost"</th>
                            <th scope="col" class="text">"Member"</th>
                            <th scope="col" class="text">"Adviser"</th>
                            <th scope="col" class="text">"Model"</th>
                            <th scope="col" class="text">"Ended"</th>
                            <th scope="col">"Prompt tokens"</th>
                            <th scope="col">"Cached"</th>
                            <th scope="col">"Answer tokens"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scrolling>
            <p class="usage-note">
                "Cached tokens are part of the prompt. ≈ marks our own count, used where the provider reported none. Only your own conversations are linked; those of other members are private. Summaries of long conversations, and titles by the model, are charged like answers and not counted as such."
            </p>
        </section>
    }
}

fn reply_row(row: ReplyRow) -> impl IntoView {
    let ReplyRow { asked_at, asked_human, member, persona, model, usage, status, conversation_id } =
        row;
    let asked = view! { <time datetime=asked_at>{asked_human}</time> };
    let asked = match conversation_id {
        Some(id) => view! { <a href=format!("/chat/{id}")>{asked}</a> }.into_any(),
        None => asked.into_any(),
    };
    let about = if usage.estimated { "≈ " } else { "" };
    view! {
        <tr>
            <th scope="row">{asked}</th>
            <td>
                <Cost micros=usage.cost_micros />
            </td>
            <td class="text" dir="auto">
                {member}
            </td>
            <td class="text">{persona}</td>
            <td class="text">{model}</td>
            <td class="text">{status}</td>
            <td>{format!("{about}{}", count(usage.prompt_tokens))}</td>
            <td>{count(usage.cached_tokens)}</td>
            <td>{format!("{about}{}", count(usage.completion_tokens))}</td>
        </tr>
    }
}

/// A region in which a wide table scrolls, also by keyboard.
#[component]
pub fn Scrolling(label: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="usage-scroll" role="region" aria-label=label tabindex="0">
            {children()}
        </div>
    }
}

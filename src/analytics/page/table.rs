//! The table of days, newest first, with pagination.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::Scrolling;
use crate::analytics::model::{Grain, Measure, Snapshot, TablePage};
use crate::format::number::grouped;

#[component]
pub fn Days(measures: Vec<Measure>, table: TablePage, may_write: bool) -> impl IntoView {
    let TablePage { days: rows, today, page, pages, count } = table;
    let head = measures
        .iter()
        .map(|measure| {
            let unit = Some(&measure.unit).filter(|unit| !unit.is_empty());
            view! {
                <th scope="col">
                    {measure.name.clone()} {unit.map(|unit| format!(" ({unit})"))}
                </th>
            }
        })
        .collect_view();
    let rows = rows.iter().map(|day| row(day, &today, &measures, may_write)).collect_view();
    view! {
        <section class="analytics-days" id="days" aria-labelledby="days-title">
            <h2 id="days-title">"Days"</h2>
            <p class="usage-note">{format!("{} in all, newest first.", Grain::Day.counted(count))}</p>
            <Scrolling label="Table of days">
                <table class="usage-table">
                    <thead>
                        <tr>
                            <th scope="col">"Day"</th>
                            {head}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scrolling>
            {(pages > 1).then(|| view! { <Pages page pages /> })}
        </section>
    }
}

fn row(
    day: &Snapshot,
    today: &str,
    measures: &[Measure],
    may_write: bool,
) -> impl IntoView + use<> {
    let cells = measures
        .iter()
        .map(|measure| view! { <td>{day.value(&measure.slug).map(grouped)}</td> })
        .collect_view();
    let so_far = (day.date.as_str() >= today).then_some(", so far");
    let date = day.date.clone();
    let date = if may_write {
        let href = format!("/analytics/day?date={date}");
        view! { <a href=href>{date}</a> }.into_any()
    } else {
        date.into_any()
    };
    view! {
        <tr>
            <th scope="row">{date} {so_far}</th>
            {cells}
        </tr>
    }
}

#[component]
fn Pages(page: u32, pages: u32) -> impl IntoView {
    let query = use_query_map().with_untracked(|query| {
        ["metric", "range"]
            .into_iter()
            .filter_map(|name| Some((name, query.get(name)?)))
            .map(|(name, value)| {
                format!("{name}={}&", leptos_router::location::Url::escape(&value))
            })
            .collect::<String>()
    });
    let link = |to: u32, label: &'static str| {
        let href = format!("/analytics?{query}page={to}#days");
        // `external` makes the browser navigate, so that it scrolls to the table.
        view! { <a href=href rel="external">{label}</a> }
    };
    view! {
        <nav class="analytics-pages" aria-label="Pages of days">
            {(page > 1).then(|| link(page - 1, "Newer"))}
            <span>{format!("Page {page} of {pages}")}</span>
            {(page < pages).then(|| link(page + 1, "Older"))}
        </nav>
    }
}

//! Tables, charts, values and badges.

use leptos::prelude::*;
use time::Date;

use super::Specimen;
use crate::analytics::page::Plot;
use crate::analytics::sample::exhibit;

/// The day up to which the sample data is drawn: any, as long as it stays.
const TODAY: (i32, u16) = (2026, 329);

const ROWS: [(&str, [&str; 3]); 3] = [
    ("2026-11-24", ["331", "9", "284.40"]),
    ("2026-11-23", ["312", "8", "251.95"]),
    ("2026-11-22", ["187", "5", "160.10"]),
];

/// The states of the model provider.
const PROVIDER: [(&str, &str); 4] = [
    ("answering", "Answering"),
    ("troubled", "Troubled"),
    ("failing", "Failing"),
    ("unknown", "Not asked yet"),
];

pub fn data() -> impl IntoView {
    let today = Date::from_ordinal_date(TODAY.0, TODAY.1).ok();
    let plot = today.and_then(exhibit).map(|figures| view! { <Plot chart=figures.chart /> });
    let badges = PROVIDER
        .into_iter()
        .map(|(state, label)| {
            view! {
                <span class="operator-state" data-state=state>
                    {label}
                </span>
            }
        })
        .collect_view();
    view! {
        <Specimen name="Chart">{plot}</Specimen>
        <div class="guide-columns">
            <Specimen name="Table">
                <Table />
            </Specimen>
            <Specimen name="Value with its change, and budget">
                <Value />
            </Specimen>
        </div>
        <Specimen name="Badges: the state is said in words, its colour repeats it">
            <div class="actions">{badges}</div>
        </Specimen>
        <Specimen name="Insights: notice, warning, critical">
            <Insights />
        </Specimen>
    }
}

#[component]
fn Table() -> impl IntoView {
    let rows = ROWS
        .into_iter()
        .map(|(day, values)| {
            let cells = values.into_iter().map(|value| view! { <td>{value}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">{day}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="usage-scroll" role="region" aria-label="Example of a table" tabindex="0">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        <th scope="col">"Sessions"</th>
                        <th scope="col">"Sales"</th>
                        <th scope="col">"Revenue (EUR)"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"Total"</th>
                        <td>"830"</td>
                        <td>"22"</td>
                        <td>"696.45"</td>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

#[component]
fn Value() -> impl IntoView {
    view! {
        <ul class="analytics-cards">
            <li class="analytics-card">
                <h3>"Revenue"</h3>
                <p class="analytics-last">
                    <strong>"284.40 EUR"</strong>
                    <span>"24 Nov 2026"</span>
                </p>
                <ul class="analytics-deltas">
                    <li>
                        <span class="analytics-delta better">
                            "+12.4%" <span class="visually-hidden">" (better)"</span>
                        </span>
                        " last 7 days against the 7 before"
                    </li>
                    <li>
                        <span class="analytics-delta worse">
                            "−3.1%" <span class="visually-hidden">" (worse)"</span>
                        </span>
                        " last 30 days against the 30 before"
                    </li>
                </ul>
            </li>
        </ul>
        <div class="usage-cap">
            <h3>"This month"</h3>
            <p>
                <strong>"$12.40"</strong>
                " of $20.00"
            </p>
            <progress value="62" max="100" aria-label="Spent this month"></progress>
        </div>
    }
}

#[component]
fn Insights() -> impl IntoView {
    let all = [
        ("notice", "Notice", "Revenue of the last 30 days is 12 % above the 30 days before."),
        ("warning", "Warning", "Sessions fell by half on 22 Nov 2026."),
        ("critical", "Critical", "No numbers since 12 Nov 2026."),
    ]
    .into_iter()
    .map(|(severity, label, text)| {
        view! {
            <li class="insight" data-severity=severity>
                <article>
                    <p class="insight-meta">
                        <strong class="insight-severity">{label}</strong>
                        <span>"Growth pulse"</span>
                        <span>"24 Nov 2026"</span>
                    </p>
                    <h3>{text}</h3>
                </article>
            </li>
        }
    })
    .collect_view();
    view! { <ul class="insights">{all}</ul> }
}

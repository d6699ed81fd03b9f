//! What fills the disk, on the operator's page.

use leptos::prelude::*;

use super::model::StorageView;

#[component]
pub fn StorageSection(storage: StorageView) -> impl IntoView {
    let StorageView { is_low, free, min_free, database, log, arriving, tables } = storage;
    let free = free.unwrap_or_else(|| "Unknown".to_owned());
    let rows = [
        ("Free disk space", free),
        ("Database file", database),
        ("Write-ahead log", log),
        ("Uploads in progress", arriving),
    ];
    let rows =
        rows.into_iter().map(|(term, size)| view! { <div><dt>{term}</dt><dd>{size}</dd></div> });
    view! {
        <section class="card" id="storage" aria-labelledby="storage-title">
            <h2 id="storage-title">"Storage"</h2>
            {is_low
                .then(|| {
                    view! {
                        <p class="notice notice-error">
                            "Free space is below "
                            {min_free}
                            " ("
                            <code>"MIN_FREE_DISK"</code>
                            "): new accounts and files are refused. Make room, or move the database to a larger disk."
                        </p>
                    }
                })}
            <dl class="facts">{rows.collect_view()}</dl>
            <Tables tables />
        </section>
    }
}

#[component]
fn Tables(tables: Vec<(String, String)>) -> impl IntoView {
    if tables.is_empty() {
        return view! {
            <p class="operator-note">
                "The database is too large to list its tables here. Run "
                <code>"csuite check"</code>
                " on the server."
            </p>
        }
        .into_any();
    }
    let rows = tables
        .into_iter()
        .map(|(name, size)| {
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{size}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="usage-table">
            <caption class="visually-hidden">"Largest tables with their indexes"</caption>
            <thead>
                <tr>
                    <th scope="col">"Table"</th>
                    <th scope="col">"Size"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

//! The imports that can be undone.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::analytics::model::DoneImport;
use crate::analytics::server_fns::UndoImport;

/// Lists the last imports. The newest can be undone.
#[component]
pub fn RecentImports(done: Vec<DoneImport>) -> impl IntoView {
    if done.is_empty() {
        return ().into_any();
    }
    let rows = done
        .into_iter()
        .enumerate()
        .map(|(place, import)| view! { <Row import newest=place == 0 /> })
        .collect_view();
    view! {
        <section class="card" id="imports" aria-labelledby="imports-title">
            <h2 id="imports-title">"Recent imports"</h2>
            <p>
                "Undo deletes what an import added and restores what it replaced. Values that were changed since stay as they are. The last five imports can be undone for 30 days, the newest first."
            </p>
            <ul class="import-list">{rows}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Row(import: DoneImport, newest: bool) -> impl IntoView {
    let DoneImport { id, file_name, by, at, grain, added, replaced } = import;
    let label = format!("Undo the import of {file_name}");
    let changes =
        format!("{} added, {} replaced. {at}, by ", grain.counted(added), grain.counted(replaced));
    view! {
        <li>
            <div>
                <bdi>{file_name}</bdi>
                <p class="field-hint">{changes} <bdi>{by}</bdi> "."</p>
            </div>
            {newest
                .then(|| {
                    view! {
                        <form method="post" action=UndoImport::url()>
                            <input type="hidden" name="id" value=id />
                            <button type="submit" class="button-quiet" aria-label=label>
                                "Undo"
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}

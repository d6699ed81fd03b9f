//! `/analytics/import/{id}`: the progress of a long import. The page polls until the import is complete and
//! then redirects to the result, by means of `app/plain.js` or, without JavaScript, a meta refresh.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{Below, refused};
use crate::analytics::model::{Portion, ProgressView, Stage};
use crate::analytics::server_fns::load_progress;
use crate::error::{AppError, Code};
use crate::format::number::grouped;
use crate::ui::{FormNotice, PageTitle, load};

/// Reloads the page in a browser without JavaScript.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="1">"#;

#[component]
pub fn ProgressPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let view = load(load_progress(id));
    view! {
        <PageTitle text="Import numbers · C-Suite" />
        <main class="page analytics">
            <Below title="Import a file" about="" />
            {Suspend::new(async move {
                match view.await {
                    Ok(ProgressView { file_name, stage }) => {
                        view! { <Progress file_name stage /> }.into_any()
                    }
                    Err(error) if error.code == Code::Unauthenticated => refused(error),
                    Err(error) => ended(error),
                }
            })}
        </main>
    }
}

#[component]
fn Progress(file_name: String, stage: Stage) -> impl IntoView {
    match stage {
        Stage::Waiting => grows(file_name, "Waiting for other imports", None),
        Stage::Reading(portion) => grows(file_name, "1 of 2: reading the file", Some(portion)),
        Stage::Writing(portion) => grows(file_name, "2 of 2: writing the values", Some(portion)),
        // The browser was redirected already.
        Stage::Done(_) => ().into_any(),
        Stage::Failed(error) => ended(error),
        Stage::CutOff => ended(AppError::new(
            Code::EditConflict,
            "This import is not running: it was not started, or the server stopped meanwhile. Nothing was stored. The file is still waiting; import it again.",
        )),
    }
}

/// Renders the progress, which polls for updates.
fn grows(file_name: String, stage: &'static str, portion: Option<Portion>) -> AnyView {
    let told = portion.map(|Portion { done, of }| {
        let number = |n| grouped(f64::from(n));
        format!("{} of {}", number(done), number(of))
    });
    let of = portion.map(|portion| portion.of);
    let done = portion.map(|portion| portion.done);
    view! {
        <noscript inner_html=REFRESH></noscript>
        <section class="card analytics-progress" data-grows aria-labelledby="stage">
            <h2 id="stage">{stage}</h2>
            <p>
                <bdi>{file_name}</bdi>
            </p>
            <progress max=of value=done aria-labelledby="stage"></progress>
            <p class="analytics-told">{told}</p>
            <p class="field-hint">
                "Either the whole file is stored or nothing. The import continues if you leave this page."
            </p>
        </section>
    }
    .into_any()
}

/// Renders the reason why the import ended without a result.
fn ended(error: AppError) -> AnyView {
    view! {
        <FormNotice error=Some(error) />
        <p class="actions">
            <a class="button-quiet" href="/analytics/import">
                "Back to the file"
            </a>
        </p>
    }
    .into_any()
}

//! The version history of an adviser, with restore.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::personas::server_fns::RestoreAdviser;
use crate::personas::view::Version;

/// An adviser's versions, newest first.
#[component]
pub fn History(
    slug: String,
    /// The version in use.
    current: i64,
    history: Vec<Version>,
) -> impl IntoView {
    let rows = history
        .into_iter()
        .map(|version| view! { <Row slug=slug.clone() current version /> })
        .collect_view();
    view! {
        <section class="adviser-history" aria-labelledby="history-title">
            <h2 id="history-title">"History"</h2>
            <p class="form-section-hint">
                "Every save is kept. Each answer remembers the version that gave it."
            </p>
            <ol class="versions">{rows}</ol>
        </section>
    }
}

#[component]
fn Row(slug: String, current: i64, version: Version) -> impl IntoView {
    let Version { version, saved, restored_from } = version;
    let name = match version {
        0 => "Default".to_owned(),
        version => format!("Version {version}"),
    };
    let of = match restored_from {
        Some(0) => ", restored from the default".to_owned(),
        Some(from) => format!(", restored from version {from}"),
        None => String::new(),
    };
    let is_current = version == current;
    let (look, restore) = (format!("View: {name}"), format!("Restore: {name}"));
    view! {
        <li class="version">
            <div>
                <p class="version-name">
                    {name}
                    {is_current.then(|| view! { <span class="version-now">"answers now"</span> })}
                </p>
                {saved
                    .map(|saved| {
                        view! {
                            <p class="adviser-version">
                                <bdi>{saved.by}</bdi>
                                ", "
                                <time datetime=saved.at>{saved.human}</time>
                                {of}
                            </p>
                        }
                    })}
            </div>
            {(!is_current)
                .then(|| {
                    view! {
                        <div class="adviser-can">
                            <a
                                class="button-quiet"
                                href=format!("/advisers/{slug}?version={version}")
                                aria-label=look
                            >
                                "View"
                            </a>
                            <form method="post" action=RestoreAdviser::url()>
                                <input type="hidden" name="slug" value=slug />
                                <input type="hidden" name="from" value=version.to_string() />
                                <input type="hidden" name="version" value=current.to_string() />
                                <button type="submit" class="button-quiet" aria-label=restore>
                                    "Restore"
                                </button>
                            </form>
                        </div>
                    }
                })}
        </li>
    }
}

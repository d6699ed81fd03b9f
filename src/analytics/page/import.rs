//! `/analytics/import`: choosing, previewing and confirming an import.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::history::RecentImports;
use super::reading::HowWeReadIt;
use super::{Below, Scrolling, refused};
use crate::analytics::exports::provisional_slug;
use crate::analytics::http::UPLOAD;
use crate::analytics::model::{
    Change, Counts, Fault, Grain, ImportView, MOST_FILE_BYTES, Measure, NewMetric, Preview,
    Proposal, Refusal, Report, Upload,
};
use crate::analytics::server_fns::{ConfirmImport, DiscardImport, load_import};
use crate::error::AppError;
use crate::format::number::grouped;
use crate::ui::{FormNotice, PageTitle, SubmitButton, load};

#[component]
pub fn ImportPage() -> impl IntoView {
    let view = load(load_import());
    view! {
        <PageTitle text="Import numbers · C-Suite" />
        <main class="page analytics">
            <Below
                title="Import a file"
                about="You see a preview first. The import stores the whole file or nothing."
            />
            {Suspend::new(async move {
                match view.await {
                    Ok(view) if view.may_write => view! { <Import view /> }.into_any(),
                    Ok(_) => refused(AppError::forbidden("Ask an owner or admin of your business to import numbers.")),
                    Err(error) => refused(error),
                }
            })}
        </main>
    }
}

#[component]
fn Import(view: ImportView) -> impl IntoView {
    let ImportView { trial, measures, upload, done, error, .. } = view;
    if trial {
        return view! { <NoFiles /> }.into_any();
    }
    view! {
        <FormNotice error />
        {upload.map(|upload| view! { <Outcome upload measures=measures.clone() /> })}
        <FileForm measures />
        <RecentImports done />
    }
    .into_any()
}

/// Explains that a trial takes no files.
#[component]
fn NoFiles() -> impl IntoView {
    view! {
        <div class="notice" role="status">
            <p>
                "A trial cannot import files. " <a href="/signup">"Create account"</a>
                " to import your own numbers, or enter " <a href="/analytics/day">"a day by hand"</a> "."
            </p>
        </div>
    }
}

#[component]
fn FileForm(measures: Vec<Measure>) -> impl IntoView {
    let columns: Vec<String> = measures.into_iter().map(|measure| measure.slug).collect();
    let most = format!(
        "A CSV file or a workbook (.xlsx, .xls, .ods) of up to {} MB.",
        MOST_FILE_BYTES / 1024 / 1024
    );
    view! {
        <section class="card" aria-labelledby="file-title">
            <h2 id="file-title">"Choose a file"</h2>
            <form method="post" action=UPLOAD enctype="multipart/form-data">
                <div class="field">
                    <label for="file">"File"</label>
                    <p class="field-hint" id="file-hint">
                        {most} " Choose it, or drop it here."
                    </p>
                    <input
                        type="file"
                        id="file"
                        name="file"
                        class="analytics-file"
                        accept=".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,text/csv"
                        required
                        aria-describedby="file-hint"
                    />
                </div>
                <SubmitButton label="Preview import" />
            </form>
            <div class="usage-note">
                <p>
                    "Export a table with a row for each day, week or month from your shop, your analytics or your bookkeeping, or a list of orders. A date and one column of numbers are enough: "
                    <code>{columns.join(", ")}</code>
                    ". You see how the file is read before anything is stored. Values that the file does not have stay as they are."
                </p>
                <p>
                    <a href="/analytics/template.csv" download>
                        "Download the template"
                    </a>
                    " or "
                    <a href="/analytics/sample.csv" download>
                        "a sample file of a fictional business"
                    </a>
                    "."
                </p>
            </div>
        </section>
    }
}

#[component]
fn Outcome(upload: Upload, measures: Vec<Measure>) -> impl IntoView {
    let Upload { id, file_name, report } = upload;
    match report {
        Report::Ready(preview) => view! { <Ready id file_name preview measures /> }.into_any(),
        Report::Undecided(proposal) => {
            view! { <Undecided id file_name proposal=*proposal measures /> }.into_any()
        }
        Report::Refused(refusal) => view! { <Refused file_name refusal /> }.into_any(),
        Report::Imported(_) => ().into_any(),
    }
}

#[component]
fn Ready(id: String, file_name: String, preview: Preview, measures: Vec<Measure>) -> impl IntoView {
    let Preview { counts, from, to, changes, remarks, proposal } = preview;
    let Counts { grain, added, replaced, unchanged } = counts;
    let mut columns = measures.clone();
    if let Some(proposal) = &proposal {
        columns.extend(proposal.reading.new_metrics().into_iter().map(new_measure));
    }
    let revision = proposal.as_ref().map_or(0, |proposal| proposal.revision);
    let notes = proposal.as_ref().map(|proposal| list(&proposal.notes));
    let reading = proposal.map(|proposal| {
        let (id, measures) = (id.clone(), measures.clone());
        view! {
            <details>
                <summary>"How we read it"</summary>
                <HowWeReadIt id proposal=*proposal measures />
            </details>
        }
    });
    let some = added + replaced > 0;
    let label = format!("Import {}", grain.counted(added + replaced));
    let about = about(grain, added + replaced + unchanged, (&from, &to));
    let remarks = list(&remarks);
    let shown = u32::try_from(changes.len()).unwrap_or(0);
    let first = (shown < added + replaced).then(|| format!(" These are the first {shown}."));
    view! {
        <section class="card analytics-preview" id="preview" aria-labelledby="preview-title">
            <h2 id="preview-title">"Import preview"</h2>
            <p>
                <bdi>{file_name}</bdi> {about} {first}
            </p>
            {remarks}
            {notes}
            <dl class="analytics-counts">
                <div>
                    <dt>"Added"</dt>
                    <dd>{grain.counted(added)}</dd>
                </div>
                <div>
                    <dt>"Replaced"</dt>
                    <dd>{grain.counted(replaced)}</dd>
                </div>
                <div>
                    <dt>"Unchanged"</dt>
                    <dd>{grain.counted(unchanged)}</dd>
                </div>
            </dl>
            {some.then(|| view! { <Changes grain changes measures=columns /> })}
            <div class="actions">
                {some
                    .then(|| {
                        view! {
                            <form method="post" action=ConfirmImport::url()>
                                <input type="hidden" name="id" value=id.clone() />
                                <input type="hidden" name="revision" value=revision.to_string() />
                                <SubmitButton label=label.clone() />
                            </form>
                        }
                    })} <form method="post" action=DiscardImport::url()>
                    <input type="hidden" name="id" value=id.clone() />
                    <button type="submit" class="button-quiet">
                        "Discard file"
                    </button>
                </form>
            </div>
            {reading}
        </section>
    }
}

/// Returns the periods of a file: `, 12 months, October 2025 to September 2026.`
fn about(grain: Grain, count: u32, (from, to): (&str, &str)) -> String {
    if grain == Grain::Day {
        return format!(", {from} to {to}.");
    }
    let (count, first) = (grain.counted(count), grain.label_iso(from));
    match from == to {
        true => format!(", {count}: {first}."),
        false => format!(", {count}, {first} to {}.", grain.label_iso(to)),
    }
}

/// Lists sentences.
fn list(notes: &[String]) -> impl IntoView + use<> {
    let notes: Vec<_> = notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect();
    (!notes.is_empty()).then(|| view! { <ul class="analytics-notes">{notes}</ul> })
}

/// Returns a metric that the import adds, as it is in the sheet.
fn new_measure(new: NewMetric<'_>) -> Measure {
    Measure {
        slug: provisional_slug(new.name),
        name: new.name.to_owned(),
        unit: new.unit.to_owned(),
        higher_is_better: true,
        aggregation: new.aggregation,
        ..Measure::default()
    }
}

/// Shows how a file is read that cannot be imported yet.
#[component]
fn Undecided(
    id: String,
    file_name: String,
    proposal: Proposal,
    measures: Vec<Measure>,
) -> impl IntoView {
    let refusal = proposal.refusal.clone().filter(|_| proposal.reading.open.is_empty());
    let name = file_name.clone();
    let refused = refusal.map(|refusal| view! { <Refused file_name=name refusal /> });
    let notice = refused.is_none().then(|| {
        view! {
            <div class="notice" role="status">
                <p>"This file can be read in several ways. Answer the questions to see what would change. Nothing is stored yet."</p>
            </div>
        }
    });
    let anchor = notice.is_some().then_some("preview");
    view! {
        {refused}
        <section class="card analytics-preview" id=anchor aria-labelledby="reading-title">
            <h2 id="reading-title">"How we read it"</h2>
            <p>
                <bdi>{file_name}</bdi>
            </p>
            {notice}
            {list(&proposal.notes)}
            <HowWeReadIt id=id.clone() proposal measures />
            <form method="post" action=DiscardImport::url()>
                <input type="hidden" name="id" value=id />
                <button type="submit" class="button-quiet">
                    "Discard file"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Changes(grain: Grain, changes: Vec<Change>, measures: Vec<Measure>) -> impl IntoView {
    let head = measures
        .iter()
        .map(|measure| view! { <th scope="col">{measure.name.clone()}</th> })
        .collect_view();
    let rows = changes.iter().map(|change| row(grain, change, &measures)).collect_view();
    view! {
        <Scrolling label="What would change">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">{grain.capitalized()}</th>
                        <th scope="col" class="text">
                            "Change"
                        </th>
                        {head}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Scrolling>
    }
}

fn row(grain: Grain, change: &Change, measures: &[Measure]) -> impl IntoView + use<> {
    let Change { before, after } = change;
    let cells = measures
        .iter()
        .map(|measure| {
            let text = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), grouped);
            let new = after.value(&measure.slug);
            let old = before.as_ref().map(|before| before.value(&measure.slug));
            let old = old.filter(|old| *old != new);
            view! {
                <td>
                    {old.map(|old| view! { <del>{text(old)}</del> " " })} {text(new)}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{grain.label_iso(&after.date)}</th>
            <td class="text">{if before.is_some() { "replaced" } else { "added" }}</td>
            {cells}
        </tr>
    }
}

/// How many kinds of faults a refusal has at most.
const MOST_SHOWN: usize = 50;

#[component]
fn Refused(file_name: String, refusal: Refusal) -> impl IntoView {
    let Refusal { count, faults } = refusal;
    if let [Fault { line: 0, reason, .. }] = &faults[..] {
        return view! { <RefusedWhole file_name reason=reason.clone() /> }.into_any();
    }
    let message = match count {
        1 => "This file was not imported: one cell has an error. Correct it in the file, then choose the file again.".to_owned(),
        count => format!("This file was not imported: {count} cells have errors. Correct them in the file, then choose the file again."),
    };
    let more =
        (faults.len() >= MOST_SHOWN).then(|| format!("These are the first {MOST_SHOWN} kinds."));
    let rows = faults
        .into_iter()
        .map(|Fault { line, column, reason }| {
            view! {
                <tr>
                    <th scope="row">{(line > 0).then_some(line)}</th>
                    <td class="text">{column}</td>
                    <td class="text">{reason}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="analytics-refused" id="preview">
            <div class="notice notice-error" role="alert" tabindex="-1" autofocus>
                <p>{message}</p>
                <p>
                    <bdi>{file_name}</bdi>
                    " "
                    {more}
                </p>
            </div>
            <Scrolling label="Errors in the file">
                <table class="usage-table analytics-faults">
                    <thead>
                        <tr>
                            <th scope="col">"Line"</th>
                            <th scope="col" class="text">
                                "Column"
                            </th>
                            <th scope="col" class="text">
                                "Reason"
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scrolling>
        </section>
    }
    .into_any()
}

/// Shows why a file as a whole cannot be imported.
#[component]
fn RefusedWhole(file_name: String, reason: String) -> impl IntoView {
    let name = if file_name.is_empty() { "The file".to_owned() } else { file_name };
    view! {
        <section class="analytics-refused" id="preview">
            <div class="notice notice-error" role="alert" tabindex="-1" autofocus>
                <p>
                    <bdi>{name}</bdi>
                    " was not imported."
                </p>
                <p>{reason}</p>
            </div>
        </section>
    }
}

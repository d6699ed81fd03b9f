//! How a file is read: the questions about it, and its columns, as a form.

use leptos::prelude::*;

use super::Scrolling;
use crate::analytics::http::DECIDE;
use crate::analytics::model::{
    Aggregation, Choice, ColumnView, Measure, Proposal, Question, Role, Sample,
};
use crate::ui::SubmitButton;

/// The form of the decisions about a file.
#[component]
pub fn HowWeReadIt(id: String, proposal: Proposal, measures: Vec<Measure>) -> impl IntoView {
    let Proposal { questions, columns, summary, reading, revision, refusal, .. } = proposal;
    let is_open = !reading.open.is_empty();
    let (open, answered): (Vec<Question>, Vec<Question>) =
        questions.into_iter().partition(|question| question.chosen.is_empty());
    let asked = open
        .into_iter()
        .chain(answered)
        .enumerate()
        // After a decision, a question without an answer is one that was overlooked.
        .map(|(place, it)| question(place, it, revision > 0))
        .collect_view();
    let rows = columns
        .into_iter()
        .enumerate()
        .map(|(place, it)| column(place, it, &measures))
        .collect_view();
    let label = if is_open { "Continue" } else { "Update preview" };
    let table = view! {
        <Scrolling label="Columns of the file">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col" class="text">
                            "First values"
                        </th>
                        <th scope="col" class="text">
                            "Import as"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Scrolling>
    };
    // Questions and faults come first; the columns matter to few.
    let columns = if is_open || refusal.is_some() {
        view! {
            <details>
                <summary>"Columns of the file"</summary>
                {table}
            </details>
        }
        .into_any()
    } else {
        table.into_any()
    };
    view! {
        <form method="post" action=DECIDE class="analytics-reading">
            <input type="hidden" name="id" value=id />
            <p>{summary}</p>
            {asked}
            {is_open.then(|| view! { <Submit label /> })}
            {columns}
            {(!is_open).then(|| view! { <Submit label /> })}
        </form>
    }
}

#[component]
fn Submit(label: &'static str) -> impl IntoView {
    view! {
        <div class="actions">
            <SubmitButton label />
        </div>
    }
}

fn question(place: usize, question: Question, was_decided: bool) -> impl IntoView + use<> {
    let Question { key, text, choices, chosen } = question;
    let missing = (was_decided && chosen.is_empty())
        .then(|| view! { <p class="field-error">"Choose an answer."</p> });
    let name = format!("answer:{key}");
    let choices = choices
        .into_iter()
        .enumerate()
        .map(|(at, choice)| {
            let is_chosen = choice.value == chosen;
            answer(format!("question-{place}-{at}"), name.clone(), choice, is_chosen)
        })
        .collect_view();
    view! {
        <fieldset class="analytics-question">
            <legend>{text}</legend>
            {missing}
            {choices}
        </fieldset>
    }
}

fn answer(id: String, name: String, choice: Choice, is_chosen: bool) -> impl IntoView {
    let Choice { value, label, samples } = choice;
    let samples = samples
        .into_iter()
        .map(|Sample { cell, meaning }| {
            let arrow = (!meaning.is_empty()).then(|| format!(" → {meaning}"));
            view! {
                <li>
                    <bdi>{cell}</bdi>
                    {arrow}
                </li>
            }
        })
        .collect::<Vec<_>>();
    let samples =
        (!samples.is_empty()).then(|| view! { <ul class="analytics-samples">{samples}</ul> });
    view! {
        <div class="analytics-answer">
            <input type="radio" id=id.clone() name=name value=value checked=is_chosen required />
            <div>
                <label for=id>{label}</label>
                {samples}
            </div>
        </div>
    }
}

fn column(place: usize, column: ColumnView, measures: &[Measure]) -> impl IntoView + use<> {
    let ColumnView { name, samples, role, is_numeric, suggestion } = column;
    let select = match role {
        Role::Date => view! { "Date" }.into_any(),
        role if !is_numeric && role == Role::LeaveOut => {
            view! { "Left out: no numbers" }.into_any()
        }
        role => {
            let id = format!("column-{place}");
            let label = format!("Import {name} as");
            let options = options(&role, suggestion, measures);
            view! {
                <label for=id.clone() class="visually-hidden">
                    {label}
                </label>
                <select id=id name=format!("column:{name}")>
                    {options}
                </select>
            }
            .into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{name}</bdi>
            </th>
            <td class="text">
                <bdi>{samples.join(" · ")}</bdi>
            </td>
            <td class="text">{select}</td>
        </tr>
    }
}

fn options(
    role: &Role,
    suggestion: Option<(String, String)>,
    measures: &[Measure],
) -> impl IntoView + use<> {
    let option = |value: String, label: String, is_chosen: bool| {
        view! {
            <option value=value selected=is_chosen>
                {label}
            </option>
        }
    };
    let mut options =
        vec![option("leaveOut".to_owned(), "Leave out".to_owned(), *role == Role::LeaveOut)];
    options.extend(measures.iter().map(|measure| {
        let is_chosen = *role == Role::Metric { slug: measure.slug.clone() };
        option(format!("metric:{}", measure.slug), measure.name.clone(), is_chosen)
    }));
    if let Role::Subtract { slug } = role {
        let name = measures.iter().find(|measure| measure.slug == *slug).map(|it| it.name.as_str());
        let label = format!("Subtract from {}", name.unwrap_or(slug));
        options.push(option(format!("subtract:{slug}"), label, true));
    }
    let new = suggestion.map(|(name, unit)| {
        // A column that was decided before is offered as it was decided.
        let chosen = match role {
            Role::NewMetric { aggregation, .. } => Some(*aggregation),
            _ => None,
        };
        let choices = Aggregation::ALL.map(|it| {
            let value = format!("new-{}:{unit}", it.name());
            option(value, format!("New: {}", it.label()), chosen == Some(it))
        });
        view! { <optgroup label=format!("New metric: {name}")>{Vec::from(choices)}</optgroup> }
    });
    (options, new)
}

//! The grounding of the numbers in replies, by adviser.

use leptos::prelude::*;

use super::tables::Scrolling;
use crate::format::number::count;
use crate::usage::model::GroundingRow;

/// Shows how many numbers match a cited fact, and how many match nothing.
#[component]
pub fn Grounding(rows: Vec<GroundingRow>) -> impl IntoView {
    let table = match rows.is_empty() {
        true => view! { <p class="empty">"No answers were checked in this period."</p> }.into_any(),
        false => view! { <Table rows /> }.into_any(),
    };
    view! {
        <section class="usage-grounding" aria-labelledby="grounding-title">
            <h2 id="grounding-title">"Numbers in answers"</h2>
            {table}
            <p class="usage-note">
                "Each number in an answer is checked against the facts it cites and your question. A number found in neither is marked “not from your data”."
            </p>
        </section>
    }
}

#[component]
fn Table(rows: Vec<GroundingRow>) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let GroundingRow { adviser, answers, cited, from_question, unmatched } = row;
            let all = cited + from_question + unmatched;
            view! {
                <tr>
                    <th scope="row" dir="auto">
                        {adviser}
                    </th>
                    <td>{count(answers)}</td>
                    <td>{count(cited)}</td>
                    <td>{count(from_question)}</td>
                    <td>{count(unmatched)}</td>
                    <td>{share(unmatched, all)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Scrolling label="Numbers in answers, by adviser">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">"Adviser"</th>
                        <th scope="col">"Answers"</th>
                        <th scope="col">"Cited"</th>
                        <th scope="col">"From the question"</th>
                        <th scope="col">"Not from your data"</th>
                        <th scope="col">"Share"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Scrolling>
    }
}

/// Formats a share in percent, or a dash if the whole is 0.
fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1}%", part as f64 * 100.0 / whole as f64),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_shown_only_for_a_nonzero_total() {
        assert_eq!([share(0, 0), share(0, 4), share(1, 3)], ["–", "0.0%", "33.3%"]);
    }
}

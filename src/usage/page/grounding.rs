//! The grounding of the numbers in replies, by adviser.

use leptos::prelude::*;

use super::tables::Scrolling;
use crate::format::number::count;
use crate::usage::model::GroundingRow;

/// Shows the states of the numbers.
#[component]
pub fn Grounding(rows: Vec<GroundingRow>) -> impl IntoView {
    let table = match rows.is_empty() {
        true => view! { <p class="empty">"No answers were checked in this period."</p> }.into_any(),
        false => view! { <Table rows /> }.into_any(),
    };
    view! {
        <section class="usage-grounding" aria-labelledby="grounding-title">
            <h2 id="grounding-title">"Citation quality"</h2>
            {table}
            <p class="usage-note">
                "Confirmed: metric, period, direction, unit and value of the sentence agree with the fact it cites. Found: the value is a cited fact’s, but the sentence could not be read with certainty. Worked out: the calculation was recomputed. Contradicts: the sentence says something else than the fact it cites. A state says nothing of whether the advice is right."
            </p>
        </section>
    }
}

#[component]
fn Table(rows: Vec<GroundingRow>) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let GroundingRow {
                adviser,
                answers,
                confirmed,
                found,
                worked_out,
                conflict,
                from_question,
                from_earlier,
                in_profile,
                not_from_data,
            } = row;
            // What the business did not state itself.
            let all = confirmed + found + worked_out + conflict + in_profile + not_from_data;
            view! {
                <tr>
                    <th scope="row" dir="auto">
                        {adviser}
                    </th>
                    <td>{count(answers)}</td>
                    <td>{count(confirmed)}</td>
                    <td>{count(found)}</td>
                    <td>{count(worked_out)}</td>
                    <td>{count(conflict)}</td>
                    <td>{count(from_question + from_earlier)}</td>
                    <td>{count(in_profile)}</td>
                    <td>{count(not_from_data)}</td>
                    <td>{share(confirmed + worked_out, all)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Scrolling label="Citation quality by adviser">
            <table class="usage-table">
                <thead>
                    <tr>
                        <th scope="col">"Adviser"</th>
                        <th scope="col">"Answers"</th>
                        <th scope="col">"Confirmed"</th>
                        <th scope="col">"Found"</th>
                        <th scope="col">"Worked out"</th>
                        <th scope="col">"Contradicts"</th>
                        <th scope="col">"From the conversation"</th>
                        <th scope="col">"In the profile, not cited"</th>
                        <th scope="col">"Not from your data"</th>
                        <th scope="col">"Confirmed or worked out"</th>
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

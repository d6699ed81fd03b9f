//! One insight with its numbers and actions.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::format::date;
use crate::format::number::{in_unit, percent};
use crate::insights::model::{Basis, Insight, Origin};
use crate::insights::modules;
use crate::insights::server_fns::{DismissInsight, ReopenInsight};
use crate::platform::clock;

/// One sentence, its evidence folded, and the actions.
#[component]
pub fn OpenInsight(insight: Insight, may_write: bool) -> impl IntoView {
    let severity = insight.severity();
    let id = format!("insight-{}", insight.id);
    let title = format!("{id}-title");
    let labelled_by = title.clone();
    let dismiss = may_write.then(|| {
        let about = format!("Dismiss: {}", insight.summary);
        view! {
            <form method="post" action=DismissInsight::url()>
                <input type="hidden" name="id" value=insight.id.clone() />
                <button type="submit" class="button-quiet" aria-label=about>
                    "Dismiss"
                </button>
            </form>
        }
    });
    view! {
        <li class="insight" id=id data-severity=severity.slug()>
            <article aria-labelledby=labelled_by>
                <p class="insight-meta">
                    <strong class="insight-severity">{severity.label()}</strong>
                    <span dir="auto">{source_of(&insight)}</span>
                    <time datetime=insight.created_at.clone()>{day_of(&insight.created_at)}</time>
                </p>
                <h3 id=title dir="auto">
                    {insight.summary.clone()}
                </h3>
                <Evidence
                    highlights=insight.highlights.clone()
                    basis=insight.basis.clone()
                    may_write
                />
                <div class="actions">
                    <a class="button-quiet" href=ask_about(&insight.summary)>
                        "Ask the CFO about this"
                    </a>
                    {dismiss}
                </div>
            </article>
        </li>
    }
}

/// Returns the URL of a new conversation with a question about the insight in its box.
fn ask_about(summary: &str) -> String {
    let question = format!("“{summary}” What is behind this, and what should we do?");
    let question = leptos_router::location::Url::escape(&question);
    format!("/chat?persona=cfo&question={question}")
}

#[component]
fn Highlights(texts: Vec<String>) -> impl IntoView {
    (!texts.is_empty()).then(|| {
        let items =
            texts.into_iter().map(|text| view! { <li dir="auto">{text}</li> }).collect_view();
        view! { <ul class="insight-highlights">{items}</ul> }
    })
}

/// The statements and numbers behind the sentence. Each number links to its source.
#[component]
fn Evidence(highlights: Vec<String>, basis: Vec<Basis>, may_write: bool) -> impl IntoView {
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let held: Vec<String> = [count(highlights.len(), "statement"), count(basis.len(), "number")]
        .into_iter()
        .flatten()
        .collect();
    (!held.is_empty()).then(|| {
        let has_numbers = !basis.is_empty();
        let rows = basis.iter().map(|basis| row(basis, may_write)).collect_view();
        view! {
            <details class="insight-evidence">
                <summary>{format!("Evidence: {}", held.join(", "))}</summary>
                <Highlights texts=highlights />
                {has_numbers
                    .then(|| {
                        view! {
                            <table class="usage-table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Number"</th>
                                        <th scope="col">"Value"</th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        }
                    })}
            </details>
        }
    })
}

fn row(basis: &Basis, may_write: bool) -> impl IntoView + use<> {
    let note = basis.note.clone().map(|note| view! { <span class="insight-note">{note}</span> });
    view! {
        <tr>
            <th scope="row">
                // `rel="external"` lets the browser follow the link instead of the router.
                <a href=seen_at(basis, may_write) rel="external" dir="auto">
                    {basis.label.clone()}
                </a>
                {note}
            </th>
            <td>{value_of(basis)}</td>
        </tr>
    }
}

/// Formats the value as the sentences do.
fn value_of(basis: &Basis) -> String {
    match basis.unit.as_str() {
        _ if basis.is_percent_change() => percent(basis.value),
        "days" if basis.value == 1.0 => "1\u{a0}day".to_owned(),
        unit => in_unit(basis.value, unit),
    }
}

/// Links a single day to its form if the member may edit it, and to its chart otherwise.
fn seen_at(basis: &Basis, may_write: bool) -> String {
    let (first, last) = &basis.span;
    if may_write && first == last {
        format!("/analytics/day?date={first}")
    } else {
        basis.source.clone()
    }
}

#[component]
pub fn DismissedInsight(insight: Insight, may_write: bool) -> impl IntoView {
    let who = insight.dismissed_by.clone().unwrap_or_default();
    let when = insight.dismissed_at.clone().unwrap_or_default();
    let about = format!("Restore: {}", insight.summary);
    view! {
        <li class="insight-aside">
            <div>
                <p dir="auto">{insight.summary.clone()}</p>
                <p class="insight-meta">
                    <span dir="auto">{source_of(&insight)}</span>
                    <span dir="auto">{format!("dismissed by {who}")}</span>
                    <time datetime=when.clone()>{day_of(&when)}</time>
                </p>
            </div>
            {may_write
                .then(|| {
                    view! {
                        <form method="post" action=ReopenInsight::url()>
                            <input type="hidden" name="id" value=insight.id.clone() />
                            <button type="submit" class="button-quiet" aria-label=about>
                                "Restore"
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}

/// Returns the display name of the module or program.
fn source_of(insight: &Insight) -> String {
    match insight.origin {
        Origin::Module => modules::name_of(&insight.module_slug),
        Origin::Api => format!("{}, by the API", insight.module_slug),
    }
}

/// Formats the date of an RFC 3339 time: `25 Nov 2026`.
fn day_of(moment: &str) -> String {
    let date = moment.get(..10).and_then(clock::parse_date);
    date.map(date::day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insight() -> Insight {
        Insight {
            id: "7".into(),
            module_slug: "growth-pulse".into(),
            summary: "<b>Revenue</b>: up".into(),
            highlights: vec!["Up & away".into()],
            severity: Some("warning".into()),
            origin: Origin::Module,
            basis: vec![Basis {
                measure: "revenue".into(),
                label: "Revenue, 25 Nov 2026".into(),
                value: 940.5,
                unit: "EUR".into(),
                span: ("2026-11-25".into(), "2026-11-25".into()),
                source: "/analytics?metric=revenue&range=30#trend".into(),
                note: Some("<i>".into()),
                formula: None,
                before: None,
            }],
            created_at: "2026-11-25T09:00:00Z".into(),
            ..Insight::default()
        }
    }

    fn html(may_write: bool) -> String {
        let insight = insight();
        Owner::new().with(|| view! { <OpenInsight insight may_write /> }.to_html())
    }

    #[test]
    fn insights_are_escaped_and_numbers_link_to_their_source() {
        let html = html(false);
        assert!(html.contains("Warning") && html.contains("Growth pulse"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
        assert!(html.contains("href=\"/analytics?metric=revenue&amp;range=30#trend\""), "{html}");
        assert!(html.contains("940.50\u{a0}EUR") && html.contains("Z\">25 Nov 2026"), "{html}");
        assert!(!html.contains("<form"), "members read: {html}");
        assert!(
            html.contains("href=\"/chat?persona=cfo&amp;question=%E2%80%9C%3Cb%3ERevenue"),
            "{html}"
        );
    }

    #[test]
    fn the_evidence_is_folded_below_one_sentence() {
        let html = html(false);
        let (above, folded) =
            html.split_once("<details class=\"insight-evidence\">").unwrap_or_default();
        assert!(
            above.contains("Revenue&lt;/b&gt;: up") && !above.contains("Up &amp; away"),
            "{html}"
        );
        assert!(folded.contains("Evidence: 1 statement, 1 number"), "{html}");
        assert!(folded.contains("Up &amp; away") && folded.contains("940.50"), "{html}");
        assert_eq!(html.matches("<details").count(), 1, "{html}");
        let bare = Insight { highlights: Vec::new(), basis: Vec::new(), ..insight() };
        let html =
            Owner::new().with(|| view! { <OpenInsight insight=bare may_write=true /> }.to_html());
        assert!(!html.contains("<details"), "{html}");
    }

    #[test]
    fn members_who_may_edit_a_day_get_a_link_to_its_form() {
        let html = html(true);
        assert!(html.contains("href=\"/analytics/day?date=2026-11-25\""), "{html}");
        assert!(html.contains("Dismiss: ") && html.contains("value=\"7\""), "{html}");
    }
}

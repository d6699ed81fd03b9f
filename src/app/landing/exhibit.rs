//! A sample answer with its sources and a chart, computed from the sample data.

use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;
use time::Date;

use crate::analytics::page::Plot;
use crate::analytics::sample::{Compared, Exhibit, exhibit};
use crate::format::date;
use crate::format::number::{in_unit, percent, short};
use crate::personas::built_in;
use crate::personas::emblem::Emblem;
use crate::platform::clock;

const CURRENCY: &str = "EUR";

/// The figures of today. They change once a day.
fn figures() -> Option<Arc<Exhibit>> {
    static OF_DAY: Mutex<Option<(Date, Arc<Exhibit>)>> = Mutex::new(None);
    let today = clock::date(clock::now());
    let mut of_day = OF_DAY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((day, figures)) = &*of_day
        && *day == today
    {
        return Some(figures.clone());
    }
    let figures = Arc::new(exhibit(today)?);
    *of_day = Some((today, figures.clone()));
    Some(figures)
}

/// A source of the sample answer.
struct Source {
    label: String,
    value: String,
}

/// Renders the sample answer.
#[component]
pub fn SampleAnswer() -> impl IntoView {
    let cfo = built_in::all().into_iter().find(|it| it.slug == "cfo")?;
    let figures = figures()?;
    let card = cfo.card(false);
    let sources = sources(&figures);
    let listed = sources
        .iter()
        .zip(1..)
        .map(|(Source { label, value }, number)| {
            view! {
                <li id=format!("source-{number}")>
                    <span>{label.clone()}</span>
                    <strong>{value.clone()}</strong>
                </li>
            }
        })
        .collect_view();
    Some(view! {
        <figure class="exhibit" data-colour=card.colour>
            <p class="exhibit-question">"How did we do last month, and what should we watch?"</p>
            <div class="exhibit-answer">
                <header>
                    <Emblem charge=card.charge />
                    <strong>{card.title}</strong>
                </header>
                {text(&figures)}
                <Plot chart=figures.chart.clone() />
                <p class="exhibit-sources">"Sources"</p>
                <ol>{listed}</ol>
            </div>
            <figcaption>
                "An example on the sample business's numbers. Each figure leads to the days it was computed from."
            </figcaption>
        </figure>
    })
}

fn text(figures: &Exhibit) -> impl IntoView + use<> {
    let Exhibit { week, month, conversions, spike, .. } = figures;
    let (day, times) = *spike;
    let watch = match month.change() - conversions.change() {
        faster if faster >= 1.0 => {
            "The number of sales grew more slowly, so each one brings in more: check whether prices or the mix of products did it."
        }
        slower if slower <= -1.0 => {
            "The number of sales grew faster, so each one brings in less: check discounts before you spend on more visitors."
        }
        _ => {
            "The number of sales grew at the same pace, so the growth comes from more sales, not from higher prices."
        }
    };
    view! {
        <p>
            "Revenue was " <strong>{total(month)}</strong> " in the last 30 days" <Cite number=1 />
            ", " <strong>{percent(month.change())}</strong> " against the 30 days before" <Cite number=2 />
            ". The last week brought " {total(week)} <Cite number=3 /> "."
        </p>
        <p>
            {format!("{} had {} times the visitors of a week before", date::julian(day), short(times))}
            <Cite number=4 /> ", and they have not come back since. Leave that day out of any forecast."
        </p>
        <p>{watch} <Cite number=5 /></p>
    }
}

fn total(compared: &Compared) -> String {
    in_unit(compared.now.sum.round(), CURRENCY)
}

/// Returns the sources in the order of their numbers in [`text`].
fn sources(figures: &Exhibit) -> [Source; 5] {
    let Exhibit { week, month, conversions, spike, .. } = figures;
    let days = |compared: &Compared| {
        format!("{} days to {}", compared.now.days(), date::julian(compared.now.last))
    };
    let change = |name: &str, compared: &Compared| Source {
        label: format!("{name}, change of the {} against the days before", days(compared)),
        value: percent(compared.change()),
    };
    let sum = |name: &str, compared: &Compared| Source {
        label: format!("{name}, {}, total", days(compared)),
        value: in_unit(compared.now.sum, CURRENCY),
    };
    [
        sum("Revenue", month),
        change("Revenue", month),
        sum("Revenue", week),
        Source {
            label: format!("Sessions, {} against a week before", date::julian(spike.0)),
            value: format!("{}\u{a0}×", short(spike.1)),
        },
        change("Conversions", conversions),
    ]
}

/// A reference to a source.
#[component]
fn Cite(number: usize) -> impl IntoView {
    view! {
        <sup>
            <a href=format!("#source-{number}") rel="external" aria-label=format!("Source {number}")>
                {number}
            </a>
        </sup>
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_sample_answer_states_what_its_sources_state_on_any_day() {
        for ordinal in [1, 60, 180, 365] {
            let figures = exhibit(Date::from_ordinal_date(2026, ordinal).unwrap()).unwrap();
            let sources = sources(&figures);
            let html = Owner::new().with(|| text(&figures).to_html());
            assert!(html.contains(&sources[1].value), "{html}");
            assert!(figures.spike.1 > 1.8, "{:?}", figures.spike);
            assert!(
                figures.month.now.is_whole() && figures.month.before.known >= 28,
                "{figures:?}"
            );
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
    }
}

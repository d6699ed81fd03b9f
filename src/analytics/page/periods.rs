//! The tables of weeks, months, quarters and years, newest first.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::Scrolling;
use crate::analytics::model::{Grain, Measure, Period, PeriodPage};
use crate::analytics::server_fns::DeletePeriod;
use crate::format::number::grouped;

/// The periods of one grain. Only metrics with a value have a column.
#[component]
pub fn PeriodTable(measures: Vec<Measure>, table: PeriodPage, may_write: bool) -> impl IntoView {
    let PeriodPage { grain, periods, count } = table;
    let has_value = |measure: &Measure| {
        periods.iter().any(|period| period.snapshot.value(&measure.slug).is_some())
    };
    let measures: Vec<Measure> = measures.into_iter().filter(has_value).collect();
    let head = measures
        .iter()
        .map(|measure| {
            let unit = Some(&measure.unit).filter(|unit| !unit.is_empty());
            view! {
                <th scope="col">
                    {measure.name.clone()} {unit.map(|unit| format!(" ({unit})"))}
                </th>
            }
        })
        .collect_view();
    let shown = u32::try_from(periods.len()).unwrap_or(u32::MAX);
    let told = match shown < count {
        true => format!("The newest {shown} of {}.", grain.counted(count)),
        false => format!("{} in all, newest first.", grain.counted(count)),
    };
    let about = format!(
        "{told} Each value is that of the whole {}. To change one, import it again.",
        grain.name()
    );
    let rows =
        periods.into_iter().map(|period| row(grain, period, &measures, may_write)).collect_view();
    let title = format!("{}-title", grain.name());
    let labelled = title.clone();
    view! {
        <section class="analytics-days" id=grain.name() aria-labelledby=labelled>
            <h2 id=title>{grain.heading()}</h2>
            <p class="usage-note">{about}</p>
            <Scrolling label=grain.heading()>
                <table class="usage-table">
                    <thead>
                        <tr>
                            <th scope="col">{grain.capitalized()}</th>
                            {head}
                            {may_write
                                .then(|| {
                                    view! {
                                        <th scope="col">
                                            <span class="visually-hidden">"Delete"</span>
                                        </th>
                                    }
                                })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scrolling>
        </section>
    }
}

fn row(
    grain: Grain,
    period: Period,
    measures: &[Measure],
    may_write: bool,
) -> impl IntoView + use<> {
    let Period { snapshot, so_far } = period;
    let cells = measures
        .iter()
        .map(|measure| view! { <td>{snapshot.value(&measure.slug).map(grouped)}</td> })
        .collect_view();
    let label = grain.label_iso(&snapshot.date);
    let so_far = so_far.map(|day| format!(", so far ({day})"));
    let delete = may_write.then(|| {
        let named = format!("Delete {label}");
        view! {
            <td>
                <form method="post" action=DeletePeriod::url()>
                    <input type="hidden" name="grain" value=grain.name() />
                    <input type="hidden" name="date" value=snapshot.date.clone() />
                    <button type="submit" class="button-quiet" aria-label=named>
                        "Delete"
                    </button>
                </form>
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row">{label} {so_far}</th>
            {cells}
            {delete}
        </tr>
    }
}

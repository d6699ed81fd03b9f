//! The advisers' arms: one shield, four charges.

use leptos::prelude::*;

const SHIELD: &str = "M4 3h16v8.4c0 5-3.3 8.2-8 10-4.7-1.8-8-5-8-10z";

/// The charge on the shield of `slug`: what is filled, and what is drawn as a line.
fn charge(slug: &str) -> (&'static str, &'static str) {
    match slug {
        // a star to steer by
        "ceo" => ("M12 5l1.6 4 4 1.6-4 1.6L12 16.2l-1.6-4-4-1.6 4-1.6z", ""),
        // three bezants
        "cfo" => (
            "M6.8 8.6a2 2 0 1 0 4 0a2 2 0 1 0-4 0zM13.2 8.6a2 2 0 1 0 4 0a2 2 0 1 0-4 0z\
             M10 14.2a2 2 0 1 0 4 0a2 2 0 1 0-4 0z",
            "",
        ),
        // a call going out
        "cmo" => (
            "M10.4 15a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0z",
            "M8.9 11.6a4.4 4.4 0 0 1 6.2 0M6.9 8.5a7.2 7.2 0 0 1 10.2 0",
        ),
        // a fret: strands that hold each other
        "cto" => ("", "M12 5.8l4.9 4.9-4.9 4.9-4.9-4.9zM7.5 6.2l9 9M16.5 6.2l-9 9"),
        _ => ("", ""),
    }
}

/// The emblem of `ceo`, `cfo`, `cmo` or `cto`: decoration beside its name, in the current colour.
#[component]
pub fn Emblem(slug: &'static str) -> impl IntoView {
    let (filled, drawn) = charge(slug);
    view! {
        <svg class="emblem" data-persona=slug viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=SHIELD fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" />
            <path d=filled fill="currentColor" />
            <path d=drawn fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" />
        </svg>
    }
}

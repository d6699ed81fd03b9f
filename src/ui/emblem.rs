//! The advisers' arms: one shield, four charges; and the four quartered.

use leptos::prelude::*;

const SHIELD: &str = "M4 3h16v8.4c0 5-3.3 8.2-8 10-4.7-1.8-8-5-8-10z";

/// The charge on the shield of `slug`: what is filled, and what is drawn as a line.
fn charge(slug: &str) -> (&'static str, &'static str) {
    match slug {
        // a star to steer by
        "ceo" => ("M12 5l1.6 4 4 1.6-4 1.6L12 16.2l-1.6-4-4-1.6 4-1.6z", ""),
        // three pales, rising
        "cfo" => ("M7 11.4h2.4v4H7zM10.8 8.5h2.4v6.9h-2.4zM14.6 5.6H17v9.8h-2.4z", ""),
        // a banner raised
        "cmo" => ("M8.8 5.6h8.6l-2.3 2.9 2.3 2.9H8.8z", "M8.8 5.6v11"),
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

/// The four arms quartered on one shield: decoration for a page with room. Once a page, since the
/// outline that cuts it has an id.
#[component]
pub fn Arms() -> impl IntoView {
    const OUTLINE: &str = "M12 10h216v108c0 68-44 116-108 146C56 234 12 186 12 118z";
    // Each adviser's quarter: where it begins, its height, and where its charge is centred.
    let quarters = [
        ("ceo", (12, 10), 116, (66, 72)),
        ("cfo", (120, 10), 116, (174, 72)),
        ("cmo", (12, 126), 138, (74, 172)),
        ("cto", (120, 126), 138, (166, 172)),
    ];
    let quarters = quarters
        .into_iter()
        .map(|(slug, (left, top), height, (x, y))| {
            let (filled, drawn) = charge(slug);
            view! {
                <g class="arms-quarter" data-persona=slug>
                    <rect x=left y=top width="108" height=height />
                    <g
                        transform=format!("translate({x} {y}) scale(5.6) translate(-12 -10.7)")
                        stroke-width="1.1"
                    >
                        <path class="filled" d=filled />
                        <path d=drawn />
                    </g>
                </g>
            }
        })
        .collect_view();
    view! {
        <svg class="hero-arms" viewBox="0 0 240 276" aria-hidden="true" focusable="false">
            <clipPath id="arms-outline">
                <path d=OUTLINE />
            </clipPath>
            <g clip-path="url(#arms-outline)">{quarters}</g>
            <path class="arms-edge" d="M120 10v254M12 126h216" stroke-width="2" />
            <path class="arms-edge" d=OUTLINE stroke-width="4" stroke-linejoin="round" />
        </svg>
    }
}

/// The mark beside the product's name: the quartered shield in one colour.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=SHIELD fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" />
            <path d="M4.8 3.8H12v8H4.8zM12 11.8h7.2c0 4.2-2.9 7.2-7.2 8.9z" fill="currentColor" />
        </svg>
    }
}

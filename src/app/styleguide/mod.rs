//! `/styleguide`: every control and state of the product on one page, with its own components and style sheet. Served
//! only where `STYLE_GUIDE` is on.
//!
//! `end2end/tests/styleguide.spec.ts` compares its sections with stored pictures. So nothing here depends on the day, the
//! visitor or the database.

mod banners;
mod controls;
mod data;
mod navigation;
mod replies;
mod states;
mod tokens;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::platform::StyleGuide;
use crate::ui::{NotFound, PageTitle};

/// A section: the id of its element and its heading.
const SECTIONS: [(&str, &str); 11] = [
    ("type", "Type"),
    ("colours", "Colours"),
    ("space", "Space, elevation, motion"),
    ("buttons", "Buttons"),
    ("forms", "Forms"),
    ("notices", "Notices"),
    ("banners", "Banners"),
    ("navigation", "Navigation"),
    ("data", "Tables, charts, badges"),
    ("replies", "Replies"),
    ("states", "States"),
];

/// The colour schemes: `?scheme=` and label. Without one, the device decides.
const SCHEMES: [(&str, &str); 3] = [("", "As the device"), ("light", "Light"), ("dark", "Dark")];

/// The style guide, or the page for addresses that do not exist.
#[component]
pub fn StyleGuidePage() -> impl IntoView {
    if !use_context::<StyleGuide>().is_some_and(|it| it.0) {
        return view! { <NotFound /> }.into_any();
    }
    let asked = use_query_map().with_untracked(|query| query.get("scheme").unwrap_or_default());
    let scheme = SCHEMES.iter().map(|(name, _)| *name).find(|name| *name == asked).unwrap_or("");
    view! {
        <PageTitle text="Style guide · C-Suite" />
        <main class="page guide" data-scheme=scheme>
            <header class="page-header">
                <h1>"Style guide"</h1>
                <Schemes scheme />
            </header>
            <Contents />
            {sections()}
        </main>
    }
    .into_any()
}

#[component]
fn Schemes(scheme: &'static str) -> impl IntoView {
    let links = SCHEMES
        .into_iter()
        .map(|(name, label)| {
            let here = name == scheme;
            view! {
                <li>
                    <a href=format!("/styleguide?scheme={name}") aria-current=here.then_some("true")>
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Colour scheme">
            <ul class="segmented-links">{links}</ul>
        </nav>
    }
}

#[component]
fn Contents() -> impl IntoView {
    let links = SECTIONS
        .into_iter()
        .map(|(id, heading)| {
            // `external` lets the browser follow the fragment.
            view! {
                <li>
                    <a href=format!("#{id}") rel="external">
                        {heading}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Sections">
            <ul class="guide-contents">{links}</ul>
        </nav>
    }
}

fn sections() -> impl IntoView {
    SECTIONS
        .into_iter()
        .map(|(id, heading)| {
            let content = match id {
                "type" => tokens::type_scale().into_any(),
                "colours" => tokens::colours().into_any(),
                "space" => tokens::space().into_any(),
                "buttons" => controls::buttons().into_any(),
                "forms" => controls::forms().into_any(),
                "notices" => banners::notices().into_any(),
                "banners" => banners::banners().into_any(),
                "navigation" => navigation::navigation().into_any(),
                "data" => data::data().into_any(),
                "replies" => replies::replies().into_any(),
                _ => states::states().into_any(),
            };
            let title = format!("{id}-heading");
            let labelled_by = title.clone();
            view! {
                <section class="guide-section" id=id aria-labelledby=labelled_by>
                    <h2 id=title>{heading}</h2>
                    {content}
                </section>
            }
        })
        .collect_view()
}

/// A part of a section with its name.
#[component]
fn Specimen(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="guide-specimen">
            <p class="guide-name">{name}</p>
            {children()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        Owner::new().with(|| sections().into_view().to_html())
    }

    #[test]
    fn every_section_has_content_and_every_id_is_there_once() {
        let html = page();
        for (id, _) in SECTIONS {
            assert!(html.contains(&format!("<h2 id=\"{id}-heading\">")), "{id}");
        }
        let ids: Vec<&str> =
            html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn the_pictures_are_the_same_on_every_day() {
        let html = page();
        assert_eq!(html, page());
        assert!(html.contains("Revenue") && html.contains("to 24 Nov 2026"), "{html}");
    }
}

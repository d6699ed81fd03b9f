//! The tokens of `style/_tokens.scss`: type, colours, space, elevation and motion.

use leptos::prelude::*;

use super::Specimen;
use crate::personas::emblem::COLOURS;

const TYPE: [(&str, &str); 7] = [
    ("3xl", "The landing page"),
    ("2xl", "Page titles"),
    ("xl", "Section headings, large values"),
    ("lg", "Subheadings, lead paragraphs"),
    ("md", "Body text"),
    ("sm", "Labels, buttons, tables, hints"),
    ("xs", "Banners, meta lines, axes"),
];

/// Colours by use: token, use, and whether it is a text colour.
const COLOUR_USES: [(&str, &str); 12] = [
    ("surface", "Page"),
    ("raised", "Cards, heads, fields"),
    ("sunken", "Questions, code, chosen"),
    ("ink", "Text"),
    ("muted", "Secondary text"),
    ("line", "Dividers"),
    ("line-strong", "Edges of controls"),
    ("accent", "Links, buttons"),
    ("on-accent", "Text on accent"),
    ("accent-hover", "Accent under the pointer"),
    ("danger", "Errors, conflicts"),
    ("ok", "Success, better"),
];

const SPACES: [(&str, &str); 8] = [
    ("1", "0.25 rem"),
    ("2", "0.5 rem"),
    ("3", "0.75 rem"),
    ("4", "1 rem"),
    ("5", "1.5 rem"),
    ("6", "2.25 rem"),
    ("7", "3.5 rem"),
    ("8", "3.5 to 6 rem"),
];

const LEVELS: [(&str, &str); 4] = [
    ("sunken", "Sunken: below the page"),
    ("surface", "Surface: the page"),
    ("raised", "Raised: one line around it"),
    ("over", "Over the page: with a shadow"),
];

pub fn type_scale() -> impl IntoView {
    let rows = TYPE
        .into_iter()
        .map(|(size, used)| {
            view! {
                <li>
                    <span class="guide-text" data-size=size>
                        "Revenue rose"
                    </span>
                    <span class="guide-name">{format!("text-{size} · {used}")}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <Specimen name="Scale">
            <ul class="guide-list">{rows}</ul>
        </Specimen>
        <Specimen name="Families">
            <p class="guide-serif">"Newsreader, for headings: 0123456789"</p>
            <p>"Inter, for everything else: 0123456789"</p>
        </Specimen>
        <Specimen name="Text">
            <p>
                "A paragraph with a " <a href="#type" rel="external">"link"</a> ", "
                <strong>"strong text"</strong> " and " <em>"emphasis"</em>
                ". Lines have at most 44 rem, which is about 75 characters."
            </p>
        </Specimen>
    }
}

pub fn colours() -> impl IntoView {
    let uses =
        COLOUR_USES.into_iter().map(|(token, used)| view! { <Swatch token used /> }).collect_view();
    let advisers = COLOURS
        .into_iter()
        .map(|(token, label)| view! { <Swatch token used=label /> })
        .collect_view();
    view! {
        <Specimen name="By use">
            <ul class="guide-swatches">{uses}</ul>
        </Specimen>
        <Specimen name="Advisers">
            <ul class="guide-swatches">{advisers}</ul>
        </Specimen>
    }
}

#[component]
fn Swatch(token: &'static str, used: &'static str) -> impl IntoView {
    view! {
        <li>
            <span class="guide-swatch" data-token=token></span>
            <span>{token}</span>
            <span class="guide-name">{used}</span>
        </li>
    }
}

pub fn space() -> impl IntoView {
    let spaces = SPACES
        .into_iter()
        .map(|(step, size)| {
            view! {
                <li>
                    <span class="guide-space" data-space=step></span>
                    <span class="guide-name">{format!("space-{step} · {size}")}</span>
                </li>
            }
        })
        .collect_view();
    let levels = LEVELS
        .into_iter()
        .map(|(level, label)| view! { <li class="guide-level" data-level=level>{label}</li> })
        .collect_view();
    view! {
        <Specimen name="Space">
            <ul class="guide-list">{spaces}</ul>
        </Specimen>
        <Specimen name="Elevation">
            <ul class="guide-levels">{levels}</ul>
        </Specimen>
        <Specimen name="Motion, off where the device asks for less">
            <div class="actions">
                <button type="button" class="button">
                    "Hover: 120 ms"
                </button>
                <button type="button" class="button" aria-busy="true">
                    "Busy: 1.2 s"
                </button>
            </div>
        </Specimen>
    }
}

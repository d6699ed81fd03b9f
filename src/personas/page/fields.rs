//! The fields of the editor's form.

use leptos::prelude::*;

use crate::error::{AppError, Code};
use crate::personas::emblem::{CHARGES, COLOURS, Charge, Emblem};
use crate::personas::form::Typed;
use crate::personas::validation::{
    CHARACTER_MAX_CHARS, INSTRUCTIONS_MAX_CHARS, MOST_FACTS_FIRST, MOST_TOKENS, SHORT_MAX_CHARS,
    SUMMARY_MAX_CHARS, TITLE_MAX_CHARS,
};
use crate::ui::{TextArea, TextField};

/// Common prefixes of fact ids, with their meaning.
const FACTS: [(&str, &str); 14] = [
    ("P.goals", "goals"),
    ("P.challenges", "challenges"),
    ("P.sells", "what you sell"),
    ("P.customers", "customers"),
    ("P.competitors", "competitors"),
    ("P.stage", "stage"),
    ("P.size", "people"),
    ("P.revenueRange", "revenue range"),
    ("K.revenue", "revenue"),
    ("K.sessions", "sessions"),
    ("K.users", "users"),
    ("K.conversions", "conversions"),
    ("I.", "all insights"),
    ("I.growth-pulse", "insights on growth"),
];

/// All fields with the typed values and the reasons for refusal.
#[component]
pub fn Fields(typed: Typed, error: Option<AppError>) -> impl IntoView {
    let error = StoredValue::new(error.filter(|error| error.code == Code::ValidationError));
    let reason = move |field: &str| {
        error.with_value(|error| error.as_ref()?.field(field).map(str::to_owned))
    };
    let Typed { short, title, summary, emblem, colour, focus, voice, instructions, .. } = typed;
    let Typed { facts_first, model, temperature, max_tokens, show_reasoning, .. } = typed;
    view! {
        <Section title="Name and role" hint="Shown on every page, and told to the adviser as its role.">
            <TextField
                name="short"
                label="Short name"
                value=short
                error=reason("short")
                hint="On buttons and in lists: CFO, Legal, Coach."
                autocomplete="off"
                required=true
                maxlength=SHORT_MAX_CHARS as u32
            />
            <TextField
                name="title"
                label="Title"
                value=title
                error=reason("title")
                hint="In full: Legal Counsel."
                autocomplete="off"
                required=true
                maxlength=TITLE_MAX_CHARS as u32
            />
            <TextField
                name="summary"
                label="In a few words"
                value=summary
                error=reason("summary")
                hint="What to come to it for: Contracts, hiring, rules."
                autocomplete="off"
                maxlength=SUMMARY_MAX_CHARS as u32
            />
        </Section>
        <Section title="Emblem and colour" hint="Shown beside its name and answers.">
            <Choices name="emblem" label="Emblem" chosen=emblem options=&CHARGES error=reason("emblem") />
            <Choices name="colour" label="Colour" chosen=colour options=&COLOURS error=reason("colour") />
        </Section>
        <Section
            title="Behaviour"
            hint="Address the adviser: “You look at…”, “Begin with…”. The ground rules always apply: data is not an instruction, nothing is invented, facts are cited."
        >
            <TextArea
                name="focus"
                label="Focus"
                hint=counted("What it looks at, and what it leaves to the others.", &focus, CHARACTER_MAX_CHARS)
                value=focus
                error=reason("focus")
                maxlength=CHARACTER_MAX_CHARS as u32
            />
            <TextArea
                name="voice"
                label="Tone"
                hint=counted("How it speaks: sober, warm, brisk.", &voice, CHARACTER_MAX_CHARS)
                value=voice
                error=reason("voice")
                maxlength=CHARACTER_MAX_CHARS as u32
            />
            <TextArea
                name="instructions"
                label="Instructions"
                hint=counted(
                    "How it reasons, and what every answer holds. One item per line.",
                    &instructions,
                    INSTRUCTIONS_MAX_CHARS,
                )
                value=instructions
                error=reason("instructions")
                required=true
                maxlength=INSTRUCTIONS_MAX_CHARS as u32
                rows=10
            />
        </Section>
        <Section
            title="Preferred facts"
            hint="Every adviser gets the known facts about your business. These come first, and are kept if not all facts fit."
        >
            <TextArea
                name="facts_first"
                label="Facts first"
                hint=format!("Beginnings of fact names, one per line, most important first; up to {MOST_FACTS_FIRST}.")
                value=facts_first
                error=reason("facts_first")
            />
            <KnownFacts />
        </Section>
        <Section
            title="Model settings"
            hint="Leave a field empty to use the installation's setting."
        >
            <TextField
                name="model"
                label="Model"
                value=model
                error=reason("model")
                hint="The provider's model id. If the provider does not serve it, the installation's model answers and a notice says so."
                autocomplete="off"
                maxlength=200
            />
            <TextField
                name="temperature"
                label="Temperature"
                inputmode="decimal"
                value=temperature
                error=reason("temperature")
                hint="0 to 2. A low value is more predictable, a high one more varied."
                autocomplete="off"
            />
            <TextField
                name="max_tokens"
                label="Longest answer"
                inputmode="numeric"
                value=max_tokens
                error=reason("max_tokens")
                hint=format!("In tokens, 1 to {MOST_TOKENS}; a token is about four letters.")
                autocomplete="off"
            />
            <div class="field field-check">
                <label>
                    <input
                        type="checkbox"
                        name="show_reasoning"
                        value="on"
                        checked=!show_reasoning.is_empty()
                        aria-describedby="show_reasoning-hint"
                    />
                    "Show reasoning"
                </label>
                <p class="field-hint" id="show_reasoning-hint">
                    "Some models reason before they answer. Members can then open that reasoning below each answer. It is never part of the answer."
                </p>
            </div>
        </Section>
    }
}

/// Formats `What it is. 120 of 1000 characters.`
fn counted(hint: &str, text: &str, most: usize) -> String {
    let length = text.replace("\r\n", "\n").chars().count();
    format!("{hint} {length} of {most} characters.")
}

#[component]
pub fn Section(title: &'static str, hint: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="form-section">
            <div class="form-section-head">
                <h2>{title}</h2>
                <p class="form-section-hint">{hint}</p>
            </div>
            <div class="form-section-fields">{children()}</div>
        </section>
    }
}

/// A radio group whose options are shown as pictures.
#[component]
fn Choices(
    name: &'static str,
    label: &'static str,
    chosen: String,
    options: &'static [(&'static str, &'static str)],
    error: Option<String>,
) -> impl IntoView {
    let is_emblem = name == "emblem";
    let options = options
        .iter()
        .map(|&(value, label)| {
            let shown = match is_emblem {
                true => view! { <Emblem charge=Charge::named(value) /> }.into_any(),
                false => view! { <span class="swatch" data-colour=value></span> }.into_any(),
            };
            view! {
                <label class="shield-choice" title=label>
                    <input type="radio" name=name value=value checked=value == chosen />
                    {shown}
                    <span class="visually-hidden">{label}</span>
                </label>
            }
        })
        .collect_view();
    let refused = error.is_some();
    let error_id = format!("{name}-error");
    let described_by = refused.then(|| error_id.clone());
    view! {
        <fieldset
            class="field shield-choices"
            class:field-invalid=refused
            id=name
            aria-describedby=described_by
        >
            <legend>{label}</legend>
            <div>{options}</div>
            {error.map(|reason| view! { <p class="field-error" id=error_id>{reason}</p> })}
        </fieldset>
    }
}

#[component]
fn KnownFacts() -> impl IntoView {
    let rows = FACTS
        .into_iter()
        .map(|(id, what)| {
            view! {
                <div>
                    <dt>
                        <code>{id}</code>
                    </dt>
                    <dd>{what}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <details class="known-facts">
            <summary>"Fact names"</summary>
            <dl>{rows}</dl>
            <p class="field-hint">
                "A metric of your own is K. and its name in small letters with hyphens: K.net-promoter-score."
            </p>
        </details>
    }
}

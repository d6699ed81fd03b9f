//! The fields of the editor's form.

use leptos::prelude::*;

use crate::error::{AppError, Code};
use crate::personas::emblem::{CHARGES, COLOURS, Charge, Emblem};
use crate::personas::form::Typed;
use crate::personas::priorities::{Choice, Topic};
use crate::personas::validation::{
    CHARACTER_MAX_CHARS, INSTRUCTIONS_MAX_CHARS, MOST_FACTS_FIRST, MOST_TOKENS, SHORT_MAX_CHARS,
    SUMMARY_MAX_CHARS, TITLE_MAX_CHARS,
};
use crate::ui::{TextArea, TextField};

/// All fields with the typed values and the reasons for refusal.
#[component]
pub fn Fields(typed: Typed, topics: Vec<Topic>, error: Option<AppError>) -> impl IntoView {
    let error = StoredValue::new(error.filter(|error| error.code == Code::ValidationError));
    let reason = move |field: &str| {
        error.with_value(|error| error.as_ref()?.field(field).map(str::to_owned))
    };
    let Typed { short, title, summary, emblem, colour, focus, voice, instructions, .. } = typed;
    let Typed { facts_order, model, temperature, max_tokens, show_reasoning, .. } = typed;
    let is_advanced_open = [&model, &temperature, &max_tokens, &show_reasoning]
        .iter()
        .any(|it| !it.is_empty())
        || ["model", "temperature", "max_tokens"].into_iter().any(|field| reason(field).is_some());
    view! {
        <Section title="Name and role" hint="Shown on every page and in the prompt.">
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
                hint="Its topics, as in: Contracts, hiring, rules."
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
                    "How it reasons and what every answer contains. One item per line.",
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
            title="Prioritised facts"
            hint="Every adviser gets the known facts about your business. The chosen ones come first, and stay if not all facts fit."
        >
            <Priorities topics order=facts_order error=reason("facts_first") />
        </Section>
        <Advanced is_open=is_advanced_open>
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
        </Advanced>
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

/// The settings of the model, folded unless one of them is set or refused.
#[component]
fn Advanced(is_open: bool, children: Children) -> impl IntoView {
    view! {
        <details class="form-advanced" open=is_open>
            <summary>"Advanced"</summary>
            <Section
                title="Model settings"
                hint="Leave a field empty to use the installation's setting."
            >
                {children()}
            </Section>
        </details>
    }
}

/// Checkboxes for the facts to put first, by topic.
#[component]
fn Priorities(
    topics: Vec<Topic>,
    /// The prefixes as stored, separated by commas.
    order: String,
    error: Option<String>,
) -> impl IntoView {
    let topics = topics
        .into_iter()
        .enumerate()
        .map(|(at, Topic { title, choices })| {
            let id = format!("facts-{at}");
            let labelled_by = id.clone();
            let choices =
                choices.into_iter().map(|choice| view! { <FactChoice choice /> }).collect_view();
            view! {
                <div role="group" aria-labelledby=labelled_by>
                    <h3 id=id>{title}</h3>
                    <div class="fact-choices">{choices}</div>
                </div>
            }
        })
        .collect_view();
    let refused = error.is_some();
    let described_by = match refused {
        true => "facts_first-error facts_first-hint",
        false => "facts_first-hint",
    };
    view! {
        <fieldset
            class="field fact-topics"
            class:field-invalid=refused
            id="facts_first"
            aria-describedby=described_by
        >
            <legend class="visually-hidden">"Prioritised facts"</legend>
            <p class="field-hint" id="facts_first-hint">
                {format!("Choose up to {MOST_FACTS_FIRST}.")}
            </p>
            <input type="hidden" name="facts_order" value=order />
            {error
                .map(|reason| {
                    view! {
                        <p class="field-error" id="facts_first-error">
                            {reason}
                        </p>
                    }
                })}
            {topics}
        </fieldset>
    }
}

#[component]
fn FactChoice(choice: Choice) -> impl IntoView {
    let Choice { prefix, name, is_chosen, is_valid } = choice;
    view! {
        <label>
            <input
                type="checkbox"
                name="facts_first[]"
                value=prefix
                checked=is_chosen
                aria-invalid=(!is_valid).then_some("true")
            />
            <span dir="auto">{name}</span>
        </label>
    }
}

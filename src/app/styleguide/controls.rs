//! Buttons and form fields.

use leptos::prelude::*;

use super::Specimen;
use crate::business::model::SIZES;
use crate::error::AppError;
use crate::ui::{FormNotice, SelectField, SubmitButton, TextArea, TextField};

/// The classes of buttons, with an example each.
const BUTTONS: [(&str, &str); 3] = [
    ("button", "Import 425 days"),
    ("button-quiet", "Preview import"),
    ("button-danger", "Delete metric"),
];

pub fn buttons() -> impl IntoView {
    let all = BUTTONS
        .into_iter()
        .map(|(class, label)| {
            view! {
                <div class="actions">
                    <button type="button" class=class>
                        {label}
                    </button>
                    <button type="button" class=class aria-busy="true">
                        "Busy"
                    </button>
                    <button type="button" class=class disabled>
                        "Disabled"
                    </button>
                    <a class=class href="#buttons" rel="external">
                        "As a link"
                    </a>
                </div>
            }
        })
        .collect_view();
    view! {
        <Specimen name="One main action, quiet ones, dangerous ones">{all}</Specimen>
        <Specimen name="Within a sentence">
            <p>
                "Sample data is loaded. " <button type="button" class="link-button">
                    "Remove sample data"
                </button>
            </p>
        </Specimen>
        <Specimen name="One of a few">
            <ul class="segmented-links">
                <li>
                    <a href="#buttons" rel="external" aria-current="true">
                        "30 days"
                    </a>
                </li>
                <li>
                    <a href="#buttons" rel="external">
                        "90 days"
                    </a>
                </li>
                <li>
                    <a href="#buttons" rel="external">
                        "1 year"
                    </a>
                </li>
            </ul>
        </Specimen>
    }
}

pub fn forms() -> impl IntoView {
    let refusal = Some(AppError::invalid_field("refused", "Check the marked fields."));
    view! {
        <div class="guide-columns">
            <Specimen name="Empty and filled">
                <form class="card" method="get" action="/styleguide">
                    <TextField
                        name="filled"
                        label="Metric"
                        value="Churn rate"
                        error=None
                        required=true
                    />
                    <TextField
                        name="hinted"
                        label="Unit"
                        value=""
                        error=None
                        hint="Such as % or hours."
                    />
                    <TextField name="locked" label="E-mail" value="ada@example.com" error=None readonly=true />
                    <SelectField name="chosen" label="People" options=&SIZES value=SIZES[1] error=None />
                    <TextArea
                        name="long"
                        label="What you sell"
                        value="Bread for walk-in customers, cakes to order."
                        error=None
                        rows=2
                    />
                    <Choices />
                    <SubmitButton label="Save metric" />
                </form>
            </Specimen>
            <Specimen name="Refused">
                <form class="card" method="get" action="/styleguide">
                    // `inert`, so that it does not take the focus.
                    <div inert>
                        <FormNotice error=refusal />
                    </div>
                    <TextField
                        name="refused"
                        label="Metric"
                        value="Revenue"
                        error=reason("There is already a metric of this name.")
                        required=true
                    />
                    <SelectField
                        name="unchosen"
                        label="People"
                        options=&SIZES
                        value=""
                        error=reason("Choose one of those shown.")
                    />
                    <TextArea
                        name="too-long"
                        label="What you sell"
                        value="Bread"
                        error=reason("Write at least a sentence.")
                        hint="What you sell and to whom."
                        rows=2
                    />
                    <SubmitButton label="Save metric" />
                </form>
            </Specimen>
        </div>
    }
}

fn reason(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[component]
fn Choices() -> impl IntoView {
    let sizes = ["Higher", "Lower"]
        .into_iter()
        .zip([true, false])
        .map(|(label, checked)| {
            view! {
                <label>
                    <input type="radio" name="better" value=label checked=checked />
                    <span>{label}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field segmented">
            <legend>"Better is"</legend>
            <div class="segments">{sizes}</div>
        </fieldset>
        <label class="welcome-sample">
            <input type="checkbox" name="sample" value="yes" checked />
            "Load sample data"
        </label>
    }
}

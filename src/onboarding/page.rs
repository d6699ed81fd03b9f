//! `/welcome`: three questions to a new owner. A plain form; `app/plain.js` guesses currency and time zone.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::model::{Typed, Welcome};
use super::server_fns::{Begin, load_welcome};
use crate::business::model::{SIZES, TEXT_MAX_CHARS};
use crate::chat::model::MESSAGE_MAX_CHARS;
use crate::error::Code;
use crate::ui::{
    FormNotice, PageTitle, SubmitButton, TextArea, TextField, load, redirect_to_sign_in,
};

/// The first page.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let welcome = load(load_welcome());
    view! {
        <PageTitle text="Welcome · C-Suite" />
        <main class="page welcome">
            {Suspend::new(async move {
                match welcome.await {
                    Ok(welcome) => view! { <Questions welcome /> }.into_any(),
                    Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                    Err(error) => view! { <FormNotice error=Some(error) /> }.into_any(),
                }
            })}
        </main>
    }
}

#[component]
fn Questions(welcome: Welcome) -> impl IntoView {
    let Welcome { business_name, typed, error, time_zones, request_id } = welcome;
    let Typed { sells, size, decision, currency, time_zone, sample } = typed;
    let reason = |field: &str| error.as_ref().and_then(|it| it.field(field)).map(str::to_owned);
    let places_refused = reason("currency").is_some() || reason("time_zone").is_some();
    view! {
        <header class="welcome-head">
            <h1 dir="auto">{format!("Three questions about {business_name}")}</h1>
            <p>"Your advisers read the answers before they reply. You can change them at any time."</p>
        </header>
        <form class="card welcome-form" method="post" action=Begin::url()>
            <FormNotice error=error.clone() />
            <input type="hidden" name="client_request_id" value=request_id />
            <TextArea
                name="sells"
                label="1. What is your business?"
                hint="What you sell and to whom. For example: a bakery in Leeds; bread for walk-in customers, cakes to order."
                value=sells
                error=reason("sells")
                rows=2
                maxlength=TEXT_MAX_CHARS as u32
            />
            <Sizes size error=reason("size") />
            <TextArea
                name="decision"
                label="3. What decision is on your table?"
                hint="Your Chief Executive answers it next. For example: Should we open on Sundays?"
                value=decision
                error=reason("decision")
                required=true
                rows=3
                maxlength=MESSAGE_MAX_CHARS as u32
            />
            <details class="welcome-places" open=places_refused>
                <summary>
                    "Currency and time zone: "
                    <span data-places>
                        {format!("{}, {}", if currency.is_empty() { "none" } else { &currency }, time_zone)}
                    </span>
                </summary>
                <div class="field-row">
                    <TextField
                        name="currency"
                        label="Currency"
                        hint="Three letters, such as EUR."
                        value=currency
                        error=reason("currency")
                        maxlength=3
                    />
                    <Zones time_zone time_zones error=reason("time_zone") />
                </div>
            </details>
            <label class="welcome-sample">
                <input type="checkbox" name="sample" value="yes" checked=sample == "yes" />
                "I have no numbers at hand: load sample data, which I can remove with one click"
            </label>
            <div class="actions">
                <SubmitButton label="Ask the Chief Executive" />
                <a class="button-quiet" href="/dashboard">
                    "Skip for now"
                </a>
            </div>
        </form>
    }
}

/// The sizes as buttons of a choice.
#[component]
fn Sizes(size: String, error: Option<String>) -> impl IntoView {
    let options = SIZES
        .into_iter()
        .map(|option| {
            view! {
                <label>
                    <input type="radio" name="size" value=option checked=size == option />
                    <span>{option}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field segmented" id="size">
            <legend>"2. How many people work in it?"</legend>
            {error.map(|reason| view! { <p class="field-error">{reason}</p> })}
            <div class="segments">{options}</div>
        </fieldset>
    }
}

#[component]
fn Zones(time_zone: String, time_zones: Vec<String>, error: Option<String>) -> impl IntoView {
    let options = time_zones
        .into_iter()
        .map(|zone| {
            let selected = zone == time_zone;
            let label = zone.clone();
            view! {
                <option value=zone selected=selected>
                    {label}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="time_zone">"Time zone"</label>
            <select id="time_zone" name="time_zone">
                {options}
            </select>
            {error.map(|reason| view! { <p class="field-error">{reason}</p> })}
        </div>
    }
}

//! The profile form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::Standing;
use super::conflict::Conflict;
use super::goals::Goals;
use super::state::{FormState, Shown};
use crate::business::model::{
    Field, LINE_MAX_CHARS, ProfileView, REVENUE_RANGES, SIZES, STAGES, TEXT_MAX_CHARS,
};
use crate::business::server_fns::SaveProfile;
use crate::ui::{FormNotice, SelectField, SubmitButton, TextArea, TextField, Unsent};

#[component]
pub fn ProfileForm(view: ProfileView) -> impl IntoView {
    let state = FormState::new(Shown::open(view));
    let (error, version) = state.with_value(|shown| (shown.error.clone(), shown.version));
    let (stored, conflict) = state.with_value(|shown| (shown.stored, shown.is_conflict()));
    view! {
        <Standing saved=state.with_value(|shown| shown.saved.clone()) />
        // The script saves drafts (`app/scripts/drafts.js`), except while a conflict is being resolved.
        <form
            class="profile-form"
            method="post"
            action=SaveProfile::url()
            data-draft=(!conflict).then_some("profile")
            data-saved=stored.then_some("true")
        >
            <input type="hidden" name="version" value=version />
            <FormNotice error />
            <Unsent />
            {stored.then(|| view! { <Stored /> })}
            {conflict.then(|| view! { <Conflict state /> })}
            <Sections state />
            {(!conflict)
                .then(|| {
                    view! {
                        <p class="actions">
                            <SubmitButton label="Save profile" />
                        </p>
                    }
                })}
        </form>
    }
}

#[component]
fn Stored() -> impl IntoView {
    view! {
        <p class="notice notice-success" role="status" tabindex="-1" autofocus>
            "Saved. Your advisers use it from the next answer on. " <a href="/chat">"Ask a question"</a>
        </p>
    }
}

#[component]
fn Sections(state: FormState) -> impl IntoView {
    view! {
        <Section
            title="The business"
            gain="Advisers use names and examples from your industry."
        >
            <Line state field=Field::BusinessName autocomplete="organization" required=true />
            <Line state field=Field::Industry hint="For example: neighbourhood bakery, tax advice, board games." />
        </Section>
        <Section
            title="Size and stage"
            gain="Advisers suggest what your people and money can carry out."
        >
            <Choice state field=Field::Size options=&SIZES />
            <Choice state field=Field::Stage options=&STAGES />
            <Choice state field=Field::RevenueRange options=&REVENUE_RANGES />
        </Section>
        <Section
            title="Goals"
            gain="Advisers check every suggestion against them. Most important first."
        >
            <Goals state />
        </Section>
        <Section title="What you sell" gain="Your CMO and CFO speak of your offers and prices.">
            <Text state field=Field::Sells hint="Products or services, how they are priced, what brings in the most." />
        </Section>
        <Section title="Customers" gain="Your CMO knows whom to speak to, and where.">
            <Text state field=Field::Customers hint="Who they are, how they find you, why they stay or leave." />
        </Section>
        <Section title="Competitors" gain="Your CEO sees where you stand out, and where you do not.">
            <Text state field=Field::Competitors hint="Who else your customers consider, and what they do better or worse." />
        </Section>
        <Section title="Challenges" gain="Advisers address these first.">
            <Text state field=Field::Challenges hint="What is hard, stuck or uncertain just now." />
        </Section>
        <Section title="Tone of voice" gain="Texts that your advisers draft sound like you.">
            <Text state field=Field::Tone hint="For example: warm and plain, no jargon, a little dry humour." />
        </Section>
    }
}

#[component]
fn Section(
    title: &'static str,
    /// How advice benefits from the section.
    gain: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="form-section">
            <div class="form-section-head">
                <h2>{title}</h2>
                <p class="form-section-hint">{gain}</p>
            </div>
            <div class="form-section-fields">{children()}</div>
        </section>
    }
}

#[component]
fn Line(
    state: FormState,
    field: Field,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    view! {
        <TextField
            name=field.name()
            label=field.label()
            value=state.with_value(|shown| shown.typed.text(field))
            error=state.with_value(|shown| shown.reason(field))
            hint
            autocomplete
            required
            maxlength=LINE_MAX_CHARS as u32
        />
    }
}

#[component]
fn Choice(state: FormState, field: Field, options: &'static [&'static str]) -> impl IntoView {
    view! {
        <SelectField
            name=field.name()
            label=field.label()
            options
            value=state.with_value(|shown| shown.typed.text(field))
            error=state.with_value(|shown| shown.reason(field))
        />
    }
}

#[component]
fn Text(state: FormState, field: Field, hint: &'static str) -> impl IntoView {
    view! {
        <TextArea
            name=field.name()
            label=field.label()
            value=state.with_value(|shown| shown.typed.text(field))
            error=state.with_value(|shown| shown.reason(field))
            hint
            maxlength=TEXT_MAX_CHARS as u32
            rows=4
        />
    }
}

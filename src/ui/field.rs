//! Form fields: label, control, hint and error.

use std::borrow::Cow;

use leptos::prelude::*;

use super::textarea_html;

/// A one-line field.
#[component]
pub fn TextField(
    /// The form name, and the control's `id`.
    #[prop(into)]
    name: Cow<'static, str>,
    #[prop(into)] label: Cow<'static, str>,
    /// The input's `type`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The keyboard on phones, such as `decimal`.
    #[prop(optional)]
    inputmode: &'static str,
    #[prop(into)] value: String,
    /// Why the value was refused.
    error: Option<String>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional, into)] hint: Cow<'static, str>,
    #[prop(optional)] required: bool,
    /// Submitted, but not editable.
    #[prop(optional)]
    readonly: bool,
    /// In characters; 0 means no limit.
    #[prop(optional)]
    maxlength: u32,
) -> impl IntoView {
    let described_by = described_by(&name, &hint, error.is_some());
    view! {
        <Field name=name.clone() label hint error=error.clone() required>
            <input
                type=kind
                id=name.clone()
                name=name
                inputmode=given(inputmode)
                dir=(kind == "text").then_some("auto")
                value=value
                autocomplete=given(autocomplete)
                required=required
                readonly=readonly
                maxlength=(maxlength > 0).then_some(maxlength)
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by
            />
        </Field>
    }
}

/// A multi-line field. See [`textarea_html`] for how its text is set.
#[component]
pub fn TextArea(
    /// The form name, and the control's `id`.
    name: &'static str,
    label: &'static str,
    #[prop(into)] value: String,
    /// Why the value was refused.
    error: Option<String>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional, into)] hint: Cow<'static, str>,
    #[prop(optional)] required: bool,
    /// In characters; 0 means no limit.
    #[prop(optional)]
    maxlength: u32,
    #[prop(default = 4)] rows: u32,
    /// Focuses the field when the page is loaded.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let described_by = described_by(name, &hint, error.is_some());
    view! {
        <Field name label hint error=error.clone() required>
            <textarea
                id=name
                name=name
                dir="auto"
                rows=rows
                autofocus=autofocus
                autocomplete=given(autocomplete)
                required=required
                maxlength=(maxlength > 0).then_some(maxlength)
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by
                inner_html=textarea_html(&value)
            ></textarea>
        </Field>
    }
}

/// A choice of one option or none.
#[component]
pub fn SelectField(
    /// The form name, and the control's `id`.
    name: &'static str,
    label: &'static str,
    options: &'static [&'static str],
    /// One of `options`, or empty.
    #[prop(into)]
    value: String,
    /// Why the value was refused.
    error: Option<String>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    let described_by = described_by(name, hint, error.is_some());
    view! {
        <Field name label hint error=error.clone() required=false>
            <select
                id=name
                name=name
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by
            >
                <option value="" selected=value.is_empty()>
                    "Choose…"
                </option>
                {options
                    .iter()
                    .map(|&option| {
                        view! {
                            <option value=option selected=value == option>
                                {option}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </Field>
    }
}

/// The label, hint and error around a control.
#[component]
fn Field(
    #[prop(into)] name: Cow<'static, str>,
    #[prop(into)] label: Cow<'static, str>,
    #[prop(into)] hint: Cow<'static, str>,
    error: Option<String>,
    required: bool,
    children: Children,
) -> impl IntoView {
    let refused = error.is_some();
    view! {
        <div class="field" class:field-invalid=refused>
            <label for=name.clone()>
                {label}
                {required
                    .then(|| view! { <span class="field-required" aria-hidden="true">" *"</span> })}
            </label>
            {(!hint.is_empty())
                .then(|| view! { <p class="field-hint" id=hint_id(&name)>{hint}</p> })}
            {children()}
            {error.map(|reason| view! { <p class="field-error" id=error_id(&name)>{reason}</p> })}
        </div>
    }
}

fn given(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

fn hint_id(name: &str) -> String {
    format!("{name}-hint")
}

fn error_id(name: &str) -> String {
    format!("{name}-error")
}

/// Returns the ids for `aria-describedby`: error, then hint.
fn described_by(name: &str, hint: &str, refused: bool) -> Option<String> {
    match (refused, hint.is_empty()) {
        (true, true) => Some(error_id(name)),
        (true, false) => Some(format!("{} {}", error_id(name), hint_id(name))),
        (false, false) => Some(hint_id(name)),
        (false, true) => None,
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::*;

    use super::{SelectField, TextArea, TextField};

    const HOSTILE: &str = "</textarea><script>alert(\"1\")</script>&amp;";

    /// Renders `view` to HTML as the server does.
    fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
        Owner::new().with(|| view().into_view().to_html())
    }

    fn area(value: &str) -> String {
        html(|| view! { <TextArea name="sells" label="What you sell" value=value error=None /> })
    }

    #[test]
    fn textarea_content_cannot_close_the_textarea() {
        let html = area(HOSTILE);
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(
            html.contains(
                ">&lt;/textarea&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;</textarea>"
            ),
            "{html}"
        );
    }

    #[test]
    fn a_newline_at_the_start_survives_the_parser() {
        assert!(area("\nsecond line").contains(">\n\nsecond line</textarea>"));
        assert!(area("first line").contains(">first line</textarea>"));
    }

    #[test]
    fn a_value_is_rendered_and_cannot_break_out_of_its_attribute() {
        let html = html(|| {
            view! { <TextField name="name" label="Name" value="\"><script>" error=None /> }
        });
        assert!(html.contains("value=\"&quot;>") || html.contains("value=\"&quot;&gt;"), "{html}");
        assert!(html.contains("<label for=\"name\">"), "{html}");
        assert!(!html.contains("aria-invalid") && !html.contains("aria-describedby"), "{html}");
    }

    #[test]
    fn a_refused_field_is_marked_and_names_its_reason_and_its_hint() {
        let html = html(|| {
            let error = Some("Enter an e-mail address.".to_owned());
            view! {
                <TextField name="email" label="E-mail" kind="email" value="x" error hint="For signing in." />
            }
        });
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("aria-describedby=\"email-error email-hint\""), "{html}");
        assert!(
            html.contains("id=\"email-error\" class=\"field-error\">Enter an e-mail address."),
            "{html}"
        );
        assert!(html.contains("id=\"email-hint\" class=\"field-hint\">For signing in."), "{html}");
    }

    #[test]
    fn a_select_holds_the_chosen_option_before_any_script_runs() {
        const STAGES: &[&str] = &["Idea", "Growing"];
        let html = html(|| {
            view! { <SelectField name="stage" label="Stage" options=STAGES value="Growing" error=None /> }
        });
        assert!(html.contains("<option value=\"Growing\" selected"), "{html}");
        assert_eq!(html.matches(" selected").count(), 1, "{html}");
        assert!(html.contains("Choose…"), "{html}");
    }
}

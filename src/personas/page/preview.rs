//! Previews an adviser before it is saved.

use leptos::prelude::*;

use super::fields::Section;
use crate::error::AppError;
use crate::personas::form::Preview;
use crate::ui::TextArea;

/// The question for the preview, and the reply below it.
#[component]
pub fn PreviewSection(
    question: String,
    preview: Option<Preview>,
    error: Option<AppError>,
) -> impl IntoView {
    let reason = error.as_ref().and_then(|error| error.field("question")).map(str::to_owned);
    view! {
        <Section
            title="Preview adviser"
            hint="Asks the adviser as set above, saved or not, with the known facts about your business. One short answer, charged like any other and not kept in a conversation."
        >
            <TextArea
                name="question"
                label="Preview question"
                value=question
                error=reason
                hint="For example: What should we look at first?"
                rows=2
                maxlength=5_000
            />
            {preview.map(|preview| view! { <Answer preview /> })}
        </Section>
    }
}

#[component]
fn Answer(preview: Preview) -> impl IntoView {
    let Preview { blocks, foot, note } = preview;
    let blocks = blocks
        .into_iter()
        .map(|block| view! { <div class="block" inner_html=block></div> })
        .collect_view();
    view! {
        <article class="message message-answer" id="preview" tabindex="-1" aria-label="Preview answer">
            <p class="message-author">"Preview answer, not saved"</p>
            <div class="message-body" dir="auto">
                {blocks}
            </div>
            {note.map(|note| view! { <p class="message-meta message-failure">{note}</p> })}
            <p class="message-meta">{foot}</p>
        </article>
    }
}

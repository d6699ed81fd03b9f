//! The adviser's card and prompt beside the form. The script (`app/plain.js`) updates them as the form is filled in;
//! without it they show the form as it was loaded.

use leptos::prelude::*;

use crate::personas::character::{self, Part};
use crate::personas::emblem::{Charge, Emblem};
use crate::personas::form::Typed;
use crate::personas::priorities::{Topic, split};
use crate::ui::changing;

#[component]
pub fn LivePreview(typed: Typed, topics: Vec<Topic>) -> impl IntoView {
    let prompt = character::of_typed(&typed)
        .map(|part| match part {
            Part::Words(words) => words.into_any(),
            Part::Field(name, value) => field(name, value).into_any(),
        })
        .into_iter()
        .collect_view();
    let first = names(&typed.facts_first, &topics).join(", ");
    view! {
        <aside class="adviser-live" aria-labelledby="live-title" data-live-preview>
            <h2 id="live-title">"Preview"</h2>
            <div class="adviser-live-card">
                <Emblem charge=Charge::named(&typed.emblem) />
                <div class="adviser-who">
                    <p class="adviser-live-title" dir="auto">{field("title", &typed.title)}</p>
                    <p dir="auto">{field("short", &typed.short)}</p>
                    <p class="adviser-version" dir="auto">{field("summary", &typed.summary)}</p>
                </div>
            </div>
            <h3>"Prompt"</h3>
            <div class="adviser-prompt" tabindex="0" role="region" aria-label="Prompt" dir="auto">
                {prompt}
            </div>
            <p class="field-hint">
                "The ground rules and the facts follow. First of the facts: "
                <span data-live-facts>{first}</span>
            </p>
        </aside>
    }
}

/// A value of the form. The script replaces its text.
fn field(name: &'static str, value: &str) -> impl IntoView + use<> {
    view! { <span data-live=name inner_html=changing(value.trim())></span> }
}

/// Returns the names of the chosen facts, most important first.
fn names(facts_first: &str, topics: &[Topic]) -> Vec<String> {
    let choices = || topics.iter().flat_map(|topic| &topic.choices);
    split(facts_first)
        .filter_map(|prefix| Some(choices().find(|it| it.prefix == prefix)?.name.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personas::priorities::topics;

    #[test]
    fn the_preview_is_the_card_and_the_prompt_as_typed() {
        let typed = Typed {
            title: "Legal <Counsel>".into(),
            short: "Legal".into(),
            instructions: "Name the law.".into(),
            facts_first: "K.revenue\nP.goals".into(),
            ..Typed::blank()
        };
        let topics = topics(&[], &["K.revenue", "P.goals"]);
        let html = Owner::new().with(|| view! { <LivePreview typed topics /> }.to_html());
        assert!(html.contains("<span data-live=\"instructions\">Name the law.</span>"), "{html}");
        assert!(html.contains("Legal &lt;Counsel&gt;") && !html.contains("<Counsel>"), "{html}");
        assert!(html.contains("You are the ") && html.contains("# How you work"), "{html}");
        assert!(html.contains("Revenue, Goals"), "{html}");
        assert!(html.contains("<span data-live=\"voice\"></span>"), "nothing, not a space: {html}");
    }
}

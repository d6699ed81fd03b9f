//! What the newest reply proposes to save in the profile, below it. A form, so that it works without JavaScript.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::{Decision, Proposal, ProposalAction, ProposalTerms};
use super::super::server_fns::{DecideProposal, decide_proposal};
use super::screen;
use super::state::OpenChat;

/// The `id` of the first button, which keeps the focus.
const FIRST: &str = "proposal-first";
/// The `id` of the composer's box.
const COMPOSER: &str = "message";

/// The proposal, unless a reply is running.
#[component]
pub fn ProfileProposal(chat: OpenChat) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let waits = chat.pending.with(Option::is_some) || chat.running.with(Option::is_some);
        if waits || chat.gone.get() {
            return None;
        }
        chat.entries.with(|entries| {
            let last = entries.last()?;
            let proposal = last.outcome.with(|outcome| outcome.proposal.clone())?;
            Some((last.message.id.clone(), proposal))
        })
    });
    move || shown.get().map(|(reply_id, proposal)| view! { <Shown chat reply_id proposal /> })
}

/// Shows another proposal of a reply, or none.
pub fn propose(chat: OpenChat, reply_id: &str, proposal: Option<Proposal>) {
    chat.entries.try_with_untracked(|entries| {
        if let Some(entry) = entries.iter().find(|entry| entry.message.id == reply_id) {
            entry.outcome.update(|outcome| outcome.proposal = proposal);
        }
    });
}

#[component]
fn Shown(chat: OpenChat, reply_id: String, proposal: Proposal) -> impl IntoView {
    let Proposal { terms, label, saved } = proposal;
    let (shown, ProposalTerms { field, text, action, before }) = (terms.clone(), terms.clone());
    let is_busy = StoredValue::new(false);
    let message_id = reply_id.clone();
    let decided = StoredValue::new((reply_id, terms, label.clone()));
    let button = move |decision: Decision, is_first: bool| {
        let press = move |press: MouseEvent| {
            press.prevent_default();
            if !is_busy.get_value() {
                is_busy.set_value(true);
                let (reply_id, terms, label) = decided.get_value();
                spawn_local(async move {
                    decide(chat, reply_id, terms, label, decision).await;
                    is_busy.try_set_value(false);
                });
            }
        };
        view! {
            <button
                class="button-quiet"
                id=is_first.then_some(FIRST)
                name="decision"
                value=decision.value()
                on:click=press
            >
                {said_on(decision)}
            </button>
        }
    };
    view! {
        <form
            class="proposal"
            id="proposal"
            aria-label="Proposal for your profile"
            method="post"
            action=DecideProposal::url()
        >
            <input type="hidden" name="message_id" value=message_id />
            <input type="hidden" name="field" value=field.clone() />
            <input type="hidden" name="text" value=text />
            <input type="hidden" name="action" value=action.name() />
            <input type="hidden" name="before" value=before />
            {match saved {
                true => {
                    view! {
                        <p class="proposal-text">
                            "Saved as " <a href=format!("/profile#{field}")>{label}</a> "."
                        </p>
                        <p class="proposal-choice">{button(Decision::Undo, true)}</p>
                    }
                        .into_any()
                }
                false => {
                    view! {
                        <p class="proposal-text">{question(label, shown)}</p>
                        <p class="proposal-choice">
                            {button(Decision::Save, true)} {button(Decision::Decline, false)}
                        </p>
                    }
                        .into_any()
                }
            }}
        </form>
    }
}

const fn said_on(decision: Decision) -> &'static str {
    match decision {
        Decision::Save => "Save to profile",
        Decision::Undo => "Undo",
        Decision::Decline => "No, thanks",
    }
}

/// `Save “bread” as What you sell?`, with everything that is lost or kept.
fn question(label: String, terms: ProposalTerms) -> AnyView {
    let ProposalTerms { text, action, before, .. } = terms;
    let quoted = |text: String| view! { "“" <bdi class="proposal-quote">{text}</bdi> "”" };
    let label = view! { <span class="proposal-field">{label}</span> };
    let kept = (!before.is_empty()).then(|| before.clone());
    match action {
        ProposalAction::Replace => {
            view! { "Replace " {quoted(before)} " with " {quoted(text)} " in " {label} "?" }
                .into_any()
        }
        ProposalAction::Fill => view! { "Save " {quoted(text)} " as " {label} "?" }.into_any(),
        ProposalAction::Add => view! {
            "Add "
            {quoted(text)}
            " to "
            {label}
            "?"
            {kept
                .map(|kept| {
                    view! { <span class="proposal-kept">" There now: " {quoted(kept)}</span> }
                })}
        }
        .into_any(),
    }
}

/// Sends a decision, shows what comes of it, and keeps the focus close.
async fn decide(
    chat: OpenChat,
    reply_id: String,
    terms: ProposalTerms,
    label: String,
    decision: Decision,
) {
    chat.desk.refused.try_set(None);
    match decide_proposal(reply_id.clone(), terms, decision).await {
        Ok(proposal) => {
            let focus = if proposal.is_some() { FIRST } else { COMPOSER };
            propose(chat, &reply_id, proposal);
            chat.desk.announce(match decision {
                Decision::Save => format!("Saved as {label}."),
                Decision::Undo => format!("Undone. {label} is as it was before."),
                Decision::Decline => "Not saved.".to_owned(),
            });
            screen::after_paint(move || screen::focus_on(focus));
        }
        Err(error) => chat.turned_away(error),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn said(action: ProposalAction, before: &str) -> String {
        let html = Owner::new().with(|| {
            let terms = ProposalTerms {
                field: String::new(),
                text: "bread".to_owned(),
                action,
                before: before.to_owned(),
            };
            question("Goals".to_owned(), terms).to_html()
        });
        // Without tags and the comments that Leptos puts between texts.
        html.split('<').map(|part| part.split_once('>').map_or(part, |it| it.1)).collect()
    }

    #[test]
    fn a_proposal_shows_what_is_stored_and_what_is_kept_or_lost() {
        assert_eq!(said(ProposalAction::Fill, ""), "Save “bread” as Goals?");
        assert_eq!(said(ProposalAction::Add, ""), "Add “bread” to Goals?");
        assert_eq!(
            said(ProposalAction::Add, "<a>"),
            "Add “bread” to Goals? There now: “&lt;a&gt;”"
        );
        let replaces = "Replace “&lt;a&gt;” with “bread” in Goals?";
        assert_eq!(said(ProposalAction::Replace, "<a>"), replaces);
    }
}

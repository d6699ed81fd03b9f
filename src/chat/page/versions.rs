//! Switches between the versions of a message.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::super::model::MessageView;
use super::super::server_fns::{SelectVersion, select_version};
use super::screen::{self, Hold};
use super::state::OpenChat;

/// The direction of an arrow.
#[derive(Clone, Copy)]
enum Step {
    Previous,
    Next,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Next => "next",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Previous => "Previous version",
            Self::Next => "Next version",
        }
    }

    const fn arrow(self) -> &'static str {
        match self {
            Self::Previous => "‹",
            Self::Next => "›",
        }
    }

    /// Returns the index of the target version from index `at`.
    fn from(self, at: usize) -> Option<usize> {
        match self {
            Self::Previous => at.checked_sub(1),
            Self::Next => at.checked_add(1),
        }
    }
}

/// `‹ 2/3 ›`, if there is more than one version.
#[component]
pub fn Versions(chat: OpenChat, message: Arc<MessageView>) -> impl IntoView {
    let (number, count) = (message.version() + 1, message.versions.len());
    (count > 1).then(|| {
        view! {
            <div class="versions" role="group" aria-label="Versions" id=group_id(&message.id)>
                <Arrow chat message=message.clone() step=Step::Previous />
                <span class="versions-place">
                    <span aria-hidden="true">{format!("{number}/{count}")}</span>
                    <span class="visually-hidden">{place(number, count)}</span>
                </span>
                <Arrow chat message=message.clone() step=Step::Next />
            </div>
        }
    })
}

#[component]
fn Arrow(chat: OpenChat, message: Arc<MessageView>, step: Step) -> impl IntoView {
    let to = step.from(message.version());
    let target = to.and_then(|to| message.versions.get(to)).cloned();
    let is_closed = target.is_none();
    let id = target.clone().unwrap_or_default();
    let count = message.versions.len();
    let show = move |submit: SubmitEvent| {
        submit.prevent_default();
        let (Some(target), Some(to)) = (target.clone(), to) else { return };
        chat.desk.refused.set(None);
        let here = group_id(&message.id);
        spawn_local(async move {
            match select_version(target.clone()).await {
                Ok(branch) => {
                    let hold = screen::top_of(&here).map(|top| Hold {
                        id: group_id(&target),
                        step: step.name(),
                        top,
                    });
                    chat.show(branch, hold);
                    chat.desk.announce(place(to + 1, count));
                }
                Err(error) => chat.turned_away(error),
            }
        });
    };
    view! {
        <form method="post" action=SelectVersion::url() on:submit=show>
            <input type="hidden" name="message_id" value=id />
            <button
                class="versions-step"
                data-step=step.name()
                aria-label=step.label()
                title=step.label()
                disabled=move || is_closed || chat.running.with(Option::is_some)
            >
                {step.arrow()}
            </button>
        </form>
    }
}

fn group_id(message_id: &str) -> String {
    format!("versions-{message_id}")
}

fn place(number: usize, count: usize) -> String {
    format!("Version {number} of {count}")
}

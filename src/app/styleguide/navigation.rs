//! The head of pages, tabs and paging.

use leptos::prelude::*;

use super::Specimen;
use crate::accounts::model::{Member, Role};
use crate::app::nav::Head;
use crate::personas::built_in;
use crate::personas::emblem::Emblem;

pub fn navigation() -> impl IntoView {
    let owner = Member {
        account_id: String::new(),
        tenant_id: String::new(),
        role: Role::Owner,
        name: "Owner".to_owned(),
        email: "owner@example.com".to_owned(),
        tenant_name: "Harbour Bakery".to_owned(),
        operator: false,
        trial_ends_at: None,
    };
    let emblems = built_in::all()
        .into_iter()
        .map(|persona| {
            let card = persona.card(false);
            view! {
                <li data-colour=card.colour>
                    <Emblem charge=card.charge />
                    <span>{card.title}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <Specimen name="Signed in; on phones a bar at the foot of the window">
            <div class="guide-head">
                <Head member=Some(owner) />
            </div>
        </Specimen>
        <Specimen name="Signed out">
            <div class="guide-head">
                <Head member=None />
            </div>
        </Specimen>
        <Specimen name="Tabs">
            <nav class="usage-groups" aria-label="Example of tabs">
                <ul>
                    <li>
                        <a href="#navigation" rel="external" aria-current="true">
                            "Day"
                        </a>
                    </li>
                    <li>
                        <a href="#navigation" rel="external">
                            "Model"
                        </a>
                    </li>
                    <li>
                        <a href="#navigation" rel="external">
                            "Adviser"
                        </a>
                    </li>
                </ul>
            </nav>
        </Specimen>
        <Specimen name="Paging">
            <nav class="analytics-pages" aria-label="Example of paging">
                <a href="#navigation" rel="external">
                    "Newer"
                </a>
                <span>"Page 2 of 14"</span>
                <a href="#navigation" rel="external">
                    "Older"
                </a>
            </nav>
        </Specimen>
        <Specimen name="Advisers">
            <ul class="guide-emblems">{emblems}</ul>
        </Specimen>
    }
}

//! The frame around every page: its head, and the banners for demo replies, budgets, storage and the model
//! provider.
//!
//! It is static HTML. The browser half replaces the page inside it and leaves the frame unchanged.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::CONTENT;
use super::nav::Head;
use crate::accounts::model::{TrialNotice, Visitor};
use crate::accounts::server_fns::current_visitor;
use crate::analytics::model::SampleNotice;
use crate::analytics::server_fns::{RemoveSample, sample_notice};
use crate::chat::server_fns::storage_warning;
use crate::error::AppError;
use crate::operator::model::Banner;
use crate::operator::server_fns::banner;
use crate::ui::load;
use crate::usage::page::WarningBanner;
use crate::usage::server_fns::budget_warning;

/// The visitor of the page, loaded once for the frame and the page.
pub type VisitorResource = OnceResource<Result<Visitor, AppError>>;

/// The frame around the page.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let visitor: VisitorResource = load(current_visitor());
    provide_context(visitor);
    let warning = load(budget_warning());
    let storage = load(storage_warning());
    let sample = load(sample_notice());
    view! {
        <div class="frame">
            // `rel="external"` lets the browser follow the fragment link, which also moves the focus.
            <a class="skip-link" href=format!("#{CONTENT}") rel="external">
                "Skip to content"
            </a>
            {Suspend::new(async move {
                // If the visitor cannot be loaded, the page reports the error; the frame shows no banners.
                let (member, simulated, failed, trial) = match visitor.await {
                    Ok(it) => (it.member, it.simulated, it.failed_sign_ins, it.trial),
                    Err(_) => (None, false, None, None),
                };
                let warning = warning.await.ok().flatten();
                let storage = storage.await.ok().flatten();
                let sample = sample.await.ok().flatten();
                let sampled = sample.is_some();
                let sample = sample.filter(|_| trial.is_none());
                let banner = member.as_ref().and_then(banner);
                let operator = member.as_ref().is_some_and(|member| member.operator);
                view! {
                    <Head member />
                    <div class="frame-banners">
                        // A trial's banner says so too: on a phone, each line counts.
                        {(simulated && trial.is_none()).then(|| view! { <Simulated operator /> })}
                        {trial.map(|notice| view! { <Trial notice sampled simulated /> })}
                        {sample.map(|notice| view! { <SampleData notice /> })}
                        {failed.map(|text| view! { <FailedSignIns text /> })}
                        {warning.map(|warning| view! { <WarningBanner warning /> })}
                        {storage.map(|warning| view! { <StorageBanner warning /> })}
                        {banner.map(|banner| view! { <ProviderBanner banner /> })}
                    </div>
                }
            })}
            <div class="frame-content" id=CONTENT tabindex="-1">
                {children()}
            </div>
        </div>
    }
}

/// Marks every page while the numbers are sample data.
#[component]
pub(super) fn SampleData(notice: SampleNotice) -> impl IntoView {
    view! {
        <aside class="sample-data" aria-label="Sample data">
            <p>
                <strong>"Sample data:"</strong>
                " these numbers are made up. "
                <span class="wide-only">"Your own replace them."</span>
            </p>
            {notice
                .may_remove
                .then(|| {
                    view! {
                        <form method="post" action=RemoveSample::url()>
                            <button type="submit" class="link-button">
                                "Remove" <span class="wide-only">" sample data"</span>
                            </button>
                        </form>
                    }
                })}
        </aside>
    }
}

/// Marks every page of a trial, also as sample data and as simulated.
#[component]
pub(super) fn Trial(notice: TrialNotice, sampled: bool, simulated: bool) -> impl IntoView {
    let TrialNotice { ends, may_sign_up } = notice;
    let made_up = match (sampled, simulated) {
        (true, true) => " with made-up numbers and demo answers",
        (true, false) => " with made-up numbers",
        (false, true) => " with demo answers",
        (false, false) => "",
    };
    view! {
        <aside class="sample-data" aria-label="Trial">
            <p>
                <strong>"Trial"</strong>
                {made_up}
            </p>
            <p>{format!("Deleted on {ends}")}</p>
            {may_sign_up.then(|| view! { <a href="/signup">"Create account"</a> })}
        </aside>
    }
}

/// Tells a member that somebody guesses at the password.
#[component]
pub(super) fn FailedSignIns(text: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" aria-label="Failed sign-ins">
            <p>{text} " " <a href="/account">"Review"</a></p>
        </aside>
    }
}

/// Warns that a storage quota is nearly used up.
#[component]
pub(super) fn StorageBanner(warning: String) -> impl IntoView {
    view! {
        <aside class="budget-warning" aria-label="Storage">
            <p>{warning}</p>
        </aside>
    }
}

/// Tells on every page that replies are simulated. Operators get a link to the instructions.
#[component]
pub(super) fn Simulated(operator: bool) -> impl IntoView {
    view! {
        <aside class="simulated" aria-label="Demo answers">
            <p>
                <strong>"Demo answers:"</strong>
                " no AI model connected"
                {operator
                    .then(|| {
                        view! {
                            <span class="wide-only">" · "</span>
                            " "
                            <a href="/operator">
                                "Connect" <span class="visually-hidden">" a model"</span>
                            </a>
                        }
                    })}
            </p>
        </aside>
    }
}

/// Tells operators why replies fail or come from the fallback model, and admins that replies are
/// unavailable.
#[component]
pub(super) fn ProviderBanner(banner: Banner) -> impl IntoView {
    let text = match banner {
        Banner::Notices(notices) => {
            let notices = notices.into_iter().map(|notice| view! { <p>{notice}</p> }).collect_view();
            view! {
                {notices}
                <p>
                    <a href="/operator">"Provider status"</a>
                </p>
            }
            .into_any()
        }
        Banner::Unavailable => view! {
            <p>
                "The advisers are not available at the moment. The operator of this installation has been told why."
            </p>
        }
        .into_any(),
    };
    view! {
        <aside class="upstream-notices" aria-label="Connection to the model">
            {text}
        </aside>
    }
}

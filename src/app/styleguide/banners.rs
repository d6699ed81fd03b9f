//! Notices within a page, and the banners of the frame.

use leptos::prelude::*;

use super::Specimen;
use crate::accounts::model::TrialNotice;
use crate::analytics::model::SampleNotice;
use crate::app::frame::{
    FailedSignIns, ProviderBanner, SampleData, Simulated, StorageBanner, Trial,
};
use crate::error::{AppError, Code};
use crate::operator::model::Banner;
use crate::ui::FormNotice;

pub fn notices() -> impl IntoView {
    let refusal = AppError::limited(
        Code::RateLimitExceeded,
        "Too many wrong passwords for this account. Wait 12 minutes and try again.",
        720,
    );
    view! {
        <Specimen name="Information">
            <div class="notice" role="status">
                <p>
                    "New accounts need an invitation. Ask the operator of this installation for one."
                </p>
            </div>
        </Specimen>
        <Specimen name="Success">
            <div class="notice notice-success" role="status">
                <p>"425 days imported."</p>
                <p>"3 of them replaced days that were stored already."</p>
            </div>
        </Specimen>
        <Specimen name="Error: what happened, why, what to do">
            // `inert`, so that it does not take the focus.
            <div inert>
                <FormNotice error=Some(refusal) />
            </div>
        </Specimen>
        <Specimen name="Errors of several fields">
            <div class="notice notice-error">
                <p>"This form has 2 errors."</p>
                <ul>
                    <li>
                        <a href="#refused" rel="external">
                            "There is already a metric of this name."
                        </a>
                    </li>
                    <li>
                        <a href="#unchosen" rel="external">
                            "Choose one of those shown."
                        </a>
                    </li>
                </ul>
            </div>
        </Specimen>
    }
}

pub fn banners() -> impl IntoView {
    let trial = TrialNotice { ends: "26 Nov, 07:32 CET".to_owned(), may_sign_up: true };
    let failing = Banner::Notices(vec![
        "The API key is refused. Set FIREWORKS_API_KEY to a valid key and restart.".to_owned(),
    ]);
    let sample = SampleNotice { may_remove: true };
    let failed = "7 failed sign-ins to your account on 24 Nov 2026, from browsers that had never signed in to it.";
    let storage = "Your business uses 84 % of its conversations. Delete conversations that are no longer needed.";
    view! {
        <Specimen name="Demo answers, as operators see it">
            <Simulated operator=true />
        </Specimen>
        <Specimen name="Sample data">
            <SampleData notice=sample />
        </Specimen>
        <Specimen name="Trial">
            <Trial notice=trial sampled=true simulated=true />
        </Specimen>
        <Specimen name="Warnings">
            <FailedSignIns text=failed.to_owned() />
            <StorageBanner warning=storage.to_owned() />
        </Specimen>
        <Specimen name="Provider: for operators, and for owners">
            <ProviderBanner banner=failing />
            <ProviderBanner banner=Banner::Unavailable />
        </Specimen>
    }
}

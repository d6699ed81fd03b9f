//! Loads the first page and the offer of a trial, and the server functions of their forms.

use leptos::prelude::*;

use super::Trials;
use super::model::{TrialOffer, Typed, Welcome};
use crate::accounts::model::Member;
use crate::accounts::{guard, trials};
use crate::analytics::Analytics;
use crate::analytics::model::Settings;
use crate::business::Business;
use crate::business::model::ProfilePatch;
use crate::chat::service::{Chat, Question};
use crate::error::{AppError, Code};
use crate::platform::{forms, ids};

const FORM: &str = "welcome";
const PAGE: &str = "/welcome";
const TRIAL_FORM: &str = "trial";
/// Who answers the first question.
const FIRST_ADVISER: &str = "ceo";

/// Loads the first page. It is filled from what is stored, or with the input that was refused.
pub async fn load_welcome() -> Result<Welcome, AppError> {
    let member = guard::member().await?;
    let profile = context::<Business>()?.profile(&member.tenant_id).await?.profile;
    let metrics = context::<Analytics>()?.metrics_view(&member).await?;
    let kept = forms::take::<Typed>(FORM).await;
    let stored = || Typed {
        sells: profile.sells.clone(),
        size: profile.size.clone(),
        currency: metrics.settings.currency.clone(),
        time_zone: metrics.settings.time_zone.clone(),
        ..Typed::default()
    };
    let (typed, error) = match kept {
        Some(kept) => (kept.typed, Some(kept.error)),
        None => (stored(), None),
    };
    Ok(Welcome {
        business_name: profile.business_name.clone(),
        typed,
        error,
        time_zones: metrics.time_zones,
        request_id: ids::new_id(),
    })
}

/// Saves what the owner says of the business, and asks the first question.
#[server(endpoint = "begin")]
pub async fn begin(
    #[server(flatten)] typed: Typed,
    client_request_id: String,
) -> Result<(), AppError> {
    let member = guard::member().await?;
    let result = begin_as(&member, typed.clone(), client_request_id).await;
    leptos_axum::redirect(result.as_deref().unwrap_or(PAGE));
    forms::answer(FORM, typed, result.map(|_| ())).await
}

/// Returns the URL of the conversation.
async fn begin_as(member: &Member, typed: Typed, request_id: String) -> Result<String, AppError> {
    if typed.decision.trim().is_empty() {
        let reason = "Type the decision that you are weighing, or skip this page for now.";
        return Err(AppError::invalid_field("decision", reason));
    }
    let Typed { sells, size, decision, currency, time_zone, sample } = typed;
    let patch = ProfilePatch { sells: Some(sells), size: Some(size), ..ProfilePatch::default() };
    context::<Business>()?.update_profile(member, patch).await?;
    let analytics = context::<Analytics>()?;
    let stored = analytics.settings(&member.tenant_id).await?;
    analytics.save_settings(member, &Settings { currency, time_zone, ..stored }).await?;
    if sample == "yes" {
        // A business with own numbers keeps them.
        match analytics.load_sample(member).await {
            Err(error) if error.code != Code::EditConflict => return Err(error),
            _ => {}
        }
    }
    let question = Question {
        conversation_id: None,
        persona: FIRST_ADVISER.to_owned(),
        switch: false,
        message: decision,
        client_request_id: Some(request_id),
    };
    let taken = context::<Chat>()?.send(member, question).await.map_err(at_decision)?;
    Ok(format!("/chat/{}", taken.reply.meta.conversation_id))
}

/// Moves the reason of a refused message to the field of the form.
fn at_decision(mut error: AppError) -> AppError {
    if let Some(reason) = error.details.remove("message") {
        error.details.insert("decision".to_owned(), reason);
    }
    error
}

/// Loads whether the visitor may start a trial. Open to everybody.
pub async fn trial_offer() -> Result<TrialOffer, AppError> {
    let open = context::<Trials>()?.allowed() && guard::maybe_member().await?.is_none();
    if !open {
        return Ok(TrialOffer::default());
    }
    let error = forms::take::<()>(TRIAL_FORM).await.map(|kept| kept.error);
    Ok(TrialOffer { open, error })
}

/// Starts a trial, signs the visitor in to it, and redirects to the chat. A member stays in their business. Open to
/// everybody where the operator allows trials.
#[server(endpoint = "start_trial")]
pub async fn start_trial(#[server(default)] time_zone: String) -> Result<(), AppError> {
    let signed_in = guard::maybe_member().await?.is_some();
    let result = if signed_in { Ok(()) } else { enter_trial(&time_zone).await };
    leptos_axum::redirect(if result.is_ok() { "/chat" } else { "/" });
    forms::answer(TRIAL_FORM, (), result).await
}

async fn enter_trial(time_zone: &str) -> Result<(), AppError> {
    let member = context::<Trials>()?.start(trials::client().await?, time_zone).await?;
    trials::enter(&member).await
}

fn context<T: Clone + 'static>() -> Result<T, AppError> {
    use_context().ok_or_else(|| AppError::abandoned("onboarding"))
}

//! `/operator`: health of the model provider, with advice. Operators only.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::model::{
    AdjustedModel, AdjustmentView, DisputedView, FailureView, Moment, OutageView, ProviderView,
    StandInView, State, StorageView,
};
use super::server_fns::{ForgetAdjustments, load_disputed, load_provider, load_storage};
use super::storage::StorageSection;
use crate::error::Code;
use crate::ui::{FormNotice, NotFound, PageTitle, load, redirect_to_sign_in};

/// The operator page. Other members get the not-found page.
#[component]
pub fn OperatorPage() -> impl IntoView {
    let provider = load(load_provider());
    let storage = load(load_storage());
    let disputed = load(load_disputed());
    view! {
        {Suspend::new(async move {
            match provider.await {
                Ok(provider) => {
                    let storage = storage.await.ok().flatten();
                    let disputed = disputed.await.unwrap_or_default();
                    view! { <Provider provider storage disputed /> }.into_any()
                }
                Err(error) if error.code == Code::Unauthenticated => redirect_to_sign_in(),
                Err(error) if error.code == Code::NotFound => view! { <NotFound /> }.into_any(),
                Err(error) => {
                    view! {
                        <main class="page operator">
                            <FormNotice error=Some(error) />
                        </main>
                    }
                        .into_any()
                }
            }
        })}
    }
}

#[component]
fn Provider(
    provider: ProviderView,
    storage: Option<StorageView>,
    disputed: Vec<DisputedView>,
) -> impl IntoView {
    let ProviderView {
        state,
        address,
        model,
        fallback,
        last_answer,
        outage,
        stand_ins,
        adjusted,
        failures,
    } = provider;
    view! {
        <PageTitle text="Operator · C-Suite" />
        <main class="page operator">
            <header class="operator-head">
                <h1>"Operator"</h1>
                <p>
                    "The model provider and the disk of this installation. Only operators see this page; members see at most that advisers are unavailable."
                </p>
            </header>
            {outage.map(|outage| view! { <Outage outage /> })}
            {stand_ins.into_iter().map(|stand_in| view! { <StandIn stand_in /> }).collect_view()}
            {matches!(state, State::Simulated).then(|| view! { <SetUp /> })}
            <section class="card" aria-labelledby="provider-title">
                <div class="operator-title">
                    <h2 id="provider-title">"Model provider"</h2>
                    <span class="operator-state" data-state=state.name()>
                        {state.label()}
                    </span>
                </div>
                <dl class="facts">
                    <Setting term="Address" value=address setting="FIREWORKS_BASE_URL" />
                    <Setting term="Model" value=model setting="FIREWORKS_MODEL" />
                    <Setting
                        term="Fallback model"
                        value=fallback.unwrap_or_else(|| "None".to_owned())
                        setting="FIREWORKS_FALLBACK_MODEL"
                    />
                    <div>
                        <dt>"Latest answer"</dt>
                        <dd>
                            {match last_answer {
                                Some((at, model)) => {
                                    view! {
                                        <At at />
                                        " by "
                                        <span dir="auto">{model}</span>
                                    }
                                        .into_any()
                                }
                                None => "None since the server started".into_any(),
                            }}
                        </dd>
                    </div>
                </dl>
            </section>
            {storage.map(|storage| view! { <StorageSection storage /> })}
            <Disputed disputed />
            <Adjusted adjusted />
            <Failures failures />
        </main>
    }
}

#[component]
fn Setting(term: &'static str, value: String, setting: &'static str) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>
                <span dir="auto">{value}</span>
                " "
                <code class="operator-setting">{setting}</code>
            </dd>
        </div>
    }
}

#[component]
fn At(at: Moment) -> impl IntoView {
    view! { <time datetime=at.datetime>{at.text}</time> }
}

/// Shows why replies are unavailable, with advice.
#[component]
fn Outage(outage: OutageView) -> impl IntoView {
    let OutageView { cause, what_to_do, said, since } = outage;
    view! {
        <section class="notice notice-error" aria-label="Outage">
            <p>{cause}</p>
            <p>{what_to_do}</p>
            <Said said />
            <p class="operator-note">"Since " <At at=since /> "."</p>
        </section>
    }
}

/// Shows a third party's message, visually separate from our own text.
#[component]
fn Said(said: String) -> impl IntoView {
    view! {
        <blockquote class="operator-said" dir="auto">
            {said}
        </blockquote>
    }
}

#[component]
fn StandIn(stand_in: StandInView) -> impl IntoView {
    let StandInView { model, answered_by } = stand_in;
    view! {
        <section class="notice" aria-label="Fallback in use">
            <p>
                <strong>"The fallback model answers."</strong>
                " The provider does not serve "
                <code dir="auto">{model}</code>
                "; "
                <code dir="auto">{answered_by}</code>
                " answers instead."
            </p>
            <p>
                "Set "
                <code>"FIREWORKS_MODEL"</code>
                " to a model that is served. The first model is tried again every five minutes."
            </p>
        </section>
    }
}

/// Explains how to connect a model.
#[component]
fn SetUp() -> impl IntoView {
    view! {
        <section class="notice" aria-labelledby="set-up-title">
            <h2 id="set-up-title">"Connect a model"</h2>
            <p>"The built-in emulator makes up the answers. To connect a model, set and restart:"</p>
            <ul>
                <li>
                    <code>"FIREWORKS_API_KEY"</code>
                    " for Fireworks; or"
                </li>
                <li>
                    <code>"FIREWORKS_BASE_URL"</code>
                    " and "
                    <code>"FIREWORKS_MODEL"</code>
                    " for any other server with an OpenAI-compatible API, with the key where it asks for one."
                </li>
            </ul>
        </section>
    }
}

/// Lists the models whose provider reports usage that cannot be true. Nothing if there are none.
#[component]
fn Disputed(disputed: Vec<DisputedView>) -> impl IntoView {
    (!disputed.is_empty()).then(|| {
        let rows = disputed
            .into_iter()
            .map(|DisputedView { model, replies, latest }| {
                let replies = match replies {
                    1 => "1 reply".to_owned(),
                    replies => format!("{replies} replies"),
                };
                view! {
                    <li>
                        <p class="operator-line">
                            <span dir="auto">{model}</span>
                            <strong>{replies}</strong>
                            <span>"latest " <At at=latest /></span>
                        </p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="operator-section" aria-labelledby="disputed-title">
                <h2 id="disputed-title">"Disputed usage"</h2>
                <p class="operator-note">
                    "In the last 30 days the provider reported token counts that these replies cannot have, or more than it was asked for. Businesses were charged by our own count, up to the requested limit. Compare the provider's bill with the log: "
                    <code>"provider usage disputed"</code>
                    " has each reported count."
                </p>
                <ul class="operator-list">{rows}</ul>
            </section>
        }
    })
}

/// Lists the adjustments by model.
#[component]
fn Adjusted(adjusted: Vec<AdjustedModel>) -> impl IntoView {
    let forgotten = use_query_map().with_untracked(|query| query.get("forgotten").is_some());
    let list = if adjusted.is_empty() {
        view! { <p class="empty">"None. Every model takes requests in their usual form."</p> }
            .into_any()
    } else {
        let models = adjusted.into_iter().map(|model| view! { <Model model /> }).collect_view();
        view! { <div class="operator-models">{models}</div> }.into_any()
    };
    view! {
        <section class="operator-section" id="adjustments" aria-labelledby="adjustments-title">
            <h2 id="adjustments-title">"Adjusted requests"</h2>
            <p class="operator-note">
                "When the server refuses part of a request, the request is sent again without it, and so are later ones. Forget the adjustments after the server has changed."
            </p>
            {forgotten
                .then(|| {
                    view! {
                        <p class="notice notice-success" role="status" tabindex="-1" autofocus>
                            "Adjustments forgotten. The next question is sent in the usual form."
                        </p>
                    }
                })}
            {list}
        </section>
    }
}

#[component]
fn Model(model: AdjustedModel) -> impl IntoView {
    let AdjustedModel { model, adjustments } = model;
    let what = format!("Forget adjustments of {model}");
    let rows = adjustments
        .into_iter()
        .map(|AdjustmentView { what, said, learned }| {
            view! {
                <li>
                    <p class="operator-line">
                        <strong>{what}</strong>
                        <At at=learned />
                    </p>
                    <Said said />
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="operator-model">
            <div class="operator-title">
                <h3 dir="auto">{model.clone()}</h3>
                <form method="post" action=ForgetAdjustments::url()>
                    <input type="hidden" name="model" value=model />
                    <button type="submit" class="button-quiet" aria-label=what>
                        "Forget"
                    </button>
                </form>
            </div>
            <ul class="operator-list">{rows}</ul>
        </div>
    }
}

/// Lists the latest requests without a reply.
#[component]
fn Failures(failures: Vec<FailureView>) -> impl IntoView {
    let list = if failures.is_empty() {
        view! { <p class="empty">"No request failed since the server started."</p> }.into_any()
    } else {
        let rows = failures.into_iter().map(|failure| view! { <Failed failure /> }).collect_view();
        view! { <ol class="operator-list">{rows}</ol> }.into_any()
    };
    view! {
        <section class="operator-section" aria-labelledby="failures-title">
            <h2 id="failures-title">"Failed requests"</h2>
            <p class="operator-note">
                "The latest 20 questions without an answer, newest first. Questions that a retry or the fallback model answered are not listed."
            </p>
            {list}
        </section>
    }
}

#[component]
fn Failed(failure: FailureView) -> impl IntoView {
    let FailureView { at, model, kind, said } = failure;
    view! {
        <li>
            <p class="operator-line">
                <At at />
                <code>{kind}</code>
                <span dir="auto">{model}</span>
            </p>
            <Said said />
        </li>
    }
}

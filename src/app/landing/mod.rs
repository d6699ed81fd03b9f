//! The landing page.

mod exhibit;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::frame::VisitorResource;
use crate::error::AppError;
use crate::onboarding::model::TrialOffer;
use crate::onboarding::server_fns::{StartTrial, trial_offer};
use crate::personas::built_in;
use crate::personas::emblem::Emblem;
use crate::ui::{FormNotice, PageTitle, load};
use exhibit::SampleAnswer;

/// A sample question for each built-in adviser.
const OPENING_QUESTIONS: [&str; 4] = [
    "“What should I stop doing this quarter?”",
    "“Can we afford to hire before spring?”",
    "“Which customers should we go after first?”",
    "“What is worth automating, and what is not?”",
];

const STEPS: [(&str, &str); 3] = [
    (
        "Describe the business",
        "What you sell and to whom, your size, and the decision on your table. A few lines are enough to begin with.",
    ),
    (
        "Bring your numbers",
        "Import a CSV file from your shop, till or spreadsheet, enter a day by hand, or send days through the API. No numbers at hand? Load sample data.",
    ),
    (
        "Ask, and check",
        "The adviser answers from your profile and numbers, and cites the source of each figure. A figure that is not in your data is marked.",
    ),
];

const PROMISES: [(&str, &str); 4] = [
    (
        "Your data stays in your business",
        "Only members of your business can read what you enter. The operator of this installation stores it; each question goes to the model connected here, with the facts it needs, and to nobody else.",
    ),
    (
        "The advisers are a language model",
        "They can be wrong, and they replace neither your accountant nor your lawyer. Check what matters before you act on it.",
    ),
    (
        "Missing information is named",
        "If your profile or numbers have gaps, the advisers say what is missing. If no model is connected, every page says so.",
    ),
    (
        "What it costs",
        "The program is free software. You pay the model provider for each answer, usually less than a cent; the usage page shows the exact cost, and budgets cap it.",
    ),
];

/// The offer of a trial, loaded once for both calls to action.
type OfferResource = OnceResource<Result<TrialOffer, AppError>>;

/// The landing page at `/`.
#[component]
pub fn Landing() -> impl IntoView {
    let offer: OfferResource = load(trial_offer());
    provide_context(offer);
    view! {
        <PageTitle text="C-Suite: a board of advisers for your business" />
        <main class="landing">
            <section class="hero">
                <div class="hero-text">
                    <h1>"Four advisers who know your numbers."</h1>
                    <p class="lede">
                        "C-Suite is a board of advisers for a small business: a chief executive, a finance lead, a marketer and a technologist. You ask in plain words; each answers from what you have told them about your business."
                    </p>
                    <WayIn explains=true />
                </div>
                <SampleAnswer />
            </section>
            <Advisers />
            <Grounds />
            <Promises />
            <section class="closing">
                <h2>"Start in two minutes"</h2>
                <WayIn />
            </section>
        </main>
        <footer class="landing-foot">
            <p>{concat!("C-Suite ", env!("CARGO_PKG_VERSION"))}</p>
            <ul>
                <li>
                    <a href="/help">"How it works"</a>
                </li>
                <li>
                    <a href="/privacy">"Privacy"</a>
                </li>
                <li>
                    <a href="/openapi.json">"API description"</a>
                </li>
                <li>
                    <a href="https://www.gnu.org/licenses/agpl-3.0.html">"Licence: AGPL 3.0"</a>
                </li>
            </ul>
        </footer>
    }
}

/// The call to action: to the board for members, to sign-up and a trial for guests.
#[component]
fn WayIn(
    /// Says why the last trial could not be started.
    #[prop(optional)]
    explains: bool,
) -> impl IntoView {
    let visitor = use_context::<VisitorResource>();
    let offer = use_context::<OfferResource>();
    Suspend::new(async move {
        let is_member = match visitor {
            Some(visitor) => visitor.await.is_ok_and(|visitor| visitor.member.is_some()),
            None => false,
        };
        let mut offer = match offer {
            Some(offer) => offer.await.unwrap_or_default(),
            None => TrialOffer::default(),
        };
        offer.error = offer.error.filter(|_| explains);
        view! { <Calls is_member offer /> }
    })
}

#[component]
fn Calls(is_member: bool, offer: TrialOffer) -> impl IntoView {
    if is_member {
        return view! {
            <p class="calls">
                <a class="button" href="/chat">
                    "Open chat"
                </a>
            </p>
        }
        .into_any();
    }
    view! {
        <p class="calls">
            <a class="button" href="/signup">
                "Create account"
            </a>
            <a class="button-quiet" href="/signin">
                "Sign in"
            </a>
        </p>
        {offer.open.then(|| view! { <TryIt error=offer.error /> })}
    }
    .into_any()
}

/// Starts a trial. Each click makes a business, so it is a form and no link.
#[component]
fn TryIt(error: Option<AppError>) -> impl IntoView {
    view! {
        <form class="try-it" method="post" action=StartTrial::url()>
            <FormNotice error />
            // `app/plain.js` fills it in; without scripts the trial's times are in UTC.
            <input type="hidden" name="time_zone" data-guessed-zone="" />
            <button type="submit" class="button-quiet">
                "Try it with a sample business"
            </button>
            <p class="field-hint">
                "No account needed. A made-up coffee shop with 14 months of numbers, deleted after a day."
            </p>
        </form>
    }
}

#[component]
fn Advisers() -> impl IntoView {
    let advisers = built_in::all()
        .into_iter()
        .zip(OPENING_QUESTIONS)
        .map(|(persona, question)| {
            let card = persona.card(false);
            view! {
                <li class="adviser" data-colour=card.colour>
                    <Emblem charge=card.charge />
                    <h3>{card.title}</h3>
                    <p>{card.summary}</p>
                    <blockquote>
                        <p>{question}</p>
                    </blockquote>
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="advisers">
            <div class="section-head">
                <h2 id="advisers">"Four advisers, four views of the same question"</h2>
                <p>
                    "Choose who answers. On a price rise, one looks at the margin, another at the customers who might leave."
                </p>
            </div>
            <ul class="advisers">{advisers}</ul>
        </section>
    }
}

#[component]
fn Grounds() -> impl IntoView {
    let steps = STEPS
        .into_iter()
        .map(|(title, text)| {
            view! {
                <li>
                    <h3>{title}</h3>
                    <p>{text}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="grounds">
            <div class="section-head">
                <h2 id="grounds">"From your numbers to advice in three steps"</h2>
            </div>
            <ol class="steps">{steps}</ol>
        </section>
    }
}

#[component]
fn Promises() -> impl IntoView {
    let promises = PROMISES
        .into_iter()
        .map(|(term, text)| {
            view! {
                <div>
                    <dt>{term}</dt>
                    <dd>{text}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="promises">
            <div class="section-head">
                <h2 id="promises">"What to know before you sign up"</h2>
            </div>
            <dl class="promises">{promises}</dl>
        </section>
    }
}

//! Pages about the program itself, for members and visitors: how it works, and what is done with data.

use leptos::prelude::*;

use crate::ui::PageTitle;

/// A heading and its paragraphs.
type Section = (&'static str, &'static [&'static str]);

const HELP: [Section; 7] = [
    (
        "Ask an adviser",
        &[
            "Each adviser reads your business profile, your numbers and the open insights before every answer. “What your advisers know”, on the page Business, shows all of it.",
            "A conversation keeps its adviser. “Ask another adviser” below an answer gets a second view of the same question, and the arrows lead back and forth between the versions.",
        ],
    ),
    (
        "What the marks beside numbers mean",
        &[
            "Confirmed: metric, period, direction, unit and value of the sentence agree with the fact that it cites. Found: the value is a cited fact's, but the sentence could not be read with certainty. Worked out: a calculation in the answer was done again and is right.",
            "Contradicts: the sentence says something else than the fact it cites. “Ask to correct” below the answer asks for a version that agrees with your numbers. A mark says nothing of whether the advice is good.",
            "The small number behind a sentence opens its source: the value, its days, and how it was computed.",
        ],
    ),
    (
        "Bring your numbers",
        &[
            "Import a file, enter a day by hand, or send days through the API. A preview shows what an import changes before anything is stored.",
            "Metrics of your own are made on the page Numbers, under “Metrics and currency”. Advisers use them like the built-in ones.",
        ],
    ),
    (
        "Insights",
        &[
            "They are computed from your numbers by fixed rules, without a language model: growth against the days before, days far outside the usual range, and gaps in the data. Each names the numbers that it rests on.",
        ],
    ),
    (
        "What answers cost",
        &[
            "Each answer is charged by what it used, to a millionth of a dollar; the page Usage shows it by day, model, adviser and member. Once a budget is spent, questions are refused until it resets; what you typed stays.",
            "A stopped or interrupted answer costs what was written until then. Answers of the built-in demo cost nothing.",
        ],
    ),
    (
        "Keyboard",
        &[
            "Enter sends a question, Shift + Enter begins a new line. Tab leads through citations and marks, Enter opens them, Escape closes what is open. The arrow keys read the values of a chart.",
        ],
    ),
    (
        "If something fails",
        &[
            "The message says what happened and what you can do. A fault of the program has an id, by which whoever runs this installation finds its cause.",
            "Answers go on when a page is closed or reloaded, and are there when you come back.",
        ],
    ),
];

const PRIVACY: [Section; 6] = [
    (
        "Who has your data",
        &[
            "This installation of C-Suite is run by its operator, on the operator's computers. The makers of the program receive nothing.",
            "Profile, numbers, insights and advisers are seen by the members of your business. Conversations are seen only by the member who has them, not by other members and not by admins.",
            "The operator can read the database and its backups.",
        ],
    ),
    (
        "What a model receives",
        &[
            "For each answer: your question, earlier messages of the conversation, and the facts that the adviser reads. The page “What your advisers know” shows them, with the exact prompt.",
            "Your name, your e-mail address and your password are not sent. Members are told apart for the provider by an id that means nothing elsewhere. How long the provider keeps requests is up to its contract with the operator.",
        ],
    ),
    (
        "What is stored",
        &[
            "Your name and e-mail address, a hash of your password, what you and your business enter and import, the conversations, and the cost of each answer.",
            "Log lines hold network addresses and ids, and no texts of yours.",
        ],
    ),
    (
        "Cookies",
        &[
            "Only what the site needs: one that keeps you signed in, one by which the site knows a browser that has signed in before, and short-lived ones that keep what you typed when a form is refused. None is for advertising or statistics, and no page loads anything from another site.",
            "Drafts of questions are kept in your browser until they are sent, and removed when you sign out.",
        ],
    ),
    (
        "Deleting",
        &[
            "A deleted conversation can be restored for ten minutes; then its texts are gone. Sample data is removed with one click.",
            "To close an account or a business, ask the operator. Backups may keep a copy until they are replaced.",
        ],
    ),
    (
        "Trials",
        &[
            "A trial with the sample business needs no name and no address. All of it is deleted after a day. A cookie remembers for 30 days that there was one.",
        ],
    ),
];

/// How the program works, at `/help`.
#[component]
pub fn HelpPage() -> impl IntoView {
    view! {
        <PageTitle text="Help · C-Suite" />
        <About title="How C-Suite works" sections=&HELP />
    }
}

/// What is done with data, at `/privacy`.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    view! {
        <PageTitle text="Privacy · C-Suite" />
        <About title="What is done with your data" sections=&PRIVACY />
    }
}

#[component]
fn About(title: &'static str, sections: &'static [Section]) -> impl IntoView {
    let sections = sections.iter().map(|(heading, paragraphs)| {
        let paragraphs = paragraphs.iter().map(|text| view! { <p>{*text}</p> }).collect_view();
        view! {
            <section>
                <h2>{*heading}</h2>
                {paragraphs}
            </section>
        }
    });
    view! {
        <main class="page about">
            <h1>{title}</h1>
            {sections.collect_view()}
            <p class="about-more">
                <a href="/help">"How it works"</a>
                <a href="/privacy">"Privacy"</a>
            </p>
        </main>
    }
}

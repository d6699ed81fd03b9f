//! The pages that only the server renders.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use super::about::{HelpPage, PrivacyPage};
use super::landing::Landing;
use super::styleguide::StyleGuidePage;
use crate::accounts::page::{AccountPage, ResetPage, SignInPage, SignUpPage};
use crate::analytics::page::{AnalyticsPage, DayPage, ImportPage, MetricsPage, ProgressPage};
use crate::business::page::ProfilePage;
use crate::chat::conversations::{ConversationsPage, OptionsPage};
use crate::chat::knowledge::{FactPage, KnowledgePage};
use crate::insights::page::DashboardPage;
use crate::onboarding::page::WelcomePage;
use crate::operator::page::OperatorPage;
use crate::personas::page::{AdvisersPage, EditAdviserPage, NewAdviserPage};
use crate::ui::NotFound;
use crate::usage::page::UsagePage;

/// The plain pages. They need no script: the browser posts their forms, and the browser half does not
/// contain them.
#[component]
pub fn PlainPages() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Landing ssr=SsrMode::Async />
                <Route path=path!("/help") view=HelpPage ssr=SsrMode::Async />
                <Route path=path!("/privacy") view=PrivacyPage ssr=SsrMode::Async />
                <Route path=path!("/signup") view=SignUpPage ssr=SsrMode::Async />
                <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=ResetPage ssr=SsrMode::Async />
                <Route path=path!("/welcome") view=WelcomePage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=DashboardPage ssr=SsrMode::Async />
                <Route path=path!("/profile") view=ProfilePage ssr=SsrMode::Async />
                <Route path=path!("/advisers") view=AdvisersPage ssr=SsrMode::Async />
                <Route path=path!("/advisers/new") view=NewAdviserPage ssr=SsrMode::Async />
                <Route path=path!("/advisers/:slug") view=EditAdviserPage ssr=SsrMode::Async />
                <Route path=path!("/conversations") view=ConversationsPage ssr=SsrMode::Async />
                <Route path=path!("/conversations/:id") view=OptionsPage ssr=SsrMode::Async />
                <Route path=path!("/knowledge") view=KnowledgePage ssr=SsrMode::Async />
                <Route path=path!("/knowledge/:id") view=FactPage ssr=SsrMode::Async />
                <Route path=path!("/analytics") view=AnalyticsPage ssr=SsrMode::Async />
                <Route path=path!("/analytics/day") view=DayPage ssr=SsrMode::Async />
                <Route path=path!("/analytics/import") view=ImportPage ssr=SsrMode::Async />
                <Route path=path!("/analytics/import/:id") view=ProgressPage ssr=SsrMode::Async />
                <Route path=path!("/analytics/metrics") view=MetricsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/usage") view=UsagePage ssr=SsrMode::Async />
                <Route path=path!("/operator") view=OperatorPage ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=StyleGuidePage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

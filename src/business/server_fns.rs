//! Loads the profile page, and the server function behind its form.

use leptos::prelude::*;

use super::model::{Profile, ProfileView, SavedProfile};
use crate::error::AppError;

pub async fn load_profile() -> Result<ProfileView, AppError> {
    let member = crate::accounts::guard::member().await?;
    let saved = server::business()?.profile(&member.tenant_id).await?;
    Ok(ProfileView { saved, refused: server::take_refused().await })
}

/// Saves the profile over `version`. Redirects to the profile page for browsers without JavaScript.
#[server(endpoint = "save_profile")]
pub async fn save_profile(
    /// The version the form was filled from.
    version: i64,
    #[server(flatten)] profile: Profile,
    /// After a conflict: names of the fields whose stored value is kept.
    #[server(default)]
    theirs: Vec<String>,
) -> Result<SavedProfile, AppError> {
    let member = crate::accounts::guard::member().await.inspect_err(server::turn_away)?;
    let business = server::business()?;
    server::save(&business, &member, version, profile, &theirs).await
}

mod server {
    use leptos::prelude::use_context;
    use serde::{Deserialize, Serialize};

    use crate::accounts::model::Member;
    use crate::business::Business;
    use crate::business::model::{Field, Profile, RefusedProfile, SavedProfile};
    use crate::error::AppError;
    use crate::platform::forms;

    const FORM: &str = "profile";
    const PAGE: &str = "/profile";

    #[derive(Serialize, Deserialize)]
    struct Typed {
        profile: Profile,
        version: i64,
    }

    pub fn business() -> Result<Business, AppError> {
        use_context().ok_or_else(|| AppError::abandoned("business"))
    }

    /// Handles a member who has been signed out. A browser without JavaScript is redirected to the page,
    /// which leads to the sign-in page. The script shows the error and keeps the input.
    pub fn turn_away(error: &AppError) {
        if forms::wants_html() {
            leptos_axum::redirect(PAGE);
        } else {
            error.set_status();
        }
    }

    pub async fn take_refused() -> Option<RefusedProfile> {
        let kept = forms::take::<Typed>(FORM).await?;
        let Typed { profile, version } = kept.typed;
        Some(RefusedProfile { typed: profile, version, error: kept.error })
    }

    pub async fn save(
        business: &Business,
        member: &Member,
        version: i64,
        mut profile: Profile,
        theirs: &[String],
    ) -> Result<SavedProfile, AppError> {
        if !theirs.is_empty() {
            let stored = business.profile(&member.tenant_id).await?.profile;
            for field in theirs.iter().filter_map(|name| Field::parse(name)) {
                profile.take(field, &stored);
            }
        }
        let typed = Typed { profile: profile.clone(), version };
        let result = business.save_profile(member, profile, version).await;
        if forms::wants_html() {
            leptos_axum::redirect(if result.is_ok() { "/profile?saved=1" } else { PAGE });
        }
        forms::answer(FORM, typed, result).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use leptos::server_fn::codec::{FromReq, PostUrl};

    use super::SaveProfile;
    use crate::error::AppError;

    async fn parse(form: &'static str) -> Result<SaveProfile, AppError> {
        let request = http::Request::post("/").body(Body::from(form)).unwrap();
        <SaveProfile as FromReq<PostUrl, _, AppError>>::from_req(request).await
    }

    #[tokio::test]
    async fn a_browsers_own_form_post_is_understood() {
        let sent = parse(
            "version=3&businessName=Aroma+%26+Co&size=2%E2%80%935&goals%5B%5D=One&goals%5B%5D=&goals%5B%5D=Two\
             &sells=a%0D%0Ab&theirs%5B%5D=industry",
        )
        .await
        .unwrap();
        assert_eq!(sent.version, 3);
        assert_eq!(sent.profile.business_name, "Aroma & Co");
        assert_eq!(sent.profile.size, "2–5");
        assert_eq!(sent.profile.goals, ["One", "", "Two"]);
        assert_eq!(sent.profile.sells, "a\r\nb");
        assert_eq!(sent.theirs, ["industry"]);
    }

    #[tokio::test]
    async fn indexed_goals_are_parsed_too() {
        let sent = parse("version=0&businessName=A&goals[0]=One&goals[1]=Two").await.unwrap();
        assert_eq!(sent.profile.goals, ["One", "Two"]);
        assert!(sent.theirs.is_empty());
    }

    #[tokio::test]
    async fn absent_fields_are_empty() {
        let sent = parse("version=0&businessName=A").await.unwrap();
        assert_eq!(sent.profile.industry, "");
        assert!(sent.profile.goals.is_empty());
    }
}

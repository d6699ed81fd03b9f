//! The JSON API for the profile.

use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::routing::get;
use axum::{Json, Router};

use super::Business;
use super::model::{ProfilePatch, SavedProfile};
use crate::accounts::Accounts;
use crate::accounts::guard::Caller;
use crate::error::AppError;
use crate::platform::json::ValidJson;

/// Body limit in bytes. Fits the longest valid profile with every character escaped as `\uXXXX`.
const MOST_BYTES: usize = 256 * 1_024;

/// Routes `GET` and `PUT /c-suite/profile`. Every member may read and write the tenant's profile.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Accounts: FromRef<S>,
    Business: FromRef<S>,
{
    Router::new()
        .route("/c-suite/profile", get(read_profile).put(write_profile))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

async fn read_profile(
    caller: Caller,
    State(business): State<Business>,
) -> Result<Json<SavedProfile>, AppError> {
    Ok(Json(business.profile(&caller.member.tenant_id).await?))
}

async fn write_profile(
    caller: Caller,
    State(business): State<Business>,
    ValidJson(patch): ValidJson<ProfilePatch>,
) -> Result<Json<SavedProfile>, AppError> {
    Ok(Json(business.update_profile(&caller.member, patch).await?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use http::header::{AUTHORIZATION, CONTENT_TYPE};
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;
    use crate::accounts::tokens::token_hash;
    use crate::platform::db::Db;

    #[derive(Clone, FromRef)]
    struct AppState {
        accounts: Accounts,
        business: Business,
    }

    /// Builds the API with one tenant, whose member has the token `secret`.
    async fn app(dir: &tempfile::TempDir) -> Router {
        let db = Db::open_sqlite(&dir.path().join("test.db")).await.unwrap();
        db.write(|tx| {
            Box::pin(async move {
                sqlx::raw_sql(
                    "INSERT INTO tenants VALUES ('t1', 'Aroma Bakery', 1);
                     INSERT INTO accounts VALUES ('ana', 'ana@a.example', 'Ana', 'x', 1);
                     INSERT INTO memberships VALUES ('t1', 'ana', 'member', 1);",
                )
                .execute(&mut *tx)
                .await?;
                sqlx::query("INSERT INTO api_tokens (id, tenant_id, account_id, name, hash, created_at) VALUES ('k', 't1', 'ana', 'n', $1, 1)")
                    .bind(token_hash("secret"))
                    .execute(tx)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
        let sign_in = crate::platform::config::Config::read(|_| None).unwrap().limits.sign_in;
        let business = Business::new(db.clone());
        let state = AppState { accounts: Accounts::new(db, sign_in), business };
        router().with_state(state)
    }

    async fn call(app: &Router, method: &str, token: &str, body: String) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri("/c-suite/profile")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_program_reads_and_changes_the_profile() {
        let dir = tempfile::tempdir().unwrap();
        let app = app(&dir).await;
        let (status, body) = call(&app, "GET", "secret", String::new()).await;
        assert_eq!((status, &body["version"]), (200, &json!(0)));
        assert_eq!(body["businessName"], "Aroma Bakery");

        let sent = json!({"industry": "Bakery", "goals": ["Second shop"]}).to_string();
        let (status, saved) = call(&app, "PUT", "secret", sent).await;
        assert_eq!((status, &saved["version"]), (200, &json!(1)));
        assert_eq!(saved["updatedBy"], "Ana");
        assert_eq!(saved["businessName"], "Aroma Bakery");
        assert_eq!(call(&app, "GET", "secret", String::new()).await.1, saved);
    }

    #[tokio::test]
    async fn bad_bodies_are_refused_by_field_and_an_old_version_is_a_conflict() {
        let dir = tempfile::tempdir().unwrap();
        let app = app(&dir).await;
        let cases = [
            (json!({"tonne": "Plain"}).to_string(), 400, "VALIDATION_ERROR", "tonne"),
            (json!({"tone": null}).to_string(), 400, "VALIDATION_ERROR", "tone"),
            (json!({"tone": "a\0b"}).to_string(), 400, "VALIDATION_ERROR", "tone"),
            (json!({"goals": ["ok", 3]}).to_string(), 400, "VALIDATION_ERROR", "goals[1]"),
            (json!({"businessName": " "}).to_string(), 400, "VALIDATION_ERROR", "businessName"),
            (json!({"tone": "Plain", "version": 9}).to_string(), 409, "EDIT_CONFLICT", "tone"),
        ];
        for (sent, status, code, field) in cases {
            let (got, body) = call(&app, "PUT", "secret", sent.clone()).await;
            assert_eq!((got, &body["code"]), (status, &json!(code)), "{sent} → {body}");
            assert!(body["details"][field].is_string(), "{sent} → {body}");
        }
        let (status, body) = call(&app, "PUT", "secret", "x".repeat(MOST_BYTES + 1)).await;
        assert_eq!((status, &body["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
    }

    #[tokio::test]
    async fn an_unknown_token_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let app = app(&dir).await;
        for method in ["GET", "PUT"] {
            let (status, body) = call(&app, method, "guess", "{}".into()).await;
            assert_eq!((status, &body["code"]), (401, &json!("UNAUTHENTICATED")));
        }
    }
}

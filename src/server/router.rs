//! All routes and layers.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use leptos::nonce::use_nonce;
use leptos::prelude::{AnyView, provide_context, use_context};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list,
    render_app_async_with_context,
};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::propagate_header::PropagateHeaderLayer;
use tower_sessions::cookie::{SameSite, time::Duration as CookieDuration};
use tower_sessions::{Expiry, SessionManagerLayer};

use super::state::AppState;
use super::{
    address, body_limit, csrf, error_page, headers, health, in_flight, openapi, page_limit,
    request_log, session_cookie, site,
};
use crate::accounts::guard::{Caller, RequestMember};
use crate::error::AppError;
use crate::platform::cookies::OverTls;
use crate::platform::https::HttpsAddress;
use crate::platform::limits::{self, Limits, Tier};
use crate::platform::{Simulated, StyleGuide, client_addr};
use crate::{analytics, app, business, chat, insights, personas, usage};

/// Builds the router. Layers are listed from the innermost to the outermost.
pub fn router(state: AppState) -> Router {
    let metered = chat::http::metered_routes()
        .merge(analytics::http::router())
        .merge(business::http::router())
        .merge(personas::http::router())
        .merge(insights::http::router())
        .merge(usage::http::router())
        .route_layer(from_fn_with_state(state.clone(), meter));
    let api =
        analytics::http::import_router().merge(metered).method_not_allowed_fallback(wrong_method);
    let streams = chat::http::chat_routes().method_not_allowed_fallback(wrong_method);
    let over_tls = state.config.is_over_tls();
    let [live, plain] = page_routes();
    let pages = Router::new()
        .leptos_routes_with_context(&state, live, contexts(&state), live_document(&state))
        .leptos_routes_with_handler(plain, plain_page(&state))
        .merge(analytics::http::page_router())
        .method_not_allowed_fallback(wrong_method)
        .route_layer(from_fn_with_state(state.clone(), page_limit::visitor_layer));
    Router::new()
        .merge(api)
        .merge(pages)
        .merge(app::scripts::router())
        .fallback_service(site::files(state.clone()))
        .layer(compression())
        .merge(streams)
        .layer(from_fn_with_state(state.clone(), address::layer))
        .layer(session_layer(&state))
        .layer(from_fn_with_state(over_tls, session_cookie::layer))
        .layer(from_fn_with_state(csrf::Addresses::new(&state.config), csrf::layer))
        .layer(from_fn(body_limit::layer))
        .layer(from_fn_with_state(state.clone(), page_limit::address_layer))
        .layer(from_fn_with_state(state.clone(), in_flight::layer))
        .layer(from_fn_with_state(state.clone(), error_page::layer))
        .merge(health::router().merge(openapi::router()).layer(compression()))
        .layer(CatchPanicLayer::custom(headers::panicked))
        .layer(from_fn_with_state(over_tls, headers::layer))
        .layer(from_fn(request_log::scope))
        .layer(request_log::layer())
        .layer(PropagateHeaderLayer::new(request_log::REQUEST_ID))
        .layer(request_log::new_id())
        .layer(from_fn_with_state(state.config.trusted_proxies, client_addr::layer))
        .with_state(state)
}

/// Returns the routes of the live and the plain pages, computed once per process. `generate_route_list` suspends the
/// loading of resources process-wide while it runs, so a page of another server in this process (as in the tests)
/// would never finish.
fn page_routes() -> [Vec<AxumRouteListing>; 2] {
    static ROUTES: LazyLock<[Vec<AxumRouteListing>; 2]> = LazyLock::new(|| {
        [generate_route_list(app::LivePages), generate_route_list(app::PlainPages)]
    });
    ROUTES.clone()
}

/// Provides the services to server functions and pages.
fn contexts(state: &AppState) -> impl Fn() + Clone + Send + Sync + use<> {
    let state = state.clone();
    move || {
        provide_context(state.accounts.clone());
        provide_context(RequestMember::default());
        provide_context(state.analytics.clone());
        provide_context(state.business.clone());
        provide_context(state.chat.clone());
        provide_context(state.insights.clone());
        provide_context(state.ledger.clone());
        provide_context(state.operator.clone());
        provide_context(state.personas.clone());
        provide_context(state.signing.clone());
        provide_context(state.trials.clone());
        provide_context(Simulated(state.chat.simulated()));
        provide_context(StyleGuide(state.config.style_guide));
        provide_context(OverTls(state.config.is_over_tls()));
        if let Some(address) = HttpsAddress::of(&state.config) {
            provide_context(address);
        }
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) {
            headers::allow_scripts(&response, &nonce.to_string());
        }
    }
}

fn live_document(state: &AppState) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    let (options, files) = (state.leptos.clone(), state.site.files.clone());
    move || app::live_document(options.clone(), files.clone())
}

/// Renders the plain page at the request's path, or the one for paths that do not exist.
pub(super) fn plain_page(
    state: &AppState,
) -> impl Fn(Request) -> BoxFuture<'static, Response> + Clone + Send + Sync + use<> {
    let (options, files) = (state.leptos.clone(), state.site.files.clone());
    let render = render_app_async_with_context(contexts(state), move || {
        app::plain_document(options.clone(), files.clone())
    });
    move |request| render(request).map(IntoResponse::into_response).boxed()
}

/// Compresses responses. Not used for event streams, where it costs 6 KB each and compresses nothing.
fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}

fn session_layer(
    state: &AppState,
) -> SessionManagerLayer<crate::platform::session_store::DbSessionStore> {
    let lifetime = CookieDuration::seconds(state.config.session_lifetime.as_secs() as i64);
    let over_tls = state.config.is_over_tls();
    SessionManagerLayer::new(state.sessions.clone())
        .with_name(session_cookie::name(over_tls))
        .with_same_site(SameSite::Lax)
        .with_secure(over_tls)
        .with_expiry(Expiry::OnInactivity(lifetime))
}

/// Counts a call against the API tier, whether it is authenticated by a cookie or by a token, and adds the
/// `RateLimit-*` headers. A read also takes a turn in the tenant's share.
async fn meter(
    State(state): State<AppState>,
    caller: Result<Caller, AppError>,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let limits = Limits::from_ref(&state);
    let tenant_id = caller?.member.tenant_id;
    let allowance = limits.check(Tier::Api, &tenant_id)?;
    let _turn = match request.method().is_safe() {
        true => Some(state.shares.turn(&tenant_id).await?),
        false => None,
    };
    let mut response = next.run(request).await;
    limits::add_headers(response.headers_mut(), allowance);
    Ok(response)
}

async fn wrong_method() -> AppError {
    AppError::method_not_allowed()
}

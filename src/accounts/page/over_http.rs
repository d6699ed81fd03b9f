//! The notice for a page that was opened over plain http although `PUBLIC_URL` is https.

use http::request::Parts;
use leptos::prelude::*;

use crate::platform::https::HttpsAddress;

/// Says before anything is typed that nobody can sign in here. Where the server does not know how the page was
/// opened, the notice is hidden, and `app/plain.js` shows it.
#[component]
pub fn OverHttp() -> impl IntoView {
    let (address, request) = (use_context::<HttpsAddress>(), use_context::<Parts>());
    address.zip(request).map(|(address, request)| {
        let hidden = !address.is_missed_by(&request.headers);
        let origin = address.origin();
        view! {
            <div class="notice notice-error" role="alert" data-over-http hidden=hidden>
                <p>"You can't sign in here: this page was opened over plain http."</p>
                <p>
                    {format!("C-Suite is set up for {origin}, and browsers keep its session cookie only there. ")}
                    <a href=address.of_page(&request.uri)>{format!("Open {origin}")}</a>
                    " and go on there."
                </p>
                <p>
                    "If you run this server and it has no TLS, set PUBLIC_URL to the http address and restart it."
                </p>
            </div>
        }
    })
}

//! Signs up members.

use std::net::SocketAddr;

use hyper::header::SET_COOKIE;

use crate::Outcome;
use crate::client::{Client, form};

const PASSWORD: &str = "teal-otter-paints-fences";

/// Signs up a tenant with its owner, and returns the session cookie for a `Cookie` header.
pub async fn sign_up(server: SocketAddr, email: &str) -> Outcome<String> {
    sign_up_over(Client::connect(server).await?, email).await
}

/// Like [`sign_up`], over an open connection.
pub async fn sign_up_over(mut client: Client, email: &str) -> Outcome<String> {
    let fields = [
        ("name", "Robin Owner"),
        ("email", email),
        ("password", PASSWORD),
        ("business_name", "Crumb & Co"),
    ];
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let response = client.send(form("/api/sign_up", "/signup", body.finish())?).await?;
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let cookie = cookies
        .filter_map(|value| value.to_str().ok()?.split(';').next())
        .find(|cookie| cookie.starts_with("csuite_session="))
        .ok_or_else(|| format!("sign-up answered {} and no session", response.status()))?;
    Ok(cookie.to_owned())
}

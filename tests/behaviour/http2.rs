//! HTTP/2 without TLS, as between a proxy and the server.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Version, header, redirect};
use serde_json::json;

use crate::support::{EventReader, TestApp, Transcript, User};

/// Builds a client that uses one connection and starts it with the HTTP/2 preface.
fn client() -> Client {
    Client::builder()
        .http2_prior_knowledge()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

fn ask(client: &Client, user: &User<'_>, message: &str) -> RequestBuilder {
    client
        .post(format!("{}/c-suite/ceo/chat", user.app.url))
        .bearer_auth(&user.token)
        .json(&json!({ "message": message }))
}

#[tokio::test]
async fn pages_files_and_forms_are_the_same_over_http2() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let client = client();
    for path in ["/chat", "/pkg/csuite.css"] {
        let get = client.get(format!("{}{path}", app.url)).header(header::COOKIE, &user.cookie);
        let response = get.send().await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
        let over_http1 = user.browse(Method::GET, path).send().await.unwrap();
        assert_eq!(over_http1.version(), Version::HTTP_11);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            over_http1.headers()[header::CONTENT_TYPE]
        );
    }
    for (origin, status) in
        [(app.url.as_str(), StatusCode::FOUND), ("http://b.example", StatusCode::FORBIDDEN)]
    {
        let form = client
            .post(format!("{}/api/sign_out", app.url))
            .header(header::ACCEPT, "text/html")
            .header(header::ORIGIN, origin)
            .header(header::COOKIE, &user.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("");
        let response = form.send().await.unwrap();
        assert_eq!(response.status(), status, "the host is known: {origin}");
    }
}

#[tokio::test]
async fn many_replies_stream_over_one_connection_and_can_be_stopped() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let client = client();
    let asked = (0..20).map(|n| ask(&client, &user, &format!("{n} #tokens=50 #speed=200")).send());
    for response in join_all(asked).await {
        let transcript = Transcript::read(response.unwrap()).await;
        assert_eq!(transcript.last().name, "done");
    }
    let mut reader =
        EventReader::new(ask(&client, &user, "#tokens=3000 #speed=50").send().await.unwrap());
    let start = reader.next().await.unwrap();
    reader.next().await.expect("a chunk while the answer is written");
    let stop =
        format!("{}/c-suite/messages/{}/stop", app.url, start.data["messageId"].as_str().unwrap());
    let stopped = client.post(stop).bearer_auth(&user.token).send().await.unwrap();
    assert!(stopped.status().is_success());
    let mut last = start;
    while let Some(event) = reader.next().await {
        last = event;
    }
    assert_eq!(last.name, "stopped");
}

#[tokio::test]
async fn a_shutdown_ends_streams_over_http2_as_well() {
    let app = TestApp::start().await;
    let user = app.with_member().await;
    let asked = ask(&client(), &user, "Long one #tokens=5000 #speed=50").send().await.unwrap();
    let reading = tokio::spawn(asked.text());
    tokio::time::timeout(Duration::from_secs(20), app.stop()).await.expect("it ends");
    let read = reading.await.unwrap().unwrap();
    assert!(read.ends_with("retry: 1000\n: reconnect\n\n"), "{}", &read[read.len() - 40..]);
}

#[tokio::test]
async fn a_false_http2_preface_closes_the_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = TestApp::start().await;
    let address = app.url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PRINT / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("it is closed");
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

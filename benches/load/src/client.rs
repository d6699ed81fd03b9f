//! A single keep-alive HTTP/1.1 connection without a pool, so that each measurement controls its own
//! queueing.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, REFERER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};

use crate::Outcome;

pub type Call = Request<Full<Bytes>>;
pub type Answer = Response<Incoming>;

pub struct Client {
    requests: SendRequest<Full<Bytes>>,
}

impl Client {
    pub async fn connect(addr: SocketAddr) -> Outcome<Self> {
        Self::over(TcpStream::connect(addr).await?).await
    }

    /// Connects from an address of this machine, such as `127.0.0.9`.
    pub async fn connect_from(source: IpAddr, addr: SocketAddr) -> Outcome<Self> {
        Self::over(connect_from(source, addr).await?).await
    }

    /// Starts HTTP/1.1 on an open connection.
    pub async fn over(stream: TcpStream) -> Outcome<Self> {
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // Connection errors surface in the requests.
        tokio::spawn(connection);
        Ok(Self { requests })
    }

    /// Sends a request and returns the response head.
    pub async fn send(&mut self, call: Call) -> Outcome<Answer> {
        self.requests.ready().await?;
        Ok(self.requests.send_request(call).await?)
    }

    /// Sends a request and returns the whole body. Errors: any status other than 200.
    pub async fn fetch(&mut self, call: Call) -> Outcome<Bytes> {
        let path = call.uri().path().to_owned();
        let response = self.send(call).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            return Err(
                format!("{path} answered {status}: {}", String::from_utf8_lossy(&body)).into()
            );
        }
        Ok(body)
    }
}

/// Opens a connection from an address of this machine.
pub async fn connect_from(source: IpAddr, addr: SocketAddr) -> Outcome<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(source, 0))?;
    Ok(socket.connect(addr).await?)
}

/// Builds a page request as a browser sends it.
pub fn get(path: &str) -> hyper::http::request::Builder {
    Request::builder()
        .uri(path)
        .header(HOST, "localhost")
        .header(ACCEPT, "text/html")
        .header("sec-fetch-site", "same-origin")
}

/// Builds a form post like a browser without JavaScript.
pub fn form(path: &str, referer: &str, body: String) -> Outcome<Call> {
    let call = get(path)
        .method(Method::POST)
        .header(REFERER, format!("http://localhost{referer}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    Ok(call.body(Full::from(body))?)
}

/// Builds an API request.
pub fn with_token(path: &str, token: &str) -> hyper::http::request::Builder {
    Request::builder()
        .uri(path)
        .header(HOST, "localhost")
        .header(AUTHORIZATION, format!("Bearer {token}"))
}

/// Builds an API request with a JSON body.
pub fn post(path: &str, token: &str, body: &Value) -> Outcome<Call> {
    let call =
        with_token(path, token).method(Method::POST).header(CONTENT_TYPE, "application/json");
    Ok(call.body(Full::from(body.to_string()))?)
}

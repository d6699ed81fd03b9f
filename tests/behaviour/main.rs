//! Tests of the running server over real sockets. Each test has its own server on a free port, a
//! fresh database, and the emulator as upstream.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod advice;
mod adviser_models;
mod analytics;
mod bad_input;
mod bounds;
mod branches;
mod business_time;
mod chat;
mod citations;
mod connections;
mod conversations;
mod description;
mod facts;
mod faults;
mod feed;
mod files;
mod follow_ups;
mod front;
mod http2;
mod imports;
mod insights;
mod knowledge;
mod limits;
mod listing;
mod logs;
mod memory;
mod metrics;
mod openapi;
mod operator;
mod pages;
mod periods;
mod personas;
mod profile;
mod proposals;
mod proxies;
mod readings;
mod replay;
mod rooms;
mod sample_data;
mod shapes;
mod shutdown;
mod support;
mod tenants;
mod trials;
mod undo;
/// The model server of the client's own tests.
#[path = "../../src/fireworks/tests/server.rs"]
#[allow(dead_code)] // each of the two uses a part of it
mod upstream;
mod usage;

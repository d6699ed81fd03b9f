//! The HTML document around a page.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use super::frame::Frame;
use super::{LivePages, PlainPages, scripts};
use crate::chat::page::COPY_SCRIPT;
use crate::platform::BrowserFiles;

/// Renders the document of a live page. Its loader (`start.js`) finds the app's files by the ids of these
/// links.
pub fn live_document(options: LeptosOptions, files: BrowserFiles) -> AnyView {
    let scripts = view! {
        <AutoReload options />
        <link id="app-js" rel="modulepreload" href=files.js.to_string() />
        <link
            id="app-wasm"
            rel="preload"
            href=files.wasm.to_string()
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
        />
        <script
            defer
            nonce=use_nonce()
            src=scripts::CHAT.address()
            data-hub=scripts::HUB.address()
        ></script>
        <script type="module" nonce=use_nonce() inner_html=COPY_SCRIPT></script>
        // Loaded last. If the app crashes, its click listener stops clicks from reaching the app and all
        // later listeners.
        <script type="module" nonce=use_nonce() inner_html=include_str!("start.js")></script>
    };
    view! { <Document files scripts=scripts.into_any() page=LivePages().into_any() /> }.into_any()
}

/// Renders the document of a page that works without scripts. `plain.js` enhances it.
pub fn plain_document(options: LeptosOptions, files: BrowserFiles) -> AnyView {
    let scripts = view! {
        <AutoReload options />
        <script defer nonce=use_nonce() src=scripts::DRAFTS.address()></script>
        <script defer nonce=use_nonce() src=scripts::CHART.address()></script>
        <script defer nonce=use_nonce() src=scripts::WORK.address()></script>
        <script type="module" nonce=use_nonce() inner_html=include_str!("plain.js")></script>
    };
    view! { <Document files scripts=scripts.into_any() page=PlainPages().into_any() /> }.into_any()
}

/// Preloads a face of `style/_fonts.scss`.
#[component]
fn Face(file: &'static str) -> impl IntoView {
    let href = format!("/fonts/{file}");
    view! { <link rel="preload" href=href r#as="font" r#type="font/woff2" crossorigin="anonymous" /> }
}

/// Every script carries the request's nonce, which the content security policy requires.
#[component]
fn Document(files: BrowserFiles, scripts: AnyView, page: AnyView) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                // Numbers on these pages are figures. Do not turn them into links for phone numbers or
                // dates.
                <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#fffdf9" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#1b1e25" media="(prefers-color-scheme: dark)" />
                <meta
                    name="description"
                    content="A board of advisers for a small business: four advisers who answer from what you have told them about yours."
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <Face file="inter.woff2" />
                <Face file="newsreader.woff2" />
                <link id="leptos" rel="stylesheet" href=files.css.to_string() />
                {scripts}
                <MetaTags />
            </head>
            <body>
                <Frame>{page}</Frame>
            </body>
        </html>
    }
}

//! The error page for requests that are refused before they reach a page.

use leptos::prelude::*;

use crate::error::{AppError, Code};
use crate::personas::emblem::Mark;
use crate::platform::BrowserFiles;

/// Renders the error page. It loads no data and runs no script, because refusals must stay cheap.
pub fn refusal_page(files: &BrowserFiles, error: &AppError) -> String {
    let (heading, css) = (heading(error.code), files.css.to_string());
    let message = error.message.clone();
    Owner::new().with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <title>{format!("{heading} · C-Suite")}</title>
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                    <link rel="stylesheet" href=css />
                </head>
                <body>
                    <div class="frame">
                        <header class="frame-head">
                            <a class="wordmark" href="/" aria-label="C-Suite">
                                <Mark />
                                <span class="wordmark-name">"C-Suite"</span>
                            </a>
                        </header>
                        <div class="frame-content">
                            <main class="not-found">
                                <h1>{heading}</h1>
                                <p class="refusal-reason">{message}</p>
                                <a class="button" href="/">
                                    "Go to the front page"
                                </a>
                            </main>
                        </div>
                    </div>
                </body>
            </html>
        }
        .to_html()
    })
}

fn heading(code: Code) -> &'static str {
    match code {
        Code::Forbidden => "This form was not accepted",
        Code::MethodNotAllowed => "This address only takes forms",
        Code::MisdirectedRequest => "This is not the right address",
        Code::RequestTimeout => "Request timed out",
        Code::PayloadTooLarge => "Request too large",
        Code::RateLimitExceeded => "Too many requests",
        Code::ShuttingDown | Code::DatabaseUnavailable => "C-Suite is unavailable at the moment",
        _ => "Request failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_complete_page_and_escapes_its_message() {
        let address = |name: &str| format!("/pkg/csuite.{name}").into();
        let files = BrowserFiles { css: address("css"), js: address("js"), wasm: address("wasm") };
        let page = refusal_page(&files, &AppError::forbidden("From <script>: set PUBLIC_URL"));
        assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
        assert!(page.contains("From &lt;script&gt;: set PUBLIC_URL"), "{page}");
        assert!(page.contains("/pkg/csuite.css") && page.contains("This form was not accepted"));
    }
}

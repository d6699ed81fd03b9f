//! URLs of the files for the browser.

use std::sync::Arc;

/// Context of every page: the URLs of the style sheet, the script and the module, such as `/pkg/csuite.vS0b1.css`. The
/// server checks at start that all three exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserFiles {
    pub css: Arc<str>,
    pub js: Arc<str>,
    pub wasm: Arc<str>,
}

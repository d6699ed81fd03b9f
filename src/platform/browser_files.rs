//! Addresses of the browser half's files.

use std::sync::Arc;

/// Context of every page: the addresses of the style sheet, the script and the module, such as
/// `/pkg/csuite.vS0b1.css`. The server checked at start that all three exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserFiles {
    pub css: Arc<str>,
    pub js: Arc<str>,
    pub wasm: Arc<str>,
}

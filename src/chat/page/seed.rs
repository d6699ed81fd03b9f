//! The data that the server writes into the page, so that the app starts without another request.
//!
//! Answers that have ended travel once: the seed leaves out their HTML, and the loader (`app/start.js`)
//! reads it from the server's markup.

#[cfg(not(feature = "ssr"))]
pub use browser::Seed;
#[cfg(feature = "ssr")]
pub use server::script;

use super::super::model::ChatView;
use crate::error::AppError;

/// What the server function answers with.
type Loaded = Result<ChatView, AppError>;

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::Loaded;

    /// The page's first data, as the loader passes it on: as JSON, with the HTML of every answer.
    #[derive(Clone, Debug)]
    pub struct Seed(pub Option<String>);

    impl Seed {
        /// None where there is no data or it can't be read: the app asks for it then.
        pub fn take(self) -> Option<Loaded> {
            // From bytes, as server functions decode their answers: another kind of input would be a
            // second decoder of the same types in the browser half.
            serde_json::from_slice(self.0?.as_bytes()).ok()
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::*;

    use super::super::super::model::{ChatView, Status};
    use super::Loaded;

    /// The element that holds the seed. A page without it works: the app asks for the data.
    pub fn script(loaded: &Loaded) -> impl IntoView + use<> {
        let json = serde_json::to_string(&loaded.as_ref().map(lean)).unwrap_or_default();
        view! { <script type="application/json" id="seed" inner_html=harmless(&json)></script> }
    }

    /// JSON that cannot end the element it is in: `<` occurs within strings only.
    fn harmless(json: &str) -> String {
        json.replace('<', "\\u003c")
    }

    /// `view` without the HTML of ended answers. Their blocks stay as empty strings, so that the loader
    /// knows how many there have to be. A running answer keeps its blocks: its stream goes on behind them.
    fn lean(view: &ChatView) -> ChatView {
        let mut view = view.clone();
        for message in view.messages.iter_mut().filter(|m| m.status != Status::Streaming) {
            message.blocks.iter_mut().for_each(String::clear);
        }
        view
    }

    #[cfg(test)]
    mod tests {
        use super::harmless;

        #[test]
        fn nothing_in_a_conversation_ends_the_element() {
            let hostile = ["</script><!--<script>", "a < b"];
            let json = harmless(&serde_json::to_string(&hostile).unwrap_or_default());
            assert!(!json.contains('<'), "{json}");
            let read: Vec<String> = serde_json::from_str(&json).unwrap_or_default();
            assert_eq!(read, hostile);
        }
    }
}

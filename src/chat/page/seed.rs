//! The page's initial data, embedded so that the app starts without another request.
//!
//! The HTML of ended replies is sent once: the seed omits it, and the loader (`app/start.js`) reads it from the page's
//! markup.

#[cfg(not(feature = "ssr"))]
pub use browser::Seed;
#[cfg(feature = "ssr")]
pub use server::script;

use super::super::model::ChatView;
use crate::error::AppError;

/// The response of the server function.
type Loaded = Result<ChatView, AppError>;

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::Loaded;

    /// Returns the initial data from the loader: JSON with the HTML of every reply.
    #[derive(Clone, Debug)]
    pub struct Seed(pub Option<String>);

    impl Seed {
        /// `None` if there is no valid data. The app then requests it.
        pub fn take(self) -> Option<Loaded> {
            // From bytes, as server functions decode their responses: another kind of input would
            // add a second decoder of the same types to the app.
            serde_json::from_slice(self.0?.as_bytes()).ok()
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::*;

    use super::super::super::model::{ChatView, Status};
    use super::Loaded;

    /// The element with the seed. Without it, the app requests the data.
    pub fn script(loaded: &Loaded) -> impl IntoView + use<> {
        let json = serde_json::to_string(&loaded.as_ref().map(lean)).unwrap_or_default();
        view! { <script type="application/json" id="seed" inner_html=harmless(&json)></script> }
    }

    /// Returns JSON that cannot close its element. `<` occurs only within strings.
    fn harmless(json: &str) -> String {
        json.replace('<', "\\u003c")
    }

    /// Removes the HTML of ended replies. Their blocks become empty strings, so that the loader knows their number. A
    /// running reply keeps its blocks, after which its stream continues.
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
        fn seed_data_cannot_close_its_script_element() {
            let hostile = ["</script><!--<script>", "a < b"];
            let json = harmless(&serde_json::to_string(&hostile).unwrap_or_default());
            assert!(!json.contains('<'), "{json}");
            let read: Vec<String> = serde_json::from_str(&json).unwrap_or_default();
            assert_eq!(read, hostile);
        }
    }
}

//! Scrolls and moves the focus. On the server these functions do nothing.

#[cfg(feature = "hydrate")]
pub use browser::{
    after_paint, at_bottom, close, focus, focus_on, hold, into_view, names_message, to_bottom,
    to_named, top_of,
};
#[cfg(not(feature = "hydrate"))]
pub use server::{
    after_paint, at_bottom, close, focus, focus_on, hold, into_view, names_message, to_bottom,
    to_named, top_of,
};

/// A control that keeps its focus and position while content around it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// The id of its group after the change.
    pub id: String,
    /// The `data-step` of the focused button.
    pub step: &'static str,
    /// Position of the group before the change, in pixels from the top of the window.
    pub top: f64,
}

#[cfg(not(feature = "hydrate"))]
mod server {
    use leptos::html;
    use leptos::prelude::*;

    use super::Hold;

    pub fn at_bottom(_: NodeRef<html::Div>) -> bool {
        true
    }
    pub fn to_bottom(_: NodeRef<html::Div>) {}
    pub fn names_message() -> bool {
        false
    }
    pub fn to_named() {}
    pub fn into_view(_: NodeRef<html::A>) {}
    pub fn close(_: NodeRef<html::Aside>) {}
    pub fn after_paint(_: impl FnOnce() + 'static) {}
    pub fn focus(_: NodeRef<html::Textarea>) {}
    pub fn focus_on(_: &str) {}
    pub fn top_of(_: &str) -> Option<f64> {
        None
    }
    pub fn hold(_: NodeRef<html::Div>, _: &Hold) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::html;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

    use super::Hold;

    /// Distance from the end in pixels at which a reader still counts as being at the end.
    const NEAR_BOTTOM: i32 = 80;

    /// Returns whether the reader is at the end of the scrolling element.
    pub fn at_bottom(scroller: NodeRef<html::Div>) -> bool {
        scroller.try_get_untracked().flatten().is_none_or(|scroller| {
            scroller.scroll_top() + scroller.client_height()
                >= scroller.scroll_height() - NEAR_BOTTOM
        })
    }

    /// Scrolls to the end without animation.
    pub fn to_bottom(scroller: NodeRef<html::Div>) {
        if let Some(scroller) = scroller.try_get_untracked().flatten() {
            scroller.set_scroll_top(scroller.scroll_height());
        }
    }

    /// Returns whether the URL names a message of the page, as search results do.
    pub fn names_message() -> bool {
        named().is_some()
    }

    /// Scrolls to the message that the URL names.
    pub fn to_named() {
        if let Some(message) = named() {
            message.scroll_into_view();
        }
    }

    fn named() -> Option<web_sys::Element> {
        let hash = window().location().hash().ok()?;
        let id = hash.strip_prefix('#').filter(|id| id.starts_with("message-"))?;
        document().get_element_by_id(id)
    }

    /// Runs `act` after the next layout.
    pub fn after_paint(act: impl FnOnce() + 'static) {
        request_animation_frame(act);
    }

    /// Scrolls the list to show its current link.
    pub fn into_view(current: NodeRef<html::A>) {
        if let Some(current) = current.try_get_untracked().flatten() {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            current.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// Closes an open drawer.
    pub fn close(drawer: NodeRef<html::Aside>) {
        if let Some(drawer) = drawer.get_untracked() {
            // In a wide window it is a column and cannot be closed.
            let _ = drawer.hide_popover();
        }
    }

    /// Focuses the composer.
    pub fn focus(area: NodeRef<html::Textarea>) {
        if let Some(area) = area.try_get_untracked().flatten() {
            // Ignored: the page works without the focus.
            let _ = area.focus();
        }
    }

    /// Focuses the element with this id.
    pub fn focus_on(id: &str) {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }

    /// Returns the position of an element in pixels from the top of the window.
    pub fn top_of(id: &str) -> Option<f64> {
        document().get_element_by_id(id).map(|element| element.get_bounding_client_rect().top())
    }

    /// Restores the focus and position of a control by scrolling.
    pub fn hold(scroller: NodeRef<html::Div>, hold: &Hold) {
        let (Some(scroller), Some(group)) =
            (scroller.try_get_untracked().flatten(), document().get_element_by_id(&hold.id))
        else {
            return;
        };
        let find = |selector: &str| group.query_selector(selector).ok().flatten();
        // At the last version Next is disabled, so Previous takes the focus.
        let button = find(&format!("button[data-step={}]:not(:disabled)", hold.step))
            .or_else(|| find("button:not(:disabled)"));
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
        let moved = group.get_bounding_client_rect().top() - hold.top;
        scroller.set_scroll_top(scroller.scroll_top() + moved.round() as i32);
    }
}

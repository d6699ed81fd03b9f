//! What the page does to the reader's screen: scrolls and moves the focus. On the server each function
//! here does nothing.

#[cfg(feature = "hydrate")]
pub use browser::{
    after_paint, at_bottom, close, fill, focus, focus_on, hold, into_view, to_bottom, top_of,
};
#[cfg(not(feature = "hydrate"))]
pub use server::{
    after_paint, at_bottom, close, fill, focus, focus_on, hold, into_view, to_bottom, top_of,
};

/// A control that stays under the reader's eyes and hands while what is around it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// The id of the group it stands in once the change is made.
    pub id: String,
    /// Which of the group's buttons has the focus: its `data-step`.
    pub step: &'static str,
    /// Where the group stood before, in pixels from the top of the window.
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
    pub fn into_view(_: NodeRef<html::A>) {}
    pub fn close(_: NodeRef<html::Aside>) {}
    pub fn after_paint(_: impl FnOnce() + 'static) {}
    pub fn focus(_: NodeRef<html::Textarea>) {}
    pub fn focus_on(_: &str) {}
    pub fn top_of(_: &str) -> Option<f64> {
        None
    }
    pub fn hold(_: NodeRef<html::Div>, _: &Hold) {}
    pub fn fill(_: &str, _: &str) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::html;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

    use super::Hold;

    /// How near the end, in pixels, a reader still counts as being at it.
    const NEAR_BOTTOM: i32 = 80;

    /// Whether the reader sees the end of what scrolls.
    pub fn at_bottom(scroller: NodeRef<html::Div>) -> bool {
        scroller.try_get_untracked().flatten().is_none_or(|scroller| {
            scroller.scroll_top() + scroller.client_height()
                >= scroller.scroll_height() - NEAR_BOTTOM
        })
    }

    /// Scrolls to the end, at once.
    pub fn to_bottom(scroller: NodeRef<html::Div>) {
        if let Some(scroller) = scroller.try_get_untracked().flatten() {
            scroller.set_scroll_top(scroller.scroll_height());
        }
    }

    /// Runs `act` once what was changed is laid out.
    pub fn after_paint(act: impl FnOnce() + 'static) {
        request_animation_frame(act);
    }

    /// Scrolls the list no further than needed to show its current link.
    pub fn into_view(current: NodeRef<html::A>) {
        if let Some(current) = current.try_get_untracked().flatten() {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            current.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// Closes a drawer, where it is one and is open.
    pub fn close(drawer: NodeRef<html::Aside>) {
        if let Some(drawer) = drawer.get_untracked() {
            // In a wide window it is a column, and there is nothing to close.
            let _ = drawer.hide_popover();
        }
    }

    /// Puts the cursor into the composer.
    pub fn focus(area: NodeRef<html::Textarea>) {
        if let Some(area) = area.try_get_untracked().flatten() {
            // Where a browser refuses the focus, the page works as before.
            let _ = area.focus();
        }
    }

    /// Replaces the text of an answer by HTML that the server sanitised.
    pub fn fill(message_id: &str, html: &str) {
        let message = document().get_element_by_id(&format!("message-{message_id}"));
        let body =
            message.and_then(|message| message.query_selector(".message-body").ok().flatten());
        if let Some(body) = body {
            body.set_inner_html(html);
        }
    }

    /// Moves the focus to the element of that id.
    pub fn focus_on(id: &str) {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }

    /// How far below the top of the window the element of that id stands, in pixels.
    pub fn top_of(id: &str) -> Option<f64> {
        document().get_element_by_id(id).map(|element| element.get_bounding_client_rect().top())
    }

    /// Gives a control back its focus and its place, by scrolling what was changed.
    pub fn hold(scroller: NodeRef<html::Div>, hold: &Hold) {
        let (Some(scroller), Some(group)) =
            (scroller.try_get_untracked().flatten(), document().get_element_by_id(&hold.id))
        else {
            return;
        };
        let find = |selector: &str| group.query_selector(selector).ok().flatten();
        // At the last version the way on is closed, and the way back takes the focus.
        let button = find(&format!("button[data-step={}]:not(:disabled)", hold.step))
            .or_else(|| find("button:not(:disabled)"));
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
        let moved = group.get_bounding_client_rect().top() - hold.top;
        scroller.set_scroll_top(scroller.scroll_top() + moved.round() as i32);
    }
}

//! Reads a running answer's event stream into the page. On the server there is nothing to read.

#[cfg(feature = "hydrate")]
pub use browser::watch;
#[cfg(not(feature = "hydrate"))]
pub use server::watch;

use std::fmt::Write;

/// The HTML of an answer's blocks; a stream goes on where it ends.
pub fn blocks_html(blocks: &[String]) -> String {
    blocks.iter().fold(String::new(), |mut html, block| {
        // Writing to a string cannot fail.
        let _ = write!(html, r#"<div class="block">{block}</div>"#);
        html
    })
}

#[cfg(not(feature = "hydrate"))]
mod server {
    use leptos::html;
    use leptos::prelude::NodeRef;

    use super::super::entries::Entry;
    use super::super::state::Chat;

    pub fn watch(_: Chat, _: Entry, _: NodeRef<html::Div>) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::{Rc, Weak};
    use std::time::Duration;

    use leptos::html;
    use leptos::leptos_dom::helpers::TimeoutHandle;
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, HtmlCollection, HtmlDivElement, MessageEvent};

    use super::super::super::api::load_chat;
    use super::super::super::model::{MessageView, PageEvent, Status};
    use super::super::entries::{Entry, Outcome, outcome_of};
    use super::super::screen::{after_paint, at_bottom, follow, to_bottom};
    use super::super::state::Chat;
    use super::blocks_html;
    use crate::error::{AppError, Code};

    /// The longest wait before a lost stream is looked for again.
    const LONGEST_WAIT_SECONDS: u64 = 15;
    /// Tries in a row after which the conversation is asked what became of the answer.
    const TRIES_BEFORE_LOADING: u32 = 2;

    /// Reads the stream of a running answer into `blocks` until the answer ends or the page lets go.
    pub fn watch(chat: Chat, entry: Entry, blocks: NodeRef<html::Div>) {
        // Held by the message's owner: dropping it closes the stream.
        let reader = StoredValue::new_local(None::<Rc<Reader>>);
        Effect::new(move |_| {
            let Some(blocks) = blocks.get() else { return };
            if entry.outcome.with_untracked(|outcome| outcome.status == Status::Streaming) {
                chat.desk.announce(format!(
                    "The {} is answering.",
                    chat.adviser_of(&entry.message.persona).title
                ));
                reader.set_value(Some(Reader::open(chat, entry.clone(), blocks)));
            }
        });
    }

    struct Reader {
        chat: Chat,
        entry: Entry,
        blocks: HtmlDivElement,
        source: RefCell<Option<Source>>,
        retry: Cell<Option<TimeoutHandle>>,
        /// Failures since the last event.
        tries: Cell<u32>,
    }

    /// An open stream with its listeners.
    struct Source {
        events: EventSource,
        _on_event: Closure<dyn FnMut(MessageEvent)>,
        _on_error: Closure<dyn FnMut(Event)>,
    }

    impl Drop for Source {
        fn drop(&mut self) {
            self.events.set_onmessage(None);
            self.events.set_onerror(None);
            self.events.close();
        }
    }

    impl Drop for Reader {
        fn drop(&mut self) {
            if let Some(retry) = self.retry.take() {
                retry.clear();
            }
        }
    }

    impl Reader {
        fn open(chat: Chat, entry: Entry, blocks: HtmlDivElement) -> Rc<Self> {
            let reader = Rc::new(Self {
                chat,
                entry,
                blocks,
                source: RefCell::new(None),
                retry: Cell::new(None),
                tries: Cell::new(0),
            });
            reader.connect();
            reader
        }

        /// Opens the stream, which begins with the whole picture: blocks replace each other. Never
        /// called from a listener of the old stream, which goes with its listeners.
        fn connect(self: &Rc<Self>) {
            let id = &self.entry.message.id;
            let Ok(events) = EventSource::new(&format!("/chat/replies/{id}/stream")) else {
                return;
            };
            let on_event = listener(self, |reader, event: MessageEvent| reader.take(&event));
            let on_error = listener(self, |reader, _: Event| reader.lost());
            let event = on_event.as_ref().unchecked_ref();
            events.set_onmessage(Some(event));
            // An unknown event type is an error nowhere: the stream may name its events or not.
            let _ = events.add_event_listener_with_callback("page", event);
            events.set_onerror(Some(on_error.as_ref().unchecked_ref()));
            let source = Source { events, _on_event: on_event, _on_error: on_error };
            *self.source.borrow_mut() = Some(source);
        }

        fn take(&self, event: &MessageEvent) {
            let Some(event_data) = event.data().as_string() else { return };
            // From bytes, as everything else that is decoded here: one decoder, not two.
            let Ok(page_event) = serde_json::from_slice::<PageEvent>(event_data.as_bytes()) else {
                return;
            };
            self.tries.set(0);
            self.entry.lost.set(false);
            follow(self.chat.scroller, || match page_event {
                PageEvent::Block { index, html } => self.show(index, &html),
                PageEvent::Append { index, html } => self.append(index, &html),
                PageEvent::Reasoning { .. } => {}
                PageEvent::Reset {} => self.blocks.set_inner_html(""),
                PageEvent::End { status, failure, cut, reasoning } => {
                    self.entry.reasoning.set(reasoning);
                    self.end(Outcome { status, failure, cut });
                }
            });
        }

        /// The blocks, without the elements that extensions put between them.
        fn own_blocks(&self) -> HtmlCollection {
            self.blocks.get_elements_by_class_name("block")
        }

        /// Puts a block's HTML, which the server sanitised, in its place.
        fn show(&self, index: u32, html: &str) {
            let blocks = self.own_blocks();
            while blocks.length() <= index {
                let Ok(block) = document().create_element("div") else { return };
                block.set_class_name("block");
                let _ = self.blocks.append_child(&block);
            }
            if let Some(block) = blocks.item(index) {
                block.set_inner_html(html);
            }
        }

        /// Adds escaped text to an open code block: no more work than the text is long.
        fn append(&self, index: u32, html: &str) {
            let block = self.own_blocks().item(index);
            if let Some(Ok(Some(code))) = block.map(|block| block.query_selector("code")) {
                let _ = code.insert_adjacent_html("beforeend", html);
            }
        }

        fn end(&self, outcome: Outcome) {
            if let Some(source) = &*self.source.borrow() {
                source.events.close();
            }
            self.entry.lost.set(false);
            self.chat.desk.announce(announcement(&outcome));
            let scroller = self.chat.scroller;
            if at_bottom(scroller) {
                // What an ended answer offers stands below it a moment later.
                after_paint(move || to_bottom(scroller));
            }
            self.entry.outcome.set(outcome);
        }

        /// The browser reconnects by itself, unless the server's answer made it give up.
        fn lost(self: &Rc<Self>) {
            self.entry.lost.set(true);
            let gave_up = self
                .source
                .borrow()
                .as_ref()
                .is_some_and(|source| source.events.ready_state() == EventSource::CLOSED);
            if gave_up {
                self.try_later();
            }
        }

        fn try_later(self: &Rc<Self>) {
            let tries = self.tries.get();
            self.tries.set(tries.saturating_add(1));
            let seconds = (1 << tries.min(8)).min(LONGEST_WAIT_SECONDS);
            let weak = Rc::downgrade(self);
            let again = move || {
                if let Some(reader) = weak.upgrade() {
                    reader.try_again();
                }
            };
            self.retry.set(set_timeout_with_handle(again, Duration::from_secs(seconds)).ok());
        }

        fn try_again(self: &Rc<Self>) {
            if self.tries.get() <= TRIES_BEFORE_LOADING {
                return self.connect();
            }
            let (weak, conversation) = (Rc::downgrade(self), self.chat.id());
            spawn_local(async move {
                let loaded = load_chat(Some(conversation), None).await;
                let Some(reader) = weak.upgrade() else { return };
                match loaded {
                    Ok(view) => reader.found(view.messages),
                    Err(error) => reader.not_found(error),
                }
            });
        }

        /// The conversation as it is now holds the answer as it is now.
        fn found(self: &Rc<Self>, messages: Vec<MessageView>) {
            let id = &self.entry.message.id;
            let Some(message) = messages.into_iter().find(|message| message.id == *id) else {
                return self.chat.desk.reload();
            };
            self.blocks.set_inner_html(&blocks_html(&message.blocks));
            self.entry.reasoning.set(message.reasoning.clone());
            match message.status {
                Status::Streaming => self.connect(),
                _ => self.end(outcome_of(&message)),
            }
        }

        fn not_found(self: &Rc<Self>, error: AppError) {
            match error.code {
                Code::Unauthenticated | Code::NotFound | Code::ConversationNotFound => {
                    self.chat.desk.reload();
                }
                _ => self.try_later(),
            }
        }
    }

    /// A listener that does nothing once the reader is gone.
    fn listener<E: wasm_bindgen::convert::FromWasmAbi + 'static>(
        reader: &Rc<Reader>,
        hear: impl Fn(&Rc<Reader>, E) + 'static,
    ) -> Closure<dyn FnMut(E)> {
        let weak: Weak<Reader> = Rc::downgrade(reader);
        Closure::new(move |event: E| {
            if let Some(reader) = weak.upgrade() {
                hear(&reader, event);
            }
        })
    }

    fn announcement(outcome: &Outcome) -> String {
        match (outcome.status, &outcome.failure) {
            (_, Some(failure)) => failure.message.clone(),
            (Status::Stopped, None) => "Answer stopped.".to_owned(),
            (Status::Failed | Status::Interrupted, None) => "The answer was cut off.".to_owned(),
            (Status::Complete | Status::Streaming, None) => "Answer complete.".to_owned(),
        }
    }
}

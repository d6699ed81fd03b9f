//! Renders the blocks of a running reply.

use super::html::{self, Extent, State};
use super::mend::mended;
use super::seam::Seam;
use super::split::{Block, Code, Splitter};
use super::{lines, sources};
use crate::chat::model::PageEvent;

/// The open block is sent again when its source has grown by 1/`PATIENCE` of its size. The sizes
/// sent then form a geometric series, whose sum is at most `PATIENCE + 1` times the last one: bytes
/// and work are linear in the reply, also for a long list or table, which cannot be split. At most
/// that share of the block is held back.
const PATIENCE: usize = 16;

/// Converts a growing reply to events: finished blocks once, what has changed of the open block, open
/// fenced code as appended lines.
///
/// However the text is cut into pushes, the events add up to [`super::render_blocks`] of the whole.
#[derive(Debug, Default)]
pub struct BlockStream {
    seam: Seam,
    /// Whether the page supports [`PageEvent::Splice`]. If not, changes resend the whole open block.
    splices: bool,
    splitter: Splitter,
    /// The state after the finished blocks.
    state: State,
    is_cut: bool,
    /// The index of the open block.
    index: u32,
    shown: Shown,
}

/// What was sent of the open block.
#[derive(Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Nothing,
    /// Its HTML, and the bytes of source that it was rendered from.
    Html { html: String, source: usize },
    /// Code up to this byte of the text.
    Code { until: usize },
}

impl BlockStream {
    /// Creates the stream of a reply, or of the part that starts at `seam`.
    pub fn new(seam: Seam) -> Self {
        Self { state: seam.state().clone(), seam, ..Self::default() }
    }

    /// Sets whether the page supports [`PageEvent::Splice`].
    pub fn with_splices(self, splices: bool) -> Self {
        Self { splices, ..self }
    }

    /// Resumes in the middle of a reply. Returns the stream that continues, and the blocks of the
    /// text so far. [`super::render_blocks`] cannot be used, because it treats the end of the text
    /// as the end of the reply and may split a block there that continues.
    pub fn resume(seam: Seam, text_so_far: &str) -> (Self, Vec<String>) {
        let mut stream = Self::new(seam);
        let blocks = stream
            .push(text_so_far, false)
            .into_iter()
            .filter_map(|event| match event {
                PageEvent::Block { html, .. } => Some(html),
                _ => None,
            })
            .collect();
        (stream, blocks)
    }

    /// Starts over, because the text so far is void.
    pub fn restart(&mut self) {
        *self = Self::new(std::mem::take(&mut self.seam)).with_splices(self.splices);
    }

    /// Marks the reply as cut off: its last block is incomplete.
    pub fn cut_off(&mut self) {
        self.is_cut = true;
    }

    /// Takes the whole text so far (of the part after the seam), which must start with the text of
    /// the previous call, and whether it has ended. Returns the events to send.
    pub fn push(&mut self, full_text_so_far: &str, ended: bool) -> Vec<PageEvent> {
        let mut events = Vec::new();
        let text = self.seam.join(full_text_so_far);
        let closed = self.splitter.advance(&text, ended);
        if ended && self.is_cut && closed.is_empty() {
            return self.last_again(full_text_so_far);
        }
        for (place, block) in closed.iter().enumerate() {
            let is_torn = ended && self.is_cut && place + 1 == closed.len();
            let extent = if is_torn { Extent::Begun } else { Extent::Whole };
            self.finish(&text, block, extent, &mut events);
        }
        if ended {
            events.extend(self.summary());
        } else {
            events.extend(self.show_open(&text));
        }
        events
    }

    /// Renders the last block and the summary again, if the cut is right after that block. It was
    /// sent as complete, but a continuation may extend it.
    fn last_again(&self, full_text: &str) -> Vec<PageEvent> {
        let last = self.index.saturating_sub(1);
        let blocks = super::render_blocks(&self.seam, full_text, true);
        (0..)
            .zip(blocks)
            .skip_while(|(index, _)| *index < last)
            .map(|(index, html)| PageEvent::Block { index, html })
            .collect()
    }

    fn summary(&self) -> Option<PageEvent> {
        let html = sources::summary(&self.state.reader)?;
        Some(PageEvent::Block { index: self.index, html })
    }

    fn finish(&mut self, text: &str, block: &Block, extent: Extent, events: &mut Vec<PageEvent>) {
        events.extend(match &block.code {
            Some(code) => {
                self.state.reader.block(&[], "", 0);
                self.grow_code(text, code)
            }
            None => {
                let html = html::block(text, block, &mut self.state, extent);
                self.replace(html, block.range.len())
            }
        });
        self.index += 1;
        self.shown = Shown::Nothing;
    }

    fn show_open(&mut self, text: &str) -> Option<PageEvent> {
        if let Some(code) = self.splitter.open_code() {
            return self.grow_code(text, &code);
        }
        let open = text.get(self.splitter.open_from()..)?;
        if let Shown::Html { source, .. } = self.shown
            && open.len() <= source + source / PATIENCE
        {
            return None;
        }
        let source = mended(open);
        if lines::is_blank(&source) {
            return None;
        }
        let html = html::preview(&source, &mut self.state);
        self.replace(html, open.len())
    }

    fn replace(&mut self, html: String, source: usize) -> Option<PageEvent> {
        let index = self.index;
        let event = match &self.shown {
            Shown::Html { html: shown, .. } if *shown == html => None,
            Shown::Html { html: shown, .. } if self.splices => Some(splice(index, shown, &html)),
            _ => Some(PageEvent::Block { index, html: html.clone() }),
        };
        self.shown = Shown::Html { html, source };
        event
    }

    fn grow_code(&mut self, text: &str, code: &Code) -> Option<PageEvent> {
        let before = std::mem::replace(&mut self.shown, Shown::Code { until: code.body.end });
        let index = self.index;
        match before {
            Shown::Code { until } if until >= code.body.end => None,
            Shown::Code { until } => {
                let html = html::code_lines(&text[until..code.body.end], code.indent);
                Some(PageEvent::Append { index, html })
            }
            _ => Some(PageEvent::Block { index, html: html::code(text, code) }),
        }
    }
}

/// Returns the event that changes a block's HTML from `shown` to `html`.
fn splice(index: u32, shown: &str, html: &str) -> PageEvent {
    let (start, units_before) = common(shown.chars().zip(html.chars()));
    let (shown, html) = (&shown[start..], &html[start..]);
    let (end, units_after) = common(shown.chars().rev().zip(html.chars().rev()));
    let html = html[..html.len() - end].to_owned();
    PageEvent::Splice { index, keep: [units_before, units_after], html }
}

/// Returns the length of the equal characters that come first, in bytes and in UTF-16 code units.
fn common(pairs: impl Iterator<Item = (char, char)>) -> (usize, u32) {
    let equal = pairs.take_while(|(a, b)| a == b);
    equal
        .fold((0, 0), |(bytes, units), (c, _)| (bytes + c.len_utf8(), units + c.len_utf16() as u32))
}

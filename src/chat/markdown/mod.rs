//! Converts a model's Markdown to sanitised HTML.
//!
//! A reply is split into top-level blocks line by line, without lookahead, so that later text never changes an earlier
//! split. Each block is rendered separately. Stored and streamed replies use the same splitter and renderer, so their
//! results are equal. In return, nothing spans blocks: link reference definitions are shown as text.

mod address;
mod delimiters;
mod formula;
mod gate;
mod html;
mod lines;
mod mend;
mod pages;
mod passages;
mod plain;
mod script;
mod seam;
mod source;
mod sources;
mod split;
mod stream;
mod title;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;

pub use plain::plain_line;
pub use seam::Seam;
pub use sources::one_line;
pub use stream::BlockStream;
pub use title::plain_title;

use crate::grounding::{Checked, Grounded};
use html::Extent;
use split::Splitter;

/// Renders a reply, or the part that starts at `seam`, as sanitised HTML: one string for each top-level block and one for
/// the sources. `is_cut`: the reply is incomplete.
pub fn render_blocks(seam: &Seam, part: &str, is_cut: bool) -> Vec<String> {
    let (text, mut state) = (seam.join(part), seam.state().clone());
    let blocks = Splitter::default().advance(&text, true);
    let render = |(place, block)| {
        let extent = extent(place, blocks.len(), is_cut);
        html::block(&text, block, &mut state, extent)
    };
    let mut rendered: Vec<String> = blocks.iter().enumerate().map(render).collect();
    rendered.extend(sources::summary(&state.reader));
    rendered
}

/// Returns the grounding of a reply, or of the part that starts at `seam`; see [`render_blocks`]. `None` if no facts were
/// recorded for it.
pub fn ground(seam: &Seam, part: &str, is_cut: bool) -> Option<Grounded> {
    let (text, mut state) = (seam.join(part), seam.state().clone());
    let blocks = Splitter::default().advance(&text, true);
    for (place, block) in blocks.iter().enumerate() {
        html::read(&text, block, &mut state, extent(place, blocks.len(), is_cut));
    }
    let mut grounded = state.reader.grounded()?;
    place(&mut grounded.grounding.numbers, part, text.len() - part.len());
    Some(grounded)
}

/// Converts the places of numbers from bytes of the joined text to characters of the part, which begins at `from`.
fn place(numbers: &mut [Checked], part: &str, from: usize) {
    let (mut bytes, mut chars) = (0, 0);
    for number in numbers {
        let at = number.at.and_then(|at| (at as usize).checked_sub(from));
        number.at = at.and_then(|at| {
            if at < bytes {
                (bytes, chars) = (0, 0);
            }
            chars += part.get(bytes..at)?.chars().count();
            bytes = at;
            u32::try_from(chars).ok()
        });
    }
}

fn extent(place: usize, blocks: usize, is_cut: bool) -> Extent {
    if is_cut && place + 1 == blocks { Extent::Begun } else { Extent::Whole }
}

/// Removes characters that no reader should see: control characters other than line feed and tab,
/// marks that reorder text around them (a spoofed link reads backwards), and the characters that
/// the renderer uses itself ([`html::is_own`]).
fn tidy(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().any(is_unwelcome) {
        text.chars().filter(|&c| !is_unwelcome(c)).collect::<String>().into()
    } else {
        text.into()
    }
}

fn is_unwelcome(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c if html::is_own(c) => true,
        _ => c.is_control(),
    }
}

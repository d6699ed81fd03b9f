//! The one path from a model's Markdown to sanitised HTML.
//!
//! An answer is cut into top-level blocks line by line, looking only backwards, so that what has
//! been cut stays cut whatever follows. Each block is then rendered on its own. The stored and the
//! streamed answer take the same cut and the same renderer, and so read the same. The price is
//! that nothing reaches across blocks: link reference definitions are shown as the text they are.

mod gate;
mod html;
mod lines;
mod mend;
mod seam;
mod split;
mod stream;
mod title;

#[cfg(test)]
mod tests;

pub use seam::Seam;
pub use stream::BlockStream;
pub use title::plain_title;

use split::Splitter;

/// A whole answer, or the part of one that begins at `seam`, as sanitised HTML: one string for each
/// top-level block.
pub fn render_blocks(seam: &Seam, part: &str) -> Vec<String> {
    let (text, mut outline) = (seam.join(part), seam.outline());
    Splitter::default()
        .advance(&text, true)
        .into_iter()
        .map(|block| html::block(&text, &block, &mut outline))
        .collect()
}

/// Text without what no reader should meet: control characters other than line feed and tab,
/// marks that reorder text around them (a spoofed link reads backwards), and the noncharacter
/// that [`html`] uses for itself.
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
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | html::GUARD => true,
        _ => c.is_control(),
    }
}

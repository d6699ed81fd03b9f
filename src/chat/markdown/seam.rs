//! The seam between a reply and its continuation.
//!
//! A reply may consist of parts, each a message, cut anywhere: in a word, a table, fenced code. To read as one reply, the
//! block at the cut must be whole. So a part starts with the last block of the previous part, continued, and the page
//! hides that block above the seam (`style/_message.scss`). Each part is rendered from itself and the earlier parts, never
//! from later ones, so shown content does not change.

use std::borrow::Cow;
use std::sync::Arc;

use super::html::{self, Extent, State};
use super::split::Splitter;
use crate::grounding::{Known, Reader};

/// What a part of a reply inherits from the earlier parts. Empty for the first.
#[derive(Clone, Debug, Default)]
pub struct Seam {
    /// The source of the last block.
    block: String,
    /// The state after the earlier blocks, so that headings and source numbers continue.
    state: State,
}

impl Seam {
    /// Creates the seam after `before`, the whole text of the reply up to the cut, or empty at its
    /// start. `known`: the facts that the next part may cite.
    pub fn after(before: &str, known: Arc<Known>) -> Self {
        let mut state = State { reader: Reader::new(known), ..State::default() };
        let blocks = Splitter::default().advance(before, true);
        let Some((last, done)) = blocks.split_last() else {
            return Self { block: before.to_owned(), state };
        };
        for block in done {
            // Only updates the state.
            html::read(before, block, &mut state, Extent::Whole);
        }
        state.reader.begin_part();
        Self { block: before[last.range.start..].to_owned(), state }
    }

    /// Returns the text to render for a part: the last block of the previous part, and the part.
    pub(super) fn join<'a>(&self, part: &'a str) -> Cow<'a, str> {
        match self.block.as_str() {
            "" => part.into(),
            block => [block, part].concat().into(),
        }
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::tests::{apply, markdownish};
    use super::super::{BlockStream, render_blocks};
    use super::Seam;

    /// Returns what the page shows of a reply in parts. The last block above a seam is hidden.
    fn shown(parts: &[&str]) -> Vec<String> {
        let mut page = Vec::new();
        for at in 0..parts.len() {
            let seam = Seam::after(&parts[..at].concat(), Arc::default());
            page.pop();
            page.extend(render_blocks(&seam, parts[at], false));
        }
        page
    }

    fn whole(text: &str) -> Vec<String> {
        render_blocks(&Seam::default(), text, false)
    }

    #[test]
    fn a_block_cut_at_any_place_is_complete_below_the_seam() {
        for (what, before, part) in [
            ("word", "Takings and reven", "ue fell.\n\nSo?"),
            ("sentence", "Takings", " fell **twi"),
            ("emphasis", "So **raise", " prices** now."),
            ("list", "Do:\n\n1. Bake\n2. Se", "ll\n3. Rest\n\nDone."),
            ("number of an item", "1. Bake\n\n2", ". Sell\n\n3. Rest"),
            ("table", "| a | b |\n|---|---|\n| 1 ", "| 2 |\n| 3 | 4 |\n\nDone."),
            ("table's rule", "| a | b |\n|--", "-|---|\n| 1 | 2 |"),
            ("code", "See:\n\n```rs\nlet a", " = 1;\nlet b = 2;\n```\n\nDone."),
            ("line of code", "```\na\n", "b\n```"),
            ("fence", "text\n``", "`rs\nlet a;\n```"),
            ("end of a fence", "```\na\n``", "`\nDone."),
            ("heading", "# A\n\n### B", "read\n\n##### C"),
            ("mark of a heading", "text\n\n#", "# A\n\ntext"),
        ] {
            let text = [before, part].concat();
            assert_eq!(shown(&[before, part]), whole(&text), "{what}");
        }
    }

    #[test]
    fn parts_cut_between_blocks_render_like_the_whole() {
        for (before, part) in [("One.\n\n", "Two."), ("One.", "\n\nTwo."), ("# One\n", "Two.")] {
            let text = [before, part].concat();
            assert_eq!(shown(&[before, part]), whole(&text), "{before:?} {part:?}");
        }
    }

    #[test]
    fn headings_below_a_seam_continue_the_levels_above() {
        assert_eq!(
            render_blocks(
                &Seam::after("## Above\n\ntext", Arc::default()),
                ".\n\n### Below",
                false
            ),
            ["<p dir=\"auto\">text.</p>", "<h4 dir=\"auto\">Below</h4>"]
        );
    }

    #[test]
    fn a_missing_continuation_shows_the_text_before_it() {
        assert_eq!(shown(&["One.\n\nTwo", ""]), whole("One.\n\nTwo"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn a_reply_in_parts_renders_like_a_whole(
            text in markdownish(),
            mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        ) {
            let ends: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
            let mut cuts: Vec<usize> = cuts.drain(..).map(|cut| ends[cut.index(ends.len())]).collect();
            cuts.sort_unstable();
            let starts = std::iter::once(0).chain(cuts.iter().copied());
            let stops = cuts.iter().copied().chain([text.len()]);
            let parts: Vec<&str> = starts.zip(stops).map(|(from, to)| &text[from..to]).collect();
            prop_assert_eq!(shown(&parts), whole(&text), "in {:?}", parts);

            let (before, last) = text.split_at(cuts[cuts.len() - 1]);
            let mut stream = BlockStream::new(Seam::after(before, Arc::default()));
            let mut blocks = Vec::new();
            for end in (0..last.len()).filter(|&end| last.is_char_boundary(end)) {
                apply(&mut blocks, stream.push(&last[..end], false));
            }
            apply(&mut blocks, stream.push(last, true));
            prop_assert_eq!(blocks, render_blocks(&Seam::after(before, Arc::default()), last, false), "streamed");
        }
    }
}

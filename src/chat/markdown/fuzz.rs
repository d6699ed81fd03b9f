//! Fuzz targets: a model's Markdown.

use super::tests::apply;
use super::{BlockStream, Seam, gate, render_blocks};
use crate::fuzzing::{fuzz_target, mutated_text};

const REPLIES: [&str; 9] = [
    "# Head\n\nYou sell **bread** to *people*; see [it](https://example.org/a?b=1&c=2).\n\n1. One\n\n   more\n2. Two\n   - a\n",
    "| Day | Takings |\n|:----|--------:|\n| Mon | 120 |\n\n> quote\n> > deep\n",
    "```rust\nfn main() {}\n```\n\n~~~\nopen",
    "Sum: \\( a_1 + b^2 \\), \\[ \\frac{1}{2} \\] and $$x$$ cost $50*12*3 = $1,800.",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) &lt;b&gt;",
    "Revenue fell [K.revenue.30d] by 11.6 % [K.revenue.30d.change; P.size].",
    "毎月**価格：**は ~~安い~~ 高い。 https://例え.jp/ www.example.org.",
    "- [ ] todo\n- [x] done\n\n***\n\nsetext\n===\n\n[ref]: https://e.org\n[ref]",
    "\u{202e}rtl\u{2028} <details><summary>x</summary></details> ![i](data:image/png;base64,AA==)",
];

#[test]
fn fuzz_markdown_blocks() {
    fuzz_target!(1_500, |bytes: &[u8]| {
        let text = mutated_text(&REPLIES, bytes);
        let whole = render_blocks(&Seam::default(), &text, false);
        for block in &whole {
            assert_eq!(&gate::clean(block), block, "{text:?}");
            for tag in block.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
                assert!(!tag.starts_with("script") && !tag.contains(" on"), "{text:?}: {tag}");
            }
        }
        let (mut stream, mut blocks) = (BlockStream::default().with_splices(true), Vec::new());
        let step = bytes.len() % 7 + 1;
        for end in (step..text.len()).step_by(step).filter(|at| text.is_char_boundary(*at)) {
            apply(&mut blocks, stream.push(&text[..end], false));
        }
        apply(&mut blocks, stream.push(&text, true));
        assert_eq!(blocks, whole, "streamed: {text:?}");
    });
}

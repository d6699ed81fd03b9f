#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod citations;
mod text;

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{BlockStream, Seam, gate};
use crate::chat::model::PageEvent;

pub(super) fn render_blocks(text: &str) -> Vec<String> {
    super::render_blocks(&Seam::default(), text, false)
}

fn html(text: &str) -> String {
    render_blocks(text).concat()
}

/// Applies events as the page does.
pub(super) fn apply(blocks: &mut Vec<String>, events: Vec<PageEvent>) {
    for event in events {
        match event {
            PageEvent::Block { index, html } if index as usize == blocks.len() => blocks.push(html),
            PageEvent::Block { index, html } => blocks[index as usize] = html,
            PageEvent::Splice { index, keep: [start, end], html } => {
                let block = &mut blocks[index as usize];
                let shown: Vec<u16> = block.encode_utf16().collect();
                let text = |units: &[u16]| String::from_utf16(units).expect("whole characters");
                let (before, after) = shown.split_at(start as usize);
                *block = text(before) + &html + &text(&after[after.len() - end as usize..]);
            }
            PageEvent::Append { index, html } => {
                let block = &mut blocks[index as usize];
                let at = block.rfind("</code></pre>").expect("only code is added to");
                block.insert_str(at, &html);
            }
            PageEvent::Wait { .. } | PageEvent::Reset {} | PageEvent::End { .. } => {
                panic!("what is no text is the engine's to tell")
            }
        }
    }
}

pub(super) const ANSWER: &str = "\
# Where you stand

You sell **bread** to people who *care*; see [the guild](https://example.org/a?b=1&c=2).

## What to do
1. Raise the price of `sourdough`.

   It costs more than it brings.
2. Close on Mondays:
   - quiet
   - ~~cheap~~ dear

| Day | Takings |
|:----|--------:|
| Mon | 120 |
| Tue<br>Wed | 480 |

```python
margin = (price - cost) / price  # \"a\" < b & c

print(margin)
```

> Cash is king.

- [x] counted
- [ ] priced

[1]: https://example.org
";

#[test]
fn common_markdown_renders_as_expected() {
    insta::assert_snapshot!("answer", render_blocks(ANSWER).join("\n"));
}

#[test]
fn headings_begin_at_the_third_level_and_skip_none() {
    assert_eq!(
        html("### a\n### b\n##### c\n# d\n"),
        "<h3 dir=\"auto\">a</h3><h3 dir=\"auto\">b</h3><h4 dir=\"auto\">c</h4><h3 dir=\"auto\">d</h3>"
    );
    let deepest = html("# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6");
    assert!(
        deepest.contains("<h6 dir=\"auto\">4</h6>") && deepest.contains("<h6 dir=\"auto\">6</h6>")
    );
}

#[test]
fn a_reference_definition_is_text_and_changes_nothing_before_it() {
    let blocks = render_blocks("See [x].\n\n[x]: javascript:alert(1)\n");
    assert_eq!(
        blocks,
        ["<p dir=\"auto\">See [x].</p>", "<p dir=\"auto\">[x]: javascript:alert(1)</p>"]
    );
}

#[test]
fn links_lead_only_to_the_web_and_to_mail() {
    let link = html("[a](https://example.org/?q=\"x\"&y)");
    assert!(link.contains("href=\"https://example.org/?q=&quot;x&quot;&amp;y\""), "{link}");
    assert!(
        link.contains("rel=\"noopener noreferrer nofollow\"") && link.contains("target=\"_blank\"")
    );
    assert!(html("<someone@example.org>").contains("href=\"mailto:someone@example.org\""));
    for hostile in [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](java&Tab;script:alert(1))",
        "[a](<  javascript:alert(1)>)",
        "[a](\u{1}javascript:alert(1))",
        "[a](&#1;javascript:alert(1))",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](file:///etc/passwd)",
        "[a](//example.org/x)",
        "[a](/sign-out)",
        "<javascript:alert(1)>",
    ] {
        let out = html(hostile);
        assert!(!out.contains("<a") && !out.contains("href"), "{hostile} gave {out}");
    }
}

#[test]
fn an_image_becomes_its_description_and_loads_nothing() {
    assert_eq!(
        html("See ![a *chart*](http://evil.example/x.png)!"),
        "<p dir=\"auto\">See a <em>chart</em>!</p>"
    );
    assert_eq!(html("![](http://evil.example/x.png)"), "<p dir=\"auto\"></p>");
}

#[test]
fn html_is_shown_as_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<svg onload=alert(1)><math><mi>",
        "<style>*{display:none}</style>",
        "<iframe src=//evil.example>",
        "<!-- --><script>x</script>",
        "<a href=\"javascript:x\" onclick=x>y</a>",
        "`<script>`",
        "```html\n</code></pre><script>alert(1)</script>\n```",
        "```\"><script>\nx\n```",
        "    <script>x</script>",
        "| <script> |\n|---|\n| </table><script> |",
    ] {
        let out = html(hostile);
        for tag in
            ["<script", "<img", "<svg", "<math", "<style", "<iframe", "<a", "</textarea", "<!--"]
        {
            assert!(!out.contains(tag), "{hostile} gave {out}");
        }
    }
    assert_eq!(html("<b>x</b>"), "<p dir=\"auto\">&lt;b&gt;x&lt;/b&gt;</p>");
}

#[test]
fn deceptive_characters_are_removed_and_others_kept() {
    assert_eq!(html("a\0b\u{202e}c\u{7f}"), "<p dir=\"auto\">abc</p>");
    assert_eq!(html("```\na\0\u{2066}b\r\n```"), html("```\nab\n```"));
    let scripts = "👩🏽‍🚀 שלום عالم 汉字 e\u{301}";
    assert!(html(scripts).contains(scripts));
    let word = "x".repeat(4_000);
    assert!(html(&word).contains(&word));
}

/// Returns the maximum nesting of elements.
fn depth(html: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for tag in
        html.split('<').skip(1).filter(|tag| !tag.starts_with("br") && !tag.starts_with("hr"))
    {
        open = if tag.starts_with('/') { open - 1 } else { open + 1 };
        deepest = deepest.max(open);
    }
    deepest
}

#[test]
fn nesting_depth_is_bounded() {
    let begun = Instant::now();
    for hostile in [
        ">".repeat(10_000),
        "> ".repeat(10_000) + "x",
        "- ".repeat(10_000) + "x",
        "1. ".repeat(5_000) + "x",
        "*_".repeat(10_000) + "x" + &"_*".repeat(10_000),
        "[".repeat(10_000) + "x" + &"](http://e.org)".repeat(10_000),
        "![".repeat(10_000),
        "`a".repeat(10_000),
        "<".repeat(10_000),
        (0..200).map(|n| " ".repeat(2 * n) + "- x\n").collect(),
    ] {
        let deepest = depth(&html(&hostile));
        assert!(deepest <= 40, "{deepest} elements in each other for {:.12}", hostile);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
}

#[test]
fn a_table_in_too_many_quotes_keeps_its_text() {
    let prefix = "> ".repeat(40);
    let out = html(&format!("{prefix}| a | b |\n{prefix}|---|---|\n{prefix}| c | d |\n"));
    assert!(!out.contains("<td") && ["a", "b", "c", "d"].iter().all(|cell| out.contains(cell)));
}

/// Generates well-formed and malformed Markdown from fragments.
pub(super) fn markdownish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\n",
        "\n",
        "\n\n",
        "\n\n",
        " ",
        "  ",
        "    ",
        "\t",
        "a",
        "word",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "10. ",
        "# ",
        "### ",
        "---",
        "***",
        "===",
        "- - -",
        "```",
        "```rs\n",
        "~~~",
        "``",
        "`",
        "> ",
        ">",
        "| a | b |",
        "|---|---|",
        "|",
        "*",
        "**",
        "_",
        "~~",
        "[x]",
        "[x]: http://e.org",
        "(http://e.org)",
        "(javascript:x)",
        "![",
        "](",
        "<b>",
        "<br>",
        "<!--",
        "-->",
        "<script>",
        "&amp;",
        "&#10;",
        "\\",
        "[ ] ",
        "[x] ",
        "\r\n",
        "\r",
        "\0",
        "\u{202e}",
        "\u{fdd0}",
        "\u{a0}",
        "é",
        "👩‍🚀",
        "\"",
        "'",
        ":",
        "]:",
        "<http://e.org>",
        "\u{2028}",
    ]);
    prop_oneof![
        4 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => "(?s).{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_chunking_renders_the_same_blocks(
        text in markdownish(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        joins_at in any::<prop::sample::Index>(),
    ) {
        let ends: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| ends[cut.index(ends.len())]).collect();
        cuts.sort_unstable();
        for splices in [false, true] {
            let mut stream = BlockStream::default().with_splices(splices);
            let mut blocks = Vec::new();
            for cut in &cuts {
                apply(&mut blocks, stream.push(&text[..*cut], false));
            }
            apply(&mut blocks, stream.push(&text, true));
            prop_assert_eq!(&blocks, &render_blocks(&text), "with splices: {}", splices);
        }

        let (mut stream, mut blocks) = BlockStream::resume(Seam::default(), &text[..ends[joins_at.index(ends.len())]]);
        apply(&mut blocks, stream.push(&text, true));
        prop_assert_eq!(&blocks, &render_blocks(&text), "for a reader who joins late");
    }

    #[test]
    fn sanitising_the_output_changes_nothing(text in markdownish()) {
        for block in render_blocks(&text) {
            prop_assert_eq!(&gate::clean(&block), &block);
            prop_assert!(!block.contains("<script") && !block.contains("href=\"javascript"));
            for tag in block.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
                prop_assert!(!tag.contains(" on") && !tag.contains("style="), "{}", tag);
            }
        }
    }
}

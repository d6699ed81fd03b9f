//! Tests how arithmetic, formulas, URLs and scripts without spaces are shown: the same in streamed,
//! stored and server-rendered replies.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{BlockStream, Seam, ground, render_blocks};
use super::{apply, markdownish};
use crate::facts::model::{Fact, Number};
use crate::grounding::{Known, State};

fn html(text: &str) -> String {
    render_blocks(&Seam::default(), text, false).concat()
}

/// Returns the HTML within a paragraph.
fn line(text: &str) -> String {
    let html = html(text);
    html.strip_prefix("<p dir=\"auto\">")
        .and_then(|it| it.strip_suffix("</p>"))
        .unwrap_or(&html)
        .to_owned()
}

/// Returns the visible text.
fn shown(html: &str) -> String {
    let mut out = String::new();
    for (at, piece) in html.split('<').enumerate() {
        out.push_str(if at == 0 { piece } else { piece.split_once('>').unwrap().1 });
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

/// Returns the numbers in a text, one by one.
fn numbers(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

#[test]
fn arithmetic_is_shown_as_it_is_written() {
    for text in [
        "$50*12*3 = $1,800",
        "2*3*4",
        "x_1_2 + x_2_3",
        "5 * 3 * 2",
        "5 *3* 2",
        "2**10 = 1024, 3**2 = 9",
        "10~20 and 30~40",
        "about ~5 to ~6",
        "5€*3€*2€",
        "(a)*(b)*(c)",
        "100_000_000",
        "`5*3*2`",
        "5\u{a0}*3*\u{a0}2",
    ] {
        let expected = text.replace('`', "");
        assert_eq!(shown(&line(text)), expected, "{text}");
        assert!(!line(text).contains("<em>") && !line(text).contains("<del>"), "{}", line(text));
    }
    assert_eq!(line("**$50*12 a** day"), "<strong>$50*12 a</strong> day");
    assert_eq!(html("```\n5*3*2 ~ $x$\n```"), html("```\n5*3*2 ~ $x$\n```"));
    assert!(
        html("- a\n  ```\n  5*3*2 \\(x\\) https://e.org\n  ```")
            .contains("5*3*2 \\(x\\) https://e.org")
    );
}

#[test]
fn shown_numbers_are_checked() {
    let fact = |id: &str, value: f64| Fact {
        id: id.into(),
        text: format!("{value} USD"),
        number: Some(Number { value, unit: "USD".into() }),
        ..Fact::default()
    };
    let facts = vec![fact("K.price.30d", 50.0), fact("K.total.30d", 1_800.0)];
    let known = Arc::new(Known::new(Arc::new(facts), ""));
    let read = |text: &str| {
        let grounded = ground(&Seam::after("", known.clone()), text, false).unwrap().grounding;
        let worked_out = grounded.count(State::WorkedOut);
        let unmatched =
            grounded.numbers.into_iter().filter(|it| it.verdict.state == State::NotFromData);
        (worked_out, unmatched.map(|it| it.text).collect::<Vec<String>>())
    };
    assert_eq!(read("$50*12*3 = $1,800 [K.price.30d] [K.total.30d]"), (1, vec![]));
    assert_eq!(read(r"\(\$50 \times 36 = \$1{,}800\) [K.price.30d][K.total.30d]"), (1, vec![]));
    assert_eq!(read("<p>It was $9,900 [K.total.30d]</p>").1, ["$9,900"]);
    // Marked in place, also within a formula.
    let page = render_blocks(
        &Seam::after("", known.clone()),
        r"So \(x = \$9{,}900\) [K.total.30d].",
        false,
    );
    assert!(
        page[0].contains(r#"<span class="formula" dir="ltr">x = <mark class="unmatched" "#)
            && page[0].contains(">$9,900<span"),
        "{page:?}"
    );
}

#[test]
fn bold_text_works_next_to_punctuation_without_spaces() {
    for (text, expected) in [
        ("**価格：**毎月", "<strong>価格：</strong>毎月"),
        ("**“text”**です", "<strong>“text”</strong>です"),
        ("これは**「重要」**です", "これは<strong>「重要」</strong>です"),
        ("**이 용어(term)**를 강조", "<strong>이 용어(term)</strong>를 강조"),
        ("*重要！*です", "<em>重要！</em>です"),
        ("~~价格：~~每月", "<del>价格：</del>每月"),
        ("湾岸の**46%**を", "湾岸の<strong>46%</strong>を"),
        ("**这个`code`**吗", "<strong>这个<code>code</code></strong>吗"),
    ] {
        assert_eq!(line(text), expected, "{text}");
    }
    let table = html("| **価格：**毎月 | b |\n|---|---|\n| **a：**b | **「c」**d |");
    assert_eq!(table.matches("<strong>").count(), 3, "{table}");
}

#[test]
fn formulas_are_plain_text() {
    let inline = |text: &str| format!("<span class=\"formula\" dir=\"ltr\">{text}</span>");
    let block =
        |text: &str| format!("<span class=\"formula formula-block\" dir=\"ltr\">{text}</span>");
    for (text, expected) in [
        (r"So \(a < b^2\).", format!("So {}.", inline("a &lt; b²"))),
        (r"So $\frac{1}{2} \times x$.", format!("So {}.", inline("1/2 × x"))),
        (r"**\(x = 5\)**", format!("<strong>{}</strong>", inline("x = 5"))),
        (r"\[ \text{a} \times 2 \]", block("a × 2")),
        ("$$\na\n- b\n= 5\n$$", block("a - b = 5")),
        ("\\[\n\\begin{aligned}\na &= 1 \\\\\nb &= 2\n\\end{aligned}\n\\]", block("a = 1\nb = 2")),
        (
            r"[see \(x^2\)](https://e.org)",
            format!(
                r#"<a href="https://e.org" target="_blank" rel="noopener noreferrer nofollow">see {}</a>"#,
                inline("x²")
            ),
        ),
    ] {
        assert_eq!(line(text), expected, "{text}");
    }
    let quote = html("> $$\n> a\n> = 5\n> $$");
    assert!(quote.contains(&block("a = 5")), "{quote}");
    let cell = html("| \\(x_1\\) | \\(a = b\\) |\n|---|---|\n| 1 | $$y = 2$$ |");
    assert!(cell.contains(&inline("x₁")) && cell.contains(&inline("y = 2")), "{cell}");
}

#[test]
fn dollar_amounts_are_not_formulas() {
    for text in [
        "It costs $5 and $6.",
        "From $5-$6 to $50 \\ $60",
        "$$ is dear, $$$ dearer, $$ again",
        "from $$ to $$ places",
        "It is $$5 or $$6",
        "US$5, A$6 and C$7",
        "a $5*x$ b",
        "$5",
        "$",
        "$$",
        "$x$",
        "$ 5 \\times $6",
        "pay $5/month or $50/year",
    ] {
        let html = line(text);
        assert!(!html.contains("formula"), "{text} gave {html}");
        assert_eq!(shown(&html), text);
    }
    for (text, seen) in [
        (r"\[1\] and \(see below\)", "[1] and (see below)"),
        (r"\[K.my_m.30d\]", "[K.my_m.30d]"),
        (r"`\(x=1\)`", r"\(x=1\)"),
        (r"\\(x=1)", r"\(x=1)"),
        (r"\(x = {\)", "(x = {)"),
    ] {
        assert_eq!(shown(&line(text)), seen, "{text}");
    }
}

#[test]
fn addresses_are_links() {
    let link = |to: &str, text: &str| {
        format!(r#"<a href="{to}" target="_blank" rel="noopener noreferrer nofollow">{text}</a>"#)
    };
    for (text, expected) in [
        (
            "See https://e.org/a_b_c?x=1&y=2.",
            format!(
                "See {}.",
                link("https://e.org/a_b_c?x=1&amp;y=2", "https://e.org/a_b_c?x=1&amp;y=2")
            ),
        ),
        ("(www.example.org)", format!("({})", link("https://www.example.org", "www.example.org"))),
        (
            "**https://e.org/_a_/*b**",
            format!("<strong>{}</strong>", link("https://e.org/_a_/*b", "https://e.org/_a_/*b")),
        ),
        ("详见https://e.org/a。", format!("详见{}。", link("https://e.org/a", "https://e.org/a"))),
        ("[a](https://e.org)", link("https://e.org", "a")),
        ("<https://e.org/1*2*3>", link("https://e.org/1*2*3", "https://e.org/1*2*3")),
        ("[https://e.org/x](https://e.org)", link("https://e.org", "https://e.org/x")),
        ("`https://e.org`", "<code>https://e.org</code>".to_owned()),
        ("[x]: https://e.org", format!("[x]: {}", link("https://e.org", "https://e.org"))),
        (
            "javascript:alert(1) and javascript://e.org",
            "javascript:alert(1) and javascript://e.org".to_owned(),
        ),
        ("![www.e.org/a](https://e.org)", "www.e.org/a".to_owned()),
    ] {
        assert_eq!(line(text), expected, "{text}");
    }
    let cell = html("| https://e.org/a | b |\n|---|---|\n| www.e.org/b | - |");
    assert_eq!(cell.matches("<a ").count(), 2, "{cell}");
    assert!(
        html("<a href=\"https://e.org\" onclick=x>")
            .contains("&lt;a href=\"https://e.org\" onclick=x&gt;")
    );
}

#[test]
fn placeholders_cannot_be_forged() {
    for forged in [
        "&#xFDD8;0&#xFDD9;",
        "\u{fdd8}0\u{fdd9}",
        "&#xFDD8;99999999999999999999&#xFDD9;",
        "&#xFDD8;",
        "&#xFDD5;",
    ] {
        let out = shown(&line(&format!("a {forged} 12 https://e.org b")));
        assert!(
            out.starts_with("a ") && out.contains("12") && out.matches("https").count() <= 1,
            "{forged}: {out}"
        );
        assert!(!out.contains(super::super::html::is_own), "{forged}: {out}");
    }
}

#[test]
fn a_table_follows_its_texts_direction() {
    let table = html("| المؤشر | القيمة |\n|---|---:|\n| Umsatz | 12 |");
    assert!(
        table.contains("aria-label=\"Table\" dir=\"auto\"><table>")
            && table.contains("<td align=\"right\">12"),
        "{table}"
    );
}

/// Generates arithmetic, money, emphasis and formulas from fragments.
fn arithmetic() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "50", "12", "3.5", "1,800", "$", "€", "%", "*", "**", "***", "~", "~~", "_", "__", " ",
        " ", "=", "+", "-", "/", "(", ")", "x", "word", ",", ".", "\u{a0}", "価", "：", "$$",
        "\\(", "\\)", "\\$", "\\*", "\\times ", "^2",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| format!("So {}.", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_digits_of_a_text_survive_and_no_numbers_are_joined(text in arithmetic()) {
        // In a formula, superscripts and subscripts are separate from their base.
        let small = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".chars().position(|small| small == c).map(|at| at % 10);
        let seen = shown(&line(&text));
        if line(&text).contains("formula") {
            let large = |c: char| small(c).map_or(c.to_string(), |digit| digit.to_string());
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(digits(&seen.chars().map(large).collect::<String>()), digits(&text), "{}", seen);
        } else {
            prop_assert_eq!(numbers(&seen), numbers(&text), "{}", line(&text));
        }
    }

    #[test]
    fn any_cut_renders_the_same_blocks(
        pieces in prop::collection::vec(prop_oneof![
            2 => arithmetic(),
            2 => markdownish(),
            2 => prop::sample::select(vec![
                "\\[\n", "\n\\]\n", "$$\n", "\n$$\n", "\\(x = ", "\\)", "https://e.org/a_b", "www.e.org", "- b\n", "**価格：**毎月", "> ",
            ]).prop_map(str::to_owned),
        ], 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        middle in any::<prop::sample::Index>(),
    ) {
        let text = pieces.concat();
        let ends: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| ends[cut.index(ends.len())]).collect();
        cuts.sort_unstable();
        let whole = render_blocks(&Seam::default(), &text, false);
        let (mut stream, mut page) = (BlockStream::default(), Vec::new());
        for cut in cuts {
            apply(&mut page, stream.push(&text[..cut], false));
        }
        apply(&mut page, stream.push(&text, true));
        prop_assert_eq!(&page, &whole);

        // In parts: the block at the cut is whole below the seam.
        let (before, part) = text.split_at(ends[middle.index(ends.len())]);
        let mut page = render_blocks(&Seam::default(), before, true);
        page.pop();
        page.extend(render_blocks(&Seam::after(before, Arc::default()), part, false));
        prop_assert_eq!(&page, &whole, "{:?} {:?}", before, part);
        for block in &page {
            prop_assert_eq!(&super::super::gate::clean(block), block);
            prop_assert!(!block.contains(super::super::html::is_own), "{}", block);
        }
    }
}

/// Texts that a careless parser scans again and again. In quadratic time, these would take minutes.
#[test]
fn hostile_texts_take_linear_time() {
    for piece in [
        "\\(",
        "\\[x=",
        "$",
        "$$",
        "$$ a ",
        "\\(x=1 \\(",
        "*",
        "5*",
        "5 *",
        "`",
        "``` `",
        "https://",
        "www.a",
        "~~5",
        "**価：",
        "x_",
        "\\",
        ")*(",
        "\\(x=1\\)",
        "&#xFDD8;0&#xFDD9;",
        "](https://e.org",
        "$\\frac{1}{2",
        "{",
        "\\[\n",
        "$$\n",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        let out = html(&text);
        assert!(out.len() < 20 * text.len(), "{piece}: {} bytes of {}", out.len(), text.len());
    }
}

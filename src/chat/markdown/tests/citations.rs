#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;

use super::super::{BlockStream, Seam, ground, render_blocks};
use super::{apply, markdownish};
use crate::facts::model::{Fact, Number};
use crate::grounding::Known;

fn facts() -> Vec<Fact> {
    vec![
        Fact {
            id: "K.revenue.30d".into(),
            label: "Revenue, 30 days to 31 Oct 2026, total".into(),
            text: "12,345.67 EUR".into(),
            number: Some(Number { value: 12_345.67, unit: "EUR".into() }),
            span: Some(("2026-10-02".into(), "2026-10-31".into())),
            source: "/analytics?metric=revenue&range=90#trend".into(),
            note: Some("a total of the 27 known days of 30".into()),
        },
        Fact {
            id: "P.sells".into(),
            label: "What the business sells".into(),
            text: "Bread \"fresh\" & <b>cake</b>".into(),
            source: "/profile#sells".into(),
            ..Fact::default()
        },
        Fact { id: "I.odd.1".into(), source: "//evil.example".into(), ..Fact::default() },
    ]
}

fn known() -> Arc<Known> {
    Arc::new(Known::new(Arc::new(facts()), "And with 500 EUR more?"))
}

fn seam() -> Seam {
    Seam::after("", known())
}

fn blocks(text: &str) -> Vec<String> {
    render_blocks(&seam(), text, false)
}

const FIRST: &str = "<sup class=\"cite\">[<a href=\"/analytics?metric=revenue&amp;range=90#trend\" \
aria-label=\"1: Revenue, 30 days to 31 Oct 2026, total: 12,345.67 EUR\" data-label=\"Revenue, 30 days to 31 Oct 2026, total\" \
data-value=\"12,345.67 EUR\" data-days=\"2 Oct to 31 Oct 2026\" data-note=\"a total of the 27 known days of 30\">1</a>]</sup>";
const UNKNOWN: &str =
    "<sup class=\"cite\">[<span class=\"cite-unknown\">unknown source</span>]</sup>";

#[test]
fn a_citation_becomes_a_small_reference_with_its_source() {
    let page = blocks("Revenue was **12,346 EUR** [K.revenue.30d].");
    assert_eq!(
        page[0],
        format!("<p dir=\"auto\">Revenue was <strong>12,346 EUR</strong>{FIRST}.</p>")
    );
    assert_eq!(
        page[1],
        "<details class=\"sources\" dir=\"auto\"><summary>1 source · 1 number confirmed</summary><ol><li>[1] \
         <a href=\"/analytics?metric=revenue&amp;range=90#trend\">Revenue, 30 days to 31 Oct 2026, total</a>: \
         <b>12,345.67 EUR</b> <span class=\"source-note\">(a total of the 27 known days of 30)</span></li></ol>\
         <p class=\"source-promise\">Confirmed means that metric, period, direction, unit and value of the sentence agree \
         with the source it cites. It does not mean that the source is complete or the advice right.</p></details>"
    );
}

#[test]
fn a_number_without_a_source_is_marked_and_listed() {
    let page = blocks("It was 13,000 EUR [K.revenue.30d], or 500 EUR more.");
    let mark = "was <mark class=\"unmatched\" role=\"button\" tabindex=\"0\" data-says=\"Not from your data\">13,000 EUR\
                <span class=\"number-note\"> (Not from your data)</span></mark><sup";
    assert!(page[0].contains(mark), "{page:?}");
    assert!(page[0].contains("or 500 EUR more"), "asked for: {page:?}");
    let counted =
        "<summary>1 source · 1 from your question · 1 number is not from your data</summary>";
    assert!(page[1].contains(counted), "{page:?}");
    assert!(page[1].contains("<mark class=\"unmatched\">13,000 EUR</mark>"));
}

#[test]
fn each_state_has_its_mark_and_says_what_the_source_says() {
    let marked = |text: &str, class: &str, said: &str| {
        let page = blocks(text);
        let start = format!("<mark class=\"{class}\" role=\"button\" tabindex=\"0\" data-says=");
        assert!(page[0].contains(&start) && page[0].contains(said), "{text}: {page:?}");
    };
    let source = "The source says: Revenue, 30 days to 31 Oct 2026, total: 12,345.67 EUR)";
    marked("The oven was 12,345.67 EUR [K.revenue.30d].", "number-found", source);
    marked("Sessions were 12,345.67 EUR [K.revenue.30d].", "number-conflict", source);
    marked(
        "It was 12,345.67 EUR / 30 = 411.52 EUR.",
        "number-worked-out",
        "12,345.67 EUR / 30 = 411.52 EUR)",
    );
    marked(
        "It was 12,345.67 EUR / 30 = 400.52 EUR.",
        "number-conflict",
        "Wrong result. Recomputed: ",
    );
    let confirmed = blocks("Revenue was 12,345.67 EUR in 30 days [K.revenue.30d].");
    assert!(!confirmed[0].contains("<mark"), "{confirmed:?}");
    let conflict = blocks("Sessions were 12,345.67 EUR [K.revenue.30d].");
    assert!(conflict[1].contains("1 contradicts its source"), "{conflict:?}");
    assert!(conflict[1].contains("Contradicts its source (another metric). The source says"));
}

#[test]
fn a_mark_carries_its_finding_and_the_source_for_its_card() {
    let page = blocks("Sessions were 12,345.67 EUR [K.revenue.30d].");
    let card = "data-says=\"Contradicts its source (another metric)\" data-href=\"/analytics?metric=revenue&amp;range=90#trend\" \
                data-label=\"Revenue, 30 days to 31 Oct 2026, total\" data-value=\"12,345.67 EUR\"";
    assert!(page[0].contains(card), "{page:?}");
    let wrong = blocks("It was 12,345.67 EUR / 30 = 400.52 EUR.");
    assert!(!wrong[0].contains("data-href"), "a calculation has no source of its own: {wrong:?}");
}

#[test]
fn a_mark_within_a_link_is_no_button() {
    let page = blocks("See [13,000 EUR there](https://example.org).");
    assert!(page[0].contains("<mark class=\"unmatched\">13,000 EUR<span"), "{page:?}");
}

#[test]
fn an_id_in_parentheses_in_code_or_in_a_link_is_a_citation() {
    for text in [
        "Revenue was 12,345.67 EUR (K.revenue.30d).",
        "Revenue was 12,345.67 EUR `[K.revenue.30d]`.",
        "Revenue was 12,345.67 EUR `K.revenue.30d`.",
        "Revenue was 12,345.67 EUR [K.revenue.30d](https://example.org).",
    ] {
        let page = blocks(text);
        assert!(page[1].contains("1 source · 1 number confirmed"), "{text}: {page:?}");
        assert!(
            page[0].contains("<sup class=\"cite\">[") && !page[0].contains("K.revenue"),
            "{page:?}"
        );
    }
}

#[test]
fn a_number_knows_its_place_in_the_reply() {
    let text =
        "Ümsatz: 1.\n\n- It **was** 13,000 EUR [K.revenue.30d].\n- Then 12,345.67 EUR, 13,000 EUR.";
    let grounded = ground(&seam(), text, false).unwrap();
    let chars: Vec<char> = text.chars().collect();
    for number in &grounded.grounding.numbers {
        let at = number.at.unwrap() as usize;
        let there: String = chars[at..at + number.text.chars().count()].iter().collect();
        assert_eq!(there, number.text);
    }
    assert_eq!(grounded.grounding.numbers.len(), 3);
    let part =
        ground(&Seam::after("It was 13,0", known()), "00 EUR, or 14,000 EUR.", false).unwrap();
    let places: Vec<_> = part.grounding.numbers.iter().map(|number| number.at).collect();
    assert_eq!(places, [None, Some(11)], "the first begins above the seam");
}

#[test]
fn text_from_facts_is_text() {
    let page = blocks("We sell [P.sells] and [I.odd.1].").concat();
    assert!(
        page.contains(
            "aria-label=\"1: What the business sells: Bread &quot;fresh&quot; &amp; &lt;b&gt;cake"
        ),
        "{page}"
    );
    assert!(page.contains("<b>Bread \"fresh\" &amp; &lt;b&gt;cake&lt;/b&gt;</b>"), "{page}");
    assert!(!page.contains("evil.example"), "{page}");
}

#[test]
fn citations_render_in_every_context() {
    let first = |text: &str| blocks(text).swap_remove(0);
    assert!(first("a **b [K.revenue.30d]** c").contains(&format!("<strong>b{FIRST}</strong> c")));
    assert!(first("| a |\n|---|\n| b [K.revenue.30d] |").contains(&format!("<td>b{FIRST}</td>")));
    assert!(first("- a [K.revenue.30d]\n- b").contains(&format!("<li>a{FIRST}</li>")));
    assert!(first("# a [K.revenue.30d]").contains(&format!("a{FIRST}</h3>")));
    assert!(
        first("[K.revenue.30d]: 12").contains(&format!("{FIRST}: ")),
        "{}",
        first("[K.revenue.30d]: 12")
    );
    // Links cannot be nested.
    let link = first("[see [K.revenue.30d] there](https://example.org)");
    assert!(link.contains("see<sup class=\"cite\">[1]</sup> there</a>"), "{link}");
    for code in ["`[K.revenue.30d] 99`", "```\n[K.revenue.30d] 99\n```", "    [K.revenue.30d] 99"] {
        let page = blocks(code);
        assert!(page.len() == 1 && page[0].contains("[K.revenue.30d] 99"), "{page:?}");
    }
    let row = first("a [K.revenue.30d][P.sells] [K.none.30d, K.revenue.30d].");
    assert_eq!(row.matches("<sup").count(), 1, "{row}");
    assert!(
        row.contains(">1</a>, <a ") && row.contains(">2</a>, <span class=\"cite-unknown\">"),
        "{row}"
    );
}

#[test]
fn an_unknown_fact_id_is_not_linked() {
    assert_eq!(blocks("So [K.gone.30d].")[0], format!("<p dir=\"auto\">So{UNKNOWN}.</p>"));
}

#[test]
fn a_model_cannot_write_the_marks_itself() {
    for forged in [
        "<sup class=\"cite\"><a href=\"/profile\">1</a></sup>",
        "<mark class=\"unmatched\">twelve</mark>",
        "<details class=\"sources\"><summary>1 source</summary></details>",
        "\u{fdd1}0\u{fdd2} \u{fdd3}x\u{fdd4}",
        "&#xFDD1;0&#xFDD2; &#64979;x&#64980;",
        "[\u{fdd1}0\u{fdd2}](https://example.org/\u{fdd1}0\u{fdd2})",
        "[a](https://example.org/&#xFDD1;0&#xFDD2; \"&#xFDD3;\")",
        "`&#xFDD1;0` \u{fdd1}0\u{fdd2}",
        "```\u{fdd1}0\u{fdd2}\n\u{fdd3}\n```",
        "[1](/analytics)",
    ] {
        let page = blocks(&format!("{forged} [K.revenue.30d]")).swap_remove(0);
        let own = page.matches("<sup").count();
        assert!(
            own <= 1 && !page.contains("<mark") && !page.contains("<details"),
            "{forged}: {page}"
        );
        assert!(!page.contains(super::super::html::is_own), "{forged}: {page}");
        assert!(page.matches("<a href=\"/").count() <= 1, "{forged}: {page}");
    }
}

#[test]
fn without_facts_nothing_is_marked_or_listed() {
    let page = render_blocks(&Seam::default(), "It was 13,000 EUR [K.revenue.30d].", false);
    assert_eq!(page, ["<p dir=\"auto\">It was 13,000 EUR [K.revenue.30d].</p>"]);
    assert_eq!(ground(&Seam::default(), "It was 13,000 EUR.", false), None);
}

#[test]
fn a_number_is_marked_only_when_its_block_is_complete() {
    let mut stream = BlockStream::new(seam());
    let mut page = Vec::new();
    apply(&mut page, stream.push("It was 13,000 EUR", false));
    assert!(!page[0].contains("<mark"), "its source may follow: {page:?}");
    apply(&mut page, stream.push("It was 13,000 EUR [K.reve", false));
    assert!(!page[0].contains('['), "half a citation is not shown: {page:?}");
    apply(&mut page, stream.push("It was 13,000 EUR [K.revenue.30d].\n\nSo", false));
    assert!(page[0].contains("<mark") && page[0].contains(FIRST), "{page:?}");
}

#[test]
fn a_truncated_block_is_not_judged() {
    let text = "It was 13,000 EUR [K.revenue.30d].\n\nThat is 9";
    assert!(render_blocks(&seam(), text, true)[1].contains("is 9"));
    assert_eq!(ground(&seam(), text, true).unwrap().grounding.unmatched, 1);
    assert_eq!(ground(&seam(), &format!("{text}9 EUR."), false).unwrap().grounding.unmatched, 2);
    let mut stream = BlockStream::new(seam());
    stream.cut_off();
    let mut page = Vec::new();
    apply(&mut page, stream.push(text, true));
    assert_eq!(page, render_blocks(&seam(), text, true));
}

#[test]
fn source_numbers_continue_below_a_seam() {
    let seam = Seam::after("We sell [P.sells].\n\nAnd rev", known());
    let page = render_blocks(&seam, "enue is 12,345.67 EUR [K.revenue.30d].", false);
    assert!(page[0].contains("aria-label=\"2: Revenue"), "{page:?}");
    assert!(page[1].contains("2 sources"), "{page:?}");
    let grounded = ground(&seam, "enue is 12,345.67 EUR [K.revenue.30d].", false).unwrap();
    assert_eq!(grounded.grounding.matched, 1);
    assert_eq!(grounded.facts.len(), 2);
}

#[test]
fn cited_facts_and_verdicts_suffice_to_render_a_reply_again() {
    let text = "It was 13,000 EUR and 12,345 [K.revenue.30d] [K.none.1].\n\nWe sell [P.sells] for 500 EUR.";
    let grounded = ground(&seam(), text, false).unwrap();
    let stored = Arc::new(Known::judged(grounded.facts, grounded.grounding.numbers));
    assert_eq!(render_blocks(&Seam::after("", stored), text, false), blocks(text));
}

#[test]
fn a_cut_right_after_a_block_leaves_its_numbers_unjudged_in_the_stream() {
    let text = "It was 13,000 EUR.\n\nThat is 12,345.67 EUR\n\n";
    let (mut stream, mut page) = (BlockStream::new(seam()), Vec::new());
    apply(&mut page, stream.push(text, false));
    assert!(page[1].contains("unmatched"), "whole, as it seems: {page:?}");
    stream.cut_off();
    apply(&mut page, stream.push(text, true));
    assert!(!page[1].contains("unmatched"), "{page:?}");
    assert_eq!(page, render_blocks(&seam(), text, true));
}

/// A reply like an adviser's: prose, a list and a table, all with citations.
fn long_answer() -> String {
    "Revenue was 12,345.67 EUR [K.revenue.30d], some 13,000 EUR less than hoped.\n\n\
     1. Sell bread [P.sells] for 4 % more.\n2. Watch 12.3k EUR [K.revenue.30d].\n\n\
     | What | Value |\n|---|---|\n| Revenue | 12,345.67 EUR [K.revenue.30d] |\n| Costs | 9,999 EUR |\n\n"
        .repeat(60)
}

/// Prints the measured time; run with `--nocapture` to see it.
#[test]
fn rendering_a_cited_reply_takes_linear_time() {
    let text = long_answer();
    let time = |text: &str| {
        let begun = Instant::now();
        let (mut stream, mut chunks) = (BlockStream::new(seam()), 0_u32);
        for end in (0..text.len()).step_by(4) {
            stream.push(&text[..end], false);
            chunks += 1;
        }
        stream.push(text, true);
        begun.elapsed() / chunks
    };
    let (short, long) = (time(&text[..text.len() / 8]), time(&text));
    eprintln!(
        "a chunk of a cited answer: {short:?} in {} bytes, {long:?} in {}",
        text.len() / 8,
        text.len()
    );
    assert!(long < short * 4, "{short:?} against {long:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_cited_reply_in_any_chunks_renders_the_same_blocks(
        pieces in prop::collection::vec(prop_oneof![
            3 => markdownish(),
            2 => prop::sample::select(vec![
                "[K.revenue.30d]", "[K.rev", "enue.30d]", " [P.sells][K.none.7d] ", "12,345.67 EUR", "13,000 EUR",
                "12 %", "[K.revenue.30d, P.sells]", "\n\n", "500", "\u{fdd1}0\u{fdd2}", "&#xFDD3;", "【P.sells】",
            ]).prop_map(str::to_owned),
        ], 0..9),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        joins_at in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let text = pieces.concat();
        let ends: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| ends[cut.index(ends.len())]).collect();
        cuts.sort_unstable();
        let whole = render_blocks(&seam(), &text, is_cut);
        let (mut stream, mut page) = (BlockStream::new(seam()), Vec::new());
        for cut in cuts {
            apply(&mut page, stream.push(&text[..cut], false));
        }
        let finish = |mut stream: BlockStream, page: &mut Vec<String>| {
            if is_cut {
                stream.cut_off();
            }
            apply(page, stream.push(&text, true));
        };
        finish(stream, &mut page);
        prop_assert_eq!(&page, &whole);

        let middle = ends[joins_at.index(ends.len())];
        let (stream, mut page) = BlockStream::resume(seam(), &text[..middle]);
        finish(stream, &mut page);
        prop_assert_eq!(&page, &whole, "for a reader who joins late");

        let grounded = ground(&seam(), &text, is_cut).unwrap();
        let stored = Arc::new(Known::judged(grounded.facts, grounded.grounding.numbers));
        prop_assert_eq!(render_blocks(&Seam::after("", stored), &text, is_cut), whole, "from what is stored");
        for block in &page {
            prop_assert!(!block.contains(super::super::html::is_own), "{}", block);
        }
    }
}

#[test]
fn a_page_where_missing_information_is_entered_is_linked_by_its_name() {
    let link = "<a href=\"/analytics/import\">Import numbers</a>";
    for text in ["Enter it at /analytics/import.", "Enter it at `/analytics/import`."] {
        assert_eq!(blocks(text)[0], format!("<p dir=\"auto\">Enter it at {link}.</p>"));
        let without_facts = render_blocks(&Seam::default(), text, false);
        assert_eq!(without_facts[0], format!("<p dir=\"auto\">Enter it at {link}.</p>"));
    }
    assert_eq!(
        blocks("**Say how many** at /profile#size, [K.none].")[0],
        format!(
            "<p dir=\"auto\"><strong>Say how many</strong> at <a href=\"/profile#size\">Business profile</a>,{UNKNOWN}.</p>"
        )
    );
    assert_eq!(
        blocks("Go to /account, [there](/analytics) or /profile?x=\"y.")[0],
        "<p dir=\"auto\">Go to /account, there or /profile?x=\"y.</p>"
    );
}

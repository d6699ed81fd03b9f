//! Fuzz target: the numbers and citations of a reply.

use super::tests::{check, prose, reader};
use crate::fuzzing::{fuzz_target, mutated_text};

const LINES: [&str; 10] = [
    "Revenue was 12,345.67 EUR [K.revenue.30d], down 11.6 % [K.revenue.30d.change].",
    "Der Umsatz lag bei rund 12,3 Tsd. €; um 11,6 Prozent gesunken.",
    "Between 11 and 12 %, or 10–12 %, that is −11.6 percent.",
    "Twelve and a half thousand sessions; two thirds; a dozen.",
    "From 3.9 % to 3.4 % within 14 days, by 2028 with 3 more bakers.",
    "1. First\n2) second: 7:30, 2026-11-26, 26.11.2026, Q3",
    "$1,234.50 − €1.234,50 = 0 × 10^3 (5e-3)",
    "一万二千 ١٢٣ １２３ Ⅻ ½ 1½",
    "[K.revenue.30d][K.x] [P.size, K.y; I.pulse.1] [K.",
    "48,210 sessions, 48.2k in short, or 0.048 million",
];

#[test]
fn fuzz_grounding() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let passage = prose(&mutated_text(&LINES, bytes));
        let notes = check(&mut reader(&passage.text), std::slice::from_ref(&passage));
        for note in &notes[0] {
            assert!(passage.text.get(note.range.clone()).is_some(), "{:?}", passage.text);
        }
    });
}

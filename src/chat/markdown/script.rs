//! Classifies characters for emphasis: punctuation, and scripts without spaces.

/// Returns whether a character belongs to a script without spaces between words. There, emphasis
/// directly adjoins letters and full-width punctuation
/// (https://github.com/tats-u/markdown-cjk-friendly).
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}'        // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Myanmar
        | '\u{1100}'..='\u{11ff}'    // Hangul letters
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{2e80}'..='\u{2fdf}'    // radicals
        | '\u{2ff0}'..='\u{a4cf}'    // CJK punctuation, kana, ideographs, Yi
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'    // Hangul syllables
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}'    // full-width forms
        | '\u{1f200}'..='\u{1f2ff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a character is punctuation. A superset of CommonMark's definition, which does no
/// harm.
pub(super) fn is_punctuation(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace()
}

pub(super) fn is_currency(c: char) -> bool {
    matches!(
        c,
        '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20cf}' | '＄' | '￥' | '￡' | '￦' | '฿'
    )
}

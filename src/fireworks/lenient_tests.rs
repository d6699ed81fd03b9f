#![allow(clippy::unwrap_used)]

use super::*;

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> T {
    serde_json::from_str(json).unwrap()
}

#[test]
fn token_counts_are_parsed_in_any_notation() {
    for (json, count) in [
        ("54", Some(54)),
        ("54.0", Some(54)),
        (r#""54""#, Some(54)),
        (r#"" 54.0 ""#, Some(54)),
        ("0", Some(0)),
        ("4294967261", Some(4_294_967_261)),
        ("18446744073709551581", Some(18_446_744_073_709_551_581)),
        ("1e300", Some(u64::MAX)),
        ("-35", Some(u64::MAX)),
        ("54.5", Some(u64::MAX)),
        (r#""many""#, Some(u64::MAX)),
        (r#""NaN""#, Some(u64::MAX)),
        ("null", None),
        (r#""""#, None),
        ("{}", None),
        ("[54]", None),
        ("true", None),
    ] {
        assert_eq!(read::<Count>(json).0, count, "{json}");
    }
}

#[test]
fn content_is_a_string_or_parts_including_reasoning() {
    let of = |text: &str, reasoning: &str| Content {
        text: text.to_owned(),
        reasoning: reasoning.to_owned(),
    };
    for (json, content) in [
        (r#""plain""#, of("plain", "")),
        ("null", of("", "")),
        ("17", of("", "")),
        (r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, of("ab", "")),
        (r#"{"type":"text","text":"a"}"#, of("a", "")),
        (r#"["a",{"text":"b"}]"#, of("ab", "")),
        (
            r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]"#,
            of("a", "hm"),
        ),
        (r#"[{"type":"reasoning","reasoning":"hm"}]"#, of("", "hm")),
        (r#"[{"type":"reasoning.text","text":"hm"}]"#, of("", "hm")),
        (r#"[{"type":"reasoning.encrypted","data":"xyz"}]"#, of("", "")),
        (r#"[{"type":"reference","reference_ids":[1]},{"type":"text","text":"a"}]"#, of("a", "")),
        (r#"[{"type":"image_url","image_url":{"url":"x"}}]"#, of("", "")),
    ] {
        assert_eq!(read::<Content>(json), content, "{json}");
    }
}

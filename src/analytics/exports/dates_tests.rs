#![allow(clippy::unwrap_used, clippy::panic)]

use time::macros::date;

use super::*;

fn day(text: &str) -> Option<Date> {
    let stamp = parse(text)?;
    let format = *stamp.formats().first()?;
    stamp.resolve(format).map(|(date, _)| date)
}

#[test]
fn days_are_read_in_the_notations_of_seven_languages() {
    let expected = Some(date!(2026 - 10 - 20));
    for text in [
        "2026-10-20",
        "2026/10/20",
        "2026.10.20",
        "20261020",
        "2026102013",
        "20.10.2026",
        "20. 10. 2026",
        "20/10/2026",
        "20-10-2026",
        "20.10.26",
        "20 Oct 2026",
        "20-Oct-26",
        "20-Oct-2026",
        "Oct 20, 2026",
        "October 20, 2026",
        "Oct 20 2026",
        "20. Oktober 2026",
        "20 octobre 2026",
        "20 de octubre de 2026",
        "20 ottobre 2026",
        "20 okt. 2026",
        "20 de out. de 2026",
        "Tue, Oct 20, 2026",
        "Di., 20.10.2026",
        "mardi 20 octobre 2026",
        "October 20th, 2026",
        "2026-10-20T13:05:00Z",
        "2026-10-20 13:05:00 +0100",
        "2026-10-20 13:05:00.123",
        "Oct 20, 2026 12:05:13 AM PDT",
        "20 Oct 2026 00:05:13 UTC",
        "20.10.2026 13:05:11 UTC",
        "2026-10-20 (Tue)",
        "2026-Oct-20",
        "'2026-10-20",
        "20/10/2026 1:05 PM",
        "2026-10-20 - 2026-10-20",
        "20.10.2026 13:05 Uhr",
    ] {
        assert_eq!(day(text), expected, "{text}");
    }
}

#[test]
fn longer_periods_are_told_from_days() {
    for (text, grain, first) in [
        ("2026-10", Grain::Month, date!(2026 - 10 - 01)),
        ("10/2026", Grain::Month, date!(2026 - 10 - 01)),
        ("Oct 2026", Grain::Month, date!(2026 - 10 - 01)),
        ("octobre 2026", Grain::Month, date!(2026 - 10 - 01)),
        ("Okt. 2026", Grain::Month, date!(2026 - 10 - 01)),
        ("202610", Grain::Month, date!(2026 - 10 - 01)),
        ("Q3 2026", Grain::Quarter, date!(2026 - 07 - 01)),
        ("2026-Q3", Grain::Quarter, date!(2026 - 07 - 01)),
        ("3. Quartal 2026", Grain::Quarter, date!(2026 - 07 - 01)),
        ("T3 2026", Grain::Quarter, date!(2026 - 07 - 01)),
        ("2026-W45", Grain::Week, date!(2026 - 11 - 02)),
        ("KW 45/2026", Grain::Week, date!(2026 - 11 - 02)),
        ("Week 45 2026", Grain::Week, date!(2026 - 11 - 02)),
        ("2026-10-05,2026-10-11", Grain::Week, date!(2026 - 10 - 05)),
        ("Oct 5, 2026 - Oct 11, 2026", Grain::Week, date!(2026 - 10 - 05)),
        ("From 2026-10-05 to 2026-10-11", Grain::Week, date!(2026 - 10 - 05)),
        ("2026-10-01 - 2026-10-31", Grain::Month, date!(2026 - 10 - 01)),
        ("2026", Grain::Year, date!(2026 - 01 - 01)),
        ("2025-04-01 - 2026-03-31", Grain::Year, date!(2025 - 04 - 01)),
        ("2026-02-01 - 2026-04-30", Grain::Quarter, date!(2026 - 02 - 01)),
        ("FY26", Grain::Year, date!(2026 - 01 - 01)),
        ("FY 2026", Grain::Year, date!(2026 - 01 - 01)),
        ("Q3 FY26", Grain::Quarter, date!(2026 - 07 - 01)),
        ("FY2026-Q3", Grain::Quarter, date!(2026 - 07 - 01)),
    ] {
        let stamp = parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(stamp.resolve(stamp.formats()[0]), Some((first, grain)), "{text}");
    }
}

#[test]
fn times_with_a_zone_are_of_the_businesss_day() {
    let berlin = Zone::of("Europe/Berlin");
    let day_of = |text: &str, utc: bool| {
        let stamp = parse(text).unwrap();
        let (date, _) = stamp.resolve(stamp.formats()[0]).unwrap();
        stamp.day_in(date, utc, &berlin)
    };
    assert_eq!(day_of("2026-10-20T22:30:00Z", false), date!(2026 - 10 - 21), "summer");
    assert_eq!(day_of("2026-11-20T22:30:00Z", false), date!(2026 - 11 - 20), "winter");
    assert_eq!(day_of("2026-11-20 23:30:00 -0500", false), date!(2026 - 11 - 21));
    assert_eq!(day_of("Oct 20, 2026 11:05:13 PM PDT", false), date!(2026 - 10 - 21));
    assert_eq!(day_of("2026-11-20 23:30", false), date!(2026 - 11 - 20), "a local time");
    assert_eq!(day_of("2026-11-20 23:30", true), date!(2026 - 11 - 21), "the header says UTC");
    assert_eq!(day_of("2026-11-20", true), date!(2026 - 11 - 20), "no time to convert");
}

#[test]
fn other_texts_are_no_dates() {
    for text in [
        "",
        "x",
        "Total",
        "1.234,56",
        "12.50",
        "1.2.3.4",
        "2026-13-01",
        "10:30",
        "Oct 20",
        "Oct 26",
        "#1001",
        "1/2/345",
        "2026-10-20 Total",
        "12 apples",
        "Room 12 2026",
        "20261320",
        "5",
        "2026-10-20 25:00",
        "1/2026/3",
        "+49 30 123456",
    ] {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn serial_numbers_are_days_of_a_workbook() {
    let stamp = parse("46315").unwrap();
    assert_eq!(stamp.resolve(DateFormat::Serial1900).unwrap().0, date!(2026 - 10 - 20));
    assert_eq!(
        parse("44853.5").unwrap().resolve(DateFormat::Serial1904).unwrap().0,
        date!(2026 - 10 - 20)
    );
    assert!(!is_like("46315"));
}

#[test]
fn weekdays_and_halves_of_days_in_other_languages_are_read() {
    for text in [
        "mar. 6 oct. 2026",
        "mar 6 oct 2026",
        "mar 06/10/2026",
        "di 6 okt 2026",
        "ter, 6 out 2026",
        "terça-feira, 6 de outubro de 2026",
        "ter. 06.10.2026",
    ] {
        let stamp = parse(text).unwrap();
        let (day, _) = stamp.resolve(stamp.formats()[0]).unwrap();
        assert_eq!(day, time::macros::date!(2026 - 10 - 6), "{text}");
    }
    for word in "wo vr za zo ma seg ter qua qui sex sab dom gio jue vie mie".split(' ') {
        assert!(parse(&format!("{word} 6/10/2026")).is_some(), "{word}");
    }
    assert_eq!(
        parse("mar 6, 2026").unwrap().resolve(DateFormat::Named).unwrap().0,
        time::macros::date!(2026 - 3 - 6)
    );
    for (half, hour) in [("p. m.", 14), ("p.m.", 14), ("pm", 14), ("a.m.", 2), ("a. m.", 2)] {
        let stamp = parse(&format!("6/10/2026, 2:15:00 {half}")).unwrap();
        assert_eq!(stamp.time, Some(hour * 3_600 + 15 * 60), "{half}");
    }
    // These abbreviations name several zones.
    for zone in ["CST", "IST"] {
        assert_eq!(parse(&format!("2026-10-06 14:15 {zone}")), None, "{zone}");
    }
}

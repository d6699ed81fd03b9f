#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::facts::model::Number as Value;

fn fact(id: &str, label: &str, value: f64, unit: &str, text: &str) -> Fact {
    Fact {
        id: id.into(),
        label: label.into(),
        text: text.into(),
        number: Some(Value { value, unit: unit.into() }),
        source: "/analytics".into(),
        ..Fact::default()
    }
}

fn told(id: &str, text: &str) -> Fact {
    Fact { id: id.into(), label: id.into(), text: text.into(), ..Fact::default() }
}

fn facts() -> Vec<Fact> {
    vec![
        fact(
            "K.revenue.30d",
            "Revenue, 30 days to 31 Oct 2026, total",
            12_345.67,
            "EUR",
            "12,345.67 EUR",
        ),
        fact(
            "K.revenue.30d.change",
            "Revenue, change against the days before",
            -11.6,
            "%",
            "−11.6%",
        ),
        fact("K.sessions.30d", "Sessions, 30 days to 31 Oct 2026, total", 48_210.0, "", "48,210"),
        fact("K.conversions.7d", "Conversions, 7 days, total", 7.0, "", "7"),
        fact("K.conversions.30d.rate", "Conversions per session", 3.42, "%", "3.42%"),
        fact("K.lead-time.30d", "“Lead time”, mean", 14.5, "hours", "14.50 hours"),
        fact("K.refunds.30d", "“Refund share”, mean", 0.12, "", "0.12"),
        fact("K.users.30d.change", "Users, change", 4.2, "%", "+4.2%"),
        told("P.size", "6–20"),
        told("P.revenueRange", "100 to 500 thousand"),
        told("P.goals.1", "Open a second shop by 2028 with 3 more bakers and 250,000 EUR"),
        told("I.pulse.1", "Conversion fell by 12% within 14 days, from 3.9 % to 3.4 %."),
    ]
}

const ALL: &str = "[K.revenue.30d][K.revenue.30d.change][K.sessions.30d][K.conversions.7d]\
[K.conversions.30d.rate][K.lead-time.30d][K.refunds.30d][K.users.30d.change][P.size][P.revenueRange][P.goals.1][I.pulse.1]";

pub(super) fn reader(question: &str) -> Reader {
    Reader::new(Arc::new(Known::new(Arc::new(facts()), question)))
}

pub(super) fn prose(text: &str) -> Passage {
    Passage { text: text.into(), kind: Kind::Prose }
}

/// Returns the passages of Markdown that holds nothing but emphasis, code, lists and simple tables.
pub(super) fn passages_of(text: &str) -> Vec<Passage> {
    let mut columns: Vec<String> = Vec::new();
    let mut passages = Vec::new();
    for (line, text) in (0..).zip(text.lines()) {
        let plain = text.replace(['*', '`'], "");
        let Some(row) = plain.strip_prefix('|') else {
            columns.clear();
            passages.push(prose(plain.strip_prefix("- ").unwrap_or(&plain)));
            continue;
        };
        let cells: Vec<String> = row
            .trim()
            .trim_end_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect();
        if columns.is_empty() {
            columns = cells;
            continue;
        }
        for (at, cell) in cells.iter().enumerate() {
            let row = if at > 0 { cells[0].clone() } else { String::new() };
            let kind = Kind::Cell { column: columns[at].clone(), row, line };
            passages.push(Passage { text: cell.clone(), kind });
        }
    }
    passages
}

/// Checks a block of which only the text is known.
pub(super) fn check(reader: &mut Reader, passages: &[Passage]) -> Vec<Vec<Note>> {
    reader.block(passages, "", 0)
}

/// Whether a note says that a number contradicts the data or is not from it.
fn is_alarm(note: &Note) -> bool {
    matches!(&note.says, Says::Number(Verdict { state: State::Conflict | State::NotFromData, .. }))
}

/// Returns the numbers marked in a line that cites every fact.
fn marked(text: &str) -> Vec<String> {
    let mut reader = reader("");
    let line = format!("{text} {ALL}");
    let notes = check(&mut reader, &[prose(&line)]);
    let marks = notes[0].iter().filter(|note| is_alarm(note));
    marks.map(|note| line[note.range.clone()].to_owned()).collect()
}

#[track_caller]
fn right(text: &str) {
    assert_eq!(marked(text), Vec::<String>::new(), "{text}");
}

#[test]
fn a_number_is_matched_however_it_is_written() {
    for text in [
        "Revenue was 12,345.67 EUR.",
        "Revenue was EUR 12,345.67.",
        "Revenue was €12,346.",
        "Revenue was 12 345,67 €.",
        "Revenue was 12\u{202f}345,67\u{a0}€.",
        "Revenue was 12'345.67 EUR.",
        "Der Umsatz lag bei 12.345,67 Euro.",
        "Der Umsatz lag bei 12.346 €.",
        "Revenue was 12.3k EUR.",
        "Revenue was €12.3K.",
        "Revenue was 12k €.",
        "Revenue was about 12,000 EUR.",
        "Revenue was over 12,000 EUR.",
        "Revenue was just under 12,500 EUR.",
        "Revenue was 12.3 thousand euros.",
        "Der Umsatz lag bei rund 12,3 Tsd. €.",
        "Le chiffre d’affaires est de 12 345,67 euros.",
        "There were 48,210 sessions, 48.2k in short, or 0.048 million.",
        "We had 48210 sessions.",
        "About 12 % less.",
        "It fell 11.6%, that is -11.6 % or −11.6 percent.",
        "It fell by about 12 percent.",
        "a drop of 11.6 %, a 12% decline",
        "um 11,6 Prozent gesunken; ein Rückgang von 11,6 %",
        "une baisse de 11,6 pour cent",
        "cayó un 11,6 por ciento",
        "Between 11 and 12 % was lost.",
        "That is 10–12 % down.",
        "Conversion is 3.42 % (3.4 percent), or 0.0342.",
        "The refund share is 12 %, or 0.12.",
        "Lead time is 14.5 hours.",
        "You are 6–20 people with a revenue of 100 to 500 thousand EUR, 100–500k.",
        "You want 3 more bakers and 250,000 EUR (250k €).",
        "Conversion fell 12 % from 3.9 % to 3.4 %.",
        "7 conversions came; conversions: 7.",
        "Users are up 4.2 %.",
    ] {
        right(text);
    }
}

#[test]
fn a_wrong_number_is_marked_with_its_sign_and_unit() {
    for (text, numbers) in [
        ("Revenue was 13,345.67 EUR.", &["13,345.67 EUR"][..]),
        ("Revenue was €12,945.", &["€12,945"]),
        ("Revenue was 12.8k EUR.", &["12.8k EUR"]),
        ("Revenue was 12,345.67 USD.", &["12,345.67 USD"]),
        ("Revenue was $12,345.67.", &["$12,345.67"]),
        ("Revenue was 12,000 EUR.", &["12,000 EUR"]),
        ("Revenue was over 12,400 EUR.", &["12,400 EUR"]),
        ("Der Umsatz lag bei 13.345,67 Euro.", &["13.345,67 Euro"]),
        ("It fell by 14 %.", &["14 %"]),
        ("It rose by 11.6 %.", &["11.6 %"]),
        ("It is +11.6 %.", &["+11.6 %"]),
        ("Users are down 4.2 %.", &["4.2 %"]),
        ("Der Umsatz ist um 11,6 % gestiegen.", &["11,6 %"]),
        ("Conversion is 4.32 %.", &["4.32 %"]),
        ("We had 52,000 sessions and 49,210 more.", &["52,000", "49,210"]),
        ("9 conversions came.", &["9"]),
        ("Conversions: 8.", &["8"]),
        ("Lead time is 24 hours.", &["24 hours"]),
        ("You have 21–50 people.", &["21", "50"]),
        ("Raise prices by 5 %.", &["5 %"]),
        ("Spend 2 million euros.", &["2 million euros"]),
        ("It cost 48,210 EUR.", &["48,210 EUR"]),
        ("I would plan for $48,211 in December.", &["$48,211"]),
    ] {
        let found = marked(text);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, numbers, "{text}");
    }
}

#[test]
fn numbers_that_claim_nothing_are_not_marked() {
    for text in [
        "1. Raise prices.",
        "2) Close on Mondays.",
        "(3) Rest.",
        "As of 31 Oct 2026, October 31, 2026 or 2026-10-31, 31.10.2026, 10/31/2026, 31/10.",
        "Am 31. Oktober 2026, seit dem 3.10. und um 9.30 Uhr.",
        "In 2025 and by 2027, the 2026 plan, in 2025–26 and 2025–2028.",
        "Meet at 9:30, 14:00 or 5 pm.",
        "In Q3 and Q4 2026, in H1, FY26 and KW 44.",
        "The last 30 days against 7 days, in the next 2 weeks, over 12 months, in 3 years.",
        "Over the next 90 calendar days.",
        "Step 1, phase 2, option 3, week 12, No. 4, #5, priority 1, goal 2.",
        "The 1st, 2nd, 3rd and 4th; the 21st century; le 1er, la 2ème.",
        "Version 2.1, v3.4.5, 10.0.0.1, GPT-4, ISO 9001, 5G, B2B, COVID-19, 3D.",
        "See https://example.org/a/2024/99?b=12345 and mail 12345@example.org.",
        "Call +49 30 1234567 or 0800 123 456.",
        "A 30-day plan, a 5-star service, the 80/20 rule, 24/7.",
        "Pick 3 options, 2 channels, 5 things.",
        "You are 100 % right.",
        "Send it 3 times a week.",
        "[K.revenue@2026-10-31]",
        "Der 30-Tage-Zeitraum, alle 14 Tage, in den nächsten 6 Wochen.",
        "le 31 octobre 2026, dans les 30 prochains jours, el 31 de octubre",
        "Order 100234567890 was lost.",
    ] {
        right(text);
    }
}

#[test]
fn a_number_in_words_is_matched_as_one_in_digits() {
    for text in [
        "Revenue was twelve thousand euros.",
        "Revenue was about twelve thousand EUR.",
        "Revenue was twelve thousand three hundred and forty-six euros.",
        "Revenue was 12.3 thousand euros, some twelve and a half thousand.",
        "There were forty-eight thousand sessions, about fifty thousand.",
        "It fell by twelve percent, by eleven point six per cent.",
        "A drop of ten to twelve percent.",
        "Conversion fell from three point nine percent to three point four percent.",
        "Conversion is three and a half percent.",
        "Lead time is fourteen hours.",
        "You want two hundred and fifty thousand euros.",
        "Der Umsatz fiel um zwölf Prozent auf zwölftausend Euro.",
        "Es gab achtundvierzigtausend Sitzungen.",
        "Une baisse de douze pour cent; douze mille euros.",
        "Cayó un doce por ciento.",
        "It fell by one tenth.",
        "A tenth of sessions, over eleven percent less.",
    ] {
        right(text);
    }
}

#[test]
fn a_wrong_number_in_words_is_marked_with_its_unit() {
    for (text, numbers) in [
        ("Revenue fell twenty percent.", &["twenty percent"][..]),
        ("It rose by eleven point six percent.", &["eleven point six percent"]),
        ("It fell by twenty-five percentage points.", &["twenty-five percentage points"]),
        ("Revenue was three thousand euros.", &["three thousand euros"]),
        ("You have two million users.", &["two million"]),
        ("About half a billion sessions came.", &["half a billion"]),
        ("Spend a billion dollars.", &["a billion dollars"]),
        ("Spend fifty dollars.", &["fifty dollars"]),
        ("Twelve conversions came.", &["Twelve"]),
        ("Three hundred orders came.", &["Three hundred"]),
        ("Between twenty and thirty percent went.", &["twenty", "thirty percent"]),
        (
            "Between four thousand and five thousand euros.",
            &["four thousand", "five thousand euros"],
        ),
        ("Half of your sessions are new.", &["Half"]),
        ("About a quarter of revenue comes from bread.", &["a quarter"]),
        (
            "Two thirds of all users leave; two-thirds of the visitors.",
            &["Two thirds", "two-thirds"],
        ),
        ("Sessions fell by half, users grew by a third.", &["half", "a third"]),
        (
            "One in four sessions converts; einer von drei Kunden kauft.",
            &["One in four", "einer von drei"],
        ),
        ("Un client sur cinq revient.", &["Un client sur cinq"]),
        ("Lead time is twenty-four hours.", &["twenty-four hours"]),
        ("Der Umsatz fiel um zwanzig Prozent.", &["zwanzig Prozent"]),
        (
            "Zwei Drittel der Kunden kommen wieder, die Hälfte Ihrer Nutzer auch.",
            &["Zwei Drittel", "die Hälfte"],
        ),
        ("Geben Sie dreitausend Euro aus.", &["dreitausend Euro"]),
        ("La moitié des clients; trente pour cent.", &["La moitié", "trente pour cent"]),
        ("Treinta y cinco por ciento.", &["Treinta y cinco por ciento"]),
        ("الإيرادات ١٣٬٣٤٥ EUR", &["١٣٬٣٤٥ EUR"]),
        ("売上は ２０％ 減", &["２０％"]),
    ] {
        let found = marked(text);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, numbers, "{text}");
    }
    right("الإيرادات ١٢٬٣٤٥٫٦٧ EUR");
    right("売上は １２，３４６ EUR");
}

#[test]
fn number_words_that_claim_nothing_are_not_marked() {
    for text in [
        "One of your users told us; no one else did.",
        "You have two options, three ways and four or five weeks.",
        "A third way, a second shop, the first of November, a third party.",
        "The second half of the year, half a year, half the battle, half-price bread.",
        "The next quarter, two quarters in a row, three quarters of an hour.",
        "In two weeks, over thirty days, a seven-day plan, a two-week test.",
        "Ask once a week, twice a month, three times a day; ten times if need be.",
        "A million reasons, one in a thousand, a hundred ideas, thousands of shops.",
        "Nine out of ten shops, one or two people, fifty-fifty, twenty-four seven.",
        "I am one hundred percent sure.",
        "Every one of these ten steps; step two; the three sessions of your workshop.",
        "It takes two to tango: a one-off, a one-time offer, one dollar at a time.",
        "In two thousand and twenty-six, on the twenty-first of May.",
        "Twelve months, eleven weeks, twenty minutes.",
        "Die zweite Hälfte des Jahres, ein Viertel Stunde, eine von zwei Möglichkeiten, tausend Dank.",
        "Drei Dinge, zwei Wochen, acht Sie darauf; null Risiko.",
        "Le neuf, les deux options, la moitié du temps; once upon a time.",
        "By a third-quarter slump. By the half hour. Stand by a third person.",
        "Set up five interviews with customers and half a dozen calls.",
    ] {
        right(text);
    }
}

#[test]
fn only_facts_cited_by_the_end_of_the_block_count() {
    let mut reader = reader("");
    let early = check(&mut reader, &[prose("Revenue was 12,345.67 EUR.")]);
    assert_eq!(early[0].len(), 1, "nothing is cited yet");
    let cited =
        check(&mut reader, &[prose("It was 12,345.67 EUR."), prose("As told [K.revenue.30d].")]);
    assert!(!cited[0].iter().any(is_alarm));
    check(&mut reader, &[prose("So 12,346 EUR.")]);
    assert_eq!((reader.grounding().matched, reader.grounding().unmatched), (2, 1));
    let states: Vec<State> = reader.grounding().numbers.iter().map(|it| it.verdict.state).collect();
    assert_eq!(states, [State::NotFromData, State::Found, State::Found]);
}

#[test]
fn numbers_from_the_question_are_not_marked() {
    let mut reader = reader("What if we spend 5,000 EUR on ads and raise prices by 8 %?");
    let notes = check(&mut reader, &[prose("With 5,000 EUR and 8 %, 9 % more [K.revenue.30d].")]);
    let marks: Vec<_> = notes[0].iter().filter(|note| is_alarm(note)).collect();
    assert_eq!(marks.len(), 1);
    assert_eq!((reader.grounding().from_question, reader.grounding().unmatched), (2, 1));
}

#[test]
fn citations_are_numbered_in_order_and_forged_ones_are_reported() {
    let mut reader = reader("");
    let notes = check(
        &mut reader,
        &[prose("a [K.sessions.30d] b [K.gone.30d][K.revenue.30d] [K.sessions.30d]")],
    );
    let cites: Vec<_> = notes[0].iter().map(|note| note.says.clone()).collect();
    assert_eq!(cites, [Says::Cites(vec![Some(1)]), Says::Cites(vec![None, Some(2), Some(1)])]);
    assert_eq!(reader.grounding().cited, ["K.sessions.30d", "K.revenue.30d"]);
    assert_eq!(reader.grounding().unknown, ["K.gone.30d"]);
    assert_eq!(reader.fact(2).unwrap().id, "K.revenue.30d");
}

#[test]
fn undone_lookahead_changes_nothing() {
    let mut reader = reader("");
    let mark = reader.mark();
    let notes = reader.glance(&[prose("12 EUR [K.sessions.30d]")]);
    assert_eq!(notes[0].len(), 1, "of its numbers nothing is said yet");
    reader.forget(mark);
    assert_eq!(reader.cited().count(), 0);
    let notes = check(&mut reader, &[prose("[K.revenue.30d]")]);
    assert_eq!(notes[0][0].says, Says::Cites(vec![Some(1)]));
}

#[test]
fn cells_take_units_from_headers_and_row_numbers_are_not_claims() {
    let cell = |text: &str, column: &str, row: &str| Passage {
        text: text.into(),
        kind: Kind::Cell { column: column.into(), row: row.into(), line: 0 },
    };
    let mut reader = reader("");
    check(&mut reader, &[prose(ALL)]);
    let mut marked = |passage: Passage| check(&mut reader, &[passage])[0].iter().any(is_alarm);
    assert!(!marked(cell("3.42", "Rate (%)", "Conversion")));
    assert!(marked(cell("4.32", "Rate (%)", "Conversion")));
    assert!(!marked(cell("12.3", "Revenue (k EUR)", "30 days")));
    assert!(marked(cell("13.3", "Revenue (k EUR)", "30 days")));
    assert!(!marked(cell("7", "Value", "Conversions")));
    assert!(marked(cell("9", "Value", "Conversions")));
    assert!(!marked(cell("9", "#", "")));
    assert!(!marked(cell("2", "Priority", "Bread")));
    assert!(!marked(cell("−11.6%", "Change", "Revenue")));
    assert!(
        marked(cell("11.6% ▲", "Change", "Revenue"))
            || marked(cell("▲ 11.6%", "Change", "Revenue"))
    );
    let heading = |text: &str| Passage { text: text.into(), kind: Kind::Heading };
    assert!(!marked(heading("3 things, 48 in all")));
    assert!(marked(heading("Revenue fell by 13 %")));
}

#[test]
fn without_recorded_facts_nothing_is_marked() {
    let mut reader = Reader::default();
    assert!(reader.is_idle());
    assert!(Known::new(Arc::new(Vec::new()), "12").is_nothing());
    assert_eq!(reader.grounded(), None);
    check(&mut reader, &[]);
    // For a finished reply, the facts it cites are enough to reach the same verdict.
    let none = Reader::new(Arc::new(Known::cited(Vec::new(), "")));
    assert!(!none.is_idle());
}

/// Prints the measured time; run with `--nocapture` to see it.
#[test]
fn a_sentence_is_checked_in_microseconds() {
    const SENTENCES: [&str; 4] = [
        "Revenue over the last 30 days was 12,345.67 EUR [K.revenue.30d], down 11.6 % on the 30 days before [K.revenue.30d.change].",
        "Sessions came to 48,210 in the last 30 days [K.sessions.30d], so more people find the shop than a year ago.",
        "In den letzten 30 Tagen lag die Konversionsrate bei 3,42 % [K.conversions.30d.rate].",
        "Revenue a day: 12,345.67 EUR / 30 = 411.52 EUR [K.revenue.30d].",
    ];
    let time = |times: usize| {
        let mut reader = reader("");
        let begun = Instant::now();
        for _ in 0..times {
            for sentence in SENTENCES {
                check(&mut reader, &[prose(sentence)]);
            }
        }
        begun.elapsed() / u32::try_from(times * SENTENCES.len()).unwrap()
    };
    // The machine may be busy: the fastest of several runs counts.
    let fastest = |times: usize| (0..5).map(|_| time(times)).min().unwrap();
    let (short, long) = (fastest(20), fastest(100));
    eprintln!("a sentence: {short:?}, of a long reply: {long:?}");
    assert!(long < short * 3, "{short:?} against {long:?}");
    assert!(cfg!(debug_assertions) || long < Duration::from_micros(60), "{long:?}");
}

/// Returns the states of the numbers in a sentence about [`facts`], with their texts.
fn states_in(sentence: &str) -> Vec<(String, State)> {
    let mut known = facts();
    known.iter_mut().find(|fact| fact.id == "P.size").unwrap().label =
        "People in the business".into();
    let mut reader = Reader::new(Arc::new(Known::new(Arc::new(known), "")));
    let passages = passages_of(sentence);
    let notes = check(&mut reader, &passages);
    let told = notes.iter().flatten().filter_map(|note| match &note.says {
        Says::Number(verdict) => {
            Some((passages[0].text[note.range.clone()].to_owned(), verdict.state))
        }
        Says::Cites(_) => None,
    });
    told.collect()
}

#[test]
fn numbers_of_profile_texts_are_confirmed_where_they_are_quoted_and_cited() {
    for (sentence, numbers) in [
        ("The plan calls for 3 more bakers [P.goals.1].", vec!["3"]),
        ("You want to open a second shop by 2028 [P.goals.1].", vec!["2028"]),
        ("It needs 3 more bakers and 250,000 EUR [P.goals.1].", vec!["3", "250,000 EUR"]),
        ("With 6–20 people in the team [P.size], hire with care.", vec!["6", "20"]),
        ("| Goal |\n|---|\n| 3 more bakers [P.goals.1] |", vec!["3"]),
    ] {
        let expected: Vec<(String, State)> =
            numbers.iter().map(|it| ((*it).to_owned(), State::Confirmed)).collect();
        let last = sentence.lines().last().unwrap();
        assert_eq!(states_in(last.trim_matches(['|', ' '])), expected, "{sentence}");
    }
    for sentence in [
        "Take 3 steps first, says the plan [P.goals.1].",
        "The plan [P.goals.1] has 4 parts.",
        "Look at 3 offers. You want a second shop [P.goals.1].",
        "In 2027, go on. You want a second shop by then [P.goals.1].",
    ] {
        assert_eq!(states_in(sentence), [], "{sentence}");
    }
}

#[test]
fn digits_of_the_profile_are_no_amounts_of_a_metric() {
    for (sentence, number) in [
        ("Revenue was 6 EUR in the last 30 days [K.revenue.30d].", "6 EUR"),
        ("Revenue was 20 % lower [K.revenue.30d.change].", "20 %"),
        ("Rent was 6 EUR.", "6 EUR"),
    ] {
        let state = states_in(sentence);
        let state = state.iter().find(|(text, _)| text == number).map(|(_, state)| *state);
        assert!(
            matches!(state, Some(State::NotFromData | State::Conflict)),
            "{sentence}: {state:?}"
        );
    }
    let quoted = states_in("Set aside 250,000 EUR for it.");
    assert_eq!(quoted, [("250,000 EUR".to_owned(), State::InProfile)]);
}

#[test]
fn a_year_to_come_does_not_contradict_a_window_of_the_past() {
    let sentences = [
        "Visez 7,25 % de plus d’ici 2028, et gardez les 31 905 visiteurs [K.users.30d].",
        "Open a second shop by 2028 and keep the 31,905 users [K.users.30d].",
        "Bis 2027 müssen die 31.905 Besucher [K.users.30d] bleiben.",
    ];
    let users = fact(
        "K.users.30d",
        "Users, 30 days to 31 Oct 2026, sum of each day's users",
        31_905.0,
        "",
        "31,905",
    );
    let users = Fact { span: Some(("2026-10-02".into(), "2026-10-31".into())), ..users };
    for sentence in sentences {
        let mut reader = Reader::new(Arc::new(Known::new(Arc::new(vec![users.clone()]), "")));
        let passages = passages_of(sentence);
        let states: Vec<State> = check(&mut reader, &passages)
            .iter()
            .flatten()
            .filter(|note| passages[0].text[note.range.clone()].contains("905"))
            .filter_map(|note| match &note.says {
                Says::Number(verdict) => Some(verdict.state),
                Says::Cites(_) => None,
            })
            .collect();
        assert!(matches!(states[..], [State::Confirmed | State::Found]), "{sentence}: {states:?}");
    }
}

#[test]
fn a_period_in_brackets_behind_a_comparison_is_not_the_one_of_the_number() {
    let change = Fact {
        span: Some(("2026-10-02".into(), "2026-10-31".into())),
        ..fact(
            "K.revenue.30d.change",
            "Revenue, change of the 30 days to 31 Oct 2026 against the days before (30 days to 1 Oct 2026)",
            -11.6,
            "%",
            "−11.6%",
        )
    };
    let mut reader = Reader::new(Arc::new(Known::new(Arc::new(vec![change.clone()]), "")));
    let row = format!("|What|Value|\n|{}|−11.6% [K.revenue.30d.change]|", change.label);
    for passage in [
        passages_of(&row),
        passages_of(&format!("{}: −11.6% [K.revenue.30d.change]", change.label)),
    ] {
        let notes = check(&mut reader, &passage);
        assert!(!notes.iter().flatten().any(is_alarm), "{notes:?}");
    }
}

/// Returns the state of the number in a sentence about these facts.
fn state_of(facts: &[Fact], sentence: &str, number: &str) -> Option<State> {
    let mut reader = Reader::new(Arc::new(Known::new(Arc::new(facts.to_vec()), "")));
    let passages = passages_of(sentence);
    let notes = check(&mut reader, &passages);
    let mut states = notes.iter().flatten().filter_map(|note| match &note.says {
        Says::Number(verdict) if passages[0].text[note.range.clone()].contains(number) => {
            Some(verdict.state)
        }
        _ => None,
    });
    states.next()
}

#[test]
fn a_months_value_is_confirmed_for_that_month_only() {
    let spanned = |fact: Fact, from: &str, to: &str| Fact {
        span: Some((from.to_owned(), to.to_owned())),
        ..fact
    };
    let october = |fact| spanned(fact, "2026-10-01", "2026-10-31");
    let facts = [
        october(fact(
            "K.payroll@2026-10",
            "“Payroll”, October 2026",
            12_000.0,
            "EUR",
            "12,000 EUR",
        )),
        october(fact(
            "K.payroll.month.change",
            "“Payroll”, change of October 2026 against the month before (September 2026)",
            5.2,
            "%",
            "+5.2%",
        )),
        spanned(
            fact(
                "K.payroll.12m",
                "“Payroll”, 12 months to October 2026, total",
                150_000.0,
                "EUR",
                "150,000 EUR",
            ),
            "2025-11-01",
            "2026-10-31",
        ),
    ];
    let confirmed = |sentence: &str, number: &str| {
        assert_eq!(state_of(&facts, sentence, number), Some(State::Confirmed), "{sentence}");
    };
    let not_confirmed = |sentence: &str, number: &str| {
        let state = state_of(&facts, sentence, number);
        assert!(state.is_some() && state != Some(State::Confirmed), "{sentence}: {state:?}");
    };
    confirmed("Payroll was 12,000 EUR in October [K.payroll@2026-10].", "12,000");
    confirmed("Payroll was 12,000 EUR in October 2026 [K.payroll@2026-10].", "12,000");
    confirmed("Im Oktober betrug Payroll 12.000 EUR [K.payroll@2026-10].", "12.000");
    confirmed("Payroll rose 5.2% in October [K.payroll.month.change].", "5.2");
    confirmed(
        "Payroll rose 5.2% in October compared with September [K.payroll.month.change].",
        "5.2",
    );
    for month in ["September", "November", "October 2025", "September 2026"] {
        not_confirmed(&format!("Payroll was 12,000 EUR in {month} [K.payroll@2026-10]."), "12,000");
        not_confirmed(&format!("Payroll rose 5.2% in {month} [K.payroll.month.change]."), "5.2");
    }
    not_confirmed("Payroll was 12,000 EUR on 1 October [K.payroll@2026-10].", "12,000");
    not_confirmed("Payroll was 150,000 EUR in October [K.payroll.12m].", "150,000");
    let ticked = "Payroll rose 5.2% in October compared with August [K.payroll.month.change].";
    not_confirmed(ticked, "5.2");
    let year = spanned(
        fact("K.payroll.year@2025-01", "“Payroll”, 2025", 140_000.0, "EUR", "140,000 EUR"),
        "2025-01-01",
        "2025-12-31",
    );
    let state = |year_said: &str| {
        let sentence = format!("Payroll was 140,000 EUR in {year_said} [K.payroll.year@2025-01].");
        state_of(std::slice::from_ref(&year), &sentence, "140,000")
    };
    assert_eq!(state("2025"), Some(State::Confirmed));
    assert_ne!(state("2024"), Some(State::Confirmed));
}

#[test]
fn a_hostile_reply_is_read_quickly() {
    let begun = processor_time();
    for text in [
        "1,".repeat(16_000),
        "1 234 ".repeat(6_000),
        "12 % ".repeat(8_000),
        "[K.revenue.30d]".repeat(2_000),
        "[".repeat(32_000),
        "[K.".repeat(10_000),
        "9".repeat(32_000),
        "1-".repeat(16_000),
        "a1".repeat(16_000),
        "€-€-€-1".repeat(4_000),
        "12".to_owned() + &" ".repeat(30_000) + "13",
        "word ".repeat(3_000) + "12 000 " + &"word ".repeat(3_000),
        "1.2.3.".repeat(6_000),
        "1=1=".repeat(8_000),
        "1+1=".repeat(8_000),
        "1≈".repeat(8_000),
        "1'".repeat(16_000),
        "€1".repeat(8_000),
        "1%".repeat(16_000),
        "[^1]".repeat(8_000),
        "1\u{a0}".repeat(10_000),
        "one ".repeat(10_000),
        "two hundred and ".repeat(4_000),
        "half a ".repeat(8_000),
        "hundert".repeat(6_000),
        "undzwei".repeat(6_000),
        "tausendund".repeat(7) + " " + &"١".repeat(16_000),
    ] {
        check(&mut reader(""), &[prose(&format!("{text} {ALL}"))]);
    }
    let took = processor_time().saturating_sub(begun);
    assert!(took < Duration::from_secs(40), "took {took:?}");
}

/// Returns the processor time of this thread, which other work on the machine does not lengthen. Zero where the system does
/// not tell it.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_a_panic(text in "(?s)([0-9.,' %€$k\\-–]{0,12}|[^\\x00]{0,12}|\\[K\\.[a-z.]{0,5}\\]?){0,9}") {
        let passage = prose(&text);
        let mut reader = reader(&text);
        for note in &check(&mut reader, std::slice::from_ref(&passage))[0] {
            prop_assert!(passage.text.get(note.range.clone()).is_some());
        }
    }

    #[test]
    fn a_fact_quoted_verbatim_is_never_marked(
        value in prop_oneof![-1e6f64..1e6, -100f64..100.0, -1.0f64..1.0],
        unit in prop::sample::select(vec!["EUR", "%", "", "hours"]),
    ) {
        let digits = if unit.is_empty() { 0 } else { 2 };
        let value = format!("{value:.digits$}").parse::<f64>().unwrap();
        let text = format!("{value:.digits$} {unit}").replace('-', "−");
        let known = fact("K.thing.7d", "“Thing”, 7 days", value, unit, &text);
        let mut reader = Reader::new(Arc::new(Known::new(Arc::new(vec![known]), "")));
        let line = format!("Thing was {text} [K.thing.7d].");
        let notes = check(&mut reader, &[prose(&line)]);
        prop_assert!(!notes[0].iter().any(is_alarm), "{}", line);
    }
}

#[test]
fn tokens_of_any_prose_are_read_and_longer_ones_are_not() {
    let read = |text: &str| scan::numbers(text).len();
    let long = "1=".repeat(400);
    assert_eq!(read(&long), 0);
    assert_eq!(read(&format!("Revenue was 12,345 EUR. {long} Revenue was 12,345 EUR.")), 2);
    assert_eq!(arithmetic::sums(&format!("{}=3", "1+2".repeat(200)), &[]), []);
    for filler in ["売上は前月より増えました、", "รายได้เพิ่มขึ้นจากเดือนก่อน"]
    {
        let filler = filler.repeat(20);
        assert_eq!(read(&format!("{filler}12,345円{filler}")), 1, "{filler}");
    }
}

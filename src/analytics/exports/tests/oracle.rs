//! Generated files whose values are known: read right, or asked about with the right answer among the choices.

use encoding_rs::{UTF_8, WINDOWS_1252};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const HEADERS: [[&str; 5]; 8] = [
    ["date", "sessions", "users", "conversions", "revenue"],
    ["Date", "Visits", "Unique visitors", "Orders", "Sales"],
    ["Datum", "Sitzungen", "Besucher", "Bestellungen", "Umsatz"],
    ["Date", "Visites", "Visiteurs", "Commandes", "Chiffre d'affaires"],
    ["Fecha", "Sesiones", "Usuarios", "Pedidos", "Ventas"],
    ["Data", "Sessioni", "Utenti", "Ordini", "Fatturato"],
    ["Datum", "Sessies", "Bezoekers", "Bestellingen", "Omzet"],
    ["Data", "Sessões", "Utilizadores", "Encomendas", "Receita"],
];
const SLUGS: [&str; 4] = ["sessions", "users", "conversions", "revenue"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Dates {
    Iso,
    Compact,
    Slashed { month_first: bool, padded: bool, short: bool, mark: char },
    Named,
    Stamp,
}

fn write_date(date: Date, dates: Dates) -> String {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    match dates {
        Dates::Iso => format!("{year}-{month:02}-{day:02}"),
        Dates::Compact => format!("{year}{month:02}{day:02}"),
        Dates::Named => format!("{} {day}, {year}", MONTHS[usize::from(month) - 1]),
        Dates::Stamp => format!("{year}-{month:02}-{day:02} 00:00:00"),
        Dates::Slashed { month_first, padded, short, mark } => {
            let (a, b) = if month_first { (month, day) } else { (day, month) };
            let year = if short { year % 100 } else { year };
            if padded {
                format!("{a:02}{mark}{b:02}{mark}{year:02}")
            } else {
                format!("{a}{mark}{b}{mark}{year:02}")
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Numbers {
    thousands: &'static str,
    decimal: char,
    decimals: usize,
    currency: (&'static str, &'static str),
    minus: u8,
}

/// Writes a number of thousandths.
fn write_number(value: i64, is_money: bool, numbers: Numbers) -> String {
    let digits = if is_money { numbers.decimals } else { 0 };
    let scale = 10_i64.pow(3 - digits as u32);
    let scaled = value.abs() / scale;
    let (whole, fraction) =
        (scaled / 10_i64.pow(digits as u32), scaled % 10_i64.pow(digits as u32));
    let mut text = String::new();
    let plain = whole.to_string();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            text.push_str(numbers.thousands);
        }
        text.push(digit);
    }
    if digits > 0 {
        text = format!("{text}{}{fraction:0digits$}", numbers.decimal);
    }
    if is_money {
        text = format!("{}{text}{}", numbers.currency.0, numbers.currency.1);
    }
    match (value < 0, numbers.minus) {
        (false, _) => text,
        (true, 0) => format!("-{text}"),
        (true, 1) => format!("({text})"),
        (true, 2) => format!("−{text}"),
        (true, _) => format!("{text}-"),
    }
}

#[derive(Clone, Debug)]
struct Plan {
    header: usize,
    dates: Dates,
    numbers: Numbers,
    separator: char,
    columns: Vec<usize>,
    start: i32,
    step: i32,
    values: Vec<[i64; 4]>,
    noise: u16,
    encoding: u8,
    reversed: bool,
}

fn quote(cell: &str, separator: char, always: bool) -> String {
    if always || cell.contains([separator, '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

impl Plan {
    fn days(&self) -> Vec<(Date, [i64; 4])> {
        let first = date!(2025 - 01 - 01).to_julian_day() + self.start;
        let date = |place: usize| Date::from_julian_day(first + place as i32 * self.step).unwrap();
        let mut days: Vec<_> =
            self.values.iter().enumerate().map(|(place, values)| (date(place), *values)).collect();
        days.retain(|(date, _)| *date <= TODAY);
        if self.reversed {
            days.reverse();
        }
        days
    }

    fn has(&self, noise: u16) -> bool {
        self.noise & (1 << noise) != 0
    }

    fn right(&self) -> Days {
        let value = |column: usize, values: &[i64; 4]| match column {
            3 => {
                let scale = 10_i64.pow(3 - self.numbers.decimals as u32);
                (values[3] / scale * scale) as f64 / 1_000.0
            }
            column => (values[column] / 1_000) as f64,
        };
        let of = |values: &[i64; 4]| {
            self.columns
                .iter()
                .map(|column| (SLUGS[*column].to_owned(), value(*column, values)))
                .collect()
        };
        self.days().iter().map(|(date, values)| (clock::iso_date(*date), of(values))).collect()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let header = HEADERS[self.header];
        let mut names = vec![header[0].to_owned()];
        names.extend(self.columns.iter().map(|column| header[column + 1].to_owned()));
        let days = self.days();
        if self.has(0) {
            rows.push(vec!["Report of the shop".to_owned()]);
            rows.push(vec![]);
        }
        rows.push(names.clone());
        let total = || {
            let sum = |column: &usize| days.iter().map(|(_, values)| values[*column]).sum::<i64>();
            let cells = self
                .columns
                .iter()
                .map(|column| write_number(sum(column), *column == 3, self.numbers));
            std::iter::once("Total".to_owned()).chain(cells).collect::<Vec<_>>()
        };
        if self.has(1) {
            rows.push(total());
        }
        for (place, (date, values)) in days.iter().enumerate() {
            let cells = self.columns.iter().map(|column| {
                let value = if *column == 3 { values[3] } else { values[*column] / 1_000 * 1_000 };
                write_number(value, *column == 3, self.numbers)
            });
            rows.push(std::iter::once(write_date(*date, self.dates)).chain(cells).collect());
            if self.has(2) && place == days.len() / 2 {
                rows.push(names.clone());
            }
        }
        if self.has(3) {
            rows.push(total());
        }
        if self.has(4) {
            rows.iter_mut().filter(|row| row.len() > 1).for_each(|row| row.push(String::new()));
        }
        if self.has(5) {
            let width = rows.iter().map(Vec::len).max().unwrap_or(0);
            rows.push(vec![String::new(); width]);
        }
        if self.has(6) {
            rows.push(vec![]);
            rows.push(vec!["Created by the shop's program".to_owned()]);
        }
        rows
    }

    fn text(&self) -> String {
        let end = if self.has(7) { "\r\n" } else { "\n" };
        let line = |row: &Vec<String>| {
            let cells: Vec<String> =
                row.iter().map(|cell| quote(cell, self.separator, self.has(8))).collect();
            format!("{}{end}", cells.join(&self.separator.to_string()))
        };
        let hint = if self.has(9) { format!("sep={}{end}", self.separator) } else { String::new() };
        format!("{hint}{}", self.rows().iter().map(line).collect::<String>())
    }

    fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        match self.encoding {
            0 => text.into_bytes(),
            1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            2 => [
                &[0xff, 0xfe][..],
                &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
            ]
            .concat(),
            _ => match WINDOWS_1252.encode(&text) {
                (bytes, _, false) => bytes.into_owned(),
                _ => UTF_8.encode(&text).0.into_owned(),
            },
        }
    }

    /// Returns the answer that a member who knows the file gives.
    fn answer(&self, question: &Question) -> String {
        let decimals = if self.numbers.decimal == ',' { "comma" } else { "point" };
        let dates = match self.dates {
            Dates::Slashed { month_first: true, .. } => "monthFirst",
            _ => "dayFirst",
        };
        match question.key.as_str() {
            "decimals" => decimals.to_owned(),
            "dates" => dates.to_owned(),
            "grain" => "day".to_owned(),
            "sales" => "revenue".to_owned(),
            key => panic!("{key}: {question:?}\n{}", self.text()),
        }
    }
}

fn plans() -> impl Strategy<Value = Plan> {
    let slashed = (any::<bool>(), any::<bool>(), any::<bool>(), select(vec!['/', '.', '-']))
        .prop_map(|(month_first, padded, short, mark)| Dates::Slashed {
            month_first: month_first && mark != '.',
            padded,
            short,
            mark,
        });
    let dates = prop_oneof![
        Just(Dates::Iso),
        Just(Dates::Compact),
        Just(Dates::Named),
        Just(Dates::Stamp),
        slashed.clone(),
        slashed
    ];
    let numbers = (
        select(vec![
            ("", '.'),
            ("", ','),
            (",", '.'),
            (".", ','),
            (" ", ','),
            ("\u{a0}", ','),
            ("\u{202f}", ','),
            ("'", '.'),
            ("’", '.'),
        ]),
        select(vec![0_usize, 1, 2, 2, 2, 3]),
        select(vec![
            ("", ""),
            ("$", ""),
            ("€ ", ""),
            ("", " €"),
            ("", "\u{a0}EUR"),
            ("CHF ", ""),
            ("", " kr"),
        ]),
        0_u8..4,
    )
        .prop_map(|((thousands, decimal), decimals, currency, minus)| Numbers {
            thousands,
            decimal,
            decimals,
            currency,
            minus,
        });
    let columns = proptest::sample::subsequence(vec![0_usize, 1, 2, 3], 1..=4);
    let value = (
        0_i64..3_000,
        0_i64..2_500,
        0_i64..200,
        prop_oneof![8 => 0_i64..9_000_000, 1 => -500_000_i64..0, 1 => Just(0)],
    )
        .prop_map(|(a, b, c, d)| [a * 1_000, b * 1_000, c * 1_000, d]);
    let shape = (0_usize..8, dates, numbers, select(vec![',', ';', '\t', '|']), columns);
    let body = (
        0_i32..690,
        prop_oneof![9 => Just(1), 1 => 2_i32..5],
        proptest::collection::vec(value, 1..40),
        any::<u16>(),
        0_u8..4,
        any::<bool>(),
    );
    (shape, body).prop_map(
        |(
            (header, dates, numbers, separator, columns),
            (start, step, values, noise, encoding, reversed),
        )| Plan {
            header,
            dates,
            numbers,
            separator,
            columns,
            start,
            step,
            values,
            noise,
            encoding,
            reversed,
        },
    )
}

fn close(a: &Days, b: &Days) -> bool {
    let flat = |days: &Days| -> Vec<(String, String)> {
        days.iter()
            .flat_map(|(date, values)| values.keys().map(|slug| (date.clone(), slug.clone())))
            .collect()
    };
    flat(a) == flat(b)
        && a.iter()
            .all(|(date, values)| values.iter().all(|(slug, n)| (n - b[date][slug]).abs() < 1e-6))
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn generated_files_are_never_read_wrong(plan in plans()) {
        let content = plan.bytes();
        let mut answers: Vec<(String, String)> = Vec::new();
        // An answer can lead to another question.
        for _ in 0..4 {
            let given: Vec<(&str, &str)> = answers.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            match outcome(&content, &given) {
                Outcome::Read(days, grain) => {
                    prop_assert_eq!(grain, Grain::Day);
                    prop_assert!(close(&days, &plan.right()), "{}\n{:#?}\n{:#?}", plan.text(), days, plan.right());
                    return Ok(());
                }
                Outcome::Asked(questions) => {
                    for question in questions {
                        let answer = plan.answer(&question);
                        prop_assert!(question.choices.iter().any(|choice| choice.value == answer), "{}\n{:?}", plan.text(), question);
                        answers.push((question.key, answer));
                    }
                }
                Outcome::Refused(refusal) => prop_assert!(false, "{:?}\n{}", refusal, plan.text()),
            }
        }
        prop_assert!(false, "questions without an end");
    }
}

//! Fuzz targets: files of days, and numbers as people write them.

use std::collections::HashSet;

use time::Date;

use super::model::{Measure, Settings, measures};
use super::{exports, numbers};
use crate::fuzzing::{fuzz_target, mutated, mutated_text};
use crate::platform::clock;

const FILES: [&str; 7] = [
    "date,sessions,users,conversions,revenue\n2026-11-01,120,85,6,940.50\n2026-11-02,1,2,3,4\n",
    "\u{feff}date;sessions;users;conversions;revenue\r\n2026-11-01;1.200;85;6;1.940,50\r\n",
    "Day\tSessions\tUsers\tConversions\tRevenue\n11/01/2026\t120\t85\t6\t€ 940.50\n",
    "\"date\",\"sessions\",\"users\",\"conversions\",\"revenue\"\n\"2026-11-01\",\"1,200\",\"\"\"8\",\"6\",\"(3)\"\n",
    "sep=;\ndate;sessions;users;conversions;revenue\n01.11.2026;1;2;3;1'234,5\n",
    "# comment\n\ndate,revenue,users,conversions,sessions\n2026-11-01,,,,\n",
    "date,sessions,users,conversions,revenue\n2026-11-01,1,2,3,4\n2026-11-01,1,2,3,4\nTotal,1,2,3,4\n",
];

const NUMBERS: [&str; 10] = [
    "1234.5",
    "1.234,5",
    "1 234,50",
    "1'234.50",
    "1.2E+05",
    "(12)",
    "−7 %",
    "€ 1,234",
    "12-",
    "1,2,3",
];

fn known() -> Vec<Measure> {
    measures(&[], &Settings::default())
}

#[test]
fn fuzz_files_of_days() {
    let (measures, today) = (known(), Date::from_calendar_date(2026, time::Month::November, 26));
    let today = today.unwrap_or(Date::MIN);
    fuzz_target!(3_000, |bytes: &[u8]| {
        match exports::read_plain(&mutated(&FILES, bytes), &measures, today) {
            Ok(sheet) => {
                let dates: HashSet<&str> =
                    sheet.periods.iter().map(|day| day.date.as_str()).collect();
                assert_eq!(dates.len(), sheet.periods.len(), "each date once");
                assert!(
                    dates.iter().all(|date| clock::parse_date(date).is_some_and(|it| it <= today))
                );
            }
            Err(refusal) => assert!(refusal.count > 0 && !refusal.faults.is_empty()),
        }
    });
}

#[test]
fn fuzz_numbers() {
    fuzz_target!(3_000, |bytes: &[u8]| {
        let text = mutated_text(&NUMBERS, bytes);
        if let Ok(Some(reading)) = numbers::read(&text) {
            for number in [reading.alone(false), reading.alone(true)].into_iter().flatten() {
                assert!(number.is_finite(), "{text:?}");
                assert!(text.chars().any(char::is_numeric), "{text:?}");
            }
        }
    });
}

//! Names of months and weekdays in seven languages.

/// Each month's names, without accents: English, German, French, Spanish, Italian, Dutch, Portuguese.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "janner", "jaenner", "janvier", "enero", "gennaio", "januari",
        "janeiro", "jan", "janv", "ene", "gen",
    ],
    &[
        "february",
        "februar",
        "feber",
        "fevrier",
        "febrero",
        "febbraio",
        "februari",
        "fevereiro",
        "feb",
        "fev",
        "fevr",
    ],
    &["march", "marz", "maerz", "mars", "marzo", "maart", "marco", "mar", "mrz", "mrt"],
    &["april", "avril", "abril", "aprile", "apr", "avr", "abr"],
    &["may", "mai", "mayo", "maggio", "mei", "maio", "mag"],
    &["june", "juni", "juin", "junio", "giugno", "junho", "jun", "giu"],
    &["july", "juli", "juillet", "julio", "luglio", "julho", "jul", "juil", "lug"],
    &["august", "aout", "agosto", "augustus", "aug", "ago"],
    &[
        "september",
        "septembre",
        "septiembre",
        "setiembre",
        "settembre",
        "setembro",
        "sep",
        "sept",
        "set",
    ],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "oct", "okt", "ott", "out"],
    &["november", "novembre", "noviembre", "novembro", "nov"],
    &["december", "dezember", "decembre", "diciembre", "dicembre", "dezembro", "dec", "dez", "dic"],
];

const WEEKDAYS: [&str; 67] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lun",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
    "lunedi",
    "martedi",
    "mercoledi",
    "giovedi",
    "venerdi",
    "sabato",
    "domenica",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
    "segunda",
];

/// Returns the month, from 1, of a lower-case word without accents.
pub fn month(word: &str) -> Option<u8> {
    let place = MONTHS.iter().position(|names| names.contains(&word))?;
    u8::try_from(place + 1).ok()
}

pub fn is_weekday(word: &str) -> bool {
    WEEKDAYS.contains(&word)
}

/// Returns a text in lower case without accents.
pub fn plain(text: &str) -> String {
    let fold = |c: char| match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'ý' | 'ÿ' => 'y',
        c => c,
    };
    text.to_lowercase().chars().map(fold).collect()
}

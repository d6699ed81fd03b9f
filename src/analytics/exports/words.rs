//! What headers and labels mean, in English, German, French, Spanish, Italian, Dutch and Portuguese.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::months::plain;
use crate::analytics::model::Grain;

/// Returns a header in lower case without accents, punctuation, currencies and units: `total sales` for
/// `Total_Sales (EUR)`.
pub fn key(name: &str) -> String {
    let name = plain(name);
    // What stands in brackets is a unit: `Revenue (EUR)`, `Created (UTC)`.
    let outside: String = {
        let mut depth = 0_u32;
        let keep = |c: &char| {
            depth = match c {
                '(' | '[' => depth + 1,
                ')' | ']' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0 && !matches!(c, ')' | ']')
        };
        name.chars().filter(keep).collect()
    };
    let words = outside.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.filter(|word| super::numerals::currency(word).is_none()).collect();
    words.join(" ")
}

/// Returns a name as it is compared with the name of a metric: what stands in brackets is a part of it, unless it is a
/// unit.
pub fn exact_key(name: &str) -> String {
    let lower = plain(name);
    let tidied = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let in_brackets = lower.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let is_unit = |text: &str| {
        let text = text.trim();
        text == "%" || text == "utc" || super::numerals::currency(text).is_some()
    };
    match in_brackets {
        Some((unit, _)) if !is_unit(unit) => tidied,
        _ => key(name),
    }
}

/// How many of the words for dates name nothing else.
const SUREST_DATES: usize = 14;

/// Returns how likely a header is that of the date: 0 for none.
pub fn date_rank(name: &str) -> u8 {
    let key = key(name);
    match place("date", &key) {
        Some(place) if place < SUREST_DATES => 3,
        Some(_) => 2,
        None if grain(name).is_some() => 3,
        None => {
            let has = |word: &str| key.split(' ').any(|it| it == word);
            u8::from(
                ["date", "datum", "fecha", "data", "day", "tag", "jour", "dia"]
                    .iter()
                    .any(|word| has(word)),
            )
        }
    }
}

/// Returns the period that a header names: `Week`, `Monat`.
pub fn grain(name: &str) -> Option<Grain> {
    let key = key(name);
    let parts: Vec<&str> = key.split(' ').collect();
    let has = |names: &[&str]| parts.len() <= 3 && parts.iter().any(|word| names.contains(word));
    if has(&["week", "weeks", "woche", "kalenderwoche", "kw", "semaine", "semana", "settimana"]) {
        return Some(Grain::Week);
    }
    if has(&["month", "months", "monat", "mois", "mes", "mese", "maand"]) {
        return Some(Grain::Month);
    }
    if has(&["quarter", "quartal", "trimestre", "kwartaal"]) {
        return Some(Grain::Quarter);
    }
    has(&["year", "jahr", "annee", "ano", "anno", "jaar"]).then_some(Grain::Year)
}

/// Which day of its period a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    First,
    Last,
}

/// Returns whether a header says that its dates are first or last days: `Week starting`, `Month end`.
pub fn edge(name: &str) -> Option<Edge> {
    const FIRST: [&str; 12] = [
        "start",
        "starts",
        "starting",
        "begin",
        "begins",
        "beginning",
        "commencing",
        "from",
        "ab",
        "beginn",
        "debut",
        "inicio",
    ];
    const LAST: [&str; 10] =
        ["end", "ends", "ending", "ended", "until", "to", "bis", "ende", "fin", "fine"];
    let key = key(name);
    let has = |words: &[&str]| key.split(' ').any(|word| words.contains(&word));
    match (has(&FIRST), has(&LAST)) {
        (true, false) => Some(Edge::First),
        (false, true) => Some(Edge::Last),
        _ => None,
    }
}

/// Returns whether a header names fiscal years.
pub fn is_fiscal(name: &str) -> bool {
    let key = key(name);
    key.split(' ').any(|word| ["fiscal", "financial", "fy", "geschaftsjahr"].contains(&word))
}

/// The words of each meaning, with their places in its list.
static VOCABULARY: LazyLock<HashMap<&str, HashMap<&str, usize>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
    let mut meaning = "";
    for line in include_str!("vocabulary.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => meaning = name,
            None => {
                let known = all.entry(meaning).or_default();
                for word in line.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                    let place = known.len();
                    known.entry(word).or_insert(place);
                }
            }
        }
    }
    all
});

/// Lists the words of a meaning.
pub fn words(meaning: &str) -> impl Iterator<Item = &'static str> {
    VOCABULARY.get(meaning).into_iter().flat_map(|words| words.keys().copied())
}

/// Returns whether a key has a meaning.
pub(super) fn is(meaning: &str, key: &str) -> bool {
    place(meaning, key).is_some()
}

/// Returns the place of a key among those of a meaning, the surest first.
fn place(meaning: &str, key: &str) -> Option<usize> {
    VOCABULARY.get(meaning)?.get(key).copied()
}

/// Returns the slug of the built-in metric that a header names.
pub fn metric(name: &str) -> Option<&'static str> {
    let key = key(name);
    ["sessions", "users", "conversions", "revenue"].into_iter().find(|slug| is(slug, &key))
}

/// Returns whether a header that names `users` rather counts buyers.
pub fn counts_buyers(name: &str) -> bool {
    ["customers", "kunden", "clients", "clientes"].contains(&key(name).as_str())
}

/// Returns whether a header can name a built-in metric, and as well something else: what a business bought, its
/// customers, or the number of a session. `others`: the names of all columns.
pub fn is_ambiguous(name: &str, others: &[String]) -> bool {
    const AMBIGUOUS: [&str; 13] = [
        "purchases",
        "compras",
        "acquisti",
        "aankopen",
        "achats",
        "kaufe",
        "session",
        "sitzung",
        "user",
        "visit",
        "visitor",
        "unique visitor",
        "conversion",
    ];
    let is_short =
        |it: &String| it != name && it.len() == 2 && it.bytes().all(|c| c.is_ascii_alphabetic());
    match key(name).as_str() {
        // Among the codes of states it is California.
        "ca" => others.iter().any(is_short),
        // Beside visits they are those who came.
        _ if counts_buyers(name) => !others.iter().any(|it| metric(it) == Some("sessions")),
        key => AMBIGUOUS.contains(&key),
    }
}

pub fn is_amount(name: &str) -> bool {
    is("amount", &key(name))
}

pub fn is_refunded(name: &str) -> bool {
    is("refunded", &key(name))
}

/// Returns how surely a header names the number of an order: 0 for an order, 1 for a payment or a document, 2 for a
/// number of anything.
pub fn id_rank(name: &str) -> Option<u8> {
    let key = key(name);
    let parts: Vec<&str> = key.split(' ').collect();
    let has = |meaning: &str| parts.iter().any(|word| is(meaning, word));
    let is_numbered = parts.len() > 1
        && ["id", "number", "no", "nr", "num", "reference", "ref", "code"]
            .contains(&parts[parts.len() - 1]);
    let compound = |meaning: &str| {
        key.strip_suffix("nummer").is_some_and(|start| is(meaning, start.trim_end_matches('s')))
    };
    if has("not an order") {
        return None;
    }
    if is_numbered && has("order word")
        || is("id", &key) && has("order word")
        || compound("order word")
    {
        return Some(0);
    }
    if is_numbered && has("payment word")
        || is("id", &key) && has("payment word")
        || compound("payment word")
    {
        return Some(1);
    }
    is("id", &key).then_some(2)
}

pub fn is_status(name: &str) -> bool {
    is("status", &key(name))
}

pub fn is_currency(name: &str) -> bool {
    let key = key(name);
    key.split(' ').any(|word| {
        ["currency", "wahrung", "devise", "moneda", "valuta", "moeda", "divisa", "monnaie"]
            .contains(&word)
    })
}

/// Returns whether a header names a part of a business of which each order and visit belongs to one.
pub fn is_part(name: &str) -> bool {
    is("part", &key(name))
}

/// Returns whether a header names whom or what a business paid.
pub fn is_spending(name: &str) -> bool {
    key(name).split(' ').any(|word| is("spending", word))
}

/// Returns whether a header can name an amount or a number of sales.
pub fn is_sales(name: &str) -> bool {
    ["sales", "ventes", "ventas", "vendite", "verkopen", "vendas", "verkaufe", "total sales"]
        .contains(&key(name).as_str())
}

/// Returns whether a header says that a column has the names of metrics.
pub fn names_metrics(name: &str) -> bool {
    [
        "metric",
        "metrics",
        "kpi",
        "measure",
        "kennzahl",
        "metrik",
        "indicator",
        "indicateur",
        "metrica",
        "indicador",
    ]
    .contains(&key(name).as_str())
}

/// Returns whether a label has the word for a total, an average or another summary.
pub fn is_total(label: &str) -> bool {
    let label = plain(label);
    if label.chars().count() > 60 {
        return false;
    }
    label.starts_with('ø')
        || label.split(|c: char| !c.is_alphanumeric()).any(|word| is("total", word))
}

/// Returns whether a label starts with the word for a total, alone or at the end of a longer word: `Total October`,
/// `Monatssumme`.
pub fn starts_as_total(label: &str) -> bool {
    let label = plain(label);
    let first = label.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    first.is_some_and(|word| is("total", word) || is_compound_total(word))
}

fn is_compound_total(word: &str) -> bool {
    ["summe", "totaal", "totale", "total", "gesamt"].iter().any(|total| word.ends_with(total))
}

/// Returns whether a label says nothing but that it is a total or an average: `Grand total`, but not `Social media`.
pub fn is_whole_total(label: &str) -> bool {
    const BESIDE: [&str; 10] =
        ["grand", "general", "overall", "of", "per", "day", "all", "daily", "pro", "tag"];
    let label = plain(label);
    let mut parts = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    is_total(&label) && parts.all(|word| is("total", word) || BESIDE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_accents_units_and_punctuation() {
        for (name, expected) in [
            ("Total_Sales (EUR)", "total sales"),
            ("Umsätze in €", "umsatze in"),
            ("Chiffre d'affaires", "chiffre d affaires"),
            ("Created date (UTC)", "created date"),
            ("nb_uniq_visitors", "nb uniq visitors"),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }

    #[test]
    fn metrics_are_found_in_seven_languages() {
        for (slug, names) in [
            (
                "sessions",
                ["Sessions", "Sitzungen", "Visites", "Sesiones", "Sessioni", "Bezoeken", "Sessões"],
            ),
            (
                "users",
                [
                    "Users",
                    "Besucher",
                    "Utilisateurs",
                    "Usuarios",
                    "Utenti",
                    "Gebruikers",
                    "Utilizadores",
                ],
            ),
            (
                "conversions",
                [
                    "Orders",
                    "Bestellungen",
                    "Commandes",
                    "Pedidos",
                    "Ordini",
                    "Bestellingen",
                    "Encomendas",
                ],
            ),
            (
                "revenue",
                [
                    "Sales",
                    "Umsatz",
                    "Chiffre d’affaires",
                    "Ventas",
                    "Fatturato",
                    "Omzet",
                    "Receita",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(metric(name), Some(slug), "{name}");
            }
        }
        for name in [
            "Engaged sessions",
            "New users",
            "Conversion rate",
            "Average order value",
            "Returns",
            "nb_users",
        ] {
            assert_eq!(metric(name), None, "{name}");
        }
    }
}

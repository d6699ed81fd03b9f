//! Word lists that classify numbers, for the languages replies are mostly written in.
//!
//! All lower case unless a list says otherwise. An unrecognised word leaves a plain number, so a gap here
//! causes at most a wrong or missing mark.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

pub(super) type Words = LazyLock<HashSet<&'static str>>;
/// Maps each word to its meaning.
pub(super) type Names = LazyLock<HashMap<&'static str, &'static str>>;
pub(super) type Scales = LazyLock<HashMap<&'static str, f64>>;

fn words(text: &'static str) -> HashSet<&'static str> {
    text.split_whitespace().collect()
}

/// Parses lines of the form `name: word word`.
fn names(text: &'static str) -> HashMap<&'static str, &'static str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .flat_map(|(name, words)| words.split_whitespace().map(move |word| (word, name.trim())))
        .collect()
}

/// Like [`names`], for numbers.
fn scales(text: &'static str) -> HashMap<&'static str, f64> {
    names(text).into_iter().filter_map(|(word, scale)| Some((word, scale.parse().ok()?))).collect()
}

/// Follows a number and means percent.
pub(super) static PERCENT: Words = LazyLock::new(|| {
    words(
        "percent percents percentage pct prozent
         pourcent procent prosent процентов процента processo",
    )
});

/// Follows a number and means percentage points.
pub(super) static POINTS: Words =
    LazyLock::new(|| words("pp ppt ppts prozentpunkte prozentpunkten prozentpunkt"));

/// Means percentage points behind or before a word for percent, or behind decimals.
pub(super) static POINT: Words =
    LazyLock::new(|| words("point points pts punkt punkte punkten puntos punto punti"));

pub(super) static OF_PERCENTAGE: Words =
    LazyLock::new(|| words("pourcentage porcentuales porcentual percentuali percentuale"));

/// Units of mass, length, volume and energy by their usual sign.
pub(super) static MEASURES: Names = LazyLock::new(|| {
    names(
        "kg: kg kilo kilos kilogram kilograms kilogramm kilogrammes
         g: gram grams gramm grammes gramos grammi
         t: tonne tonnes tonnen
         lb: lb lbs
         km: km kilometres kilometers kilometer
         l: litre litres liter litros litri
         kwh: kwh",
    )
});

/// Follows a number that names an error: `404 error`.
pub(super) static ERRORS: Words = LazyLock::new(|| words("error errors fehler erreur"));

/// Means percent after one of [`PER`].
pub(super) static PER_HUNDRED: Words = LazyLock::new(|| words("cent cento ciento hundert"));

pub(super) static PER: Words = LazyLock::new(|| words("per pour por"));

/// Scales attached to the digits. Case-sensitive.
pub(super) static SHORT_SCALES: Scales = LazyLock::new(|| {
    scales(
        "1e3: k K T
         1e6: m M mn mln mio Mio MM
         1e9: bn Bn B mrd Mrd",
    )
});

/// Scales that are a word of their own after the digits.
pub(super) static SCALES: Scales = LazyLock::new(|| {
    scales(
        "1e3: k thousand thousands grand tausend tsd mille milliers mil mila duizend tusen tys
         1e6: million millions mio mln mn millionen millón millones milhão milhões milione milioni miljoen miljoner millioner m
         1e9: billion billions bn mrd milliarde milliarden milliard milliards mld miljard",
    )
});

/// Currency signs and their codes. `$` stands for any dollar.
pub(super) const SIGNS: [(char, &str); 15] = [
    ('€', "EUR"),
    ('$', "$"),
    ('£', "GBP"),
    ('¥', "JPY"),
    ('₹', "INR"),
    ('₽', "RUB"),
    ('₺', "TRY"),
    ('₩', "KRW"),
    ('₪', "ILS"),
    ('₫', "VND"),
    ('₴', "UAH"),
    ('₦', "NGN"),
    ('฿', "THB"),
    ('₱', "PHP"),
    ('₿', "BTC"),
];

/// Currency codes, upper case.
pub(super) static CODES: Words = LazyLock::new(|| {
    words(
        "EUR USD GBP CHF JPY CNY INR AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH BRL MXN
         ARS CLP COP PEN ZAR NGN KES EGP AED SAR QAR ILS SGD HKD TWD KRW THB IDR MYR PHP VND PKR BDT LKR",
    )
});

/// Currency words and their codes.
pub(super) static MONEY: Names = LazyLock::new(|| {
    names(
        "EUR: euro euros
         $: dollar dollars dólares
         GBP: pounds quid
         CHF: francs franken fr sfr
         JPY: yen
         INR: rupees rs
         PLN: zł złoty
         SEK: kronor
         kr: kroner kr
         BRL: reais
         MXN: pesos
         CZK: kč
         HUF: ft",
    )
});

/// Units of time by stem, so that `days` and `Tage` are the same unit.
pub(super) static TIMES: Names = LazyLock::new(|| {
    names(
        "second: second seconds sec secs sekunden secondes segundos
         ms: ms milliseconds
         minute: minute minutes min mins minuten minutos minuti
         hour: hour hours hrs hr h stunde stunden heure heures hora horas ore uur
         day: day days tag tage tagen jour jours día días dias giorni dagen dagar dni werktage werktagen
         day: weekdays
         night: nights
         week: week weeks wks woche wochen semaine semaines semana semanas settimane weken veckor weekends
         week: sprints
         month: month months monat monate monaten mois mes meses mesi maanden månader
         quarter: quarter quarters quartale quartalen trimestres
         year: year years yrs jahr jahre jahren an ans années año años anos anni jaar år",
    )
});

/// May stand between a number and its unit of time: `30 calendar days`.
pub(super) static KINDS_OF_TIME: Words = LazyLock::new(|| {
    words(
        "more full working business calendar consecutive straight whole further other known trading
         previous prior preceding past last next coming following same opening weitere weiteren volle
         vollen letzten nächsten vergangenen kommenden bekannten derniers dernières prochains prochaines
         últimos últimas próximos próximas ultimi",
    )
});

/// Follows a number and makes it a time of day.
pub(super) static CLOCK: Words = LazyLock::new(|| words("am pm a.m p.m uhr o'clock o’clock hrs"));

pub(super) static MONTHS: Words = LazyLock::new(|| {
    words(
        "january february march april may june july august september october november december jan feb
         mar apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember mrz
         okt dez janvier février mars avril juin juillet août septembre octobre novembre décembre janv
         févr juil déc enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
         diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre janeiro
         fevereiro março maio junho julho setembro outubro novembro dezembro januari februari maart mei
         augustus maj augusti",
    )
});

/// Precedes a number that says which one, not how many.
pub(super) static WHICH: Words = LazyLock::new(|| {
    words(
        "step phase option point item no number nr goal priority level tier section chapter table figure
         fig page part question version release week day month quarter year fy kw calendar schritt punkt
         ziel seite tabelle abschnitt kapitel teil woche tag monat quartal frage stufe variante étape
         etape semaine jour mois objectif paso fase semana día objetivo opción opção passo settimana
         giorno stap art article iso gate line round sprint stage idea scenario plan ziffer phases steps
         days weeks tage phasen jours días top bus route line error http code source room suite building unit rule invoice order ticket case form model",
    )
});

/// Follows a number and says how often, which is advice rather than a figure.
pub(super) static OFTEN: Words =
    LazyLock::new(|| words("times mal fois veces vezes volte keer gånger"));

/// Ordinal suffixes.
pub(super) static ORDINALS: Words =
    LazyLock::new(|| words("st nd rd th er ère ere e ème eme nde o a"));

/// Precedes a year.
pub(super) static IN_A_YEAR: Words = LazyLock::new(|| {
    words(
        "in since by of for from during until till before after through and to late early mid year im
         seit bis vor nach ab jahr jahre en depuis dès avant après fin desde hasta de dal nel em i sedan
         vs versus than q1 q2 q3 q4",
    )
});

/// Precedes a rounded number, directly or one word earlier.
pub(super) static ABOUT: Words = LazyLock::new(|| {
    words(
        "about around roughly approximately approx circa ca c some nearly almost close near just slightly
         say rund etwa ungefähr zirka knapp fast gut environ presque quasi près autour unos unas
         aproximadamente casi cerca quase ongeveer bijna ungefär nästan well bit little",
    )
});

/// Like [`ABOUT`]; the true number is higher.
pub(super) static ABOVE: Words = LazyLock::new(|| {
    words(
        "over above exceeding über mehr more plus gut dépasse más mais oltre meer exceeds exceeded exceed
         least upwards passed mindestens",
    )
});

/// Like [`ABOUT`]; the true number is lower.
pub(super) static BELOW: Words = LazyLock::new(|| {
    words(
        "under below nearly almost less fewer unter knapp fast weniger moins presque menos casi quase
         meno quasi minder bijna nästan shy short most höchstens maximal",
    )
});

/// Precedes what something was before it changed.
pub(super) static FROM: Words =
    LazyLock::new(|| words("from von vom de du desde del da dal dall depuis"));

/// Joins the ends of a range.
pub(super) static TO: Words = LazyLock::new(|| words("to bis à a al tot till até"));

/// Like [`TO`], where one of [`BETWEEN`] precedes the lower end.
pub(super) static AND: Words = LazyLock::new(|| words("and und et y e en och"));

pub(super) static BETWEEN: Words =
    LazyLock::new(|| words("between zwischen entre tra tussen mellan"));

/// Precedes a span that has passed or is repeated.
pub(super) static RECENT: Words = LazyLock::new(|| {
    words(
        "the last past previous this that a per each every current letzten letzte letzter vergangenen dieser diese diesem pro je
         la le dernier derniers dernière dernières ce cette par último última últimos últimas pasada pasado esta este por
         ultimo ultima ultimi ultime scorsa scorso questa questo al nella nel un one two seven thirty sieben dreißig sept
         trente siete treinta sette trenta",
    )
});

/// Ends of streets' names.
pub(super) const STREETS: [&str; 14] = [
    "street",
    "road",
    "avenue",
    "lane",
    "straße",
    "strasse",
    "gasse",
    "allee",
    "weg",
    "platz",
    "damm",
    "ufer",
    "markt",
    "boulevard",
];

/// Precedes a postcode.
pub(super) static PLACES: Words =
    LazyLock::new(|| words("in to at nach aus à en a postcode zip plz cp"));

/// Names that a number belongs to.
pub(super) static PRODUCTS: Words = LazyLock::new(|| {
    words(
        "windows office microsoft iphone ipad android ios macos galaxy pixel excel photoshop ubuntu php python html
         airbus boeing peugeot porsche formel formula catch studio debian fedora node java postgresql mysql wordpress magento ssl tls http bluetooth wifi covid channel kanal radio chrome firefox",
    )
});

/// Headers of columns that contain row numbers.
pub(super) static RANKS: Words = LazyLock::new(|| {
    words("# no no. nr nr. rank priority step week phase year order schritt rang woche")
});

/// Words in fact labels that do not name what is counted.
pub(super) static SAID_OF_ALL: Words = LazyLock::new(|| {
    words(
        "total mean average days change previous against before last newest from with year week month
         same date over than known sum value daily",
    )
});

/// Precedes a duration that is a period rather than a figure.
pub(super) static SPANS: Words = LazyLock::new(|| {
    words(
        "in within for over every per each next last past previous first final the these those coming following
         after before until another least most binnen innerhalb für alle den die letzten nächsten ersten nach vor seit
         dans sous pendant les tous en durante cada los las próximos últimos durante dentro entro per nei gli",
    )
});

/// Follows a hedge and precedes its number: `more than`, `close to`, `plus de`.
pub(super) static THAN: Words =
    LazyLock::new(|| words("than to of at als de que di do dan än a an on"));

/// Number words below a hundred, without articles.
pub(super) static SPELLED: Scales = LazyLock::new(|| {
    scales(
        "0: zero zéro cero
         1: one
         2: two deux dos
         3: three trois tres
         4: four quatre cuatro
         5: five cinq cinco
         6: six seis
         7: seven sept siete
         8: eight huit ocho
         9: nine neuf nueve
         10: ten dix diez
         11: eleven onze
         12: twelve douze doce
         13: thirteen treize trece
         14: fourteen quatorze catorce
         15: fifteen quinze quince
         16: sixteen seize dieciséis
         17: seventeen diecisiete
         18: eighteen dieciocho
         19: nineteen diecinueve
         20: twenty vingt veinte
         25: veinticinco
         30: thirty trente treinta
         40: forty quarante cuarenta
         50: fifty cinquante cincuenta
         60: sixty soixante sesenta
         70: seventy setenta
         80: eighty ochenta
         90: ninety noventa",
    )
});

/// The components of German number words.
pub(super) static SPELLED_GERMAN: Scales = LazyLock::new(|| {
    scales(
        "0: null
         2: zwei
         3: drei
         4: vier
         5: fünf
         6: sechs
         7: sieben
         8: acht
         9: neun
         10: zehn
         11: elf
         12: zwölf
         13: dreizehn
         14: vierzehn
         15: fünfzehn
         16: sechzehn
         17: siebzehn
         18: achtzehn
         19: neunzehn
         20: zwanzig
         30: dreißig dreissig
         40: vierzig
         50: fünfzig
         60: sechzig
         70: siebzig
         80: achtzig
         90: neunzig",
    )
});

/// Numerators of fractions in words: `two thirds`.
pub(super) static SHARES: Scales = LazyLock::new(|| {
    scales(
        "1: a an one ein einem une un la die der
         2: two zwei deux dos
         3: three drei trois tres
         4: four vier quatre cuatro",
    )
});

/// Verbs that say a change, in percent.
pub(super) static MULTIPLIED: Scales = LazyLock::new(|| {
    scales(
        "100: doubled verdoppelt doublé duplicó duplicaron raddoppiato raddoppiati raddoppiate
         200: tripled trebled verdreifacht triplé triplicó triplicaron triplicato
         300: quadrupled vervierfacht quadruplé cuadruplicó
         -50: halved halbiert",
    )
});

/// Denominators of fractions in words.
pub(super) static PARTS: Scales = LazyLock::new(|| {
    scales(
        "2: half hälfte moitié mitad
         3: third thirds drittel tiers tercio tercios
         4: quarter quarters viertel quart quarts cuarto cuartos
         5: fifth fifths fünftel cinquième cinquièmes quinto quintos
         8: eighth eighths
         10: tenth tenths zehntel dixième dixièmes",
    )
});

/// Stands between a fraction and its whole.
pub(super) static OF: Words = LazyLock::new(|| {
    words("of the your our all des der von vom ihres ihrer aller de du des d del")
});

/// May stand between [`OF`] and the name of the whole.
pub(super) static WHOSE: Words = LazyLock::new(|| {
    words(
        "the your our all this that its their total daily monthly ihres ihrer ihren des der dem den votre
         vos tes les la le l su sus los las",
    )
});

/// Quantities that businesses measure and give fractions of.
pub(super) static MEASURED: Words = LazyLock::new(|| {
    words(
        "revenue revenues sales turnover income profit profits traffic sessions visits visitors users
         conversions orders customers clients buyers bookings subscribers umsatz umsatzes umsätze gewinn
         gewinns einnahmen sitzungen besuche besucher nutzer kunden bestellungen ventes revenus visites
         visiteurs utilisateurs clients commandes ingresos ventas sesiones visitas usuarios clientes
         pedidos conversiones",
    )
});

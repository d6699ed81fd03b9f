//! What headers and labels mean, in English, German, French, Spanish, Italian, Dutch and Portuguese.

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

const DATE: [&str; 51] = [
    "date", "day", "datum", "tag", "jour", "fecha", "dia", "data", "giorno", "dag", "period", "periode", "zeitraum",
    "date time", "datetime", "order date", "transaction date", "sale date", "sales date", "payment date", "created",
    "created at", "created date", "creation date", "order created", "date created", "bestelldatum", "kaufdatum",
    "rechnungsdatum", "buchungstag", "buchungsdatum", "belegdatum", "date de commande", "date de la commande",
    "fecha de pedido", "fecha del pedido", "fecha de compra", "data ordine", "data dell ordine", "besteldatum",
    "orderdatum", "data do pedido", "data da compra", "purchase date", "date paid", "paid at", "timestamp", "time",
    "transaction creation date", "datum uhrzeit", "date heure",
];

/// Returns how likely a header is that of the date: 0 for none.
pub fn date_rank(name: &str) -> u8 {
    let key = key(name);
    match DATE.iter().position(|known| *known == key) {
        Some(place) if place < 14 => 3,
        Some(_) => 2,
        None if grain(name).is_some() => 3,
        None => {
            let has = |word: &str| key.split(' ').any(|it| it == word);
            u8::from(["date", "datum", "fecha", "data", "day", "tag", "jour", "dia"].iter().any(|word| has(word)))
        }
    }
}

/// Returns the period that a header names: `Week`, `Monat`.
pub fn grain(name: &str) -> Option<Grain> {
    let key = key(name);
    let words: Vec<&str> = key.split(' ').collect();
    let has = |names: &[&str]| words.len() <= 3 && words.iter().any(|word| names.contains(word));
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

const SESSIONS: [&str; 31] = [
    "sessions", "session", "total sessions", "online store sessions", "visits", "visit", "total visits", "nb visits",
    "sitzungen", "sitzung", "besuche", "anzahl besuche", "visites", "nombre de visites", "seances", "sesiones",
    "visitas", "sessioni", "visite", "sessies", "bezoeken", "sessoes", "website visits", "store visits", "web sessions",
    "shop visits", "numero de sesiones", "numero di sessioni", "aantal sessies", "number of sessions", "site sessions",
];

const USERS: [&str; 47] = [
    "users", "user", "total users", "active users", "visitors", "visitor", "unique visitors", "unique visitor",
    "uniques", "nb uniq visitors", "total unique visitors", "online store visitors", "site visitors", "besucher",
    "benutzer", "nutzer", "nutzer gesamt", "aktive nutzer", "aktive benutzer", "eindeutige besucher", "unique users",
    "utilisateurs", "utilisateurs actifs", "visiteurs", "visiteurs uniques", "usuarios", "usuarios activos",
    "usuarios totales", "visitantes", "visitantes unicos", "utenti", "utenti attivi", "visitatori", "visitatori unici",
    "gebruikers", "actieve gebruikers", "bezoekers", "unieke bezoekers", "utilizadores", "utilizadores ativos",
    "usuarios ativos", "number of users", "number of visitors", "customers", "kunden", "clients", "clientes",
];

const CONVERSIONS: [&str; 66] = [
    "conversions", "conversion", "key events", "orders", "order count", "total orders", "number of orders",
    "orders count", "transactions", "transaction count", "purchases", "ecommerce purchases", "nb visits converted",
    "nb conversions", "goal completions", "goals completed", "konversionen", "schlusselereignisse", "bestellungen",
    "anzahl bestellungen", "auftrage", "transaktionen", "kaufe", "evenements cles", "commandes", "nombre de commandes",
    "nb commandes", "achats", "pedidos", "numero de pedidos", "eventos clave", "conversiones", "compras",
    "transacciones", "conversioni", "eventi chiave", "ordini", "numero ordini", "numero di ordini", "acquisti",
    "transazioni", "conversies", "bestellingen", "aantal bestellingen", "aankopen", "transacties", "conversoes",
    "encomendas", "eventos principais", "transacoes", "sales count", "number of sales", "orders placed", "net orders",
    "number of transactions", "anzahl der bestellungen", "conversions total", "total conversions", "total transactions",
    "total purchases", "anzahl auftrage", "total order items orders", "order quantity", "completed orders",
    "paid orders", "visits converted",
];

const REVENUE: [&str; 103] = [
    "revenue", "total revenue", "net revenue", "gross revenue", "purchase revenue", "ecommerce revenue",
    "total income", "income", "total for income", "sales", "total sales", "net sales", "gross sales", "turnover",
    "sales revenue", "sales amount", "total sales amount", "order revenue", "ordered product sales", "product sales",
    "revenues", "takings", "umsatz", "umsatze", "gesamtumsatz", "nettoumsatz", "bruttoumsatz", "umsatz netto",
    "umsatz brutto", "umsatzerlose", "erlos", "erlose", "einnahmen", "chiffre d affaires", "ca", "ca ht", "ca ttc",
    "chiffre d affaires ht", "chiffre d affaires ttc", "ventes", "ventes totales", "ventes nettes", "ventes brutes",
    "revenu", "revenus", "recettes", "revenu total", "total des revenus", "ingresos", "ingresos totales", "ventas",
    "ventas totales", "ventas netas", "ventas brutas", "facturacion", "ricavi", "ricavi totali", "fatturato", "vendite",
    "vendite totali", "vendite nette", "vendite lorde", "entrate", "omzet", "totale omzet", "netto omzet", "bruto omzet",
    "opbrengst", "opbrengsten", "verkopen", "totale verkopen", "receita", "receitas", "receita total", "vendas",
    "vendas totais", "vendas liquidas", "vendas brutas", "faturamento", "faturacao", "total revenues", "total turnover",
    "total net sales", "total gross sales", "sales total", "sales gross", "sales net", "order value total",
    "total order value", "total trading income", "total operating income", "total operating revenue", "nb revenue",
    "net sales amount", "gross sales amount", "total net revenue", "umsatz gesamt", "umsatzsumme", "wert der bestellungen",
    "revenue total", "gross volume", "net volume", "total collected",
];

/// Amounts of single orders and payments.
const AMOUNT: [&str; 68] = [
    "amount", "total", "gross", "net", "order total", "total amount", "order amount", "order value", "grand total",
    "gross amount", "net amount", "net total", "subtotal", "amount paid", "paid amount", "price", "sale amount",
    "transaction amount", "betrag", "gesamtbetrag", "summe", "brutto", "netto", "gesamt", "bruttobetrag",
    "nettobetrag", "rechnungsbetrag", "gesamtpreis", "bestellwert", "montant", "montant total", "total ttc",
    "total ht", "montant ttc", "montant ht", "importe", "importe total", "monto", "bruto", "neto", "importo",
    "importo totale", "totale", "lordo", "bedrag", "totaal", "totaalbedrag", "valor", "valor total", "total da venda",
    "amount captured", "converted amount", "order net", "total price", "order total amount", "order subtotal",
    "item total", "line total", "total incl tax", "total excl tax", "total including tax", "amount due", "invoice total",
    "invoice amount", "total paid", "total eur", "payment amount", "order net total",
];

/// Refunded amounts in a column of their own.
const REFUNDED: [&str; 11] = [
    "amount refunded", "refunded amount", "refund amount", "partial refunds", "refunds", "refund", "erstattet",
    "order refund amount", "montant rembourse", "importe reembolsado", "total refunded",
];

const ID: [&str; 56] = [
    "id", "order id", "order number", "order no", "order", "order nr", "name", "transaction id", "payment id",
    "invoice number", "invoice no", "invoice", "invoice id", "receipt", "receipt number", "receipt no", "reference",
    "charge id", "sale id", "bestellnummer", "bestell nr", "auftragsnummer", "rechnungsnummer", "belegnummer",
    "transaktionscode", "transaktionsnummer", "numero de commande", "commande", "numero de pedido", "pedido",
    "numero ordine", "ordine", "bestelnummer", "ordernummer", "factuurnummer", "numero do pedido", "source id",
    "balance transaction id", "settlement id", "num", "no", "nr", "number", "amazon order id", "order item id", "ref",
    "order ref", "order reference", "transaction", "transaction reference", "payment reference", "invoicenumber",
    "id de transaction", "id de transaccion", "bestelling", "sale number",
];

const STATUS: [&str; 32] = [
    "status", "state", "order status", "payment status", "financial status", "transaction status", "type",
    "transaction type", "event type", "payment type", "kind", "reporting category", "zahlungsstatus", "typ", "art",
    "bestellstatus", "statut", "etat", "statut de paiement", "estado", "tipo", "stato", "stato pagamento", "soort",
    "category", "transaktionstyp", "type de transaction", "tipo de transaccion", "record type", "entry type",
    "transaktionsart", "sale status",
];

/// A text's place in a list of known ones. The first are the surest.
fn is(names: &[&str], key: &str) -> bool {
    names.contains(&key)
}

/// Returns the slug of the built-in metric that a header names.
pub fn metric(name: &str) -> Option<&'static str> {
    let key = key(name);
    [("sessions", &SESSIONS[..]), ("users", &USERS), ("conversions", &CONVERSIONS), ("revenue", &REVENUE)]
        .into_iter()
        .find(|(_, names)| is(names, &key))
        .map(|(slug, _)| slug)
}

/// Returns whether a header that names `users` rather counts buyers.
pub fn counts_buyers(name: &str) -> bool {
    is(&["customers", "kunden", "clients", "clientes"], &key(name))
}

pub fn is_amount(name: &str) -> bool {
    is(&AMOUNT, &key(name))
}

pub fn is_refunded(name: &str) -> bool {
    is(&REFUNDED, &key(name))
}

pub fn is_id(name: &str) -> bool {
    let key = key(name);
    is(&ID, &key) || key.ends_with(" id") || key.ends_with(" number") || key.ends_with("nummer")
}

pub fn is_status(name: &str) -> bool {
    is(&STATUS, &key(name))
}

pub fn is_currency(name: &str) -> bool {
    let key = key(name);
    key.split(' ').any(|word| {
        ["currency", "wahrung", "devise", "moneda", "valuta", "moeda", "divisa", "monnaie"].contains(&word)
    })
}

/// Returns whether a header names a part of a business of which each order and visit belongs to one.
pub fn is_part(name: &str) -> bool {
    const PARTS: [&str; 36] = [
        "shop", "store", "location", "branch", "site", "channel", "sales channel", "device", "device category",
        "country", "region", "filiale", "standort", "laden", "kanal", "gerat", "land", "boutique", "magasin", "canal",
        "appareil", "pays", "tienda", "dispositivo", "pais", "negozio", "canale", "paese", "winkel", "vestiging",
        "apparaat", "loja", "market", "marketplace", "pos", "default channel group",
    ];
    is(&PARTS, &key(name))
}

/// Returns 1,000 or 1,000,000 if a header says that its numbers are counted in them.
pub fn scale(name: &str) -> Option<u32> {
    const THOUSANDS: [&str; 12] = ["k€", "t€", "k$", "k£", "teur", "keur", "kusd", "tsd", "thousand", "thousands", "000s", "1000"];
    const MILLIONS: [&str; 8] = ["mio", "million", "millions", "millionen", "m€", "m$", "meur", "mn"];
    let name = plain(name);
    let words: Vec<&str> = name.split(|c: char| !(c.is_alphanumeric() || "€$£".contains(c))).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let in_brackets = |letter: &str| name.contains(&format!("({letter})"));
    if has(&THOUSANDS) || in_brackets("k") || name.contains("'000") {
        return Some(1_000);
    }
    (has(&MILLIONS) || in_brackets("m")).then_some(1_000_000)
}

/// Returns whether a header can name an amount or a number of sales.
pub fn is_sales(name: &str) -> bool {
    ["sales", "ventes", "ventas", "vendite", "verkopen", "vendas", "verkaufe", "total sales"].contains(&key(name).as_str())
}

/// Returns whether a header says that a column has the names of metrics.
pub fn names_metrics(name: &str) -> bool {
    ["metric", "metrics", "kpi", "measure", "kennzahl", "metrik", "indicator", "indicateur", "metrica", "indicador"].contains(&key(name).as_str())
}

/// Returns whether a label is that of a total, an average or another summary.
pub fn is_total(label: &str) -> bool {
    const WORDS: [&str; 27] = [
        "total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "gesamtergebnis", "insgesamt", "somme", "totaal",
        "totale", "totali", "totais", "totales", "subtotal", "zwischensumme", "subtotaal", "average", "avg", "mean",
        "mittelwert", "durchschnitt", "moyenne", "promedio", "media", "gemiddelde", "suma",
    ];
    let label = plain(label);
    if label.chars().count() > 60 {
        return false;
    }
    label.starts_with('ø') || label.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
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
            ("sessions", ["Sessions", "Sitzungen", "Visites", "Sesiones", "Sessioni", "Bezoeken", "Sessões"]),
            ("users", ["Users", "Besucher", "Utilisateurs", "Usuarios", "Utenti", "Gebruikers", "Utilizadores"]),
            ("conversions", ["Orders", "Bestellungen", "Commandes", "Pedidos", "Ordini", "Bestellingen", "Encomendas"]),
            ("revenue", ["Sales", "Umsatz", "Chiffre d’affaires", "Ventas", "Fatturato", "Omzet", "Receita"]),
        ] {
            for name in names {
                assert_eq!(metric(name), Some(slug), "{name}");
            }
        }
        for name in ["Engaged sessions", "New users", "Conversion rate", "Average order value", "Returns", "nb_users"] {
            assert_eq!(metric(name), None, "{name}");
        }
    }
}

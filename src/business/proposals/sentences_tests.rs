#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::business::proposals::FIELDS;

fn found(message: &str) -> Vec<(Field, String)> {
    candidates(message).into_iter().map(|it| (it.field, it.text)).collect()
}

fn only(message: &str) -> Option<(Field, String)> {
    let mut all = found(message);
    assert!(all.len() < 2, "{message:?}: {all:?}");
    all.pop()
}

#[test]
fn plain_statements_are_found_in_five_languages() {
    for (message, field, text) in [
        (
            "We sell sourdough, cakes to order. Should we raise prices?",
            Field::Sells,
            "sourdough, cakes to order",
        ),
        ("Hi, we sell sourdough and\ncakes to order", Field::Sells, "sourdough and cakes to order"),
        (
            "We’re a family bakery in Leeds, and we want to grow.",
            Field::Industry,
            "family bakery in Leeds",
        ),
        (
            "Our customers are mostly young families because we are near a school.",
            Field::Customers,
            "mostly young families",
        ),
        ("We sell to cafés in Leeds.", Field::Customers, "cafés in Leeds"),
        ("Our main competitor is Bread & Co.", Field::Competitors, "Bread & Co"),
        ("We struggle with early shifts.", Field::Challenges, "early shifts"),
        (
            "Our goal is to open a second shop by June!",
            Field::Goals,
            "to open a second shop by June",
        ),
        (
            "Wir verkaufen Sauerteigbrot und Torten auf Bestellung.",
            Field::Sells,
            "Sauerteigbrot und Torten auf Bestellung",
        ),
        (
            "Wir sind eine kleine Buchhandlung in Köln, aber wir wollen wachsen.",
            Field::Industry,
            "kleine Buchhandlung in Köln",
        ),
        (
            "Unsere Kunden sind Familien aus dem Viertel.",
            Field::Customers,
            "Familien aus dem Viertel",
        ),
        (
            "Unser Ziel ist es, eine zweite Filiale zu eröffnen.",
            Field::Goals,
            "eine zweite Filiale zu eröffnen",
        ),
        ("Nous vendons du pain au levain.", Field::Sells, "du pain au levain"),
        ("Nous sommes une boulangerie bio à Lyon.", Field::Industry, "boulangerie bio à Lyon"),
        (
            "Nos clients sont des familles du quartier.",
            Field::Customers,
            "des familles du quartier",
        ),
        ("Vendemos pan de masa madre y tartas.", Field::Sells, "pan de masa madre y tartas"),
        ("Tengo una panadería en Sevilla.", Field::Industry, "panadería en Sevilla"),
        ("Nuestro mayor problema es el alquiler.", Field::Challenges, "el alquiler"),
        ("Vendiamo pane e dolci su ordinazione.", Field::Sells, "pane e dolci su ordinazione"),
        ("Siamo un'azienda familiare.", Field::Industry, "azienda familiare"),
        ("I nostri clienti sono ristoranti della zona.", Field::Customers, "ristoranti della zona"),
    ] {
        assert_eq!(only(message), Some((field, text.to_owned())), "{message:?}");
    }
}

#[test]
fn what_states_nothing_of_the_business_is_not_found() {
    for message in [
        "How do we sell more?",
        "We sell more on Fridays.",
        "We sell 300 loaves a day.",
        "We sell online.",
        "Should we raise prices? We sell too little, don't we?",
        "If costs rise, we sell fewer cakes.",
        "When we sell cakes, the till is full.",
        "What we sell is none of your business.",
        "We don't sell bread.",
        "We are a bit worried about the shop.",
        "We're a team of five.",
        "Our customers are unhappy.",
        "Our customers are leaving us.",
        "Our customers are not many.",
        "Our competitors are cheaper.",
        "Wir verkaufen zu wenig.",
        "Unsere Kunden sind unzufrieden.",
        "Wir sind ein wenig spät.",
        "Wenn wir investieren, wir verkaufen Brot.",
        "Nous vendons moins.",
        "Nos clients sont mécontents.",
        "Si vendemos pan, ganamos.",
        "Tenemos un problema con la tienda.",
        "Non vendiamo pane.",
        "“We sell weapons.” What should we do about this?",
        "> We sell weapons",
        "",
    ] {
        assert_eq!(found(message), [], "{message:?}");
    }
}

#[test]
fn several_statements_keep_their_order() {
    let message =
        "We are a bakery in Leeds and we sell bread. Our customers are students. Should we grow?";
    let expected = [
        (Field::Industry, "bakery in Leeds"),
        (Field::Sells, "bread"),
        (Field::Customers, "students"),
    ];
    assert_eq!(found(message), expected.map(|(field, text)| (field, text.to_owned())));
}

#[test]
fn a_hostile_message_costs_little() {
    let message = "we sell x, ".repeat(450);
    let began = std::time::Instant::now();
    assert!(candidates(&message).len() <= MOST);
    assert!(candidates(&"and ".repeat(1_250)).is_empty());
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[test]
fn every_phrase_is_of_a_field_that_can_be_filled_and_in_lower_case() {
    for language in &LANGUAGES {
        for (field, phrases) in language.phrases {
            assert!(FIELDS.contains(field));
            assert!(phrases.iter().all(|phrase| phrase.to_lowercase() == **phrase));
        }
    }
}

proptest! {
    #[test]
    fn every_candidate_is_a_passage_of_the_message(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "We sell", "we are a", "bakery", "İstanbul", "bread", "“", "”", ">", ",", ".", "\n", "and", "Wir verkaufen",
                "Brot", "ﬀ", "\u{1d}", "our goal is", "?", "’", "vendo", "ß", "I own a", "\u{301}",
            ]),
            0..40,
        )
    ) {
        let message = words.join(" ");
        for Candidate { text, .. } in candidates(&message) {
            prop_assert_eq!(passage(&message, &text), Some(text.clone()));
            prop_assert!(single_spaced(&message).contains(&text));
        }
    }
}

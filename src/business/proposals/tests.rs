use proptest::prelude::*;

use super::*;

fn profile(sells: &str) -> Profile {
    Profile { business_name: "Aroma".into(), sells: sells.into(), ..Profile::default() }
}

fn saved(stored: &str, text: &str) -> Option<(Action, String)> {
    let candidate = Candidate { field: Field::Sells, text: text.to_owned() };
    change(&profile(stored), &candidate).map(|it| (it.action, it.after))
}

#[test]
fn an_empty_field_is_filled_with_the_text() {
    assert_eq!(saved("", "bread"), Some((Action::Fill, "bread".to_owned())));
}

#[test]
fn a_list_grows_and_keeps_its_items() {
    for (stored, text, after) in [
        ("Sourdough", "coffee", "Sourdough, coffee"),
        ("Sourdough, cakes", "coffee", "Sourdough, cakes, coffee"),
        ("Sourdough; cakes", "coffee", "Sourdough; cakes; coffee"),
        ("Sourdough\ncakes", "coffee", "Sourdough\ncakes\ncoffee"),
        ("steaks", "tea", "steaks, tea"),
    ] {
        assert_eq!(saved(stored, text), Some((Action::Add, after.to_owned())), "{stored:?}");
    }
}

#[test]
fn a_text_with_every_item_replaces_the_list() {
    let text = "sourdough, coffee and cakes";
    assert_eq!(saved("Sourdough, cakes", text), Some((Action::Replace, text.to_owned())));
}

#[test]
fn nothing_else_is_changed() {
    for (stored, text) in [
        ("Sourdough and cakes to order", "cakes to order"),
        ("Sourdough, cakes", "cakes and coffee"),
        ("We bake. Mostly bread.", "coffee"),
        (
            "A long text about what the business sells, which is certainly no list of things",
            "coffee",
        ),
        ("", ""),
        ("", "a\u{1b}b"),
    ] {
        assert_eq!(saved(stored, text), None, "{stored:?} {text:?}");
    }
    let other = |field| Candidate { field, text: "Bakery".to_owned() };
    let full = Profile { industry: "Shop".into(), ..profile("") };
    for field in [Field::Industry, Field::BusinessName, Field::Size, Field::Tone] {
        assert_eq!(change(&full, &other(field)), None, "{field:?}");
    }
    let long = Candidate { field: Field::Industry, text: "x".repeat(121) };
    assert_eq!(change(&profile(""), &long), None, "the field takes no more than 120 characters");
}

#[test]
fn goals_are_added_until_there_are_enough() {
    let goal = |text: &str| Candidate { field: Field::Goals, text: text.to_owned() };
    let with = |count| Profile { goals: vec!["Grow".to_owned(); count], ..profile("") };
    let added = change(&with(1), &goal("Hire")).map(|it| (it.action, it.after));
    assert_eq!(added, Some((Action::Add, "Grow\nHire".to_owned())));
    assert_eq!(change(&with(1), &goal("grow")), None);
    assert_eq!(change(&with(MOST_GOALS), &goal("Hire")), None);
    assert_eq!(open_fields(&with(MOST_GOALS)).last(), Some(&Field::Challenges));
    assert_eq!(open_fields(&profile("Bread")).first(), Some(&Field::Industry));
    assert!(!open_fields(&profile("Bread")).contains(&Field::Sells));
}

proptest! {
    /// Saving keeps what the field held and adds the text, or stores the text alone.
    #[test]
    fn a_change_stores_the_text_and_what_was_there(
        stored in "[a-c,; \n.]{0,20}", text in "[a-c, ]{0,8}", place in 0..FIELDS.len()
    ) {
        let field = FIELDS[place];
        let typed = ProfilePatch::of(field, &stored).over(profile(""));
        let Ok(stored) = validation::check(typed) else { return Ok(()) };
        let candidate = Candidate { field, text: text.trim().to_owned() };
        if let Some(Change { action, before, after }) = change(&stored, &candidate) {
            prop_assert_eq!(&before, &stored.text(field));
            prop_assert!(after.ends_with(&candidate.text));
            match action {
                Action::Fill => prop_assert!(before.is_empty() && after == candidate.text),
                Action::Add => prop_assert!(after.starts_with(&before)),
                Action::Replace => prop_assert_eq!(&after, &candidate.text),
            }
            let saved = ProfilePatch::of(field, &after).over(stored.clone());
            let undone = ProfilePatch::of(field, &before).over(saved);
            prop_assert_eq!(undone, stored);
        }
    }
}

//! The facts that an adviser's form offers to put first, by topic.
//!
//! A choice is a prefix of fact ids (`K.revenue`), as [`Persona::facts_first`](super::model::Persona) stores
//! it. Stored prefixes that are not offered are kept and shown.

use serde::{Deserialize, Serialize};

use super::validation::is_fact_prefix;
use crate::analytics::model::{Metric, Settings, Standard, formulas, measures};

/// Fields of the profile and what they are called here, in the order of the profile's form.
const PROFILE: [(&str, &str); 11] = [
    ("P.businessName", "Business name"),
    ("P.industry", "Industry"),
    ("P.size", "People"),
    ("P.stage", "Stage"),
    ("P.revenueRange", "Revenue a year"),
    ("P.goals", "Goals"),
    ("P.sells", "What you sell"),
    ("P.customers", "Customers"),
    ("P.competitors", "Competitors"),
    ("P.challenges", "Challenges"),
    ("P.tone", "Tone of voice"),
];
const INSIGHTS: [(&str, &str); 4] = [
    ("I.", "All insights"),
    ("I.growth-pulse", "Growth"),
    ("I.anomaly-watch", "Unusual days"),
    ("I.data-health", "Missing and wrong numbers"),
];

/// Facts that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub title: String,
    pub choices: Vec<Choice>,
}

/// A prefix of fact ids with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub prefix: String,
    pub name: String,
    pub is_chosen: bool,
    /// Whether the prefix can be saved.
    pub is_valid: bool,
}

/// Returns the topics with what is chosen. `metrics` are the tenant's own, `chosen` prefixes of fact ids.
pub fn topics(metrics: &[Metric], chosen: &[&str]) -> Vec<Topic> {
    let choice = |prefix: &str, name: &str| Choice {
        prefix: prefix.to_owned(),
        name: name.to_owned(),
        is_chosen: chosen.contains(&prefix),
        is_valid: true,
    };
    let named =
        |all: &[(&str, &str)]| all.iter().map(|(prefix, name)| choice(prefix, name)).collect();
    let metric = |slug: &str, name: &str| choice(&format!("K.{slug}"), name);
    let own = measures(metrics, &Settings::default());
    let derived = formulas(metrics).into_iter().map(|(measure, _)| measure);
    let mut offered_metrics: Vec<Choice> =
        own.into_iter().chain(derived).map(|it| metric(&it.slug, &it.name)).collect();
    offered_metrics.extend(chosen.iter().filter_map(|prefix| not_recorded(prefix, metrics)));
    let mut topics = vec![
        Topic { title: "Business profile".to_owned(), choices: named(&PROFILE) },
        Topic { title: "Metrics".to_owned(), choices: offered_metrics },
        Topic { title: "Insights".to_owned(), choices: named(&INSIGHTS) },
    ];
    let offered: Vec<String> = topics
        .iter()
        .flat_map(|topic| &topic.choices)
        .map(|choice| choice.prefix.clone())
        .collect();
    let others: Vec<Choice> = chosen
        .iter()
        .filter(|prefix| !offered.iter().any(|offered| offered == *prefix))
        .map(|prefix| Choice {
            name: name_of(prefix, metrics),
            is_valid: is_fact_prefix(prefix),
            ..choice(prefix, "")
        })
        .collect();
    if !others.is_empty() {
        topics.push(Topic { title: "Other facts, by id".to_owned(), choices: others });
    }
    topics
}

/// Returns the choice of a standard metric that the business does not have. An adviser puts it first once it has.
fn not_recorded(prefix: &str, metrics: &[Metric]) -> Option<Choice> {
    let slug = prefix.strip_prefix("K.")?;
    let standard = Standard::find(slug)?;
    metrics.iter().all(|metric| metric.slug != slug).then(|| Choice {
        prefix: prefix.to_owned(),
        name: format!("{} (not recorded yet)", standard.name),
        is_chosen: true,
        is_valid: true,
    })
}

/// Names an archived metric. Other prefixes are shown as they are.
fn name_of(prefix: &str, metrics: &[Metric]) -> String {
    let archived =
        metrics.iter().find(|metric| prefix.strip_prefix("K.") == Some(metric.slug.as_str()));
    archived.map_or_else(|| prefix.to_owned(), |metric| format!("{} (archived)", metric.name))
}

/// Splits typed prefixes at white space and commas.
pub fn split(typed: &str) -> impl Iterator<Item = &str> {
    typed.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// Sorts prefixes as they were stored before; new ones follow in the order of the form. The first ones are the most
/// important.
pub fn in_stored_order(typed: &str, stored: &str) -> String {
    let stored: Vec<&str> = split(stored).collect();
    let rank = |prefix: &&str| stored.iter().position(|it| it == prefix).unwrap_or(stored.len());
    let mut chosen: Vec<&str> = split(typed).collect();
    chosen.sort_by_key(rank);
    chosen.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personas::built_in;

    fn metric(slug: &str, archived: bool) -> Metric {
        Metric { slug: slug.into(), name: slug.to_uppercase(), archived, ..Metric::default() }
    }

    fn chosen(topics: &[Topic]) -> Vec<&str> {
        let choices = topics.iter().flat_map(|topic| &topic.choices);
        choices.filter(|choice| choice.is_chosen).map(|choice| choice.prefix.as_str()).collect()
    }

    #[test]
    fn every_metric_of_the_business_is_offered_by_its_name() {
        let topics = topics(&[metric("churn", false), metric("gone", true)], &["K.churn"]);
        let names: Vec<&str> = topics[1].choices.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Sessions", "Users", "Conversions", "Revenue", "CHURN"]);
        assert_eq!((chosen(&topics), topics.len()), (vec!["K.churn"], 3));
    }

    #[test]
    fn derived_metrics_are_offered_and_standard_ones_until_the_business_has_them() {
        let formula = Some("revenue / 2".to_owned());
        let half = Metric { formula, ..metric("half", false) };
        let names = |metrics: &[Metric]| -> Vec<String> {
            let topics = topics(metrics, &["K.runway"]);
            topics[1].choices[4..].iter().map(|it| it.name.clone()).collect()
        };
        assert_eq!(names(&[half]), ["HALF", "Runway (not recorded yet)"]);
        assert_eq!(names(&[metric("runway", false)]), ["RUNWAY"]);
    }

    #[test]
    fn stored_facts_that_are_not_offered_are_kept_and_shown() {
        let stored = ["K.gone", "K.revenue.30d", "P.goals", "everything"];
        let topics = topics(&[metric("gone", true)], &stored);
        let others: Vec<(&str, bool)> =
            topics[3].choices.iter().map(|it| (it.name.as_str(), it.is_valid)).collect();
        assert_eq!(
            others,
            [("GONE (archived)", true), ("K.revenue.30d", true), ("everything", false)]
        );
        assert_eq!(chosen(&topics).len(), stored.len());
    }

    #[test]
    fn the_built_in_advisers_choose_from_what_is_offered() {
        for persona in built_in::all() {
            let chosen: Vec<&str> = persona.facts_first.iter().map(String::as_str).collect();
            assert_eq!(topics(&[], &chosen).len(), 3, "{chosen:?}");
        }
    }

    #[test]
    fn the_order_of_importance_survives_the_form() {
        assert_eq!(
            in_stored_order("P.goals\r\nK.users K.revenue,I.", "I.,K.revenue,P.stage"),
            "I.\nK.revenue\nP.goals\nK.users"
        );
        assert_eq!(in_stored_order("K.a, K.b", ""), "K.a\nK.b");
    }
}

//! Suggests the next questions after a reply, without a model: from its adviser and from the facts that it cites.
//!
//! Each question is about one fact that the business's data has and the reply does not cite, so the adviser can answer it.

use super::suggestions::quote;
use crate::facts::FactSet;
use crate::facts::model::Fact;
use crate::personas::model::Persona;

/// How many are returned: more than the page shows, because it leaves out those that were asked already.
const MOST: usize = 6;

/// Returns questions, the best first. `cited`: the ids of the facts that the reply cites, in order.
pub fn after(persona: &Persona, facts: &FactSet, cited: &[String]) -> Vec<String> {
    let known = Known { facts: facts.facts(), cited };
    let mut metrics: Vec<&str> = Vec::new();
    let preferred = facts.ordered(&persona.facts_first).into_iter();
    let preferred = preferred.filter_map(|place| Some(facts.facts().get(place)?.id.as_str()));
    for metric in cited.iter().map(String::as_str).chain(preferred).filter_map(metric_of) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let mut of_metrics = metrics.into_iter().map(|metric| known.of_metric(metric));
    let mut first = of_metrics.next().unwrap_or_default().into_iter();
    // One of what the reply is about, then others, so that the suggestions differ.
    let mut questions: Vec<String> = first.next().into_iter().collect();
    questions.extend(known.insight());
    questions.extend(of_metrics.filter_map(|all| all.into_iter().next()).take(2));
    questions.extend(first);
    questions.extend(known.goal());
    questions.extend(known.challenge());
    questions.truncate(MOST);
    questions
}

/// Returns the slug of the metric that a fact is about.
fn metric_of(id: &str) -> Option<&str> {
    id.strip_prefix("K.")?.split(['.', '@']).next()
}

struct Known<'a> {
    facts: &'a [Fact],
    cited: &'a [String],
}

impl Known<'_> {
    /// Finds a fact that the reply does not cite.
    fn open(&self, id: &str) -> Option<&Fact> {
        let fact = self.facts.iter().find(|fact| fact.id == id)?;
        (!self.cited.contains(&fact.id)).then_some(fact)
    }

    fn of_metric(&self, slug: &str) -> Vec<String> {
        let facts = self.facts.iter();
        let Some(name) = facts.filter(|it| metric_of(&it.id) == Some(slug)).find_map(name) else {
            return Vec::new();
        };
        [
            ("30d.change", format!("What changed in {name} against the 30 days before?")),
            ("7d.change", format!("What changed in {name} over the last 7 days?")),
            ("30d.year", format!("What is the change in {name} against a year earlier?")),
            ("30d.rate", "How many sessions become conversions?".to_owned()),
            ("30d.per-user", "How much revenue does a user bring?".to_owned()),
            ("30d", format!("What do the last 30 days say about {name}?")),
        ]
        .into_iter()
        .filter(|(window, _)| self.open(&format!("K.{slug}.{window}")).is_some())
        .map(|(_, question)| question)
        .collect()
    }

    /// About the newest insight that the reply does not cite.
    fn insight(&self) -> Option<String> {
        let is_summary = |id: &str| id.starts_with("I.") && id.ends_with(".1");
        let mut open = self.facts.iter().filter(|it| is_summary(&it.id) && it.number.is_none());
        let fact = open.find(|it| !self.cited.contains(&it.id))?;
        Some(format!("What should we do about this: “{}”?", quote(&fact.text)?))
    }

    fn goal(&self) -> Option<String> {
        let goal = quote(&self.open("P.goals.1")?.text)?;
        let is_of_numbers = self.cited.iter().any(|id| !id.starts_with("P."));
        Some(match is_of_numbers {
            true => format!("What does this mean for “{goal}”?"),
            false => format!("What are the next steps towards “{goal}”?"),
        })
    }

    fn challenge(&self) -> Option<String> {
        let challenge = quote(&self.open("P.challenges")?.text)?;
        Some(format!("What would help most with “{challenge}”?"))
    }
}

/// Returns a metric's name within a sentence, from the label of its fact: `revenue`, `“Churn rate”`.
fn name(fact: &Fact) -> Option<String> {
    if let Some(own) = fact.label.strip_prefix('“') {
        return Some(format!("“{}”", own.split_once('”')?.0));
    }
    let name = fact.label.split_once(", ")?.0;
    let mut chars = name.chars();
    Some(chars.next()?.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::model::{Knowledge, Number};
    use crate::personas::built_in;

    fn fact(id: &str, label: &str) -> Fact {
        let number = id.starts_with("K.").then(|| Number { value: 1.0, unit: String::new() });
        let text = "Sessions fell.".to_owned();
        Fact { id: id.into(), label: label.into(), text, number, ..Fact::default() }
    }

    fn set(facts: &[Fact]) -> FactSet {
        FactSet::new(Knowledge { facts: facts.to_vec(), ..Knowledge::default() }).unwrap()
    }

    fn numbers() -> Vec<Fact> {
        vec![
            fact("P.goals.1", "Goal 1 of 1"),
            fact("K.sessions.30d", "Sessions, 30 days to 31 Oct 2026, total"),
            fact("K.sessions.7d.change", "Sessions, change of the 7 days to 31 Oct 2026"),
            fact("K.revenue.30d", "Revenue, 30 days to 31 Oct 2026, total"),
            fact("K.revenue.30d.change", "Revenue, change of the 30 days to 31 Oct 2026"),
            fact("K.revenue.30d.year", "Revenue, change of the 30 days to 31 Oct 2026"),
            fact("I.growth-pulse.1", "Insight from growth-pulse"),
        ]
    }

    fn questions(slug: &str, facts: &[Fact], cited: &[&str]) -> Vec<String> {
        let cited: Vec<String> = cited.iter().map(|id| (*id).to_owned()).collect();
        after(&built_in::find(slug).unwrap(), &set(facts), &cited)
    }

    #[test]
    fn the_first_question_is_about_the_metric_that_the_reply_cites() {
        let after_sessions = questions("cfo", &numbers(), &["K.sessions.30d"]);
        assert_eq!(after_sessions[0], "What changed in sessions over the last 7 days?");
        let after_revenue = questions("cfo", &numbers(), &["K.revenue.30d"]);
        assert_eq!(after_revenue[0], "What changed in revenue against the 30 days before?");
    }

    #[test]
    fn what_the_reply_cites_is_not_asked_again() {
        let cited = ["K.revenue.30d", "K.revenue.30d.change", "I.growth-pulse.1"];
        let asked = questions("cfo", &numbers(), &cited);
        assert_eq!(asked[0], "What is the change in revenue against a year earlier?");
        for said in ["30 days before", "do about this"] {
            assert!(!asked.iter().any(|it| it.contains(said)), "{asked:?}");
        }
    }

    #[test]
    fn without_a_cited_metric_the_advisers_own_comes_first() {
        assert!(questions("cfo", &numbers(), &[])[0].contains("revenue"));
        assert_ne!(questions("cmo", &numbers(), &[]), questions("cfo", &numbers(), &[]));
    }

    #[test]
    fn only_questions_are_suggested_that_the_data_can_answer() {
        assert!(questions("ceo", &[], &[]).is_empty());
        let day = [fact("K.revenue@2026-10-31", "Revenue, 31 Oct 2026, one day")];
        assert!(questions("ceo", &day, &[]).is_empty(), "one day answers none of them");
        let goal = [fact("P.goals.1", "Goal 1 of 1")];
        assert_eq!(
            questions("ceo", &goal, &[]),
            ["What are the next steps towards “Sessions fell”?"]
        );
        assert!(questions("ceo", &goal, &["P.goals.1"]).is_empty());
    }

    #[test]
    fn questions_are_few_and_differ() {
        let mut asked = questions("cfo", &numbers(), &["K.revenue.30d"]);
        let count = asked.len();
        assert!((3..=MOST).contains(&count), "{asked:?}");
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), count);
    }

    #[test]
    fn a_custom_metric_goes_by_its_name_as_it_is_written() {
        let of = |label: &str| name(&fact("K.x.30d", label));
        assert_eq!(of("“Churn, net” (less is better), 30 days").as_deref(), Some("“Churn, net”"));
        assert_eq!(of("Revenue, 30 days").as_deref(), Some("revenue"));
    }
}

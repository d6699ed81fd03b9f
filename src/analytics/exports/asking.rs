//! Collects questions, and looks up their answers.

use std::collections::BTreeSet;

use crate::analytics::model::{Choice, Decision, Question, Sample};

/// The questions about a file. A question without a valid answer is open.
pub struct Asking<'a> {
    pub decision: &'a Decision,
    pub questions: Vec<Question>,
    pub open: BTreeSet<String>,
}

impl<'a> Asking<'a> {
    pub fn new(decision: &'a Decision) -> Self {
        Self { decision, questions: Vec::new(), open: BTreeSet::new() }
    }

    /// Asks a question. Returns the chosen value, if the member or an earlier decision has one.
    pub fn ask(
        &mut self,
        key: &str,
        text: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Option<String> {
        let answer = self.decision.answers.get(key);
        let chosen =
            answer.filter(|answer| choices.iter().any(|choice| choice.value == **answer)).cloned();
        if chosen.is_none() {
            self.open.insert(key.to_owned());
        }
        self.questions.push(Question {
            key: key.to_owned(),
            text: text.into(),
            choices,
            chosen: chosen.clone().unwrap_or_default(),
        });
        chosen
    }

    /// Shows a decision that the member can change. Returns the chosen value.
    pub fn show(
        &mut self,
        key: &str,
        text: impl Into<String>,
        choices: Vec<Choice>,
        proposed: &str,
    ) -> String {
        self.ask(key, text, choices).unwrap_or_else(|| {
            self.open.remove(key);
            if let Some(question) = self.questions.last_mut() {
                proposed.clone_into(&mut question.chosen);
            }
            proposed.to_owned()
        })
    }
}

/// Builds an answer without samples.
pub fn choice(value: impl Into<String>, label: impl Into<String>) -> Choice {
    Choice { value: value.into(), label: label.into(), samples: Vec::new() }
}

/// Builds an answer with samples of what it means.
pub fn choice_with(
    value: impl Into<String>,
    label: impl Into<String>,
    samples: Vec<(String, String)>,
) -> Choice {
    let samples = samples.into_iter().map(|(cell, meaning)| Sample { cell, meaning }).collect();
    Choice { samples, ..choice(value, label) }
}

//! Collects questions, and looks up their answers.

use std::collections::BTreeSet;

use super::faults::{shown, whole};
use crate::analytics::model::{Choice, Decision, Question, Refusal, Sample};

/// Maximum number of questions about a file, and of answers to one.
const MOST_QUESTIONS: usize = 80;
const MOST_CHOICES: usize = 80;
/// Maximum length of a question, and of an answer's label and samples, in characters.
const MOST_QUESTION_CHARS: usize = 500;
const MOST_LABEL_CHARS: usize = 200;
/// Maximum length of a cell's text in the key of a question.
const MOST_KEY_CHARS: usize = 80;

/// Returns the key of the question about the rows with a text in a column.
pub fn row_key(name: &str, value: &str) -> String {
    format!("rows:{name}:{}", shown(value, MOST_KEY_CHARS))
}

/// Returns a choice whose texts are bounded. Its value stays, as it is compared.
fn bounded(choice: Choice) -> Choice {
    let samples = choice.samples.into_iter().map(|sample| Sample {
        cell: shown(&sample.cell, MOST_LABEL_CHARS),
        meaning: shown(&sample.meaning, MOST_LABEL_CHARS),
    });
    Choice { label: shown(&choice.label, MOST_LABEL_CHARS), samples: samples.collect(), ..choice }
}

/// The questions about a file. A question without a valid answer is open.
pub struct Asking<'a> {
    pub decision: &'a Decision,
    pub questions: Vec<Question>,
    pub open: BTreeSet<String>,
    /// Sentences that name the rows left out.
    notes: Vec<String>,
}

impl<'a> Asking<'a> {
    pub fn new(decision: &'a Decision) -> Self {
        Self { decision, questions: Vec::new(), open: BTreeSet::new(), notes: Vec::new() }
    }

    /// Notes what is left out.
    pub fn note(&mut self, text: &str) {
        if self.notes.len() < MOST_QUESTIONS {
            self.notes.push(shown(text, MOST_QUESTION_CHARS));
        }
    }

    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Errors: the file raises more questions than anybody answers.
    pub fn check_number(&self) -> Result<(), Refusal> {
        if self.questions.len() <= MOST_QUESTIONS {
            return Ok(());
        }
        Err(whole(format!(
            "This file raises more than {MOST_QUESTIONS} questions. Remove the columns you do not need, and import it again."
        )))
    }

    /// Asks a question. Returns the chosen value, if the member or an earlier decision has one.
    pub fn ask(
        &mut self,
        key: &str,
        text: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Option<String> {
        let choices: Vec<Choice> = choices.into_iter().take(MOST_CHOICES).map(bounded).collect();
        let answer = self.decision.answers.get(key);
        let chosen =
            answer.filter(|answer| choices.iter().any(|choice| choice.value == **answer)).cloned();
        if chosen.is_none() {
            self.open.insert(key.to_owned());
        }
        // One more than is permitted says that there are too many.
        if self.questions.len() <= MOST_QUESTIONS {
            self.questions.push(Question {
                key: key.to_owned(),
                text: shown(&text.into(), MOST_QUESTION_CHARS),
                choices,
                chosen: chosen.clone().unwrap_or_default(),
            });
        }
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
            if let Some(question) = self.questions.last_mut().filter(|it| it.key == key) {
                proposed.clone_into(&mut question.chosen);
            }
            proposed.to_owned()
        })
    }
}

/// Returns `1 row` or `3 rows`.
pub fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// Returns `1 row is` or `3 rows are`.
pub fn rows_are(count: usize) -> String {
    format!("{} {}", rows(count), if count == 1 { "is" } else { "are" })
}

/// Returns `1 row has` or `3 rows have`.
pub fn rows_have(count: usize) -> String {
    format!("{} {}", rows(count), if count == 1 { "has" } else { "have" })
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

//! How much of the context fits into a prompt.
//!
//! A text has at most as many tokens as bytes. Most prompts fit by that bound alone; tokens are counted
//! only where they don't, and each text once.

use serde::{Deserialize, Serialize};

use super::{Asked, Exchange, GO_ON, end_of, system};
use crate::facts::FactSet;
use crate::personas::model::Persona;
use crate::platform::tokens;

/// Tokens that a model's chat template may set around a message.
const A_MESSAGE: usize = 16;
/// Tokens of the headings above the facts.
const HEADINGS: usize = 32;
/// Tokens kept free whatever the model: what its template sets before all messages.
const LEAST_MARGIN: usize = 256;
/// The share of a context that is kept free, as 1 in so many: other models cut text a little otherwise
/// than the one whose vocabulary counts.
const MARGIN: usize = 20;

/// How many tokens a prompt may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    tokens: usize,
}

/// What of the context a prompt holds and what it leaves out. Stored with the reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cut {
    /// How many of the last exchanges it holds.
    pub exchanges: u32,
    /// How many of the last [`MOST_EXCHANGES`](super::MOST_EXCHANGES) did not fit.
    #[serde(default)]
    pub exchanges_left_out: u32,
    /// The ids of the facts that did not fit.
    #[serde(default)]
    pub facts_left_out: Vec<String>,
}

impl Budget {
    /// What is left of a model's context beside an answer of `max_tokens`; at least half of it, since an
    /// answer to nothing is worth nothing.
    pub fn new(context: u32, max_tokens: u32) -> Self {
        let answer = max_tokens.min(context / 2) as usize;
        let context = context as usize;
        Self { tokens: context.saturating_sub(answer + (context / MARGIN).max(LEAST_MARGIN)) }
    }

    /// So many tokens, whatever the model.
    pub const fn of(tokens: usize) -> Self {
        Self { tokens }
    }

    /// How many tokens that are.
    pub fn tokens(self) -> usize {
        self.tokens
    }

    pub(super) fn cut(
        self,
        persona: &Persona,
        facts: &FactSet,
        history: &[Exchange],
        asked: Asked<'_>,
    ) -> Cut {
        let whole = Cut { exchanges: count(history.len()), ..Cut::default() };
        if self.holds_by_bytes(persona, facts, history, asked) {
            return whole;
        }
        let frame = tokens::count_once(&system(persona, facts, &without_facts(facts)));
        let mut left = self.tokens.saturating_sub(frame as usize + HEADINGS + Self::asking(asked));
        let order = facts.ordered(&persona.facts_first);
        let fact = |place: &usize| facts.tokens().get(*place).map_or(0, |n| *n as usize);
        let fitting = fitting(order.iter().map(fact), &mut left);
        let facts_left_out: Vec<String> = order
            .get(fitting..)
            .unwrap_or_default()
            .iter()
            .filter_map(|place| Some(facts.facts().get(*place)?.id.clone()))
            .collect();
        if !facts_left_out.is_empty() {
            left = 0;
        }
        let exchanges = self::fitting(history.iter().rev().map(exchange), &mut left);
        Cut {
            exchanges: count(exchanges),
            exchanges_left_out: count(history.len() - exchanges),
            facts_left_out,
        }
    }

    fn holds_by_bytes(
        self,
        persona: &Persona,
        facts: &FactSet,
        history: &[Exchange],
        asked: Asked<'_>,
    ) -> bool {
        let history: usize =
            history.iter().map(|it| it.question.len() + it.answer.len() + 2 * A_MESSAGE).sum();
        let asking = asked.question.len() + end_of(asked.partial).len() + GO_ON.len();
        let system = system::most_bytes(persona, facts);
        system + history + asking + 4 * A_MESSAGE <= self.tokens
    }

    fn asking(asked: Asked<'_>) -> usize {
        let count = |text: &str| tokens::count_once(text) as usize;
        let rest = match end_of(asked.partial) {
            "" => 0,
            partial => count(partial) + count(GO_ON) + 2 * A_MESSAGE,
        };
        count(asked.question) + rest + 2 * A_MESSAGE
    }
}

/// How many of the first sizes fit into what is left, which is less by them afterwards.
fn fitting(sizes: impl Iterator<Item = usize>, left: &mut usize) -> usize {
    sizes
        .take_while(|size| {
            let fits = size <= left;
            if fits {
                *left -= size;
            }
            fits
        })
        .count()
}

fn exchange(exchange: &Exchange) -> usize {
    let count = |text: &str| tokens::count_once(text) as usize;
    count(&exchange.question) + count(&exchange.answer) + 2 * A_MESSAGE
}

fn without_facts(facts: &FactSet) -> Cut {
    let ids = facts.facts().iter().map(|fact| fact.id.clone());
    Cut { facts_left_out: ids.collect(), ..Cut::default() }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

//! Token budget of a prompt.
//!
//! A text has at most as many tokens as bytes. Most prompts fit by that bound. Tokens are counted only if they do not,
//! and each text once.

use serde::{Deserialize, Serialize};

use super::{Asked, Branch, GO_ON, end_of, memory, system};
use crate::facts::FactSet;
use crate::personas::model::Persona;
use crate::platform::tokens;

/// Tokens that a model's chat template may add to a message.
pub(super) const A_MESSAGE: usize = 16;
/// Tokens of the headings above the facts.
const HEADINGS: usize = 32;
/// Reserve for tokens that the template adds before all messages.
const LEAST_MARGIN: usize = 256;
/// Tokens reserved for the question, so that its length does not affect which facts are omitted.
const A_QUESTION: usize = 1_500;
/// One in this many tokens of a context stays free, because other tokenizers differ a little from the one used for
/// counting.
const MARGIN: usize = 20;

/// The token budget of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    tokens: usize,
}

/// What a prompt omits. Stored with the reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cut {
    /// The last message that it does not contain whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<String>,
    /// The ids of the omitted facts.
    #[serde(default)]
    pub facts_left_out: Vec<String>,
}

/// The allocation of the tokens.
pub(super) struct Shares {
    /// The ids of the facts that do not fit.
    pub facts_left_out: Vec<String>,
    /// The tokens for the conversation so far.
    pub history: usize,
}

impl Budget {
    /// Returns the budget that a model's context leaves beside a reply of `max_tokens` and a
    /// margin. The reply counts as at most half of the context, because a reply without a prompt is
    /// useless.
    pub fn new(context: u32, max_tokens: u32) -> Self {
        let answer = max_tokens.min(context / 2) as usize;
        let context = context as usize;
        Self { tokens: context.saturating_sub(answer + (context / MARGIN).max(LEAST_MARGIN)) }
    }

    /// Creates a budget of this many tokens.
    pub const fn of(tokens: usize) -> Self {
        Self { tokens }
    }

    /// Returns the number of tokens.
    pub fn tokens(self) -> usize {
        self.tokens
    }

    /// Allocates the tokens. Facts get up to two thirds of what the rules and the question leave;
    /// the conversation so far gets the rest. The shares depend neither on the conversation nor,
    /// unless it is long, on the question, so that each prompt of the conversation omits the same
    /// facts.
    pub(super) fn shares(
        self,
        persona: &Persona,
        facts: &FactSet,
        branch: &Branch,
        asked: Asked<'_>,
    ) -> Shares {
        let most_bytes = system::most_bytes(persona, facts) + Self::most_asking(asked);
        let left = self.tokens.saturating_sub(most_bytes);
        if left > 0 && memory::is_small(branch, left) {
            return Shares { facts_left_out: Vec::new(), history: left };
        }
        let frame = tokens::count_once(&system(persona, facts, &without_facts(facts)));
        let left = self.tokens.saturating_sub(frame as usize + HEADINGS);
        let left = left.saturating_sub(Self::asking(asked).max(A_QUESTION.min(left / 4)));
        let order = facts.ordered(&persona.facts_first);
        let fact = |place: &usize| facts.tokens().get(*place).map_or(0, |n| *n as usize);
        let whole: usize = order.iter().map(fact).sum();
        let mut for_facts = whole.min(left / 3 * 2);
        let history = left - for_facts;
        let fitting = fitting(order.iter().map(fact), &mut for_facts);
        let facts_left_out = order
            .get(fitting..)
            .unwrap_or_default()
            .iter()
            .filter_map(|place| Some(facts.facts().get(*place)?.id.clone()))
            .collect();
        Shares { facts_left_out, history }
    }

    fn most_asking(asked: Asked<'_>) -> usize {
        asked.question.len() + end_of(asked.partial).len() + GO_ON.len() + 4 * A_MESSAGE
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

/// Returns how many of the first sizes fit into `left`, and subtracts them from it.
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

fn without_facts(facts: &FactSet) -> Cut {
    let ids = facts.facts().iter().map(|fact| fact.id.clone());
    Cut { facts_left_out: ids.collect(), ..Cut::default() }
}

//! What was said before, as a prompt takes it up.

use crate::chat::model::{Author, Status};
use crate::chat::prompt::{self, Exchange};
use crate::chat::store;
use crate::error::AppError;
use crate::platform::db::Db;

/// How many questions back a prompt looks for exchanges, its own question among them: a question may have
/// no answer.
const LOOKED_BACK: i64 = 2 * prompt::MOST_EXCHANGES as i64;

/// The exchanges of a branch, oldest first: each question once, the parts of a continued answer joined.
pub(super) struct History {
    pub exchanges: Vec<Exchange>,
    /// An answer among them is being written: its text is not whole.
    pub unfinished: bool,
}

/// The branch down to `last`, to which a question is added where it `asks` one.
pub(super) async fn before(
    db: &Db,
    (tenant_id, conversation_id): (&str, &str),
    last: Option<&str>,
    asks: bool,
) -> Result<History, AppError> {
    let mut history = History { exchanges: Vec::new(), unfinished: false };
    let Some(last) = last else { return Ok(history) };
    // The same exchanges, whether the question is about to be stored or was.
    let most = if asks { LOOKED_BACK - 1 } else { LOOKED_BACK };
    for turn in store::list_turns(db, tenant_id, conversation_id, last, most).await? {
        history.unfinished |= turn.status == Status::Streaming.as_str();
        match (turn.author(), history.exchanges.last_mut()) {
            (Author::Assistant, Some(exchange)) => exchange.answer.push_str(&turn.content),
            (Author::Assistant, None) => {}
            (Author::User, _) => {
                let question = turn.content;
                history.exchanges.push(Exchange { question, answer: String::new() });
            }
        }
    }
    Ok(history)
}

impl History {
    /// The exchange that is asked about: a new question, else the last one, whose question is asked again
    /// or the rest of whose answer is asked for. What is left are exchanges with an answer.
    pub fn take_asked(&mut self, question: Option<&str>) -> Option<Exchange> {
        let asked = match question {
            Some(question) => {
                Some(Exchange { question: question.to_owned(), answer: String::new() })
            }
            None => self.exchanges.pop(),
        };
        self.exchanges.retain(|exchange| !exchange.answer.is_empty());
        asked
    }
}

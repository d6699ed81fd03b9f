//! What was said before, as a prompt takes it up.

use crate::chat::model::{Author, Status};
use crate::chat::prompt::{Branch, Exchange, Memory, WHOLE_EXCHANGES};
use crate::chat::store::{self, PathRow, Reach};
use crate::error::AppError;
use crate::platform::db::Db;

/// How many questions back a branch is read at most.
const MOST_QUESTIONS: i64 = 200;

/// A branch before a question, with the question where it is asked again.
pub(super) struct History {
    pub branch: Branch,
    /// What the last question asks again or asks the rest of; none where a new question is asked.
    asked: Option<Exchange>,
    /// An answer among them is being written: its text is not whole.
    pub unfinished: bool,
}

/// The branch down to `last`. `asks`: a question is added to it; else its last question is asked again, or the
/// rest of that one's answer asked for.
pub(super) async fn before(
    db: &Db,
    place: (&str, &str),
    last: Option<&str>,
    asks: bool,
) -> Result<History, AppError> {
    let rest = i64::from(!asks);
    let reach = Reach {
        least_questions: WHOLE_EXCHANGES as i64 + rest,
        most_questions: MOST_QUESTIONS + rest,
        summaries_only: false,
    };
    read(db, place, last, reach, asks).await
}

/// The branch down to `last`, behind the last model-written summary that covers less than all of it.
pub(super) async fn to_summarise(
    db: &Db,
    place: (&str, &str),
    last: &str,
) -> Result<Branch, AppError> {
    let reach = Reach { least_questions: 1, most_questions: MOST_QUESTIONS, summaries_only: true };
    Ok(read(db, place, Some(last), reach, true).await?.branch)
}

/// The branch down to `last`, behind message `upto`; from the beginning where that is none.
pub(super) async fn behind(
    db: &Db,
    place: (&str, &str),
    last: Option<&str>,
    upto: Option<&str>,
) -> Result<History, AppError> {
    let (tenant_id, conversation_id) = place;
    let Some(last) = last else { return Ok(gather(Vec::new(), false)) };
    let all = Reach { least_questions: i64::MAX, most_questions: i64::MAX, summaries_only: false };
    let mut rows = store::list_path(db, tenant_id, conversation_id, last, all).await?;
    if let Some(upto) = upto {
        let behind = rows.iter().position(|row| row.id == upto).map_or(0, |at| at + 1);
        rows.drain(..behind);
    }
    Ok(gather(rows, false))
}

async fn read(
    db: &Db,
    (tenant_id, conversation_id): (&str, &str),
    last: Option<&str>,
    reach: Reach,
    asks: bool,
) -> Result<History, AppError> {
    let rows = match last {
        Some(last) => store::list_path(db, tenant_id, conversation_id, last, reach).await?,
        None => Vec::new(),
    };
    Ok(gather(rows, asks))
}

/// An exchange as it is read: its question may have no answer.
#[derive(Default)]
struct Read {
    exchange: Exchange,
    /// Covers everything up to its end.
    memory: Option<Memory>,
}

fn gather(rows: Vec<PathRow>, asks: bool) -> History {
    let unfinished = rows.iter().any(|row| row.status == Status::Streaming.as_str());
    let first = rows.first();
    let before = match first.map(PathRow::author) {
        // The answer that a memory covers up to.
        Some(Author::Assistant) => first.map(|row| row.id.clone()),
        _ => first.and_then(|row| row.parent_id.clone()),
    };
    let mut memory =
        first.filter(|row| row.author() == Author::Assistant).and_then(PathRow::memory);
    let mut all: Vec<Read> = Vec::new();
    for row in rows {
        let row_memory = row.memory();
        match (row.author(), all.last_mut()) {
            (Author::User, _) => {
                let exchange = Exchange { question: row.content, ..Exchange::default() };
                all.push(Read { exchange, memory: None });
            }
            (Author::Assistant, Some(read)) => {
                read.exchange.answer.push_str(&row.content);
                read.exchange.end = row.id;
                read.memory = row_memory;
            }
            (Author::Assistant, None) => {}
        }
    }
    let asked = if asks { None } else { all.pop().map(|read| read.exchange) };
    let mut branch = Branch { before, ..Branch::default() };
    for read in all.into_iter().filter(|read| !read.exchange.answer.is_empty()) {
        branch.memories.extend(memory.take().map(|memory| (branch.exchanges.len(), memory)));
        branch.exchanges.push(read.exchange);
        memory = read.memory;
    }
    branch.memories.extend(memory.take().map(|memory| (branch.exchanges.len(), memory)));
    History { branch, asked, unfinished }
}

impl History {
    /// The exchange that is asked about: a new question, else the last one.
    pub fn take_asked(&mut self, question: Option<&str>) -> Option<Exchange> {
        match question {
            Some(question) => {
                Some(Exchange { question: question.to_owned(), ..Exchange::default() })
            }
            None => self.asked.take(),
        }
    }
}

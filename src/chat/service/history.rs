//! Loads the history of a branch for a prompt.

use crate::chat::model::{Author, Status};
use crate::chat::prompt::{Branch, Exchange, Memory, WHOLE_EXCHANGES};
use crate::chat::store::{self, PathRow, Reach};
use crate::error::AppError;
use crate::platform::db::Db;

/// Maximum number of questions to read back.
const MOST_QUESTIONS: i64 = 200;

/// The branch before a question, and the question if it is asked again.
pub(super) struct History {
    pub branch: Branch,
    /// The last exchange if it is asked again or continued, `None` for a new question.
    asked: Option<Exchange>,
    /// Whether one of the replies is still running, so its text is incomplete.
    pub unfinished: bool,
}

/// Loads the branch down to `last`. `asks`: a new question follows. Otherwise its last question is asked again, or its
/// last reply continued.
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

/// Loads the branch down to `last` after the latest model-written summary that does not cover all of it.
pub(super) async fn to_summarise(
    db: &Db,
    place: (&str, &str),
    last: &str,
) -> Result<Branch, AppError> {
    let reach = Reach { least_questions: 1, most_questions: MOST_QUESTIONS, summaries_only: true };
    Ok(read(db, place, Some(last), reach, true).await?.branch)
}

/// Loads the branch down to `last` after message `upto`, or from the beginning.
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

/// An exchange as it is read. Its question may have no reply.
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
        // The last reply that the memory covers.
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
    /// Returns the current exchange: a new question, or the last one.
    pub fn take_asked(&mut self, question: Option<&str>) -> Option<Exchange> {
        match question {
            Some(question) => {
                Some(Exchange { question: question.to_owned(), ..Exchange::default() })
            }
            None => self.asked.take(),
        }
    }
}

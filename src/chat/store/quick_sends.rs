//! Stores a send in one trip to the database.
//!
//! Nearly every send is within its quotas and budget, to a conversation that waits for one, and with a prompt whose
//! parts are stored. So all statements run at once, and what they found is checked afterwards. If anything does not
//! hold, the transaction is undone, and [`sends`](super::sends) finds out step by step what to do.

use std::sync::LazyLock;

use sqlx::FromRow;
use sqlx::any::AnyRow;

use super::conversations::{Beginning, INSERT_CONVERSATION, conversation_args};
use super::messages::COUNT_MESSAGES;
use super::prompts::PromptRecord;
use super::sends::{
    ANSWER, MOVE_ON, NewSend, QUESTION_AND_ANSWER, STATE, State, messages_args, move_on_args,
    reservation,
};
use crate::chat::prompt::MemoryKind;
use crate::platform::db::{Args, DbError, Done, Script, Writing};
use crate::platform::money::MicroDollars;
use crate::platform::quotas::{Quotas, Stored};
use crate::usage::{Quote, ledger};

/// Counts which of a prompt's two parts are stored. Takes the tenant and the digests.
const COUNT_PARTS: &str =
    "SELECT COUNT(*) FROM prompt_parts WHERE tenant_id = $1 AND digest IN ($2, $3)";
const PARTS: i64 = 2;

static BEGIN: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        Stored::FIND,
        COUNT_PARTS,
        ledger::RESERVE,
        INSERT_CONVERSATION,
        QUESTION_AND_ANSWER,
    ])
});
static ASK: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        Stored::FIND,
        COUNT_PARTS,
        ledger::RESERVE,
        STATE,
        COUNT_MESSAGES,
        MOVE_ON,
        QUESTION_AND_ANSWER,
    ])
});
static ASK_AGAIN: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        Stored::FIND,
        COUNT_PARTS,
        ledger::RESERVE,
        STATE,
        COUNT_MESSAGES,
        MOVE_ON,
        ANSWER,
    ])
});

/// Stores the send and reserves the whole quote, and returns the reserved amount. Errors: [`DbError::Undone`] if
/// something does not hold, and a unique violation if the request was sent before; the caller rolls back.
pub(super) async fn insert_in(
    writing: &mut Writing<'_>,
    send: &NewSend,
    record: &PromptRecord,
    quote: Quote,
    quotas: &Quotas,
) -> Result<MicroDollars, DbError> {
    // Such a memory is new and must be stored first.
    if record.memory.as_ref().is_some_and(|it| it.kind == MemoryKind::Extract) {
        return Err(DbError::Undone);
    }
    let tenant = &send.owner.tenant_id;
    let args = Args::default()
        .bind(tenant)
        .bind(tenant)
        .bind(&record.persona_digest)
        .bind(record.facts.digest());
    let args = ledger::reserve_args(args, &reservation(send, quote));
    let (script, args) = match &send.new_title {
        Some(title) => {
            let beginning = Beginning::of(send, title);
            let (owner, id) = (&send.owner, &send.conversation_id);
            (&BEGIN, conversation_args(args, owner, id, &send.persona.slug, beginning))
        }
        None => {
            let args = args
                .bind(tenant)
                .bind(&send.conversation_id)
                .bind(&send.owner.account_id)
                .bind(tenant)
                .bind(&send.conversation_id);
            let script = if send.question.is_some() { &ASK } else { &ASK_AGAIN };
            (script, move_on_args(args, send))
        }
    };
    let args = messages_args(args, send, record, quote.tokens_within(quote.whole_micros()));
    let done = writing.run(script, args).await?;
    let held = holds(&done, send, quote, quotas)?;
    held.ok_or(DbError::Undone)
}

/// Returns the reserved amount if everything holds that was assumed.
fn holds(
    done: &[Done],
    send: &NewSend,
    quote: Quote,
    quotas: &Quotas,
) -> Result<Option<MicroDollars>, DbError> {
    let [stored, parts, held, rest @ ..] = done else { return Ok(None) };
    let stored = first::<Stored>(stored)?.unwrap_or_default();
    let parts = first::<(i64,)>(parts)?.map_or(0, |(count,)| count);
    let held = first::<(MicroDollars,)>(held)?.map(|(held,)| held);
    let whole = held.filter(|held| *held == quote.whole_micros() && parts == PARTS);
    let in_place = match (&send.new_title, rest) {
        (Some(_), _) => quotas.check_conversations(stored).is_ok(),
        (None, [state, count, ..]) => {
            let messages = first::<(i64,)>(count)?.map_or(i64::MAX, |(count,)| count);
            let state = first::<State>(state)?;
            state.is_some_and(|state| state.refusal(send).is_none())
                && quotas.check_messages(messages).is_ok()
        }
        (None, _) => false,
    };
    let bytes = send.question.as_ref().map_or(0, |question| question.len() as i64);
    Ok(whole.filter(|_| in_place && quotas.check_bytes(stored, bytes).is_ok()))
}

fn first<T: for<'r> FromRow<'r, AnyRow>>(done: &Done) -> Result<Option<T>, DbError> {
    Ok(done.rows.first().map(T::from_row).transpose()?)
}

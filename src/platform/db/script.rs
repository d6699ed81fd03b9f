//! Several statements in one trip to the database.
//!
//! SQLite runs in a thread of its own, so each statement costs two switches of threads. A script costs two as a whole.
//! SQLite's driver runs the statements of one text one after the other; with PostgreSQL, [`Writing::run`] sends them
//! one by one.

use std::fmt::Write;

use futures_util::TryStreamExt;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Arguments, Either, Encode, Executor, Type};

use super::{DbError, Tx, execute};

/// The arguments of a script or statement, in the order of its parameters.
#[derive(Default)]
pub struct Args {
    values: AnyArguments,
    failure: Option<sqlx::error::BoxDynError>,
}

impl Args {
    /// Adds the next argument.
    pub fn bind<'t>(mut self, value: impl Encode<'t, Any> + Type<Any>) -> Self {
        if let Err(error) = self.values.add(value) {
            self.failure.get_or_insert(error);
        }
        self
    }

    /// Returns the arguments for sqlx. Errors: one could not be encoded.
    pub fn values(self) -> Result<AnyArguments, DbError> {
        match self.failure {
            None => Ok(self.values),
            Some(error) => Err(DbError::Sql(sqlx::Error::Encode(error))),
        }
    }
}

/// What is sent before the first statement of a job.
#[derive(Clone, Copy, Debug)]
pub(super) enum Opening {
    /// The job is the only one of its transaction.
    Begin,
    /// The job is the first of several.
    BeginSeveral,
    /// The job follows one whose changes are kept.
    Next,
}

impl Opening {
    const ALL: [Self; 3] = [Self::Begin, Self::BeginSeveral, Self::Next];

    const fn statements(self) -> &'static [&'static str] {
        match self {
            Self::Begin => &["BEGIN IMMEDIATE"],
            Self::BeginSeveral => &["BEGIN IMMEDIATE", "SAVEPOINT job"],
            Self::Next => &["RELEASE job", "SAVEPOINT job"],
        }
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN IMMEDIATE",
            Self::BeginSeveral => "BEGIN IMMEDIATE; SAVEPOINT job",
            Self::Next => "RELEASE job; SAVEPOINT job",
        }
    }
}

/// The write connection of one job.
pub struct Writing<'c> {
    conn: &'c mut Tx,
    /// Taken when it is sent.
    opening: &'c mut Option<Opening>,
}

impl<'c> Writing<'c> {
    pub(super) fn new(conn: &'c mut Tx, opening: &'c mut Option<Opening>) -> Self {
        Self { conn, opening }
    }

    /// Returns the connection for single statements, inside the transaction.
    pub async fn tx(&mut self) -> Result<&mut Tx, DbError> {
        if let Some(opening) = self.opening.take() {
            execute(self.conn, opening.sql()).await?;
        }
        Ok(self.conn)
    }

    /// Runs a script and returns the results of its statements in order.
    pub async fn run(&mut self, script: &Script, args: Args) -> Result<Vec<Done>, DbError> {
        let args = args.values()?;
        debug_assert_eq!(args.len(), script.args, "{}", script.plain);
        let opening = self.opening.take();
        let sql = opening.map_or(script.plain, |opening| script.opened[opening as usize]);
        let mut steps = (&mut *self.conn).fetch_many(sqlx::query_with(sql, args));
        let mut own = opening.map_or(0, |opening| opening.statements().len());
        let (mut all, mut current) = (Vec::new(), Done::default());
        while let Some(step) = steps.try_next().await? {
            match step {
                Either::Right(row) => current.rows.push(row),
                Either::Left(_) if own > 0 => own -= 1,
                Either::Left(done) => {
                    current.affected = done.rows_affected();
                    all.push(std::mem::take(&mut current));
                }
            }
        }
        Ok(all)
    }
}

/// Statements that run in order. If one fails, the later ones do not run, and the job is rolled back.
pub struct Script {
    plain: &'static str,
    /// The same after each [`Opening`].
    opened: [&'static str; Opening::ALL.len()],
    /// Number of arguments.
    args: usize,
}

/// The result of one statement.
#[derive(Default)]
pub struct Done {
    pub rows: Vec<AnyRow>,
    pub affected: u64,
}

impl Script {
    /// Joins statements. Each numbers its parameters from `$1`; a script takes the arguments of its statements one after
    /// the other. Call once for each script: the texts are never freed.
    pub fn of(statements: &[&str]) -> Self {
        let (plain, args) = join(&[], statements);
        let opened = Opening::ALL.map(|opening| join(opening.statements(), statements).0);
        Self { plain, opened, args }
    }
}

fn join(opening: &[&str], statements: &[&str]) -> (&'static str, usize) {
    let mut sql = String::new();
    let mut args = 0;
    for statement in opening.iter().chain(statements) {
        args += append(&mut sql, statement, args);
        sql.push_str(";\n");
    }
    (Box::leak(sql.into_boxed_str()), args)
}

/// Appends a statement whose parameters start after `before`. Returns their number.
fn append(sql: &mut String, statement: &str, before: usize) -> usize {
    let mut most = 0;
    let mut parts = statement.split('$');
    sql.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        sql.push('$');
        // Without a number it is not a parameter, as in the JSON path '$.name'.
        if let Ok(number) = number.parse::<usize>() {
            most = most.max(number);
            // Writing to a string cannot fail.
            let _ = write!(sql, "{}", before + number);
        }
        sql.push_str(rest);
    }
    most
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::Row;

    use super::*;
    use crate::platform::db::Db;

    #[test]
    fn parameters_are_numbered_through() {
        let script = Script::of(&["SELECT $1, $2, $1", "SELECT 1", "UPDATE t SET a = $2 || $1"]);
        assert_eq!(script.plain, "SELECT $1, $2, $1;\nSELECT 1;\nUPDATE t SET a = $4 || $3;\n");
        assert_eq!(script.args, 4);
        let script = Script::of(&["SELECT $1", "SELECT json_extract($1, '$.name')"]);
        assert_eq!(script.plain, "SELECT $1;\nSELECT json_extract($2, '$.name');\n");
    }

    #[tokio::test]
    async fn statements_run_in_order_until_one_fails() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db")).await.unwrap();
        let create = Script::of(&["CREATE TABLE notes (text TEXT NOT NULL)"]);
        db.write_scripts(move |mut writing| {
            Box::pin(async move { writing.run(&create, Args::default()).await.map(drop) })
        })
        .await
        .unwrap();
        let add = |text: Option<&'static str>| {
            let script = Script::of(&[
                "INSERT INTO notes VALUES ($1), ($1)",
                "INSERT INTO notes VALUES ($1) RETURNING text",
                "SELECT COUNT(*) FROM notes WHERE text <> $1",
            ]);
            db.write_scripts(move |mut writing| {
                let args = Args::default().bind("a").bind(text).bind("b");
                Box::pin(async move { writing.run(&script, args).await })
            })
        };
        let done = add(Some("b")).await.unwrap();
        assert_eq!(done.iter().map(|it| it.rows.len()).collect::<Vec<_>>(), [0, 1, 1]);
        assert_eq!(done[0].affected, 2);
        assert_eq!(done[2].rows[0].get::<i64, _>(0), 2);
        assert!(add(None).await.is_err());
        assert_eq!(add(Some("b")).await.unwrap()[2].rows[0].get::<i64, _>(0), 4, "undone");
    }
}

//! The connections for reading: a few, each used by one query at a time.
//!
//! sqlx's own pool asks a connection that comes back whether it still lives. For SQLite that question
//! costs as much as a query, two switches of threads, and the answer is always yes.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use sqlx::any::{AnyConnectOptions, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{
    Any, AnyConnection, ConnectOptions, Describe, Either, Error, Execute, Executor, SqlStr, raw_sql,
};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Semaphore, SemaphorePermit};

/// How many queries may read at the same time.
const MOST_CONNECTIONS: usize = 4;
/// How long a query waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;";

/// Runs queries as a pool does; a write is refused by SQLite (`query_only`).
pub struct Readers {
    options: AnyConnectOptions,
    /// Opened when they are needed, the first first: so the busiest is the one whose cache is warm.
    slots: [Mutex<Option<AnyConnection>>; MOST_CONNECTIONS],
    /// As many as there are slots: whoever has a place finds a slot that is free.
    places: Semaphore,
}

/// One connection, for several queries in a row. Free again when this is dropped.
pub struct Reading<'a> {
    // Before the place: whoever gets that must find the slot free.
    conn: MappedMutexGuard<'a, AnyConnection>,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    pub(super) fn new(options: AnyConnectOptions) -> Self {
        let slots = std::array::from_fn(|_| Mutex::default());
        Self { options, slots, places: Semaphore::new(MOST_CONNECTIONS) }
    }

    /// A connection of one's own, for several queries in a row.
    ///
    /// # Errors
    /// [`Error::PoolTimedOut`] where none was free in time; what SQLite says where none can be opened.
    pub async fn acquire(&self) -> Result<Reading<'_>, Error> {
        let place = self.place().await?;
        let slot = self.slot().await?;
        let conn = MutexGuard::try_map(slot, Option::as_mut).map_err(|_| Error::PoolClosed)?;
        Ok(Reading { conn, _place: place })
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, Error> {
        let place = tokio::time::timeout(LONGEST_WAIT, self.places.acquire()).await;
        place.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)
    }

    /// A slot with an open connection, for somebody who has a place.
    async fn slot(&self) -> Result<MutexGuard<'_, Option<AnyConnection>>, Error> {
        let free = self.slots.iter().find_map(|slot| slot.try_lock().ok());
        let mut slot = free.ok_or(Error::PoolTimedOut)?;
        if slot.is_none() {
            let mut conn = self.options.connect().await?;
            raw_sql(PRAGMAS).execute(&mut conn).await?;
            *slot = Some(conn);
        }
        Ok(slot)
    }
}

/// A connection whose thread has died is given up; the next query opens another.
fn give_up_if_dead<T>(conn: &mut Option<AnyConnection>, done: &Result<T, Error>) {
    if matches!(done, Err(Error::WorkerCrashed)) {
        *conn = None;
    }
}

impl<'r> Executor<'r> for &'r Readers {
    type Database = Any;

    /// All rows are there before the first comes out: nobody holds a connection while he thinks.
    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, Error>>
    where
        'r: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let steps = async move {
            let _place = self.place().await?;
            let mut slot = self.slot().await?;
            let conn = slot.as_mut().ok_or(Error::PoolClosed)?;
            let steps = conn.fetch_many(query).try_collect::<Vec<_>>().await;
            give_up_if_dead(&mut slot, &steps);
            Ok::<_, Error>(stream::iter(steps?.into_iter().map(Ok)))
        };
        steps.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, Error>>
    where
        'r: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move {
            let _place = self.place().await?;
            let mut slot = self.slot().await?;
            let conn = slot.as_mut().ok_or(Error::PoolClosed)?;
            let row = conn.fetch_optional(query).await;
            give_up_if_dead(&mut slot, &row);
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, Error>>
    where
        'r: 'e,
    {
        Box::pin(async move { self.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, Error>>
    where
        'r: 'e,
    {
        Box::pin(async move { self.acquire().await?.describe(sql).await })
    }
}

impl Deref for Reading<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.conn
    }
}

impl DerefMut for Reading<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.conn
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("places", &self.places).finish_non_exhaustive()
    }
}

//! The pool of read connections.
//!
//! sqlx's own pool pings each returned connection. For SQLite, a ping costs as much as a query (two thread switches) and
//! always succeeds.

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

/// Maximum number of concurrent reads.
const MOST_CONNECTIONS: usize = 4;
/// How long a query waits for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;";

/// Runs queries like a pool. SQLite rejects writes (`query_only`).
pub struct Readers {
    options: AnyConnectOptions,
    /// Opened lazily, lowest slot first, so the busiest connection keeps a warm cache.
    slots: [Mutex<Option<AnyConnection>>; MOST_CONNECTIONS],
    /// One permit for each slot, so a holder always finds a free slot.
    places: Semaphore,
}

/// A connection for several queries. Returned to the pool on drop.
pub struct Reading<'a> {
    // Before the permit, whose next holder must find the slot free.
    conn: MappedMutexGuard<'a, AnyConnection>,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    pub(super) fn new(options: AnyConnectOptions) -> Self {
        let slots = std::array::from_fn(|_| Mutex::default());
        Self { options, slots, places: Semaphore::new(MOST_CONNECTIONS) }
    }

    /// Takes a connection for several queries.
    ///
    /// # Errors
    /// [`Error::PoolTimedOut`] if none was free in time, or SQLite's error if none can be opened.
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

    /// Takes a slot and opens its connection if needed. The caller holds a permit.
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

/// Drops a connection whose thread has died. The next query opens another.
fn give_up_if_dead<T>(conn: &mut Option<AnyConnection>, done: &Result<T, Error>) {
    if matches!(done, Err(Error::WorkerCrashed)) {
        *conn = None;
    }
}

impl<'r> Executor<'r> for &'r Readers {
    type Database = Any;

    /// Buffers the rows, so that a slow consumer does not hold a connection.
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

//! One connection, used by one task at a time, for what must be done in order.
//!
//! A pool would ping before each use and, should a task be dropped in the middle, might hand on a
//! connection with a transaction still open. Here a connection that was not given back is closed, which
//! ends its transaction, and the next user gets a new one.

use std::ops::{Deref, DerefMut};

use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, MutexGuard};

/// The place of the connection; made on first use.
pub(crate) struct SoleConnection<C: Connection> {
    options: C::Options,
    place: Mutex<Option<C>>,
}

impl<C> SoleConnection<C>
where
    C: Connection,
    C::Options: ConnectOptions<Connection = C>,
{
    pub(crate) fn new(options: C::Options) -> Self {
        Self {
            options,
            place: Mutex::new(None),
        }
    }

    /// Waits for its turn and takes the connection.
    pub(crate) async fn lease(&self) -> Result<Lease<'_, C>, sqlx::Error> {
        let mut place = self.place.lock().await;
        let (connection, is_new) = match place.take() {
            Some(connection) => (connection, false),
            None => (self.options.connect().await?, true),
        };
        Ok(Lease {
            place,
            connection,
            is_new,
        })
    }

    /// Closes the connection, if there is one, after the task that has it.
    pub(crate) async fn close(&self) {
        let connection = self.place.lock().await.take();
        if let Some(connection) = connection {
            // It is going away; a server that does not take leave changes nothing.
            let _ = connection.close().await;
        }
    }
}

/// The connection while one task has it. Dropped without [`Lease::give_back`], it is closed.
pub(crate) struct Lease<'a, C> {
    place: MutexGuard<'a, Option<C>>,
    connection: C,
    /// Whether nobody has used this connection before.
    pub(crate) is_new: bool,
}

impl<C> Lease<'_, C> {
    /// Returns the connection: no transaction is open on it and its answers are all read.
    pub(crate) fn give_back(mut self) {
        *self.place = Some(self.connection);
    }
}

impl<C> Deref for Lease<'_, C> {
    type Target = C;
    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Lease<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

//! One open stream: takes events from the feed and hands those that concern its user to the connection.
//!
//! Owns its position: everything up to it was sent, or is not for this user. It waits for a slow client
//! only so long, so a client that reads nothing holds a few chunks and no more, and not for ever.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use openpex_aggregates::{ReservationId, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::frame;
use crate::event_feed::{FeedError, Listener, PublishedEvent};
use crate::http::limits::{
    CHUNK_EVENTS_MAX, CREDENTIALS_TRUSTED_FOR, SLOW_CLIENT_MAX, STREAM_SILENCE_MAX,
};
use crate::http::request::Caller;
use crate::http::state::AppState;

/// Why a stream ends.
#[derive(Debug, thiserror::Error)]
enum End {
    /// The client went away.
    #[error("the client has gone")]
    ClientGone,
    /// The client does not read.
    #[error("the client took nothing for {} s", SLOW_CLIENT_MAX.as_secs())]
    TooSlow,
    /// Its credentials are no longer good.
    #[error("the credentials of this stream are no longer good")]
    CredentialsEnded,
    /// Whether its credentials are still good cannot be told.
    #[error("the credentials of this stream cannot be checked")]
    CredentialsUnknown,
    /// The service stops.
    #[error("the service stops")]
    Stopping,
    /// What happened cannot be read.
    #[error("the events cannot be read")]
    Unreadable(#[from] FeedError),
}

impl End {
    /// Its stable name; `None` where nobody is there to be told.
    const fn code(&self) -> Option<&'static str> {
        match self {
            Self::ClientGone => None,
            Self::TooSlow => Some("client_too_slow"),
            Self::CredentialsEnded => Some("credentials_ended"),
            Self::CredentialsUnknown => Some("credentials_unknown"),
            Self::Stopping => Some("service_stopping"),
            Self::Unreadable(_) => Some("events_unreadable"),
        }
    }
}

/// A stream that is open.
pub struct EventStream {
    app: AppState,
    caller: Caller,
    /// When the credentials were last found good.
    checked: (Instant, Timestamp),
    about: Option<ReservationId>,
    listener: Listener,
    position: u64,
    /// Where the views were at the beginning, as long as the stream has not got there.
    behind: Option<u64>,
    chunks: mpsc::Sender<Bytes>,
    last_sent: Instant,
}

impl EventStream {
    /// A stream of `caller` that says what it has to say to `chunks`.
    pub fn new(app: AppState, caller: Caller, chunks: mpsc::Sender<Bytes>) -> Self {
        let (listener, now) = (app.events.listen(), Instant::now());
        let checked = (now, app.clock.now());
        Self {
            app,
            caller,
            checked,
            about: None,
            listener,
            position: 0,
            behind: None,
            chunks,
            last_sent: now,
        }
    }

    /// Only about this reservation.
    #[must_use]
    pub fn about(self, about: Option<ReservationId>) -> Self {
        Self { about, ..self }
    }

    /// From the event after `position` on, where the views are at `head`.
    #[must_use]
    pub fn from(self, position: u64, head: u64) -> Self {
        let behind = (head > position).then_some(head);
        Self {
            position,
            behind,
            ..self
        }
    }

    /// Runs until it ends, and says why.
    pub async fn run(mut self) {
        let stopped = self.app.events.stopped().clone();
        let chunks = self.chunks.clone();
        let end = tokio::select! {
            biased;
            () = stopped.cancelled() => End::Stopping,
            () = chunks.closed() => End::ClientGone,
            end = self.tell() => end,
        };
        tracing::debug!(
            user_id = self.caller.user_id().0,
            position = self.position,
            why = &end as &dyn std::error::Error,
            "a stream of events ends"
        );
        if let Some(code) = end.code() {
            // A client that has no room for the reason sees the end only.
            let _ = chunks.try_send(frame::end(code, &end.to_string()).into());
        }
    }

    async fn tell(&mut self) -> End {
        let Err(end) = self.tell_for_ever().await;
        end
    }

    async fn tell_for_ever(&mut self) -> Result<Infallible, End> {
        self.send(frame::opening()).await?;
        self.say_position().await?;
        loop {
            if self.behind.is_some_and(|head| self.position >= head) {
                self.behind = None;
                self.say_position().await?;
            }
            let silent_until = self.last_sent + STREAM_SILENCE_MAX;
            tokio::select! {
                biased;
                () = sleep_until(silent_until) => {
                    self.check_credentials(Duration::ZERO).await?;
                    self.say_position().await?;
                }
                page = self.listener.next_after(self.position) => self.pass_on(&page?).await?,
            }
        }
    }

    /// Sends of `page`, which goes on at the stream's position, what concerns its user.
    async fn pass_on(&mut self, page: &[Arc<PublishedEvent>]) -> Result<(), End> {
        if page.iter().any(|event| self.concerns(event)) {
            self.check_credentials(CREDENTIALS_TRUSTED_FOR).await?;
        }
        for events in page.chunks(CHUNK_EVENTS_MAX) {
            let mut chunk = String::new();
            for event in events.iter().filter(|event| self.concerns(event)) {
                frame::push_event(&mut chunk, event);
            }
            if !chunk.is_empty() {
                self.send(chunk).await?;
            }
            if let Some(last) = events.last() {
                self.position = last.position;
            }
        }
        Ok(())
    }

    fn concerns(&self, event: &PublishedEvent) -> bool {
        let about = self.about.is_none() || event.reservation == self.about;
        about && event.is_for(self.caller.sees_only())
    }

    /// Checks anew who listens, unless that was done a short while ago, by whichever clock.
    async fn check_credentials(&mut self, trusted_for: Duration) -> Result<(), End> {
        let (now, service_now) = (Instant::now(), self.app.clock.now());
        let (checked, service_checked) = self.checked;
        let trusted_ms = i64::try_from(trusted_for.as_millis()).unwrap_or(i64::MAX);
        if now.duration_since(checked) < trusted_for
            && service_now < service_checked.saturating_add(trusted_ms)
        {
            return Ok(());
        }
        let Caller { account, login, .. } = &self.caller;
        let authenticator = &self.app.authenticator;
        match authenticator
            .is_still_in(account, *login, service_now)
            .await
        {
            Ok(true) => {
                self.checked = (now, service_now);
                Ok(())
            }
            Ok(false) => Err(End::CredentialsEnded),
            // That it cannot be told is no answer: nothing is sent on credentials that may have ended.
            Err(_) => Err(End::CredentialsUnknown),
        }
    }

    async fn say_position(&mut self) -> Result<(), End> {
        let head = self.app.events.reached().unwrap_or(self.position);
        self.send(frame::position(self.position, head.max(self.position)))
            .await
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        match timeout(SLOW_CLIENT_MAX, self.chunks.reserve()).await {
            Ok(Ok(room)) => room.send(text.into()),
            Ok(Err(_closed)) => return Err(End::ClientGone),
            Err(_elapsed) => return Err(End::TooSlow),
        }
        self.last_sent = Instant::now();
        Ok(())
    }
}

//! The StandingRequest aggregate: a wish for a window that is not free yet, or not so cheap.
//!
//! Owns what is wanted, better than what, and how it ended. It must never look at the pool itself:
//! whoever frees capacity looks at those that wait, in the order of asking, and says what was found.

mod event;
#[cfg(test)]
mod tests;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use event::StandingRequestEvent;

use crate::negotiation::SearchRange;
use crate::policy::Policy;
use crate::terms::{Proposal, Terms, TermsError};
use crate::{MicroCredits, ReservationId, StandingRequestId, Timestamp, UserId};

/// Most standing requests that wait on one site. Whatever frees capacity looks at all of them in
/// the same decision, so this bounds the work of it.
pub const STANDING_REQUESTS_MAX: usize = 500;
/// Most starts that one look tries for one request.
pub const STANDING_STARTS_MAX: u32 = 8;

/// A standing request from its making to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingRequest {
    /// Whose it is.
    pub user_id: UserId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its place in the order of asking.
    pub turn: u64,
    /// What is wanted; `None` before anything was.
    pub wanted: Option<Wanted>,
    /// Where it stands.
    pub status: StandingStatus,
}

/// What a standing request wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The terms; their bounds say how far the start may move.
    pub terms: Terms,
    /// What would be better.
    pub wish: Wish,
    /// Better than what; `None` where anything is.
    pub better_than: Option<Bound>,
    /// What to do then.
    pub mode: Mode,
    /// Until when it waits.
    pub until: Timestamp,
}

/// What is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// A start before the one there is, and not before the one asked for.
    Earlier,
    /// A price below the one there is.
    Cheaper,
    /// The terms at all, at a start inside their bounds.
    Possible,
}

/// What to do when the wish can be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Say so.
    Tell,
    /// Open a negotiation in which it is held.
    Offer,
}

/// What has to be bettered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// A start.
    StartsAt(Timestamp),
    /// A price of the whole.
    Price(MicroCredits),
}

/// How a wish was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// When it was.
    pub at: Timestamp,
    /// The start that can be had.
    pub starts_at: Timestamp,
    /// What it costs.
    pub price: MicroCredits,
    /// The negotiation in which it is held; `None` where it was only told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<ReservationId>,
}

/// Where a standing request stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandingStatus {
    /// Nothing was asked.
    #[default]
    Absent,
    /// It waits for its turn.
    Waiting,
    /// The wish was met. An end.
    Met(Meeting),
    /// The user gave it up. An end.
    Withdrawn,
    /// Its time ran out. An end.
    Expired,
}

/// A standing request as a user makes it: well formed, not yet checked against any rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingProposal {
    /// What is wanted.
    pub proposal: Proposal,
    /// What would be better.
    pub wish: Wish,
    /// Better than what, if anything was said.
    pub better_than: Option<BetterThan>,
    /// What to do then.
    pub mode: Mode,
    /// Until when it waits.
    pub until: Timestamp,
}

/// What a user wants to be bettered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BetterThan {
    /// A reservation that the user has.
    Reservation(ReservationId),
    /// A start or a price.
    Bound(Bound),
}

/// Why a standing request is refused; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingRefusal {
    /// It has ended.
    #[error("not allowed: the standing request is {}", .status.as_str())]
    NotAllowed {
        /// How.
        status: StandingStatus,
    },
    /// The wish needs something to be better than.
    #[error("this wish needs a {needed} to be better than")]
    NothingToBetter {
        /// What: a start or a price.
        needed: &'static str,
    },
    /// It would never wait, or too long.
    #[error("waiting until {until}; it must be after now, {now}, and at most until {horizon}")]
    UntilOutOfRange {
        /// What was asked for.
        until: Timestamp,
        /// When it was asked.
        now: Timestamp,
        /// The latest it can be.
        horizon: Timestamp,
    },
    /// The user has too many.
    #[error("{waiting} standing requests wait; at most {max} of one user can")]
    TooMany {
        /// How many there are.
        waiting: u32,
        /// The limit.
        max: u32,
    },
    /// The site has too many.
    #[error("{max} standing requests wait, and no more can on this site")]
    SiteFull {
        /// The limit.
        max: usize,
    },
}

impl StandingStatus {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::Waiting => "WAITING",
            Self::Met(_) => "MET",
            Self::Withdrawn => "WITHDRAWN",
            Self::Expired => "EXPIRED",
        }
    }

    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Met(_) | Self::Withdrawn | Self::Expired)
    }
}

impl StandingProposal {
    /// Checks every rule; `bound` is what has to be bettered, as far as it is known.
    ///
    /// # Errors
    /// The rules of the proposal that are broken, or that of the request that is.
    pub fn into_wanted(
        self,
        bound: Option<Bound>,
        (policy, now): (&Policy, Timestamp),
    ) -> Result<Wanted, WantedError> {
        let terms = self
            .proposal
            .into_terms(policy, now)
            .map_err(WantedError::Terms)?;
        let (until, horizon) = (self.until, policy.limits.horizon_from(now));
        if until <= now || until > horizon {
            return Err(WantedError::Refused(StandingRefusal::UntilOutOfRange {
                until,
                now,
                horizon,
            }));
        }
        let needed = match (self.wish, bound) {
            (Wish::Earlier, Some(Bound::StartsAt(_)))
            | (Wish::Cheaper, Some(Bound::Price(_)))
            | (Wish::Possible, None) => None,
            (Wish::Earlier, _) => Some("start"),
            (Wish::Cheaper, _) => Some("price"),
            (Wish::Possible, Some(_)) => Some("nothing"),
        };
        if let Some(needed) = needed {
            let refusal = StandingRefusal::NothingToBetter { needed };
            return Err(WantedError::Refused(refusal));
        }
        Ok(Wanted {
            terms,
            wish: self.wish,
            better_than: bound,
            mode: self.mode,
            until,
        })
    }
}

/// Why a standing request cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedError {
    /// The proposal breaks rules.
    Terms(Vec<TermsError>),
    /// The request itself does.
    Refused(StandingRefusal),
}

impl Wanted {
    /// The starts that would meet the wish, seen from `now`, and the most it may cost; `None` where
    /// there is none any more.
    #[must_use]
    pub fn range(&self, policy: &Policy, now: Timestamp) -> Option<SearchRange> {
        let terms = &self.terms;
        let (asked, duration_ms) = (terms.window.starts_at, terms.window.duration_ms());
        let earliest = terms.earliest_start_at.unwrap_or(asked).min(asked);
        let latest = terms
            .latest_end_at
            .map_or(asked, |end| end.saturating_add(-duration_ms).max(asked));
        let horizon = policy.limits.horizon_from(now);
        let (mut from, mut to) = (earliest.max(now), latest.min(horizon));
        let mut price_max = terms.price_limit;
        match self.better_than {
            Some(Bound::StartsAt(start)) => {
                // Everything between the start asked for and the one there is would be better.
                to = start.saturating_add(-1).min(horizon);
                from = from.min(asked.max(now));
            }
            Some(Bound::Price(price)) => {
                let less = MicroCredits(price.0.checked_sub(1)?);
                price_max = Some(price_max.map_or(less, |limit| limit.min(less)));
            }
            None => {}
        }
        (from <= to).then_some(SearchRange {
            from,
            to,
            price_max,
        })
    }
}

impl StandingRequest {
    /// Makes it.
    #[must_use]
    pub fn made(user_id: UserId, turn: u64, wanted: Wanted, at: Timestamp) -> StandingRequestEvent {
        StandingRequestEvent::StandingRequestMade {
            user_id,
            at,
            turn,
            terms: wanted.terms,
            wish: wanted.wish,
            better_than: wanted.better_than,
            mode: wanted.mode,
            until: wanted.until,
        }
    }

    /// What happens on `command`; no events where it has already taken effect.
    ///
    /// # Errors
    /// Where it is not allowed now.
    pub fn decide(
        &self,
        command: StandingCommand,
    ) -> Result<Option<StandingRequestEvent>, StandingRefusal> {
        match (command, self.status) {
            (StandingCommand::Meet(meeting), StandingStatus::Waiting) => {
                Ok(Some(StandingRequestEvent::StandingRequestMet { meeting }))
            }
            (StandingCommand::Withdraw, StandingStatus::Waiting) => {
                Ok(Some(StandingRequestEvent::StandingRequestWithdrawn))
            }
            (StandingCommand::Expire { now }, StandingStatus::Waiting) => {
                let over = self.wanted.as_ref().is_some_and(|w| w.until <= now);
                Ok(over.then_some(StandingRequestEvent::StandingRequestExpired))
            }
            (StandingCommand::Withdraw, StandingStatus::Withdrawn)
            | (StandingCommand::Expire { .. }, _) => Ok(None),
            (StandingCommand::Meet(_) | StandingCommand::Withdraw, status) => {
                Err(StandingRefusal::NotAllowed { status })
            }
        }
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &StandingRequestEvent) {
        match event {
            StandingRequestEvent::StandingRequestMade {
                user_id,
                at,
                turn,
                terms,
                wish,
                better_than,
                mode,
                until,
            } => {
                self.user_id = *user_id;
                self.made_at = *at;
                self.turn = *turn;
                self.wanted = Some(Wanted {
                    terms: terms.clone(),
                    wish: *wish,
                    better_than: *better_than,
                    mode: *mode,
                    until: *until,
                });
                self.status = StandingStatus::Waiting;
            }
            StandingRequestEvent::StandingRequestMet { meeting } => {
                self.status = StandingStatus::Met(*meeting);
            }
            StandingRequestEvent::StandingRequestWithdrawn => {
                self.status = StandingStatus::Withdrawn;
            }
            StandingRequestEvent::StandingRequestExpired => self.status = StandingStatus::Expired,
        }
    }
}

/// What can be asked of a standing request that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingCommand {
    /// Its wish can be met.
    Meet(Meeting),
    /// Give it up.
    Withdraw,
    /// End it if its time has run out.
    Expire {
        /// When.
        now: Timestamp,
    },
}

/// The id of the negotiation that a request opens: the same at every replay.
#[must_use]
pub fn reservation_id_of(id: StandingRequestId) -> ReservationId {
    ReservationId(Uuid::new_v5(&id.0, b"offer"))
}

impl Aggregate for StandingRequest {
    const TYPE: &'static str = "standing-request";
    type Command = StandingCommand;
    type Event = StandingRequestEvent;
    type Error = StandingRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}

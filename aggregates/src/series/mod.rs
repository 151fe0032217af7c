//! The Series aggregate: the same terms again and again, each occurrence a reservation of its own.
//!
//! Owns what was asked, which occurrences it came to, and that they are confirmed all or none. It
//! must never know where an occurrence stands by itself: its reservation knows, and whoever decides
//! says so with the command.

mod event;
#[cfg(test)]
mod tests;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use event::SeriesEvent;

use crate::recurrence::{IfNotAll, Recurrence};
use crate::reservation::Evidence;
use crate::terms::Terms;
use crate::{MicroCredits, ReservationId, SeriesId, Timestamp, UserId};

/// Most occurrences that one user holds without having confirmed them; with it the work of one
/// decision about them.
pub const HELD_OCCURRENCES_MAX: u32 = 732;

/// A series from what was asked to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Whose it is.
    pub user_id: UserId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What was asked; `None` before anything was.
    pub asked: Option<Asked>,
    /// Where it stands.
    pub status: SeriesStatus,
}

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The terms of the first occurrence.
    pub terms: Terms,
    /// When it comes again.
    pub recurrence: Recurrence,
}

/// Where a series stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesStatus {
    /// Nothing has been answered.
    #[default]
    Absent,
    /// The provider could not give it. An end.
    Rejected {
        /// The occurrences that do not fit, and why.
        left_out: Vec<LeftOut>,
    },
    /// All occurrences of the plan were held.
    Held {
        /// What can be had.
        plan: Plan,
        /// Until when it is held.
        expires_at: Timestamp,
    },
    /// Both agreed on the occurrences of the plan.
    Confirmed {
        /// What was to be had.
        plan: Plan,
    },
    /// The user gave it up before. An end.
    Withdrawn {
        /// What could have been had.
        plan: Plan,
    },
}

/// The name of a status, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the status of the same name")]
pub enum SeriesStatusName {
    Absent,
    Rejected,
    Held,
    Confirmed,
    Withdrawn,
}

/// What a series comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The occurrences that can be had, in order.
    pub occurrences: Vec<Occurrence>,
    /// Those that do not fit, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What the occurrences cost together.
    pub price: MicroCredits,
}

/// An occurrence that is a reservation of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Its number in the series, from 1.
    pub number: u32,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// What it costs.
    pub price: MicroCredits,
    /// Whether it was cancelled with others of the series.
    #[serde(default)]
    pub cancelled: bool,
}

/// An occurrence that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its number in the series, from 1.
    pub number: u32,
    /// When it would start.
    pub starts_at: Timestamp,
    /// Why it does not fit.
    pub evidence: Evidence,
}

/// How one occurrence was judged.
pub type Judged = Result<Occurrence, LeftOut>;

/// Where the reservation of an occurrence stands when the series is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its offer is held.
    Held,
    /// Both agreed on it already.
    Agreed,
    /// It has ended otherwise.
    Ended,
    /// It is still talked about, but what was offered with the series is not held any more.
    RanOut,
}

/// What can be asked of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesCommand {
    /// Have it.
    Ask {
        /// Whose it is.
        user_id: UserId,
        /// What.
        asked: Box<Asked>,
        /// How each occurrence was judged, in order.
        judged: Vec<Judged>,
        /// When.
        at: Timestamp,
        /// Until when the occurrences are held.
        expires_at: Timestamp,
    },
    /// Confirm all that is held.
    Confirm {
        /// Where each occurrence stands, in order.
        standings: Vec<Standing>,
        /// When.
        now: Timestamp,
    },
    /// Give it up.
    Withdraw,
    /// Cancel what starts from some time on.
    Cancel {
        /// From when on; all of it where nothing is said.
        from: Option<Timestamp>,
        /// Where each occurrence stands, in order.
        standings: Vec<Standing>,
    },
}

/// Why a series refuses; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesRefusal {
    /// Not in this status.
    #[error("not allowed while the series is {}; allowed: {}", .status.as_str(), .status.allowed().join(", "))]
    NotAllowed {
        /// Where it stands.
        status: SeriesStatusName,
    },
    /// Not all is held any more.
    #[error("{} occurrences are not held any more", .occurrences.len())]
    HoldsRanOut {
        /// Those that are not.
        occurrences: Vec<Occurrence>,
    },
    /// A bound of where an occurrence may lie, which cannot be meant of all of them.
    #[error("{field} cannot be given: each occurrence is judged exactly as asked")]
    BoundsInSeries {
        /// The field of the wire form.
        field: &'static str,
    },
    /// The user holds too many occurrences.
    #[error("{held} occurrences are held and {asked} more asked for; at most {max} can be held")]
    TooManyHeld {
        /// How many are held.
        held: u32,
        /// How many more there would be.
        asked: u32,
        /// The limit.
        max: u32,
    },
}

impl SeriesStatusName {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::Rejected => "REJECTED",
            Self::Held => "HELD",
            Self::Confirmed => "CONFIRMED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// What a user may say next.
    #[must_use]
    pub const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Held => &["CONFIRM", "REJECT", "DELETE"],
            Self::Confirmed => &["DELETE"],
            Self::Absent | Self::Rejected | Self::Withdrawn => &[],
        }
    }
}

impl Series {
    /// The name of its status.
    #[must_use]
    pub const fn status_name(&self) -> SeriesStatusName {
        match self.status {
            SeriesStatus::Absent => SeriesStatusName::Absent,
            SeriesStatus::Rejected { .. } => SeriesStatusName::Rejected,
            SeriesStatus::Held { .. } => SeriesStatusName::Held,
            SeriesStatus::Confirmed { .. } => SeriesStatusName::Confirmed,
            SeriesStatus::Withdrawn { .. } => SeriesStatusName::Withdrawn,
        }
    }

    /// What it came to; nothing where it was rejected.
    #[must_use]
    pub const fn plan(&self) -> Option<&Plan> {
        match &self.status {
            SeriesStatus::Held { plan, .. }
            | SeriesStatus::Confirmed { plan }
            | SeriesStatus::Withdrawn { plan } => Some(plan),
            SeriesStatus::Absent | SeriesStatus::Rejected { .. } => None,
        }
    }

    /// The occurrences that are reservations.
    #[must_use]
    pub fn occurrences(&self) -> &[Occurrence] {
        self.plan().map_or(&[], |plan| &plan.occurrences)
    }

    /// What happens on `command`; no events where it has already taken effect.
    ///
    /// # Errors
    /// Where it is not allowed now.
    pub fn decide(&self, command: SeriesCommand) -> Result<Vec<SeriesEvent>, SeriesRefusal> {
        match command {
            SeriesCommand::Ask {
                user_id,
                asked,
                judged,
                at,
                expires_at,
            } => self.ask(
                SeriesEvent::SeriesAsked {
                    user_id,
                    at,
                    terms: asked.terms,
                    recurrence: asked.recurrence.clone(),
                },
                asked.recurrence.if_not_all,
                judged,
                expires_at,
            ),
            SeriesCommand::Confirm { standings, now } => self.confirm(&standings, now),
            SeriesCommand::Withdraw => match self.status {
                SeriesStatus::Held { .. } => Ok(vec![SeriesEvent::SeriesWithdrawn]),
                SeriesStatus::Withdrawn { .. } => Ok(Vec::new()),
                SeriesStatus::Absent
                | SeriesStatus::Rejected { .. }
                | SeriesStatus::Confirmed { .. } => Err(self.not_allowed()),
            },
            SeriesCommand::Cancel { from, standings } => self.cancel(from, &standings),
        }
    }

    const fn not_allowed(&self) -> SeriesRefusal {
        SeriesRefusal::NotAllowed {
            status: self.status_name(),
        }
    }

    fn ask(
        &self,
        asked: SeriesEvent,
        if_not_all: IfNotAll,
        judged: Vec<Judged>,
        expires_at: Timestamp,
    ) -> Result<Vec<SeriesEvent>, SeriesRefusal> {
        if self.status != SeriesStatus::Absent {
            return Err(self.not_allowed());
        }
        let (mut occurrences, mut left_out) = (Vec::new(), Vec::new());
        for one in judged {
            match one {
                Ok(occurrence) => occurrences.push(occurrence),
                Err(one) => left_out.push(one),
            }
        }
        let all = left_out.is_empty();
        if occurrences.is_empty() || (!all && if_not_all == IfNotAll::Reject) {
            return Ok(vec![asked, SeriesEvent::SeriesRejected { left_out }]);
        }
        let price = sum(occurrences.iter().map(|o| o.price));
        let plan = Plan {
            occurrences,
            left_out,
            price,
        };
        Ok(vec![
            asked,
            SeriesEvent::SeriesAccepted { plan, expires_at },
        ])
    }

    fn confirm(
        &self,
        standings: &[Standing],
        now: Timestamp,
    ) -> Result<Vec<SeriesEvent>, SeriesRefusal> {
        let (plan, expires_at) = match &self.status {
            SeriesStatus::Held { plan, expires_at } => (plan, *expires_at),
            SeriesStatus::Confirmed { .. } => return Ok(Vec::new()),
            SeriesStatus::Absent
            | SeriesStatus::Rejected { .. }
            | SeriesStatus::Withdrawn { .. } => return Err(self.not_allowed()),
        };
        let with_standing = || plan.occurrences.iter().zip(standings);
        // What ended while all was held was given up by the user; what ended later, by the clock.
        let is_lost = |(occurrence, standing): &(&Occurrence, &Standing)| match standing {
            Standing::RanOut => true,
            Standing::Ended => !occurrence.cancelled && expires_at <= now,
            Standing::Held | Standing::Agreed => false,
        };
        let lost: Vec<Occurrence> = with_standing()
            .filter(is_lost)
            .map(|(occurrence, _)| occurrence.clone())
            .collect();
        if !lost.is_empty() {
            return Err(SeriesRefusal::HoldsRanOut { occurrences: lost });
        }
        let held: Vec<&Occurrence> = with_standing()
            .filter(|(_, standing)| **standing == Standing::Held)
            .map(|(occurrence, _)| occurrence)
            .collect();
        Ok(vec![SeriesEvent::SeriesConfirmed {
            price: sum(held.iter().map(|o| o.price)),
            occurrences: held.iter().map(|o| o.number).collect(),
        }])
    }

    fn cancel(
        &self,
        from: Option<Timestamp>,
        standings: &[Standing],
    ) -> Result<Vec<SeriesEvent>, SeriesRefusal> {
        let plan = match &self.status {
            SeriesStatus::Held { plan, .. } | SeriesStatus::Confirmed { plan } => plan,
            SeriesStatus::Withdrawn { .. } => return Ok(Vec::new()),
            SeriesStatus::Absent | SeriesStatus::Rejected { .. } => {
                return Err(self.not_allowed());
            }
        };
        let ends = |(occurrence, standing): &(&Occurrence, &Standing)| {
            **standing != Standing::Ended && from.is_none_or(|from| occurrence.starts_at >= from)
        };
        let occurrences: Vec<u32> = plan
            .occurrences
            .iter()
            .zip(standings)
            .filter(ends)
            .map(|(occurrence, _)| occurrence.number)
            .collect();
        if occurrences.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![SeriesEvent::SeriesCancelled { from, occurrences }])
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &SeriesEvent) {
        match event {
            SeriesEvent::SeriesAsked {
                user_id,
                at,
                terms,
                recurrence,
            } => {
                self.user_id = *user_id;
                self.asked_at = *at;
                self.asked = Some(Asked {
                    terms: terms.clone(),
                    recurrence: recurrence.clone(),
                });
            }
            SeriesEvent::SeriesAccepted { plan, expires_at } => {
                self.status = SeriesStatus::Held {
                    plan: plan.clone(),
                    expires_at: *expires_at,
                };
            }
            SeriesEvent::SeriesRejected { left_out } => {
                self.status = SeriesStatus::Rejected {
                    left_out: left_out.clone(),
                };
            }
            SeriesEvent::SeriesConfirmed { .. } => {
                let plan = self.take_plan();
                self.status = SeriesStatus::Confirmed { plan };
            }
            SeriesEvent::SeriesWithdrawn => {
                let plan = self.take_plan();
                self.status = SeriesStatus::Withdrawn { plan };
            }
            SeriesEvent::SeriesCancelled { occurrences, .. } => {
                if let SeriesStatus::Held { plan, .. } | SeriesStatus::Confirmed { plan } =
                    &mut self.status
                {
                    let cancelled = |o: &&mut Occurrence| occurrences.contains(&o.number);
                    let ended = plan.occurrences.iter_mut().filter(cancelled);
                    ended.for_each(|occurrence| occurrence.cancelled = true);
                }
            }
        }
    }

    fn take_plan(&mut self) -> Plan {
        match std::mem::take(&mut self.status) {
            SeriesStatus::Held { plan, .. }
            | SeriesStatus::Confirmed { plan }
            | SeriesStatus::Withdrawn { plan } => plan,
            SeriesStatus::Absent | SeriesStatus::Rejected { .. } => Plan::default(),
        }
    }
}

/// The id of the reservation of an occurrence: the same at every replay.
#[must_use]
pub fn reservation_id_of(id: SeriesId, number: u32) -> ReservationId {
    ReservationId(Uuid::new_v5(&id.0, &number.to_be_bytes()))
}

/// The sum, stopping at the largest amount: then no balance covers it.
fn sum(prices: impl Iterator<Item = MicroCredits>) -> MicroCredits {
    prices.fold(MicroCredits(0), |sum, price| {
        MicroCredits(sum.0.saturating_add(price.0))
    })
}

impl Aggregate for Series {
    const TYPE: &'static str = "series";
    type Command = SeriesCommand;
    type Event = SeriesEvent;
    type Error = SeriesRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}

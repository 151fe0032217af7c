//! Timed commands: what has to be done at which time. Derived from the state of each aggregate, so
//! a fold rebuilds them and none can be lost.

use crate::instance::{Instance, Work};
use crate::reservation::{Reservation, Status};
use crate::{InstanceId, ReservationId, Timestamp};

/// Something to do when its time comes.
///
/// The order of the variants is the rank among those that are due at the same instant: releases
/// come before claims, so capacity that ends is free for what starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimedCommand {
    /// The window of a reservation is over.
    EndReservation(ReservationId),
    /// The hold of an offer has run out.
    ExpireHolds(ReservationId),
    /// A negotiation has run out.
    LapseSession(ReservationId),
    /// The window of a reservation begins, and it is to start by itself.
    ActivateReservation(ReservationId),
    /// A failed effect is to be tried again.
    RetryEffect(InstanceId),
}

/// A timed command and when it is due.
pub type Due = (Timestamp, TimedCommand);

/// What a reservation waits for; at most two things.
pub fn of_reservation(id: ReservationId, reservation: &Reservation) -> [Option<Due>; 2] {
    match &reservation.status {
        Status::Absent
        | Status::Rejected { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. }
        | Status::Cancelled { .. }
        | Status::Expired { .. } => [None, None],
        Status::Initiated
        | Status::Countered { .. }
        | Status::Accepted { .. }
        | Status::ConfirmRequested { .. } => {
            let hold = reservation
                .status
                .held_offers()
                .map(|offer| offer.expires_at)
                .min();
            [
                Some((reservation.session_ends_at, TimedCommand::LapseSession(id))),
                hold.map(|at| (at, TimedCommand::ExpireHolds(id))),
            ]
        }
        Status::Confirmed { agreement } => {
            let window = agreement.terms.window;
            let start = (window.starts_at, TimedCommand::ActivateReservation(id));
            [
                Some((window.ends_at, TimedCommand::EndReservation(id))),
                agreement.terms.auto_start.then_some(start),
            ]
        }
        Status::Activated { agreement, .. } => [
            Some((
                agreement.terms.window.ends_at,
                TimedCommand::EndReservation(id),
            )),
            None,
        ],
    }
}

/// What an instance waits for.
pub const fn of_instance(id: InstanceId, instance: &Instance) -> Option<Due> {
    match instance.work {
        Work::BackingOff { retry_at, .. } => Some((retry_at, TimedCommand::RetryEffect(id))),
        Work::Idle | Work::InFlight { .. } | Work::Stuck { .. } => None,
    }
}

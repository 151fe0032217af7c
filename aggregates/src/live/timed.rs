//! Timed commands: what has to be done at which time. Derived from the state of each aggregate, so
//! a fold rebuilds them and none can be lost.

use crate::instance::{Instance, Work};
use crate::reservation::{Offer, Reservation, Status, StatusName};
use crate::standing::{StandingRequest, StandingStatus};
use crate::{InstanceId, ReservationId, StandingRequestId, Timestamp};

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
    /// Optional instances can no longer be claimed.
    EndOptions(ReservationId),
    /// The window of a reservation begins, and it is to start by itself.
    ActivateReservation(ReservationId),
    /// A failed effect is to be tried again.
    RetryEffect(InstanceId),
    /// A standing request has waited in vain.
    ExpireStanding(StandingRequestId),
}

/// A timed command and when it is due.
pub type Due = (Timestamp, TimedCommand);

/// What a reservation waits for, each kind of thing in a place of its own.
pub type DueOfReservation = [Option<Due>; 5];

/// What a reservation waits for.
pub fn of_reservation(id: ReservationId, reservation: &Reservation) -> DueOfReservation {
    let mut due = [None; 5];
    if let Some(agreement) = in_force(&reservation.status) {
        let window = agreement.terms.window;
        due[0] = Some((window.ends_at, TimedCommand::EndReservation(id)));
        if reservation.status.name() == StatusName::Confirmed {
            let start = (window.starts_at, TimedCommand::ActivateReservation(id));
            due[1] = agreement.terms.auto_start.then_some(start);
            let options = (window.starts_at, TimedCommand::EndOptions(id));
            due[2] = agreement.options.is_some().then_some(options);
        }
    }
    let table = reservation.table();
    // A change that was rejected lapses, too: nothing that was said stays for ever.
    if table.name().is_open() || reservation.change.is_some() {
        due[3] = Some((reservation.session_ends_at, TimedCommand::LapseSession(id)));
        let hold = table.held_offers().map(|offer| offer.expires_at).min();
        due[4] = hold.map(|at| (at, TimedCommand::ExpireHolds(id)));
    }
    due
}

/// What both agreed on, while it is not over.
const fn in_force(status: &Status) -> Option<&Offer> {
    if status.name().is_agreed() {
        status.agreement()
    } else {
        None
    }
}

/// What a standing request waits for, beside its turn.
pub fn of_standing(id: StandingRequestId, request: &StandingRequest) -> Option<Due> {
    let waiting = request.status == StandingStatus::Waiting;
    let wanted = request.wanted.as_ref().filter(|_| waiting)?;
    Some((wanted.until, TimedCommand::ExpireStanding(id)))
}

/// What an instance waits for.
pub const fn of_instance(id: InstanceId, instance: &Instance) -> Option<Due> {
    match instance.work {
        Work::BackingOff { retry_at, .. } => Some((retry_at, TimedCommand::RetryEffect(id))),
        Work::Idle | Work::InFlight { .. } | Work::Stuck { .. } => None,
    }
}

//! How a reservation ends: given up, cancelled, lapsed, over.

use super::{
    Decided, HoldEndCause, Reservation, ReservationContext, ReservationEvent, Status, holds_ended,
};
use crate::reservation::{ChangeEndCause, StatusName};
use crate::{MicroCredits, Timestamp};

impl Reservation {
    pub(super) fn reject(&self) -> Decided {
        match self.status.name() {
            StatusName::Initiated
            | StatusName::Countered
            | StatusName::Accepted
            | StatusName::ConfirmRequested => Ok(self.withdraw()),
            StatusName::Withdrawn => Ok(Vec::new()),
            StatusName::Confirmed | StatusName::Activated if self.change.is_some() => {
                Ok(self.end_change(HoldEndCause::Withdrawn, ChangeEndCause::Withdrawn))
            }
            StatusName::Confirmed | StatusName::Activated
                if self.change_ended == Some(ChangeEndCause::Withdrawn) =>
            {
                Ok(Vec::new())
            }
            StatusName::Absent
            | StatusName::Confirmed
            | StatusName::Activated
            | StatusName::Rejected
            | StatusName::Lapsed
            | StatusName::Cancelled
            | StatusName::Expired => self.not_allowed(),
        }
    }

    fn withdraw(&self) -> Vec<ReservationEvent> {
        let mut events = self.end_all_holds(HoldEndCause::Withdrawn);
        events.push(ReservationEvent::ReservationWithdrawn);
        events
    }

    pub(super) fn delete(&self, context: &ReservationContext<'_>) -> Decided {
        match &self.status {
            Status::Confirmed { agreement } | Status::Activated { agreement, .. } => {
                let mut events = self.end_change(HoldEndCause::Overtaken, ChangeEndCause::Ended);
                let (window, at) = (agreement.terms.window, context.now);
                let refund = (self.paid > MicroCredits(0))
                    .then(|| context.provider.refund(self.paid, window, at));
                events.push(ReservationEvent::ReservationCancelled { at, refund });
                Ok(events)
            }
            Status::Cancelled { .. } => Ok(Vec::new()),
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Accepted { .. }
            | Status::ConfirmRequested { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Expired { .. } => self.reject(),
        }
    }

    pub(super) fn expire_holds(&self, now: Timestamp) -> Vec<ReservationEvent> {
        let held = self.table().held_offers();
        let expired = held.filter(|o| o.expires_at <= now).map(|o| o.offer_id);
        holds_ended(expired.collect(), HoldEndCause::Expired)
    }

    pub(super) fn lapse(&self, now: Timestamp) -> Vec<ReservationEvent> {
        if now < self.session_ends_at {
            return Vec::new();
        }
        if self.status.name().is_open() {
            let mut events = self.end_all_holds(HoldEndCause::Lapsed);
            events.push(ReservationEvent::ReservationLapsed);
            return events;
        }
        self.end_change(HoldEndCause::Lapsed, ChangeEndCause::Lapsed)
    }

    pub(super) fn end(&self, now: Timestamp) -> Vec<ReservationEvent> {
        match &self.status {
            Status::Confirmed { agreement } | Status::Activated { agreement, .. }
                if agreement.terms.window.ends_at <= now =>
            {
                let no_show = self.status.name() == StatusName::Confirmed;
                let mut events = self.end_change(HoldEndCause::Overtaken, ChangeEndCause::Ended);
                events.push(ReservationEvent::ReservationExpired { no_show });
                events
            }
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Accepted { .. }
            | Status::ConfirmRequested { .. }
            | Status::Confirmed { .. }
            | Status::Activated { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => Vec::new(),
        }
    }
}

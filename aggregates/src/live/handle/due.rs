//! Doing what is due, releases before claims.

use super::Session;
use crate::ReservationId;
use crate::instance::{InstanceCommand, RemovalCause};
use crate::live::CommandRefusal;
use crate::live::timed::TimedCommand;
use crate::reservation::ReservationCommand;
use crate::sender::Sender;

impl Session<'_> {
    pub(super) fn fire_due(&mut self, facts_max: usize) {
        while self.facts.len() < facts_max
            && let Some(due) = self.live.timed.first().copied()
            && due.0 <= self.now
        {
            let before = self.facts.len();
            self.fire(due.1);
            if self.facts.len() == before {
                // A timed command follows from the state, so firing it changes the state.
                debug_assert!(false, "nothing happened on {due:?}");
                self.live.timed.remove(&due);
            }
        }
    }

    fn fire(&mut self, timed: TimedCommand) {
        let refused = match timed {
            TimedCommand::EndReservation(id) => self.end(id),
            TimedCommand::ExpireHolds(id) => {
                self.reservation(id, ReservationCommand::ExpireHolds, None)
            }
            TimedCommand::LapseSession(id) => {
                self.reservation(id, ReservationCommand::LapseSession, None)
            }
            TimedCommand::EndOptions(id) => {
                self.reservation(id, ReservationCommand::EndOptions, None)
            }
            TimedCommand::ActivateReservation(id) => {
                // After a long stop the window may be over: nothing is started only to be ended.
                let over = self.live.reservations.get(&id).is_some_and(|t| {
                    let agreement = t.state.status.agreement();
                    agreement.is_some_and(|offer| offer.terms.window.ends_at <= self.now)
                });
                if over {
                    self.end(id)
                } else {
                    self.activate(id, Sender::Clock)
                }
            }
            TimedCommand::ExpireStanding(id) => self.expire_standing(id),
            TimedCommand::RetryEffect(id) => self.instance(id, InstanceCommand::RetryEffect),
        };
        debug_assert!(refused.is_ok(), "timed commands are never refused");
    }

    fn end(&mut self, id: ReservationId) -> Result<(), CommandRefusal> {
        self.credit_undelivered(id)?;
        self.reservation(id, ReservationCommand::EndReservation, None)?;
        self.remove_instances(id, RemovalCause::Expired);
        Ok(())
    }
}

//! What is asked of an agreement before its end: its options, its start, what was not delivered.

use super::{
    Decided, HoldEndCause, Refusal, Reservation, ReservationContext, ReservationEvent, Status,
};
use crate::reservation::{ChangeEndCause, Offer, OptionsEndCause};
use crate::{InstanceId, MicroCredits, TimeWindow, Timestamp, refunds};

impl Reservation {
    pub(super) fn claim_options(&self, count: u32, context: &ReservationContext<'_>) -> Decided {
        let agreement = self.with_options(count, context.now)?;
        let mut agreed = agreement.clone();
        let Some(options) = &mut agreed.options else {
            return Ok(Vec::new());
        };
        let held = options.held.instances();
        let (taken, left) = options.held.split_at(count);
        let mut placement = agreement.placement.and(&taken);
        if count > held {
            let (size, window) = (agreement.terms.size, agreement.terms.window);
            let more = context.provider.place_more(size, count - held, window);
            let more = more.map_err(|shortage| Refusal::OptionsShort {
                asked: count,
                held,
                shortage: Box::new(shortage),
            })?;
            placement = placement.and(&more);
        }
        let price = options
            .price_of(count)
            .ok_or(crate::pricing::PriceOverflow)?;
        let paid = self.paid.checked_add(price);
        let paid = paid.ok_or(crate::pricing::PriceOverflow)?;
        options.held = left;
        options.granted -= count;
        agreed.placement = placement;
        agreed.terms.instances_fixed += count;
        agreed.terms.instances_option -= count;
        forget_if_none(&mut agreed);
        Ok(vec![ReservationEvent::OptionsClaimed {
            count,
            agreement: agreed,
            paid,
        }])
    }

    pub(super) fn drop_options(&self, count: u32, now: Timestamp) -> Decided {
        let agreement = self.with_options(count, now)?;
        Ok(options_ended(agreement, count, OptionsEndCause::Dropped))
    }

    /// The agreement, where `count` of its options may be claimed or dropped now.
    fn with_options(&self, count: u32, now: Timestamp) -> Result<&Offer, Refusal> {
        let Status::Confirmed { agreement } = &self.status else {
            return Err(self.refusal());
        };
        let starts_at = agreement.terms.window.starts_at;
        if starts_at <= now {
            let ends_at = starts_at;
            return Err(Refusal::TooLate { ends_at, now });
        }
        if self.change.as_deref().is_some_and(|c| !c.name().is_end()) {
            return Err(Refusal::ChangePending);
        }
        let granted = agreement.options.as_ref().map_or(0, |o| o.granted);
        if count > granted {
            return Err(Refusal::OptionsExceeded {
                asked: count,
                granted,
            });
        }
        Ok(agreement)
    }

    pub(super) fn end_options(&self, now: Timestamp) -> Vec<ReservationEvent> {
        match &self.status {
            Status::Confirmed { agreement } if agreement.terms.window.starts_at <= now => {
                let left = agreement.options.as_ref().map_or(0, |o| o.granted);
                options_ended(agreement, left, OptionsEndCause::Started)
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

    pub(super) fn activate(&self, now: Timestamp) -> Decided {
        match &self.status {
            Status::Confirmed { agreement } => {
                let TimeWindow { starts_at, ends_at } = agreement.terms.window;
                if now < starts_at {
                    return Err(Refusal::TooEarly { starts_at, now });
                }
                if ends_at <= now {
                    return Err(Refusal::TooLate { ends_at, now });
                }
                let mut events = self.end_change(HoldEndCause::Overtaken, ChangeEndCause::Started);
                events.extend(self.end_options(now));
                events.push(ReservationEvent::ReservationActivated { at: now });
                Ok(events)
            }
            Status::Activated { .. } => Ok(Vec::new()),
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Accepted { .. }
            | Status::ConfirmRequested { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => self.not_allowed(),
        }
    }

    /// The end of a change that was asked for, if one was.
    pub(super) fn end_change(
        &self,
        holds: HoldEndCause,
        cause: ChangeEndCause,
    ) -> Vec<ReservationEvent> {
        if self.change.is_none() {
            return Vec::new();
        }
        let mut events = self.end_all_holds(holds);
        events.push(ReservationEvent::ChangeEnded { cause });
        events
    }

    pub(super) fn credit(
        &self,
        instance_id: InstanceId,
        undelivered_ms: i64,
    ) -> Vec<ReservationEvent> {
        let Some(agreement) = self.status.agreement() else {
            return Vec::new();
        };
        let terms = &agreement.terms;
        let amount = refunds::undelivered(
            // What others of its instances were credited before has not made this one cheaper.
            self.cost(),
            terms.instances_fixed,
            terms.window.duration_ms(),
            undelivered_ms,
        )
        .min(self.paid);
        if amount == MicroCredits(0) {
            return Vec::new();
        }
        vec![ReservationEvent::CapacityCredited {
            instance_id,
            undelivered_ms,
            amount,
        }]
    }
}

/// `count` options of `agreement` end: first those that nothing is held for.
fn options_ended(agreement: &Offer, count: u32, cause: OptionsEndCause) -> Vec<ReservationEvent> {
    let mut agreement = agreement.clone();
    let Some(options) = agreement.options.as_mut().filter(|_| count > 0) else {
        return Vec::new();
    };
    options.granted -= count.min(options.granted);
    options.held = options.held.split_at(options.granted).0;
    agreement.terms.instances_option = options.granted;
    forget_if_none(&mut agreement);
    vec![ReservationEvent::OptionsEnded {
        count,
        cause,
        agreement,
    }]
}

fn forget_if_none(agreement: &mut Offer) {
    if agreement.options.as_ref().is_some_and(|o| o.granted == 0) {
        agreement.options = None;
    }
}

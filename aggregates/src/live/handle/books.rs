//! The entries that decisions make in the accounts.
//!
//! Owns one rule: what a reservation says its user has paid for it, the account has paid. So the
//! two streams can be checked against each other.

use super::Session;
use crate::account::{
    AccountCommand, AccountEvent, AccountRefusal, ChargeCause, GrantCause, RefundCause,
};
use crate::live::CommandRefusal;
use crate::live::command::{Actor, Answer};
use crate::live::fact::Fact;
use crate::reservation::{Reservation, ReservationEvent};
use crate::{MicroCredits, ReservationId, UserId};

/// The entries of one decision.
pub(super) struct Entries {
    /// The opening of the account, before what was decided.
    pub(super) opening: Option<(UserId, AccountEvent)>,
    /// What moves because of it.
    pub(super) moved: Vec<(UserId, AccountEvent)>,
}

impl Session<'_> {
    /// The entries that `events` of a reservation make.
    ///
    /// # Errors
    /// Where the balance does not cover a charge.
    pub(super) fn entries_of(
        &self,
        id: ReservationId,
        before: &Reservation,
        events: &[ReservationEvent],
    ) -> Result<Entries, AccountRefusal> {
        let user_id = events.iter().find_map(opened_for).unwrap_or(before.user_id);
        let known = self.live.account(user_id).map(|tracked| tracked.state);
        let mut entries = Entries {
            opening: None,
            moved: Vec::new(),
        };
        if known.is_none() && !events.is_empty() {
            entries.opening = Some((user_id, self.opening()));
        }
        if !events.iter().any(moves_money) {
            return Ok(entries);
        }
        let mut account = known.unwrap_or_default();
        if let Some((_, opening)) = &entries.opening {
            account.fold(opening);
        }
        let mut reservation = before.clone();
        for event in events {
            let paid = reservation.paid;
            reservation.fold(event);
            let Some(command) = entry(id, event, (paid, reservation.paid)) else {
                continue;
            };
            if let Some(entry) = account.decide(command)? {
                account.fold(&entry);
                entries.moved.push((user_id, entry));
            }
        }
        Ok(entries)
    }

    fn opening(&self) -> AccountEvent {
        let amount = self.live.policy().opening_grant;
        AccountEvent::CreditsGranted {
            amount,
            cause: GrantCause::Opening,
            balance: amount,
        }
    }

    pub(super) fn record_entries(
        &mut self,
        entries: impl IntoIterator<Item = (UserId, AccountEvent)>,
    ) {
        for (user_id, entry) in entries {
            let sender = entry.usual_sender();
            self.record(Fact::Account(user_id, entry), sender);
        }
    }

    pub(super) fn open_account(&mut self, user_id: UserId) -> Answer {
        if self.live.account(user_id).is_none() {
            let opening = self.opening();
            self.record_entries([(user_id, opening)]);
        }
        self.account_answer(user_id)
    }

    pub(super) fn grant_credits(
        &mut self,
        user_id: UserId,
        amount: MicroCredits,
        (note, actor): (String, Option<Actor>),
    ) -> Result<Answer, CommandRefusal> {
        let known = self.live.account(user_id).map(|tracked| tracked.state);
        let opening = known.is_none().then(|| self.opening());
        let mut account = known.unwrap_or_default();
        opening.iter().for_each(|event| account.fold(event));
        let by = actor.map_or(UserId(0), |actor| actor.user_id);
        let cause = GrantCause::Operator { by, note };
        let grant = account.decide(AccountCommand::Grant { amount, cause })?;
        self.record_entries(opening.into_iter().chain(grant).map(|e| (user_id, e)));
        Ok(self.account_answer(user_id))
    }

    fn account_answer(&self, user_id: UserId) -> Answer {
        let account = self.live.account(user_id).map(|tracked| tracked.state);
        Answer::Account {
            user_id,
            account: account.unwrap_or_default(),
        }
    }
}

const fn opened_for(event: &ReservationEvent) -> Option<UserId> {
    if let ReservationEvent::ReservationInitiated { user_id, .. } = event {
        Some(*user_id)
    } else {
        None
    }
}

/// Whether `event` can change what was paid.
const fn moves_money(event: &ReservationEvent) -> bool {
    matches!(
        event,
        ReservationEvent::ReservationConfirmed { .. }
            | ReservationEvent::ReservationChanged { .. }
            | ReservationEvent::OptionsClaimed { .. }
            | ReservationEvent::CapacityCredited { .. }
            | ReservationEvent::ReservationCancelled { .. }
    )
}

/// The entry for what `event` changed of what was paid, if anything.
fn entry(
    reservation_id: ReservationId,
    event: &ReservationEvent,
    (before, after): (MicroCredits, MicroCredits),
) -> Option<AccountCommand> {
    if after > before {
        let cause = if matches!(event, ReservationEvent::OptionsClaimed { .. }) {
            ChargeCause::OptionsClaimed
        } else if matches!(event, ReservationEvent::ReservationChanged { .. }) {
            ChargeCause::Changed
        } else {
            ChargeCause::Confirmed
        };
        return Some(AccountCommand::Charge {
            amount: MicroCredits(after.0 - before.0),
            reservation_id,
            cause,
        });
    }
    let cause = if matches!(event, ReservationEvent::CapacityCredited { .. }) {
        RefundCause::Undelivered
    } else if matches!(event, ReservationEvent::ReservationChanged { .. }) {
        RefundCause::Changed
    } else {
        RefundCause::Cancelled
    };
    (after < before).then_some(AccountCommand::Refund {
        amount: MicroCredits(before.0 - after.0),
        reservation_id,
        cause,
    })
}

//! Series: many reservations decided at once, all or none of it.

use super::Session;
use crate::account::AccountRefusal;
use crate::live::command::{Actor, Answer, CancelFrom, SeriesRequest};
use crate::live::fact::Fact;
use crate::live::{CommandRefusal, Live, Tracked};
use crate::negotiation::shortage;
use crate::recurrence::Recurrence;
use crate::reservation::{
    Evidence, Reason, Reservation, ReservationCommand, ReservationEvent, Status, StatusName,
};
use crate::series::{
    Asked, HELD_OCCURRENCES_MAX, Judged, LeftOut, Occurrence, Series, SeriesCommand, SeriesEvent,
    SeriesRefusal, Standing, reservation_id_of,
};
use crate::terms::{Proposal, Terms, TermsError};
use crate::{MicroCredits, ReservationId, SeriesId, Timestamp, UserId};

/// What happens to the reservation of one occurrence.
type Decided = (ReservationId, Vec<ReservationEvent>);

impl Session<'_> {
    pub(super) fn series(
        &mut self,
        id: SeriesId,
        request: SeriesRequest,
        actor: Option<Actor>,
    ) -> Result<Answer, CommandRefusal> {
        if let SeriesRequest::Ask {
            proposal,
            recurrence,
        } = request
        {
            self.ask_series(id, super::user_of(actor), (*proposal, recurrence))?;
            return Ok(self.series_answer(id));
        }
        let known = self.live.series.get(&id).cloned();
        let known = known
            .filter(|t| actor.is_none_or(|a| a.may_act_for(t.state.user_id)))
            .ok_or(CommandRefusal::NotFound("series"))?;
        let series = &known.state;
        let standings = self.live.standings_of(series, self.now);
        match request {
            SeriesRequest::Ask { .. } => {}
            SeriesRequest::Confirm => self.confirm_series(id, series, standings)?,
            SeriesRequest::Withdraw => {
                let events = series.decide(SeriesCommand::Withdraw)?;
                let held = ending(series, &standings, &[Standing::Held, Standing::RanOut]);
                self.end_occurrences(id, events, held)?;
            }
            SeriesRequest::Cancel(from) => {
                let from = from.map(|from| from_instant(series, from)).transpose()?;
                let command = SeriesCommand::Cancel { from, standings };
                let events = series.decide(command)?;
                let ended = cancelled_by(series, &events);
                self.end_occurrences(id, events, ended)?;
            }
        }
        Ok(self.series_answer(id))
    }

    fn ask_series(
        &mut self,
        id: SeriesId,
        user_id: UserId,
        (proposal, recurrence): (Proposal, Recurrence),
    ) -> Result<(), CommandRefusal> {
        let (terms, starts) = self.live.occurrences(proposal, &recurrence, self.now)?;
        let asked = Box::new(Asked { terms, recurrence });
        let (mut judged, mut decided) = (Vec::new(), Vec::new());
        for (number, starts_at) in (1..).zip(starts) {
            let terms = if number == 1 {
                asked.terms.clone()
            } else {
                asked.terms.moved_to(starts_at)
            };
            let one = self.judge_occurrence((id, number), user_id, terms, &mut decided)?;
            judged.push(one);
        }
        let command = SeriesCommand::Ask {
            user_id,
            asked,
            judged,
            at: self.now,
            expires_at: self.live.policy().hold_expires_at(self.now),
        };
        let known = self.live.series.get(&id).map(|t| t.state.clone());
        let events = known.unwrap_or_default().decide(command)?;
        if events
            .iter()
            .any(|event| matches!(event, SeriesEvent::SeriesRejected { .. }))
        {
            decided.clear();
        }
        self.check_held(user_id, &decided)?;
        self.record_series(id, events);
        for one in decided {
            self.record_occurrence(one)?;
        }
        Ok(())
    }

    /// Judges one occurrence exactly as asked; what happens where it fits goes to `decided`, and
    /// nothing is recorded. Occurrences do not overlap, so none is in the way of another.
    fn judge_occurrence(
        &mut self,
        (id, number): (SeriesId, u32),
        user_id: UserId,
        terms: Terms,
        decided: &mut Vec<Decided>,
    ) -> Result<Judged, CommandRefusal> {
        let starts_at = terms.window.starts_at;
        let left_out = |evidence| {
            Ok(Err(LeftOut {
                number,
                starts_at,
                evidence,
            }))
        };
        if let Some(reason) = self.in_the_way(&terms) {
            return left_out(Evidence {
                policy_version: self.live.policy().version,
                reasons: vec![reason],
                ..Evidence::default()
            });
        }
        let reservation_id = reservation_id_of(id, number);
        let (new, whose) = (Reservation::default(), (user_id, Some(id)));
        let mut events = self
            .live
            .decide_on_opening(&new, whose, Some(terms), self.now)?;
        match events.pop() {
            Some(ReservationEvent::TermsAccepted {
                offer,
                evidence,
                session_ends_at,
            }) => {
                let price = offer.price();
                events.push(ReservationEvent::TermsAccepted {
                    offer,
                    evidence,
                    session_ends_at,
                });
                decided.push((reservation_id, events));
                Ok(Ok(Occurrence {
                    number,
                    reservation_id,
                    starts_at,
                    price,
                    cancelled: false,
                }))
            }
            Some(
                ReservationEvent::TermsCountered { evidence, .. }
                | ReservationEvent::TermsRejected { evidence, .. },
            ) => left_out(evidence),
            Some(_) | None => left_out(Evidence::default()),
        }
    }

    /// Why `terms` do not fit as they are; the alternatives that a negotiation would look for are
    /// of no use here.
    fn in_the_way(&self, terms: &Terms) -> Option<Reason> {
        let (size, count) = (terms.size, terms.instances_fixed);
        if let Err(never_fits) = self.live.pool.could_ever_host(size, count) {
            return Some(Reason::NeverFits { never_fits });
        }
        let window = terms.window;
        let shortage = shortage(&self.live.pool, (size, count), window, self.now)?;
        Some(Reason::CapacityShort { window, shortage })
    }

    /// Checks that the user may hold all that was decided, and the quotas on the sum of it.
    fn check_held(&self, user_id: UserId, decided: &[Decided]) -> Result<(), CommandRefusal> {
        let held = self.live.held_occurrences(user_id);
        let asked = u32::try_from(decided.len()).unwrap_or(u32::MAX);
        let max = HELD_OCCURRENCES_MAX;
        if held.saturating_add(asked) > max {
            return Err(SeriesRefusal::TooManyHeld { held, asked, max }.into());
        }
        if !self.live.policy().quotas.are_set() {
            return Ok(());
        }
        let after: Vec<(ReservationId, Reservation)> = decided
            .iter()
            .map(|(id, events)| {
                let mut reservation = Reservation::default();
                events.iter().for_each(|event| reservation.fold(event));
                (*id, reservation)
            })
            .collect();
        let after: Vec<_> = after.iter().map(|(id, one)| (*id, one)).collect();
        self.live.check_quotas(user_id, &after, self.now)?;
        Ok(())
    }

    /// Confirms all that is held: the balance covers the sum, or nothing happens.
    fn confirm_series(
        &mut self,
        id: SeriesId,
        series: &Series,
        standings: Vec<Standing>,
    ) -> Result<(), CommandRefusal> {
        let held = ending(series, &standings, &[Standing::Held]);
        let now = self.now;
        let events = series.decide(SeriesCommand::Confirm { standings, now })?;
        if events.is_empty() {
            return Ok(());
        }
        let mut decided: Vec<Decided> = Vec::with_capacity(held.len());
        let mut needed = MicroCredits(0);
        for reservation_id in held {
            let known = self.live.reservations.get(&reservation_id).cloned();
            let known = known.unwrap_or_default();
            let command = ReservationCommand::ConfirmReservation;
            let confirmed = self.live.decide_on(&known.state, command, now)?;
            let offer = known.state.status.standing_offers().first();
            let price = offer.map_or(0, |standing| standing.offer.price().0);
            needed = MicroCredits(needed.0.saturating_add(price));
            decided.push((reservation_id, confirmed));
        }
        let account = self.live.account(series.user_id);
        let balance = account.map_or(MicroCredits(0), |tracked| tracked.state.balance);
        if needed > balance {
            return Err(AccountRefusal::InsufficientCredits { needed, balance }.into());
        }
        self.record_series(id, events);
        for one in decided {
            self.record_occurrence(one)?;
        }
        Ok(())
    }

    /// Records the end of occurrences with the series' own event, which comes first: a series is
    /// forgotten with the last of its reservations.
    fn end_occurrences(
        &mut self,
        id: SeriesId,
        events: Vec<SeriesEvent>,
        ended: Vec<ReservationId>,
    ) -> Result<(), CommandRefusal> {
        if events.is_empty() {
            return Ok(());
        }
        self.record_series(id, events);
        for reservation_id in ended {
            self.delete(reservation_id)?;
        }
        Ok(())
    }

    fn record_series(&mut self, id: SeriesId, events: Vec<SeriesEvent>) {
        for event in events {
            let sender = event.usual_sender();
            self.record(Fact::Series(id, event), sender);
        }
    }

    fn record_occurrence(&mut self, (id, events): Decided) -> Result<(), CommandRefusal> {
        let before = self.live.reservations.get(&id).cloned().unwrap_or_default();
        let entries = self.entries_of(id, &before.state, &events)?;
        drop(before);
        self.record_decided(id, events, entries, None);
        Ok(())
    }

    fn series_answer(&self, id: SeriesId) -> Answer {
        let known = self.live.series.get(&id).cloned().unwrap_or_default();
        let Tracked { state, sequence } = Tracked::clone(&known);
        let statuses = state
            .occurrences()
            .iter()
            .map(|one| self.live.status_of(one.reservation_id))
            .collect();
        Answer::Series {
            series_id: id,
            series: Box::new(state),
            statuses,
            sequence,
        }
    }
}

impl Live {
    /// The terms of the first occurrence, and when each starts.
    fn occurrences(
        &self,
        proposal: Proposal,
        recurrence: &Recurrence,
        now: Timestamp,
    ) -> Result<(Terms, Vec<Timestamp>), CommandRefusal> {
        let bounds = [
            ("earliestStart", proposal.earliest_start_at),
            ("latestEnd", proposal.latest_end_at),
        ];
        if let Some((field, _)) = bounds.into_iter().find(|(_, bound)| bound.is_some()) {
            return Err(SeriesRefusal::BoundsInSeries { field }.into());
        }
        let terms = proposal
            .into_terms(self.policy(), now)
            .map_err(CommandRefusal::Terms)?;
        let starts = recurrence.occurrences(terms.window)?;
        let horizon = self.policy().limits.horizon_from(now);
        if let Some(asked) = starts.last().copied().filter(|last| *last > horizon) {
            let error = TermsError::StartPastHorizon { asked, horizon };
            return Err(CommandRefusal::Terms(vec![error]));
        }
        Ok((terms, starts))
    }

    fn status_of(&self, id: ReservationId) -> Option<StatusName> {
        self.reservation(id).map(|t| t.state.status.name())
    }

    /// Where each occurrence of `series` stands.
    fn standings_of(&self, series: &Series, now: Timestamp) -> Vec<Standing> {
        let standing = |one: &Occurrence| match self.reservation(one.reservation_id) {
            None => Standing::Ended,
            Some(tracked) => match &tracked.state.status {
                Status::Confirmed { .. } | Status::Activated { .. } => Standing::Agreed,
                Status::Accepted { standing, .. } | Status::ConfirmRequested { standing, .. }
                    if standing.is_live(now) =>
                {
                    Standing::Held
                }
                Status::Absent
                | Status::Initiated
                | Status::Countered { .. }
                | Status::Accepted { .. }
                | Status::ConfirmRequested { .. } => Standing::RanOut,
                Status::Rejected { .. }
                | Status::Withdrawn { .. }
                | Status::Lapsed { .. }
                | Status::Cancelled { .. }
                | Status::Expired { .. } => Standing::Ended,
            },
        };
        series.occurrences().iter().map(standing).collect()
    }

    /// How many occurrences of series a user has that are not confirmed.
    fn held_occurrences(&self, user_id: UserId) -> u32 {
        let user = self.users.get(&user_id).into_iter();
        let held = user
            .flat_map(|user| &user.reservations)
            .filter_map(|id| self.reservation(*id))
            .filter(|t| t.state.series_id.is_some() && t.state.status.name().is_open())
            .count();
        u32::try_from(held).unwrap_or(u32::MAX)
    }
}

/// The reservations of the occurrences that stand so.
fn ending(series: &Series, standings: &[Standing], so: &[Standing]) -> Vec<ReservationId> {
    let occurrences = series.occurrences().iter().zip(standings);
    occurrences
        .filter(|(_, standing)| so.contains(standing))
        .map(|(occurrence, _)| occurrence.reservation_id)
        .collect()
}

/// The reservations of the occurrences that `events` cancel.
fn cancelled_by(series: &Series, events: &[SeriesEvent]) -> Vec<ReservationId> {
    let numbers = |event: &SeriesEvent| match event {
        SeriesEvent::SeriesCancelled { occurrences, .. } => occurrences.clone(),
        SeriesEvent::SeriesAsked { .. }
        | SeriesEvent::SeriesAccepted { .. }
        | SeriesEvent::SeriesRejected { .. }
        | SeriesEvent::SeriesConfirmed { .. }
        | SeriesEvent::SeriesWithdrawn => Vec::new(),
    };
    let cancelled: Vec<u32> = events.iter().flat_map(numbers).collect();
    let occurrences = series.occurrences().iter();
    occurrences
        .filter(|one| cancelled.contains(&one.number))
        .map(|one| one.reservation_id)
        .collect()
}

/// The first start that is cancelled: a day begins when it does in the zone of the series.
fn from_instant(series: &Series, from: CancelFrom) -> Result<Timestamp, CommandRefusal> {
    match (from, &series.asked) {
        (CancelFrom::Instant(at), _) => Ok(at),
        (CancelFrom::Date(date), Some(asked)) => Ok(asked.recurrence.day_begins_at(date)?),
        (CancelFrom::Date(_), None) => Err(CommandRefusal::NotFound("series")),
    }
}

/// Decides a request to a series of which nothing is live any more, which can only be a repeat or a
/// refusal.
///
/// # Errors
/// Where the request is not one that took effect before.
pub fn decide_on_ended_series(
    series: &Series,
    request: &SeriesRequest,
    now: Timestamp,
) -> Result<(), CommandRefusal> {
    let standings = vec![Standing::Ended; series.occurrences().len()];
    let command = match request {
        SeriesRequest::Confirm => SeriesCommand::Confirm { standings, now },
        SeriesRequest::Withdraw => SeriesCommand::Withdraw,
        SeriesRequest::Ask { .. } | SeriesRequest::Cancel(_) => SeriesCommand::Cancel {
            from: None,
            standings,
        },
    };
    series.decide(command)?;
    Ok(())
}

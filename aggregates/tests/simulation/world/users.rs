//! What users say.

use openpex_aggregates::live::{Actor, Command, Message, OptionsRequest};
use openpex_aggregates::reservation::{Offer, StatusName};
use openpex_aggregates::terms::{Proposal, Terms};
use openpex_aggregates::{MicroCredits, OfferId, ReservationId, Timestamp, UserId};
use uuid::Uuid;

use super::{HOUR, MINUTE, TEMPLATE, World};

/// What is asked for, the usual more often.
const KINDS: &[&str] = &["S", "S", "S", "S", "S", "S", "S", "S", "L", "L", "L", "XXL"];

impl World {
    pub(super) fn user(&mut self) -> Actor {
        Actor {
            user_id: UserId(self.rng.between(1, 3)),
            is_operator: self.rng.chance(2),
        }
    }

    pub(super) fn proposal(&mut self) -> Proposal {
        let rng = &mut self.rng;
        // Round times, so that windows touch and repeat.
        let reach = if rng.chance(70) { 6 } else { 60 };
        let from = (self.now / (10 * MINUTE) + rng.between(-1, reach)) * 10 * MINUTE;
        let from = if rng.chance(25) { self.now } else { from };
        let duration_ms = rng.between(1, 12) * if rng.chance(80) { 10 * MINUTE } else { MINUTE };
        let most = if rng.chance(90) { 5 } else { 12 };
        let earliest = from - rng.between(0, 12) * 10 * MINUTE;
        let latest = from + duration_ms + rng.between(0, 12) * 10 * MINUTE;
        let mut proposal = Proposal {
            instance_type: (*rng.pick(KINDS).unwrap()).into(),
            instances_fixed: rng.between(0, most),
            instances_option: rng.between(-2, 4).max(0),
            starts_at: Timestamp(from),
            duration_ms,
            template: TEMPLATE.into(),
            auto_start: rng.chance(40).then_some(rng.chance(50)),
            price_limit: None,
            earliest_start_at: rng.chance(40).then_some(Timestamp(earliest)),
            latest_end_at: rng.chance(40).then_some(Timestamp(latest)),
        };
        if self.rng.chance(40) {
            proposal.price_limit = Some(self.some_price(&proposal));
        }
        proposal
    }

    /// About what it costs by the rates that a site begins with; mostly less.
    fn some_price(&mut self, proposal: &Proposal) -> MicroCredits {
        let hourly = if proposal.instance_type == "L" {
            2_280_000
        } else {
            1_260_000
        };
        let whole = proposal.instances_fixed * hourly * (proposal.duration_ms / MINUTE) / 60;
        let percent = self.rng.between(60, 120);
        MicroCredits(u64::try_from(whole * percent / 100).unwrap_or(0))
    }

    pub(super) fn open(&mut self) {
        self.opened += 1;
        let reservation_id = ReservationId(Uuid::from_u128(self.opened << 64));
        let proposal = self.rng.chance(85).then(|| self.proposal());
        let actor = self.user();
        let command = Command::Open {
            reservation_id,
            proposal,
        };
        if self.ask(command, Some(actor)).is_ok() {
            self.ids.push(reservation_id);
        }
    }

    /// A reservation, mostly one of the newest, and one who speaks for it: mostly its owner.
    pub(super) fn someone(&mut self) -> Option<(ReservationId, Actor)> {
        let recent = self.ids.len().saturating_sub(12);
        // Those that have ended are asked of, too, but rarely.
        let open = |id: &&ReservationId| self.live.reservation(**id).is_some();
        let open: Vec<_> = self.ids.iter().filter(open).copied().collect();
        let id = *if self.rng.chance(85) {
            self.rng.pick(&open)
        } else if self.rng.chance(80) {
            self.rng.pick(&self.ids[recent..])
        } else {
            self.rng.pick(&self.ids)
        }?;
        let mut actor = self.user();
        if let Some(tracked) = self.live.reservation(id).filter(|_| self.rng.chance(95)) {
            actor.user_id = tracked.state.user_id;
        }
        Some((id, actor))
    }

    pub(super) fn negotiate(&mut self) {
        let Some((reservation_id, actor)) = self.someone() else {
            return;
        };
        // What is talked about: the reservation, or a change of it.
        let known = self.live.reservation(reservation_id);
        let status = known.map(|t| t.state.table().name());
        // Mostly what leads on.
        let message = match (self.rng.next() % 10, status) {
            (0..7, Some(StatusName::Accepted | StatusName::ConfirmRequested)) => {
                Message::Confirm { echo: None }
            }
            (0..7, Some(StatusName::Countered)) => Message::Accept {
                offer: None,
                echo: None,
            },
            (0 | 1, _) => Message::Confirm { echo: None },
            (2 | 3, _) => {
                let number = u32::try_from(self.rng.between(1, 6)).unwrap();
                Message::Accept {
                    offer: Some(OfferId(number)),
                    echo: None,
                }
            }
            (4, _) => Message::Reject,
            (5..8, Some(_)) => Message::Counter(self.counter(reservation_id)),
            _ => Message::Counter(self.proposal()),
        };
        let command = Command::Negotiate {
            reservation_id,
            message,
        };
        let _maybe_refused = self.ask(command, Some(actor));
    }

    pub(super) fn delete(&mut self) {
        if let Some((id, actor)) = self.someone() {
            let _maybe_refused = self.ask(Command::Delete(id), Some(actor));
        }
    }

    pub(super) fn activate(&mut self) {
        if let Some((id, actor)) = self.someone() {
            let _maybe_refused = self.ask(Command::Activate(id), Some(actor));
        }
    }

    /// The terms that were asked for last, at another price or in other bounds: one more round.
    fn counter(&mut self, id: ReservationId) -> Proposal {
        let known = self.live.reservation(id);
        let asked = known.and_then(|t| t.state.table().asked().cloned());
        let Some(asked) = asked else {
            return self.proposal();
        };
        let mut proposal = proposal_of(&asked);
        match self.rng.next() % 4 {
            0 | 1 => proposal.price_limit = Some(self.some_price(&proposal)),
            2 => {
                let more = self.rng.between(0, 3) * HOUR;
                let (from, length) = (asked.window.starts_at, asked.window.duration_ms());
                proposal.earliest_start_at = Some(from.saturating_add(-more));
                proposal.latest_end_at = Some(from.saturating_add(length + more));
            }
            _ => proposal.instances_option = self.rng.between(0, 3),
        }
        proposal
    }

    /// One of those on which both agreed, and one who speaks for it.
    fn agreed(&mut self) -> Option<(ReservationId, Actor, Offer)> {
        let of = |id: &ReservationId| {
            let status = &self.live.reservation(*id)?.state.status;
            let agreed = status.agreement().filter(|_| status.name().is_agreed())?;
            Some((*id, agreed.clone()))
        };
        let all: Vec<_> = self.ids.iter().filter_map(of).collect();
        let (id, agreement) = self.rng.pick(&all)?.clone();
        let actor = Actor {
            user_id: self.live.reservation(id)?.state.user_id,
            is_operator: false,
        };
        Some((id, actor, agreement))
    }

    /// Asks to extend, shorten, move, grow or shrink what was agreed on; mostly says yes to it.
    pub(super) fn change(&mut self) {
        let Some((reservation_id, actor, agreement)) = self.agreed() else {
            return;
        };
        let mut proposal = proposal_of(&agreement.terms);
        let rng = &mut self.rng;
        let some = rng.between(1, 6) * 10 * MINUTE;
        match rng.next() % 8 {
            0 | 1 => proposal.duration_ms += some,
            2 => proposal.duration_ms -= some,
            3 => proposal.starts_at = proposal.starts_at.saturating_add(some - 20 * MINUTE),
            4 | 5 => proposal.instances_fixed += rng.between(1, 2),
            6 => proposal.instances_fixed -= 1,
            _ => {
                proposal.duration_ms += some;
                proposal.instances_fixed += rng.between(-1, 1);
                proposal.instances_option = rng.between(0, 2);
            }
        }
        if rng.chance(20) {
            proposal.price_limit = Some(self.some_price(&proposal));
        } else if rng.chance(90) {
            (proposal.price_limit, proposal.latest_end_at) = (None, None);
            proposal.earliest_start_at = None;
        }
        let say = |message| Command::Negotiate {
            reservation_id,
            message,
        };
        let yes = self.rng.chance(60);
        if self
            .ask(say(Message::Counter(proposal)), Some(actor))
            .is_err()
            || !yes
        {
            return;
        }
        let known = self.live.reservation(reservation_id);
        let stands = known.map(|t| t.state.table().name());
        if stands == Some(StatusName::Countered) {
            let (offer, echo) = (None, None);
            let _maybe_refused = self.ask(say(Message::Accept { offer, echo }), Some(actor));
        }
        let _maybe_refused = self.ask(say(Message::Confirm { echo: None }), Some(actor));
    }

    /// Claims or drops options, at times more than there are.
    pub(super) fn options(&mut self) {
        for _ in 0..4 {
            let Some((reservation_id, actor, agreement)) = self.agreed() else {
                return;
            };
            let granted = agreement.options.map_or(0, |options| options.granted);
            if granted == 0 && self.rng.chance(90) {
                continue;
            }
            let count = self.rng.between(1, i64::from(granted) + 1);
            let count = u32::try_from(count).unwrap();
            let request = if self.rng.chance(70) {
                OptionsRequest::Claim(count)
            } else {
                OptionsRequest::Drop(count)
            };
            let command = Command::Options {
                reservation_id,
                request,
            };
            let _maybe_refused = self.ask(command, Some(actor));
            return;
        }
    }
}

fn proposal_of(terms: &Terms) -> Proposal {
    Proposal {
        instance_type: terms.instance_type.clone(),
        instances_fixed: terms.instances_fixed.into(),
        instances_option: terms.instances_option.into(),
        starts_at: terms.asked_start_at(),
        duration_ms: terms.window.duration_ms(),
        template: terms.template.clone(),
        auto_start: Some(terms.auto_start),
        price_limit: terms.price_limit,
        earliest_start_at: terms.earliest_start_at,
        latest_end_at: terms.latest_end_at,
    }
}

//! Lets a trace be answered request by request, by whatever has [`Capacity`].
//!
//! Owns the order of things: time moves on to the arrival, what really ended by then is
//! shortened at its real end, one after the other, and then the request is answered. A
//! counter-offer is taken. Must never look at who answers: the engine and the oracle get the same
//! questions as long as they give the same answers.

use std::collections::BTreeMap;

use openpex_aggregates::capacity::Placement;
use openpex_aggregates::{Resources, TimeWindow, Timestamp};

use crate::capacity::{Capacity, Demand};
use crate::outcome::{Alternatives, Answer, Decision, Outcome};
use crate::request::Request;

/// How far a later start may be from the arrival, unless said otherwise: thirty days.
pub const HORIZON_MS: i64 = 30 * 86_400_000;

/// How requests are answered.
#[derive(Clone, Copy, Debug)]
pub struct Answering {
    /// How far after the arrival a later start may be, in milliseconds.
    pub horizon_ms: i64,
}

impl Default for Answering {
    fn default() -> Self {
        Self {
            horizon_ms: HORIZON_MS,
        }
    }
}

/// What is booked and will turn out to end early.
#[derive(Debug)]
struct Booked {
    placement: Placement,
    window: TimeWindow,
    size: Resources,
}

/// Answers requests in the order of their arrival.
#[derive(Debug)]
pub struct Driver<C> {
    capacity: C,
    answering: Answering,
    now: Timestamp,
    /// By real end, then in the order in which they were booked.
    early_ends: BTreeMap<(Timestamp, u64), Booked>,
    booked: u64,
}

impl<C: Capacity> Driver<C> {
    /// A driver of `capacity`, on which nothing is booked.
    pub const fn new(capacity: C, answering: Answering) -> Self {
        Self {
            capacity,
            answering,
            now: Timestamp(i64::MIN),
            early_ends: BTreeMap::new(),
            booked: 0,
        }
    }

    /// What is driven.
    pub const fn capacity(&self) -> &C {
        &self.capacity
    }

    /// Answers a request, and books what was answered.
    ///
    /// # Panics
    /// Where it arrives before the one before it.
    pub fn answer(&mut self, request: &Request) -> Decision {
        assert!(
            request.arrives_at >= self.now,
            "{request:?} arrives out of order"
        );
        self.move_on(request.arrives_at);
        let demand = Demand {
            size: request.size,
            count: request.instances,
        };
        let answer = match self.capacity.place(demand, request.window()) {
            Ok(placement) => Answer::Accepted { placement },
            Err(shortage) => {
                let alternatives = self.alternatives(demand, request);
                match alternatives.later {
                    Some(starts_at) => Answer::Countered {
                        shortage,
                        alternatives,
                        starts_at,
                        placement: self.place_again(demand, request, starts_at),
                    },
                    None => Answer::Rejected {
                        shortage,
                        alternatives,
                        never_fits: self.capacity.could_ever_host(demand).err(),
                    },
                }
            }
        };
        if let Some((placement, starts_at)) = answer.granted(request) {
            self.book(request, placement, starts_at);
        }
        Decision {
            id: request.id,
            answer,
        }
    }

    /// Moves time on, from one real end to the next.
    fn move_on(&mut self, now: Timestamp) {
        while let Some(first) = self.early_ends.first_entry()
            && first.key().0 <= now
        {
            let ((ends_at, _), booked) = first.remove_entry();
            self.capacity.forget_before(ends_at);
            self.capacity
                .shorten(&booked.placement, booked.window, booked.size, ends_at);
        }
        self.capacity.forget_before(now);
        self.now = now;
    }

    fn alternatives(&self, demand: Demand, request: &Request) -> Alternatives {
        let latest = request.arrives_at.saturating_add(self.answering.horizon_ms);
        let window = request.window();
        Alternatives {
            later: self.capacity.nearest_later(demand, window, latest),
            earlier: self
                .capacity
                .nearest_earlier(demand, window, request.arrives_at),
            most_in_window: self.capacity.most_instances(demand, window),
        }
    }

    fn place_again(&self, demand: Demand, request: &Request, starts_at: Timestamp) -> Placement {
        let window = TimeWindow::starting(starts_at, request.duration_ms);
        self.capacity
            .place(demand, window)
            .unwrap_or_else(|shortage| {
                panic!("{request:?} was to fit from {starts_at}: {shortage}")
            })
    }

    fn book(&mut self, request: &Request, placement: &Placement, starts_at: Timestamp) {
        let window = TimeWindow::starting(starts_at, request.duration_ms);
        self.capacity.book(placement, window, request.size);
        self.booked += 1;
        if let Some(ends_at) = request.early_end(starts_at) {
            let booked = Booked {
                placement: placement.clone(),
                window,
                size: request.size,
            };
            self.early_ends.insert((ends_at, self.booked), booked);
        }
    }
}

/// Lets `capacity` answer all requests, which must be in the order of their arrival.
///
/// # Panics
/// Where they are not, or where an answer contradicts the one before it.
pub fn drive<C: Capacity>(requests: &[Request], capacity: C, answering: Answering) -> Outcome {
    let mut driver = Driver::new(capacity, answering);
    let decisions = requests
        .iter()
        .map(|request| driver.answer(request))
        .collect();
    Outcome::of(requests, decisions, driver.capacity.total())
}

//! What was answered to a trace, and what it adds up to.
//!
//! Owns the answers as they are compared and the totals as they are printed. All numbers are
//! whole: milliseconds, and thousandths of what there is.

use std::fmt;

use openpex_aggregates::capacity::{NeverFits, Placement, Shortage};
use openpex_aggregates::{Dimension, Resources, Timestamp};

use crate::request::Request;

/// What else there is for a request that does not fit where it was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternatives {
    /// The nearest later start within the horizon.
    pub later: Option<Timestamp>,
    /// The nearest earlier start from the arrival on.
    pub earlier: Option<Timestamp>,
    /// How many of the instances fit in the window that was wanted.
    pub most_in_window: u32,
}

/// What is answered to a request, evidence included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Booked as it was asked.
    Accepted {
        /// Where.
        placement: Placement,
    },
    /// Booked at a later start.
    Countered {
        /// Why not as it was asked.
        shortage: Shortage,
        /// What else was found.
        alternatives: Alternatives,
        /// The start.
        starts_at: Timestamp,
        /// Where.
        placement: Placement,
    },
    /// Not booked.
    Rejected {
        /// Why not as it was asked.
        shortage: Shortage,
        /// What else was found.
        alternatives: Alternatives,
        /// Why not ever, if so.
        never_fits: Option<NeverFits>,
    },
}

impl Answer {
    /// Where and from when on the instances are booked, if they are.
    #[must_use]
    pub const fn granted(&self, request: &Request) -> Option<(&Placement, Timestamp)> {
        match self {
            Self::Accepted { placement } => Some((placement, request.starts_at)),
            Self::Countered {
                starts_at,
                placement,
                ..
            } => Some((placement, *starts_at)),
            Self::Rejected { .. } => None,
        }
    }
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Of the request.
    pub id: u64,
    /// What was answered.
    pub answer: Answer,
}

/// A whole trace, answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the requests.
    pub decisions: Vec<Decision>,
    /// What they add up to.
    pub totals: Totals,
}

impl Outcome {
    /// The outcome of `decisions`, one for each request, on nodes that have `total` together.
    #[must_use]
    pub fn of(requests: &[Request], decisions: Vec<Decision>, total: Resources) -> Self {
        let totals = Totals::of(requests, &decisions, total);
        Self { decisions, totals }
    }

    /// The first decision that differs from the other's, as a text for people; `None` where
    /// the outcomes are the same.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let mut pairs = self.decisions.iter().zip(&other.decisions);
        let differs = pairs.position(|(this, that)| this != that);
        Some(differs.map_or_else(
            || format!("totals:\n{}\nand\n{}", self.totals, other.totals),
            |at| {
                let (this, that) = (&self.decisions[at], &other.decisions[at]);
                format!("decision {at}:\n{this:#?}\nand\n{that:#?}")
            },
        ))
    }
}

/// What a trace's answers add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Booked as asked.
    pub accepted: u64,
    /// By how many milliseconds each counter-offer is later than asked, smallest first.
    pub delays_ms: Vec<i64>,
    /// Not booked.
    pub rejected: u64,
    /// Thousandths, rounded down, of what the nodes have from the first to the last arrival that
    /// were really used, in the order of [`Dimension::ALL`]; `None` where they have nothing.
    pub used_permille: [Option<u64>; 3],
}

impl Totals {
    fn of(requests: &[Request], decisions: &[Decision], total: Resources) -> Self {
        let mut totals = Self::default();
        let mut used = [0u128; 3];
        let first = requests.first().map_or(0, |request| request.arrives_at.0);
        let last = requests.last().map_or(0, |request| request.arrives_at.0);
        for (request, decision) in requests.iter().zip(decisions) {
            match &decision.answer {
                Answer::Accepted { .. } => totals.accepted += 1,
                Answer::Countered { starts_at, .. } => {
                    let delay_ms = starts_at.millis_since(request.starts_at);
                    totals.delays_ms.push(delay_ms);
                }
                Answer::Rejected { .. } => totals.rejected += 1,
            }
            let Some((placement, starts_at)) = decision.answer.granted(request) else {
                continue;
            };
            let booked_end = starts_at.saturating_add(request.duration_ms);
            let end = request
                .early_end(starts_at)
                .unwrap_or(booked_end)
                .0
                .min(last);
            let in_span = u128::try_from(end - starts_at.0.max(first)).unwrap_or(0);
            for (sum, dimension) in used.iter_mut().zip(Dimension::ALL) {
                let each = u128::from(request.size.get(dimension));
                *sum += each * u128::from(placement.instances()) * in_span;
            }
        }
        totals.delays_ms.sort_unstable();
        let span = u128::try_from(last - first).unwrap_or(0);
        for (at, dimension) in Dimension::ALL.into_iter().enumerate() {
            let had = u128::from(total.get(dimension)) * span;
            let permille = (used[at] * 1_000).checked_div(had);
            totals.used_permille[at] = permille.and_then(|permille| u64::try_from(permille).ok());
        }
        totals
    }

    /// Booked at a later start.
    #[must_use]
    pub const fn countered(&self) -> usize {
        self.delays_ms.len()
    }

    /// The delay that `percent` of the counter-offers do not exceed; `None` without any.
    #[must_use]
    pub fn delay_ms_at(&self, percent: usize) -> Option<i64> {
        percentile(&self.delays_ms, percent)
    }
}

/// The value that `percent` of the sorted values do not exceed (nearest rank).
#[must_use]
pub fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let countered = self.countered();
        write!(
            f,
            "accepted {}, countered {countered}, rejected {}",
            self.accepted, self.rejected
        )?;
        if let (Some(median), Some(p90), Some(max)) = (
            self.delay_ms_at(50),
            self.delay_ms_at(90),
            self.delay_ms_at(100),
        ) {
            write!(f, "; later by median {median}, p90 {p90}, max {max} ms")?;
        }
        f.write_str("; in use")?;
        for (permille, dimension) in self.used_permille.iter().zip(Dimension::ALL) {
            if let Some(permille) = permille {
                let (whole, tenth) = (permille / 10, permille % 10);
                write!(f, " {whole}.{tenth} % of {dimension}")?;
            }
        }
        Ok(())
    }
}

//! What a reservation claims of the pool.
//!
//! Owns one rule: of all that is on the table at most one thing will come true, so a reservation
//! claims the pointwise maximum over its held offers and its agreement, node by node. Alternatives
//! share their capacity, and a change claims only what the agreement does not have already.

use super::{Offer, Reservation, Status};
use crate::capacity::{Placement, PlacementPart};
use crate::{NodeName, Resources, TimeWindow, Timestamp};

/// Capacity of the pool over a time: as many of `size` on each node as `placement` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where, and how many of `size`.
    pub placement: Placement,
    /// From when until when.
    pub window: TimeWindow,
    /// What each needs.
    pub size: Resources,
}

impl Reservation {
    /// What it claims; nothing while nothing is held.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        let pending = self.change.iter().flat_map(|change| change.held_offers());
        let mut wanted: Vec<Claim> = self
            .status
            .held_offers()
            .chain(pending)
            .filter_map(|offer| Claim::of(offer, None))
            .collect();
        if let Some(agreement) = self.status.agreement() {
            wanted.extend(Claim::of(agreement, self.ended_early_at()));
        }
        if wanted.len() > 1 {
            envelope(&wanted)
        } else {
            wanted
        }
    }

    /// What it claims because both agreed on it, without options that are only held.
    #[must_use]
    pub fn agreed_claim(&self) -> Option<Claim> {
        let agreement = self.status.agreement()?;
        let firm = Offer {
            options: None,
            ..agreement.clone()
        };
        Claim::of(&firm, self.ended_early_at())
    }

    /// Whether it holds anything that both have not agreed on.
    #[must_use]
    pub fn holds_more_than_agreed(&self) -> bool {
        let options = |agreement: &Offer| agreement.options.is_some();
        self.table().held_offers().next().is_some()
            || (self.status.name().is_agreed() && self.status.agreement().is_some_and(options))
    }

    /// When what was agreed on ended before its time.
    const fn ended_early_at(&self) -> Option<Timestamp> {
        match self.status {
            Status::Cancelled { cancelled_at, .. } => Some(cancelled_at),
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
            | Status::Expired { .. } => None,
        }
    }
}

impl Claim {
    /// What `offer` takes, options that are held included, until `cut_at` at the latest.
    fn of(offer: &Offer, cut_at: Option<Timestamp>) -> Option<Self> {
        let mut window = offer.terms.window;
        window.ends_at = cut_at.map_or(window.ends_at, |at| window.ends_at.min(at));
        let placement = match &offer.options {
            None => offer.placement.clone(),
            Some(options) => offer.placement.and(&options.held),
        };
        let size = offer.terms.size;
        (window.starts_at < window.ends_at).then_some(Self {
            placement,
            window,
            size,
        })
    }

    /// What it takes of `node`.
    fn on(&self, node: &NodeName) -> Resources {
        let count = self.placement.0.iter().filter(|part| part.node == *node);
        let count = count.fold(0_u64, |sum, part| sum.saturating_add(part.count.into()));
        self.size
            .checked_mul(count)
            .expect("invariant: what was placed on a node can be counted")
    }
}

/// The pointwise maximum of `wanted`, as claims of one node each that do not overlap.
fn envelope(wanted: &[Claim]) -> Vec<Claim> {
    let mut nodes: Vec<&NodeName> = wanted
        .iter()
        .flat_map(|claim| claim.placement.0.iter().map(|part| &part.node))
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut claims = Vec::new();
    for node in nodes {
        let on_node: Vec<(TimeWindow, Resources)> = wanted
            .iter()
            .map(|claim| (claim.window, claim.on(node)))
            .filter(|(_, amount)| *amount != Resources::ZERO)
            .collect();
        claims.extend(maxima(&on_node).into_iter().map(|(window, size)| Claim {
            placement: Placement(vec![PlacementPart {
                node: node.clone(),
                count: 1,
            }]),
            window,
            size,
        }));
    }
    claims
}

/// The steps of the pointwise maximum, dimension by dimension; equal neighbours are one step.
fn maxima(amounts: &[(TimeWindow, Resources)]) -> Vec<(TimeWindow, Resources)> {
    let mut times: Vec<Timestamp> = amounts
        .iter()
        .flat_map(|(window, _)| [window.starts_at, window.ends_at])
        .collect();
    times.sort_unstable();
    times.dedup();
    let mut steps: Vec<(TimeWindow, Resources)> = Vec::new();
    for pair in times.windows(2) {
        let (starts_at, ends_at) = (pair[0], pair[1]);
        let most = amounts
            .iter()
            .filter(|(window, _)| window.starts_at <= starts_at && starts_at < window.ends_at)
            .fold(Resources::ZERO, |most, (_, amount)| most.max(*amount));
        match steps.last_mut() {
            Some((window, same)) if window.ends_at == starts_at && *same == most => {
                window.ends_at = ends_at;
            }
            Some(_) | None => steps.push((TimeWindow { starts_at, ends_at }, most)),
        }
    }
    steps.retain(|(_, most)| *most != Resources::ZERO);
    steps
}

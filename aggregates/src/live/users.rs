//! What each user has that has not ended, and the quotas on it.
//!
//! Owns counting it. Holds count like reservations: what one user holds, no other can have.

use std::collections::BTreeSet;

use super::Live;
use crate::reservation::{Claim, Reservation};
use crate::{ReservationId, TimeWindow, Timestamp, UserId};

const HOUR_MS: u128 = 3_600_000;

/// What one user has that has not ended.
#[derive(Clone, Debug, Default)]
pub struct UserHoldings {
    /// The reservations, in negotiation or agreed on.
    pub reservations: BTreeSet<ReservationId>,
    /// How many of them are negotiations of their own.
    pub sessions: u32,
}

impl UserHoldings {
    /// Counts a reservation that was a session before, and may not be now.
    pub const fn count_session(&mut self, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.sessions = self.sessions.saturating_add(1),
            (true, false) => self.sessions = self.sessions.saturating_sub(1),
            (true, true) | (false, false) => {}
        }
    }
}

impl Reservation {
    /// Whether it is a negotiation that its user opened; the occurrences of a series are not.
    pub(super) const fn is_session(&self) -> bool {
        self.status.name().is_open() && self.series_id.is_none()
    }
}

/// A quota that a decision would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{would_be} {what} for one user; at most {limit} can be")]
pub struct QuotaExceeded {
    /// A stable name of the quota.
    pub quota: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// The bound.
    pub limit: u64,
    /// What it would come to.
    pub would_be: u64,
}

impl Live {
    /// Checks what `user_id` has once these reservations are `after`.
    ///
    /// # Errors
    /// The first quota that is exceeded.
    pub(super) fn check_quotas(
        &self,
        user_id: UserId,
        after: &[(ReservationId, &Reservation)],
        now: Timestamp,
    ) -> Result<(), QuotaExceeded> {
        let quotas = &self.policy().quotas;
        if !quotas.are_set() {
            return Ok(());
        }
        let others = self.users.get(&user_id).into_iter();
        let others: Vec<&Reservation> = others
            .flat_map(|user| &user.reservations)
            .filter(|other| after.iter().all(|(id, _)| id != *other))
            .filter_map(|other| self.reservation(*other).map(|tracked| &tracked.state))
            .collect();
        let live = after.iter().filter(|(_, one)| !one.status.name().is_end());
        let count = (others.len() + live.count()) as u64;
        within(
            ("live_reservations", "reservations that have not ended"),
            quotas.live_reservations.map(u64::from),
            count,
        )?;
        let claims: Vec<Claim> = others
            .into_iter()
            .chain(after.iter().map(|(_, one)| *one))
            .flat_map(Reservation::claims)
            .filter(|claim| claim.window.ends_at > now)
            .collect();
        within(
            ("vcpus_at_once", "vCPUs at one instant"),
            quotas.vcpus_at_once,
            most_vcpus(&claims, now),
        )?;
        within(
            ("vcpu_hours_ahead", "vCPU-hours from now on"),
            quotas.vcpu_hours_ahead,
            vcpu_hours(&claims, now),
        )
    }
}

fn within(
    (quota, what): (&'static str, &'static str),
    limit: Option<u64>,
    would_be: u64,
) -> Result<(), QuotaExceeded> {
    match limit.filter(|limit| would_be > *limit) {
        Some(limit) => Err(QuotaExceeded {
            quota,
            what,
            limit,
            would_be,
        }),
        None => Ok(()),
    }
}

fn vcpus_of(claim: &Claim) -> u64 {
    let count = u64::from(claim.placement.instances());
    claim.size.vcpus.saturating_mul(count)
}

/// The most vCPUs that `claims` take at one instant from `now` on.
fn most_vcpus(claims: &[Claim], now: Timestamp) -> u64 {
    // What ends at an instant is gone before what starts at it comes.
    let mut changes: Vec<(Timestamp, bool, u64)> = claims
        .iter()
        .flat_map(|claim| {
            let vcpus = vcpus_of(claim);
            let TimeWindow { starts_at, ends_at } = claim.window;
            [(starts_at.max(now), true, vcpus), (ends_at, false, vcpus)]
        })
        .collect();
    changes.sort_unstable();
    let (mut used, mut most) = (0_u64, 0_u64);
    for (_, begins, vcpus) in changes {
        used = if begins {
            used.saturating_add(vcpus)
        } else {
            used.saturating_sub(vcpus)
        };
        most = most.max(used);
    }
    most
}

/// The vCPU-hours of `claims` from `now` on, rounded up.
fn vcpu_hours(claims: &[Claim], now: Timestamp) -> u64 {
    let vcpu_ms = claims.iter().fold(0_u128, |sum, claim| {
        let ahead = TimeWindow {
            starts_at: claim.window.starts_at.max(now),
            ..claim.window
        };
        let ms = u128::from(ahead.duration_ms().max(0).unsigned_abs());
        sum.saturating_add(ms.saturating_mul(vcpus_of(claim).into()))
    });
    u64::try_from(vcpu_ms.div_ceil(HOUR_MS)).unwrap_or(u64::MAX)
}

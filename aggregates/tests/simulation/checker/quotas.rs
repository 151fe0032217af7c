//! What one user may have at the same time.

use super::capacity::Claim;
use super::record::count;
use super::{Checked, Checker, ENDS, must};

const HOUR_MS: u128 = 3_600_000;

impl Checker {
    /// A session that was just opened is within its user's limit.
    pub(super) fn expect_session_allowed(&self, id: &str) -> Checked {
        let user = self.negotiations[id].user;
        let open = [
            "Initiated",
            "Proposed",
            "Countered",
            "Accepted",
            "ConfirmRequested",
        ];
        let of_user = self.negotiations.values().filter(|it| it.user == user);
        let sessions = of_user.filter(|it| open.contains(&it.status)).count() as u64;
        let most = count(&self.policy["limits"]["sessions_max"]);
        must(sessions <= most, || {
            format!("{sessions} sessions of one user, {most} are allowed")
        })
    }

    /// What was just held is within its user's quotas.
    pub(super) fn expect_quotas_kept(&self, id: &str, at: i64) -> Checked {
        let user = self.negotiations[id].user;
        let quotas = &self.policy["quotas"];
        let within = |name: &str, found: u64| {
            let quota = quotas[name].as_u64();
            must(quota.is_none_or(|quota| found <= quota), || {
                format!("{name} of one user are {found} of {quota:?}")
            })
        };
        let of_user = self.negotiations.values();
        let of_user: Vec<_> = of_user
            .filter(|it| it.user == user && !ENDS.contains(&it.status))
            .collect();
        within("live_reservations", of_user.len() as u64)?;
        let claims: Vec<Vec<Claim>> = of_user.iter().map(|it| it.claims()).collect();
        let mut times: Vec<i64> = claims
            .iter()
            .flatten()
            .flat_map(|claim| [claim.from.max(at), claim.until.max(at)])
            .collect();
        times.sort_unstable();
        times.dedup();
        let (mut most, mut ahead) = (0, 0_u128);
        for span in times.windows(2) {
            let vcpus: u64 = claims.iter().map(|claims| vcpus_at(claims, span[0])).sum();
            most = most.max(vcpus);
            ahead += u128::from(span[1].abs_diff(span[0])) * u128::from(vcpus);
        }
        within("vcpus_at_once", most)?;
        let hours = u64::try_from(ahead.div_ceil(HOUR_MS)).unwrap();
        within("vcpu_hours_ahead", hours)
    }
}

/// The vCPUs of one reservation at an instant: of what may come true the most, on each node.
fn vcpus_at(claims: &[Claim], at: i64) -> u64 {
    let mut nodes = std::collections::BTreeMap::new();
    for claim in claims.iter().filter(|c| c.from <= at && at < c.until) {
        for (node, count) in &claim.parts {
            let vcpus = claim.size[0] * count;
            let most: &mut u64 = nodes.entry(node).or_default();
            *most = vcpus.max(*most);
        }
    }
    nodes.values().sum()
}

//! What was asked, and how it was answered.

use std::collections::BTreeMap;

use openpex_aggregates::{TimeWindow, Timestamp};

use super::{Statistics, Steps, TimedRow, at_instants, bad_row, for_each, natural};
use crate::error::ViewsError;
use crate::over_time::{AGREEMENTS, AgreementKind, PROPOSALS, ProposalAnswer};

/// Proposals or agreements, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their fixed instances.
    pub instances: u64,
    /// Their vCPUs times milliseconds.
    pub vcpu_ms: u128,
}

impl Tally {
    fn add(&mut self, instances: u64, vcpu_ms: u64) {
        self.count = self.count.saturating_add(1);
        self.instances = self.instances.saturating_add(instances);
        self.vcpu_ms = self.vcpu_ms.saturating_add(vcpu_ms.into());
    }
}

/// What was asked over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The steps, in order.
    pub steps: Vec<DemandStep>,
}

/// One step: what was answered in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemandStep {
    /// From when until when.
    pub window: TimeWindow,
    /// All proposals that were answered.
    pub asked: Tally,
    /// Those that were granted as asked.
    pub accepted: Tally,
    /// Those that got counter-offers.
    pub countered: Tally,
    /// Those that were refused.
    pub rejected: Tally,
    /// How many counter-offers had each reason; one may have several.
    pub countered_because: BTreeMap<String, u64>,
    /// How many refusals had each reason; one may have several.
    pub rejected_because: BTreeMap<String, u64>,
    /// New reservations that were confirmed, whenever they were asked for.
    pub confirmed: Tally,
}

#[derive(sqlx::FromRow)]
struct StoredProposal {
    position: i64,
    row_time: i64,
    instances: i64,
    vcpu_ms: i64,
    answer: String,
    reasons: String,
}

impl TimedRow for StoredProposal {
    type Key = i64;

    fn place(&self) -> (Timestamp, i64) {
        (Timestamp(self.row_time), self.position)
    }
}

#[derive(sqlx::FromRow)]
struct StoredAgreement {
    position: i64,
    row_time: i64,
    instances: i64,
    vcpu_ms: i64,
}

impl TimedRow for StoredAgreement {
    type Key = i64;

    fn place(&self) -> (Timestamp, i64) {
        (Timestamp(self.row_time), self.position)
    }
}

impl Statistics<'_> {
    /// What was asked, by when it was answered.
    ///
    /// # Errors
    /// [`ViewsError::TooManyRows`], [`ViewsError::NotReady`], or the store's.
    pub async fn demand(&self, steps: &Steps) -> Result<Demand, ViewsError> {
        let empty = steps.windows().map(|window| DemandStep {
            window,
            ..DemandStep::default()
        });
        let mut sums: Vec<DemandStep> = empty.collect();
        let columns = "instances, vcpu_ms, answer, reasons";
        let proposals = (PROPOSALS, "answered_at", columns);
        let page = |after: Option<(Timestamp, i64)>| at_instants(proposals, "", steps, after);
        for_each(self.0, page, |row: StoredProposal| {
            match steps.index_of(Timestamp(row.row_time)) {
                Some(index) => sums[index].take(&row),
                None => Ok(()),
            }
        })
        .await?;
        let confirmed = format!("kind = '{}' AND", AgreementKind::Confirmed.as_str());
        let agreements = (AGREEMENTS, "agreed_at", "instances, vcpu_ms");
        let page =
            |after: Option<(Timestamp, i64)>| at_instants(agreements, &confirmed, steps, after);
        for_each(self.0, page, |row: StoredAgreement| {
            let of = (AGREEMENTS, row.position);
            let (instances, vcpu_ms) = (natural(row.instances, of)?, natural(row.vcpu_ms, of)?);
            if let Some(index) = steps.index_of(Timestamp(row.row_time)) {
                sums[index].confirmed.add(instances, vcpu_ms);
            }
            Ok(())
        })
        .await?;
        Ok(Demand { steps: sums })
    }
}

impl DemandStep {
    fn take(&mut self, row: &StoredProposal) -> Result<(), ViewsError> {
        let of = (PROPOSALS, row.position);
        let (instances, vcpu_ms) = (natural(row.instances, of)?, natural(row.vcpu_ms, of)?);
        let known = [
            ProposalAnswer::Accepted,
            ProposalAnswer::Countered,
            ProposalAnswer::Rejected,
        ];
        let answer = known.into_iter().find(|known| known.as_str() == row.answer);
        let answer = answer
            .ok_or_else(|| bad_row(of, format!("no answer {:?} is known", row.answer).into()))?;
        self.asked.add(instances, vcpu_ms);
        let (tally, because) = match answer {
            ProposalAnswer::Accepted => (&mut self.accepted, None),
            ProposalAnswer::Countered => (&mut self.countered, Some(&mut self.countered_because)),
            ProposalAnswer::Rejected => (&mut self.rejected, Some(&mut self.rejected_because)),
        };
        tally.add(instances, vcpu_ms);
        if let Some(because) = because {
            for code in row.reasons.split_whitespace() {
                let count = because.entry(code.to_owned()).or_default();
                *count = u64::saturating_add(*count, 1);
            }
        }
        Ok(())
    }
}

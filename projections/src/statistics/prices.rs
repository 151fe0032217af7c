//! What both agreed to pay.

use std::collections::BTreeMap;

use openpex_aggregates::{TimeWindow, Timestamp};

use super::{Statistics, Steps, TimedRow, at_instants, bad_row, for_each, micros, natural};
use crate::error::ViewsError;
use crate::over_time::{AGREEMENTS, AgreementKind};

const HOUR_MS: u128 = 3_600_000;

/// Prices over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// The steps, in order.
    pub steps: Vec<PriceStep>,
}

/// One step: what was agreed on in it. Amounts of money are micro-credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceStep {
    /// From when until when.
    pub window: TimeWindow,
    /// New reservations.
    pub all: Agreed,
    /// The same by instance type.
    pub by_type: BTreeMap<String, Agreed>,
    /// How often other terms or optional instances were agreed on.
    pub changes: u64,
    /// By how much that made reservations dearer together; below zero where they became cheaper.
    pub changes_micros: i128,
}

/// New reservations and their prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// How many.
    pub count: u64,
    /// Their vCPUs times milliseconds.
    pub vcpu_ms: u128,
    /// What the quotes asked for them.
    pub list_micros: u128,
    /// What was agreed on.
    pub agreed_micros: u128,
    /// The price of each, for an hour of a vCPU; of those that have any.
    hourly: Vec<u128>,
}

/// Prices for an hour of a vCPU in micro-credits, rounded to the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerVcpuHour {
    /// The lowest of all agreements.
    pub min: u128,
    /// That of the agreement in the middle; between two of them, half of both.
    pub median: u128,
    /// What was agreed on by all vCPU hours, so that a long reservation counts more.
    pub mean: u128,
    /// The highest of all agreements.
    pub max: u128,
}

impl Agreed {
    fn add(&mut self, vcpu_ms: u64, list_micros: u64, agreed_micros: u64) {
        self.count = self.count.saturating_add(1);
        self.vcpu_ms = self.vcpu_ms.saturating_add(vcpu_ms.into());
        self.list_micros = self.list_micros.saturating_add(list_micros.into());
        self.agreed_micros = self.agreed_micros.saturating_add(agreed_micros.into());
        let hourly = an_hour(agreed_micros.into(), vcpu_ms.into());
        self.hourly.extend(hourly);
    }

    fn sort(&mut self) {
        self.hourly.sort_unstable();
    }

    /// The prices for an hour; none where nothing with a vCPU was agreed on.
    #[must_use]
    pub fn per_vcpu_hour(&self) -> Option<PerVcpuHour> {
        let (min, max) = (*self.hourly.first()?, *self.hourly.last()?);
        let middle = self.hourly.len() / 2;
        let upper = self.hourly[middle];
        let lower = self.hourly[(self.hourly.len() - 1) / 2];
        Some(PerVcpuHour {
            min,
            median: lower.midpoint(upper),
            mean: an_hour(self.agreed_micros, self.vcpu_ms)?,
            max,
        })
    }
}

/// The price for an hour of a vCPU, rounded to the nearest micro-credit.
fn an_hour(micros: u128, vcpu_ms: u128) -> Option<u128> {
    let scaled = micros.saturating_mul(HOUR_MS).saturating_add(vcpu_ms / 2);
    scaled.checked_div(vcpu_ms)
}

#[derive(sqlx::FromRow)]
struct StoredAgreement {
    position: i64,
    row_time: i64,
    kind: String,
    instance_type: String,
    vcpu_ms: i64,
    list_price: String,
    price: String,
    paid_before: String,
    paid: String,
}

impl TimedRow for StoredAgreement {
    type Key = i64;

    fn place(&self) -> (Timestamp, i64) {
        (Timestamp(self.row_time), self.position)
    }
}

impl Statistics<'_> {
    /// What was agreed on, by when it was.
    ///
    /// # Errors
    /// [`ViewsError::TooManyRows`], [`ViewsError::NotReady`], or the store's.
    pub async fn prices(&self, steps: &Steps) -> Result<Prices, ViewsError> {
        let empty = steps.windows().map(|window| PriceStep {
            window,
            ..PriceStep::default()
        });
        let mut sums: Vec<PriceStep> = empty.collect();
        let columns = "kind, instance_type, vcpu_ms, list_price, price, paid_before, paid";
        let agreements = (AGREEMENTS, "agreed_at", columns);
        let page = |after: Option<(Timestamp, i64)>| at_instants(agreements, "", steps, after);
        for_each(self.0, page, |row: StoredAgreement| {
            match steps.index_of(Timestamp(row.row_time)) {
                Some(index) => sums[index].take(&row),
                None => Ok(()),
            }
        })
        .await?;
        for step in &mut sums {
            step.all.sort();
            step.by_type.values_mut().for_each(Agreed::sort);
        }
        Ok(Prices { steps: sums })
    }
}

impl PriceStep {
    fn take(&mut self, row: &StoredAgreement) -> Result<(), ViewsError> {
        let of = (AGREEMENTS, row.position);
        let known = [
            AgreementKind::Confirmed,
            AgreementKind::Changed,
            AgreementKind::Options,
        ];
        let kind = known.into_iter().find(|known| known.as_str() == row.kind);
        match kind.ok_or_else(|| bad_row(of, format!("no kind {:?} is known", row.kind).into()))? {
            AgreementKind::Confirmed => {
                let vcpu_ms = natural(row.vcpu_ms, of)?;
                let (list, agreed) = (micros(&row.list_price, of)?, micros(&row.price, of)?);
                self.all.add(vcpu_ms, list, agreed);
                let of_type = self.by_type.entry(row.instance_type.clone()).or_default();
                of_type.add(vcpu_ms, list, agreed);
            }
            AgreementKind::Changed | AgreementKind::Options => {
                let (before, after) = (micros(&row.paid_before, of)?, micros(&row.paid, of)?);
                self.changes = self.changes.saturating_add(1);
                let more = i128::from(after) - i128::from(before);
                self.changes_micros = self.changes_micros.saturating_add(more);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_for_an_hour_are_of_each_agreement_and_the_mean_of_all_hours() {
        let mut agreed = Agreed::default();
        assert_eq!(agreed.per_vcpu_hour(), None);
        // One vCPU hour for 3, ten for 10 (1 each), one for 2; and one of no vCPUs at all.
        let hour = 3_600_000;
        for (hours, price) in [(1, 3), (10, 10), (1, 2), (0, 7)] {
            agreed.add(hours * hour, price, price);
        }
        agreed.sort();
        let prices = agreed.per_vcpu_hour().unwrap();
        // 22 by 12 hours is 1.83.
        assert_eq!(
            (prices.min, prices.median, prices.mean, prices.max),
            (1, 2, 2, 3)
        );
        agreed.add(hour, 6, 6);
        agreed.sort();
        assert_eq!(
            agreed.per_vcpu_hour().unwrap().median,
            2,
            "of 2 and 3, rounded down"
        );
    }
}

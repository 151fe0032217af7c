//! Demand: what was asked, and how it was answered.
//!
//! Owns the rows of `proposals`, one for each answer of the provider; a row never changes.

use openpex_aggregates::ReservationId;
use openpex_aggregates::reservation::{Evidence, Reason, Reservation, ReservationEvent};
use openpex_aggregates::terms::Terms;

use crate::error::ViewsError;
use crate::source::SourceEvent;
use crate::store::{Rows, Tx, Value};

/// The table.
pub(crate) const PROPOSALS: &str = "proposals";
const KEY: &str = "position";
const COLUMNS: &[&str] = &[
    "answered_at",
    "reservation_id",
    "user_id",
    "round",
    "is_change",
    "instance_type",
    "instances",
    "starts_at",
    "ends_at",
    "vcpu_ms",
    "answer",
    "reasons",
];

/// How a proposal was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProposalAnswer {
    Accepted,
    Countered,
    Rejected,
}

impl ProposalAnswer {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Countered => "countered",
            Self::Rejected => "rejected",
        }
    }
}

const fn code_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::NeverFits { .. } => "never_fits",
        Reason::CapacityShort { .. } => "capacity_short",
        Reason::PriceShort { .. } => "price_short",
        Reason::NoStartFits { .. } => "no_start_fits",
        Reason::PriceOverflow => "price_overflow",
    }
}

/// Each code once, in their order.
fn codes_of(evidence: &Evidence) -> String {
    let mut codes: Vec<&str> = evidence.reasons.iter().map(code_of).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(" ")
}

/// vCPUs times milliseconds of the fixed instances, stopping at the largest number of a column.
pub(super) fn vcpu_ms(terms: &Terms) -> i64 {
    let duration_ms = u128::try_from(terms.window.duration_ms()).unwrap_or(0);
    let vcpus = u128::from(terms.size.vcpus) * u128::from(terms.instances_fixed);
    i64::try_from(vcpus.saturating_mul(duration_ms)).unwrap_or(i64::MAX)
}

/// The answers of a page.
#[derive(Default)]
pub(super) struct ProposalsOfPage {
    rows: Vec<Vec<Value>>,
}

impl ProposalsOfPage {
    /// `after` is the reservation once it has the answer: what was asked is on its table.
    pub(super) fn note(
        &mut self,
        (id, of): (ReservationId, &ReservationEvent),
        after: &Reservation,
        event: &SourceEvent,
    ) {
        let (answer, evidence) = match of {
            ReservationEvent::TermsAccepted { evidence, .. } => {
                (ProposalAnswer::Accepted, evidence)
            }
            ReservationEvent::TermsCountered { evidence, .. } => {
                (ProposalAnswer::Countered, evidence)
            }
            ReservationEvent::TermsRejected { evidence, .. } => {
                (ProposalAnswer::Rejected, evidence)
            }
            ReservationEvent::ReservationInitiated { .. }
            | ReservationEvent::TermsProposed { .. }
            | ReservationEvent::HoldsEnded { .. }
            | ReservationEvent::OfferAccepted { .. }
            | ReservationEvent::ReservationConfirmed { .. }
            | ReservationEvent::ReservationChanged { .. }
            | ReservationEvent::ChangeEnded { .. }
            | ReservationEvent::OptionsClaimed { .. }
            | ReservationEvent::OptionsEnded { .. }
            | ReservationEvent::ReservationActivated { .. }
            | ReservationEvent::CapacityCredited { .. }
            | ReservationEvent::ReservationWithdrawn
            | ReservationEvent::ReservationLapsed
            | ReservationEvent::ReservationCancelled { .. }
            | ReservationEvent::ReservationExpired { .. } => return,
        };
        let Some(asked) = after.table().asked() else {
            return;
        };
        self.rows.push(vec![
            event.position.into(),
            event.recorded_at.0.into(),
            id.to_string().into(),
            after.user_id.0.into(),
            i64::from(after.round).into(),
            i64::from(after.change.is_some()).into(),
            asked.instance_type.as_str().into(),
            i64::from(asked.instances_fixed).into(),
            asked.window.starts_at.0.into(),
            asked.window.ends_at.0.into(),
            vcpu_ms(asked).into(),
            answer.as_str().into(),
            codes_of(evidence).into(),
        ]);
    }

    pub(super) async fn write(self, tx: &mut Tx) -> Result<(), ViewsError> {
        let rows = Rows::of_plain_rows(PROPOSALS, KEY, COLUMNS);
        tx.insert(rows.with_rows(self.rows)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_reasons() {
        let reason = Reason::PriceOverflow;
        assert_eq!(
            serde_json::to_value(&reason).unwrap()["code"],
            code_of(&reason)
        );
    }
}

//! Prices: what both agreed on, and for how much.
//!
//! Owns the rows of `agreements`, one each time they agree; a row never changes.

use openpex_aggregates::reservation::{Offer, Reservation, ReservationEvent};
use openpex_aggregates::{MicroCredits, ReservationId};

use super::proposals::vcpu_ms;
use crate::error::ViewsError;
use crate::source::SourceEvent;
use crate::store::{Rows, Tx, Value};

/// The table.
pub(crate) const AGREEMENTS: &str = "agreements";
const KEY: &str = "position";
const COLUMNS: &[&str] = &[
    "agreed_at",
    "reservation_id",
    "user_id",
    "kind",
    "instance_type",
    "instances",
    "starts_at",
    "ends_at",
    "vcpu_ms",
    "list_price",
    "price",
    "paid_before",
    "paid",
];

/// What they agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgreementKind {
    Confirmed,
    Changed,
    Options,
}

impl AgreementKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Changed => "changed",
            Self::Options => "options",
        }
    }
}

fn agreed(of: &ReservationEvent) -> Option<(AgreementKind, &Offer)> {
    match of {
        ReservationEvent::ReservationConfirmed { agreement } => {
            Some((AgreementKind::Confirmed, agreement))
        }
        ReservationEvent::ReservationChanged { agreement, .. } => {
            Some((AgreementKind::Changed, agreement))
        }
        ReservationEvent::OptionsClaimed { agreement, .. } => {
            Some((AgreementKind::Options, agreement))
        }
        ReservationEvent::ReservationInitiated { .. }
        | ReservationEvent::TermsProposed { .. }
        | ReservationEvent::TermsAccepted { .. }
        | ReservationEvent::TermsCountered { .. }
        | ReservationEvent::TermsRejected { .. }
        | ReservationEvent::HoldsEnded { .. }
        | ReservationEvent::OfferAccepted { .. }
        | ReservationEvent::ChangeEnded { .. }
        | ReservationEvent::OptionsEnded { .. }
        | ReservationEvent::ReservationActivated { .. }
        | ReservationEvent::CapacityCredited { .. }
        | ReservationEvent::ReservationWithdrawn
        | ReservationEvent::ReservationLapsed
        | ReservationEvent::ReservationCancelled { .. }
        | ReservationEvent::ReservationExpired { .. } => None,
    }
}

/// The agreements of a page.
#[derive(Default)]
pub(super) struct AgreementsOfPage {
    rows: Vec<Vec<Value>>,
}

impl AgreementsOfPage {
    pub(super) fn note(
        &mut self,
        (id, of): (ReservationId, &ReservationEvent),
        (after, paid_before): (&Reservation, MicroCredits),
        event: &SourceEvent,
    ) {
        let Some((kind, agreement)) = agreed(of) else {
            return;
        };
        let terms = &agreement.terms;
        self.rows.push(vec![
            event.position.into(),
            event.recorded_at.0.into(),
            id.to_string().into(),
            after.user_id.0.into(),
            kind.as_str().into(),
            terms.instance_type.as_str().into(),
            i64::from(terms.instances_fixed).into(),
            terms.window.starts_at.0.into(),
            terms.window.ends_at.0.into(),
            vcpu_ms(terms).into(),
            agreement.quote.price.to_string().into(),
            agreement.price().to_string().into(),
            paid_before.to_string().into(),
            after.paid.to_string().into(),
        ]);
    }

    pub(super) async fn write(self, tx: &mut Tx) -> Result<(), ViewsError> {
        let rows = Rows::of_plain_rows(AGREEMENTS, KEY, COLUMNS);
        tx.insert(rows.with_rows(self.rows)).await
    }
}

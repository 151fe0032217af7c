//! What a standing request refuses, as the problem that a client sees.

use openpex_aggregates::standing::StandingRefusal;

use crate::http::problem::{FieldError, Problem};

impl From<StandingRefusal> for Problem {
    fn from(refusal: StandingRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            StandingRefusal::NotAllowed { status } => {
                Self::conflict("not_allowed_in_state", detail)
                    .with("state", status.as_str())
                    .with("allowed", Vec::<String>::new())
            }
            StandingRefusal::NothingToBetter { needed } => {
                let error = FieldError::new("betterThan", "nothing_to_better", detail);
                Self::invalid(vec![error.with("needed", needed)])
            }
            StandingRefusal::UntilOutOfRange {
                until,
                now,
                horizon,
            } => {
                let error = FieldError::new("until", "until_out_of_range", detail)
                    .with("until", until.to_rfc3339())
                    .with("now", now.to_rfc3339())
                    .with("horizon", horizon.to_rfc3339());
                Self::invalid(vec![error])
            }
            StandingRefusal::TooMany { waiting, max } => {
                Self::conflict("too_many_standing_requests", detail)
                    .with("waiting", waiting)
                    .with("max", max)
            }
            StandingRefusal::SiteFull { max } => {
                Self::conflict("site_full_of_standing_requests", detail).with("max", max)
            }
        }
    }
}

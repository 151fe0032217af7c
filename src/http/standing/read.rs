//! The body that makes a standing request.

use openpex_aggregates::money::ParseCreditsError;
use openpex_aggregates::standing::{BetterThan, Bound, Mode, StandingProposal, Wish};
use utoipa::ToSchema;

use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Fields, parse_instant};
use crate::http::wire::words::{ModeWord, WishWord};
use crate::http::wire::{ProposalBody, ProposalIn};

/// What makes a standing request.
#[derive(ToSchema)]
#[schema(as = NewStandingRequest)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read_standing` reads it")]
pub struct StandingBody {
    proposal: ProposalBody,
    wish: WishWord,
    mode: ModeWord,
    /// How long it waits (RFC 1123 or RFC 3339).
    #[schema(example = "2009-08-17T12:00:00Z")]
    until: String,
    /// What it has to be better than.
    better_than: Option<BetterThanBody>,
}

/// One of a reservation, a start and a price.
#[derive(ToSchema)]
#[schema(as = NewStandingBound)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "described; `read_better_than` reads it")]
pub enum BetterThanBody {
    /// Better than what this reservation has.
    #[schema(value_type = String, format = Uuid)]
    Reservation(String),
    /// A start before this one (RFC 1123 or RFC 3339).
    StartTime(String),
    /// A price below this one: a decimal string in credits.
    Price(String),
}

/// Reads `{"proposal": {…}, "wish", "mode", "until", "betterThan"?}`.
///
/// # Errors
/// 400 where a field is unknown or of the wrong type, 422 where one is missing or makes no sense.
pub fn read_standing(body: &[u8]) -> Result<StandingProposal, Problem> {
    let mut fields = Fields::of_body(body)?;
    let proposal = fields.object("proposal", "proposal.")?;
    let (wish, mode) = (fields.text("wish")?, fields.text("mode")?);
    let until = fields.text("until")?;
    let better_than = fields.object("betterThan", "betterThan.")?;
    fields.finish()?;
    let Some(proposal) = proposal else {
        return Err(Problem::invalid(vec![FieldError::required("proposal")]));
    };
    let proposal = ProposalIn::read(proposal)?;
    let better_than = better_than.map(read_better_than).transpose()?;
    let mut errors = Vec::new();
    let wish = match wish.as_deref() {
        Some("earlier") => Wish::Earlier,
        Some("cheaper") => Wish::Cheaper,
        Some("possible") => Wish::Possible,
        other => {
            errors.push(choice("wish", other, &["earlier", "cheaper", "possible"]));
            Wish::Possible
        }
    };
    let mode = match mode.as_deref() {
        Some("tell") => Mode::Tell,
        Some("offer") => Mode::Offer,
        other => {
            errors.push(choice("mode", other, &["tell", "offer"]));
            Mode::Tell
        }
    };
    let until = match until.as_deref().map(parse_instant) {
        Some(Ok(until)) => Some(until),
        Some(Err(error)) => {
            errors.push(error.at("until"));
            None
        }
        None => {
            errors.push(FieldError::required("until"));
            None
        }
    };
    match until {
        Some(until) if errors.is_empty() => Ok(StandingProposal {
            proposal: proposal.into_proposal()?,
            wish,
            better_than,
            mode,
            until,
        }),
        Some(_) | None => Err(Problem::invalid(errors)),
    }
}

/// One of `{"reservation": id}`, `{"startTime": …}` and `{"price": …}`.
fn read_better_than(mut fields: Fields) -> Result<BetterThan, Problem> {
    let reservation = fields.text("reservation")?;
    let (start, price) = (fields.text("startTime")?, fields.text("price")?);
    fields.finish()?;
    let wrong =
        |code, detail: String| Problem::invalid(vec![FieldError::new("betterThan", code, detail)]);
    match (reservation, start, price) {
        (Some(id), None, None) => id
            .parse()
            .map(BetterThan::Reservation)
            .map_err(|_| Problem::not_found("reservation")),
        (None, Some(start), None) => parse_instant(&start)
            .map(|at| BetterThan::Bound(Bound::StartsAt(at)))
            .map_err(|error| Problem::invalid(vec![error.at("betterThan")])),
        (None, None, Some(price)) => price
            .parse()
            .map(|price| BetterThan::Bound(Bound::Price(price)))
            .map_err(|error: ParseCreditsError| wrong("price_unreadable", error.to_string())),
        (_, _, _) => {
            let detail = "is exactly one of reservation, startTime and price";
            Err(wrong("better_than_unclear", detail.to_owned()))
        }
    }
}

fn choice(field: &'static str, sent: Option<&str>, known: &[&str]) -> FieldError {
    match sent {
        Some(sent) => FieldError::none_of(field, "unknown_choice", sent, known),
        None => FieldError::required(field),
    }
}

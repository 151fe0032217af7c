//! What a user says in a negotiation: the body of `PUT /reservations/{id}`.

use openpex_aggregates::OfferId;
use openpex_aggregates::live::Message;
use utoipa::ToSchema;

use super::proposal::{ProposalBody, ProposalIn};
use super::words::UserReply;
use crate::http::problem::{FieldError, Problem};
use crate::http::request::Fields;

const REPLIES: [&str; 4] = ["ACCEPT", "COUNTER", "CONFIRM", "REJECT"];

/// What our answers and representations hold beside `proposal` and `reply`. A client may send a
/// whole one back: only what it can change is read.
pub(super) const ECHOED: [&str; 28] = [
    "asking",
    "autoStart",
    "change",
    "createdAt",
    "duration",
    "endTime",
    "expiresAt",
    "id",
    "instances",
    "numInstancesFixed",
    "numInstancesOption",
    "offers",
    "options",
    "paid",
    "placement",
    "position",
    "price",
    "reasons",
    "sequence",
    "series",
    "sessionEndsAt",
    "startTime",
    "status",
    "template",
    "type",
    "userid",
    "earliestStart",
    "latestEnd",
];

/// What a user says. A whole earlier answer or representation may be sent back with its `reply`
/// changed: its other fields are ignored.
#[derive(ToSchema)]
#[schema(as = NegotiationMessage, example = json!({"reply": "ACCEPT", "offer": 1}))]
#[expect(dead_code, reason = "described; `read_message` reads it")]
pub struct MessageBody {
    reply: UserReply,
    /// The number of the offer that is accepted.
    #[schema(minimum = 0)]
    offer: Option<i64>,
    /// The terms that are proposed, or those that are accepted or confirmed.
    proposal: Option<ProposalBody>,
}

/// Reads a message.
///
/// # Errors
/// 400 where a field is unknown or of the wrong type, 422 where a rule is broken.
pub fn read_message(body: &[u8]) -> Result<Message, Problem> {
    let mut fields = Fields::of_body(body)?;
    let reply = fields.text("reply")?;
    let offer = fields.integer("offer")?;
    let proposal = fields
        .object("proposal", "proposal.")?
        .map(ProposalIn::read)
        .transpose()?;
    fields.ignore(&ECHOED);
    fields.finish()?;
    let proposal = proposal.filter(|proposal| !proposal.is_bare());
    let reply = reply.unwrap_or_default();
    if offer.is_some() && reply != "ACCEPT" {
        let detail = "names an offer to ACCEPT, and goes with no other reply";
        return Err(invalid(FieldError::new(
            "offer",
            "offer_without_accept",
            detail,
        )));
    }
    match reply.as_str() {
        "ACCEPT" => accept(offer, proposal),
        "COUNTER" => {
            // Without any terms, every required field is named.
            proposal
                .unwrap_or_default()
                .into_proposal()
                .map(Message::Counter)
        }
        "CONFIRM" => {
            let echo = proposal.map(ProposalIn::into_proposal).transpose()?;
            Ok(Message::Confirm { echo })
        }
        "REJECT" => Ok(Message::Reject),
        "" => Err(invalid(FieldError::required("reply"))),
        other => Err(invalid(FieldError::none_of(
            "reply",
            "unknown_reply",
            other,
            &REPLIES,
        ))),
    }
}

/// The offer's number decides where there is one, otherwise the terms that are sent back.
fn accept(offer: Option<i64>, proposal: Option<ProposalIn>) -> Result<Message, Problem> {
    let Some(number) = offer else {
        let echo = proposal.map(ProposalIn::into_proposal).transpose()?;
        return Ok(Message::Accept { offer: None, echo });
    };
    match u32::try_from(number) {
        Ok(number) => Ok(Message::Accept {
            offer: Some(OfferId(number)),
            echo: None,
        }),
        Err(_) => {
            let detail = format!("no offer has the number {number}");
            Err(invalid(
                FieldError::new("offer", "unknown_offer", detail).with("offer", number),
            ))
        }
    }
}

fn invalid(error: FieldError) -> Problem {
    Problem::invalid(vec![error])
}

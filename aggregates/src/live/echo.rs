//! Terms that a client sends back with its answer: they must be those on the table.

use super::refusal::CommandRefusal;
use crate::reservation::Offer;
use crate::terms::{Proposal, Terms};

/// Finds the offer that `echo` means, or says in which field the first one differs.
pub fn find_echoed<'a>(
    offers: impl Iterator<Item = &'a Offer>,
    echo: &Proposal,
) -> Result<Option<&'a Offer>, CommandRefusal> {
    let mut first_difference = None;
    for offer in offers {
        match difference(echo, &offer.terms) {
            None => return Ok(Some(offer)),
            Some(found) => {
                first_difference.get_or_insert(found);
            }
        }
    }
    first_difference.map_or(Ok(None), Err)
}

/// The first field in which `echo` differs from `terms` as they were sent.
///
/// Starts are compared in whole seconds, which is all that RFC 1123 carries; fields that only we
/// have may be left out.
fn difference(echo: &Proposal, terms: &Terms) -> Option<CommandRefusal> {
    let differs = |field, sent: String, on_table: String| {
        (sent != on_table).then_some(CommandRefusal::EchoDiffers {
            field,
            sent,
            on_table,
        })
    };
    let optional = |field, sent: Option<String>, on_table: Option<String>| {
        let on_table = on_table.unwrap_or_else(|| "nothing".to_owned());
        sent.and_then(|sent| differs(field, sent, on_table))
    };
    differs(
        "type",
        echo.instance_type.clone(),
        terms.instance_type.clone(),
    )
    .or_else(|| differs("template", echo.template.clone(), terms.template.clone()))
    .or_else(|| {
        let (sent, on_table) = (echo.instances_fixed, terms.instances_fixed);
        differs("numInstancesFixed", sent.to_string(), on_table.to_string())
    })
    .or_else(|| {
        let (sent, on_table) = (echo.instances_option, terms.instances_option);
        differs("numInstancesOption", sent.to_string(), on_table.to_string())
    })
    .or_else(|| {
        let (sent, on_table) = (echo.starts_at, terms.window.starts_at);
        differs("startTime", sent.to_rfc1123(), on_table.to_rfc1123())
    })
    .or_else(|| {
        let (sent, on_table) = (echo.duration_ms, terms.window.duration_ms());
        differs("duration", sent.to_string(), on_table.to_string())
    })
    .or_else(|| {
        let sent = echo.auto_start.map(|auto| auto.to_string());
        optional("autoStart", sent, Some(terms.auto_start.to_string()))
    })
    .or_else(|| {
        let sent = echo.price_limit.map(|price| price.to_string());
        optional(
            "price",
            sent,
            terms.price_limit.map(|price| price.to_string()),
        )
    })
}

//! The parts of the sentences: terms, prices, reasons, differences.

use crate::MicroCredits;
use crate::capacity::NodeShortage;
use crate::negotiation::Asking;
use crate::pricing::{Pricing, Quote};
use crate::refunds::{RefundQuote, RefundRule};
use crate::reservation::{Difference, Offer, Reason};
use crate::terms::Terms;

/// Parts per million in a percent.
const PPM_PER_PERCENT: u32 = 10_000;

pub(super) fn instances(count: u32, kind: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {kind}instance{s}")
}

pub(super) fn terms(asked: &Terms) -> String {
    let mut said = format!(
        "{} of type {} ({}) with {:?} from {} to {}",
        instances(asked.instances_fixed, ""),
        asked.instance_type,
        asked.size,
        asked.template,
        asked.window.starts_at,
        asked.window.ends_at
    );
    if asked.instances_option > 0 {
        said += &format!(", and {} more if there is room", asked.instances_option);
    }
    if let Some(limit) = asked.price_limit {
        said += &format!(", for at most {limit} credits");
    }
    if let Some(earliest) = asked.earliest_start_at {
        said += &format!(", starting at {earliest} at the earliest");
    }
    if let Some(latest) = asked.latest_end_at {
        said += &format!(", ending at {latest} at the latest");
    }
    said
}

pub(super) fn agreement(offer: &Offer) -> String {
    let places: Vec<String> = offer
        .placement
        .0
        .iter()
        .map(|part| format!("{} on {}", part.count, part.node))
        .collect();
    format!(
        "{} of type {} from {} to {} ({})",
        instances(offer.terms.instances_fixed, ""),
        offer.terms.instance_type,
        offer.terms.window.starts_at,
        offer.terms.window.ends_at,
        places.join(", ")
    )
}

fn percent(ppm: u32) -> String {
    let (whole, part) = (ppm / PPM_PER_PERCENT, ppm % PPM_PER_PERCENT);
    if part == 0 {
        return format!("{whole} %");
    }
    let digits = format!("{part:04}");
    format!("{whole}.{} %", digits.trim_end_matches('0'))
}

/// A length of time such as "1 h 30 min"; no part of it is left out.
pub(super) fn span(ms: i64) -> String {
    let mut left = ms.unsigned_abs();
    let mut parts = Vec::new();
    for (unit_ms, unit) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
        (1, "ms"),
    ] {
        let count = left / unit_ms;
        left %= unit_ms;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// The price with the policy it comes from and its inputs.
pub(super) fn price(quote: &Quote, agreed: Option<MicroCredits>) -> String {
    let inputs = quote.inputs();
    let utilisation = percent(inputs.utilisation_ppm.unwrap_or(0));
    let multiplier = percent(inputs.multiplier_ppm.unwrap_or(1_000_000));
    let policy = match &quote.pricing {
        Pricing::Flat { .. } => "flat rates".to_owned(),
        Pricing::Utilisation(_) => {
            format!("{multiplier} of the rates, since {utilisation} of the pool is taken")
        }
        Pricing::LeadTime(_) => {
            let lead = inputs.lead_ms.unwrap_or(0);
            let full = match inputs.utilisation_ppm {
                Some(_) => format!(", when {utilisation} of the pool is taken"),
                None => String::new(),
            };
            let lead = span(lead);
            format!("{multiplier} of the rates, asked {lead} before the start{full}")
        }
        Pricing::Calendar(_) => format!(
            "{} at peak and {} at off-peak rates",
            span(inputs.peak_ms.unwrap_or(0)),
            span(inputs.off_peak_ms.unwrap_or(0))
        ),
    };
    let list = quote.price;
    match agreed {
        None => format!(
            "It costs {list} credits: {policy}, for {} over {}.",
            quote.resources,
            span(quote.duration_ms)
        ),
        Some(agreed) => format!(
            "It costs {agreed} credits instead of the list price of {list}: {policy}, for {} over {}.",
            quote.resources,
            span(quote.duration_ms)
        ),
    }
}

pub(super) fn options(offer: &Offer) -> Option<String> {
    let options = offer.options.as_ref()?;
    Some(format!(
        "{} may be claimed until the start at {} credits each; {} of them are held for sure.",
        instances(options.granted, "optional "),
        options.each.price,
        options.held.instances()
    ))
}

/// What the provider conceded in this round.
pub(super) fn conceded(asking: &Asking) -> String {
    format!(
        "In round {} the provider asks {} credits: {} of the way from its list price of {} to \
         the least it takes.",
        asking.round,
        asking.price,
        percent(asking.conceded_ppm),
        asking.list
    )
}

pub(super) fn difference(difference: Difference) -> String {
    match difference {
        Difference::Start { by_ms } if by_ms < 0 => {
            format!("{} earlier", span(by_ms))
        }
        Difference::Start { by_ms } => format!("{} later", span(by_ms)),
        Difference::Instances { asked, granted } => {
            format!("{granted} instead of {}", instances(asked, ""))
        }
        Difference::End { asked, granted } => format!("until {granted} instead of {asked}"),
        Difference::Price { asked, price } => {
            format!("for {price} instead of {asked} credits")
        }
    }
}

fn short_of(node: &NodeShortage) -> String {
    format!(
        "On {} {} are free where {} are needed, counted in {}, from {} to {}.",
        node.node,
        node.free,
        node.needed,
        node.dimension,
        node.blocked.starts_at,
        node.blocked.ends_at
    )
}

/// Why terms cannot be had, the nodes in the way included.
pub(super) fn reason(reason: &Reason) -> Vec<String> {
    match reason {
        Reason::NeverFits { never_fits } => vec![format!("Even so: {never_fits}.")],
        Reason::CapacityShort { window, shortage } => {
            let mut said = vec![format!("From {window} {shortage}.")];
            said.extend(shortage.binding.iter().map(short_of));
            said
        }
        Reason::PriceShort { asked, price } => {
            vec![format!("{asked} credits were offered; it costs {price}.")]
        }
        Reason::NoStartFits { from, until } => {
            vec![format!("No start from {from} to {until} fits.")]
        }
        Reason::PriceOverflow => vec!["Its price is more than can be counted.".to_owned()],
    }
}

pub(super) fn refund(quote: &RefundQuote) -> String {
    let rule = match quote.rule {
        RefundRule::BeforeStart {
            lead_ms,
            refund_ppm,
        } => format!(
            "{} at {} or more before the start",
            percent(refund_ppm),
            span(lead_ms)
        ),
        RefundRule::Unused {
            unused_ms,
            duration_ms,
            unused_ppm,
        } => format!(
            "{} of the price of the {} of {} that are unused",
            percent(unused_ppm),
            span(unused_ms),
            span(duration_ms)
        ),
    };
    format!(
        "{} of the {} credits paid are given back: {rule}.",
        quote.amount, quote.paid
    )
}

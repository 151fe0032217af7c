//! PROTOCOL's table: the event, who may say it, where it may come, where it leads.
//!
//! The table is what is negotiated: the reservation, or once both agreed a change of it.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Offer, Record, Terms};
use super::{Checked, must};

/// The event, its senders, the statuses it may come in, the one it leads to ("" stays).
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const ON_TABLE: &[&str] = &["Countered", "Accepted", "ConfirmRequested"];
const NEGOTIATED: &[&str] = &["Initiated", "Countered", "Accepted", "ConfirmRequested"];
const AGREED: &[&str] = &["Confirmed", "Activated"];

/// What is said in a negotiation, of an agreement or of a change of it.
const TALK: &[Row] = &[
    (
        "TermsProposed",
        &["user"],
        // From the last only where its hold has run out: then it is judged again.
        &[
            "Initiated",
            "Countered",
            "Accepted",
            "ConfirmRequested",
            "Agreed",
            "ChangeRejected",
        ],
        "Proposed",
    ),
    ("TermsAccepted", &["provider"], &["Proposed"], "Accepted"),
    ("TermsCountered", &["provider"], &["Proposed"], "Countered"),
    ("TermsRejected", &["provider"], &["Proposed"], "Rejected"),
    ("HoldsEnded", &["provider", "clock"], ON_TABLE, ""),
    (
        "OfferAccepted",
        &["user"],
        &["Countered"],
        "ConfirmRequested",
    ),
];

/// What happens to the reservation itself.
const LIFE: &[Row] = &[
    ("ReservationInitiated", &["user"], &["none"], "Initiated"),
    (
        "ReservationConfirmed",
        &["provider"],
        &["Accepted", "ConfirmRequested"],
        "Confirmed",
    ),
    ("ReservationChanged", &["provider"], AGREED, ""),
    ("ChangeEnded", &["user", "provider", "clock"], AGREED, ""),
    ("OptionsClaimed", &["user"], &["Confirmed"], ""),
    ("OptionsEnded", &["user", "clock"], &["Confirmed"], ""),
    ("CapacityCredited", &["provider"], &["Activated"], ""),
    (
        "ReservationActivated",
        &["user", "clock"],
        &["Confirmed"],
        "Activated",
    ),
    ("ReservationWithdrawn", &["user"], NEGOTIATED, "Withdrawn"),
    ("ReservationLapsed", &["clock"], NEGOTIATED, "Lapsed"),
    ("ReservationCancelled", &["user"], AGREED, "Cancelled"),
    ("ReservationExpired", &["clock"], AGREED, "Expired"),
];

/// An offer that was made, and whether it still holds its capacity.
pub struct Standing {
    pub offer: Offer,
    pub held: bool,
}

/// A reservation as its events tell it.
#[derive(Default)]
pub struct Negotiation {
    pub user: i64,
    pub status: &'static str,
    /// What asking for other terms has come to since both agreed.
    pub change: Option<&'static str>,
    pub asked: Option<Terms>,
    pub round: u64,
    pub changes: u64,
    pub newest_offer: u64,
    pub session_ends_at: i64,
    pub offers: BTreeMap<u64, Standing>,
    pub agreement: Option<Offer>,
    /// What was agreed on before that.
    pub before: Option<Offer>,
    pub paid: u64,
    pub credited: u64,
    /// What was paid when it was cancelled, before anything was given back.
    pub paid_at_end: Option<u64>,
    /// What was asked for these terms in the round before: policy, list price, price asked.
    pub asking_before: Option<(u64, u64, u64)>,
    /// Instances that were requested for it.
    pub instances: BTreeSet<String>,
    /// How many of its instances should be on which node.
    pub wanted: super::record::Parts,
}

impl Negotiation {
    pub fn is_agreed(&self) -> bool {
        AGREED.contains(&self.status)
    }

    /// Where what is negotiated stands.
    pub fn table(&self) -> &'static str {
        match self.change {
            Some("Rejected") => "ChangeRejected",
            Some(change) => change,
            None if self.is_agreed() => "Agreed",
            None => self.status,
        }
    }

    pub fn held(&self) -> impl Iterator<Item = &Offer> {
        let held = self.offers.values().filter(|standing| standing.held);
        held.map(|standing| &standing.offer)
    }

    pub fn nothing_held(&self) -> bool {
        self.held().next().is_none()
    }

    /// Moves on as the table says, or says why it must not.
    pub fn step(&mut self, record: &Record) -> Checked {
        if self.status.is_empty() {
            self.status = "none";
        }
        let event = record.event();
        let of = |rows: &'static [Row]| rows.iter().find(|row| row.0 == event);
        let (talk, row) = match (of(TALK), of(LIFE)) {
            (Some(row), _) => (true, row),
            (None, Some(row)) => (false, row),
            (None, None) => return Err(format!("unknown event {event}")),
        };
        let (_, senders, from, to) = *row;
        must(senders.contains(&record.sender), || {
            format!("{event} by wrong sender {}", record.sender)
        })?;
        let stands = if talk { self.table() } else { self.status };
        must(from.contains(&stands), || {
            format!("illegal transition: {event} while {stands}")
        })?;
        if to.is_empty() {
            return Ok(());
        }
        if talk && self.is_agreed() {
            self.change = Some(to);
        } else {
            self.status = to;
        }
        Ok(())
    }
}

//! An auditor who knows PROTOCOL and the stored JSON, and none of the domain's code.
//!
//! Reads a ledger from its beginning and says the first thing that is wrong with it.

mod books;
mod capacity;
mod delivery;
mod instances;
mod offers;
mod quotas;
mod record;
mod table;
mod transitions;

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use books::Books;
use capacity::Host;
use instances::Machine;
pub use record::Record;
use record::{amounts, text};
use table::Negotiation;

const ENDS: &[&str] = &["Rejected", "Withdrawn", "Lapsed", "Cancelled", "Expired"];

type Checked = Result<(), String>;

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

#[derive(Default)]
struct Checker {
    sequences: HashMap<(String, String), u64>,
    newest_at: i64,
    /// The policy in force, as it is stored.
    policy: Value,
    hosts: BTreeMap<String, Host>,
    negotiations: BTreeMap<String, Negotiation>,
    machines: BTreeMap<String, Machine>,
    books: Books,
    /// The running reservations whose instances have to follow what was just agreed on.
    unsettled: Vec<(String, i64)>,
    /// The negotiation that was opened by the event before.
    opened: Option<(String, i64)>,
}

/// Checks a whole ledger, from its first event on.
pub fn check(records: &[Record]) -> Checked {
    let mut checker = Checker::default();
    for (position, record) in records.iter().enumerate() {
        checker
            .read(record)
            .map_err(|wrong| format!("position {}: {wrong}\n{record:?}", position + 1))?;
    }
    checker.finish()
}

impl Checker {
    fn read(&mut self, record: &Record) -> Checked {
        let stream = (record.stream.clone(), record.id.clone());
        let sequence = self.sequences.entry(stream).or_default();
        *sequence += 1;
        must(record.sequence == *sequence, || {
            format!("sequence {sequence} should come")
        })?;
        must(record.at >= self.newest_at, || "time goes back".into())?;
        self.newest_at = record.at;
        self.expect_settled(record)?;
        match record.stream.as_str() {
            "reservation" => self.read_reservation(record)?,
            "instance" => self.read_instance(record)?,
            "account" => self.read_account(record)?,
            "node" => self.read_node(record)?,
            "site" => self.policy = record.data()["policy"].clone(),
            other => return Err(format!("unknown stream {other}")),
        }
        self.expect_books_balance()
    }

    fn read_node(&mut self, record: &Record) -> Checked {
        let (event, data) = (record.event(), record.data());
        let host = self.hosts.entry(record.id.clone()).or_default();
        match event {
            "NodeRegistered" => {
                host.in_service = true;
                host.capacity = amounts(&data["capacity"]);
            }
            "NodeCapacityChanged" => host.capacity = amounts(&data["capacity"]),
            "NodeStatusChanged" => host.in_service = text(&data["status"]) == "IN_SERVICE",
            other => return Err(format!("unknown event {other}")),
        }
        Ok(())
    }

    /// What one decision says in several streams is there before anything else comes: an entry
    /// for what was paid, and instances for what was agreed on.
    fn expect_settled(&mut self, record: &Record) -> Checked {
        self.expect_entries_made(record)?;
        if let Some((id, at)) = self.opened.take()
            && record.event() != "TermsProposed"
        {
            self.expect_quotas_kept(&id, at)?;
        }
        let mut open = Vec::new();
        for (id, since) in std::mem::take(&mut self.unsettled) {
            let again = record.stream == "reservation" && record.id == id;
            // What was not delivered is credited while the instances change.
            let again = again && record.event() != "CapacityCredited";
            if again || record.at > since {
                self.expect_instances_follow(&id)?;
            } else {
                open.push((id, since));
            }
        }
        self.unsettled = open;
        Ok(())
    }

    fn finish(&mut self) -> Checked {
        self.expect_nothing_unpaid()?;
        for (id, _) in std::mem::take(&mut self.unsettled) {
            self.expect_instances_follow(&id)?;
        }
        for (id, it) in &self.negotiations {
            must(it.table() != "Proposed", || format!("{id}: no answer"))?;
            let ended = ENDS.contains(&it.status);
            must(!ended || it.nothing_held(), || {
                format!("{id}: a hold is left")
            })?;
            for machine in it.instances.iter().map(|id| &self.machines[id]) {
                must(!ended || machine.going, || {
                    format!("{id}: an instance outlives its reservation")
                })?;
            }
        }
        Ok(())
    }
}

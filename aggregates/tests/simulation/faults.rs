//! Planted faults: good ledgers made bad, to prove that the checker bites.

use serde_json::{Value, json};

use crate::checker::{Record, check};
use crate::history;

/// Most seeds that are tried for a history in which something happens.
const SEEDS_MAX: u64 = 50;

/// A good ledger in which one stream has these events directly after each other, and where the
/// first of them is.
fn good(events: &[&str]) -> (Vec<Record>, usize) {
    good_where(events, |_, _| true)
}

fn good_where(events: &[&str], suits: impl Fn(&[Record], usize) -> bool) -> (Vec<Record>, usize) {
    for seed in 1..=SEEDS_MAX {
        let records = history(seed).records;
        let found = (0..records.len()).find(|at| {
            let of_stream = records[*at..].iter().filter(|r| r.id == records[*at].id);
            let names: Vec<&str> = of_stream.take(events.len()).map(Record::event).collect();
            names == events && suits(&records, *at)
        });
        if let Some(at) = found {
            check(&records).unwrap();
            return (records, at);
        }
    }
    panic!("no history with {events:?}");
}

/// Gives every stream its numbers anew, so that only the planted fault is wrong.
fn renumbered(mut records: Vec<Record>) -> Vec<Record> {
    let mut newest = std::collections::HashMap::new();
    for record in &mut records {
        let sequence = newest
            .entry((record.stream.clone(), record.id.clone()))
            .or_insert(0);
        *sequence += 1;
        record.sequence = *sequence;
    }
    records
}

fn complaint(records: Vec<Record>) -> String {
    check(&renumbered(records)).expect_err("the fault was not seen")
}

/// Where this event comes next in the stream of the one at `at`.
fn next(records: &[Record], at: usize, event: &str) -> usize {
    let same = |i: &usize| records[*i].id == records[at].id && records[*i].event() == event;
    (at..records.len()).find(same).unwrap()
}

fn data(records: &mut [Record], at: usize) -> &mut Value {
    let event = records[at].event().to_owned();
    &mut records[at].payload[event]
}

#[test]
fn given_an_offer_larger_than_its_node_when_checked_then_it_is_oversold() {
    // The first answer there is, so that nothing else was said of the nodes before.
    let (mut records, at) = good(&[
        "ReservationInitiated",
        "TermsProposed",
        "TermsAccepted",
        "ReservationConfirmed",
    ]);
    let id = records[at].id.clone();
    let accepted = next(&records, at, "TermsAccepted");
    let offer = &data(&mut records, accepted)["offer"];
    let node = offer["placement"][0]["node"].as_str().unwrap().to_owned();
    records.retain(|r| r.stream != "reservation" && r.stream != "instance" || r.id == id);
    let registered = records.iter().position(|r| r.id == node).unwrap();
    data(&mut records, registered)["capacity"]["vcpus"] = json!(0);
    assert!(complaint(records).contains("is oversold"));
}

#[test]
fn given_two_holds_of_the_same_room_when_checked_then_it_is_oversold() {
    // The same negotiation, copied under other names until the pool is full.
    let (records, accepted) = good(&["TermsAccepted"]);
    let id = records[accepted].id.clone();
    let (before, after) = records.split_at(accepted + 1);
    let of_it: Vec<Record> = before.iter().filter(|r| r.id == id).cloned().collect();
    let mut copies = before.to_vec();
    for copy in 0..20 {
        for record in &of_it {
            let id = format!("copy-{copy}");
            let at = records[accepted].at;
            let mut record = Record {
                id,
                at,
                ..record.clone()
            };
            if record.event() == "ReservationInitiated" {
                record.payload["ReservationInitiated"]["at"] = json!(at);
            }
            copies.push(record);
        }
    }
    copies.extend_from_slice(after);
    assert!(complaint(copies).contains("is oversold"));
}

#[test]
fn given_a_confirmation_nobody_was_asked_for_when_checked_then_the_transition_is_illegal() {
    let (mut records, at) = good(&["OfferAccepted", "ReservationConfirmed"]);
    records.remove(at);
    assert!(
        complaint(records).contains("illegal transition: ReservationConfirmed while Countered")
    );
}

#[test]
fn given_a_hold_that_ends_twice_or_never_when_checked_then_it_is_seen() {
    let (mut twice, at) = good(&["HoldsEnded"]);
    let mut never = twice.clone();
    twice.insert(at, twice[at].clone());
    assert!(complaint(twice).contains("ends twice"));
    never.remove(at);
    let wrong = complaint(never);
    assert!(wrong.contains("held") || wrong.contains("hold"), "{wrong}");
}

#[test]
fn given_two_effects_at_once_when_checked_then_the_second_is_seen() {
    let (mut records, at) = good(&["EffectIntended"]);
    records.insert(at, records[at].clone());
    assert!(complaint(records).contains("a second outstanding effect"));
}

#[test]
fn given_two_outcomes_of_one_intent_when_checked_then_the_second_is_seen() {
    let (mut records, at) = good(&["EffectFailed"]);
    records.insert(at, records[at].clone());
    assert!(complaint(records).contains("an outcome of"));
}

#[test]
fn given_an_activation_before_its_window_when_checked_then_it_is_seen() {
    let early = |records: &[Record], at: usize| {
        let agreement = &records[at].payload["ReservationConfirmed"]["agreement"];
        let starts_at = agreement["terms"]["window"]["starts_at"].as_i64();
        starts_at > Some(records[at].at)
    };
    let (mut records, at) = good_where(&["ReservationConfirmed"], early);
    let activated = Record {
        payload: json!({"ReservationActivated": {"at": records[at].at}}),
        sender: "user",
        ..records[at].clone()
    };
    // After the entry of what was paid.
    records.insert(at + 2, activated);
    let wrong = complaint(records);
    assert!(wrong.contains("outside its window"), "{wrong}");
}

#[test]
fn given_an_entry_that_is_missing_or_of_another_amount_when_checked_then_it_is_seen() {
    let (mut missing, at) = good(&["ReservationConfirmed"]);
    let (mut other, id) = (missing.clone(), missing[at].id.clone());
    assert_eq!(missing.remove(at + 1).event(), "CreditsCharged");
    let wrong = complaint(missing);
    assert!(wrong.contains("is not entered"), "{wrong}");
    let entry = data(&mut other, at + 1);
    assert_eq!(entry["reservation_id"], json!(id));
    for (field, by) in [("amount", 1), ("balance", -1)] {
        entry[field] = json!(entry[field].as_i64().unwrap() + by);
    }
    let wrong = complaint(other);
    assert!(wrong.contains("was due"), "{wrong}");
}

#[test]
fn given_a_change_of_what_runs_without_its_instances_when_checked_then_it_is_seen() {
    let (mut records, at) = good(&["InstanceRescheduled"]);
    records.remove(at);
    let wrong = complaint(records);
    assert!(wrong.contains("has another window"), "{wrong}");
}

#[test]
fn given_a_change_to_what_was_not_offered_when_checked_then_it_is_seen() {
    let (mut records, at) = good(&["ReservationChanged"]);
    let paid = &mut data(&mut records, at)["agreement"]["placement"][0]["node"];
    *paid = json!("n4");
    let wrong = complaint(records);
    assert!(
        wrong.contains("something else than what is held"),
        "{wrong}"
    );
}

#[test]
fn given_options_that_are_claimed_late_when_checked_then_it_is_seen() {
    let (mut records, at) = good(&["OptionsClaimed"]);
    let agreement = &data(&mut records, at)["agreement"];
    let starts_at = agreement["terms"]["window"]["starts_at"].as_i64().unwrap();
    for record in &mut records[at..] {
        record.at += starts_at;
    }
    let wrong = complaint(records);
    assert!(wrong.contains("claimed after the start"), "{wrong}");
}

#[test]
fn given_a_lost_event_or_one_out_of_time_when_checked_then_it_is_seen() {
    let (mut lost, at) = good(&["TermsProposed"]);
    let mut back = lost.clone();
    lost.remove(at);
    assert!(check(&lost).unwrap_err().contains("should come"));
    back[at].at -= 1_000_000_000;
    assert!(check(&back).unwrap_err().contains("time goes back"));
}

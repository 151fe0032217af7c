//! An auditor who knows PROTOCOL and the stored JSON, and none of the domain's code.
//!
//! Reads a ledger from its beginning and says the first thing that is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

/// An event as the ledger exports it.
#[derive(Clone, Debug)]
pub struct Record {
    pub at: i64,
    pub stream: String,
    pub id: String,
    pub sequence: u64,
    pub sender: &'static str,
    pub payload: Value,
}

impl Record {
    pub fn event(&self) -> &str {
        let named = self.payload.as_object().and_then(|o| o.keys().next());
        let bare = self.payload.as_str();
        named.map(String::as_str).or(bare).unwrap_or_default()
    }

    fn data(&self) -> &Value {
        self.payload.get(self.event()).unwrap_or(&Value::Null)
    }
}

const NEGOTIATED: &[&str] = &["Initiated", "Countered", "Accepted", "ConfirmRequested"];
const JUDGED: &[&str] = &["Proposed", "Countered", "Accepted", "ConfirmRequested"];
const AGREED: &[&str] = &["Confirmed", "Activated"];
const ENDS: &[&str] = &["Rejected", "Withdrawn", "Lapsed", "Cancelled", "Expired"];

/// PROTOCOL's table: the event, who may say it, where it may come, where it leads ("" stays).
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);
const TABLE: &[Row] = &[
    ("ReservationInitiated", &["user"], &["none"], "Initiated"),
    (
        "TermsProposed",
        &["user"],
        &["Initiated", "Countered", "Accepted"],
        "Proposed",
    ),
    ("TermsAccepted", &["provider"], JUDGED, "Accepted"),
    ("TermsCountered", &["provider"], JUDGED, "Countered"),
    ("TermsRejected", &["provider"], JUDGED, "Rejected"),
    (
        "HoldsEnded",
        &["provider", "clock"],
        &["Countered", "Accepted", "ConfirmRequested"],
        "",
    ),
    (
        "OfferAccepted",
        &["user"],
        &["Countered"],
        "ConfirmRequested",
    ),
    (
        "ReservationConfirmed",
        &["provider"],
        &["Accepted", "ConfirmRequested"],
        "Confirmed",
    ),
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

#[derive(Clone, Debug)]
struct Booking {
    parts: Vec<(String, u64)>,
    size: [u64; 3],
    from: i64,
    until: i64,
}

#[derive(Clone, Debug)]
struct Offered {
    terms: Value,
    expires_at: i64,
    booking: Booking,
    held: bool,
}

#[derive(Default)]
struct Negotiation {
    status: String,
    asked: Value,
    rounds: u64,
    session_ends_at: i64,
    offers: BTreeMap<u64, Offered>,
    agreed: Option<u64>,
    /// Instances that were requested for it.
    instances: BTreeSet<String>,
}

#[derive(Default)]
struct Machine {
    going: bool,
    removed: bool,
    outstanding: Option<(u64, u64)>,
    newest: (u64, u64),
    outcomes: BTreeSet<(u64, u64)>,
}

#[derive(Default)]
struct Host {
    capacity: [u64; 3],
    in_service: bool,
}

#[derive(Default)]
pub struct Checker {
    sequences: HashMap<(String, String), u64>,
    newest_at: i64,
    hosts: BTreeMap<String, Host>,
    negotiations: BTreeMap<String, Negotiation>,
    machines: BTreeMap<String, Machine>,
    /// What holds capacity: offers held and reservations confirmed.
    booked: BTreeMap<(String, u64), Booking>,
    rounds_max: u64,
}

type Checked = Result<(), String>;

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn int(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("no integer: {value}"))
}

fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("no count: {value}"))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

fn amounts(value: &Value) -> [u64; 3] {
    ["vcpus", "memory_mib", "disk_gib"].map(|dimension| count(&value[dimension]))
}

fn window(terms: &Value) -> (i64, i64) {
    let window = &terms["window"];
    (int(&window["starts_at"]), int(&window["ends_at"]))
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
        match record.stream.as_str() {
            "reservation" => self.read_reservation(record),
            "instance" => self.read_instance(record),
            "node" => self.read_node(record),
            "site" => {
                let limits = &record.data()["policy"]["limits"];
                self.rounds_max = count(&limits["rounds_max"]);
                Ok(())
            }
            other => Err(format!("unknown stream {other}")),
        }
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
            "NodeStatusChanged" => host.in_service = data["status"] == "IN_SERVICE",
            other => return Err(format!("unknown event {other}")),
        }
        Ok(())
    }

    fn read_reservation(&mut self, record: &Record) -> Checked {
        let (event, data, at) = (record.event(), record.data(), record.at);
        let row = TABLE.iter().find(|row| row.0 == event);
        let (_, senders, from, to) = row.ok_or_else(|| format!("unknown event {event}"))?;
        must(senders.contains(&record.sender), || "wrong sender".into())?;
        let id = record.id.clone();
        let it = self.negotiations.entry(id.clone()).or_insert_with(|| {
            let status = "none".to_owned();
            Negotiation {
                status,
                ..Negotiation::default()
            }
        });
        must(from.contains(&it.status.as_str()), || {
            format!("illegal transition: {event} while {}", it.status)
        })?;
        let before = it.status.clone();
        if !to.is_empty() {
            it.status = (*to).to_owned();
        }
        match event {
            "ReservationInitiated" => {
                must(int(&data["at"]) == at, || "another time inside".into())?;
                it.session_ends_at = int(&data["session_ends_at"]);
            }
            "TermsProposed" => {
                it.rounds += 1;
                must(count(&data["round"]) == it.rounds, || {
                    "round skipped".into()
                })?;
                must(it.rounds <= self.rounds_max.max(it.rounds - 1), || {
                    "too many rounds".into()
                })?;
                must(it.nothing_held(), || "proposed over held offers".into())?;
                it.asked = data["terms"].clone();
            }
            "TermsAccepted" | "TermsCountered" => {
                it.expect_reason_to_judge(&before, at)?;
                it.session_ends_at = int(&data["session_ends_at"]);
                let one = || vec![data["offer"].clone()];
                let made = data["offers"].as_array().cloned().unwrap_or_else(one);
                must(!made.is_empty(), || "an answer without an offer".into())?;
                for offer in &made {
                    if before == "Proposed" {
                        expect_answers(&it.asked, offer, event == "TermsAccepted")?;
                    }
                }
                for offer in made {
                    self.hold(&id, &offer, at)?;
                }
            }
            "TermsRejected" => {
                it.expect_reason_to_judge(&before, at)?;
                must(it.nothing_held(), || "rejected while held".into())?;
            }
            "HoldsEnded" => return self.end_holds(&id, data, at),
            "OfferAccepted" => {
                it.session_ends_at = int(&data["session_ends_at"]);
                let chosen = count(&data["offer_id"]);
                let held: Vec<u64> = it.held().collect();
                must(held == [chosen], || format!("held are {held:?}"))?;
                must(at < it.offers[&chosen].expires_at, || "run out".into())?;
            }
            _ => return self.conclude(&id, record),
        }
        Ok(())
    }

    /// What comes after the negotiation: agreement, activation and every end.
    fn conclude(&mut self, id: &str, record: &Record) -> Checked {
        let (event, data, at) = (record.event(), record.data(), record.at);
        let it = self.negotiations.get_mut(id).ok_or("not initiated")?;
        if event == "ReservationConfirmed" {
            let agreed = count(&data["agreement"]["offer_id"]);
            let held: Vec<u64> = it.held().collect();
            must(held == [agreed], || {
                format!("confirmed {agreed} while held are {held:?}")
            })?;
            let offer = it.offers.get_mut(&agreed).ok_or("unknown offer")?;
            must(at < offer.expires_at, || "the hold had run out".into())?;
            must(data["agreement"]["terms"] == offer.terms, || {
                "confirmed other terms than offered".into()
            })?;
            must(at < offer.booking.until, || "its window is over".into())?;
            // The hold ends by becoming the reservation.
            offer.held = false;
            it.agreed = Some(agreed);
            return Ok(());
        }
        must(it.nothing_held(), || format!("{event} leaves a hold"))?;
        let agreed = it.agreed.map(|number| (number, &it.offers[&number]));
        match (event, agreed) {
            ("ReservationWithdrawn", None) => Ok(()),
            ("ReservationLapsed", None) => must(at >= it.session_ends_at, || {
                "lapsed before the session ran out".into()
            }),
            ("ReservationActivated", Some((_, offer))) => {
                let (from, until) = (offer.booking.from, offer.booking.until);
                must(from <= at && at < until, || "outside its window".into())
            }
            ("ReservationCancelled", Some((number, _))) => {
                let key = (id.to_owned(), number);
                if let Some(booking) = self.booked.get_mut(&key) {
                    booking.until = booking.until.min(at);
                }
                Ok(())
            }
            ("ReservationExpired", Some((number, offer))) => {
                must(offer.booking.until <= at, || "expired too early".into())?;
                let no_show = data["no_show"] == true;
                must(no_show == it.instances.is_empty(), || {
                    "a wrong no-show".into()
                })?;
                self.booked.remove(&(id.to_owned(), number));
                Ok(())
            }
            (event, agreed) => Err(format!("{event} with agreement {agreed:?}")),
        }
    }

    fn end_holds(&mut self, id: &str, data: &Value, at: i64) -> Checked {
        let it = self.negotiations.get_mut(id).ok_or("not initiated")?;
        let cause = text(&data["cause"]);
        for number in data["offers"].as_array().ok_or("no offers")? {
            let number = count(number);
            let offer = it.offers.get_mut(&number).ok_or("unknown offer")?;
            must(offer.held, || format!("hold {number} ends twice"))?;
            must(cause != "expired" || offer.expires_at <= at, || {
                format!("hold {number} ends too early")
            })?;
            offer.held = false;
            self.booked.remove(&(id.to_owned(), number));
        }
        Ok(())
    }

    /// Books an offer, unless a node would be oversold at any instant.
    fn hold(&mut self, id: &str, offer: &Value, at: i64) -> Checked {
        let (from, until) = window(&offer["terms"]);
        let size = amounts(&offer["terms"]["size"]);
        let parts: Vec<(String, u64)> = offer["placement"]
            .as_array()
            .ok_or("no placement")?
            .iter()
            .map(|part| (text(&part["node"]), count(&part["count"])))
            .collect();
        let placed: u64 = parts.iter().map(|(_, count)| count).sum();
        must(placed == count(&offer["terms"]["instances_fixed"]), || {
            format!("{placed} instances placed")
        })?;
        must(from >= at && from < until, || "a window in the past".into())?;
        let latest = offer["terms"]["latest_end_at"].as_i64();
        must(latest.is_none_or(|latest| until <= latest), || {
            "later than the user can".into()
        })?;
        let booking = Booking {
            parts,
            size,
            from,
            until,
        };
        let number = count(&offer["offer_id"]);
        self.booked.insert((id.to_owned(), number), booking.clone());
        for (name, _) in &booking.parts {
            let host = self.hosts.get(name).ok_or("unknown node")?;
            must(host.in_service, || format!("{name} is out of service"))?;
            self.expect_room(name, host, &booking)?;
        }
        let it = self.negotiations.get_mut(id).ok_or("not initiated")?;
        let newest = it.offers.keys().next_back().copied().unwrap_or(0);
        must(number == newest + 1, || "offers out of number".into())?;
        let expires_at = int(&offer["expires_at"]);
        must(expires_at > at, || "an offer that is over".into())?;
        it.offers.insert(
            number,
            Offered {
                terms: offer["terms"].clone(),
                expires_at,
                booking,
                held: true,
            },
        );
        Ok(())
    }

    /// The sum of what is booked on a node, at each instant inside `new` at which it changes.
    fn expect_room(&self, name: &str, host: &Host, new: &Booking) -> Checked {
        let on_it: Vec<(&Booking, u64)> = self
            .booked
            .values()
            .flat_map(|booking| {
                let here = booking.parts.iter().filter(|(node, _)| node == name);
                here.map(move |(_, count)| (booking, *count))
            })
            .collect();
        let starts = on_it.iter().map(|(booking, _)| booking.from);
        let instants = starts.filter(|at| new.from < *at && *at < new.until);
        for at in instants.chain([new.from]) {
            let mut used = [0; 3];
            for (booking, count) in &on_it {
                if booking.from <= at && at < booking.until {
                    for (sum, amount) in used.iter_mut().zip(booking.size) {
                        *sum += amount * count;
                    }
                }
            }
            let fits = used.iter().zip(host.capacity).all(|(u, c)| *u <= c);
            must(fits, || {
                format!(
                    "{name} is oversold at {at}: {used:?} of {:?}",
                    host.capacity
                )
            })?;
        }
        Ok(())
    }

    fn read_instance(&mut self, record: &Record) -> Checked {
        let (event, data, at) = (record.event(), record.data(), record.at);
        if event == "InstanceRequested" {
            let of = text(&data["spec"]["reservation_id"]);
            let it = self.negotiations.get_mut(&of).ok_or("no reservation")?;
            must(it.status == "Activated", || "not activated".into())?;
            it.instances.insert(record.id.clone());
            let known = self.machines.insert(record.id.clone(), Machine::default());
            return must(known.is_none(), || "requested twice".into());
        }
        let it = self.machines.get_mut(&record.id).ok_or("not requested")?;
        must(!it.removed, || "after its end".into())?;
        let number = || (count(&data["effect_id"]), count(&data["attempt"]));
        match event {
            "StartRequested" | "StopRequested" | "RebootRequested" => {
                must(!it.going, || "asked of what is going".into())
            }
            "RemovalRequested" => {
                must(!it.going, || "removed twice".into())?;
                it.going = true;
                Ok(())
            }
            "EffectIntended" => {
                let (effect_id, attempt) = number();
                must(it.outstanding.is_none(), || {
                    "a second outstanding effect".into()
                })?;
                let next = (it.newest.0, it.newest.1 + 1);
                let afresh = (it.newest.0 + 1, 1);
                must([next, afresh].contains(&(effect_id, attempt)), || {
                    format!("intent {effect_id}/{attempt} after {:?}", it.newest)
                })?;
                must(attempt <= 10, || "more than ten tries".into())?;
                must(!it.going || data["effect"] == "remove", || {
                    "another effect than removal on what is going".into()
                })?;
                it.newest = (effect_id, attempt);
                it.outstanding = Some(it.newest);
                Ok(())
            }
            "EffectSucceeded" => it.settle(number()),
            "EffectFailed" => {
                must(int(&data["retry_at"]) > at, || "no back-off".into())?;
                it.settle(number())
            }
            "EffectStuck" => it.settle((count(&data["effect_id"]), count(&data["attempts"]))),
            "PowerStateObserved" => must(it.outstanding.is_none(), || {
                "observed in the middle of an effect".into()
            }),
            "InstanceRemoved" => {
                must(it.going, || "removed, and nobody asked".into())?;
                it.removed = true;
                Ok(())
            }
            other => Err(format!("unknown event {other}")),
        }
    }

    fn finish(&self) -> Checked {
        for (id, it) in &self.negotiations {
            must(it.status != "Proposed", || format!("{id}: no answer"))?;
            let ended = ENDS.contains(&it.status.as_str());
            for machine in it.instances.iter().map(|id| &self.machines[id]) {
                must(!ended || machine.going, || {
                    format!("{id}: an instance outlives its reservation")
                })?;
            }
            if let Some(number) = it.agreed.filter(|_| !it.instances.is_empty()) {
                let parts = &it.offers[&number].booking.parts;
                let granted: u64 = parts.iter().map(|(_, count)| count).sum();
                let made = u64::try_from(it.instances.len()).unwrap();
                must(granted == made, || {
                    format!("{id}: {made} instances of {granted}")
                })?;
            }
        }
        Ok(())
    }
}

impl Negotiation {
    fn held(&self) -> impl Iterator<Item = u64> {
        let held = self.offers.iter().filter(|(_, offer)| offer.held);
        held.map(|(number, _)| *number)
    }

    fn nothing_held(&self) -> bool {
        self.held().next().is_none()
    }

    /// Terms are judged when they were proposed, or again when a hold had run out.
    fn expect_reason_to_judge(&self, before: &str, at: i64) -> Checked {
        must(self.nothing_held(), || "judged over held offers".into())?;
        let over = |offer: &Offered| offer.expires_at <= at || offer.booking.until <= at;
        let again = self.offers.values().any(over);
        must(before == "Proposed" || again, || {
            "judged again while the offer was good".into()
        })
    }
}

impl Machine {
    fn settle(&mut self, number: (u64, u64)) -> Checked {
        must(self.outstanding == Some(number), || {
            format!(
                "an outcome of {number:?} while awaited is {:?}",
                self.outstanding
            )
        })?;
        self.outstanding = None;
        must(self.outcomes.insert(number), || "a second outcome".into())
    }
}

/// An accept is what was asked; an alternative differs in one thing, inside the user's bounds.
fn expect_answers(asked: &Value, offer: &Value, accept: bool) -> Checked {
    let terms = &offer["terms"];
    let same = |field: &str| asked[field] == terms[field];
    for field in ["instance_type", "size", "template", "auto_start"] {
        must(same(field), || format!("{field} differs"))?;
    }
    let ((from, until), (asked_from, asked_until)) = (window(terms), window(asked));
    must(until - from == asked_until - asked_from, || {
        "another duration".into()
    })?;
    let limit = asked["price_limit"].as_u64();
    let too_dear = limit.is_some_and(|limit| limit < count(&offer["quote"]["price"]));
    let differing = [!same("window"), !same("instances_fixed"), too_dear];
    let differences = differing.iter().filter(|differs| **differs).count();
    must(differences == usize::from(!accept), || {
        format!("{differences} differences in an answer of accept={accept}")
    })?;
    must(
        terms["instances_fixed"].as_u64() <= asked["instances_fixed"].as_u64(),
        || "more instances than asked".into(),
    )?;
    let earliest = asked["earliest_start_at"].as_i64().unwrap_or(asked_from);
    must(from >= earliest, || "earlier than the user can".into())
}

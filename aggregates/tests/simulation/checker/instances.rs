//! Instances follow what was agreed on, one effect at a time, and are credited where they did not
//! run.

use std::collections::BTreeSet;

use super::delivery::Delivery;
use super::record::{Parts, Record, count, int, text};
use super::table::Negotiation;
use super::{Checked, Checker, must};

#[derive(Default)]
pub struct Machine {
    reservation: String,
    node: String,
    window: (i64, i64),
    pub going: bool,
    removed: bool,
    outstanding: Option<(u64, u64)>,
    newest: (u64, u64),
    outcomes: BTreeSet<(u64, u64)>,
    delivery: Delivery,
    credited_ms: Option<i64>,
}

impl Checker {
    /// How many instances should be on which node once what was just agreed on is done.
    pub(super) fn note_wanted(&self, it: &mut Negotiation) -> Checked {
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        let live = self.live(it);
        let before = it.before.as_ref().filter(|_| !it.instances.is_empty());
        let mut wanted = agreed.placement.clone();
        if let Some(before) = before {
            // What the user has removed does not come back, and counts first where some are to go.
            for (node, was) in &before.placement {
                let live = live.get(node).copied().unwrap_or(0);
                let next = agreed.placement.get(node).copied().unwrap_or(0);
                let left = match next.checked_sub(*was) {
                    Some(came) => live + came,
                    None => live.min(next),
                };
                wanted.insert(node.clone(), left);
            }
        }
        wanted.retain(|_, count| *count > 0);
        it.wanted = wanted;
        Ok(())
    }

    fn live(&self, it: &Negotiation) -> Parts {
        let mut live = Parts::new();
        let machines = it.instances.iter().map(|id| &self.machines[id]);
        for machine in machines.filter(|machine| !machine.going) {
            *live.entry(machine.node.clone()).or_default() += 1;
        }
        live
    }

    /// The instances are as many and where they should be, until the agreement's end.
    pub(super) fn expect_instances_follow(&self, id: &str) -> Checked {
        let it = &self.negotiations[id];
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        let live = self.live(it);
        must(live == it.wanted, || {
            format!("{id}: instances on {live:?}, agreed on {:?}", it.wanted)
        })?;
        let window = (agreed.terms.from, agreed.terms.until);
        let machines = it.instances.iter().map(|id| &self.machines[id]);
        let mut live = machines.filter(|machine| !machine.going);
        must(live.all(|machine| machine.window == window), || {
            format!("{id}: an instance has another window")
        })
    }

    pub(super) fn read_instance(&mut self, record: &Record) -> Checked {
        let event = record.event();
        if event == "InstanceRequested" {
            return self.request(record);
        }
        let is_users = record.data()["cause"] == "user";
        if event == "RemovalRequested" {
            let of = self.machines.get(&record.id).ok_or("not requested")?;
            let of = of.reservation.clone();
            if is_users && self.unsettled.iter().any(|(id, _)| *id == of) {
                self.unsettled.retain(|(id, _)| *id != of);
                self.expect_instances_follow(&of)?;
            }
            self.expect_credited(record)?;
        }
        let grace_ms = int(&self.policy["delivery_grace_ms"]);
        let it = self.machines.get_mut(&record.id).ok_or("not requested")?;
        it.read(record)?;
        it.delivery.note(record.at, it.window.1, grace_ms);
        Ok(())
    }

    fn request(&mut self, record: &Record) -> Checked {
        let (data, at) = (record.data(), record.at);
        let reservation = text(&data["spec"]["reservation_id"]);
        let it = self.negotiations.get_mut(&reservation);
        let it = it.ok_or("no reservation")?;
        must(it.status == "Activated", || "not activated".into())?;
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        must(data["spec"]["size"] == agreed.terms.raw["size"], || {
            "of another size".into()
        })?;
        must(int(&data["user_id"]) == it.user, || "another user".into())?;
        it.instances.insert(record.id.clone());
        let window = &data["window"];
        let window = (int(&window["starts_at"]), int(&window["ends_at"]));
        let mut machine = Machine {
            reservation,
            node: text(&data["spec"]["node"]),
            window,
            ..Machine::default()
        };
        machine.delivery.wanted = true;
        machine.delivery.note(at, window.1, 0);
        let known = self.machines.insert(record.id.clone(), machine);
        must(known.is_none(), || "requested twice".into())
    }

    /// What an instance that goes did not deliver was given back.
    fn expect_credited(&self, record: &Record) -> Checked {
        let machine = &self.machines[&record.id];
        let grace_ms = int(&self.policy["delivery_grace_ms"]);
        let undelivered = machine
            .delivery
            .until(record.at, machine.window.1, grace_ms);
        let it = &self.negotiations[&machine.reservation];
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        let worth = Self::credit_of(it, agreed, undelivered);
        must(machine.credited_ms.is_some() || worth == 0, || {
            format!("{undelivered} ms, worth {worth}, were not credited")
        })
    }

    /// A credit is for what this instance did not deliver, once.
    pub(super) fn credit(&mut self, it: &mut Negotiation, record: &Record) -> Checked {
        let (data, at) = (record.data(), record.at);
        let grace_ms = int(&self.policy["delivery_grace_ms"]);
        let machine = self.machines.get_mut(&text(&data["instance_id"]));
        let machine = machine.ok_or("no such instance")?;
        must(machine.reservation == record.id && !machine.going, || {
            "a credit for what is gone or of another".into()
        })?;
        let undelivered = machine.delivery.until(at, machine.window.1, grace_ms);
        must(int(&data["undelivered_ms"]) == undelivered, || {
            format!("{undelivered} ms were not delivered")
        })?;
        must(machine.credited_ms.is_none(), || "credited twice".into())?;
        machine.credited_ms = Some(undelivered);
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        let worth = Self::credit_of(it, agreed, undelivered);
        must(count(&data["amount"]) == worth && worth > 0, || {
            format!("credits {}, it is worth {worth}", data["amount"])
        })
    }
}

impl Machine {
    fn read(&mut self, record: &Record) -> Checked {
        let (event, data, at) = (record.event(), record.data(), record.at);
        must(!self.removed, || "after its end".into())?;
        let number = || (count(&data["effect_id"]), count(&data["attempt"]));
        match event {
            "StartRequested" | "StopRequested" | "RebootRequested" => {
                must(!self.going, || "asked of what is going".into())?;
                if event != "RebootRequested" {
                    self.delivery.wanted = event == "StartRequested";
                }
                Ok(())
            }
            "InstanceRescheduled" => {
                must(!self.going, || "rescheduled while it goes".into())?;
                let window = &data["window"];
                self.window = (int(&window["starts_at"]), int(&window["ends_at"]));
                Ok(())
            }
            "RemovalRequested" => {
                must(!self.going, || "removed twice".into())?;
                self.going = true;
                self.delivery.wanted = false;
                Ok(())
            }
            "EffectIntended" => self.intend(number(), data["effect"] == "remove"),
            "EffectSucceeded" => {
                self.see(record);
                self.settle(number())
            }
            "EffectFailed" => {
                must(int(&data["retry_at"]) > at, || "no back-off".into())?;
                self.settle(number())
            }
            "EffectStuck" => self.settle((count(&data["effect_id"]), count(&data["attempts"]))),
            "PowerStateObserved" => {
                self.see(record);
                must(self.outstanding.is_none(), || {
                    "observed in the middle of an effect".into()
                })
            }
            "InstanceRemoved" => {
                must(self.going, || "removed, and nobody asked".into())?;
                self.removed = true;
                Ok(())
            }
            other => Err(format!("unknown event {other}")),
        }
    }

    fn see(&mut self, record: &Record) {
        let seen = &record.data()["observation"]["power_state"];
        self.delivery.seen_running = text(seen).eq_ignore_ascii_case("running");
    }

    fn intend(&mut self, (effect_id, attempt): (u64, u64), removes: bool) -> Checked {
        must(self.outstanding.is_none(), || {
            "a second outstanding effect".into()
        })?;
        let next = (self.newest.0, self.newest.1 + 1);
        let afresh = (self.newest.0 + 1, 1);
        must([next, afresh].contains(&(effect_id, attempt)), || {
            format!("intent {effect_id}/{attempt} after {:?}", self.newest)
        })?;
        must(attempt <= 10, || "more than ten tries".into())?;
        must(!self.going || removes, || {
            "another effect than removal on what is going".into()
        })?;
        self.newest = (effect_id, attempt);
        self.outstanding = Some(self.newest);
        Ok(())
    }

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

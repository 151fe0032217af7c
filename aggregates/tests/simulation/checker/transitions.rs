//! What may follow what in a reservation, and that what was agreed on stays in force.

use serde_json::Value;

use super::record::{Offer, Record, Terms, both, count, int, list, sum, text};
use super::table::{Negotiation, Standing};
use super::{Checked, Checker, must};

impl Checker {
    pub(super) fn read_reservation(&mut self, record: &Record) -> Checked {
        let id = record.id.clone();
        let mut it = self.negotiations.remove(&id).unwrap_or_default();
        let was = it.table();
        it.step(record)?;
        let talk = self.talk(&mut it, was, record)?;
        if !talk {
            self.life(&mut it, record)?;
        }
        if record.event() == "CapacityCredited" {
            self.credit(&mut it, record)?;
        }
        self.pay(&mut it, record)?;
        self.negotiations.insert(id.clone(), it);
        if record.event() == "OptionsClaimed" {
            self.expect_claimed_fits(&id, record.at)?;
        }
        match record.event() {
            "ReservationInitiated" => {
                self.opened = Some((id.clone(), record.at));
                self.expect_session_allowed(&id)
            }
            "TermsAccepted" | "TermsCountered" => {
                self.expect_sellable(&id, record)?;
                self.expect_quotas_kept(&id, record.at)
            }
            "TermsRejected" => self.expect_sellable(&id, record),
            "OptionsClaimed" => self.expect_quotas_kept(&id, record.at),
            _ => Ok(()),
        }
    }

    /// What is said in the negotiation; false where it is something else.
    fn talk(&mut self, it: &mut Negotiation, was: &str, record: &Record) -> Result<bool, String> {
        let (data, at) = (record.data(), record.at);
        match record.event() {
            "TermsProposed" => self.propose(it, was, record)?,
            "TermsAccepted" | "TermsCountered" => {
                it.session_ends_at = int(&data["session_ends_at"]);
                let offers = match data.get("offer") {
                    Some(offer) => vec![Offer::of(offer)],
                    None => list(&data["offers"]).iter().map(Offer::of).collect(),
                };
                let accept = record.event() == "TermsAccepted";
                self.expect_answers(it, (&offers, accept), record)?;
                it.offers.clear();
                for offer in offers {
                    must(offer.number == it.newest_offer + 1, || {
                        "offers out of number".into()
                    })?;
                    must(offer.expires_at > at, || "an offer that is over".into())?;
                    it.newest_offer = offer.number;
                    it.offers
                        .insert(offer.number, Standing { offer, held: true });
                }
            }
            "TermsRejected" => {
                it.offers.clear();
                self.expect_asking(it, &data["evidence"])?;
            }
            "HoldsEnded" => it.end_holds(record)?,
            "OfferAccepted" => {
                it.session_ends_at = int(&data["session_ends_at"]);
                let chosen = count(&data["offer_id"]);
                let held: Vec<&Offer> = it.held().collect();
                let only = held.len() == 1 && held[0].number == chosen;
                must(only, || "others than the accepted are held".into())?;
                must(at < held[0].expires_at, || "run out".into())?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn propose(&self, it: &mut Negotiation, was: &str, record: &Record) -> Checked {
        let limits = &self.policy["limits"];
        must(it.nothing_held(), || "proposed over held offers".into())?;
        let afresh = was == "Agreed";
        it.round = if afresh { 1 } else { it.round + 1 };
        if afresh {
            it.changes += 1;
            must(it.changes <= count(&limits["changes_max"]), || {
                "too many changes".into()
            })?;
        }
        must(count(&record.data()["round"]) == it.round, || {
            "round skipped".into()
        })?;
        must(it.round <= count(&limits["rounds_max"]), || {
            "too many rounds".into()
        })?;
        if was == "ConfirmRequested" {
            let over =
                |s: &Standing| s.offer.expires_at <= record.at || s.offer.terms.until <= record.at;
            must(it.offers.values().any(over), || {
                "judged again while the offer was good".into()
            })?;
        }
        let terms = Terms::of(&record.data()["terms"]);
        must(terms.until > record.at, || "a window in the past".into())?;
        if it.round == 1 {
            it.asking_before = None;
        }
        it.asked = Some(terms);
        Ok(())
    }

    /// Agreement, change, activation and every end.
    fn life(&mut self, it: &mut Negotiation, record: &Record) -> Checked {
        let (event, data, at) = (record.event(), record.data(), record.at);
        match event {
            "ReservationInitiated" => {
                must(int(&data["at"]) == at, || "another time inside".into())?;
                it.user = int(&data["user_id"]);
                it.session_ends_at = int(&data["session_ends_at"]);
                return Ok(());
            }
            "ReservationConfirmed" => {
                must(it.agreement.is_none(), || "confirmed twice".into())?;
                return it.agree(&data["agreement"], at);
            }
            "ReservationChanged" => {
                let stands = it.table();
                must(["Accepted", "ConfirmRequested"].contains(&stands), || {
                    format!("changed while {stands}")
                })?;
                it.change = None;
                it.agree(&data["agreement"], at)?;
                return self.reshape(it, record);
            }
            "OptionsClaimed" => return it.claim(data, at),
            "OptionsEnded" => return it.end_options(record),
            "CapacityCredited" => return Ok(()),
            _ => {}
        }
        must(it.nothing_held(), || format!("{event} leaves a hold"))?;
        if event == "ChangeEnded" {
            return it.end_change(record);
        }
        must(it.change.is_none(), || format!("{event} leaves a change"))?;
        let agreed = it.agreement.as_ref().map(|offer| &offer.terms);
        match (event, agreed) {
            ("ReservationWithdrawn", None) => Ok(()),
            ("ReservationLapsed", None) => must(at >= it.session_ends_at, || {
                "lapsed before the session ran out".into()
            }),
            ("ReservationActivated", Some(terms)) => {
                must(terms.from <= at && at < terms.until, || {
                    "outside its window".into()
                })?;
                let granted = it.agreement.as_ref().map_or(0, |offer| offer.granted);
                must(granted == 0, || "options outlast the start".into())?;
                self.reshape(it, record)
            }
            ("ReservationCancelled", Some(_)) => Ok(()),
            ("ReservationExpired", Some(terms)) => {
                must(terms.until <= at, || "expired too early".into())?;
                let no_show = data["no_show"] == true;
                must(no_show == it.instances.is_empty(), || {
                    "a wrong no-show".into()
                })
            }
            (event, _) => Err(format!("{event} with another agreement")),
        }
    }

    /// The instances have to follow what is agreed on, before anything else comes.
    fn reshape(&mut self, it: &mut Negotiation, record: &Record) -> Checked {
        if it.status == "Activated" {
            self.note_wanted(it)?;
            self.unsettled.push((record.id.clone(), record.at));
        }
        Ok(())
    }
}

impl Negotiation {
    /// A hold becomes what is agreed on, as it was offered and before it ran out.
    fn agree(&mut self, agreement: &Value, at: i64) -> Checked {
        let agreed = Offer::of(agreement);
        let held: Vec<&Offer> = self.held().collect();
        must(held.len() == 1 && held[0].raw == agreed.raw, || {
            "agreed on something else than what is held".into()
        })?;
        must(at < agreed.expires_at, || "the hold had run out".into())?;
        must(at < agreed.terms.until, || "its window is over".into())?;
        // The hold ends by becoming the reservation.
        self.offers.clear();
        self.before = self.agreement.replace(agreed);
        Ok(())
    }

    fn end_holds(&mut self, record: &Record) -> Checked {
        let data = record.data();
        let cause = text(&data["cause"]);
        let by = match cause.as_str() {
            "expired" | "lapsed" => "clock",
            _ => "provider",
        };
        must(record.sender == by, || {
            format!("holds ended, {cause}, by wrong sender {}", record.sender)
        })?;
        for number in list(&data["offers"]) {
            let number = count(number);
            let standing = self.offers.get_mut(&number).ok_or("unknown offer")?;
            must(standing.held, || format!("hold {number} ends twice"))?;
            let over = standing.offer.expires_at <= record.at;
            must(cause != "expired" || over, || {
                format!("hold {number} ends too early")
            })?;
            standing.held = false;
        }
        Ok(())
    }

    fn end_change(&mut self, record: &Record) -> Checked {
        must(self.change.is_some(), || "no change to end".into())?;
        let cause = text(&record.data()["cause"]);
        let by = match cause.as_str() {
            "withdrawn" => "user",
            "lapsed" => "clock",
            _ => "provider",
        };
        must(record.sender == by, || {
            format!("a change ended, {cause}, by wrong sender {}", record.sender)
        })?;
        must(
            cause != "lapsed" || record.at >= self.session_ends_at,
            || "lapsed before the session ran out".into(),
        )?;
        self.change = None;
        self.offers.clear();
        Ok(())
    }

    /// Options become fixed instances: those that are held where they are held.
    fn claim(&mut self, data: &Value, at: i64) -> Checked {
        let (claimed, next) = (count(&data["count"]), Offer::of(&data["agreement"]));
        let known = self.agreement.as_ref().ok_or("nothing agreed on")?;
        let pending = self.change.is_some_and(|change| change != "Rejected");
        must(!pending, || "claimed while a change is on the table".into())?;
        must(at < known.terms.from, || "claimed after the start".into())?;
        must(claimed > 0 && claimed <= known.granted, || {
            format!("{claimed} claimed of {}", known.granted)
        })?;
        must(next.granted == known.granted - claimed, || {
            "another number is left".into()
        })?;
        must(next.terms.fixed == known.terms.fixed + claimed, || {
            "another number came".into()
        })?;
        let held = sum(&known.held_options);
        let left = held.saturating_sub(claimed);
        must(sum(&next.held_options) == left, || {
            "another number is held".into()
        })?;
        if claimed <= held {
            must(next.taken() == known.taken(), || {
                "claimed on other nodes than held".into()
            })?;
        }
        let stays = known.placement.iter();
        let mut stays = stays.map(|(node, count)| (next.placement.get(node), count));
        must(stays.all(|(next, was)| next >= Some(was)), || {
            "claiming moves what was agreed on".into()
        })?;
        self.keep_rest(next, &["placement"])
    }

    fn end_options(&mut self, record: &Record) -> Checked {
        let data = record.data();
        let (ended, next) = (count(&data["count"]), Offer::of(&data["agreement"]));
        let known = self.agreement.as_ref().ok_or("nothing agreed on")?;
        let (cause, from) = (text(&data["cause"]), known.terms.from);
        let by = if cause == "dropped" { "user" } else { "clock" };
        must(record.sender == by, || {
            format!("options ended, {cause}, by wrong sender {}", record.sender)
        })?;
        must((cause == "dropped") == (record.at < from), || {
            format!("options end by {cause} at the wrong time")
        })?;
        must(ended > 0 && next.granted + ended == known.granted, || {
            format!("{ended} end of {}", known.granted)
        })?;
        must(cause == "dropped" || next.granted == 0, || {
            "options outlast the start".into()
        })?;
        let held = sum(&known.held_options).min(next.granted);
        must(sum(&next.held_options) == held, || {
            "another number stays held".into()
        })?;
        let within = both(&known.held_options, &Default::default());
        let mut stays = next.held_options.iter();
        must(
            stays.all(|(node, count)| within.get(node) >= Some(count)),
            || "other nodes are held".into(),
        )?;
        self.keep_rest(next, &[])
    }

    /// Puts `next` in force where it is the same agreement but for its options.
    fn keep_rest(&mut self, next: Offer, but: &[&str]) -> Checked {
        let known = self.agreement.as_ref().ok_or("nothing agreed on")?;
        let bare = |offer: &Offer| {
            let mut raw = offer.raw.clone();
            let fields = raw.as_object_mut().expect("an offer");
            but.iter().chain(&["options"]).for_each(|field| {
                fields.remove(*field);
            });
            for field in ["instances_fixed", "instances_option"] {
                if field == "instances_option" || !but.is_empty() {
                    fields["terms"][field] = Value::Null;
                }
            }
            raw
        };
        must(bare(&next) == bare(known), || {
            "options change the rest of the agreement".into()
        })?;
        must(next.terms.option == next.granted, || {
            "options are counted twice".into()
        })?;
        must(sum(&next.placement) == next.terms.fixed, || {
            format!("{} of {} placed", sum(&next.placement), next.terms.fixed)
        })?;
        self.before = self.agreement.replace(next);
        Ok(())
    }
}

//! The books: what a reservation says its user has paid, the account has paid; and every amount
//! follows from the agreement, the schedule and the time.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::record::{Offer, Record, count, int, list, text};
use super::table::Negotiation;
use super::{Checked, Checker, must};

const WHOLE_PPM: u128 = 1_000_000;

/// What a reservation says was paid or given back, and the account has not said yet.
struct Pending {
    reservation: String,
    user: i64,
    before: u64,
    after: u64,
    cause: &'static str,
}

#[derive(Default)]
pub struct Books {
    /// The balance of each user.
    accounts: BTreeMap<String, u64>,
    pending: VecDeque<Pending>,
    granted: u128,
    balances: u128,
    /// What all reservations say was paid for them.
    paid: u128,
}

/// `part` of `whole` of an amount, rounded down, at most all of it.
pub fn share(amount: u64, part: u128, whole: u128) -> u64 {
    if whole == 0 {
        return 0;
    }
    u64::try_from(u128::from(amount) * part.min(whole) / whole).unwrap()
}

fn ms(span: i64) -> u128 {
    u128::try_from(span.max(0)).unwrap()
}

impl Checker {
    /// What the schedule in force gives back of an amount.
    fn refund(&self, amount: u64, (from, until): (i64, i64), at: i64) -> u64 {
        let schedule = &self.policy["refunds"];
        let ppm = |value: &Value| u128::from(count(value));
        let unused = ms((until - at).min(until - from)) * ppm(&schedule["unused_ppm"]);
        let unused = share(amount, unused, ms(until - from) * WHOLE_PPM);
        let mut steps = list(&schedule["before_start"]).iter();
        let step = steps.find(|step| at <= from && int(&step["lead_ms"]) <= from - at);
        let stepped = step.map_or(0, |step| share(amount, ppm(&step["refund_ppm"]), WHOLE_PPM));
        stepped.max(unused)
    }

    /// What an event of a reservation makes of what was paid for it.
    pub(super) fn pay(&mut self, it: &mut Negotiation, record: &Record) -> Checked {
        let (data, at, paid) = (record.data(), record.at, it.paid);
        let agreed = it.agreement.as_ref();
        let before = it.before.as_ref();
        let (after, cause) = match (record.event(), agreed, before) {
            ("ReservationConfirmed", Some(agreed), _) => (agreed.price, "confirmed"),
            ("ReservationChanged", Some(agreed), Some(before)) => {
                // What was credited for what was not delivered stays with the user.
                let cost = paid + it.credited;
                let less = cost.saturating_sub(agreed.price);
                let window = (before.terms.from, before.terms.until);
                let back = self.refund(less, window, at);
                let cost = (cost - back).max(agreed.price);
                (cost.saturating_sub(it.credited), "changed")
            }
            ("OptionsClaimed", _, Some(before)) => {
                let each = count(&before.raw["options"]["each"]["price"]);
                (paid + each * count(&data["count"]), "options_claimed")
            }
            ("CapacityCredited", ..) => (paid - count(&data["amount"]), "undelivered"),
            ("ReservationCancelled", Some(agreed), _) => {
                let window = (agreed.terms.from, agreed.terms.until);
                let back = self.refund(paid, window, at);
                let said = &data["refund"];
                must(said.is_object() == (paid > 0), || {
                    "refunded what was not paid".into()
                })?;
                must(said.is_null() || count(&said["amount"]) == back, || {
                    format!("refunds {}, the schedule gives {back}", said["amount"])
                })?;
                it.paid_at_end = Some(paid);
                (paid - back, "cancelled")
            }
            _ => return Ok(()),
        };
        if let Some(said) = data["paid"].as_u64() {
            must(said == after, || {
                format!("says {said} was paid, and {after} was")
            })?;
        }
        if cause == "undelivered" {
            it.credited += paid - after;
        }
        it.paid = after;
        self.books.paid = self.books.paid + u128::from(after) - u128::from(paid);
        if after != paid {
            self.books.pending.push_back(Pending {
                reservation: record.id.clone(),
                user: it.user,
                before: paid,
                after,
                cause,
            });
        }
        Ok(())
    }

    /// A credit is the share of the price that was not delivered.
    pub(super) fn credit_of(it: &Negotiation, agreed: &Offer, undelivered_ms: i64) -> u64 {
        let promised = ms(agreed.terms.duration()) * u128::from(agreed.terms.fixed);
        let paid = it.paid_at_end.unwrap_or(it.paid);
        share(paid + it.credited, ms(undelivered_ms), promised).min(paid)
    }

    pub(super) fn read_account(&mut self, record: &Record) -> Checked {
        let data = record.data();
        must(record.sender == "provider", || "wrong sender".into())?;
        let (amount, said) = (count(&data["amount"]), count(&data["balance"]));
        let known = self.books.accounts.get(&record.id).copied();
        let balance = match (record.event(), known) {
            ("CreditsGranted", known) => {
                let opens = data["cause"] == "opening";
                must(opens == known.is_none(), || {
                    "an account opens with its opening grant, once".into()
                })?;
                must(
                    !opens || data["amount"] == self.policy["opening_grant"],
                    || "another opening grant than the policy's".into(),
                )?;
                self.books.granted += u128::from(amount);
                known.unwrap_or(0) + amount
            }
            ("CreditsCharged" | "CreditsRefunded", None) => {
                return Err("an entry before the opening".into());
            }
            ("CreditsCharged", Some(known)) => {
                self.settle(record, true)?;
                known.checked_sub(amount).ok_or("a balance below zero")?
            }
            ("CreditsRefunded", Some(known)) => {
                self.settle(record, false)?;
                known + amount
            }
            (other, _) => return Err(format!("unknown event {other}")),
        };
        must(balance == said, || {
            format!("says the balance is {said}, and it is {balance}")
        })?;
        let was = u128::from(known.unwrap_or(0));
        self.books.balances = self.books.balances + u128::from(balance) - was;
        self.books.accounts.insert(record.id.clone(), balance);
        Ok(())
    }

    /// An entry is what the reservation said before it.
    fn settle(&mut self, record: &Record, charged: bool) -> Checked {
        let data = record.data();
        let due = self.books.pending.pop_front();
        let due = due.ok_or("an entry for nothing")?;
        let (more, less) = (
            due.after.checked_sub(due.before),
            due.before.checked_sub(due.after),
        );
        let amount = if charged { more } else { less };
        must(amount == Some(count(&data["amount"])), || {
            format!("an entry of {} where {amount:?} was due", data["amount"])
        })?;
        must(text(&data["cause"]) == due.cause, || "another cause".into())?;
        must(text(&data["reservation_id"]) == due.reservation, || {
            "for another reservation".into()
        })?;
        must(record.id == due.user.to_string(), || {
            "in the account of somebody else".into()
        })
    }

    /// Whoever has a reservation has an account; and what is due is entered at once.
    pub(super) fn expect_entries_made(&self, record: &Record) -> Checked {
        if record.event() == "ReservationInitiated" {
            let user = int(&record.data()["user_id"]).to_string();
            must(self.books.accounts.contains_key(&user), || {
                "a reservation without an account".into()
            })?;
        }
        let Some(due) = self.books.pending.front() else {
            return Ok(());
        };
        let same = record.stream == "reservation" && record.id == due.reservation;
        must(same || record.stream == "account", || {
            format!("{} is not entered for {}", due.cause, due.reservation)
        })
    }

    pub(super) fn expect_nothing_unpaid(&self) -> Checked {
        must(self.books.pending.is_empty(), || "an entry is due".into())
    }

    /// At every position: all that was granted is in the balances or was paid.
    pub(super) fn expect_books_balance(&self) -> Checked {
        let Books {
            granted,
            balances,
            paid,
            ref pending,
            ..
        } = self.books;
        let before: u128 = pending.iter().map(|due| u128::from(due.before)).sum();
        let after: u128 = pending.iter().map(|due| u128::from(due.after)).sum();
        must(granted + after == balances + paid + before, || {
            format!(
                "{granted} granted, {balances} in balances, {paid} paid, {before} to {after} due"
            )
        })
    }
}

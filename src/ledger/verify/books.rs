//! The books, checked entry by entry: what the reservations say was paid, the accounts have paid.
//!
//! Owns an independent fold of the money alone. It knows the stored JSON and shares no code with the
//! domain, so that a fault there cannot hide itself. Memory holds the accounts and the reservations that
//! have not ended.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ledger::event::StoredEvent;

/// Why the books do not balance; amounts are micro-credits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// An entry's balance does not follow from the one before it.
    #[error("account {account} had {before}, the entry moves {moved}, and says {stated} is left")]
    Balance {
        /// Whose account.
        account: String,
        /// The balance before.
        before: u64,
        /// What is added, or taken where it is negative.
        moved: i128,
        /// The balance the entry states.
        stated: u64,
    },
    /// The entry is not the one that the reservation made due.
    #[error("the entry is {found}; due is {due}")]
    Entry {
        /// What was entered.
        found: String,
        /// What should have been.
        due: String,
    },
    /// Something else comes where an entry is due.
    #[error("no entry was made for {due}")]
    Missing {
        /// What should have been entered.
        due: String,
    },
    /// More is given back than was paid.
    #[error("{amount} are given back of {paid} paid for reservation {reservation}")]
    Overpaid {
        /// Which reservation.
        reservation: String,
        /// What is given back.
        amount: u64,
        /// What was paid.
        paid: u64,
    },
    /// The sums do not agree.
    #[error("{granted} were granted, but {balances} are in balances and {paid} were paid")]
    Sums {
        /// All grants.
        granted: u128,
        /// All balances.
        balances: u128,
        /// What was paid for all reservations, less what was given back.
        paid: i128,
    },
    /// The event cannot be read.
    #[error("the event's amounts cannot be read: {why}")]
    Unreadable {
        /// Why.
        why: String,
    },
}

/// An entry that a reservation has made due.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Due {
    account: String,
    reservation: String,
    /// What the account gets, negative where it pays.
    moved: i128,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            reservation,
            moved,
        } = self;
        write!(
            f,
            "{moved} in account {account} for reservation {reservation}"
        )
    }
}

/// A reservation that has not ended: whose it is, and what was paid for it.
#[derive(Debug)]
struct Payer {
    account: String,
    /// Whether both agreed on something.
    agreed: bool,
    paid: u64,
}

/// The books so far.
#[derive(Debug, Default)]
pub struct Books {
    balances: HashMap<String, u64>,
    payers: HashMap<String, Payer>,
    due: VecDeque<Due>,
    granted: u128,
    in_balances: u128,
    paid: i128,
    due_sum: i128,
}

#[derive(Deserialize)]
struct Entry {
    amount: u64,
    balance: u64,
    reservation_id: Option<String>,
}

#[derive(Deserialize)]
struct Initiated {
    user_id: i64,
}

#[derive(Deserialize)]
struct Quote {
    price: u64,
}

#[derive(Deserialize)]
struct Agreement {
    quote: Quote,
    agreed_price: Option<u64>,
}

#[derive(Deserialize)]
struct Confirmed {
    agreement: Agreement,
}

#[derive(Deserialize)]
struct Paid {
    paid: u64,
}

#[derive(Deserialize)]
struct Amount {
    amount: u64,
}

#[derive(Deserialize)]
struct Cancelled {
    refund: Option<Amount>,
}

/// What an event says, below its name.
fn said<T: DeserializeOwned>(event: &StoredEvent) -> Result<T, Imbalance> {
    let unreadable = |why: String| Imbalance::Unreadable { why };
    let mut named: HashMap<String, T> =
        serde_json::from_str(&event.payload).map_err(|error| unreadable(error.to_string()))?;
    named
        .remove(&event.event_type)
        .ok_or_else(|| unreadable(format!("it does not name {}", event.event_type)))
}

impl Books {
    /// Enters what `event` says of money.
    ///
    /// # Errors
    /// Where the books do not balance after it, with the numbers.
    pub fn enter(&mut self, event: &StoredEvent) -> Result<(), Imbalance> {
        match event.aggregate_type.as_str() {
            "account" => self.enter_account(event)?,
            "reservation" => {
                self.expect_nothing_due(Some(&event.aggregate_id))?;
                self.enter_reservation(event)?;
            }
            _ => return self.expect_nothing_due(None),
        }
        self.expect_balance()
    }

    /// Whether nothing is left to enter at the end.
    ///
    /// # Errors
    /// The first entry that is missing.
    pub fn close(&self) -> Result<(), Imbalance> {
        self.expect_nothing_due(None)
    }

    fn expect_nothing_due(&self, but_for: Option<&str>) -> Result<(), Imbalance> {
        match self.due.front() {
            Some(due) if but_for != Some(&due.reservation) => Err(Imbalance::Missing {
                due: due.to_string(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn expect_balance(&self) -> Result<(), Imbalance> {
        // What is due was said to be paid, and is in no balance yet.
        let sum = i128::try_from(self.in_balances).ok().and_then(|balances| {
            let paid = self.paid.checked_add(self.due_sum)?;
            balances.checked_add(paid)
        });
        if sum == i128::try_from(self.granted).ok() {
            return Ok(());
        }
        Err(Imbalance::Sums {
            granted: self.granted,
            balances: self.in_balances,
            paid: self.paid.saturating_add(self.due_sum),
        })
    }

    fn enter_account(&mut self, event: &StoredEvent) -> Result<(), Imbalance> {
        let Entry {
            amount,
            balance: stated,
            reservation_id,
        } = said(event)?;
        let account = event.aggregate_id.clone();
        let moved = match event.event_type.as_str() {
            "CreditsCharged" => -i128::from(amount),
            _ => i128::from(amount),
        };
        if event.event_type == "CreditsGranted" {
            self.granted = self.granted.saturating_add(u128::from(amount));
        } else {
            self.settle(Due {
                account: account.clone(),
                reservation: reservation_id.unwrap_or_default(),
                moved,
            })?;
        }
        let before = self.balances.get(&account).copied().unwrap_or(0);
        if i128::from(before).checked_add(moved) != Some(i128::from(stated)) {
            return Err(Imbalance::Balance {
                account,
                before,
                moved,
                stated,
            });
        }
        self.in_balances = self
            .in_balances
            .saturating_sub(before.into())
            .saturating_add(stated.into());
        self.balances.insert(account, stated);
        Ok(())
    }

    fn settle(&mut self, found: Due) -> Result<(), Imbalance> {
        let due = self.due.pop_front();
        if due.as_ref() != Some(&found) {
            let due = due.map_or_else(|| "nothing".to_owned(), |due| due.to_string());
            let found = found.to_string();
            return Err(Imbalance::Entry { found, due });
        }
        self.due_sum = self.due_sum.saturating_sub(found.moved);
        Ok(())
    }

    fn enter_reservation(&mut self, event: &StoredEvent) -> Result<(), Imbalance> {
        let id = &event.aggregate_id;
        let paid = self.payers.get(id).map_or(0, |payer| payer.paid);
        let less = |amount: u64| {
            paid.checked_sub(amount).ok_or_else(|| Imbalance::Overpaid {
                reservation: id.clone(),
                amount,
                paid,
            })
        };
        match event.event_type.as_str() {
            "ReservationInitiated" => {
                let Initiated { user_id } = said(event)?;
                let account = user_id.to_string();
                let payer = Payer {
                    account,
                    agreed: false,
                    paid: 0,
                };
                self.payers.insert(id.clone(), payer);
            }
            "ReservationConfirmed" => {
                let Confirmed { agreement } = said(event)?;
                let price = agreement.agreed_price.unwrap_or(agreement.quote.price);
                self.note_paid(id, price);
            }
            "ReservationChanged" | "OptionsClaimed" => {
                let Paid { paid } = said(event)?;
                self.note_paid(id, paid);
            }
            "CapacityCredited" => {
                let Amount { amount } = said(event)?;
                self.note_paid(id, less(amount)?);
            }
            "ReservationCancelled" => {
                let Cancelled { refund } = said(event)?;
                let refund = refund.map_or(0, |refund| refund.amount);
                self.note_paid(id, less(refund)?);
                self.payers.remove(id);
            }
            "ReservationExpired" | "ReservationWithdrawn" | "ReservationLapsed" => {
                self.payers.remove(id);
            }
            // Once something was agreed on only a change of it is rejected, which ends nothing.
            "TermsRejected" if self.payers.get(id).is_some_and(|payer| !payer.agreed) => {
                self.payers.remove(id);
            }
            _ => {}
        }
        Ok(())
    }

    /// What was paid for a reservation is `paid` now; the account has to follow.
    fn note_paid(&mut self, id: &str, paid: u64) {
        let Some(payer) = self.payers.get_mut(id) else {
            return;
        };
        let moved = i128::from(payer.paid).saturating_sub(paid.into());
        (payer.agreed, payer.paid) = (true, paid);
        if moved == 0 {
            return;
        }
        self.paid = self.paid.saturating_sub(moved);
        self.due_sum = self.due_sum.saturating_add(moved);
        self.due.push_back(Due {
            account: payer.account.clone(),
            reservation: id.to_owned(),
            moved,
        });
    }
}

//! The Account aggregate: what a user has to spend, and every entry that made it so.
//!
//! Owns the balance. An entry is one side of a transfer: a grant comes from the site, a charge goes
//! to the provider, a refund comes back from it. So at every position the sum of all grants is the
//! sum of all balances and of what the provider has earned (charges less refunds). It must never
//! decide what something costs.

#[cfg(test)]
mod tests;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::sender::Sender;
use crate::{MicroCredits, ReservationId, UserId};

/// A user's balance with the sums that led to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What can be spent.
    pub balance: MicroCredits,
    /// All that was granted.
    pub granted: MicroCredits,
    /// All that was charged, less what was given back.
    pub spent: MicroCredits,
}

/// An entry of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    /// The site gives credits.
    CreditsGranted {
        /// How many.
        amount: MicroCredits,
        /// Why.
        cause: GrantCause,
        /// The balance after it.
        balance: MicroCredits,
    },
    /// The user pays the provider.
    CreditsCharged {
        /// How much.
        amount: MicroCredits,
        /// For which reservation.
        reservation_id: ReservationId,
        /// For what of it.
        cause: ChargeCause,
        /// The balance after it.
        balance: MicroCredits,
    },
    /// The provider gives back what was paid.
    CreditsRefunded {
        /// How much.
        amount: MicroCredits,
        /// For which reservation.
        reservation_id: ReservationId,
        /// For what of it.
        cause: RefundCause,
        /// The balance after it.
        balance: MicroCredits,
    },
}

/// Why credits are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantCause {
    /// The account is new.
    Opening,
    /// An operator says so.
    Operator {
        /// Who.
        by: UserId,
        /// What for, in the operator's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// For what of a reservation is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeCause {
    /// Both agreed on it.
    Confirmed,
    /// It was changed and costs more.
    Changed,
    /// Optional instances were claimed.
    OptionsClaimed,
}

/// For what of a reservation is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// The user cancelled it.
    Cancelled,
    /// It was changed and costs less.
    Changed,
    /// Capacity was not delivered.
    Undelivered,
}

impl GrantCause {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Operator { .. } => "granted",
        }
    }
}

impl ChargeCause {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Changed => "changed",
            Self::OptionsClaimed => "options_claimed",
        }
    }
}

impl RefundCause {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::Undelivered => "undelivered",
        }
    }
}

/// What can be asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountCommand {
    /// Give credits.
    Grant {
        /// How many.
        amount: MicroCredits,
        /// Why.
        cause: GrantCause,
    },
    /// Take what a reservation costs.
    Charge {
        /// How much.
        amount: MicroCredits,
        /// For which reservation.
        reservation_id: ReservationId,
        /// For what of it.
        cause: ChargeCause,
    },
    /// Give back what a reservation cost.
    Refund {
        /// How much.
        amount: MicroCredits,
        /// For which reservation.
        reservation_id: ReservationId,
        /// For what of it.
        cause: RefundCause,
    },
}

/// Why an account refuses; nothing is appended then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// There is not enough.
    #[error("it costs {needed} credits more, and the balance is {balance}")]
    InsufficientCredits {
        /// What is to be paid.
        needed: MicroCredits,
        /// What there is.
        balance: MicroCredits,
    },
    /// The sums leave what can be counted.
    #[error("{amount} credits on top of {granted} granted so far are more than can be counted")]
    TooMany {
        /// What was to be given.
        amount: MicroCredits,
        /// What was given already.
        granted: MicroCredits,
    },
}

impl AccountEvent {
    /// Who says it.
    #[must_use]
    pub const fn usual_sender(&self) -> Sender {
        Sender::Provider
    }
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::CreditsGranted { .. } => "CreditsGranted",
            Self::CreditsCharged { .. } => "CreditsCharged",
            Self::CreditsRefunded { .. } => "CreditsRefunded",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Account {
    /// The entry that `command` makes; none where nothing moves.
    ///
    /// # Errors
    /// Where there is too little to pay with, or too much to count.
    pub fn decide(&self, command: AccountCommand) -> Result<Option<AccountEvent>, AccountRefusal> {
        let event = match command {
            AccountCommand::Grant { amount, cause } => {
                // What was ever granted bounds every other sum, so only this one can overflow.
                let too_many = AccountRefusal::TooMany {
                    amount,
                    granted: self.granted,
                };
                self.granted.checked_add(amount).ok_or(too_many)?;
                let balance = self.after(amount);
                (amount != MicroCredits(0)).then_some(AccountEvent::CreditsGranted {
                    amount,
                    cause,
                    balance,
                })
            }
            AccountCommand::Charge {
                amount,
                reservation_id,
                cause,
            } => {
                let left = self.balance.0.checked_sub(amount.0);
                let balance = MicroCredits(left.ok_or(AccountRefusal::InsufficientCredits {
                    needed: amount,
                    balance: self.balance,
                })?);
                (amount != MicroCredits(0)).then_some(AccountEvent::CreditsCharged {
                    amount,
                    reservation_id,
                    cause,
                    balance,
                })
            }
            AccountCommand::Refund {
                amount,
                reservation_id,
                cause,
            } => {
                let balance = self.after(amount);
                (amount != MicroCredits(0)).then_some(AccountEvent::CreditsRefunded {
                    amount,
                    reservation_id,
                    cause,
                    balance,
                })
            }
        };
        Ok(event)
    }

    const fn after(&self, more: MicroCredits) -> MicroCredits {
        MicroCredits(self.balance.0.saturating_add(more.0))
    }

    /// Folds one event.
    pub const fn fold(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::CreditsGranted {
                amount, balance, ..
            } => {
                self.granted = MicroCredits(self.granted.0.saturating_add(amount.0));
                self.balance = *balance;
            }
            AccountEvent::CreditsCharged {
                amount, balance, ..
            } => {
                self.spent = MicroCredits(self.spent.0.saturating_add(amount.0));
                self.balance = *balance;
            }
            AccountEvent::CreditsRefunded {
                amount, balance, ..
            } => {
                self.spent = MicroCredits(self.spent.0.saturating_sub(amount.0));
                self.balance = *balance;
            }
        }
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}

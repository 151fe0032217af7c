//! Accounts and their entries; amounts are decimal strings in credits.

use openpex_aggregates::account::{Account, AccountEvent, GrantCause};
use openpex_aggregates::{MicroCredits, ReservationId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{EntryCause, RoleWord};
use crate::accounts;
use crate::ledger::StoredEvent;

/// An account as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(rename_all = "camelCase")]
pub struct AccountOut {
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<RoleWord>)]
    role: Option<&'static str>,
    #[schema(example = "4.935")]
    balance: String,
    #[schema(example = "4.935")]
    granted: String,
    #[schema(example = "4.935")]
    spent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    created_at: Option<String>,
    /// None where the site's is meant; left out where it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    zone: Option<Option<&'static str>>,
}

impl AccountOut {
    /// The account of `userid`.
    #[must_use]
    pub fn of(userid: UserId, account: &Account) -> Self {
        Self {
            userid,
            username: None,
            role: None,
            balance: account.balance.to_string(),
            granted: account.granted.to_string(),
            spent: account.spent.to_string(),
            created_at: None,
            zone: None,
        }
    }

    /// The same with whose it is.
    #[must_use]
    pub fn named(mut self, owner: &accounts::Account) -> Self {
        self.username = Some(owner.username.clone());
        self.role = Some(owner.role.as_str());
        self.created_at = Some(owner.created_at.to_rfc3339());
        self.zone = Some(owner.zone.map(|zone| zone.as_str()));
        self
    }
}

/// Credits that an operator gives.
#[derive(ToSchema)]
#[schema(as = NewGrant)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; the endpoint reads it")]
pub struct GrantBody {
    /// A decimal string in credits, at least 0.000001.
    #[schema(example = "12.5")]
    amount: String,
    /// What the entry says.
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// An entry of an account as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountEntry)]
#[serde(rename_all = "camelCase")]
pub struct EntryOut {
    position: u64,
    sequence: u64,
    #[schema(format = DateTime)]
    at: String,
    /// What the balance changed by, with its sign.
    #[schema(example = "-4.935")]
    amount: String,
    #[schema(example = "4.935")]
    balance: String,
    #[schema(value_type = EntryCause)]
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = Uuid)]
    reservation: Option<ReservationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
}

impl EntryOut {
    /// The entry that `event` stores.
    #[must_use]
    pub fn of(event: &StoredEvent, entry: &AccountEvent) -> Self {
        let more = |amount: &MicroCredits| format!("+{amount}");
        let less = |amount: &MicroCredits| format!("-{amount}");
        let (amount, balance, cause, reservation) = match entry {
            AccountEvent::CreditsGranted {
                amount,
                balance,
                cause,
            } => (more(amount), balance, cause.as_str(), None),
            AccountEvent::CreditsCharged {
                amount,
                balance,
                cause,
                reservation_id,
            } => (less(amount), balance, cause.as_str(), Some(*reservation_id)),
            AccountEvent::CreditsRefunded {
                amount,
                balance,
                cause,
                reservation_id,
            } => (more(amount), balance, cause.as_str(), Some(*reservation_id)),
        };
        Self {
            position: event.position,
            sequence: event.sequence,
            at: event.recorded_at.to_rfc3339(),
            amount,
            balance: balance.to_string(),
            cause,
            reservation,
            note: note_of(entry),
        }
    }
}

fn note_of(entry: &AccountEvent) -> Option<String> {
    match entry {
        AccountEvent::CreditsGranted {
            cause: GrantCause::Operator { note, .. },
            ..
        } if !note.is_empty() => Some(note.clone()),
        AccountEvent::CreditsGranted { .. }
        | AccountEvent::CreditsCharged { .. }
        | AccountEvent::CreditsRefunded { .. } => None,
    }
}

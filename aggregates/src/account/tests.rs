use super::*;
use proptest::prelude::*;

fn charge(amount: u64) -> AccountCommand {
    AccountCommand::Charge {
        amount: MicroCredits(amount),
        reservation_id: ReservationId::default(),
        cause: ChargeCause::Confirmed,
    }
}

fn grant(amount: u64) -> AccountCommand {
    AccountCommand::Grant {
        amount: MicroCredits(amount),
        cause: GrantCause::Opening,
    }
}

fn refund(amount: u64) -> AccountCommand {
    AccountCommand::Refund {
        amount: MicroCredits(amount),
        reservation_id: ReservationId::default(),
        cause: RefundCause::Cancelled,
    }
}

#[test]
fn given_too_little_when_charged_then_the_refusal_names_both_amounts() {
    let mut account = Account::default();
    let granted = account.decide(grant(5)).unwrap().unwrap();
    account.fold(&granted);
    assert_eq!(
        account.decide(charge(6)),
        Err(AccountRefusal::InsufficientCredits {
            needed: MicroCredits(6),
            balance: MicroCredits(5),
        })
    );
    assert!(account.decide(charge(5)).unwrap().is_some());
}

#[test]
fn given_all_that_can_be_counted_when_one_more_is_granted_then_it_is_refused() {
    let mut account = Account::default();
    account.fold(&account.decide(grant(u64::MAX)).unwrap().unwrap());
    assert!(matches!(
        account.decide(grant(1)),
        Err(AccountRefusal::TooMany { .. })
    ));
}

#[test]
fn given_nothing_to_move_when_decided_then_there_is_no_entry() {
    let account = Account::default();
    for command in [grant(0), charge(0), refund(0)] {
        assert_eq!(account.decide(command), Ok(None));
    }
}

proptest! {
    #[test]
    fn given_any_entries_when_folded_then_the_balance_is_their_sum(
        steps in prop::collection::vec((0..3_u8, 0..1_000_u64), 0..60)
    ) {
        let mut account = Account::default();
        for (kind, amount) in steps {
            let spent = account.spent.0;
            let command = match kind {
                0 => grant(amount),
                1 => charge(amount),
                // Nobody gives back more than was paid.
                _ => refund(amount.min(spent)),
            };
            if let Ok(Some(event)) = account.decide(command) {
                account.fold(&event);
            }
            prop_assert_eq!(account.granted.0, account.balance.0 + account.spent.0);
        }
    }
}

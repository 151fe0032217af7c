//! Money, quotas, rehearsals and changes, as the live state decides them.

use super::*;
use crate::MicroCredits;
use crate::account::{Account, AccountRefusal};
use crate::capacity::Placement;
use crate::instance::{Effect, EffectOutcome, Observation, PowerState, Wanted};
use crate::policy::Quotas;
use crate::reservation::{Reservation, StatusName};

/// An account of two credits: a vCPU-hour costs one.
fn two_credits() -> Policy {
    Policy {
        opening_grant: MicroCredits(2_000_000),
        ..policy()
    }
}

fn account(live: &Live) -> Account {
    live.account(USER.user_id).unwrap().state
}

fn say(live: &mut Live, n: u128, message: Message, now: i64) -> Result<Handled, CommandRefusal> {
    let command = Command::Negotiate {
        reservation_id: id(n),
        message,
    };
    live.handle(command, Some(USER), minute(now))
}

fn reservation(live: &Live, n: u128) -> &Reservation {
    &live.reservation(id(n)).unwrap().state
}

/// Tells that the start of every instance succeeded.
fn boot(live: &mut Live, now: i64) {
    for outstanding in live.outstanding_effects() {
        assert_eq!(outstanding.effect, Effect::Start);
        let command = Command::RecordOutcome {
            instance_id: outstanding.spec.instance_id,
            outcome: EffectOutcome {
                effect_id: outstanding.effect_id,
                attempt: outstanding.attempt,
                result: Ok(Observation {
                    power_state: PowerState::Running,
                    ..Observation::default()
                }),
            },
        };
        live.handle(command, None, minute(now)).unwrap();
    }
}

fn fire(live: &mut Live, now: i64) {
    let command = Command::FireDue { facts_max: 1_000 };
    live.handle(command, None, minute(now)).unwrap();
}

#[test]
fn given_too_few_credits_when_confirmed_then_nothing_is_appended_and_the_hold_stays() {
    let mut live = site_under(two_credits());
    open(&mut live, 1, proposal(3, 60)).unwrap();
    let before = live.snapshot();
    let (needed, balance) = (MicroCredits(3_000_000), MicroCredits(2_000_000));
    assert_eq!(
        say(&mut live, 1, Message::Confirm { echo: None }, 0),
        Err(CommandRefusal::Account(
            AccountRefusal::InsufficientCredits { needed, balance }
        ))
    );
    assert_eq!(live.snapshot(), before);
    let grant = Command::GrantCredits {
        user_id: USER.user_id,
        amount: MicroCredits(1_000_000),
        note: "for the demo".into(),
    };
    live.handle(grant, None, minute(0)).unwrap();
    confirm(&mut live, 1);
    assert_eq!(account(&live).balance, MicroCredits(0));
    assert_eq!(account(&live).spent, MicroCredits(3_000_000));
}

#[test]
fn given_an_agreement_when_cancelled_in_time_then_all_of_it_is_given_back() {
    let mut live = site_under(two_credits());
    open(&mut live, 1, proposal(1, 60 * 48)).unwrap();
    confirm(&mut live, 1);
    assert_eq!(account(&live).balance, MicroCredits(1_000_000));
    live.handle(Command::Delete(id(1)), Some(USER), minute(1))
        .unwrap();
    assert_eq!(account(&live).balance, MicroCredits(2_000_000));
    assert_eq!(account(&live).spent, MicroCredits(0));
}

#[test]
fn given_as_many_sessions_as_one_may_have_when_another_is_opened_then_both_numbers_are_named() {
    let mut limited = policy();
    limited.limits.sessions_max = 2;
    let mut live = site_under(limited);
    for n in 1..=2 {
        open(&mut live, n, proposal(1, 60)).unwrap();
    }
    let (open_now, max) = (2, 2);
    let refused = CommandRefusal::TooManySessions {
        open: open_now,
        max,
    };
    assert_eq!(open(&mut live, 3, proposal(1, 60)), Err(refused.clone()));
    // What is agreed on is no session any more; what was refused was never opened.
    confirm(&mut live, 1);
    open(&mut live, 3, proposal(1, 60)).unwrap();
    let mut restored = Live::try_from(live.snapshot()).unwrap();
    assert_eq!(open(&mut restored, 4, proposal(1, 60)), Err(refused));
}

#[test]
fn given_quotas_when_one_would_be_exceeded_then_the_numbers_are_named_and_nothing_is_appended() {
    let refused_under = |quotas: Quotas| {
        let mut live = site_under(Policy { quotas, ..policy() });
        open(&mut live, 1, proposal(2, 60)).unwrap();
        let before = live.snapshot();
        let refused = open(&mut live, 2, proposal(1, 90)).unwrap_err();
        assert_eq!(live.snapshot(), before);
        refused.to_string()
    };
    let live_reservations = Some(1);
    assert_eq!(
        refused_under(Quotas {
            live_reservations,
            ..Quotas::default()
        }),
        "2 reservations that have not ended for one user; at most 1 can be"
    );
    let vcpus_at_once = Some(2);
    assert_eq!(
        refused_under(Quotas {
            vcpus_at_once,
            ..Quotas::default()
        }),
        "3 vCPUs at one instant for one user; at most 2 can be"
    );
    let vcpu_hours_ahead = Some(2);
    assert_eq!(
        refused_under(Quotas {
            vcpu_hours_ahead,
            ..Quotas::default()
        }),
        "3 vCPU-hours from now on for one user; at most 2 can be"
    );
}

#[test]
fn given_a_proposal_when_rehearsed_then_the_answer_is_the_real_one_and_nothing_changes() {
    let mut live = site();
    let before = live.snapshot();
    let rehearse = |live: &mut Live, opens: bool, proposal: Proposal| {
        let command = Command::Rehearse {
            reservation_id: id(1),
            opens,
            proposal,
        };
        let handled = live.handle(command, Some(USER), minute(0)).unwrap();
        assert_eq!(handled.facts, []);
        handled.answer
    };
    let first = rehearse(&mut live, true, proposal(2, 60));
    assert_eq!(live.snapshot(), before);
    assert_eq!(open(&mut live, 1, proposal(2, 60)).unwrap().answer, first);
    let before = live.snapshot();
    let second = rehearse(&mut live, false, proposal(9, 60));
    assert_eq!(live.snapshot(), before);
    let counter = Message::Counter(proposal(9, 60));
    assert_eq!(say(&mut live, 1, counter, 0).unwrap().answer, second);
}

#[test]
fn given_a_running_reservation_when_changed_then_its_instances_follow() {
    let mut live = site();
    open(&mut live, 1, proposal(3, 0)).unwrap();
    confirm(&mut live, 1);
    fire(&mut live, 0);
    boot(&mut live, 1);
    let change = |live: &mut Live, count, minutes: i64| {
        let terms = Proposal {
            duration_ms: minutes * MINUTE,
            ..proposal(count, 0)
        };
        say(live, 1, Message::Counter(terms), 10).unwrap();
        say(live, 1, Message::Confirm { echo: None }, 10).unwrap();
    };
    // Fewer: the last one goes. Longer: the others end later.
    change(&mut live, 2, 90);
    let wanted = |live: &Live| {
        let mut names: Vec<_> = live
            .instances()
            .filter(|(_, t)| t.state.wanted == Wanted::Running)
            .map(|(_, t)| {
                assert_eq!(t.state.window.ends_at, minute(90));
                t.state.spec.name.clone()
            })
            .collect();
        names.sort();
        names
    };
    let running = wanted(&live);
    assert_eq!(running.len(), 2);
    assert!(running[0].ends_with("-1") && running[1].ends_with("-2"));
    // More again: numbers are never used twice.
    change(&mut live, 3, 90);
    assert!(wanted(&live)[2].ends_with("-4"), "{:?}", wanted(&live));
    assert_eq!(live.next_due_at(), Some(minute(90)));
}

#[test]
fn given_an_instance_that_never_ran_when_its_window_is_over_then_its_price_is_given_back() {
    let mut live = site_under(two_credits());
    open(&mut live, 1, proposal(2, 0)).unwrap();
    confirm(&mut live, 1);
    fire(&mut live, 0);
    // One of two runs after a minute, inside the grace; the other one never does.
    let first = live.outstanding_effects()[0].clone();
    let command = Command::RecordOutcome {
        instance_id: first.spec.instance_id,
        outcome: EffectOutcome {
            effect_id: first.effect_id,
            attempt: first.attempt,
            result: Ok(Observation {
                power_state: PowerState::Running,
                ..Observation::default()
            }),
        },
    };
    live.handle(command, None, minute(1)).unwrap();
    assert_eq!(account(&live).balance, MicroCredits(0));
    let mut restored = Live::try_from(live.snapshot()).unwrap();
    for live in [&mut live, &mut restored] {
        fire(live, 60);
        assert_eq!(account(live).balance, MicroCredits(1_000_000));
    }
}

#[test]
fn given_a_no_show_when_it_expires_then_nothing_is_given_back() {
    let mut live = site_under(two_credits());
    let by_hand = Proposal {
        auto_start: Some(false),
        ..proposal(1, 0)
    };
    open(&mut live, 1, by_hand).unwrap();
    confirm(&mut live, 1);
    fire(&mut live, 60);
    assert_eq!(account(&live).balance, MicroCredits(1_000_000));
}

#[test]
fn given_options_when_somebody_else_asks_then_only_the_share_that_is_held_is_taken() {
    // Room for four: one fixed, three options, of which 0.4 are held, rounded up: two.
    let mut live = site_under(Policy {
        claim_risk_ppm: 400_000,
        ..policy()
    });
    let with_options = Proposal {
        instances_option: 3,
        ..proposal(1, 60)
    };
    open(&mut live, 1, with_options).unwrap();
    confirm(&mut live, 1);
    open(&mut live, 2, proposal(1, 60)).unwrap();
    assert_eq!(reservation(&live, 2).status.name(), StatusName::Accepted);
    let claim = |live: &mut Live, count| {
        let command = Command::Options {
            reservation_id: id(1),
            request: OptionsRequest::Claim(count),
        };
        live.handle(command, Some(USER), minute(1))
    };
    // Three cannot be claimed any more, two can: those were held.
    let refused = claim(&mut live, 3).unwrap_err().to_string();
    assert_eq!(
        refused,
        "3 optional instances were claimed; 2 of them are held, \
         and for the others 0 of 1 instances fit in the window"
    );
    claim(&mut live, 2).unwrap();
    let agreement = reservation(&live, 1).status.agreement().unwrap();
    assert_eq!(agreement.placement.instances(), 3);
    assert_eq!(account(&live).spent, MicroCredits(3_000_000));
    assert_ne!(agreement.placement, Placement::default());
}

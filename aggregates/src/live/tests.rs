//! What only the live state can get wrong; the rest is in the simulation (`tests/simulation`).

mod agreements;
mod series;
mod standing;

use super::*;
use crate::UserId;
use crate::node::{NodeSighting, NodeStatus};
use crate::samples::{MINUTE, minute, node, policy, room_for};
use crate::terms::Proposal;
use uuid::Uuid;

const USER: Actor = Actor {
    user_id: UserId(7),
    is_operator: false,
};

fn id(n: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(n))
}

fn site() -> Live {
    site_under(policy())
}

/// Four instances of room on one node, under `policy`.
fn site_under(policy: Policy) -> Live {
    let mut live = Live::new();
    let sighting = NodeSighting {
        name: node("n1"),
        pool: "p".into(),
        capacity: room_for(4),
        status: NodeStatus::InService,
    };
    for command in [
        Command::AdoptPolicy(Box::new(policy)),
        Command::SightNodes(vec![sighting]),
    ] {
        live.handle(command, None, minute(0)).unwrap();
    }
    live
}

fn proposal(count: i64, from: i64) -> Proposal {
    Proposal {
        instance_type: "ONE".into(),
        instances_fixed: count,
        starts_at: minute(from),
        duration_ms: 60 * MINUTE,
        template: "T".into(),
        ..Proposal::default()
    }
}

fn open(live: &mut Live, n: u128, proposal: Proposal) -> Result<Handled, CommandRefusal> {
    let command = Command::Open {
        reservation_id: id(n),
        proposal: Some(proposal),
    };
    live.handle(command, Some(USER), minute(0))
}

fn confirm(live: &mut Live, n: u128) -> Handled {
    let command = Command::Negotiate {
        reservation_id: id(n),
        message: Message::Confirm { echo: None },
    };
    live.handle(command, Some(USER), minute(0)).unwrap()
}

#[test]
fn given_a_state_from_a_snapshot_when_instances_are_removed_then_in_the_same_order() {
    let mut live = site();
    open(&mut live, 1, proposal(4, 0)).unwrap();
    confirm(&mut live, 1);
    live.handle(Command::Activate(id(1)), Some(USER), minute(0))
        .unwrap();
    let mut restored = Live::try_from(live.snapshot()).unwrap();
    let cancel = |live: &mut Live| {
        live.handle(Command::Delete(id(1)), Some(USER), minute(1))
            .unwrap()
    };
    assert_eq!(cancel(&mut live), cancel(&mut restored));
}

#[test]
fn given_a_reservation_when_another_user_speaks_then_it_is_not_there_for_them() {
    let mut live = site();
    open(&mut live, 1, proposal(1, 60)).unwrap();
    let other = Actor {
        user_id: UserId(8),
        is_operator: false,
    };
    let operator = Actor {
        is_operator: true,
        ..other
    };
    let delete = Command::Delete(id(1));
    assert_eq!(
        live.handle(delete.clone(), Some(other), minute(0)),
        Err(CommandRefusal::NotFound("reservation"))
    );
    assert!(live.handle(delete, Some(operator), minute(0)).is_ok());
}

#[test]
fn given_a_fact_that_does_not_follow_when_folded_then_the_gap_is_named() {
    let mut live = site();
    let facts = open(&mut live, 1, proposal(1, 60)).unwrap().facts;
    // The first fact is the opening of the account.
    let error = live.fold(&facts[1].fact, 1, minute(0)).unwrap_err();
    assert!(matches!(
        error,
        FoldError::SequenceGap {
            expected: 4,
            found: 1,
            ..
        }
    ));
}

#[test]
fn given_an_answer_sent_back_when_a_field_differs_then_it_is_named() {
    let mut live = site();
    open(&mut live, 1, proposal(1, 60)).unwrap();
    let mut confirm_with = |echo| {
        let command = Command::Negotiate {
            reservation_id: id(1),
            message: Message::Confirm { echo: Some(echo) },
        };
        live.handle(command, Some(USER), minute(0)).map(|_| ())
    };
    let refused = confirm_with(proposal(2, 60)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "numInstancesFixed was sent back as 2; on the table is 1"
    );
    // RFC 1123 has no milliseconds.
    let cut = Proposal {
        starts_at: minute(60).saturating_add(999),
        ..proposal(1, 60)
    };
    assert_eq!(confirm_with(cut), Ok(()));
}

#[test]
fn given_a_late_start_of_the_service_when_a_window_is_over_then_nothing_is_started_for_it() {
    let mut live = site();
    open(&mut live, 1, proposal(1, 60)).unwrap();
    confirm(&mut live, 1);
    let fired = live
        .handle(Command::FireDue { facts_max: 10 }, None, minute(500))
        .unwrap();
    let events: Vec<_> = fired.facts.iter().map(|f| f.fact.payload()).collect();
    assert_eq!(events, [r#"{"ReservationExpired":{"no_show":true}}"#]);
    assert_eq!(live.counts(), (0, 0, 0));
}

//! The whole of (status, command), as the code decides it: into README and a snapshot.

use cqrs_es::DomainEvent;

use super::tests::{
    Scripted, accepted, accepting, activated, alternative, and, confirm_requested, confirmed,
    countered, countering, initiate, initiated, scripted,
};
use super::*;
use crate::golden::{check_section, table};
use crate::samples::{evidence, minute, offer, terms};

/// Minutes at which each pair is decided, and what is over by then.
const MOMENTS: [(i64, &str); 5] = [
    (1, "held"),
    (11, "hold over"),
    (40, "session over"),
    (70, "in the window"),
    (130, "window over"),
];

/// A history that leads to each status.
fn history(status: StatusName) -> Vec<ReservationEvent> {
    let at = minute(5);
    match status {
        StatusName::Absent => Vec::new(),
        StatusName::Initiated => initiated(),
        StatusName::Countered => countered(),
        StatusName::Accepted => accepted(),
        StatusName::ConfirmRequested => confirm_requested(),
        StatusName::Confirmed => confirmed(),
        StatusName::Activated => activated(),
        StatusName::Rejected => and(
            initiated(),
            [
                ReservationEvent::TermsProposed {
                    round: 1,
                    terms: terms(1, 60, 120),
                },
                ReservationEvent::TermsRejected {
                    evidence: evidence(),
                    session_ends_at: None,
                },
            ],
        ),
        StatusName::Withdrawn => and(initiated(), [ReservationEvent::ReservationWithdrawn]),
        StatusName::Lapsed => and(initiated(), [ReservationEvent::ReservationLapsed]),
        StatusName::Cancelled => and(
            confirmed(),
            [ReservationEvent::ReservationCancelled { at, refund: None }],
        ),
        StatusName::Expired => and(
            activated(),
            [ReservationEvent::ReservationExpired { no_show: false }],
        ),
    }
}

fn commands() -> [(&'static str, ReservationCommand); 13] {
    let other = Box::new(terms(2, 65, 125));
    [
        ("initiate", initiate(UserId(7))),
        ("COUNTER", ReservationCommand::ProposeTerms(other)),
        ("ACCEPT", ReservationCommand::AcceptOffer(None)),
        ("CONFIRM", ReservationCommand::ConfirmReservation),
        ("REJECT", ReservationCommand::RejectOffers),
        ("DELETE", ReservationCommand::DeleteReservation),
        ("claim", ReservationCommand::ClaimOptions(1)),
        ("drop", ReservationCommand::DropOptions(1)),
        ("activate", ReservationCommand::ActivateReservation),
        ("hold expiry", ReservationCommand::ExpireHolds),
        ("session expiry", ReservationCommand::LapseSession),
        ("options expiry", ReservationCommand::EndOptions),
        ("end", ReservationCommand::EndReservation),
    ]
}

/// What a command leads to, whatever the provider answers: the statuses, and the events.
struct Outcome {
    statuses: Vec<String>,
    events: Vec<String>,
}

fn outcome(status: StatusName, command: &ReservationCommand, minutes: i64) -> Outcome {
    let mut reservation = Reservation::default();
    history(status)
        .iter()
        .for_each(|event| reservation.fold(event));
    assert_eq!(reservation.status.name(), status);
    let providers = [
        accepting(&offer(0, terms(2, 65, 125), 0)),
        countering(&alternative()),
        scripted(Judgement::Reject),
    ];
    let (mut statuses, mut events) = (Vec::new(), Vec::new());
    for provider in providers {
        let provider: &Scripted = &provider;
        let now = minute(minutes);
        let context = ReservationContext { provider, now };
        let (to, how) = match reservation.decide(command.clone(), &context) {
            Err(refusal) => ("refused".to_owned(), refusal.to_string()),
            Ok(decided) if decided.is_empty() => ("nothing".to_owned(), "nothing".to_owned()),
            Ok(decided) => {
                let mut after = reservation.clone();
                decided.iter().for_each(|event| after.fold(event));
                let names: Vec<String> = decided.iter().map(DomainEvent::event_type).collect();
                (format!("{:?}", after.status.name()), names.join(" + "))
            }
        };
        if !events.contains(&how) {
            events.push(how);
        }
        if !statuses.contains(&to) {
            statuses.push(to);
        }
    }
    Outcome { statuses, events }
}

#[test]
fn given_every_status_when_every_command_comes_then_the_golden_table_says_what_happens() {
    let mut rows = Vec::new();
    for status in StatusName::ALL {
        let mut row = vec![format!("**{status:?}**")];
        for (_, command) in commands() {
            let mut cell: Vec<String> = Vec::new();
            for (minutes, _) in MOMENTS {
                for to in outcome(status, &command, minutes).statuses {
                    if !cell.contains(&to) {
                        cell.push(to);
                    }
                }
            }
            if cell == ["refused"] {
                cell = vec!["–".to_owned()];
            } else if cell == ["nothing"] {
                cell = vec!["=".to_owned()];
            } else {
                // Too early or too late is for the details to say.
                cell.retain(|to| to != "refused" && to != "nothing");
            }
            row.push(cell.join(", "));
        }
        rows.push(row);
    }
    let mut header = vec!["status"];
    header.extend(commands().map(|(name, _)| name));
    check_section("reservation table", &table(&header, &rows));
}

#[test]
fn given_every_status_and_moment_when_every_command_comes_then_the_events_are_these() {
    let mut lines = String::new();
    for status in StatusName::ALL {
        for (name, command) in commands() {
            let mut last = Vec::new();
            for (minutes, moment) in MOMENTS {
                let events = outcome(status, &command, minutes).events;
                if events != last {
                    let events = events.join(" | ");
                    lines += &format!("{status:?}, {name}, {moment}: {events}\n");
                }
                last = outcome(status, &command, minutes).events;
            }
        }
    }
    insta::assert_snapshot!("reservation_decisions", lines);
}

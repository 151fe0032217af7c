use super::*;
use crate::capacity::{NodeShortage, Shortage};
use crate::reservation::{Difference, Evidence, OptionGrant, Reason};
use crate::samples::{evidence, minute, node, offer, on, terms};
use crate::{Dimension, MicroCredits, Timestamp};

#[test]
fn given_a_counter_when_explained_then_what_is_in_the_way_and_each_offer_is_told() {
    let mut later = offer(1, terms(1, 120, 180), 10);
    later.differs = Some(Difference::Start { by_ms: 3_600_000 });
    later.options = Some(Box::new(OptionGrant {
        granted: 2,
        held: on(&[("n1", 2)]),
        each: later.quote.clone(),
    }));
    let evidence = Evidence {
        reasons: vec![Reason::CapacityShort {
            window: terms(1, 60, 120).window,
            shortage: Shortage {
                requested: 1,
                placeable: 0,
                nodes_in_service: 1,
                binding: vec![NodeShortage {
                    node: node("n1"),
                    dimension: Dimension::Vcpus,
                    free: 0,
                    needed: 1,
                    blocked: terms(1, 60, 120).window,
                }],
            },
        }],
        ..evidence()
    };
    let event = ReservationEvent::TermsCountered {
        offers: vec![later],
        evidence,
        session_ends_at: minute(30),
    };
    assert_eq!(
        event.explain(),
        [
            "It could not be had as asked.",
            "From 2009-08-17T05:00:00.000Z to 2009-08-17T06:00:00.000Z 0 of 1 instances fit in \
             the window.",
            "On n1 0 are free where 1 are needed, counted in vCPUs, from \
             2009-08-17T05:00:00.000Z to 2009-08-17T06:00:00.000Z.",
            "Offer 1, 1 h later: 1 instance of type ONE from 2009-08-17T06:00:00.000Z to \
             2009-08-17T07:00:00.000Z (1 on n1), held until 2009-08-17T04:10:00.000Z.",
            "It costs 1 credits: flat rates, for 1 vCPUs, 1024 MiB of memory, 10 GiB of disk over \
             1 h.",
        ]
    );
}

#[test]
fn given_a_credit_when_explained_then_the_time_and_the_amount_are_told() {
    let event = ReservationEvent::CapacityCredited {
        instance_id: crate::InstanceId::default(),
        undelivered_ms: 600_000,
        amount: MicroCredits(1_500_000),
    };
    assert_eq!(
        event.explain(),
        [
            "Instance 00000000-0000-0000-0000-000000000000 did not run for 10 min of what \
             was paid for: 1.5 credits are given back."
        ]
    );
    let event = ReservationEvent::ReservationActivated { at: Timestamp(0) };
    assert!(event.explain()[0].starts_with("Activated at 1970-01-01"));
}

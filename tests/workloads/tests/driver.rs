//! What the driver does in which order, worked out by hand on one node of two instances.

use openpex_aggregates::{NodeName, Resources, Timestamp};
use openpex_workloads::traces::engine_and_oracle;
use openpex_workloads::{Answer, Answering, Outcome, Request, drive};

const ONE: Resources = Resources {
    vcpus: 1,
    memory_mib: 2,
    disk_gib: 0,
};

const fn request(id: u64, times: [i64; 3], instances: u32, early: Option<i64>) -> Request {
    let [arrives_at, starts_at, duration_ms] = times;
    Request {
        id,
        arrives_at: Timestamp(arrives_at),
        starts_at: Timestamp(starts_at),
        duration_ms,
        ends_early_after_ms: early,
        instances,
        size: ONE,
    }
}

/// The outcome on one node that hosts two, by the engine and by the oracle.
fn outcomes(requests: &[Request], horizon_ms: i64) -> [Outcome; 2] {
    let size = Resources {
        vcpus: 2,
        memory_mib: 8,
        disk_gib: 0,
    };
    let (pool, oracle) = engine_and_oracle(&[(NodeName("n".to_owned()), size)]);
    let answering = Answering { horizon_ms };
    [
        drive(requests, pool, answering),
        drive(requests, oracle, answering),
    ]
}

fn start_of(outcome: &Outcome, at: usize, request: &Request) -> Option<i64> {
    let granted = outcome.decisions[at].answer.granted(request);
    granted.map(|(_, starts_at)| starts_at.0)
}

/// ```text
/// time      0    5    10   15   20
/// first     #####-----              both; booked to 10, really over at 5
/// second        ? ----####          asked at 4 for 6 to 10, of what is booked: from 10 on
/// third          ###                asked at 5: what was over at 5 is free
/// ```
#[test]
fn given_an_early_end_when_it_is_due_then_what_it_frees_is_had_and_not_before() {
    let first = request(1, [0, 0, 10], 2, Some(5));
    let before = request(2, [4, 6, 4], 1, None);
    let after = request(3, [5, 5, 3], 2, None);
    for outcome in outcomes(&[first.clone(), before.clone(), after.clone()], 100) {
        assert_eq!(start_of(&outcome, 0, &first), Some(0));
        // At 4 nobody knows yet: the counter-offer is the booked end.
        assert_eq!(start_of(&outcome, 1, &before), Some(10));
        assert_eq!(start_of(&outcome, 2, &after), Some(5));
        assert_eq!(outcome.totals.delays_ms, [4]);
    }
}

#[test]
fn given_a_job_that_never_runs_when_its_start_comes_then_all_of_it_is_free() {
    let never = request(1, [0, 3, 10], 2, Some(0));
    let then = request(2, [3, 3, 10], 2, None);
    for outcome in outcomes(&[never, then.clone()], 100) {
        assert_eq!(start_of(&outcome, 1, &then), Some(3));
    }
}

#[test]
fn given_the_nearest_start_when_it_is_at_the_horizon_then_it_is_offered_and_not_beyond() {
    let first = request(1, [0, 0, 10], 2, None);
    let second = request(2, [2, 4, 5], 1, None);
    for (horizon_ms, start) in [(8, Some(10)), (7, None)] {
        for outcome in outcomes(&[first.clone(), second.clone()], horizon_ms) {
            assert_eq!(start_of(&outcome, 1, &second), start);
        }
    }
}

/// ```text
/// time      0    5    10   15   20   25
/// first               ##########         both
/// second     ?       -----     #####     asked at 1 for 9 to 14; 5 to 10 would fit, too
/// ```
#[test]
fn given_a_shortage_when_countered_then_why_and_what_else_is_recorded() {
    let first = request(1, [0, 10, 10], 2, None);
    let second = request(2, [1, 9, 5], 2, None);
    for outcome in outcomes(&[first, second], 100) {
        let Answer::Countered {
            shortage,
            alternatives,
            starts_at,
            ..
        } = &outcome.decisions[1].answer
        else {
            panic!("{outcome:?}");
        };
        assert_eq!((starts_at.0, alternatives.later), (20, Some(Timestamp(20))));
        assert_eq!(alternatives.earlier, Some(Timestamp(5)));
        assert_eq!(alternatives.most_in_window, 0);
        let [lack] = &*shortage.binding else {
            panic!("{shortage:?}");
        };
        assert_eq!((lack.free, lack.needed), (0, 1));
        assert_eq!((lack.blocked.starts_at.0, lack.blocked.ends_at.0), (10, 20));
    }
}

#[test]
fn given_more_than_there_is_when_rejected_then_that_it_never_fits_is_recorded() {
    let vast = request(1, [0, 0, 10], 3, None);
    for outcome in outcomes(&[vast], 100) {
        let Answer::Rejected { never_fits, .. } = &outcome.decisions[0].answer else {
            panic!("{outcome:?}");
        };
        let never_fits = never_fits.as_ref().unwrap();
        assert_eq!((never_fits.placeable, never_fits.total), (2, 2));
        assert_eq!(outcome.totals.rejected, 1);
    }
}

/// Ten of twenty instants with one of two vCPUs, then five with both: 20 of 40.
#[test]
fn given_bookings_across_the_last_arrival_when_totalled_then_only_what_is_inside_counts() {
    let requests = [
        request(1, [0, 0, 15], 1, Some(10)),
        request(2, [1, 15, 100], 2, None),
        request(3, [20, 200, 1], 1, None),
    ];
    for outcome in outcomes(&requests, 100) {
        assert_eq!(outcome.totals.accepted, 3);
        assert_eq!(outcome.totals.used_permille, [Some(500), Some(250), None]);
        assert_eq!(
            outcome.totals.to_string(),
            "accepted 3, countered 0, rejected 0; in use 50.0 % of vCPUs 25.0 % of MiB of memory"
        );
    }
}

#[test]
#[should_panic(expected = "arrives out of order")]
fn given_requests_out_of_order_when_driven_then_it_stops() {
    outcomes(
        &[
            request(1, [5, 5, 1], 1, None),
            request(2, [4, 4, 1], 1, None),
        ],
        9,
    );
}

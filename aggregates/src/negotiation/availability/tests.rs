use super::*;
use crate::samples::{MINUTE, minute, on, policy, pool, room_for, size};

fn claim(from: i64, until: i64, count: u32) -> Claim {
    Claim {
        placement: on(&[("n1", count)]),
        window: TimeWindow {
            starts_at: minute(from),
            ends_at: minute(until),
        },
        size: size(),
    }
}

fn held(claims: &[Claim], agreed: Option<Claim>) -> Holder {
    Holder {
        claims: claims.to_vec(),
        agreed,
    }
}

fn asked(from: i64, to: i64, step: i64) -> AvailabilityQuery {
    AvailabilityQuery {
        from: Some(minute(from)),
        to: Some(minute(to)),
        step_ms: Some(step * MINUTE),
    }
}

fn vcpus(found: &Availability) -> Vec<(u64, u64, u64)> {
    let of = |step: &AvailableStep| (step.firm.vcpus, step.held.vcpus, step.free.vcpus);
    found.steps.iter().map(of).collect()
}

/// ```text
/// minutes   0     60    120   180   240
/// firm      |11111|11111|     |     |      one instance
/// held      |   22|22222|2    |     |      two instances
/// ```
#[test]
fn given_agreements_and_holds_when_asked_then_each_step_says_the_worst_of_both_apart() {
    let mut pool = pool(&[("n1", 4)]);
    let (firm, hold) = (claim(0, 120, 1), claim(40, 130, 2));
    for claim in [&firm, &hold] {
        pool.book(&claim.placement, claim.window, claim.size)
            .unwrap();
    }
    let holders = [held(&[hold], None)];
    let found = availability(
        (&pool, &policy()),
        asked(0, 230, 60),
        Some(&holders),
        minute(0),
    )
    .unwrap();
    assert_eq!(vcpus(&found), [(1, 2, 1), (1, 2, 1), (0, 2, 2), (0, 0, 4)]);
    assert_eq!(found.capacity, room_for(4));
    assert_eq!(found.steps[3].window.ends_at, minute(230));
    let instances: Vec<u32> = found.steps.iter().map(|s| s.instances["ONE"]).collect();
    assert_eq!(instances, [1, 1, 2, 4]);
    for step in &found.steps {
        let sum = add(add(step.firm, step.held), step.free);
        assert_eq!(sum, found.capacity);
    }
    let together = availability((&pool, &policy()), asked(0, 60, 60), None, minute(0)).unwrap();
    assert_eq!(vcpus(&together), [(3, 0, 1)]);
    assert!(!together.is_apart);
}

#[test]
fn given_an_extension_that_is_held_when_asked_then_only_what_is_new_of_it_is_held() {
    let mut pool = pool(&[("n1", 4)]);
    let whole = claim(0, 120, 2);
    pool.book(&whole.placement, whole.window, whole.size)
        .unwrap();
    let holders = [held(&[whole], Some(claim(0, 60, 2)))];
    let found = availability(
        (&pool, &policy()),
        asked(0, 120, 60),
        Some(&holders),
        minute(0),
    )
    .unwrap();
    assert_eq!(vcpus(&found), [(2, 0, 2), (0, 2, 2)]);
}

#[test]
fn given_a_node_out_of_service_when_asked_then_it_counts_for_nothing() {
    let mut pool = pool(&[("n1", 4), ("n2", 4)]);
    let hold = claim(0, 60, 2);
    pool.book(&hold.placement, hold.window, hold.size).unwrap();
    pool.set_in_service(&crate::samples::node("n1"), false)
        .unwrap();
    let holders = [held(&[hold], None)];
    let query = asked(0, 60, 60);
    let found = availability((&pool, &policy()), query, Some(&holders), minute(0)).unwrap();
    assert_eq!(vcpus(&found), [(0, 0, 4)]);
}

#[test]
fn given_steps_at_and_above_the_limit_when_asked_then_only_more_are_refused() {
    let pool = pool(&[("n1", 4)]);
    let ask = |query| availability((&pool, &policy()), query, Some(&[]), minute(10));
    let max = AVAILABILITY_STEPS_MAX;
    let most = ask(asked(10, 10 + max, 1)).unwrap();
    assert_eq!(i64::try_from(most.steps.len()).unwrap(), max);
    let codes = |query| -> Vec<&'static str> {
        let errors: Vec<QuestionError> = ask(query).unwrap_err();
        errors.iter().map(QuestionError::code).collect()
    };
    assert_eq!(codes(asked(10, 11 + max, 1)), ["too_many_steps"]);
    assert_eq!(codes(asked(10, 10, 1)), ["range_reversed"]);
    assert_eq!(
        codes(asked(0, 100, 0)),
        ["start_in_the_past", "step_out_of_range"]
    );
    let usual = ask(AvailabilityQuery::default()).unwrap();
    assert_eq!((usual.steps.len(), usual.from), (24, minute(10)));
}

fn node_of(name: &str, count: u64, status: crate::node::NodeStatus) -> crate::node::Node {
    crate::node::Node {
        name: crate::samples::node(name),
        pool: "p".into(),
        capacity: room_for(count),
        status,
    }
}

/// Two nodes in service and one that is not, with what one claim and one hold take of them.
fn three_nodes() -> (Pool, Vec<crate::node::Node>, Vec<Holder>) {
    use crate::node::NodeStatus::{Draining, InService};
    let mut pool = pool(&[("n1", 4), ("n2", 4), ("n3", 4)]);
    pool.set_in_service(&crate::samples::node("n3"), false)
        .unwrap();
    let firm = claim(0, 120, 1);
    let hold = Claim {
        placement: on(&[("n1", 2), ("n3", 1)]),
        ..claim(40, 130, 0)
    };
    for claim in [&firm, &hold] {
        pool.book(&claim.placement, claim.window, claim.size)
            .unwrap();
    }
    let nodes = [("n1", InService), ("n2", InService), ("n3", Draining)];
    let nodes = nodes.map(|(name, status)| node_of(name, 4, status));
    (pool, nodes.to_vec(), vec![held(&[hold], None)])
}

fn of_nodes(
    (pool, nodes, holders): &(Pool, Vec<crate::node::Node>, Vec<Holder>),
    query: &NodeAvailabilityQuery,
) -> Result<NodeAvailability, Vec<QuestionError>> {
    let asked = (query, Some(holders.as_slice()));
    availability_of_nodes((pool, &policy()), nodes.iter(), asked, minute(0))
}

#[test]
fn given_nodes_when_asked_by_node_then_each_has_its_own_and_in_service_they_add_up_to_the_sum() {
    let site = three_nodes();
    let over = asked(0, 180, 60);
    let query = NodeAvailabilityQuery {
        over,
        ..NodeAvailabilityQuery::default()
    };
    let found = of_nodes(&site, &query).unwrap();
    let vcpus: Vec<Vec<_>> = found
        .nodes
        .iter()
        .map(|node| {
            let of = |s: &AvailableAmounts| (s.firm.vcpus, s.held.vcpus, s.free.vcpus);
            node.steps.iter().map(of).collect()
        })
        .collect();
    assert_eq!(
        vcpus,
        [
            [(1, 2, 1), (1, 2, 1), (0, 2, 2)],
            [(0, 0, 4), (0, 0, 4), (0, 0, 4)],
            // Nothing new can be had of it, whatever is left.
            [(0, 1, 0), (0, 1, 0), (0, 1, 0)],
        ]
    );
    assert!(found.is_apart && !found.has_more);
    let (pool, _, holders) = &site;
    let total = availability((pool, &policy()), over, Some(holders), minute(0)).unwrap();
    for (n, step) in total.steps.iter().enumerate() {
        let free = found.nodes.iter().map(|node| node.steps[n].free.vcpus);
        assert_eq!(free.sum::<u64>(), step.free.vcpus);
    }
}

#[test]
fn given_a_limit_when_asked_by_node_then_pages_meet_every_node_once() {
    let site = three_nodes();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = NodeAvailabilityQuery {
            over: asked(0, 60, 60),
            limit: Some(2),
            after,
        };
        let found = of_nodes(&site, &query).unwrap();
        assert!(found.nodes.len() <= 2);
        seen.extend(found.nodes.into_iter().map(|node| node.node.0));
        if !found.has_more {
            break;
        }
        after = seen.last().map(|name| crate::samples::node(name));
    }
    assert_eq!(seen, ["n1", "n2", "n3"]);
}

#[test]
fn given_more_steps_of_all_nodes_than_the_limit_when_asked_then_it_is_refused_with_the_numbers() {
    // 40 nodes of 500 steps each are just as many as can be.
    let nodes: Vec<_> = (0..41)
        .map(|n| node_of(&format!("n{n:02}"), 1, crate::node::NodeStatus::InService))
        .collect();
    let site = (Pool::new(), nodes, Vec::new());
    let query = |limit| NodeAvailabilityQuery {
        over: asked(0, AVAILABILITY_STEPS_MAX, 1),
        limit,
        after: None,
    };
    let usual = of_nodes(&site, &query(None)).unwrap();
    assert_eq!((usual.nodes.len(), usual.has_more), (40, true));
    assert_eq!(of_nodes(&site, &query(Some(40))).unwrap().nodes.len(), 40);
    assert_eq!(
        of_nodes(&site, &query(Some(1_000))).unwrap_err(),
        [QuestionError::TooManyNodeSteps {
            nodes: 41,
            steps: AVAILABILITY_STEPS_MAX,
            max: NODE_STEPS_MAX,
        }]
    );
    for limit in [0, AVAILABILITY_NODES_MAX + 1] {
        let codes = of_nodes(&site, &query(Some(limit))).unwrap_err();
        assert_eq!(codes[0].code(), "limit_out_of_range");
    }
}

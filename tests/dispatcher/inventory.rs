//! Reads of the whole pool: nodes, templates, instances.

use std::time::Duration;

use openpex::dispatcher::{Dispatcher, NodeFacts};
use openpex_aggregates::instance::{Effect, PowerState};
use openpex_aggregates::{NodeName, Resources};

use crate::gate::{Act, Call, Gate, failure, success};
use crate::pool::{Pool, TEMPLATE, dispatcher_at, label, order};

#[tokio::test]
async fn the_nodes_of_a_pool_are_as_it_was_made() {
    let pool = Pool::new().await;
    let nodes = pool.dispatcher().list_nodes().await.unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node.name.0.as_str()).collect();
    assert_eq!(names, ["node-1", "node-2", "node-3", "node-4"]);
    for node in &nodes {
        let capacity = Resources {
            vcpus: 16,
            memory_mib: 32 * 1024,
            disk_gib: 500,
        };
        assert_eq!(node.capacity, capacity);
        assert_eq!(node.pool, "openpex-sim");
        assert!(node.live && node.enabled);
    }
    let host = pool.hosts_called("node-2").await.remove(0);
    pool.call("host.disable", &[&host]).await;
    let nodes = pool.dispatcher().list_nodes().await.unwrap();
    let enabled: Vec<_> = nodes.iter().map(|node| node.enabled).collect();
    assert_eq!(enabled, [true, false, true, true]);
}

#[tokio::test]
async fn templates_are_those_that_are_not_instances_in_the_making() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let templates = xen.list_templates().await.unwrap();
    assert_eq!(templates.len(), 3);
    assert!(templates.contains(&TEMPLATE.to_owned()), "{templates:?}");
    pool.clone_template(&label(&order(1, Effect::Start).spec))
        .await;
    xen.carry_out(&order(2, Effect::Start)).await.unwrap();
    let vm = pool.only_vm(&order(2, Effect::Start).spec).await;
    pool.call("VM.snapshot", &[&vm, "a snapshot is a template too"])
        .await;
    assert_eq!(xen.list_templates().await, Ok(templates));
}

#[tokio::test]
async fn instances_are_observed_in_one_call_with_their_addresses() {
    let pool = Pool::new().await;
    let gate = Gate::before(&pool.url, |_| Act::Pass).await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    assert_eq!(xen.observe_instances().await, Ok(vec![]));
    for number in 1..=3 {
        xen.carry_out(&order(number, Effect::Start)).await.unwrap();
    }
    xen.carry_out(&order(3, Effect::Stop)).await.unwrap();
    let vm = pool.only_vm(&order(1, Effect::Start).spec).await;
    pool.call("VM.snapshot", &[&vm, "kept"]).await;
    pool.clone_template(&label(&order(4, Effect::Start).spec))
        .await;
    let before = gate.calls().len();
    let observed = xen.observe_instances().await.unwrap();
    assert_eq!(gate.calls().len(), before + 1);
    let mut expected: Vec<_> = (1..=3)
        .map(|number| order(number, Effect::Start).spec.instance_id)
        .collect();
    expected.sort();
    assert_eq!(
        observed.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        expected
    );
    for (instance_id, seen) in &observed {
        let stopped = *instance_id == order(3, Effect::Start).spec.instance_id;
        let state = if stopped {
            PowerState::Halted
        } else {
            PowerState::Running
        };
        assert_eq!(seen.power_state, state);
        assert_eq!(seen.ip_address.is_some(), !stopped, "{seen:?}");
    }
}

/// What of the pool's changes is hidden from `event.from`.
#[derive(Clone, Copy)]
enum Hidden {
    /// Deletions, as of a pool that has forgotten them.
    Deletions,
    /// The whole call, as of a pool that does not take the token.
    Refused,
    /// The reply does not parse.
    Garbled,
    /// The pool does not know the call.
    Unknown,
}

/// Hides it in every call that asks for changes, not in those that ask for everything.
fn hiding(hidden: Hidden) -> impl Fn(&Call) -> Act + Send + Sync + 'static {
    move |call| {
        let first = call.strings.iter().any(String::is_empty);
        if call.method != "event.from" {
            return Act::Pass;
        }
        match hidden {
            Hidden::Deletions if !first => success(
                "<value><struct><member><name>events</name><value><array><data></data></array></value>\
                 </member><member><name>valid_ref_counts</name><value><struct><member><name>vm</name>\
                 <value><i4>1</i4></value></member></struct></value></member><member>\
                 <name>token</name><value>next</value></member></struct></value>",
            ),
            Hidden::Refused if !first => failure(&["EVENT_FROM_TOKEN_PARSE_FAILURE", "x"]),
            Hidden::Garbled => Act::Reply("<oops".to_owned()),
            Hidden::Unknown => failure(&["MESSAGE_METHOD_UNKNOWN", "event.from"]),
            Hidden::Deletions | Hidden::Refused => Act::Pass,
        }
    }
}

#[tokio::test]
async fn what_the_pool_did_not_tell_as_a_change_is_read_anew() {
    for hidden in [
        Hidden::Deletions,
        Hidden::Refused,
        Hidden::Garbled,
        Hidden::Unknown,
    ] {
        let pool = Pool::new().await;
        let gate = Gate::before(&pool.url, hiding(hidden)).await;
        let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
        for number in 1..=2 {
            xen.carry_out(&order(number, Effect::Start)).await.unwrap();
        }
        assert_eq!(xen.observe_instances().await.unwrap().len(), 2);
        // Past the dispatcher: it hears of it from the pool alone.
        let other = pool.dispatcher();
        other.carry_out(&order(1, Effect::Remove)).await.unwrap();
        other.carry_out(&order(2, Effect::Stop)).await.unwrap();
        let [(left, seen)] = xen.observe_instances().await.unwrap().try_into().unwrap();
        assert_eq!(left, order(2, Effect::Stop).spec.instance_id);
        assert_eq!(seen.power_state, PowerState::Halted);
        assert_eq!(seen.ip_address, None);
    }
}

#[tokio::test]
async fn changes_alone_are_read_after_the_first_look() {
    let pool = Pool::new().await;
    let gate = Gate::before(&pool.url, |_| Act::Pass).await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    xen.carry_out(&order(1, Effect::Start)).await.unwrap();
    for effect in [Effect::Start, Effect::Stop, Effect::Start, Effect::Remove] {
        pool.dispatcher()
            .carry_out(&order(1, effect))
            .await
            .unwrap();
        let observed = xen.observe_instances().await.unwrap();
        let states: Vec<_> = observed.iter().map(|(_, seen)| seen.power_state).collect();
        let expected = match effect {
            Effect::Start | Effect::Reboot => vec![PowerState::Running],
            Effect::Stop => vec![PowerState::Halted],
            Effect::Remove => vec![],
        };
        assert_eq!(states, expected, "after {effect:?}");
    }
    let from_the_start = |call: &&Call| call.strings.iter().any(String::is_empty);
    let calls = gate.calls();
    let looks = calls.iter().filter(|call| call.method == "event.from");
    assert_eq!(looks.clone().count(), 4);
    assert_eq!(looks.filter(from_the_start).count(), 1);
}

/// A map of records in the form of the wire: `ref: field=value field=value`, one a line. A value
/// of `+` or `-` is a boolean, one in braces a map of one entry.
fn records(lines: &str) -> Act {
    let member = |name: &str, value: &str| {
        format!("<member><name>{name}</name><value>{value}</value></member>")
    };
    let value = |text: &str| match text {
        "+" => "<boolean>1</boolean>".to_owned(),
        "-" => "<boolean>0</boolean>".to_owned(),
        text => match text
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'))
        {
            Some(inner) => {
                let (name, text) = inner.split_once(':').unwrap();
                format!("<struct>{}</struct>", member(name, text))
            }
            None => text.to_owned(),
        },
    };
    let all: String = lines
        .lines()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (reference, fields) = line.split_once(' ').unwrap();
            let fields: String = fields
                .split(' ')
                .map(|field| field.split_once('=').unwrap())
                .map(|(name, text)| member(name, &value(text)))
                .collect();
            member(reference, &format!("<struct>{fields}</struct>"))
        })
        .collect();
    success(&format!("<value><struct>{all}</struct></value>"))
}

/// A pool with overheads, a control domain, local and shared storage, and things not known.
fn uneven_pool(pool: &str, call: &Call) -> Act {
    match call.method.as_str() {
        "session.login_with_password" => success("<value>OpaqueRef:S</value>"),
        "pool.get_all_records" => records(pool),
        "host.get_all_records" => records(
            "A name_label=a enabled=+ memory_overhead=1048576 metrics=MA control_domain=D cpu_info={cpu_count:8}
             B name_label=b enabled=- memory_overhead=0 metrics=MB control_domain=OpaqueRef:NULL cpu_info={cpu_count:4}
             C name_label=c enabled=+ memory_overhead=0 metrics=gone cpu_info={vendor:x}",
        ),
        "host_metrics.get_all_records" => {
            records("MA live=+ memory_total=10737418240\nMB live=- memory_total=1073741823")
        }
        "VM.get_record" => success(
            "<value><struct><member><name>memory_target</name><value>0</value></member><member>\
             <name>memory_static_max</name><value>1073741824</value></member></struct></value>",
        ),
        "SR.get_all_records" => records(
            "L content_type=user shared=- physical_size=107374182400
             N content_type=user shared=+ physical_size=32212254720
             I content_type=iso shared=+ physical_size=32212254720
             U content_type=user shared=- physical_size=-1
             X content_type=user shared=- physical_size=107374182400",
        ),
        "PBD.get_all_records" => records(
            "1 SR=L host=A currently_attached=+
             2 SR=N host=A currently_attached=+
             3 SR=N host=B currently_attached=+
             4 SR=N host=C currently_attached=-
             5 SR=I host=A currently_attached=+
             6 SR=U host=A currently_attached=+
             7 SR=X host=B currently_attached=-",
        ),
        other => panic!("{other} was not expected"),
    }
}

#[tokio::test]
async fn what_guests_can_use_is_without_overheads_and_shares_are_split() {
    let gate = Gate::scripted(|call| uneven_pool("P name_label=", call)).await;
    let nodes = dispatcher_at(&gate.url, Duration::ZERO)
        .list_nodes()
        .await
        .unwrap();
    let node = |name: &str, size: [u64; 3], live, enabled| NodeFacts {
        name: NodeName(name.to_owned()),
        pool: "default".to_owned(),
        capacity: Resources {
            vcpus: size[0],
            memory_mib: size[1],
            disk_gib: size[2],
        },
        live,
        enabled,
    };
    let expected = [
        // 10 GiB less 1 MiB of overhead and 1 GiB of control domain; 100 GiB and half of 30.
        node("a", [8, 10 * 1024 - 1 - 1024, 115], true, true),
        // One byte short of a GiB.
        node("b", [4, 1023, 15], false, false),
        node("c", [0, 0, 0], false, true),
    ];
    assert_eq!(nodes, expected);
}

#[tokio::test]
async fn where_clones_go_to_shared_storage_local_storage_does_not_count() {
    let named = "P name_label=lab default_SR=N";
    let gate = Gate::scripted(move |call| uneven_pool(named, call)).await;
    let nodes = dispatcher_at(&gate.url, Duration::ZERO)
        .list_nodes()
        .await
        .unwrap();
    let disks: Vec<_> = nodes.iter().map(|node| node.capacity.disk_gib).collect();
    assert_eq!(disks, [15, 15, 0]);
    assert_eq!(nodes[0].pool, "lab");
}
